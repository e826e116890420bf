// 1 / (1 + exp(-x)), in the same order as kernels-cpu's `sigmoid`.
#import elementary

fn sigmoid(x: f32) -> f32 {
    let z = exponential_within(-min(abs(x), 40.0));
    let reciprocal = reciprocal_within(1.0 + z);
    return select(reciprocal, z * reciprocal, x < 0.0);
}
