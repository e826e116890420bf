// Scores of queries and patterns that are elementwise in no sorted thing: dot products, minus the distances. Twin:
// kernels-cpu/src/similarity.rs.
//
// A workgroup owns 32 queries and takes 32 patterns at a time, a thread 4 x 4 of their pairs. Values come in tiles of
// 16 dimensions; each score is one chain in their order, and the zeros that pad a tile leave it as it is.
#import extent

struct Params { extent: Extent, kind: u32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> queries: array<f32>;      // [net, trial, dimensions]
@group(0) @binding(2) var<storage, read> patterns: array<f32>;     // [net, pattern, dimensions]
@group(0) @binding(3) var<storage, read_write> scores: array<f32>; // [net, trial, pattern stride]

const TILE_TRIALS = 32u;
const TILE_PATTERNS = 32u;
const DEPTH = 16u;

var<workgroup> asked: array<f32, 512>;  // [dimension in tile, query in tile]
var<workgroup> stored: array<f32, 512>; // [dimension in tile, pattern in tile]

// One dimension more: of kind 0 the product, 1 minus the distance, 2 minus its square.
fn joined(sums: vec4<f32>, query: f32, values: vec4<f32>) -> vec4<f32> {
    if params.kind == 0u {
        return fma(vec4(query), values, sums);
    }
    let apart = vec4(query) - values;
    if params.kind == 1u {
        return sums - abs(apart);
    }
    return fma(-apart, apart, sums);
}

fn store(row: u32, query: u32, pattern: u32, sums: vec4<f32>) {
    if query >= params.extent.trials {
        return;
    }
    for (var i = 0u; i < 4u; i++) {
        if pattern + i < padded(params.extent.patterns) {
            scores[row + pattern + i] = select(0.0, sums[i], pattern + i < params.extent.patterns);
        }
    }
}

@compute @workgroup_size(8, 8)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(local_invocation_id) local: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let net = group.z;
    let dimensions = params.extent.neurons;
    let query = group.y * TILE_TRIALS + local.y * 4u;
    // What this thread fetches: 8 dimensions of one query and of one pattern.
    let fetch_query = group.y * TILE_TRIALS + (lane & 31u);
    let fetch_dimension = (lane >> 5u) * 8u;
    for (var tile = 0u; tile < padded(params.extent.patterns); tile += TILE_PATTERNS) {
        let pattern = tile + local.x * 4u;
        let fetch_pattern = tile + (lane & 31u);
        var sum0 = vec4(0.0);
        var sum1 = vec4(0.0);
        var sum2 = vec4(0.0);
        var sum3 = vec4(0.0);
        for (var first = 0u; first < dimensions; first += DEPTH) {
            for (var i = 0u; i < 8u; i++) {
                let dimension = first + fetch_dimension + i;
                let slot = (fetch_dimension + i) * 32u + (lane & 31u);
                var question = 0.0;
                var value = 0.0;
                if dimension < dimensions && fetch_query < params.extent.trials {
                    question = queries[trial_row(net, fetch_query) * dimensions + dimension];
                }
                if dimension < dimensions && fetch_pattern < params.extent.patterns {
                    value = patterns[pattern_row(net, fetch_pattern) * dimensions + dimension];
                }
                asked[slot] = question;
                stored[slot] = value;
            }
            workgroupBarrier();
            for (var dimension = 0u; dimension < DEPTH; dimension++) {
                let q = dimension * 32u + local.y * 4u;
                let p = dimension * 32u + local.x * 4u;
                let values = vec4(stored[p], stored[p + 1u], stored[p + 2u], stored[p + 3u]);
                sum0 = joined(sum0, asked[q], values);
                sum1 = joined(sum1, asked[q + 1u], values);
                sum2 = joined(sum2, asked[q + 2u], values);
                sum3 = joined(sum3, asked[q + 3u], values);
            }
            workgroupBarrier();
        }
        let start = params.extent.first_pattern;
        let width = params.extent.pattern_stride;
        store(trial_row(net, query) * width + start, query, pattern, sum0);
        store(trial_row(net, query + 1u) * width + start, query + 1u, pattern, sum1);
        store(trial_row(net, query + 2u) * width + start, query + 2u, pattern, sum2);
        store(trial_row(net, query + 3u) * width + start, query + 3u, pattern, sum3);
    }
}
