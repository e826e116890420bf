//! Laws: symmetries and invariances that hold exactly, on every backend.

mod common;

use attractor::Error;
use attractor::cue::{Trial, cues};
use attractor::engine::cpu::Cpu;
use attractor::engine::kernel::THRESHOLD;
use attractor::engine::{Backend, Limits, Work, Workspace};
use attractor::memory::{Memory, Table};
use attractor::pattern::Patterns;
use attractor::random::patterns;
use attractor::recall::{Recall, recall};
use attractor::rule::{Descent, Training, train};
use attractor_kernels_cpu::oracle;
use common::cases::case;
use common::judge::execute;
use common::oracle::{bipolar, rows};
use common::{
    Draw, backends, bits, coupled, descent, flipped, gpu, hebbian, limited_gpu, memory, name, near, rbf, recalled,
    relabelled, trained,
};

/// Neurons, patterns, gamma and updates of the memory that most laws are stated on: hard enough that cues wander.
const NEURONS: usize = 33;
const COUNT: usize = 70;
const UPDATES: usize = 60;

fn table() -> Table {
    rbf(NEURONS, 0.05)
}

fn trained_dual(backend: &dyn Backend, keys: &Patterns, targets: &Patterns) -> Vec<f32> {
    let (keys, targets) = (std::slice::from_ref(keys), std::slice::from_ref(targets));
    trained(backend, keys, targets, &table(), UPDATES).remove(0).dual
}

fn one(backend: &dyn Backend, memory: &Memory, cues: &Patterns) -> Recall {
    recalled(backend, &[memory], std::slice::from_ref(cues), 30).remove(0)
}

fn course(recall: &Recall) -> Vec<(usize, usize)> {
    recall.endings.iter().map(|end| (end.steps, end.period)).collect()
}

/// Negating the same neurons in keys, targets and cues negates their duals and their states and changes nothing else.
#[test]
fn gauge_symmetry() {
    let mut draw = Draw::new(21);
    let keys = draw.patterns(NEURONS, COUNT);
    let targets = keys.select((0..COUNT).map(|row| (row + 1) % COUNT));
    let starts = near(&keys, 150, 6, &mut draw);
    let mask: Vec<bool> = (0..NEURONS).map(|_| draw.below(2) == 1).collect();
    let turned = [&keys, &targets, &starts].map(|rows| flipped(rows, &mask));
    for backend in backends() {
        let dual = trained_dual(backend, &keys, &targets);
        let turned_dual = trained_dual(backend, &turned[0], &turned[1]);
        for (i, (&a, &b)) in dual.iter().zip(&turned_dual).enumerate() {
            let expected = if mask[i % NEURONS] { -a } else { a };
            // Zero has two signs; the dual starts from one of them.
            assert!(expected.to_bits() == b.to_bits() || (a == 0.0 && b == 0.0), "{}: {a:e} and {b:e}", name(backend));
        }
        let plain = one(backend, &memory(&keys, dual, &table()), &starts);
        let other = one(backend, &memory(&turned[0], turned_dual, &table()), &turned[2]);
        assert_eq!(flipped(&plain.finals, &mask), other.finals, "{}", name(backend));
        assert_eq!(plain.endings, other.endings, "{}", name(backend));
        assert!(plain.endings.iter().any(|end| end.steps > 2), "nothing moved");
    }
}

/// Neurons have no order: relabelling them permutes duals and states, bit for bit.
#[test]
fn relabelled_neurons() {
    let mut draw = Draw::new(22);
    let keys = draw.patterns(NEURONS, COUNT);
    let starts = near(&keys, 150, 6, &mut draw);
    let order = draw.permutation(NEURONS);
    let (new_keys, new_starts) = (relabelled(&keys, &order), relabelled(&starts, &order));
    for backend in backends() {
        let dual = trained_dual(backend, &keys, &keys);
        let new_dual = trained_dual(backend, &new_keys, &new_keys);
        let moved: Vec<f32> =
            dual.chunks_exact(NEURONS).flat_map(|row| order.iter().map(|&neuron| row[neuron])).collect();
        assert!(bits(&moved) == bits(&new_dual), "{}", name(backend));
        let plain = one(backend, &memory(&keys, dual, &table()), &starts);
        let other = one(backend, &memory(&new_keys, new_dual, &table()), &new_starts);
        assert_eq!(relabelled(&plain.finals, &order), other.finals, "{}", name(backend));
        assert_eq!(plain.endings, other.endings, "{}", name(backend));
    }
}

/// Patterns have no order either, as far as decisions go: a sum in another order has other digits and the same certain
/// signs. The signs left to the f64 sum could differ where that sum itself is within its rounding error of 0, a few
/// times 1e-16 of |k| |dual|; a random dual comes nowhere near that.
#[test]
fn relabelled_patterns() {
    let mut draw = Draw::new(23);
    let (neurons, count) = (60, 300);
    let keys = draw.patterns(neurons, count);
    let dual = draw.values(count * neurons, 1.0);
    let starts = near(&keys, 200, 12, &mut draw);
    let order = draw.permutation(count);
    let new_dual = order.iter().flat_map(|&row| dual[row * neurons..][..neurons].iter().copied()).collect();
    let plain = memory(&keys, dual, &rbf(neurons, 0.02));
    let other = memory(&keys.select(order.iter().copied()), new_dual, &rbf(neurons, 0.02));
    for backend in backends() {
        let (plain, other) = (one(backend, &plain, &starts), one(backend, &other, &starts));
        assert_eq!(plain.finals, other.finals, "{}", name(backend));
        assert_eq!(course(&plain), course(&other), "{}", name(backend));
        assert!(plain.endings.iter().any(|end| end.uncertain > 0), "no sign was ever in doubt");
    }
}

/// A dual times a power of two gives the same decisions, doubts included.
#[test]
fn scaled_duals() {
    let mut draw = Draw::new(24);
    let keys = draw.patterns(NEURONS, COUNT);
    let dual = draw.values(COUNT * NEURONS, 1.0);
    let starts = near(&keys, 150, 6, &mut draw);
    for backend in backends() {
        let plain = one(backend, &memory(&keys, dual.clone(), &table()), &starts);
        for scale in [1024.0, 1.0 / 1024.0] {
            let scaled = dual.iter().map(|alpha| scale * alpha).collect();
            assert_eq!(one(backend, &memory(&keys, scaled, &table()), &starts), plain, "{}, {scale}", name(backend));
        }
    }
}

/// A trial ends the same alone, in a batch, and in any order.
#[test]
fn trials_alone_and_together() {
    let mut draw = Draw::new(25);
    let keys = draw.patterns(NEURONS, COUNT);
    let memory = memory(&keys, draw.values(COUNT * NEURONS, 1.0), &table());
    let starts = near(&keys, 130, 6, &mut draw);
    for backend in backends() {
        let together = one(backend, &memory, &starts);
        for trial in [0, 1, 63, 64, 129] {
            let alone = one(backend, &memory, &starts.select([trial]));
            assert_eq!(alone.finals.row(0), together.finals.row(trial), "{}, trial {trial}", name(backend));
            assert_eq!(alone.endings[0], together.endings[trial], "{}, trial {trial}", name(backend));
        }
        let order = draw.permutation(130);
        let shuffled = one(backend, &memory, &starts.select(order.iter().copied()));
        assert_eq!(shuffled.finals, together.finals.select(order.iter().copied()), "{}", name(backend));
    }
}

/// A network trains, is cued and recalls the same alone and among others.
#[test]
fn networks_alone_and_together() {
    let keys: Vec<Patterns> = (0..3).map(|network| patterns(1, network, NEURONS, COUNT).unwrap()).collect();
    let trials: Vec<Trial> =
        (0..80).map(|t| Trial { pattern: t % COUNT, repetition: t / COUNT, flips: t % 9 }).collect();
    for backend in backends() {
        let together = trained(backend, &keys, &keys, &table(), 20);
        let made = cues(backend, 7, &[0, 1, 2], &keys, &trials).unwrap();
        let memories: Vec<Memory> =
            together.iter().zip(&keys).map(|(trained, keys)| memory(keys, trained.dual.clone(), &table())).collect();
        let recalls = recalled(backend, &memories.iter().collect::<Vec<_>>(), &made, 30);
        for network in 0..3 {
            let own = std::slice::from_ref(&keys[network]);
            let alone = trained(backend, own, own, &table(), 20);
            assert_eq!(alone[0], together[network], "{}", name(backend));
            let cue = cues(backend, 7, &[network as u32], own, &trials).unwrap();
            assert_eq!(cue[0], made[network], "{}", name(backend));
            assert_eq!(one(backend, &memories[network], &cue[0]), recalls[network], "{}", name(backend));
        }
        assert_ne!(made[0], made[1]);
    }
}

/// A cue depends on the seed, the network, the pattern, the repetition and the flips; not on its place.
#[test]
fn cues_alone_and_together() {
    let keys = patterns(1, 0, 100, 20).unwrap();
    let trials: Vec<Trial> = (0..100).map(|t| Trial { pattern: t % 20, repetition: t / 20, flips: t % 40 }).collect();
    for backend in backends() {
        let made = |trials: &[Trial]| cues(backend, 3, &[5], std::slice::from_ref(&keys), trials).unwrap().remove(0);
        let together = made(&trials);
        for trial in [0, 1, 63, 64, 99] {
            assert_eq!(made(&trials[trial..=trial]).row(0), together.row(trial), "{}", name(backend));
        }
        let mut backwards = trials.clone();
        backwards.reverse();
        assert_eq!(made(&backwards), together.select((0..100).rev()), "{}", name(backend));
    }
}

/// However a device's limits cut the work, training and recall give the same bits.
#[test]
fn panels_of_any_size() {
    let mut draw = Draw::new(26);
    let (neurons, count) = (60, 130);
    let keys = [draw.patterns(neurons, count), draw.patterns(neurons, count)];
    let starts = keys.clone().map(|keys| near(&keys, 200, 9, &mut draw));
    let table = rbf(neurons, 0.03);
    let whole = |backend: &dyn Backend| {
        let trained = trained(backend, &keys, &keys, &table, 12);
        let memories: Vec<Memory> =
            trained.iter().zip(&keys).map(|(trained, keys)| memory(keys, trained.dual.clone(), &table)).collect();
        let recalls = recalled(backend, &memories.iter().collect::<Vec<_>>(), &starts, 30);
        (trained, recalls)
    };
    let expected = whole(&Cpu::new(gpu().arithmetic()));
    let tight = Limits { binding_bytes: 64 * 60 * 4, groups: 16, work: 1 };
    let cuts = [
        Limits { binding_bytes: tight.binding_bytes, ..Limits::NONE },
        Limits { binding_bytes: 2 * tight.binding_bytes, ..Limits::NONE },
        Limits { groups: tight.groups, ..Limits::NONE },
        Limits { work: 1, ..Limits::NONE },
        Limits { work: 700_000, ..Limits::NONE },
        tight,
    ];
    for limits in cuts {
        assert_eq!(whole(&Cpu::with_limits(gpu().arithmetic(), limits)), expected, "{limits:?}");
    }
    assert_eq!(whole(&limited_gpu(tight)), expected, "on the GPU");
}

/// A field of exactly 0, of either sign, keeps +1 and keeps -1.
#[test]
fn ties_keep_the_state() {
    let work = Work { nets: 1, trials: 64, patterns: 0, neurons: 33 };
    let mut ties = case("threshold", work, "zeros");
    for state in [0, u32::MAX] {
        let packed = Patterns::from_words(33, vec![state; 128]).unwrap().words().to_vec();
        ties.inputs.iter_mut().find(|input| input.0 == "states").unwrap().1.clone_from(&packed);
        let zeros = ties.input("field");
        assert!(zeros.contains(&0) && zeros.contains(&0x8000_0000));
        for backend in backends() {
            let ran = execute(backend, &THRESHOLD, &ties);
            assert_eq!(ran.output("next").counts(), packed, "{}", name(backend));
            assert!(ran.output("changed").counts().iter().all(|&changed| changed == 0));
        }
    }
    let mut draw = Draw::new(27);
    let keys = draw.patterns(33, 10);
    let starts = draw.patterns(33, 100);
    for backend in backends() {
        let recall = one(backend, &memory(&keys, vec![0.0; 330], &table()), &starts);
        assert_eq!(recall.finals, starts, "{}", name(backend));
        assert!(course(&recall).iter().all(|&end| end == (1, 1)));
    }
}

/// A stored pattern that is a fixed point is recalled in the one step that changes nothing.
#[test]
fn a_perfect_cue_takes_one_step() {
    let keys = patterns(2, 0, 60, 40).unwrap();
    let table = rbf(60, 0.05);
    for backend in backends() {
        let own = std::slice::from_ref(&keys);
        let dual = trained(backend, own, own, &table, 60).remove(0).dual;
        let recall = one(backend, &memory(&keys, dual, &table), &keys);
        assert_eq!(recall.finals, keys, "{}", name(backend));
        assert!(course(&recall).iter().all(|&end| end == (1, 1)), "{}", name(backend));
    }
}

/// One step's signs are those of the f64 oracle, whatever the arithmetic that proposed them.
#[test]
fn certified_signs_are_the_oracles() {
    let mut draw = Draw::new(28);
    let (neurons, count, trials) = (100, 300, 100);
    let keys = draw.patterns(neurons, count);
    let starts = near(&keys, trials, 20, &mut draw);
    let rounded: Vec<f32> = draw.values(count * neurons, 4.0).iter().map(|value| value.round()).collect();
    let mixed: Vec<f32> = (0..count * neurons).map(|_| draw.signed() * [1e20, 1.0, 1e-20][draw.below(3)]).collect();
    let duals = [draw.values(count * neurons, 1.0), rounded, mixed, draw.values(count * neurons, 1e-30)];
    for (kind, dual) in duals.into_iter().enumerate() {
        for table in [rbf(neurons, 0.02), rbf(neurons, 5.0)] {
            let bipolar_keys = bipolar(keys.words(), neurons);
            let real_dual = rows(&bits(&dual), neurons);
            let memory = memory(&keys, dual.clone(), &table);
            let exact: Vec<Vec<i8>> = bipolar(starts.words(), neurons)
                .iter()
                .map(|state| {
                    let reference = oracle::nearest(state, &bipolar_keys).0;
                    let profile = |distance| table.weight(distance, reference);
                    oracle::activate(&oracle::field(state, &bipolar_keys, &profile, &real_dual), state)
                })
                .collect();
            for backend in backends() {
                let recall = recalled(backend, &[&memory], std::slice::from_ref(&starts), 1).remove(0);
                assert!(bipolar(recall.finals.words(), neurons) == exact, "{}, dual {kind}", name(backend));
            }
        }
    }
}

/// Doubt is right but slow: few signs may need the f64 sum. Without scaling by the nearest key, a wide profile would
/// leave every sign to it.
#[test]
fn few_signs_are_in_doubt() {
    let mut draw = Draw::new(29);
    let (neurons, count) = (100, 300);
    let keys = draw.patterns(neurons, count);
    let starts = near(&keys, 200, 20, &mut draw);
    for gamma in [0.02, 5.0] {
        let memory = memory(&keys, draw.values(count * neurons, 1.0), &rbf(neurons, gamma));
        for backend in backends() {
            let recall = one(backend, &memory, &starts);
            let taken: usize = recall.endings.iter().map(|end| end.steps * neurons).sum();
            let doubted: usize = recall.endings.iter().map(|end| end.uncertain).sum();
            assert!(doubted * 100 < taken, "{}, gamma {gamma}: {doubted} of {taken}", name(backend));
        }
    }
}

/// A cue that would return after p steps is a cycle of period p; out of time, it is still moving.
#[test]
fn a_cycle_is_noticed_and_time_runs_out() {
    let keys = patterns(3, 0, 64, 1).unwrap();
    // One pattern whose opposite is its answer: x -> -x -> x.
    let dual = keys.to_bipolar().into_iter().map(|sign| -f32::from(sign)).collect();
    let values = (0..=64).map(|d| 1.0 - d as f32 / 32.0).collect();
    let memory = memory(&keys, dual, &Table { values, exponents: vec![0; 65] });
    for backend in backends() {
        let end = |steps| recalled(backend, &[&memory], std::slice::from_ref(&keys), steps)[0].endings[0];
        assert_eq!((end(30).steps, end(30).period), (2, 2), "{}", name(backend));
        assert_eq!((end(1).steps, end(1).period), (1, 0), "{}", name(backend));
    }
}

/// A cycle longer than the first histories reach is followed from round to round, beside a network whose trials rest at
/// once: steps and period are as they would be in one go, and so are the states where time runs out.
#[test]
fn long_cycles_are_followed() {
    let (neurons, count) = (64, 150);
    let keys = patterns(3, 0, neurons, count).unwrap();
    let after = |steps: usize| keys.select((0..count).map(|row| (row + steps) % count));
    let dual = |targets: &Patterns| targets.to_bipolar().into_iter().map(f32::from).collect();
    // The nearest key outweighs all others together.
    let table = rbf(neurons, 1.0);
    let (cycle, rest) = (memory(&keys, dual(&after(1)), &table), memory(&keys, dual(&keys), &table));
    let cues = [keys.clone(), keys.clone()];
    for backend in backends() {
        for (most, ending) in [(32, (32, 0)), (33, (33, 0)), (149, (149, 0)), (150, (150, 150)), (1000, (150, 150))] {
            let recalls = recalled(backend, &[&cycle, &rest], &cues, most);
            assert_eq!(course(&recalls[0]), vec![ending; count], "{}, {most} steps", name(backend));
            assert_eq!(recalls[0].finals, after(ending.0), "{}, {most} steps", name(backend));
            assert_eq!(course(&recalls[1]), vec![(1, 1); count], "{}", name(backend));
            assert_eq!(recalls[1].finals, keys, "{}", name(backend));
        }
    }
}

/// More trials than one batch of fields holds (256 MiB) run one batch after another, and none is lost between them.
#[test]
fn trials_beyond_one_batch() {
    let (neurons, trials) = (4096, 16_500);
    assert!(trials * neurons * 4 > 256 << 20);
    let keys = patterns(4, 0, neurons, 2).unwrap();
    let dual = keys.to_bipolar().into_iter().map(f32::from).collect();
    let memory = memory(&keys, dual, &rbf(neurons, 1e-3));
    let starts = keys.select((0..trials).map(|trial| trial * 7 % 3 % 2));
    for backend in backends() {
        let mut shares = Vec::new();
        let space = Workspace::new(backend);
        let observer = &mut |share: f64| {
            shares.push(share);
            true
        };
        let recall = recall(&space, &[&memory], std::slice::from_ref(&starts), 3, observer).unwrap().remove(0);
        assert!(recall.finals == starts, "{}", name(backend));
        assert_eq!(course(&recall), vec![(1, 1); trials], "{}", name(backend));
        assert!(shares.is_sorted() && shares.ends_with(&[1.0]), "{}: {shares:?}", name(backend));
    }
}

/// Hebb's rule as integers, N times the textbook's, with self-coupling and without: the step in whole numbers, to the
/// last tie. Sums of integers below 2^24 are exact in f32.
#[test]
fn hebbian_couplings_step_exactly() {
    let mut draw = Draw::new(31);
    // Of an even number of patterns, whether a field may be 0 depends on the sum of their bits: several are drawn.
    let sizes = [(16, 4), (16, 4), (16, 4), (33, 6), (33, 6), (100, 14), (100, 14)];
    let mut ties = [0, 0];
    for (neurons, count) in sizes {
        let keys = draw.patterns(neurons, count);
        let cues = draw.patterns(neurons, 200);
        let rows = bipolar(keys.words(), neurons);
        for diagonal in [false, true] {
            let sum = |state: &[i8], i: usize| {
                let overlap = |row: &[i8]| row.iter().zip(state).map(|(x, s)| i32::from(x * s)).sum::<i32>();
                let whole: i32 = rows.iter().map(|row| i32::from(row[i]) * overlap(row)).sum();
                whole - if diagonal { 0 } else { count as i32 * i32::from(state[i]) }
            };
            let mut expected = Vec::new();
            for state in bipolar(cues.words(), neurons) {
                let sums: Vec<i32> = (0..neurons).map(|i| sum(&state, i)).collect();
                ties[usize::from(diagonal)] += sums.iter().filter(|&&sum| sum == 0).count();
                let signs = sums.iter().zip(&state);
                expected.extend(signs.map(|(sum, &s)| if *sum == 0 { s } else { sum.signum() as i8 }));
            }
            let memory = coupled(&keys, hebbian(&keys, diagonal));
            for backend in backends() {
                let found = recalled(backend, &[&memory], std::slice::from_ref(&cues), 1).remove(0).finals;
                assert_eq!(found.to_bipolar(), expected, "N {neurons}, P {count}, {}", name(backend));
            }
        }
    }
    assert!(ties.iter().all(|&ties| ties > 500), "{ties:?}");
}

/// Hebb's rule with self-coupling is the dual memory whose dual is its keys, and whose profile is the overlap.
#[test]
fn hebbian_couplings_are_the_dual_of_overlaps() {
    let mut draw = Draw::new(32);
    let (neurons, count) = (60, 9);
    let keys = draw.patterns(neurons, count);
    let values = (0..=neurons).map(|d| neurons as f32 - 2.0 * d as f32).collect();
    let overlap = Table { values, exponents: vec![0; neurons + 1] };
    let of_duals = memory(&keys, keys.to_bipolar().into_iter().map(f32::from).collect(), &overlap);
    let of_couplings = coupled(&keys, hebbian(&keys, true));
    let cues = near(&keys, 300, 15, &mut draw);
    for backend in backends() {
        let (a, b) = (one(backend, &of_duals, &cues), one(backend, &of_couplings, &cues));
        assert_eq!(a.finals, b.finals, "{}", name(backend));
        assert_eq!(course(&a), course(&b), "{}", name(backend));
        assert!(course(&a).iter().any(|&(steps, _)| steps > 2), "nothing moved");
    }
}

/// What is no memory of couplings is refused with what to do.
#[test]
fn couplings_that_do_not_fit_are_refused() {
    let keys = patterns(3, 0, 5, 2).unwrap();
    let whole = coupled(&keys, vec![1.0; 25]);
    let refused = |memories: &[&Memory]| {
        let cues = vec![keys.clone(); memories.len()];
        recall(&Workspace::new(gpu()), memories, &cues, 3, &mut |_| true).expect_err("it is refused").to_string()
    };
    for count in [0, 10, 24, 26] {
        let refused = refused(&[&whole, &coupled(&keys, vec![1.0; count])]);
        assert!(refused.contains(&format!("{count} couplings")) && refused.contains("5 x 5 finite"), "{refused}");
    }
    for value in [f32::NAN, f32::INFINITY] {
        let mut couplings = vec![1.0; 25];
        couplings[7] = value;
        assert!(refused(&[&coupled(&keys, couplings)]).contains("finite couplings"));
    }
    let dual = memory(&keys, vec![1.0; 10], &rbf(5, 0.02));
    for memories in [[&whole, &dual], [&dual, &whole]] {
        assert!(refused(&memories).contains("duals and of couplings in one batch: recall them apart"));
    }
}

/// An observer that answers no stops training and recall, and the error says that it was the observer.
#[test]
fn an_observer_interrupts() {
    let keys = patterns(3, 0, 33, 5).unwrap();
    let table = rbf(33, 0.02);
    let memory = memory(&keys, vec![1.0; 5 * 33], &table);
    let own = std::slice::from_ref(&keys);
    for backend in backends() {
        let space = Workspace::new(backend);
        let stopped = recall(&space, &[&memory], own, 30, &mut |_| false);
        assert!(matches!(stopped, Err(Error::Interrupted)), "{}", name(backend));
        let training = Training { keys: own, targets: own, table: &table };
        let stopped = train(&space, training, &descent(50), &mut |done| done < 4);
        assert!(matches!(stopped, Err(Error::Interrupted)), "{}", name(backend));
    }
}

/// A step far too large leaves the finite numbers, and is refused by name instead of returned.
#[test]
fn a_diverging_descent_is_refused() {
    let keys = patterns(3, 0, 33, 40).unwrap();
    let own = std::slice::from_ref(&keys);
    let table = table();
    let training = Training { keys: own, targets: own, table: &table };
    let wild = Descent { learning_rate: 1e6, regularization: 1e3, updates: 40, ..Descent::default() };
    for backend in backends() {
        let mut trained = train(&Workspace::new(backend), training, &wild, &mut |_| true).unwrap();
        assert!(trained[0].diverged(), "{}", name(backend));
        let refused = trained.remove(0).finite(&wild);
        assert!(matches!(refused, Err(Error::Diverged { .. })), "{}: {refused:?}", name(backend));
    }
}

/// No cues are no work: every network answers with nothing.
#[test]
fn no_trials_are_no_work() {
    let keys = [patterns(3, 0, 33, 5).unwrap(), patterns(3, 1, 33, 5).unwrap()];
    for backend in backends() {
        let none = cues(backend, 1, &[0, 1], &keys, &[]).unwrap();
        assert_eq!(none.iter().map(Patterns::len).collect::<Vec<_>>(), [0, 0], "{}", name(backend));
        let memories = keys.clone().map(|keys| memory(&keys, vec![1.0; 5 * 33], &rbf(33, 0.02)));
        let recalls = recalled(backend, &memories.iter().collect::<Vec<_>>(), &none, 5);
        assert!(recalls.len() == 2 && recalls.iter().all(|recall| recall.endings.is_empty()), "{}", name(backend));
    }
}

/// A gradient that is small only because one eigenvalue of K dominates it is no settled memory: at gamma = 1e-4 the mean
/// is learned at once and the patterns are not.
#[test]
fn a_small_gradient_alone_is_not_settled() {
    let keys = patterns(3, 0, 60, 200).unwrap();
    let own = std::slice::from_ref(&keys);
    let flat = rbf(60, 1e-4);
    let training = Training { keys: own, targets: own, table: &flat };
    let slow = Descent { learning_rate: 1e-4, updates: 400, ..Descent::default() };
    for backend in backends() {
        let trained = train(&Workspace::new(backend), training, &slow, &mut |_| true).unwrap();
        let convergence = &trained[0].convergence;
        assert!(convergence.gradient_norm <= 0.05 * convergence.initial_gradient_norm, "{convergence:?}");
        assert!(convergence.residual_norm.unwrap() > 0.4 && !convergence.settled, "{convergence:?}");
    }
}
