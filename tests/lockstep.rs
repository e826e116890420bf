//! Lockstep: the whole pipeline, step by step, is the same on the CPU and the GPU; and recall from one dual is the same
//! in every arithmetic, although the fields are not.

mod common;

use attractor::cue::{Trial, cues, trials};
use attractor::endpoint::endpoints;
use attractor::engine::cpu::Cpu;
use attractor::engine::gpu::Gpu;
use attractor::engine::kernel::FIELD;
use attractor::engine::{Arithmetic, Backend, Limits, Scalar, Work, Workspace};
use attractor::memory::{Memory, Table};
use attractor::pattern::Patterns;
use attractor::random::patterns;
use attractor::recall::Recall;
use attractor::rule::{Distances, Training, train_from};
use common::cases::Case;
use common::judge::execute;
use common::{
    Draw, backends, bits, checked_gpu, coupled, cpu_like_gpu, descent, fused, gpu, hebbian, limited_gpu, memory, name,
    near, rbf, recalled, trained, trained_from, twice_rounded,
};

/// What both backends made of an experiment.
struct Pipeline {
    memories: Vec<Memory>,
    recalls: Vec<Recall>,
}

fn keys(neurons: usize, count: usize, nets: u32) -> Vec<Patterns> {
    (0..nets).map(|network| patterns(5, network, neurons, count).unwrap()).collect()
}

/// A few cues at each of several distances.
fn mixed_trials(count: usize, neurons: usize) -> Vec<Trial> {
    [0, neurons / 10, neurons / 4].iter().flat_map(|&flips| trials(count, 1, 70, flips)).collect()
}

/// Runs the pipeline on both backends, asserting after each stage that they agree to the last bit.
fn in_lockstep(neurons: usize, count: usize, nets: u32, gamma: f64, updates: usize) -> Pipeline {
    in_lockstep_on(gpu(), neurons, count, nets, gamma, updates)
}

fn in_lockstep_on(gpu: &Gpu, neurons: usize, count: usize, nets: u32, gamma: f64, updates: usize) -> Pipeline {
    let cpu = cpu_like_gpu();
    assert_ne!(cpu.device().backend, gpu.device().backend);
    let what = format!("N {neurons}, P {count}, {nets} networks, gamma {gamma}");
    let table = rbf(neurons, gamma);
    let keys = keys(neurons, count, nets);
    let on_cpu = trained(&cpu, &keys, &keys, &table, updates);
    let on_gpu = trained(gpu, &keys, &keys, &table, updates);
    for (network, (a, b)) in on_cpu.iter().zip(&on_gpu).enumerate() {
        assert!(bits(&a.dual) == bits(&b.dual), "{what}: the duals of network {network} differ");
        assert_eq!(a.convergence, b.convergence, "{what}: network {network}");
    }
    let memories: Vec<Memory> =
        on_cpu.into_iter().zip(&keys).map(|(trained, keys)| memory(keys, trained.dual, &table)).collect();
    let networks: Vec<u32> = (0..nets).collect();
    let trials = mixed_trials(count, neurons);
    let made = cues(&cpu, 9, &networks, &keys, &trials).unwrap();
    assert_eq!(made, cues(gpu, 9, &networks, &keys, &trials).unwrap(), "{what}: cues");
    let borrowed: Vec<&Memory> = memories.iter().collect();
    let recalls = recalled(&cpu, &borrowed, &made, 30);
    assert_eq!(recalls, recalled(gpu, &borrowed, &made, 30), "{what}: recall");
    let learned: Vec<&Patterns> = keys.iter().collect();
    let targets: Vec<Patterns> =
        keys.iter().map(|keys| keys.select(trials.iter().map(|trial| trial.pattern))).collect();
    let ends = |backend: &dyn Backend| endpoints(&Workspace::new(backend), &learned, &recalls, &targets).unwrap();
    assert_eq!(ends(&cpu), ends(gpu), "{what}: endpoints");
    Pipeline { memories, recalls }
}

#[test]
fn two_networks_of_33_neurons() {
    let Pipeline { recalls, .. } = in_lockstep(33, 50, 2, 0.05, 40);
    assert_ne!(recalls[0], recalls[1]);
}

#[test]
fn one_network_of_60_neurons() {
    let Pipeline { recalls, .. } = in_lockstep(60, 120, 1, 0.03, 40);
    assert!(recalls[0].endings.iter().any(|end| end.steps > 1), "nothing moved");
}

#[test]
fn with_checked_shaders() {
    in_lockstep_on(checked_gpu(), 33, 70, 2, 0.05, 10);
}

#[test]
fn a_wide_profile() {
    let Pipeline { memories, recalls, .. } = in_lockstep(64, 65, 2, 5.0, 20);
    assert!(memories[0].readout.dual().unwrap().1.is_wide());
    assert!(recalls[0].endings.iter().any(|end| end.steps > 1), "nothing moved");
}

#[test]
fn one_neuron_and_one_pattern() {
    in_lockstep(1, 1, 3, 0.02, 20);
}

/// Where training has its distances from changes no bit: on every backend, of many networks at once, whole or cut.
#[test]
fn stored_distances_train_the_same_duals() {
    // The binding holds one tile of distances, a panel of work 64 trials and patterns.
    let tight = Limits { binding_bytes: 64 * 96 * 4, groups: 16, work: 100_000 };
    let cut = [Arithmetic::Fused, Arithmetic::TwiceRounded].map(|arithmetic| Cpu::with_limits(arithmetic, tight));
    let cut_gpu = limited_gpu(tight);
    let keys = keys(60, 130, 3);
    for gamma in [0.03, 5.0] {
        let table = rbf(60, gamma);
        for backend in backends().into_iter().chain([&cut[0] as &dyn Backend, &cut[1], &cut_gpu, checked_gpu()]) {
            let of = |distances| trained_from(distances, backend, &keys, &table, 12);
            let (recomputed, stored) = (of(Distances::Recomputed), of(Distances::Stored));
            for (recomputed, stored) in recomputed.iter().zip(&stored) {
                assert_eq!(recomputed.distances, Distances::Recomputed);
                assert_eq!(stored.distances, Distances::Stored);
                assert!(bits(&recomputed.dual) == bits(&stored.dual), "gamma {gamma}, {}", name(backend));
                assert_eq!(recomputed.convergence, stored.convergence, "gamma {gamma}, {}", name(backend));
            }
        }
    }
}

/// What is chosen by trial is one of the two, and the CPU's choice needs none.
#[test]
fn a_choice_of_distances_changes_no_bit() {
    let keys = keys(64, 512, 1);
    let table = rbf(64, 0.03);
    for backend in backends() {
        let of = |distances| trained_from(distances, backend, &keys, &table, 3).remove(0);
        let (recomputed, chosen) = (of(Distances::Recomputed), of(Distances::Auto));
        assert!(bits(&recomputed.dual) == bits(&chosen.dual), "{}", name(backend));
        assert!(chosen.distances == Distances::Recomputed || backend.device().backend == "gpu", "{}", name(backend));
        assert_ne!(chosen.distances, Distances::Auto);
    }
}

/// More neurons than 16 bits count are never stored: refused when asked for, recomputed when not.
#[test]
fn distances_beyond_16_bits_are_recomputed() {
    let keys = keys(65_536, 2, 1);
    let table = rbf(65_536, 1e-5);
    for backend in [fused() as &dyn Backend, gpu()] {
        let training = Training { keys: &keys, targets: &keys, table: &table };
        let train = |distances| train_from(distances, &Workspace::new(backend), training, &descent(2), &mut |_| true);
        let refused = train(Distances::Stored).unwrap_err().to_string();
        assert!(refused.contains("65536 neurons") && refused.contains("--distances recomputed"), "{refused}");
        assert_eq!(train(Distances::Auto).unwrap()[0].distances, Distances::Recomputed, "{}", name(backend));
    }
}

/// A memory on which the arithmetics must agree, how it was made, and what it must show.
struct Hard {
    name: &'static str,
    memory: Memory,
    cues: Patterns,
}

/// The overlap itself, 1 - 2 d / N: with the keys as dual, Hebb's rule.
fn linear(neurons: usize) -> Table {
    let values = (0..=neurons).map(|d| (neurons as f32 - 2.0 * d as f32) / neurons as f32).collect();
    Table { values, exponents: vec![0; neurons + 1] }
}

fn bipolar_dual(keys: &Patterns, scale: f32) -> Vec<f32> {
    keys.to_bipolar().into_iter().map(|sign| scale * f32::from(sign)).collect()
}

fn hard() -> Vec<Hard> {
    let mut draw = Draw::new(3);
    let mut cases = Vec::new();
    // Weights of all orders with a dual of no order: cycles, wandering, and fields that cancel.
    for (label, neurons, count) in [("random dual, N 24", 24, 40), ("random dual, N 129", 129, 300)] {
        let keys = draw.patterns(neurons, count);
        let dual = draw.values(count * neurons, 1.0);
        let cues = near(&keys, 200, neurons / 5, &mut draw);
        cases.push(Hard { name: label, memory: memory(&keys, dual, &rbf(neurons, 0.02)), cues });
    }
    // Hebb's rule with its sign turned: a stored pattern goes to its opposite and back.
    let keys = draw.patterns(32, 6);
    let cues = near(&keys, 200, 8, &mut draw);
    cases.push(Hard { name: "cycles", memory: memory(&keys, bipolar_dual(&keys, -0.1), &linear(32)), cues });
    // Hebb's rule on few patterns: sums of four overlaps are often exactly 0.
    let keys = draw.patterns(16, 4);
    let cues = draw.patterns(16, 300);
    cases.push(Hard { name: "ties", memory: memory(&keys, bipolar_dual(&keys, 1.0), &linear(16)), cues });
    // Opposed pairs of equal rows: the exact field is 0 for every state, and only the canonical order says so.
    let keys = draw.patterns(40, 30).select((0..60).map(|row| row / 2));
    let half = draw.values(60 * 40, 1.0);
    let dual = (0..60 * 40).map(|i| if i / 40 % 2 == 0 { half[i] } else { -half[i - 40] }).collect();
    let cues = draw.patterns(40, 100);
    cases.push(Hard { name: "all ties", memory: memory(&keys, dual, &rbf(40, 0.02)), cues });
    // Duals of all magnitudes, and a wide profile under them.
    let keys = draw.patterns(60, 90);
    let dual = (0..90 * 60).map(|_| draw.signed() * [1e30, 1.0, 1e-30][draw.below(3)]).collect();
    let cues = near(&keys, 200, 10, &mut draw);
    cases.push(Hard { name: "mixed dual, wide profile", memory: memory(&keys, dual, &rbf(60, 5.0)), cues });
    // Couplings of no order, many of their fields small: cycles and wandering.
    for (label, neurons) in [("random couplings, N 33", 33), ("random couplings, N 200", 200)] {
        let keys = draw.patterns(neurons, 7);
        let mut couplings = draw.values(neurons * neurons, 1.0);
        // Pairs of inputs that nearly cancel where they differ.
        for pair in couplings.chunks_exact_mut(2 * neurons) {
            let (first, second) = pair.split_at_mut(neurons);
            second.iter_mut().zip(first).for_each(|(b, a)| *b = *a * (1.0 + draw.signed() * 1e-6));
        }
        let cues = draw.patterns(neurons, 200);
        cases.push(Hard { name: label, memory: coupled(&keys, couplings), cues });
    }
    // Hebb's rule as integers, without self-coupling: every field that is 0 is exactly so.
    let keys = draw.patterns(17, 4);
    let cues = draw.patterns(17, 300);
    cases.push(Hard { name: "ties", memory: coupled(&keys, hebbian(&keys, false)), cues });
    // What one neuron says the other denies: cycles of four states.
    let keys = draw.patterns(2, 1);
    let cues = draw.patterns(2, 4);
    cases.push(Hard { name: "cycles of four", memory: coupled(&keys, vec![0.0, 1.0, -1.0, 0.0]), cues });
    cases
}

#[test]
fn every_arithmetic_recalls_the_same_trajectories() {
    for Hard { name: label, memory, cues } in hard() {
        let reference = recalled(fused(), &[&memory], std::slice::from_ref(&cues), 40);
        for backend in [twice_rounded() as &dyn Backend, gpu()] {
            let other = recalled(backend, &[&memory], std::slice::from_ref(&cues), 40);
            assert_eq!(other[0].finals, reference[0].finals, "{label}: {}", name(backend));
            // How many signs each arithmetic had to doubt is its own affair; where they led is not.
            let course = |recall: &Recall| recall.endings.iter().map(|end| (end.steps, end.period)).collect::<Vec<_>>();
            assert_eq!(course(&other[0]), course(&reference[0]), "{label}: {}", name(backend));
        }
        let same = recalled(&cpu_like_gpu(), &[&memory], std::slice::from_ref(&cues), 40);
        let on_gpu = recalled(gpu(), &[&memory], std::slice::from_ref(&cues), 40);
        assert_eq!(same, on_gpu, "{label}: in one arithmetic, even the doubts agree");
        let endings = &reference[0].endings;
        match label {
            "cycles of four" => assert!(endings.iter().all(|end| (end.steps, end.period) == (4, 4))),
            "cycles" => assert!(endings.iter().any(|end| end.period == 2), "no cycle"),
            "ties" => assert!(endings.iter().any(|end| end.uncertain > 0), "no tie"),
            "all ties" => {
                assert_eq!(reference[0].finals, cues, "a field of exactly 0 keeps the state");
                assert!(endings.iter().all(|end| (end.steps, end.period) == (1, 1)));
            }
            _ => assert!(endings.iter().any(|end| end.steps > 2), "{label}: nothing moved"),
        }
    }
}

/// Networks of couplings share a batch, whatever their numbers of keys, as if each were alone; also in panels.
#[test]
fn networks_of_couplings_share_a_batch() {
    let mut draw = Draw::new(12);
    let neurons = 150;
    let keys = [3, 40, 9].map(|count| draw.patterns(neurons, count));
    let memories = keys.each_ref().map(|keys| coupled(keys, hebbian(keys, false)));
    let cues: Vec<Patterns> = keys.iter().map(|keys| near(keys, 130, 30, &mut draw)).collect();
    let borrowed: Vec<&Memory> = memories.iter().collect();
    let limits = Limits { binding_bytes: 64 * 200 * 4, groups: 8, work: 1 << 16 };
    let limited = limited_gpu(limits);
    let cut = Cpu::with_limits(gpu().arithmetic(), limits);
    let reference = recalled(&cpu_like_gpu(), &borrowed, &cues, 40);
    for backend in [gpu() as &dyn Backend, checked_gpu(), &limited, &cut, fused(), twice_rounded()] {
        assert_eq!(recalled(backend, &borrowed, &cues, 40), reference, "{}", name(backend));
    }
    for (i, together) in reference.iter().enumerate() {
        assert_eq!(recalled(gpu(), &borrowed[i..=i], &cues[i..=i], 40)[0], *together, "network {i}");
    }
    assert!(reference[0].finals.row(0) == keys[0].row(0) && reference[0].endings[0].period == 1);
}

/// Threads may share a device: neither waits for the other's results, and each has its own.
#[test]
fn two_threads_on_one_device_recall_what_each_would_alone() {
    let hard = hard();
    let alone: Vec<Vec<Recall>> = hard
        .iter()
        .map(|Hard { memory, cues, .. }| recalled(&cpu_like_gpu(), &[memory], std::slice::from_ref(cues), 40))
        .collect();
    std::thread::scope(|scope| {
        for turn in 0..2 {
            let (hard, alone) = (&hard, &alone);
            scope.spawn(move || {
                // In opposite orders, so that unlike work meets.
                let order = (0..hard.len()).map(|i| if turn == 0 { i } else { hard.len() - 1 - i });
                for i in order {
                    let Hard { name: label, memory, cues } = &hard[i];
                    let together = recalled(gpu(), &[memory], std::slice::from_ref(cues), 40);
                    assert_eq!(together, alone[i], "{label}");
                }
            });
        }
    });
}

/// The premise of the test of all arithmetics: the same dual gives other fields in the other arithmetic.
#[test]
fn fields_do_differ_between_arithmetics() {
    let mut draw = Draw::new(4);
    let (neurons, count) = (60, 90);
    let keys = draw.patterns(neurons, count);
    let table = rbf(neurons, 0.02);
    let case = Case {
        name: "two arithmetics".into(),
        work: Work { nets: 1, trials: count, patterns: count, neurons },
        inputs: vec![
            ("states", draw.patterns(neurons, count).words().to_vec()),
            ("keys", keys.words().to_vec()),
            ("table", bits(&table.values)),
            ("exponents", vec![0; neurons + 1]),
            ("reference", vec![0; count]),
            ("dual", bits(&draw.values(count * neurons, 1.0))),
        ],
        scalars: vec![("with_norm", Scalar::U32(1))],
    };
    let fields = |backend: &dyn Backend| execute(backend, &FIELD, &case).output("field").counts();
    let (once, twice) = (fields(fused()), fields(twice_rounded()));
    let different = once.iter().zip(&twice).filter(|(a, b)| a != b).count();
    assert!(different > once.len() / 4, "{different} of {}", once.len());
}

#[test]
fn two_arithmetics_train_different_duals_and_say_so() {
    let keys = keys(33, 50, 1);
    let table = rbf(33, 0.05);
    let [once, twice, gpu_dual] = backends().map(|backend| bits(&trained(backend, &keys, &keys, &table, 40)[0].dual));
    assert_ne!(once, twice, "training is not certified: its arithmetic is part of its name");
    let alike = if gpu().device().arithmetic == fused().device().arithmetic { once } else { twice };
    assert_eq!(gpu_dual, alike);
}
