// Two half-precision values of a word, in f32: exact, whatever a device does to f16. Neither is subnormal or infinite.
fn unpack_halves(word: u32) -> vec2<f32> {
    let bits = vec2(word & 0xffffu, word >> 16u);
    let magnitude = bits & vec2(0x7fffu);
    let values = bitcast<vec2<f32>>(((bits & vec2(0x8000u)) << vec2(16u)) | ((magnitude << vec2(13u)) + vec2(0x38000000u)));
    return select(values, vec2(0.0), magnitude == vec2(0u));
}
