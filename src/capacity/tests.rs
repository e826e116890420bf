//! Laws of searches: what is known is found, and nothing depends on batches or backends.

use std::path::Path;

use super::*;
use crate::code::Code;
use crate::engine::{Arithmetic, cpu::Cpu};
use crate::recall::Precision;
use crate::rule::Descent;

pub(super) fn settings(model: &str, neurons: &[usize]) -> Settings {
    Settings {
        neurons: neurons.to_vec(),
        models: vec![model.into()],
        descent: Descent { updates: 60, ..Descent::default() },
        criterion: Criterion::Every,
        code: Code::Bipolar,
        flip: 0.1,
        flips: None,
        failure: 0.1,
        recovered_cosine: 1.0,
        confidence: 0.95,
        max_trials: 200,
        most_patterns: 256,
        resolution: 0.0,
        networks: 2,
        seed: 5,
        max_steps: 30,
        dynamics: "synchronous".into(),
        arithmetic: "fused".into(),
    }
}

/// A search in a folder of its own, or one that continues there, told to stop after so many events.
fn searched_in(folder: &Path, settings: &Settings, backend: &dyn Backend, events: usize) -> Result<Vec<Capacity>> {
    let plan = Plan::new(settings.clone())?;
    let mut store = Store::open(folder, &plan, "test", backend.device(), Precision::F32)?;
    let mut left = events;
    run(&plan, Ways::default(), backend, &mut store, &mut |_| {
        left = left.saturating_sub(1);
        left > 0
    })
}

fn searched(settings: &Settings) -> Vec<Capacity> {
    let folder = tempfile::tempdir().unwrap();
    searched_in(folder.path(), settings, &Cpu::new(Arithmetic::Fused), usize::MAX).unwrap()
}

#[test]
fn the_pseudoinverse_holds_as_many_patterns_as_neurons() {
    // Without flips every independent set is fixed; at P = N - 1 and N the diagonal is all there is, and still sign(s)
    // = s.
    let exact = Settings { flip: 0.0, ..settings("pseudoinverse", &[24, 40]) };
    for found in searched(&exact) {
        assert_eq!(
            (found.capacity, found.shown, found.refuted),
            (found.neurons, found.neurons, Some(found.neurons + 1))
        );
    }
    let mean = Settings { criterion: Criterion::Mean, ..exact };
    assert!(searched(&mean).iter().all(|found| found.capacity == found.neurons));
}

#[test]
fn covariances_of_one_pattern_are_none_and_of_more_are_a_memory() {
    let near = Settings { criterion: Criterion::Mean, recovered_cosine: 0.8, ..settings("covariance", &[128]) };
    let found = searched(&Settings { failure: 0.3, networks: 1, ..near });
    assert!(found[0].shown > 1 && found[0].refuted.is_some_and(|end| end > found[0].shown), "{found:?}");
}

#[test]
fn one_trial_tells_for_certain_unless_chance_decides_where_it_ends() {
    let certain = |dynamics: &str, recovered_cosine| {
        let asked =
            Settings { flips: Some(0), dynamics: dynamics.into(), recovered_cosine, ..settings("hebb/linear", &[16]) };
        Plan::new(asked).unwrap().is_certain()
    };
    assert!(certain("synchronous", 0.9) && certain("sequential", 0.9) && certain("random", 1.0));
    assert!(!certain("random", 0.9) && !certain("event-driven", 0.9));
    assert!(!Plan::new(settings("hebb/linear", &[16])).unwrap().is_certain());
}

#[test]
fn criteria_and_tolerances_are_ordered() {
    let of = |criterion, recovered_cosine| {
        let asked = Settings { criterion, recovered_cosine, max_trials: 800, ..settings("hebb/linear", &[64]) };
        searched(&asked).iter().map(|found| found.capacity).collect::<Vec<_>>()
    };
    let (every, mean, near) = (of(Criterion::Every, 1.0), of(Criterion::Mean, 1.0), of(Criterion::Mean, 0.8));
    for ((every, mean), near) in every.iter().zip(&mean).zip(&near) {
        assert!(*every >= 1 && every <= mean && mean <= near, "{every} {mean} {near}");
    }
}

#[test]
fn a_bound_is_a_bound_and_what_never_fails_meets_it() {
    let bounded = Settings { most_patterns: 20, networks: 1, ..settings("klr/rbf:0.1", &[40]) };
    let found = searched(&bounded).remove(0);
    assert_eq!((found.capacity, found.shown, found.refuted), (20, 20, None));
    assert!(Exponent::fit(&[found]).is_none());
}

#[test]
fn a_decision_does_not_depend_on_batches() {
    let plan = Plan::new(settings("klr/rbf:0.05", &[33])).unwrap();
    let cpu = Cpu::new(Arithmetic::Fused);
    let decide = |batch: usize, patterns: usize| {
        let trying = Trying { plan: &plan, search: &plan.searches[1], patterns, bracket: Bracket::of(&[]) };
        trying.decide(Ways::default(), &cpu, batch, &mut |_| true).unwrap().0
    };
    for patterns in [20, 60] {
        let whole = decide(1 << 16, patterns);
        assert!(whole.trials > 64 && whole.low <= whole.rate && whole.rate <= whole.high, "{whole:?}");
        assert_eq!(whole, decide(64, patterns));
    }
}

#[test]
fn interrupted_anywhere_a_search_continues_to_the_same_end() {
    let asked = Settings { networks: 1, ..settings("hebb/dense:3", &[16, 24]) };
    let cpu = Cpu::new(Arithmetic::Fused);
    let (whole, broken) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let found = searched_in(whole.path(), &asked, &cpu, usize::MAX).unwrap();
    let mut stops = 0;
    let continued = loop {
        // Ever later, until one try is long enough to take a decision.
        match searched_in(broken.path(), &asked, &cpu, 5 + 4 * stops) {
            Ok(found) => break found,
            Err(Error::Interrupted) => stops += 1,
            Err(error) => panic!("{error}"),
        }
        assert!(stops < 100);
    };
    assert!(stops > 1);
    assert_eq!(continued, found);
    let untimed = |folder: &Path| {
        let rows = std::fs::read_to_string(folder.join("decisions.csv")).unwrap();
        rows.lines().map(|line| line.rsplitn(3, ',').last().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(untimed(whole.path()), untimed(broken.path()));
    // Another seed is another search.
    let other = searched_in(broken.path(), &Settings { seed: 6, ..asked }, &cpu, 9).unwrap_err().to_string();
    assert!(other.contains("another capacity search") && other.contains("seed 5 there, 6 here"), "{other}");
}

#[test]
fn settings_that_cannot_be_meant_are_refused() {
    let refusal = |change: &dyn Fn(&mut Settings)| {
        let mut asked = settings("hebb/linear", &[16]);
        change(&mut asked);
        Plan::new(asked).unwrap_err().to_string()
    };
    assert!(refusal(&|asked| asked.flip = 1.5).contains("--flip 1.5"));
    assert!(refusal(&|asked| asked.failure = 0.0).contains("--failure 0"));
    assert!(refusal(&|asked| asked.neurons = vec![16, 16]).contains("--neurons 16 twice"));
    assert!(refusal(&|asked| asked.networks = 0).contains("--networks 0"));
    assert!(refusal(&|asked| asked.recovered_cosine = f64::NAN).contains("--recovered-cosine NaN"));
    // Too few trials to show anything.
    assert!(refusal(&|asked| asked.max_trials = 20).contains("--max-trials 20"));
}
