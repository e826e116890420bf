// exp, ln and 1/x from fma, floor, products and bit operations only, in the same order as
// kernels-cpu/src/elementary.rs: a device's own may differ in their last bits.

// exp(x) for x in [-44, 0].
fn exponential_within(x: f32) -> f32 {
    let n = floor(fma(x, 1.44269504, 0.5));
    let f = fma(x, 1.44269504, -n);
    var p = 1.540353e-4;
    p = fma(p, f, 1.3333558e-3);
    p = fma(p, f, 9.618129e-3);
    p = fma(p, f, 5.550411e-2);
    p = fma(p, f, 0.2402265);
    p = fma(p, f, 0.69314718);
    p = fma(p, f, 1.0);
    return bitcast<f32>(bitcast<u32>(p) + (bitcast<u32>(i32(n)) << 23u));
}

// exp(x) for x <= 0: 0 below -44, where it is 2^-64.
fn exponential(x: f32) -> f32 {
    return select(exponential_within(max(x, -44.0)), 0.0, x < -44.0);
}

// 1 / x for x in [1, 2].
fn reciprocal_within(x: f32) -> f32 {
    var r = fma(x, -0.47058824, 1.4117647);
    r = fma(r, fma(-x, r, 1.0), r);
    r = fma(r, fma(-x, r, 1.0), r);
    r = fma(r, fma(-x, r, 1.0), r);
    return r;
}

// 1 / x for x in [2^-100, 2^100].
fn reciprocal(x: f32) -> f32 {
    let bits = bitcast<u32>(x);
    let r = reciprocal_within(bitcast<f32>((bits & 0x7fffffu) | 0x3f800000u));
    return bitcast<f32>(bitcast<u32>(r) + (127u << 23u) - (bits & 0x7f800000u));
}

// ln(x) for normal x > 0.
fn logarithm(x: f32) -> f32 {
    let shifted = bitcast<u32>(x) - 0x3f3504f3u;
    let exponent = f32(bitcast<i32>(shifted) >> 23u);
    let t = bitcast<f32>((shifted & 0x7fffffu) + 0x3f3504f3u) - 1.0;
    var p = 7.0376836e-2;
    p = fma(p, t, -0.1151461);
    p = fma(p, t, 0.116769984);
    p = fma(p, t, -0.12420141);
    p = fma(p, t, 0.14249323);
    p = fma(p, t, -0.16668057);
    p = fma(p, t, 0.20000714);
    p = fma(p, t, -0.24999994);
    p = fma(p, t, 0.3333333);
    return fma(exponent, 0.6931472, fma(t * t, fma(t, p, -0.5), t));
}
