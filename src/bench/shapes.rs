//! Which shapes a job is measured in, and what the user puts in their place.

use super::job::{Case, Job, Task};
use crate::error::{Error, Result};

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
            // An epoch of the job `footprint` is one, whatever `train` is given.
            updates: if case.job == Job::Footprint { case.updates } else { self.updates.unwrap_or(case.updates) },
            ..case
        }
    }

    fn reshapes(&self, task: Task) -> bool {
        let of_task = match task {
            Task::Recall | Task::Fit | Task::Retrieve => self.trials,
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
            (Job::Footprint, false) => {
                cases.extend(shapes(job, Task::Fit, &[[1, 64, 2048, 2048, 1], [1, 128, 2048, 2048, 1]]));
                cases.extend(shapes(job, Task::Retrieve, &[[1, 64, 2048, 2048, 0]]));
            }
            (Job::Footprint, true) => {
                cases.extend(shapes(job, Task::Fit, &[[1, 32, 256, 128, 1]]));
                cases.extend(shapes(job, Task::Retrieve, &[[1, 32, 256, 128, 0]]));
            }
            (Job::Cost, _) => {}
        }
    }
    Ok(cases)
}
