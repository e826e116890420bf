// 1 / (1 + exp(-x)) from fma, floor, products and bit operations only, in the same order as kernels-cpu's `sigmoid`:
// a device's own exp and division may differ in their last bits.
fn sigmoid(x: f32) -> f32 {
    let y = -min(abs(x), 40.0);
    let n = floor(fma(y, 1.44269504, 0.5));
    let f = fma(y, 1.44269504, -n);
    var p = 1.540353e-4;
    p = fma(p, f, 1.3333558e-3);
    p = fma(p, f, 9.618129e-3);
    p = fma(p, f, 5.550411e-2);
    p = fma(p, f, 0.2402265);
    p = fma(p, f, 0.69314718);
    p = fma(p, f, 1.0);
    let z = bitcast<f32>(bitcast<u32>(p) + (bitcast<u32>(i32(n)) << 23u));
    let denominator = 1.0 + z;
    var reciprocal = fma(denominator, -0.47058824, 1.4117647);
    reciprocal = fma(reciprocal, fma(-denominator, reciprocal, 1.0), reciprocal);
    reciprocal = fma(reciprocal, fma(-denominator, reciprocal, 1.0), reciprocal);
    reciprocal = fma(reciprocal, fma(-denominator, reciprocal, 1.0), reciprocal);
    return select(reciprocal, z * reciprocal, x < 0.0);
}
