//! The CPU kernels one by one, for those who change them: `cargo bench --bench kernels`.
//!
//! Shapes are few and fixed so that a change can be held against the run before it. For rates that mean something to a
//! user, beside the machine's ceilings and other programs, there is `attractor bench`.

use std::hint::black_box;

use attractor_kernels_cpu::canonical::{self, GROUP, Trial};
use attractor_kernels_cpu::field::Field;
use attractor_kernels_cpu::threshold::Threshold;
use attractor_kernels_cpu::{Arithmetic, Extent, field, logistic, nearest, philox, step, threshold};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};

/// Trials, stored patterns and neurons.
const SHAPES: [[usize; 3]; 4] = [[400, 400, 100], [2048, 1600, 100], [1024, 2048, 512], [1, 10_000, 512]];

fn extent([trials, patterns, neurons]: [usize; 3]) -> Extent {
    Extent::of_one_net(trials, patterns, neurons)
}

/// Reproducible words; `stream` tells draws apart.
fn words(stream: u32, count: usize) -> Vec<u32> {
    (0..count.div_ceil(4)).flat_map(|block| philox::philox([stream, 0], [block as u32, 0, 0, 0])).take(count).collect()
}

/// Packed rows, tail bits zero.
fn packed(stream: u32, rows: usize, neurons: usize) -> Vec<u32> {
    let width = neurons.div_ceil(32);
    let mut rows = words(stream, rows * width);
    if !neurons.is_multiple_of(32) {
        rows.iter_mut().skip(width - 1).step_by(width).for_each(|word| *word &= (1 << (neurons % 32)) - 1);
    }
    rows
}

/// Uniform in [-1, 1).
fn reals(stream: u32, count: usize) -> Vec<f32> {
    words(stream, count).into_iter().map(|word| (word >> 8) as f32 / 8_388_608.0 - 1.0).collect()
}

fn name([trials, patterns, neurons]: [usize; 3]) -> BenchmarkId {
    BenchmarkId::from_parameter(format!("B{trials}-P{patterns}-N{neurons}"))
}

/// Elements are multiply-adds with the dual.
fn bench_field(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("field");
    for shape in SHAPES {
        let [trials, patterns, neurons] = shape;
        let extent = extent(shape);
        let states = packed(1, extent.trial_stride, neurons);
        let keys = packed(2, extent.pattern_stride, neurons);
        let mut table: Vec<f32> = (0..=neurons).map(|distance| (-0.08 * distance as f32).exp()).collect();
        table.resize(extent.table_stride(), 0.0);
        let exponents = vec![0; extent.table_stride()];
        let reference = vec![0; extent.trial_stride];
        let dual = reals(3, extent.pattern_stride * neurons);
        let mut fields = vec![0.0; extent.trial_stride * neurons];
        let mut norms = vec![0.0; extent.trial_stride];
        group.throughput(Throughput::Elements((trials * patterns * neurons) as u64));
        group.bench_function(name(shape), |bencher| {
            bencher.iter(|| {
                let arrays = Field {
                    states: &states,
                    keys: &keys,
                    table: &table,
                    exponents: &exponents,
                    reference: &reference,
                    dual: &dual,
                    field: &mut fields,
                    weight_norm: &mut norms,
                };
                field::field(black_box(&extent), Arithmetic::Fused, true, arrays, None);
            });
        });
    }
}

/// Elements are pairs of bits.
fn bench_nearest(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("nearest");
    for shape in SHAPES {
        let [trials, patterns, neurons] = shape;
        let extent = extent(shape);
        let states = packed(1, extent.trial_stride, neurons);
        let keys = packed(2, extent.pattern_stride, neurons);
        let (mut distance, mut index) = (vec![0; extent.trial_stride], vec![0; extent.trial_stride]);
        group.throughput(Throughput::Elements((trials * patterns * neurons) as u64));
        group.bench_function(name(shape), |bencher| {
            bencher.iter(|| nearest::nearest(black_box(&extent), &states, &keys, &mut distance, &mut index));
        });
    }
}

/// Elements are signs.
fn bench_threshold(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("threshold");
    for shape in SHAPES {
        let [trials, _, neurons] = shape;
        let extent = extent(shape);
        let states = packed(1, extent.trial_stride, neurons);
        let fields = reals(2, extent.trial_stride * neurons);
        let norms = vec![1.0; extent.trial_stride];
        let bounds = vec![1e4; extent.neuron_stride()];
        let packed_size = extent.trial_stride * extent.words();
        let (mut next, mut uncertain) = (vec![0; packed_size], vec![0; packed_size]);
        let mut changed = vec![0; extent.trial_stride];
        group.throughput(Throughput::Elements((trials * neurons) as u64));
        group.bench_function(name(shape), |bencher| {
            bencher.iter(|| {
                let arrays = Threshold {
                    states: &states,
                    field: &fields,
                    weight_norm: &norms,
                    inverse_bound: &bounds,
                    next: &mut next,
                    uncertain: &mut uncertain,
                    changed: &mut changed,
                };
                threshold::threshold(black_box(&extent), arrays);
            });
        });
    }
}

/// Elements are dual variables; patterns stand in the place of trials, as in training.
fn bench_training(criterion: &mut Criterion) {
    let shapes = [[1600, 0, 100], [10_000, 0, 512]];
    let mut group = criterion.benchmark_group("logistic");
    for shape in shapes {
        let [patterns, _, neurons] = shape;
        let extent = extent(shape);
        let dual = reals(1, extent.trial_stride * neurons);
        let targets = packed(2, extent.trial_stride, neurons);
        let mut residual = reals(3, extent.trial_stride * neurons);
        group.throughput(Throughput::Elements((patterns * neurons) as u64));
        group.bench_function(name(shape), |bencher| {
            bencher.iter(|| {
                logistic::logistic(black_box(&extent), Arithmetic::Fused, 0.01, &dual, &targets, &mut residual);
            });
        });
    }
    group.finish();
    let mut group = criterion.benchmark_group("step");
    for shape in shapes {
        let [patterns, _, neurons] = shape;
        let extent = extent(shape);
        let gradient = reals(1, extent.trial_stride * neurons);
        let mut dual = reals(2, extent.trial_stride * neurons);
        group.throughput(Throughput::Elements((patterns * neurons) as u64));
        group.bench_function(name(shape), |bencher| {
            bencher.iter(|| step::step(black_box(&extent), Arithmetic::Fused, 1e-3, &gradient, &mut dual));
        });
    }
}

/// Trials, stored patterns, neurons, and of how many neurons one sign is doubted.
const DOUBTS: [([usize; 3], u32); 4] =
    [([512, 10_000, 512], 1), ([512, 10_000, 512], 100), ([4096, 1600, 100], 100), ([8, 1_000_000, 128], 1)];

/// Elements are terms of the sums that are wanted.
fn bench_canonical(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("canonical");
    for (shape, one_of) in DOUBTS {
        let [trials, patterns, neurons] = shape;
        let states = packed(1, trials, neurons);
        let keys = packed(2, patterns, neurons);
        let dual = reals(3, patterns * neurons);
        let weights: Vec<f64> = (0..=neurons).map(|distance| (-0.08 * distance as f64).exp()).collect();
        let draws = words(4, trials * neurons);
        let doubted = |draws: &[u32]| (0..neurons).filter(|&i| draws[i].is_multiple_of(one_of)).collect();
        let wanted: Vec<Vec<usize>> = draws.chunks_exact(neurons).map(doubted).collect();
        let asked = states.chunks_exact(neurons.div_ceil(32)).zip(&wanted);
        let asked: Vec<Trial<'_>> = asked.map(|(state, wanted)| Trial { state, weights: &weights, wanted }).collect();
        let count: usize = wanted.iter().map(Vec::len).sum();
        group.throughput(Throughput::Elements((count * patterns) as u64));
        group.bench_function(format!("B{trials}-P{patterns}-N{neurons}, 1 of {one_of}"), |bencher| {
            bencher.iter(|| {
                for group in asked.chunks(GROUP) {
                    black_box(canonical::sums(neurons, Some(&keys), &dual, black_box(group)));
                }
            });
        });
    }
}

criterion_group!(kernels, bench_field, bench_nearest, bench_threshold, bench_training, bench_canonical);
criterion_main!(kernels);
