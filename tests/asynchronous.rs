//! Asynchronous recall: the golden sweep, the energy that falls, and the same ways on every backend.

mod common;

use attractor::cue::{Trial, cues, trials};
use attractor::engine::{Backend, Limits, Workspace};
use attractor::memory::{Memory, Profile};
use attractor::pattern::Patterns;
use attractor::random::patterns;
use attractor::recall::{Asynchronous, Draws, Dynamics, Order, Visited, recall, recall_asynchronously};
use attractor::rule::{Descent, Model, hebbian_dual, learn_memory};
use common::golden::Golden;
use common::{backends, cpu_like_gpu, fused, gpu, limited_gpu, memory, name};

fn how(text: &str) -> Asynchronous {
    match text.parse().unwrap() {
        Dynamics::Asynchronous(how) => how,
        Dynamics::Synchronous => panic!("{text} is synchronous"),
    }
}

const SEED: u64 = 3;

/// Cues of a network from where they were made.
struct Asked {
    trials: Vec<Trial>,
    cues: Patterns,
}

impl Asked {
    fn of(keys: &Patterns, flips: usize) -> Self {
        let trials = trials(keys.len(), 2, 60, flips);
        let cues = cues(fused(), SEED, &[0], std::slice::from_ref(keys), &trials).unwrap().remove(0);
        Self { trials, cues }
    }

    fn visited(&self, backend: &dyn Backend, how: Asynchronous, memory: &Memory, steps: usize) -> Visited {
        let draws = Draws { seed: SEED, networks: &[0], trials: &self.trials };
        let (space, cues) = (Workspace::new(backend), std::slice::from_ref(&self.cues));
        recall_asynchronously(how, draws, &space, &[memory], cues, steps, &mut |_| true).expect("recall").remove(0)
    }
}

fn learned(model: &str, keys: &Patterns) -> Memory {
    let model: Model = model.parse().unwrap();
    let descent = Descent { updates: 100, ..Descent::default() };
    learn_memory(&Workspace::new(fused()), &model, keys, keys, &descent).expect("a memory")
}

/// One left-to-right sweep with E = -sum F3(m), F3(m) = m^3 / 3, each neuron taking the value of lower energy, ties
/// keeping.
#[test]
fn a_dense_memory_takes_the_golden_sweep_by_energy() {
    let mut golden = Golden::open("dense");
    let (keys, cues, expected) = (golden.patterns("keys"), golden.patterns("cues"), golden.patterns("async_n3"));
    let profile: Profile = "dense:3".parse().unwrap();
    let mut memory = memory(&keys, hebbian_dual(&keys), &profile.table(keys.neurons()).unwrap());
    memory.provenance.kernel = profile.to_string();
    let trials = trials(keys.len(), 1, cues.len(), 0);
    let asked = Asked { trials, cues };
    for backend in backends() {
        let visited = asked.visited(backend, how("sequential:energy"), &memory, 1);
        assert_eq!(visited.recall.finals, expected, "{}", name(backend));
    }
}

/// No visit raises the energy, so none does over a step; and trials end, all of them, in fixed points.
#[test]
fn energy_never_rises() {
    let keys = patterns(SEED, 0, 60, 20).unwrap();
    for model in
        ["hebb", "hebb/dense:3", "hebb/dense:4", "hebb/exponential:0.5", "hebb/rbf:0.05", "storkey", "pseudoinverse"]
    {
        let memory = learned(model, &keys);
        let energy = memory.energy().expect("an energy");
        let asked = Asked::of(&keys, 20);
        for dynamics in ["sequential:energy", "random:energy", "event-driven:energy"] {
            let visited = asked.visited(fused(), how(dynamics), &memory, 100);
            for (path, ending) in visited.paths.iter().zip(&visited.recall.endings) {
                assert_eq!(ending.period, 1, "{model}, {dynamics}: not at rest after {} steps", ending.steps);
                let words = asked.cues.stride();
                let energies: Vec<f64> = path.chunks_exact(words).map(|state| energy.of(state).unwrap()).collect();
                let scale = energies.iter().fold(0.0, |most: f64, energy| most.max(energy.abs()));
                // Kernels that are not whole numbers are rounded to f32 in their table.
                let falls = energies.windows(2).all(|pair| pair[1] <= pair[0] + 1e-6 * scale);
                assert!(falls, "{model}, {dynamics}: {energies:?}");
            }
        }
    }
    assert!(learned("klr/rbf:0.02", &keys).energy().is_none(), "a learned dual has none");
}

/// A step of N visits, each from the state that the one before has left: as the definition has it, neuron by neuron in
/// f64.
#[test]
fn a_sequential_step_is_its_definition() {
    let keys = patterns(SEED, 0, 33, 50).unwrap();
    for model in ["klr/rbf:0.02", "klr/rbf:2", "hebb", "llr"] {
        let memory = learned(model, &keys);
        let asked = Asked::of(&keys, 8);
        let visited = asked.visited(fused(), how("sequential"), &memory, 1);
        for trial in 0..asked.cues.len() {
            let mut state: Vec<i8> = asked.cues.select([trial]).to_bipolar();
            for neuron in 0..state.len() {
                let field = field_of(&memory, &state, neuron);
                if field != 0.0 {
                    state[neuron] = field.signum() as i8;
                }
            }
            assert_eq!(visited.recall.finals.select([trial]).to_bipolar(), state, "{model}, cue {trial}");
        }
    }
}

/// Sums of whole numbers are exact, ties among them: the host is never asked, and the ways are the definition's, in whole
/// numbers.
#[test]
fn whole_couplings_leave_no_doubt() {
    let keys = patterns(SEED, 0, 40, 8).unwrap();
    let memory = learned("hebb", &keys);
    let matrix: Vec<i64> = memory.readout.matrix().iter().map(|&coupling| coupling as i64).collect();
    assert!(memory.readout.matrix().iter().zip(&matrix).all(|(&coupling, &whole)| coupling == whole as f32));
    let asked = Asked::of(&keys, 15);
    let mut ties = 0;
    let mut expected = Vec::new();
    for trial in 0..asked.cues.len() {
        let mut state: Vec<i8> = asked.cues.select([trial]).to_bipolar();
        for neuron in (0..3).flat_map(|_| 0..40) {
            let field: i64 = (0..40).map(|input| matrix[input * 40 + neuron] * i64::from(state[input])).sum();
            ties += usize::from(field == 0);
            state[neuron] = if field == 0 { state[neuron] } else { field.signum() as i8 };
        }
        expected.push(state);
    }
    assert!(ties > 20, "{ties} ties show little");
    for backend in backends() {
        let visited = asked.visited(backend, how("sequential"), &memory, 3);
        assert_eq!(visited.recall.finals.to_bipolar(), expected.concat(), "{}", name(backend));
        for dynamics in ["sequential", "random", "event-driven", "random:energy"] {
            let endings = asked.visited(backend, how(dynamics), &memory, 10).recall.endings;
            assert!(endings.iter().all(|ending| ending.uncertain == 0), "{}, {dynamics}", name(backend));
        }
    }
}

fn field_of(memory: &Memory, state: &[i8], neuron: usize) -> f64 {
    let neurons = state.len();
    let matrix = memory.readout.matrix().chunks_exact(neurons).map(|row| f64::from(row[neuron]));
    match memory.readout.dual() {
        None => matrix.zip(state).map(|(coupling, &component)| coupling * f64::from(component)).sum(),
        Some((_, table)) => {
            let keys = memory.keys.to_bipolar();
            let distance = |key: &[i8]| key.iter().zip(state).filter(|(a, b)| a != b).count();
            let weights = keys.chunks_exact(neurons).map(distance);
            let weights: Vec<usize> = weights.collect();
            let nearest = *weights.iter().min().unwrap();
            matrix.zip(weights).map(|(dual, distance)| dual * table.weight(distance, nearest)).sum()
        }
    }
}

/// The same ways on every backend, in any company, and however a device cuts its work.
#[test]
fn ways_are_the_same_everywhere() {
    let keys = patterns(SEED, 0, 40, 90).unwrap();
    let small = Limits { work: 1, ..Limits::NONE };
    let limited = limited_gpu(Limits { work: 1, binding_bytes: 1 << 20, groups: 64 });
    let cut = attractor::engine::cpu::Cpu::with_limits(gpu().arithmetic(), small);
    for model in ["klr/rbf:0.02", "klr/rbf:5", "hebb/dense:3", "hebb", "covariance"] {
        let memory = learned(model, &keys);
        let asked = Asked::of(&keys, 10);
        for dynamics in ["sequential", "random", "event-driven", "random:energy"] {
            if dynamics.ends_with(":energy") && memory.energy().is_none() {
                continue;
            }
            let expected = asked.visited(&cpu_like_gpu(), how(dynamics), &memory, 10);
            for other in [gpu() as &dyn Backend, &limited, &cut] {
                assert!(asked.visited(other, how(dynamics), &memory, 10) == expected, "{model}, {dynamics}");
            }
            // The signs do not depend on how multiply-adds round, only the number in doubt may.
            let fused = asked.visited(fused(), how(dynamics), &memory, 10);
            assert!(fused.paths == expected.paths && fused.efforts.len() == expected.efforts.len());
            let some = [7, 3, 20];
            let alone =
                Asked { trials: some.iter().map(|&at| asked.trials[at]).collect(), cues: asked.cues.select(some) };
            let alone = alone.visited(&cpu_like_gpu(), how(dynamics), &memory, 10);
            for (at, path) in some.iter().zip(&alone.paths) {
                assert!(*path == expected.paths[*at], "{model}, {dynamics}: trial {at} in other company");
            }
        }
    }
}

/// Where asynchronous trials rest, synchronous ones do; and events find a state that is fixed, with fewer fields
/// summed.
#[test]
fn rest_is_rest_in_every_dynamics() {
    let keys = patterns(SEED, 0, 80, 30).unwrap();
    for model in ["klr/rbf:0.02", "hebb", "hebb/dense:3"] {
        let memory = learned(model, &keys);
        let asked = Asked::of(&keys, 12);
        for dynamics in ["sequential", "random", "event-driven"] {
            let visited = asked.visited(fused(), how(dynamics), &memory, 60);
            let settled: Vec<usize> =
                (0..asked.cues.len()).filter(|&trial| visited.recall.endings[trial].period == 1).collect();
            assert!(settled.len() > asked.cues.len() / 2, "{model}, {dynamics}");
            let finals = visited.recall.finals.select(settled.iter().copied());
            let again = recall(&Workspace::new(fused()), &[&memory], std::slice::from_ref(&finals), 1, &mut |_| true);
            assert_eq!(again.unwrap()[0].finals, finals, "{model}, {dynamics}");
            let visits: usize = visited.recall.endings.iter().map(|ending| ending.steps * 80).sum();
            let sums: usize = visited.efforts.iter().map(|effort| effort.sums).sum();
            match how(dynamics).order {
                // Of a dual every flip changes every field: only the last round is cut short.
                Order::EventDriven => assert!(sums < visits, "{model}: {sums} of {visits} fields were summed"),
                Order::Sequential | Order::Random => assert_eq!(sums, visits, "{model}, {dynamics}"),
            }
        }
    }
}

/// In a ring each neuron acts on two others, and events leave the rest alone; where it rests is fixed all the same.
#[test]
fn events_visit_few_of_sparse_couplings() {
    let neurons = 200;
    let keys = patterns(SEED, 0, neurons, 3).unwrap();
    let beside = |i: usize, j: usize| (i + 1) % neurons == j || (j + 1) % neurons == i;
    let ring = (0..neurons * neurons).map(|at| f32::from(u8::from(beside(at / neurons, at % neurons))));
    let memory = common::coupled(&keys, ring.collect());
    let asked = Asked::of(&keys, 60);
    let visited = asked.visited(fused(), how("event-driven"), &memory, 100);
    for (ending, effort) in visited.recall.endings.iter().zip(&visited.efforts) {
        assert_eq!(ending.period, 1);
        assert!(effort.sums < 2 * neurons + 3 * effort.events, "{effort:?} in {} steps", ending.steps);
    }
    let finals = std::slice::from_ref(&visited.recall.finals);
    let again = recall(&Workspace::new(fused()), &[&memory], finals, 1, &mut |_| true).unwrap();
    assert_eq!(again[0].finals, visited.recall.finals);
}

/// Two neurons that push each other apart, in turn, never rest: a cycle of a sequential trial, which chance cannot
/// claim.
#[test]
fn only_a_sequential_trial_cycles() {
    let keys = Patterns::from_signs(2, [true, true]).unwrap();
    // Neuron 1 follows neuron 0, and neuron 0 flees neuron 1.
    let memory = common::coupled(&keys, vec![0.0, 1.0, -1.0, 0.0]);
    let asked = Asked { trials: trials(1, 1, 1, 0), cues: keys };
    let sequential = asked.visited(fused(), how("sequential"), &memory, 20);
    assert_eq!((sequential.recall.endings[0].period, sequential.recall.endings[0].steps), (2, 2));
    let random = asked.visited(fused(), how("random"), &memory, 20);
    assert_eq!((random.recall.endings[0].period, random.recall.endings[0].steps), (0, 20));
}

#[test]
fn what_cannot_be_meant_is_refused() {
    let keys = patterns(SEED, 0, 33, 5).unwrap();
    let memory = learned("klr/rbf:0.02", &keys);
    let asked = Asked::of(&keys, 2);
    let refused = |trials: &[Trial], networks: &[u32], dynamics: &str, steps: usize| {
        let draws = Draws { seed: SEED, networks, trials };
        let (space, cues) = (Workspace::new(fused()), std::slice::from_ref(&asked.cues));
        let refused = recall_asynchronously(how(dynamics), draws, &space, &[&memory], cues, steps, &mut |_| true);
        refused.unwrap_err().to_string()
    };
    let trials = &asked.trials[..];
    assert!(refused(trials, &[0], "random:energy", 5).contains("no energy to descend"));
    assert!(refused(trials, &[0], "random", 0).contains("0 steps"));
    assert!(refused(&trials[1..], &[0], "random", 5).contains("name 1 networks and 10 trials"));
    assert!(refused(trials, &[0, 1], "random", 5).contains("draws for 2 networks"));
    // Finite couplings whose sums are not.
    let one = Asked { trials: vec![asked.trials[0]], cues: asked.cues.select([0]) };
    let (draws, large) = (Draws { seed: SEED, networks: &[0], trials: &one.trials }, [f32::MAX; 33 * 33]);
    let (space, large) = (Workspace::new(fused()), common::coupled(&keys, large.to_vec()));
    let large = recall_asynchronously(how("random:energy"), draws, &space, &[&large], &[one.cues], 5, &mut |_| true);
    assert!(large.unwrap_err().to_string().contains("finite couplings"));
    let stopped = Workspace::new(fused());
    let draws = Draws { seed: SEED, networks: &[0], trials };
    let cues = std::slice::from_ref(&asked.cues);
    let stopped = recall_asynchronously(how("random"), draws, &stopped, &[&memory], cues, 5, &mut |_| false);
    assert!(matches!(stopped, Err(attractor::Error::Interrupted)));
    // A device that binds less than a memory's columns.
    let small = limited_gpu(Limits { binding_bytes: 300 << 10, ..Limits::NONE });
    let keys = patterns(SEED, 0, 100, 700).unwrap();
    let large = learned("hebb/dense:3", &keys);
    let asked = Asked::of(&keys, 2);
    let (draws, cues) = (Draws { trials: &asked.trials, ..draws }, std::slice::from_ref(&asked.cues));
    let refused =
        recall_asynchronously(how("random"), draws, &Workspace::new(&small), &[&large], cues, 5, &mut |_| true);
    let refused = refused.unwrap_err().to_string();
    assert!(refused.contains("columns") && refused.contains("--backend cpu"), "{refused}");
}
