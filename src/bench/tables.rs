//! An outcome as tables: ceilings, one table a job, the sweeps, GPU against CPU, and what failed.

use super::job::{Case, Job, Task};
use super::outcome::{Measurement, Outcome, What};
use super::table::Table;
use crate::report::number::{count, percent, seconds, several, significant};
use crate::rule::Distances;

/// Every table that has a row.
pub fn tables(outcome: &Outcome) -> Vec<Table> {
    let jobs = [
        (Job::Recall, Task::Recall, "Recall"),
        (Job::Train, Task::Train, "Training"),
        (Job::Nets, Task::Recall, "Recall of many small networks"),
        (Job::Nets, Task::Train, "Training of many small networks"),
        (Job::Footprint, Task::Fit, "An epoch of the adaptive similarity"),
        (Job::Footprint, Task::Retrieve, "Answers by the adaptive similarity"),
    ];
    let sweeps = [(Job::Load, "Recall against load P/N"), (Job::Trials, "Recall against the number of trials B")];
    let mut tables = vec![ceilings(outcome)];
    tables.extend(jobs.map(|(job, task, title)| results(outcome, job, task, title)));
    tables.extend(sweeps.map(|(job, title)| sweep(outcome, job, title)));
    tables.push(gpu_against_cpu(outcome));
    tables.push(failures(outcome));
    tables.retain(|table| !table.rows.is_empty());
    tables
}

fn dash(text: Option<String>) -> String {
    text.unwrap_or_else(|| "-".into())
}

fn ceilings(outcome: &Outcome) -> Table {
    let note = "What each device could do at best, measured anew in every round. Shares below are of the best sgemm on the \
                CPU, of the peak on a GPU, and in f16 of the matrix peak there; a GPU without matrix units has none.";
    let mut table = Table::new("Ceilings", note, &["<on", "<ceiling", "<what it is", "rate", "<unit", "spread"]);
    for measurement in &outcome.measurements {
        let What::Ceiling(ceiling) = measurement.what else { continue };
        let Some(statistics) = measurement.statistics() else { continue };
        table.rows.push(vec![
            outcome.contestants[measurement.who].label.clone(),
            ceiling.name().into(),
            match outcome.contestants[measurement.who].own {
                true => ceiling.meaning().into(),
                false => "its own f32 matrix product".into(),
            },
            dash(measurement.rate().map(significant)),
            ceiling.unit().into(),
            percent(statistics.spread()),
        ]);
    }
    table
}

/// The cases of a job, with their indices.
fn cases_of(outcome: &Outcome, job: Job) -> impl Iterator<Item = (usize, &Case)> {
    outcome.cases.iter().enumerate().filter(move |(_, case)| case.job == job)
}

/// The peers that answered anything, by index.
fn peers(outcome: &Outcome) -> impl Iterator<Item = usize> {
    outcome.answering().into_iter().filter(|&who| !outcome.contestants[who].own)
}

fn results(outcome: &Outcome, job: Job, task: Task, title: &str) -> Table {
    let cases: Vec<_> = cases_of(outcome, job).filter(|(_, case)| case.task == task).collect();
    let Some((_, first)) = cases.first() else { return Table::default() };
    let columns = ["<shape", "<on", "time", "least", "spread", first.counted(), first.unit(), "of ceiling"];
    let mut table = Table::new(title, first.described(), &columns);
    table.columns.extend(peers(outcome).map(|who| format!("x {}", outcome.contestants[who].label)));
    table.columns.push("<answer".into());
    for (index, case) in cases {
        for (place, measurement) in outcome.of(What::Case(index)).enumerate() {
            let shape = if place == 0 { case.to_string() } else { String::new() };
            table.rows.push(result(outcome, (index, case), shape, measurement));
        }
    }
    table
}

fn result(outcome: &Outcome, (index, case): (usize, &Case), shape: String, measurement: &Measurement) -> Vec<String> {
    let statistics = measurement.statistics();
    let median = statistics.map(|statistics| statistics.median);
    let mut row = vec![
        shape,
        outcome.contestants[measurement.who].label.clone(),
        dash(median.map(seconds)),
        dash(statistics.map(|statistics| seconds(statistics.least))),
        dash(statistics.map(|statistics| percent(statistics.spread()))),
        dash(median.map(|median| significant(case.count() / median))),
        dash(measurement.rate().map(significant)),
        dash(outcome.share(measurement).map(percent)),
    ];
    row.extend(peers(outcome).map(|peer| {
        let theirs = outcome.on(What::Case(index), peer).and_then(Measurement::statistics);
        dash(theirs.zip(median).map(|(theirs, median)| significant(theirs.median / median)))
    }));
    let answer = answer(outcome, index, measurement);
    row.push(match measurement.distances {
        Some(Distances::Stored) => format!("{answer}; from stored distances"),
        _ => answer,
    });
    row
}

/// How an answer compares with the right one.
fn answer(outcome: &Outcome, case: usize, measurement: &Measurement) -> String {
    let (Some(right), Some(given)) = (outcome.right(case), measurement.checksum) else {
        return dash(measurement.failure.clone());
    };
    let off = given.saturating_sub(right);
    let tolerance = outcome.cases[case].task.tolerance();
    match measurement.differing {
        // Checksums can agree by chance; signs that were compared one by one cannot.
        Some(0) => "agrees".into(),
        Some(signs) => format!("{} to certify", several(&count(signs), "sign")),
        None if off.unsigned_abs() <= tolerance => "agrees".into(),
        None if tolerance > 0 => format!("checksum off by {off}: not within {tolerance}"),
        // One sign moves the checksum by at most 194.
        None => {
            let least = several(&count(off.unsigned_abs().div_ceil(194)), "sign");
            format!("checksum off by {off}: {least} or more")
        }
    }
}

/// One row a case, one column a contestant.
fn sweep(outcome: &Outcome, job: Job, title: &str) -> Table {
    let note = "Useful GFLOP/s of one synchronous step, and its share of the ceiling.";
    let mut table = Table::new(title, note, &["<shape", "P/N"]);
    let answering = outcome.answering();
    table.columns.extend(answering.iter().map(|&who| outcome.contestants[who].label.clone()));
    for (index, case) in cases_of(outcome, job) {
        let mut row = vec![case.to_string(), significant(case.patterns as f64 / case.neurons as f64)];
        row.extend(answering.iter().map(|&who| {
            let measured = outcome.on(What::Case(index), who);
            let rate = measured.and_then(Measurement::rate).map(significant);
            match (rate, measured.and_then(|measured| outcome.share(measured))) {
                (Some(rate), Some(share)) => format!("{rate} ({})", percent(share)),
                (rate, _) => dash(rate),
            }
        }));
        table.rows.push(row);
    }
    table
}

fn gpu_against_cpu(outcome: &Outcome) -> Table {
    let own = |device: &str| {
        let fits = |who: &usize| outcome.contestants[*who].own && outcome.contestants[*who].device == device;
        (0..outcome.contestants.len()).filter(fits).collect::<Vec<_>>()
    };
    let (cpu, gpus) = (own("cpu").first().copied(), own("gpu"));
    let note = "The same engine, the same questions.";
    let mut table = Table::new("GPU against CPU", note, &["<job", "<shape", "cpu", "<gpu", "time", "times as fast"]);
    for (index, case) in outcome.cases.iter().enumerate() {
        for &gpu in &gpus {
            let on = |who| outcome.on(What::Case(index), who).and_then(Measurement::statistics);
            if let Some((theirs, ours)) = cpu.and_then(on).zip(on(gpu)) {
                table.rows.push(vec![
                    case.job.to_string(),
                    case.to_string(),
                    seconds(theirs.median),
                    outcome.contestants[gpu].label.clone(),
                    seconds(ours.median),
                    significant(theirs.median / ours.median),
                ]);
            }
        }
    }
    table
}

fn failures(outcome: &Outcome) -> Table {
    let note = "What failed was not asked again; times taken before it failed are kept.";
    let mut table = Table::new("What failed", note, &["<on", "<what", "<why"]);
    let mut named: Vec<(usize, &str, Vec<String>)> = Vec::new();
    for measurement in &outcome.measurements {
        let Some(why) = measurement.failure.as_deref() else { continue };
        let what = match measurement.what {
            What::Ceiling(ceiling) => format!("{} ceiling", ceiling.name()),
            What::Case(index) => format!("{} {}", outcome.cases[index].job, outcome.cases[index]),
        };
        match named.iter_mut().find(|(who, same, _)| *who == measurement.who && *same == why) {
            Some((_, _, others)) => others.push(what),
            None => named.push((measurement.who, why, vec![what])),
        }
    }
    for (who, why, what) in named {
        let more = if what.len() > 1 { format!(" and {} more", what.len() - 1) } else { String::new() };
        table.rows.push(vec![outcome.contestants[who].label.clone(), format!("{}{more}", what[0]), why.into()]);
    }
    table
}
