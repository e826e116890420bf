//! What is measured: jobs by name, the shapes each has, and the arithmetic each is credited with.

use std::fmt;
use std::str::FromStr;

use crate::error::{Error, Result};
use crate::plan;
use crate::rule::{Descent, Distances, Rule};

/// A job by name: what `--jobs` means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Job {
    /// One synchronous step of many trials.
    Recall,
    /// Updates of kernel logistic regression.
    Train,
    /// Both, for many small networks at once.
    Nets,
    /// Recall against the load P/N.
    Load,
    /// Recall against the number of trials.
    Trials,
    /// Time and memory as work grows, each point in a process of its own.
    Cost,
}

impl Job {
    const NAMED: [(Self, &'static str); 6] = [
        (Self::Recall, "recall"),
        (Self::Train, "train"),
        (Self::Nets, "nets"),
        (Self::Load, "load"),
        (Self::Trials, "trials"),
        (Self::Cost, "cost"),
    ];
}

impl FromStr for Job {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let found = Self::NAMED.into_iter().find(|(_, name)| *name == text);
        found.map(|(job, _)| job).ok_or_else(|| {
            Error::setting(format!("job {text:?}"), "write some of recall, train, nets, load, trials and cost")
        })
    }
}

impl fmt::Display for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let found = Self::NAMED.into_iter().find(|(job, _)| job == self);
        f.write_str(found.map_or("", |(_, name)| name))
    }
}

/// What is done in a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Task {
    /// One synchronous step: fields and their signs.
    Recall,
    /// KLR on the sequence: every key is to answer with the next, the last with the first.
    Train,
}

/// One question that every contestant is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Case {
    /// The job it belongs to.
    pub job: Job,
    /// What is done.
    pub task: Task,
    /// Networks.
    pub nets: usize,
    /// Neurons per network, N.
    pub neurons: usize,
    /// Stored patterns per network, P.
    pub patterns: usize,
    /// Trials per network, B; used in recall.
    pub trials: usize,
    /// Updates; used in training.
    pub updates: usize,
}

impl Case {
    /// Useful operations: those of the products with the dual alone, a multiply-add counting as two. 2 B P N for a recall
    /// step, 4 P^2 N for an update, for each network; distances, weights, signs and sigmoids are not counted.
    pub fn useful(&self) -> f64 {
        let [nets, n, p, b, updates] =
            [self.nets, self.neurons, self.patterns, self.trials, self.updates].map(|count| count as f64);
        match self.task {
            Task::Recall => 2.0 * nets * b * p * n,
            Task::Train => 4.0 * nets * p * p * n * updates,
        }
    }

    /// Trial-steps of a recall, updates of all networks of a training.
    pub fn count(&self) -> f64 {
        match self.task {
            Task::Recall => (self.nets * self.trials) as f64,
            Task::Train => (self.nets * self.updates) as f64,
        }
    }

    /// What [`Self::count`] counts.
    pub fn counted(&self) -> &'static str {
        match self.task {
            Task::Recall => "trial-steps/s",
            Task::Train => "updates/s",
        }
    }

    /// Bytes that one contestant needs for it, roughly, with distances from there.
    pub fn bytes(&self, distances: Distances) -> u64 {
        match self.task {
            Task::Recall => plan::recall_bytes(self.nets, self.patterns, self.neurons, self.trials, 1),
            Task::Train => Rule::klr().bytes(self.nets, self.patterns, self.neurons, &Descent::default(), distances),
        }
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.nets > 1 {
            write!(f, "{} nets of ", self.nets)?;
        }
        write!(f, "N {}, P {}, ", self.neurons, self.patterns)?;
        match self.task {
            Task::Recall => write!(f, "B {}", self.trials),
            Task::Train => write!(f, "{} updates", self.updates),
        }
    }
}

/// Sizes given by the user; a job then has one shape, its first, with these in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Overrides {
    /// N.
    pub neurons: Option<usize>,
    /// P.
    pub patterns: Option<usize>,
    /// B.
    pub trials: Option<usize>,
    /// Updates.
    pub updates: Option<usize>,
    /// Networks of the job `nets`.
    pub nets: Option<usize>,
}

impl Overrides {
    /// # Errors
    /// Naming the first size that is 0.
    pub(super) fn check(&self) -> Result<()> {
        let Self { neurons, patterns, trials, updates, nets } = *self;
        let named = [
            ("--neurons", neurons),
            ("--patterns", patterns),
            ("--trials", trials),
            ("--updates", updates),
            ("--nets", nets),
        ];
        match named.into_iter().find(|(_, size)| *size == Some(0)) {
            Some((name, _)) => Err(Error::setting(format!("{name} 0"), "give 1 or more")),
            None => Ok(()),
        }
    }

    fn apply(&self, case: Case) -> Case {
        Case {
            nets: if case.job == Job::Nets { self.nets.unwrap_or(case.nets) } else { case.nets },
            neurons: self.neurons.unwrap_or(case.neurons),
            patterns: self.patterns.unwrap_or(case.patterns),
            trials: self.trials.unwrap_or(case.trials),
            updates: self.updates.unwrap_or(case.updates),
            ..case
        }
    }

    fn reshapes(&self, task: Task) -> bool {
        let of_task = match task {
            Task::Recall => self.trials,
            Task::Train => self.updates,
        };
        self.neurons.or(self.patterns).or(of_task).is_some()
    }
}

/// The cases of the jobs, in order; [`Job::Cost`] has none, because its points are measured apart.
///
/// # Errors
/// If a size is 0.
pub fn cases(jobs: &[Job], overrides: &Overrides, quick: bool) -> Result<Vec<Case>> {
    overrides.check()?;
    let shape = |job, task, [nets, neurons, patterns, trials, updates]: [usize; 5]| Case {
        job,
        task,
        nets,
        neurons,
        patterns,
        trials,
        updates,
    };
    let shapes = |job, task, sizes: &[[usize; 5]]| {
        // A shape of one's own takes the place of all.
        let kept = if overrides.reshapes(task) { 1 } else { sizes.len() };
        sizes[..kept].iter().map(|&sizes| overrides.apply(shape(job, task, sizes))).collect::<Vec<_>>()
    };
    let mut cases = Vec::new();
    for &job in jobs {
        match (job, quick) {
            (Job::Recall, false) => {
                cases.extend(shapes(job, Task::Recall, &[[1, 100, 1600, 8000, 0], [1, 512, 10_000, 4096, 0]]));
            }
            (Job::Recall, true) => cases.extend(shapes(job, Task::Recall, &[[1, 40, 120, 256, 0]])),
            (Job::Train, false) => {
                cases.extend(shapes(job, Task::Train, &[[1, 100, 1600, 0, 50], [1, 512, 10_000, 0, 2]]));
            }
            (Job::Train, true) => cases.extend(shapes(job, Task::Train, &[[1, 40, 120, 0, 3]])),
            (Job::Nets, _) => {
                // As many trials as patterns, and five cues of each pattern, as `sweep` has by default.
                let recall: &[_] =
                    if quick { &[[3, 33, 50, 20, 0]] } else { &[[64, 100, 400, 400, 0], [64, 100, 400, 2000, 0]] };
                cases.extend(shapes(job, Task::Recall, recall));
                let train = if quick { [3, 33, 50, 0, 3] } else { [64, 100, 400, 0, 50] };
                cases.extend(shapes(job, Task::Train, &[train]));
            }
            (Job::Load, _) => {
                let (loads, neurons, trials): (&[usize], _, _) =
                    if quick { (&[1, 4], 40, 64) } else { (&[1, 2, 4, 8, 16, 32, 64], 100, 4096) };
                let neurons = overrides.neurons.unwrap_or(neurons);
                let only = Overrides { patterns: None, ..*overrides };
                cases.extend(loads.iter().map(|load| {
                    only.apply(shape(job, Task::Recall, [1, neurons, neurons.saturating_mul(*load), trials, 0]))
                }));
            }
            (Job::Trials, _) => {
                let (most, step, neurons, patterns) = if quick { (6, 3, 40, 120) } else { (13, 1, 100, 1600) };
                let only = Overrides { trials: None, ..*overrides };
                cases.extend(
                    (0..=most)
                        .step_by(step)
                        .map(|power| only.apply(shape(job, Task::Recall, [1, neurons, patterns, 1 << power, 0]))),
                );
            }
            (Job::Cost, _) => {}
        }
    }
    Ok(cases)
}
