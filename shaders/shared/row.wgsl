// What the 64 threads that share a row of scores find together: each takes every 64th of them, and what they found is
// combined by halves. The same order as kernels-cpu/src/row.rs.
const LANES = 64u;
const LOWEST = -3.4028235e38;

var<workgroup> found: array<f32, 64>;

// The sum of what each thread found.
fn total(lane: u32, value: f32) -> f32 {
    found[lane] = value;
    workgroupBarrier();
    for (var half = LANES / 2u; half > 0u; half >>= 1u) {
        if lane < half {
            found[lane] += found[lane + half];
        }
        workgroupBarrier();
    }
    return workgroupUniformLoad(&found[0]);
}

// The largest of what each thread found.
fn largest(lane: u32, value: f32) -> f32 {
    found[lane] = value;
    workgroupBarrier();
    for (var half = LANES / 2u; half > 0u; half >>= 1u) {
        if lane < half {
            found[lane] = max(found[lane], found[lane + half]);
        }
        workgroupBarrier();
    }
    return workgroupUniformLoad(&found[0]);
}

// The first of a row's scores in memory.
fn row_start(group: vec3<u32>) -> u32 {
    return trial_row(group.z, group.y) * params.extent.pattern_stride;
}

// The largest of a row's scores.
fn largest_score(lane: u32, start: u32) -> f32 {
    var most = LOWEST;
    for (var pattern = lane; pattern < params.extent.patterns; pattern += LANES) {
        most = max(most, weights[start + pattern]);
    }
    let found_most = largest(lane, most);
    // Which zero comes out on top depends on the order.
    return select(found_most, 0.0, found_most == 0.0);
}

// What pads a row weighs nothing.
fn clear_padding(lane: u32, start: u32) {
    for (var pattern = params.extent.patterns + lane; pattern < params.extent.pattern_stride; pattern += LANES) {
        weights[start + pattern] = 0.0;
    }
}
