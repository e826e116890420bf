// What the 64 threads that share a row of scores find together: each takes every 64th of them, and what they found is
// combined by halves. A shader that imports this declares weights and summary, and imports elementary. The same order as kernels-cpu/src/row.rs.
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

// Replaces a row's scores by exp(beta (score - most)); their sum.
fn exponentials(lane: u32, start: u32, beta: f32, most: f32) -> f32 {
    var sum = 0.0;
    for (var pattern = lane; pattern < params.extent.patterns; pattern += LANES) {
        let weight = exponential(beta * (weights[start + pattern] - most));
        weights[start + pattern] = weight;
        sum += weight;
    }
    return total(lane, sum);
}

// Multiplies a row's weights.
fn scale_row(lane: u32, start: u32, share: f32) {
    for (var pattern = lane; pattern < params.extent.patterns; pattern += LANES) {
        weights[start + pattern] *= share;
    }
}

// Two numbers that sum a row up.
fn summarize(lane: u32, group: vec3<u32>, first: f32, second: f32) {
    if lane == 0u {
        let row = trial_row(group.z, group.y) * 2u;
        summary[row] = first;
        summary[row + 1u] = second;
    }
}

// What pads a row weighs nothing.
fn clear_padding(lane: u32, start: u32) {
    for (var pattern = params.extent.patterns + lane; pattern < params.extent.pattern_stride; pattern += LANES) {
        weights[start + pattern] = 0.0;
    }
}
