// By its bits: a compiler may assume that there are no infinities and NaNs, and fold a comparison that asks.
fn is_finite(x: f32) -> bool {
    return (bitcast<u32>(x) & 0x7f800000u) != 0x7f800000u;
}
