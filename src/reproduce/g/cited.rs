//! What papers around [G] say of the same memories: their curvature, asynchronous recall, and duals in fewer bits.

use super::super::Evidence;
use super::super::estimate::differences;
use super::super::lab::{Lab, converging};
use crate::cue;
use crate::endpoint::{Outcome, endpoints};
use crate::engine::Workspace;
use crate::error::{Error, Result};
use crate::measure::Cell;
use crate::measure::claim::{Measured, Published, Reading};
use crate::memory::{Memory, Readout, Width};
use crate::plan;
use crate::quantise::{Trying, losses};
use crate::random;
use crate::recall::{Asynchronous, Draws, Order, recall_asynchronously};
use crate::rule::learn_memory;
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

fn epochs(lab: &mut Lab<'_, '_>, name: &str, loads: &[f64], similarities: &[f64]) -> Result<Vec<Cell>> {
    let settings = plan::Settings {
        similarities: similarities.to_vec(),
        max_cues: lab.either(300, 2000),
        networks: networks(lab),
        // One epoch recalls, and one more shows that nothing changes.
        max_steps: 2,
        dynamics: "random".into(),
        ..lab.sweep_settings(NEURONS, loads, &["klr/rbf:0.1"])
    };
    lab.sweep(name, settings, None)
}

fn networks(lab: &Lab<'_, '_>) -> usize {
    lab.either(3, 10)
}

fn rate(cells: &[Cell], load: f64, similarity: f64) -> Measured {
    let own = cells.iter().filter(|cell| cell.load == load && cell.similarity == similarity);
    Measured::share(own.map(|cell| (cell.target_rate, cell.trials)))
}

fn setting(lab: &Lab<'_, '_>) -> String {
    format!(
        "N = 100, rbf:0.1, trained until the gradient is 1e-4, {} networks; random order, one epoch of N updates and one more \
         to see that nothing changes.",
        networks(lab)
    )
}

pub(super) fn asynchronous(lab: &mut Lab<'_, '_>) -> Result<Evidence> {
    let loads = [5.0, 10.0, 20.0];
    let cells = epochs(lab, "asynchronous", &loads, &[0.6, 0.2])?;
    let [most, few] = [Published::at_least("95 %", 0.945), Published::at_most("under 10 %", 0.1)];
    let mut readings = Vec::new();
    for load in loads {
        let own = [
            Reading::of(format!("target rate, 20 % noise, P/N = {load}"), most, rate(&cells, load, 0.6)),
            Reading::of(format!("target rate, 40 % noise, P/N = {load}"), few, rate(&cells, load, 0.2)),
        ];
        readings.extend(own.into_iter().map(|reading| if load == 10.0 { reading } else { reading.beside() }));
    }
    Ok(Evidence { setting: setting(lab), readings, ..Evidence::default() })
}

pub(super) fn capacity(lab: &mut Lab<'_, '_>) -> Result<Evidence> {
    let loads = [15.0, 20.0, 25.0, 30.0, 35.0, 40.0];
    let cells = epochs(lab, "asynchronous-capacity", &loads, &[0.6])?;
    let holds = |load: &&f64| rate(&cells, **load, 0.6).value >= 0.95;
    let held = loads.iter().take_while(|load| holds(load)).last();
    let fails = loads.iter().find(|load| !holds(load));
    let high = fails.copied().unwrap_or(f64::INFINITY);
    let bracket = held.map_or_else(Measured::default, |&low| Measured { value: low, low, high });
    let what = "largest load of which 95 % are recalled at 20 % noise, to smallest of which they are not";
    let mut readings = vec![Reading::of(what, Published::number("about 30", 25.0, 35.0), bracket)];
    let of =
        |&load: &f64| Reading::unpublished(format!("target rate, 20 % noise, P/N = {load}"), rate(&cells, load, 0.6));
    readings.extend(loads.iter().map(of));
    let remark = "How the paper defines capacity is not in the copy at hand: this is the load that its own 95 % at 20 % noise \
                  holds to.";
    Ok(Evidence { setting: setting(lab), readings, remarks: vec![remark.into()], ..Evidence::default() })
}

/// Memories of gamma and load, one of each network.
fn memories(lab: &mut Lab<'_, '_>, kernel: &str, load: f64, networks: usize) -> Result<Vec<Memory>> {
    let model = format!("klr/{kernel}").parse()?;
    let patterns = (load * NEURONS as f64).round() as usize;
    let mut memories = Vec::new();
    for network in 0..networks {
        if !lab.go_on(&format!("training a memory of {kernel}"), network as f64 / networks as f64) {
            return Err(Error::Interrupted);
        }
        let keys = random::patterns(lab.seed(), network as u32, NEURONS, patterns)?;
        memories.push(learn_memory(&Workspace::new(lab.backend()), &model, &keys, &keys, &converging())?);
    }
    Ok(memories)
}

pub(super) fn events(lab: &mut Lab<'_, '_>) -> Result<Evidence> {
    let networks = networks(lab);
    let memories = memories(lab, "rbf:0.1", 10.0, networks)?;
    let indices: Vec<u32> = (0..networks as u32).collect();
    let keys: Vec<_> = memories.iter().map(|memory| memory.keys.clone()).collect();
    let how = Asynchronous { order: Order::Random, by_energy: false };
    let mut readings = Vec::new();
    for similarity in [0.8, 0.6] {
        let flips = cue::flips(NEURONS, similarity);
        let trials = cue::trials(keys[0].len(), 1, 200, flips);
        let cues = cue::cues(lab.backend(), lab.seed(), &indices, &keys, &trials)?;
        let space = Workspace::new(lab.request.backend);
        let references: Vec<&Memory> = memories.iter().collect();
        let draws = Draws { seed: lab.seed(), networks: &indices, trials: &trials };
        let mut go_on = |share| lab.go_on("asynchronous recall", share);
        let visited = recall_asynchronously(how, draws, &space, &references, &cues, 10, &mut go_on)?;
        let recalls: Vec<_> = visited.iter().map(|one| one.recall.clone()).collect();
        let targets: Vec<_> = keys.iter().map(|keys| keys.select(trials.iter().map(|trial| trial.pattern))).collect();
        let ends = endpoints(&space, &keys.iter().collect::<Vec<_>>(), &recalls, &targets)?;
        let per_bit = visited.iter().zip(&ends).map(|(visited, ends)| {
            let found = visited.efforts.iter().zip(ends).filter(|(_, end)| end.outcome == Outcome::Target);
            let events: Vec<f64> = found.map(|(effort, _)| effort.events as f64 / flips as f64).collect();
            events.iter().sum::<f64>() / events.len() as f64
        });
        let what = format!("events over flipped bits, {flips} of 100 bits flipped");
        readings.push(Reading::of(what, Published::number("about 1", 0.95, 1.05), Measured::mean(per_bit)));
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
    let mut readings = Vec::new();
    // On the ridge no corrupted cue comes back, whatever the dual.
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
        let counts = |reading: Reading| if kernel == "rbf:0.1" { reading } else { reading.beside() };
        for (name, rates) in ["2 bits", "1 bit"].into_iter().zip(&rates[1..]) {
            let measured = Measured::share(rates.iter().copied());
            readings.push(counts(Reading::of(format!("{kernel}: target rate with {name}"), perfect, measured)));
        }
        let pairs = rates[0].iter().zip(&rates[3]).map(|(whole, pruned)| (whole.0, pruned.0));
        let hurts = Published::at_least("above 0", f64::MIN_POSITIVE);
        readings.push(counts(Reading::of(
            format!("{kernel}: target rate lost by pruning 10 %"),
            hurts,
            differences(pairs),
        )));
        readings.push(Reading::unpublished(
            format!("{kernel}: target rate of the whole dual"),
            Measured::share(rates[0].clone()),
        ));
    }
    let setting = format!(
        "N = 100, P/N = 10, {networks} networks, 10 of 100 bits of each cue flipped at gamma = 0.1, none at 0.02; scales of each \
         neuron; trained until the gradient is 1e-4 (the copy at hand leaves the settings out)."
    );
    Ok(Evidence { setting, readings, ..Evidence::default() })
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
