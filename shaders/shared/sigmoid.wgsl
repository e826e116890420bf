// 1 / (1 + exp(-x)) from fma, floor, products and bit operations only, in the same order as kernels-cpu's `sigmoid`:
// a device's own exp and division may differ in their last bits.
fn sigmoid(x: f32) -> f32 {
    let y = -min(abs(x), 40.0);
    let n = floor(fma(y, 1.44269504, 0.5));
    // r is 0.36 at most: min changes nothing, but where fma is split into a product and a sum (Mesa's lavapipe) it keeps
    // the compiler from joining the two parts of ln 2 again, n * a + (n * b + y) into n * (a + b) + y.
    let r = fma(n, 2.12194442e-4, min(fma(n, -0.693359375, y), 1.0));
    var p = 1.388889e-3;
    p = fma(p, r, 8.333334e-3);
    p = fma(p, r, 4.1666668e-2);
    p = fma(p, r, 0.16666667);
    p = fma(p, r, 0.5);
    p = fma(p, r, 1.0);
    p = fma(p, r, 1.0);
    let z = bitcast<f32>(bitcast<u32>(p) + (bitcast<u32>(i32(n)) << 23u));
    let denominator = 1.0 + z;
    var reciprocal = fma(denominator, -0.47058824, 1.4117647);
    reciprocal = fma(reciprocal, fma(-denominator, reciprocal, 1.0), reciprocal);
    reciprocal = fma(reciprocal, fma(-denominator, reciprocal, 1.0), reciprocal);
    reciprocal = fma(reciprocal, fma(-denominator, reciprocal, 1.0), reciprocal);
    return select(reciprocal, z * reciprocal, x < 0.0);
}
