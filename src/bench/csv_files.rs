//! Every time that was taken, as CSV. Knows nothing of files.

use super::cost::Point;
use super::outcome::{Outcome, What};
use crate::error::{Error, Result};

/// Columns of raw.csv.
const RAW: [&str; 16] = [
    "round",
    "kind",
    "what",
    "on",
    "device",
    "nets",
    "neurons",
    "patterns",
    "trials",
    "updates",
    "repeat",
    "seconds",
    "work",
    "checksum",
    "differing",
    "failure",
];

/// raw.csv: one row for each repeat of each measurement, and one with an empty time for each that failed.
///
/// # Errors
/// If a row cannot be written.
pub fn raw_csv(outcome: &Outcome) -> Result<Vec<u8>> {
    write("raw.csv", |table| {
        table.write_record(RAW)?;
        for measurement in &outcome.measurements {
            let contestant = &outcome.contestants[measurement.who];
            let (kind, what, sizes) = match measurement.what {
                What::Ceiling(ceiling) => ("ceiling", ceiling.name().to_owned(), Default::default()),
                What::Case(index) => {
                    let case = &outcome.cases[index];
                    let sizes = [case.nets, case.neurons, case.patterns, case.trials, case.updates];
                    ("case", case.job.to_string(), sizes.map(|size| size.to_string()))
                }
            };
            let optional = |value: Option<String>| value.unwrap_or_default();
            let row = |round: String, repeat: String, seconds: String, failure: &str| {
                let mut row =
                    vec![round, kind.into(), what.clone(), contestant.label.clone(), contestant.device.clone()];
                row.extend(sizes.clone());
                row.extend([repeat, seconds, measurement.work.to_string()]);
                row.push(optional(measurement.checksum.map(|checksum| checksum.to_string())));
                row.push(optional(measurement.differing.map(|signs| signs.to_string())));
                row.push(failure.into());
                row
            };
            for (index, (round, seconds)) in measurement.times.iter().enumerate() {
                let repeat = 1 + measurement.times[..index].iter().filter(|(earlier, _)| earlier == round).count();
                table.write_record(row(round.to_string(), repeat.to_string(), seconds.to_string(), ""))?;
            }
            if let Some(why) = &measurement.failure {
                table.write_record(row(String::new(), String::new(), String::new(), why))?;
            }
        }
        Ok(())
    })
}

/// cost.csv: one row a point; what was skipped has a reason instead of numbers.
///
/// # Errors
/// If a row cannot be written.
pub fn cost_csv(points: &[Point]) -> Result<Vec<u8>> {
    write("cost.csv", |table| {
        table.write_record([
            "against",
            "neurons",
            "patterns",
            "trials",
            "seconds",
            "start_bytes",
            "peak_bytes",
            "given_bytes",
            "skipped",
        ])?;
        for point in points {
            let mut row = vec![point.against.into()];
            row.extend([point.neurons, point.patterns, point.trials].map(|size| size.to_string()));
            match &point.spent {
                Ok(spent) => {
                    let bytes =
                        [spent.start_bytes, spent.peak_bytes, point.given_bytes()].map(|bytes| bytes.to_string());
                    row.push(spent.seconds.to_string());
                    row.extend(bytes);
                    row.push(String::new());
                }
                Err(why) => row.extend([String::new(), String::new(), String::new(), String::new(), why.clone()]),
            }
            table.write_record(row)?;
        }
        Ok(())
    })
}

fn write(name: &str, rows: impl FnOnce(&mut csv::Writer<Vec<u8>>) -> csv::Result<()>) -> Result<Vec<u8>> {
    let mut table = csv::Writer::from_writer(Vec::new());
    rows(&mut table).map_err(|error| Error::io(name, "write")(error.into()))?;
    table.into_inner().map_err(|error| Error::io(name, "write")(error.into_error()))
}
