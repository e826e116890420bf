//! Everything that was measured, and the questions that tables ask of it.

use serde_json::{Value, json};

use super::ceiling::Ceiling;
use super::job::Case;
use super::statistics::Statistics;
use crate::rule::Distances;

/// One that answers: a backend or a peer.
#[derive(Clone, Debug)]
pub struct Contestant {
    /// What tables call it.
    pub label: String,
    /// Its device and driver, or its command.
    pub details: String,
    /// Whether it is a backend of the engine.
    pub own: bool,
    /// "cpu" or another word; a peer's is known once it has answered.
    pub device: String,
}

/// What was measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// A rate that shares are taken of.
    Ceiling(Ceiling),
    /// The case with this index.
    Case(usize),
}

/// One contestant on one thing, over all rounds.
#[derive(Clone, Debug)]
pub struct Measurement {
    /// What was measured.
    pub what: What,
    /// On whom: an index.
    pub who: usize,
    /// Operations (or bits, bytes, values sorted) of one run.
    pub work: f64,
    /// Round and seconds of every repeat.
    pub times: Vec<(usize, f64)>,
    /// The last answer's.
    pub checksum: Option<i64>,
    /// Signs that differ from the certified ones.
    pub differing: Option<u64>,
    /// Where training had its distances from.
    pub distances: Option<Distances>,
    /// Why it has no (more) times.
    pub failure: Option<String>,
}

impl Measurement {
    /// None without a time.
    pub fn statistics(&self) -> Option<Statistics> {
        Statistics::of(self.times.iter().map(|(_, seconds)| *seconds))
    }

    /// Whether it is a time of this contestant's.
    pub(super) fn answered_by(&self, who: usize) -> bool {
        self.who == who && !self.times.is_empty()
    }

    /// Billions of operations (or bits, bytes, values) a second at the median time.
    pub fn rate(&self) -> Option<f64> {
        Some(self.work / self.statistics()?.median / 1e9)
    }
}

/// All of a bench's rounds.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// Backends first, then peers.
    pub contestants: Vec<Contestant>,
    /// The questions.
    pub cases: Vec<Case>,
    /// The checksum of each case's right answer, where one is known without measuring.
    pub certified: Vec<Option<i64>>,
    /// One entry for each thing measured on each contestant.
    pub measurements: Vec<Measurement>,
    /// Whether the user stopped it.
    pub interrupted: bool,
}

impl Outcome {
    /// The measurements of a case, in the order of the contestants.
    pub fn of(&self, what: What) -> impl Iterator<Item = &Measurement> {
        self.measurements.iter().filter(move |measurement| measurement.what == what)
    }

    /// That of one contestant.
    pub fn on(&self, what: What, who: usize) -> Option<&Measurement> {
        self.of(what).find(|measurement| measurement.who == who)
    }

    /// The backends, and the peers that answered anything, by index.
    pub fn answering(&self) -> Vec<usize> {
        let answered = |who| self.measurements.iter().any(|measurement| measurement.answered_by(who));
        (0..self.contestants.len()).filter(|&who| self.contestants[who].own || answered(who)).collect()
    }

    /// The arithmetic rate that a contestant's device could reach, GFLOP/s. On the CPU the best matrix product that any
    /// contestant found there; elsewhere the register peak of the contestant's own device, in f16 that of its matrix units,
    /// for a peer that of the first GPU backend.
    pub fn ceiling(&self, who: usize) -> Option<f64> {
        let on_cpu = |who: usize| self.contestants[who].device == "cpu";
        let best = |ceiling, candidate: &dyn Fn(usize) -> bool| {
            let found = self.of(What::Ceiling(ceiling)).filter(|measurement| candidate(measurement.who));
            found.filter_map(Measurement::rate).reduce(f64::max)
        };
        if on_cpu(who) {
            return best(Ceiling::Sgemm, &on_cpu).or_else(|| best(Ceiling::Peak, &on_cpu));
        }
        if self.contestants[who].own {
            // Each of the two is measured in its own precision alone.
            return best(Ceiling::Peak, &|other| other == who).or_else(|| best(Ceiling::Matrix, &|other| other == who));
        }
        let first = (0..self.contestants.len()).find(|&other| self.contestants[other].own && !on_cpu(other))?;
        (!self.contestants[who].device.is_empty()).then(|| best(Ceiling::Peak, &|other| other == first)).flatten()
    }

    /// The rate of a measurement of a case as a share of the ceiling; none of work that is no arithmetic.
    pub fn share(&self, measurement: &Measurement) -> Option<f64> {
        if let What::Case(index) = measurement.what
            && !self.cases[index].task.counts_operations()
        {
            return None;
        }
        Some(measurement.rate()? / self.ceiling(measurement.who)?)
    }

    /// One object a measurement, for programs.
    pub fn json(&self) -> Vec<Value> {
        let object = |measurement: &Measurement| {
            let statistics = measurement.statistics();
            let case = match measurement.what {
                What::Ceiling(_) => None,
                What::Case(index) => Some(self.cases[index]),
            };
            let what = match measurement.what {
                What::Ceiling(ceiling) => ceiling.name().to_owned(),
                What::Case(index) => self.cases[index].job.to_string(),
            };
            json!({
                "what": what,
                "on": self.contestants[measurement.who].label,
                "nets": case.map(|case| case.nets),
                "neurons": case.map(|case| case.neurons),
                "patterns": case.map(|case| case.patterns),
                "trials": case.map(|case| case.trials),
                "updates": case.map(|case| case.updates),
                "repeats": measurement.times.len(),
                "median_s": statistics.map(|statistics| statistics.median),
                "least_s": statistics.map(|statistics| statistics.least),
                "quartiles_s": statistics.map(|statistics| statistics.quartiles),
                "rate": measurement.rate(),
                "share": case.and_then(|_| self.share(measurement)),
                "checksum": measurement.checksum,
                "differing": measurement.differing,
                "distances": measurement.distances.map(|distances| distances.to_string()),
                "failure": measurement.failure,
            })
        };
        self.measurements.iter().map(object).collect()
    }

    /// What an answer's checksum should be: that of the certified answer, or else of the first backend's.
    pub fn right(&self, case: usize) -> Option<i64> {
        let own = |measurement: &&Measurement| self.contestants[measurement.who].own;
        let first = || self.of(What::Case(case)).filter(own).find_map(|measurement| measurement.checksum);
        self.certified.get(case).copied().flatten().or_else(first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::job::Job;
    use crate::bench::shapes::{Overrides, cases};

    fn contestant(label: &str, own: bool, device: &str) -> Contestant {
        Contestant { label: label.into(), details: String::new(), own, device: device.into() }
    }

    fn measured(what: What, who: usize, work: f64, seconds: &[f64]) -> Measurement {
        let times = seconds.iter().map(|&seconds| (1, seconds)).collect();
        Measurement { what, who, work, times, checksum: None, differing: None, distances: None, failure: None }
    }

    #[test]
    fn shares_are_of_the_best_product_on_the_cpu_and_of_the_own_peak_elsewhere() {
        let [sgemm, peak, matrix] = [Ceiling::Sgemm, Ceiling::Peak, Ceiling::Matrix].map(What::Ceiling);
        let outcome = Outcome {
            contestants: vec![
                contestant("cpu", true, "cpu"),
                contestant("gpu", true, "gpu"),
                contestant("numpy", false, "cpu"),
                contestant("torch", false, "cuda"),
                contestant("silent", false, ""),
                contestant("gpu f16", true, "gpu"),
                contestant("gpu f16 without matrix units", true, "gpu"),
            ],
            cases: cases(&[Job::Train], &Overrides::default(), true).unwrap(),
            measurements: vec![
                measured(sgemm, 0, 2e11, &[1.0]),
                measured(sgemm, 2, 2e11, &[0.5]),
                measured(sgemm, 3, 2e11, &[0.001]),
                measured(peak, 0, 9e11, &[1.0]),
                measured(peak, 1, 5e12, &[1.0]),
                measured(What::Case(0), 0, 1e11, &[1.0, 3.0, 1.0]),
                measured(What::Case(0), 1, 1e12, &[2.0, 0.5]),
                measured(What::Case(0), 3, 1e12, &[1.0]),
                measured(What::Case(0), 4, 1e12, &[1.0]),
                measured(matrix, 5, 5e13, &[1.0]),
                measured(What::Case(0), 5, 1e13, &[1.0]),
                measured(What::Case(0), 6, 1e12, &[1.0]),
            ],
            ..Outcome::default()
        };
        let share = |who| outcome.share(outcome.on(What::Case(0), who).unwrap());
        assert_eq!((share(5), share(6)), (Some(0.2), None));
        // 100 GFLOP/s of NumPy's 400; 800 of 5000; 1000 of 5000; a peer that does not say where it computes has none.
        assert_eq!((share(0), share(1), share(3), share(4)), (Some(0.25), Some(0.16), Some(0.2), None));
        let sorted = cases(&[Job::Footprint], &Overrides::default(), true).unwrap();
        let outcome = Outcome { cases: sorted, ..outcome };
        assert_eq!(outcome.share(outcome.on(What::Case(0), 0).unwrap()), None);
    }
}
