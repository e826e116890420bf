//! What papers around [G] say of the same memories: their curvature, asynchronous recall, and duals in fewer bits.

use super::super::Evidence;
use super::super::estimate::at_each;
use super::super::lab::{Lab, converging, published};
use super::networks;
use crate::cue;
use crate::engine::Workspace;
use crate::error::Result;
use crate::measure::Cell;
use crate::measure::claim::{Measured, Published, Reading};
use crate::memory::{Memory, Readout, Width};
use crate::plan;
use crate::quantise::{Trying, losses};
use crate::random;
use crate::recall::{Asynchronous, Draws, Effort, Order, Visited, recall_asynchronously};
use crate::rule::Model;
use crate::study::Spectrum;

const NEURONS: usize = 100;

pub(super) fn curvature(lab: &mut Lab<'_, '_>) -> Result<Evidence> {
    let networks = lab.either(20, 100);
    let subject = lab.subject(50, &[2.0], &["klr/rbf:0.02".to_owned()], networks);
    let penalty = f64::from(subject.descent.regularization);
    let rows = lab.study("curvature", subject, Spectrum { eigenvalues: 1, whole_up_to: 256 })?;
    let largest = rows.iter().filter_map(|row| row.measured.eigenvalue);
    let measured = Measured::mean(largest.map(|value| value * (value / 4.0 + penalty)));
    let readings =
        vec![Reading::of("largest eigenvalue of K^2/4 + lambda K", Published::at_least("above 50", 50.0), measured)];
    let setting = format!("N = 50, P = 100, rbf:0.02, lambda 0.01, {networks} draws of patterns.");
    Ok(Evidence { setting, readings, ..Evidence::default() })
}

const SIZES: [usize; 3] = [50, 100, 200];

fn epochs(lab: &mut Lab<'_, '_>, name: &str, neurons: usize, loads: &[f64], similarities: &[f64]) -> Result<Vec<Cell>> {
    let settings = plan::Settings {
        similarities: similarities.to_vec(),
        solver: published().solver,
        max_cues: lab.either(300, 2000),
        networks: networks(lab),
        // One epoch recalls, and one more shows that nothing changes.
        max_steps: 2,
        dynamics: "random".into(),
        ..lab.sweep_settings(neurons, loads, &["klr/rbf:0.1"])
    };
    lab.sweep(&format!("{name}-{neurons}"), settings, None)
}

fn rate(cells: &[Cell], load: f64, similarity: f64) -> Measured {
    let own = cells.iter().filter(|cell| cell.load == load && cell.similarity == similarity);
    Measured::share(own.map(|cell| (cell.target_rate, cell.trials)))
}

fn setting(lab: &Lab<'_, '_>) -> String {
    format!(
        "rbf:0.1, eta 0.1, lambda 0.01, 500 updates, {} networks; random order, one epoch of N updates and one more \
         to see that nothing changes.",
        networks(lab)
    )
}

pub(super) fn asynchronous(lab: &mut Lab<'_, '_>) -> Result<Evidence> {
    let loads = [5.0, 10.0];
    let [most, few] = [Published::at_least("95 %", 0.945), Published::at_most("under 10 %", 0.1)];
    let mut cases = Vec::new();
    for neurons in SIZES {
        let cells = epochs(lab, "asynchronous", neurons, &loads, &[0.6, 0.2])?;
        for load in loads {
            let own = vec![
                Reading::of("target rate, 20 % noise", most, rate(&cells, load, 0.6)),
                Reading::of("target rate, 40 % noise", few, rate(&cells, load, 0.2)),
            ];
            cases.push((format!("N = {neurons}, P/N = {load}"), own));
        }
    }
    Ok(Evidence { setting: setting(lab), ..at_each("N and the load, which the copy at hand leaves out", cases) })
}

pub(super) fn capacity(lab: &mut Lab<'_, '_>) -> Result<Evidence> {
    let loads = lab.either(&[10.0, 20.0, 25.0, 30.0, 36.0][..], &[5.0, 10.0, 15.0, 20.0, 25.0, 30.0, 36.0, 40.0]);
    let mut readings = Vec::new();
    for neurons in lab.either(&SIZES[..2], &SIZES[..]) {
        let cells = epochs(lab, "asynchronous-capacity", *neurons, loads, &[0.6])?;
        let holds = |load: &&f64| rate(&cells, **load, 0.6).value >= 0.95;
        let bracket = Measured::bracket(
            loads.iter().take_while(holds).last().copied(),
            loads.iter().find(|load| !holds(load)).copied(),
        );
        let published = match neurons {
            50 => Published::number("20", 15.0, 25.0),
            _ => Published::number("about 30", 25.0, 35.0),
        };
        let what = format!(
            "N = {neurons}: largest load of which 95 % are recalled at 20 % noise, to smallest of which they are not"
        );
        readings.push(Reading::of(what, published, bracket));
        for &load in loads {
            let what = format!("N = {neurons}: target rate, 20 % noise, P/N = {load}");
            readings.push(Reading::unpublished(what, rate(&cells, load, 0.6)));
        }
    }
    let remark = "How the paper defines capacity is not in the copy at hand: this is the load that its own 95 % at \
                  20 % noise holds to.";
    Ok(Evidence { setting: setting(lab), readings, remarks: vec![remark.into()], ..Evidence::default() })
}

/// Memories of gamma and load, one of each network.
fn memories(lab: &mut Lab<'_, '_>, kernel: &str, load: f64, networks: usize) -> Result<Vec<Memory>> {
    let model: Model = format!("klr/{kernel}").parse()?;
    let patterns = (load * NEURONS as f64).round() as usize;
    let learn = |network: usize| {
        let keys = random::patterns(lab.seed(), network as u32, NEURONS, patterns)?;
        lab.learn(&model, &keys, &converging(), &format!("training a memory of {kernel}"))
    };
    (0..networks).map(learn).collect()
}

pub(super) fn events(lab: &mut Lab<'_, '_>) -> Result<Evidence> {
    let networks = networks(lab);
    let memories = memories(lab, "rbf:0.1", 10.0, networks)?;
    let indices: Vec<u32> = (0..networks as u32).collect();
    let keys: Vec<_> = memories.iter().map(|memory| memory.keys.clone()).collect();
    let how = Asynchronous { order: Order::Random, by_energy: false };
    let mut readings = Vec::new();
    for similarity in [0.8, 0.6, 0.4] {
        let flips = cue::flips(NEURONS, similarity);
        let trials = cue::trials(keys[0].len(), 1, 200, flips);
        let cues = cue::cues(lab.backend(), lab.seed(), &indices, &keys, &trials)?;
        let space = Workspace::new(lab.request.backend);
        let references: Vec<&Memory> = memories.iter().collect();
        let draws = Draws { seed: lab.seed(), networks: &indices, trials: &trials };
        let mut go_on = |share| lab.go_on("asynchronous recall", share);
        let visited = recall_asynchronously(how, draws, &space, &references, &cues, 10, &mut go_on)?;
        let near = |events: usize| (events as f64 - flips as f64).abs() <= 0.1 * flips as f64;
        let of = |visited: &Visited| {
            let count = visited.efforts.iter().filter(|effort| near(effort.events)).count();
            (count as f64 / trials.len() as f64, trials.len())
        };
        let what = format!("{flips} of 100 bits flipped: trials with as many events, to a tenth");
        readings.push(Reading::of(
            what,
            Published::at_least("about as many", 0.95),
            Measured::share(visited.iter().map(of)),
        ));
        let each = |of: fn(&Effort) -> usize| {
            let mean = |visited: &Visited| {
                visited.efforts.iter().map(|effort| of(effort) as f64).sum::<f64>() / trials.len() as f64
            };
            Measured::mean(visited.iter().map(mean))
        };
        readings
            .push(Reading::unpublished(format!("{flips} flipped: events of a trial"), each(|effort| effort.events)));
        readings.push(Reading::unpublished(
            format!("{flips} flipped: fields summed of a trial"),
            each(|effort| effort.sums),
        ));
    }
    let setting = format!("N = 100, P/N = 10, rbf:0.1, {networks} networks, 200 cues in each, random order.");
    Ok(Evidence { setting, readings, ..Evidence::default() })
}

pub(super) fn quantised(lab: &mut Lab<'_, '_>) -> Result<Evidence> {
    let networks = networks(lab);
    let (seed, precision) = (lab.seed(), lab.request.ways.precision);
    let trying = |similarity| Trying {
        similarities: vec![similarity],
        cues_per_pattern: 1,
        max_cues: 1000,
        seed,
        max_steps: 30,
        precision,
    };
    let perfect = Published::at_least("perfect", 0.995);
    // On the ridge no corrupted cue comes back, whatever the dual.
    let mut cases = Vec::new();
    for (kernel, similarity) in [("rbf:0.1", 0.8), ("rbf:0.02", 1.0)] {
        let trying = trying(similarity);
        let memories = memories(lab, kernel, 10.0, networks)?;
        // By width; the whole dual first, and the pruned one last.
        let mut rates: Vec<Vec<(f64, usize)>> = vec![Vec::new(); 4];
        for memory in &memories {
            let space = Workspace::new(lab.request.backend);
            let mut go_on = |share| lab.go_on("recall of quantised duals", share);
            let (_, whole) = losses(&space, memory, &[Width::Bits(2), Width::Bits(1)], &trying, &mut go_on)?;
            let (_, pruned) = losses(&space, &pruned(memory), &[], &trying, &mut go_on)?;
            let all = whole.iter().chain(&pruned);
            rates.iter_mut().zip(all).for_each(|(rates, loss)| rates.push((loss.target_rate, loss.trials)));
        }
        let mut own = Vec::new();
        for (name, rates) in ["2 bits", "1 bit"].into_iter().zip(&rates[1..]) {
            own.push(Reading::of(format!("target rate with {name}"), perfect, Measured::share(rates.iter().copied())));
        }
        let hurts = Published::at_least("above 0", f64::MIN_POSITIVE);
        let lost = Measured::difference(&rates[0], &rates[3]);
        own.push(Reading::of("target rate lost by pruning 10 %", hurts, lost));
        own.push(Reading::unpublished("target rate of the whole dual", Measured::share(rates[0].iter().copied())));
        cases.push((kernel.to_owned(), own));
    }
    let setting = format!(
        "N = 100, P/N = 10, {networks} networks, 10 of 100 bits of each cue flipped at gamma = 0.1, none at 0.02; \
         scales of each neuron; trained until the gradient is 1e-4 (the copy at hand leaves the settings out)."
    );
    Ok(Evidence { setting, ..at_each("gamma, which the copy at hand leaves out", cases) })
}

/// The memory without the tenth of its dual variables that are smallest in magnitude.
fn pruned(memory: &Memory) -> Memory {
    let Readout::Dual { dual, table } = &memory.readout else { return memory.clone() };
    let mut sizes: Vec<f32> = dual.iter().map(|value| value.abs()).collect();
    sizes.sort_by(f32::total_cmp);
    let least = sizes.get(sizes.len() / 10).copied().unwrap_or_default();
    let dual = dual.iter().map(|&value| if value.abs() < least { 0.0 } else { value }).collect();
    Memory { readout: Readout::Dual { dual, table: table.clone() }, ..memory.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::{Provenance, Table};
    use crate::pattern::Patterns;

    #[test]
    fn a_tenth_of_a_dual_is_pruned_and_it_is_the_smallest() {
        let keys = Patterns::from_signs(10, (0..20).map(|bit| bit % 3 == 0)).unwrap();
        let dual: Vec<f32> = (0..20).map(|at| if at % 2 == 0 { at as f32 + 1.0 } else { -(at as f32) - 1.0 }).collect();
        let table = Table::from_values(&[1.0; 11]).unwrap();
        let readout = Readout::Dual { dual: dual.clone(), table };
        let code = crate::code::Code::Bipolar;
        let memory = Memory { keys, readout, code, provenance: Provenance::unknown("linear") };
        let Readout::Dual { dual: left, .. } = pruned(&memory).readout else { panic!("a dual") };
        assert_eq!(left[..2], [0.0, 0.0]);
        assert_eq!(left[2..], dual[2..]);
    }
}
