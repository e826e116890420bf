// Variants of real-valued patterns: noise, a bias, and some dimensions set to anything. Twin: kernels-cpu/src/vary.rs.
#import extent
#import elementary
#import philox

struct Params { extent: Extent, deviation: f32, masked: u32, after_mask: u32 }

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> source: array<f32>;       // [net, trial, dimensions]
@group(0) @binding(2) var<storage, read> draw: array<u32>;         // [net, trial, (pattern, repetition)]
@group(0) @binding(3) var<storage, read> key: array<u32>;          // [net, 2]
@group(0) @binding(4) var<storage, read> scale: array<f32>;        // [net, dimensions]
@group(0) @binding(5) var<storage, read> bias: array<f32>;         // [net, dimensions]
@group(0) @binding(6) var<storage, read_write> queries: array<f32>; // [net, trial, dimensions]

const TILE_TRIALS = 64u;
const NOISE_AFTER = 1u;
const BIAS_AFTER = 2u;

// A number of the normal distribution from two words: Box and Muller's radius and the cosine of an angle.
fn normal(a: u32, b: u32) -> f32 {
    // From 2^-24 to 1.
    let uniform_part = f32((a >> 8u) + 1u) * 5.9604645e-8;
    let square = max(-2.0 * logarithm(uniform_part), 0.0);
    // The inverse square root by Newton's steps; square * inverse is 0 where square is.
    let half = 0.5 * square;
    var inverse = bitcast<f32>(0x5f3759dfu - (bitcast<u32>(square) >> 1u));
    for (var i = 0u; i < 4u; i++) {
        inverse = fma(inverse, fma(-(half * inverse), inverse, 0.5), inverse);
    }
    // A quarter of the circle, and an angle within 1/8 of it on either side.
    let quarter = b >> 30u;
    let angle = fma(f32((b >> 6u) & 0xffffffu), 9.362675e-8, -0.7853982);
    let z = angle * angle;
    var sine = fma(z, -1.9515296e-4, 8.332161e-3);
    sine = fma(sine, z, -0.16666655);
    sine = fma(angle * z, sine, angle);
    var cosine = fma(z, 2.4433157e-5, -1.3887316e-3);
    cosine = fma(cosine, z, 4.1666646e-2);
    cosine = fma(z * z, cosine, fma(z, -0.5, 1.0));
    let turned = select(cosine, sine, (quarter & 1u) == 1u);
    return select(turned, -turned, quarter >= 2u) * (square * inverse);
}

@compute @workgroup_size(TILE_TRIALS)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let trial = group.y * TILE_TRIALS + lane;
    if trial >= params.extent.trials {
        return;
    }
    let dimensions = params.extent.neurons;
    let row = trial_row(group.z, trial);
    let pattern = draw[row * 2u];
    let repetition = draw[row * 2u + 1u];
    let stream = vec2(key[group.z * padded(2u)], key[group.z * padded(2u) + 1u]);
    let own = group.z * padded(dimensions);
    var left = min(params.masked, dimensions);
    var normals = vec4(0u);
    var choices = vec4(0u);
    var anything = vec4(0u);
    for (var dimension = 0u; dimension < dimensions; dimension++) {
        if (dimension & 1u) == 0u {
            normals = philox(stream, vec4(dimension >> 1u, pattern, repetition, 0u));
        }
        if (dimension & 3u) == 0u {
            choices = philox(stream, vec4(dimension >> 2u, pattern, repetition, 1u));
            anything = philox(stream, vec4(dimension >> 2u, pattern, repetition, 2u));
        }
        let pair = (dimension & 1u) * 2u;
        let noise = normal(normals[pair], normals[pair + 1u]);
        let spread = params.deviation * scale[own + dimension];
        let shift = bias[own + dimension];
        var value = source[row * dimensions + dimension];
        if (params.after_mask & NOISE_AFTER) == 0u {
            value = fma(spread, noise, value);
        }
        if (params.after_mask & BIAS_AFTER) == 0u {
            value += shift;
        }
        // Each choice of so many dimensions equally often (Knuth's algorithm S).
        if multiply_high(choices[dimension & 3u], dimensions - dimension) < left {
            left--;
            value = fma(f32(anything[dimension & 3u] >> 8u), 1.1920929e-7, -1.0);
        }
        if (params.after_mask & NOISE_AFTER) != 0u {
            value = fma(spread, noise, value);
        }
        if (params.after_mask & BIAS_AFTER) != 0u {
            value += shift;
        }
        queries[row * dimensions + dimension] = value;
    }
}
