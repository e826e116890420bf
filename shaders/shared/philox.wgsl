// Philox4x32-10 (Salmon et al., SC 2011): the same bits as kernels-cpu/src/philox.rs.

// The high word of a 32 x 32 bit product, from four 16-bit products: WGSL has no such operation.
fn multiply_high(a: u32, b: u32) -> u32 {
    let low = (a & 0xffffu) * (b & 0xffffu);
    let cross_a = (a >> 16u) * (b & 0xffffu);
    let cross_b = (a & 0xffffu) * (b >> 16u);
    let middle = (low >> 16u) + (cross_a & 0xffffu) + (cross_b & 0xffffu);
    return (a >> 16u) * (b >> 16u) + (cross_a >> 16u) + (cross_b >> 16u) + (middle >> 16u);
}

fn philox(stream: vec2<u32>, counter: vec4<u32>) -> vec4<u32> {
    var key = stream;
    var c = counter;
    for (var round = 0u; round < 10u; round++) {
        let high_a = multiply_high(0xD2511F53u, c.x);
        let high_b = multiply_high(0xCD9E8D57u, c.z);
        c = vec4(high_b ^ c.y ^ key.x, 0xCD9E8D57u * c.z, high_a ^ c.w ^ key.y, 0xD2511F53u * c.x);
        key += vec2(0x9E3779B9u, 0xBB67AE85u);
    }
    return c;
}
