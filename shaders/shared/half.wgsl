// Two half-precision values of a word, in f32: exact, whatever a device does to f16. Neither is subnormal or infinite.
fn unpack_halves(word: u32) -> vec2<f32> {
    let bits = vec2(word & 0xffffu, word >> 16u);
    let magnitude = bits & vec2(0x7fffu);
    let values = bitcast<vec2<f32>>(((bits & vec2(0x8000u)) << vec2(16u)) | ((magnitude << vec2(13u)) + vec2(0x38000000u)));
    return select(values, vec2(0.0), magnitude == vec2(0u));
}

// The half nearest to a value, and what it leaves over, or 0 where that would be a subnormal half. In integers, and by a
// subtraction that is exact, because devices round to f16 as they like; what is left over is a half by the host's choice.
fn split_halves(value: f32) -> vec2<f32> {
    let high = bitcast<f32>((bitcast<u32>(value) + 0x1000u) & 0xffffe000u);
    let low = value - high;
    return vec2(high, select(low, 0.0, abs(low) < 0.00006103515625));
}
