//! Cases for every kernel of the table: awkward sizes, and hostile values by name.

mod real;
mod visit;

use attractor::engine::kernel::Kernel;
use attractor::engine::{Scalar, Work};
use attractor::memory::Table;
use attractor::pattern::Patterns;

use attractor_kernels_cpu::advance::{MOVING, TAKEN, TAKEN_NORM, WAITING};
use attractor_kernels_cpu::field_half::{SMALLEST, TOP, to_half};
use attractor_kernels_cpu::field_split::to_split;
use attractor_kernels_cpu::padded;
use attractor_kernels_cpu::peak_half::MOST as MOST_FACTOR;
use attractor_kernels_cpu::winners::Groups;

use super::{Draw, bits, rbf};

/// One call of a kernel. Arrays are `[net, row, x]` without padding.
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) work: Work,
    pub(crate) inputs: Vec<(&'static str, Vec<u32>)>,
    pub(crate) scalars: Vec<(&'static str, Scalar)>,
}

impl Case {
    pub(crate) fn input(&self, name: &str) -> &[u32] {
        &self.inputs.iter().find(|input| input.0 == name).unwrap_or_else(|| panic!("no input {name}")).1
    }

    /// One net's share of an input.
    pub(crate) fn net(&self, name: &str, net: usize) -> &[u32] {
        let words = self.input(name);
        let share = words.len() / self.work.nets;
        &words[net * share..][..share]
    }

    /// Multiplies an f32 input.
    pub(crate) fn scale(&mut self, name: &str, factor: f32) {
        let input = self.inputs.iter_mut().find(|input| input.0 == name).unwrap_or_else(|| panic!("no input {name}"));
        input.1.iter_mut().for_each(|word| *word = (f32::from_bits(*word) * factor).to_bits());
    }

    /// The scalars as words, in order.
    pub(crate) fn scalar_words(&self) -> Vec<u32> {
        let word = |&(_, scalar): &(&str, Scalar)| match scalar {
            Scalar::F32(value) => value.to_bits(),
            Scalar::U32(value) => value,
        };
        self.scalars.iter().map(word).collect()
    }

    pub(crate) fn scalar(&self, name: &str) -> f32 {
        match self.scalars.iter().find(|scalar| scalar.0 == name) {
            Some(&(_, Scalar::F32(value))) => value,
            _ => panic!("no f32 scalar {name}"),
        }
    }
}

/// Neurons around the word and tile edges.
pub(crate) const NEURONS: [usize; 8] = [1, 31, 32, 33, 60, 64, 100, 129];
/// Rows around the padding and tile edges.
pub(crate) const ROWS: [usize; 6] = [1, 2, 63, 64, 65, 300];
/// Networks.
pub(crate) const NETS: [usize; 2] = [1, 3];

/// Every awkward size of a kernel, and of three axes that vary any two of their sizes with each number of networks.
pub(crate) fn sizes(kernel: &Kernel) -> Vec<Work> {
    use attractor::engine::kernel::{Axis, Slot, Width};
    let of_patterns = |slot: &Slot| slot.axis == Axis::Pattern || slot.width == Width::StoredPatterns;
    let has_patterns = kernel.slots.iter().any(of_patterns);
    let patterns: &[usize] = if has_patterns { &ROWS } else { &[0] };
    // One workgroup a trial, and visits one after another: many trials are only slow, and those of hostile values are.
    let one_by_one = kernel.slots.iter().any(|slot| slot.axis == Axis::Neuron);
    // Each pair sorts its dimensions, here and in the textbook.
    let sorts = kernel.slots.iter().any(|slot| slot.width == Width::Likenesses);
    let trials: &[usize] = if one_by_one || sorts { &[1, 3] } else { &ROWS };
    let patterns = if sorts { &patterns[2..] } else { patterns };
    // A Latin square for each number of networks, where a square is what there is.
    let square = trials.len() == patterns.len();
    let mut sizes = Vec::new();
    for (i, &trials) in trials.iter().enumerate() {
        for (k, neurons) in NEURONS.into_iter().enumerate() {
            for (j, &patterns) in patterns.iter().enumerate() {
                let met = |turn: usize| match (square, has_patterns) {
                    (true, _) => j == (i + k + 3 * turn) % ROWS.len(),
                    (false, true) => turn == (i + j + k) % NETS.len(),
                    (false, false) => true,
                };
                let nets = NETS.into_iter().enumerate().filter(|(turn, _)| met(*turn));
                sizes.extend(nets.map(|(_, nets)| Work { nets, trials, patterns, neurons }));
            }
        }
    }
    sizes
}

/// The hostile values that a kernel is given, by name.
pub(crate) fn variants(stem: &str) -> &'static [&'static str] {
    match stem {
        "multiply_add" => &["ordinary", "cancelling", "zero", "huge", "tiny"],
        "cue" => &["some flips", "no flips", "all flips", "more flips than neurons"],
        "nearest" => &["random", "at the keys", "equal keys"],
        "distance" | "histogram" => &["random", "at the keys", "equal keys"],
        "heaviest" => &["falling", "rising", "any order", "at the keys", "equal keys", "equal exponents"],
        "field" | "field_stored" => &[
            "ordinary",
            "zero dual",
            "huge dual",
            "tiny dual",
            "mixed dual",
            "equal keys",
            "duplicate keys",
            "ties",
            "wide profile",
            "wide profile at the keys",
            "without norm",
        ],
        "field_half" | "field_split" => &[
            "ordinary",
            "zero dual",
            "tiny dual",
            "mixed dual",
            "equal keys",
            "duplicate keys",
            "ties",
            "wide profile",
            "wide profile at the keys",
            "rising profile",
        ],
        "couple" => &["ordinary", "zero", "huge", "tiny", "mixed", "ties", "binary", "binary mixed"],
        "weighted" => &["ordinary", "zero dual", "huge dual", "tiny dual", "mixed dual", "ties"],
        "threshold" => &["ordinary", "zeros", "huge", "tiny", "no certainty", "at the bound", "not finite"],
        "visit" => &[
            "ordinary",
            "certain",
            "certain, lazy",
            "excluding",
            "certain, excluding",
            "wide profile",
            "resuming",
            "done",
            "not finite",
        ],
        "visit_coupled" => {
            &["ordinary", "certain", "certain, lazy", "ties", "exact", "exact, lazy", "resuming", "done"]
        }
        "winners" => &["ordinary", "few", "all", "zeros", "exact", "no certainty", "more active", "not finite", "huge"],
        "advance" => &["ordinary", "resuming", "certain", "in doubt", "taken before", "always somewhere new"],
        "gather" => &["some rows", "every row", "no row"],
        "logistic" => &["ordinary", "saturated", "zero", "huge", "unregularized"],
        "step" => &["ordinary", "zero", "huge", "tiny", "cancelling"],
        "momentum" => &["ordinary", "zero", "huge", "tiny", "cancelling", "at rest"],
        "outcome" => &["random", "at the target", "at another pattern"],
        "peak" => &["ordinary", "zero"],
        "peak_half" => &["ordinary", "zero", "largest"],
        _ => real::variants(stem),
    }
}

/// A case of a kernel. The same arguments give the same bits.
pub(crate) fn case(stem: &str, work: Work, variant: &'static str) -> Case {
    let Work { nets, trials, patterns, neurons } = work;
    let seed = [nets, trials, patterns, neurons].into_iter().chain(variant.bytes().map(usize::from));
    let mut draw = Draw::new(seed.fold(17, |hash: u32, x| hash.wrapping_mul(31).wrapping_add(x as u32)));
    let draw = &mut draw;
    let (inputs, scalars) = match stem {
        "multiply_add" => (multiply_add(nets * trials, variant, draw), vec![]),
        "cue" => (cue(work, variant, draw), vec![]),
        "nearest" => (nearest(work, variant, draw), vec![]),
        "distance" | "histogram" => (nearest(work, variant, draw), vec![]),
        "heaviest" => (heaviest(work, variant, draw), vec![]),
        "field" | "field_stored" => {
            let with_norm = u32::from(variant != "without norm");
            let mut inputs = field(work, variant, draw);
            if stem == "field_stored" {
                inputs.push(("distances", tiles(work, &inputs[0].1, &inputs[1].1)));
            }
            (inputs, vec![("with_norm", Scalar::U32(with_norm))])
        }
        "field_half" | "field_split" => {
            (in_halves(stem == "field_split", work, variant, draw), vec![("floor", Scalar::F32(0.5))])
        }
        "couple" => {
            let zero = if variant.starts_with("binary") { 0.0 } else { -1.0 };
            (couple(work, variant, draw), vec![("zero", Scalar::F32(zero))])
        }
        "weighted" => (weighted(work, variant, draw), vec![]),
        "threshold" => (threshold(work, variant, draw), vec![]),
        "visit" | "visit_coupled" => (visit::visit(stem, work, variant, draw), visit::scalars(stem, variant)),
        "winners" => {
            let groups = groups(neurons, variant);
            let [size, most] = [groups.size, groups.winners].map(|count| Scalar::U32(count as u32));
            (winners(work, variant, draw), vec![("size", size), ("winners", most)])
        }
        "advance" => {
            let resuming = u32::from(variant == "resuming");
            (advance(work, variant, draw), vec![("most", Scalar::U32(MOST)), ("resuming", Scalar::U32(resuming))])
        }
        "gather" => (gather(work, variant, draw), vec![("states", Scalar::U32(GATHERED))]),
        "logistic" => {
            let regularization = if variant == "unregularized" { 0.0 } else { 0.01 };
            (logistic(work, variant, draw), vec![("regularization", Scalar::F32(regularization))])
        }
        "step" => (step(work, variant, draw), vec![("rate", Scalar::F32(0.1))]),
        "momentum" => (momentum(work, variant, draw), vec![]),
        "outcome" => (outcome(work, variant, draw), vec![]),
        "peak" => (peak(nets * trials, variant, draw), vec![]),
        "peak_half" => (peak_half(nets * trials, variant, draw), vec![]),
        _ => real::case(stem, work, variant, draw),
    };
    Case { name: format!("{stem}, {variant}, {work:?}"), work, inputs, scalars }
}

type Inputs = Vec<(&'static str, Vec<u32>)>;

fn packed(draw: &mut Draw, neurons: usize, rows: usize) -> Vec<u32> {
    draw.patterns(neurons, rows).words().to_vec()
}

/// Values of the magnitude that a variant names.
fn magnitudes(draw: &mut Draw, count: usize, variant: &str) -> Vec<f32> {
    match variant {
        "zero" | "zero dual" | "zeros" => (0..count).map(|_| if draw.below(2) == 0 { 0.0 } else { -0.0 }).collect(),
        "huge" | "huge dual" => draw.values(count, 1e30),
        "tiny" | "tiny dual" => draw.values(count, 1e-30),
        "mixed" | "mixed dual" | "binary mixed" => {
            (0..count).map(|_| draw.signed() * [1e30, 1.0, 1e-30][draw.below(3)]).collect()
        }
        // A multiple of 1/8, so that sums of few cancel exactly.
        "ties" => (0..count).map(|_| (draw.signed() * 2.0).round() / 8.0).collect(),
        // Whole numbers, whose sums often vanish.
        "exact" | "exact, lazy" => (0..count).map(|_| (draw.signed() * 1.5).round()).collect(),
        _ => draw.values(count, 2.0),
    }
}

fn multiply_add(count: usize, variant: &str, draw: &mut Draw) -> Inputs {
    // Factors whose product stays finite, and far from the smallest numbers.
    let factor = match variant {
        "huge" => 1e18,
        "tiny" => 1e-12,
        "zero" => 0.0,
        _ => 2.0,
    };
    let (a, b) = (draw.values(count, factor), draw.values(count, factor));
    let c = match variant {
        // What is left is the rounding error of the product: all of it, or nothing.
        "cancelling" => a.iter().zip(&b).map(|(a, b)| -(a * b)).collect(),
        _ => draw.values(count, factor * factor),
    };
    vec![("a", bits(&a)), ("b", bits(&b)), ("c", bits(&c))]
}

fn cue(work: Work, variant: &str, draw: &mut Draw) -> Inputs {
    let Work { nets, trials, neurons, .. } = work;
    let flips = |draw: &mut Draw| match variant {
        "no flips" => 0,
        "all flips" => neurons,
        "more flips than neurons" => neurons + 5,
        _ => draw.below(neurons + 1),
    };
    let choices = (0..nets * trials).flat_map(|_| [draw.below(1000), draw.below(50), flips(draw)]);
    let choices = choices.map(|x| x as u32).collect();
    let source = packed(draw, neurons, nets * trials);
    let key = (0..2 * nets).map(|_| draw.word()).collect();
    vec![("source", source), ("draw", choices), ("key", key)]
}

/// States and keys of every net.
fn states_and_keys(work: Work, variant: &str, draw: &mut Draw) -> (Vec<u32>, Vec<u32>) {
    let Work { nets, trials, patterns, neurons } = work;
    let (mut states, mut keys) = (Vec::new(), Vec::new());
    for _ in 0..nets {
        let net_keys = match variant {
            "equal keys" => draw.patterns(neurons, 1).select(vec![0; patterns]),
            "duplicate keys" => {
                let few = draw.patterns(neurons, patterns.div_ceil(3).max(1));
                few.select((0..patterns).map(|pattern| pattern % few.len()))
            }
            _ => draw.patterns(neurons, patterns),
        };
        let net_states = match variant {
            "at the keys" | "wide profile at the keys" if patterns > 0 => {
                net_keys.select((0..trials).map(|trial| trial % patterns))
            }
            _ => draw.patterns(neurons, trials),
        };
        states.extend_from_slice(net_states.words());
        keys.extend_from_slice(net_keys.words());
    }
    (states, keys)
}

fn nearest(work: Work, variant: &str, draw: &mut Draw) -> Inputs {
    let (states, keys) = states_and_keys(work, variant, draw);
    vec![("states", states), ("keys", keys)]
}

fn heaviest(work: Work, variant: &str, draw: &mut Draw) -> Inputs {
    let Work { nets, neurons, .. } = work;
    let mut inputs = nearest(work, variant, draw);
    let mut exponent = |distance: usize| match variant {
        "rising" => 3 * distance as i32,
        "any order" => draw.below(40) as i32 - 20,
        "equal exponents" => -(1 << 24),
        _ => -29 * distance as i32,
    };
    inputs.push(("exponents", (0..nets * (neurons + 1)).map(|entry| exponent(entry % (neurons + 1)) as u32).collect()));
    inputs
}

/// The profile that a variant of `field` uses.
pub(crate) fn profile(neurons: usize, variant: &str) -> Table {
    match variant {
        "wide profile" | "wide profile at the keys" => rbf(neurons, 5.0),
        // Weights of one, half and nothing: fields of exactly 0 are common.
        "ties" => {
            let values = (0..=neurons).map(|d| [1.0, 0.5, 0.0][d % 3]).collect();
            Table { values, exponents: vec![0; neurons + 1] }
        }
        _ => rbf(neurons, 0.02),
    }
}

fn field(work: Work, variant: &str, draw: &mut Draw) -> Inputs {
    let Work { nets, trials, patterns, neurons } = work;
    let (states, keys) = states_and_keys(work, variant, draw);
    let table = profile(neurons, variant);
    let words = neurons.div_ceil(32);
    let reference = (0..nets * trials).map(|trial| {
        if !table.is_wide() || patterns == 0 {
            return 0;
        }
        let state = &states[trial * words..][..words];
        let keys = keys[trial / trials * patterns * words..][..patterns * words].chunks_exact(words);
        keys.map(|key| attractor::pattern::hamming(state, key)).min().unwrap_or(0)
    });
    let reference = reference.collect();
    let dual = magnitudes(draw, nets * patterns * neurons, variant);
    let exponents: &[u32] = bytemuck::cast_slice(&table.exponents);
    vec![
        ("states", states),
        ("keys", keys),
        ("table", bits(&table.values).repeat(nets)),
        ("exponents", exponents.repeat(nets)),
        ("reference", reference),
        ("dual", bits(&dual)),
    ]
}

/// Stored distances of every net: pattern by pattern within 64 trials, two trials a word.
pub(crate) fn tiles(work: Work, states: &[u32], keys: &[u32]) -> Vec<u32> {
    let Work { nets, trials, patterns, neurons } = work;
    let words = neurons.div_ceil(32);
    let (tiles, stored) = (padded(trials.max(1)) / 64, padded(patterns.max(1)));
    let mut packed = vec![0; nets * tiles * stored * 32];
    for net in 0..nets {
        for trial in 0..trials {
            for pattern in 0..patterns {
                let state = &states[(net * trials + trial) * words..][..words];
                let key = &keys[(net * patterns + pattern) * words..][..words];
                let tile = (net * tiles + trial / 64) * stored + pattern;
                let distance = attractor::pattern::hamming(state, key);
                packed[tile * 32 + trial % 64 / 2] |= distance << (16 * (trial % 2));
            }
        }
    }
    packed
}

/// The inputs of `field` as halves or pairs of them: every weight and dual variable scaled by powers of two, and
/// rounded. What they were before they were rounded is beside them, for the oracle: "exact_table" as weights relative
/// to 2^exponent, "exact_dual".
fn in_halves(split: bool, work: Work, variant: &'static str, draw: &mut Draw) -> Inputs {
    let Work { nets, trials, patterns, neurons } = work;
    let mut inputs = field(work, variant, draw);
    let rising = variant == "rising profile";
    let table = if rising { rising_profile(neurons) } else { profile(neurons, variant) };
    let mut exponents = Vec::new();
    let mut mantissas = Vec::new();
    for (&value, &exponent) in table.values.iter().zip(&table.exponents) {
        let (mantissa, power) = libm::frexpf(value);
        // A weight of 0 takes the exponent before it.
        let last = exponents.last().copied().unwrap_or(0);
        exponents.push(if value == 0.0 { last } else { exponent + power - 1 });
        mantissas.push(2.0 * mantissa);
    }
    let top = 2.0_f64.powi(TOP);
    let rounded = |scaled: f64| if split { to_split(scaled) } else { to_half(scaled).to_f32() };
    let halves: Vec<f32> = mantissas.iter().map(|&mantissa| rounded(top * f64::from(mantissa)) / top as f32).collect();
    let heaviest =
        (0..=neurons).max_by_key(|&d| if mantissas[d] == 0.0 { i32::MIN } else { exponents[d] }).unwrap_or(0);
    // "field" gives the nearest key's distance to wide profiles alone.
    let [states, keys] = [0, 1].map(|input: usize| inputs[input].1.clone());
    let words = neurons.div_ceil(32);
    let nearest = |trial: usize| {
        let keys = keys[trial / trials * patterns * words..][..patterns * words].chunks_exact(words);
        keys.map(|key| attractor::pattern::hamming(&states[trial * words..][..words], key)).min().unwrap_or(0)
    };
    let reference = (0..nets * trials).map(|trial| if rising { heaviest as u32 } else { nearest(trial) }).collect();
    // Up to 2^14.5, so that the largest is in the right octave, or near the smallest half, so that some are dropped.
    let top = if variant == "tiny dual" { 3.0 * SMALLEST as f32 } else { 2.0_f32.powf(14.5) };
    let scale = |value: f32| match variant {
        "mixed dual" => value.signum() * top * [1.0, 1e-3, 1e-8][(value.to_bits() % 3) as usize],
        "ties" => value * 1024.0,
        "zero dual" => value,
        _ => value * 0.5 * top,
    };
    let dual: Vec<f32> = inputs[5].1.iter().map(|&word| scale(f32::from_bits(word))).collect();
    let pair =
        |pair: &[f32]| pair.iter().rev().fold(0, |word, &dual| word << 16 | u32::from(to_half(dual.into()).to_bits()));
    let packed = match split {
        true => dual.iter().map(|&dual| to_split(dual.into()).to_bits()).collect(),
        false => dual.chunks_exact(neurons).flat_map(|row| row.chunks(2).map(pair)).collect(),
    };
    let replaced = [
        ("table", bits(&halves).repeat(nets)),
        ("exponents", bytemuck::cast_slice::<i32, u32>(&exponents).repeat(nets)),
        ("reference", reference),
        ("dual", packed),
    ];
    for (name, words) in replaced {
        inputs.iter_mut().filter(|input| input.0 == name).for_each(|input| input.1.clone_from(&words));
    }
    inputs.push(("exact_table", bits(&mantissas).repeat(nets)));
    inputs.push(("exact_dual", bits(&dual)));
    inputs
}

/// Weights of both signs that grow with distance, a few of them 0.
fn rising_profile(neurons: usize) -> Table {
    let value = |d: usize| [0.0, 0.3, -0.7, 1.1][d % 4] * 2.0_f32.powi(d as i32 / 3);
    Table { values: (0..=neurons).map(value).collect(), exponents: vec![0; neurons + 1] }
}

/// As many inputs as there are patterns: a part of the neurons, or more than there are.
fn couple(work: Work, variant: &str, draw: &mut Draw) -> Inputs {
    let Work { nets, trials, patterns, neurons } = work;
    let states = packed(draw, neurons, nets * trials);
    let couplings = bits(&magnitudes(draw, nets * patterns * neurons, variant));
    vec![("states", states), ("couplings", couplings), ("bias", bits(&magnitudes(draw, nets * neurons, variant)))]
}

/// Weights of either sign, the padding beside them no numbers; zeros and the largest among them.
fn weighted(work: Work, variant: &str, draw: &mut Draw) -> Inputs {
    let Work { nets, trials, patterns, neurons } = work;
    let mut weights = Vec::new();
    for _ in 0..nets * trials {
        let row = magnitudes(draw, patterns, if variant == "ties" { "ties" } else { "ordinary" });
        weights.extend(row.iter().map(|weight| (weight * [1.0, 0.5, 0.0, 1e-9][draw.below(4)]).to_bits()));
        weights.extend((patterns..padded(patterns.max(1))).map(|_| f32::NAN.to_bits()));
    }
    vec![("weights", weights), ("dual", bits(&magnitudes(draw, nets * patterns * neurons, variant)))]
}

/// The groups that a variant of `winners` has: some that fill no word, one of all neurons, and one that all win.
pub(crate) fn groups(neurons: usize, variant: &str) -> Groups {
    match variant {
        "few" | "exact" => Groups { size: neurons, winners: neurons.div_ceil(8) },
        "all" => Groups { size: neurons, winners: neurons },
        _ => Groups { size: 7.min(neurons), winners: 2 },
    }
}

/// Fields of few values, so that many tie, some of them only just.
fn winners(work: Work, variant: &str, draw: &mut Draw) -> Inputs {
    let Work { nets, trials, neurons, .. } = work;
    let count = nets * trials * neurons;
    let mut fields: Vec<f32> = match variant {
        "zeros" | "huge" => magnitudes(draw, count, variant),
        _ => (0..count).map(|_| draw.below(9) as f32 - 4.0 + [0.0, 0.25][draw.below(2)]).collect(),
    };
    let mut margin: Vec<f32> = (0..nets * neurons).map(|_| [0.0, 0.1, 0.125, 0.5][draw.below(4)]).collect();
    let active = groups(neurons, variant).active(neurons);
    let mut norms: Vec<f32> = (0..nets * trials).map(|_| draw.below(active + 1) as f32).collect();
    match variant {
        "exact" | "zeros" => margin.fill(0.0),
        "no certainty" => margin.fill(-1.0),
        "more active" => norms.fill((active + 1) as f32),
        "not finite" => {
            for field in fields.iter_mut().step_by(3) {
                *field = [f32::INFINITY, f32::NEG_INFINITY, f32::NAN, 1.0][draw.below(4)];
            }
            for norm in norms.iter_mut().step_by(2) {
                *norm = [f32::INFINITY, f32::NAN, 1.0][draw.below(3)];
            }
        }
        _ => {}
    }
    vec![
        ("states", packed(draw, neurons, nets * trials)),
        ("field", bits(&fields)),
        ("weight_norm", bits(&norms)),
        ("margin", bits(&margin)),
    ]
}

fn threshold(work: Work, variant: &str, draw: &mut Draw) -> Inputs {
    let Work { nets, trials, neurons, .. } = work;
    let mut fields = magnitudes(draw, nets * trials * neurons, variant);
    let mut inverse = vec![1e6; nets * neurons];
    // Squared weights, one at least.
    let mut norms: Vec<f32> = (0..nets * trials).map(|_| 1.0 + 50.0 * draw.signed().abs()).collect();
    match variant {
        "no certainty" => inverse.fill(0.0),
        // Products of 16-bit mantissas are exact, so some equal the bound and some miss it by one unit.
        "at the bound" => {
            inverse.fill(4.0);
            norms.fill(16.0);
            for field in &mut fields {
                *field = [1.0, -1.0, 1.0_f32.next_up(), 1.0_f32.next_down()][draw.below(4)];
            }
        }
        "not finite" => {
            for field in &mut fields {
                *field = [f32::INFINITY, f32::NEG_INFINITY, f32::NAN, 1.0][draw.below(4)];
            }
            for norm in &mut norms {
                *norm = [f32::INFINITY, f32::NAN, 1.0][draw.below(3)];
            }
        }
        // One field in four is a tie.
        "ordinary" => {
            for field in &mut fields {
                *field *= [1.0, 1e-6, 0.0, 1.0][draw.below(4)];
            }
        }
        _ => {}
    }
    vec![
        ("states", packed(draw, neurons, nets * trials)),
        ("field", bits(&fields)),
        ("weight_norm", bits(&norms)),
        ("inverse_bound", bits(&inverse)),
    ]
}

/// Steps that a trial of `advance` may take.
pub(crate) const MOST: u32 = 5;
/// Packed states that `gather` moves with each row.
pub(crate) const GATHERED: u32 = 3;

fn advance(work: Work, variant: &str, draw: &mut Draw) -> Inputs {
    let Work { nets, trials, neurons, .. } = work;
    let rows = nets * trials;
    // Of so few states that trials return often, after one step and after several.
    let kinds = if variant == "always somewhere new" { 1000 } else { 4 };
    let states = draw.patterns(neurons, kinds);
    let mut some = |count: usize| states.select((0..count).map(|_| draw.below(kinds))).words().to_vec();
    let (next, now, history) = (some(rows), some(rows), some(rows * MOST as usize));
    let doubt = |draw: &mut Draw| match variant {
        "in doubt" => true,
        "ordinary" => draw.below(3) == 0,
        _ => false,
    };
    let mut uncertain = Vec::new();
    for _ in 0..rows {
        // A single doubt, in any word.
        let (doubted, neuron) = (doubt(draw), draw.below(neurons));
        uncertain
            .extend((0..neurons.div_ceil(32)).map(|word| u32::from(doubted && word == neuron / 32) << (neuron % 32)));
    }
    let (mut changed, mut norms, mut course) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..rows {
        let stale = if variant == "taken before" { draw.below(4) } else { 0 };
        changed.push(if stale & 1 == 1 { TAKEN } else { draw.below(2) as u32 });
        norms.push(if stale & 2 == 2 { TAKEN_NORM } else { [0.0, 1.5, f32::INFINITY][draw.below(3)] });
        let stands = match variant {
            "ordinary" | "resuming" => [MOVING, MOVING, WAITING, WAITING, 1, 3][draw.below(6)],
            _ => MOVING,
        };
        course.extend([draw.below(MOST as usize + 1) as u32, stands]);
    }
    let mut inputs = vec![
        ("next", next),
        ("uncertain", uncertain),
        ("changed", changed),
        ("weight_norm", bits(&norms)),
        ("states", now),
        ("history", history),
        ("course", course),
    ];
    // Where there is nothing to count, counts are left alone, whatever they are.
    if rows > 0 {
        inputs.push(("counts", (0..3 * nets).map(|_| draw.below(1000) as u32).collect()));
    }
    inputs
}

fn gather(work: Work, variant: &str, draw: &mut Draw) -> Inputs {
    let Work { nets, trials, patterns, neurons } = work;
    let states = GATHERED as usize;
    let place = |_| match variant {
        "every row" => draw.below(patterns) as u32,
        "no row" => [patterns as u32, 0x7FFF_FFFF][draw.below(2)],
        _ => [draw.below(patterns) as u32, 0x7FFF_FFFF][draw.below(2)],
    };
    let index = (0..nets * trials).map(place).collect();
    vec![
        ("index", index),
        ("source", packed(draw, neurons, nets * patterns * states)),
        ("gathered", packed(draw, neurons, nets * trials * states)),
    ]
}

fn logistic(work: Work, variant: &str, draw: &mut Draw) -> Inputs {
    let count = work.nets * work.trials * work.neurons;
    let fields = match variant {
        "saturated" => draw.values(count, 100.0),
        "ordinary" | "unregularized" => draw.values(count, 10.0),
        _ => magnitudes(draw, count, variant),
    };
    let dual = magnitudes(draw, count, variant);
    let targets = packed(draw, work.neurons, work.nets * work.trials);
    vec![("dual", bits(&dual)), ("targets", targets), ("residual", bits(&fields))]
}

fn step(work: Work, variant: &str, draw: &mut Draw) -> Inputs {
    let count = work.nets * work.trials * work.neurons;
    let gradient = magnitudes(draw, count, variant);
    let dual = match variant {
        "cancelling" => gradient.iter().map(|gradient| 0.1 * gradient).collect(),
        _ => magnitudes(draw, count, variant),
    };
    vec![("gradient", bits(&gradient)), ("dual", bits(&dual))]
}

fn momentum(work: Work, variant: &str, draw: &mut Draw) -> Inputs {
    let count = work.nets * work.trials * work.neurons;
    let gradient = magnitudes(draw, count, variant);
    let pace: Vec<f32> = (0..work.nets)
        .flat_map(|_| if variant == "at rest" { [0.0, 0.0] } else { [0.1, 0.5 + 0.5 * draw.signed().abs()] })
        .collect();
    let carried = match variant {
        "cancelling" => gradient.iter().map(|gradient| 0.1 * gradient).collect(),
        _ => magnitudes(draw, count, variant),
    };
    let dual = magnitudes(draw, count, variant);
    vec![("pace", bits(&pace)), ("gradient", bits(&gradient)), ("carried", bits(&carried)), ("dual", bits(&dual))]
}

fn outcome(work: Work, variant: &str, draw: &mut Draw) -> Inputs {
    let Work { nets, trials, neurons, .. } = work;
    let targets = draw.patterns(neurons, nets * trials);
    let finals: Patterns = match variant {
        "at the target" => targets.clone(),
        _ => draw.patterns(neurons, nets * trials),
    };
    let nearest = (0..nets * trials).map(|_| if variant == "at another pattern" { 0 } else { draw.below(3) as u32 });
    let nearest = nearest.collect();
    let period = (0..nets * trials).map(|_| [0, 1, 1, 2, 7][draw.below(5)]).collect();
    vec![
        ("finals", finals.words().to_vec()),
        ("targets", targets.words().to_vec()),
        ("nearest", nearest),
        ("period", period),
    ]
}

fn peak(count: usize, variant: &str, draw: &mut Draw) -> Inputs {
    // Factors below one in magnitude, so that the chains settle.
    let factor: Vec<f32> = magnitudes(draw, count, variant).iter().map(|value| value * 0.25).collect();
    vec![("factor", bits(&factor)), ("offset", bits(&magnitudes(draw, count, variant)))]
}

fn peak_half(count: usize, variant: &str, draw: &mut Draw) -> Inputs {
    let factor = |_| match variant {
        "zero" => 0,
        "largest" => MOST_FACTOR,
        _ => draw.below(MOST_FACTOR as usize + 1) as u32,
    };
    vec![("factor", (0..count).map(factor).collect())]
}
