//! A sequence experiment's report.

use super::settings::Lengths;
use super::{Plan, maps};
use crate::error::Result;
use crate::measure::Walk;
use crate::report::{Body, Report};
use crate::rule::Model;
use crate::store::Store;

/// Writes the report of all walks into the folder.
///
/// # Errors
/// If a figure cannot be drawn, or a file not be written.
pub fn publish(plan: &Plan, store: &Store<Plan>, walks: &[Walk], notes: &[String]) -> Result<()> {
    let settings = &plan.settings;
    let manifest = store.manifest().to_json()?;
    let source = settings
        .patterns
        .as_ref()
        .map_or("random patterns".to_owned(), |source| format!("patterns of {}", source.file));
    let [rate, penalty, updates, solver] = settings.descent.rows();
    let lengths = match &settings.lengths {
        Lengths::Capacity(bracket) => format!("bisection, {bracket}"),
        Lengths::Listed(list) => list.iter().map(usize::to_string).collect::<Vec<_>>().join(", "),
    };
    let rows = [
        ("patterns", source.clone()),
        ("neurons N", settings.neurons.to_string()),
        ("lengths P", lengths),
        ("trials at each length", settings.trials.to_string()),
        ("steps", settings.steps.map_or("6 P".to_owned(), |steps| steps.to_string())),
        ("rule/kernel", settings.models.join(", ")),
        rate,
        penalty,
        updates,
        solver,
        ("seed", settings.seed.to_string()),
        ("arithmetic", settings.arithmetic.clone()),
    ];
    let rows = rows.map(|(name, value)| (name.to_owned(), value));
    let question = format!(
        "Along how many {source} does a memory of {} neurons walk without an error, learnt by {}?",
        settings.neurons,
        settings.models.join(", ")
    );
    let mut body = Body::of_walks(walks, maps(plan, store)?)?;
    body.finding.extend(told_capacities(plan, walks));
    let report = Report {
        title: "Sequences",
        question: &question,
        settings: &rows,
        notes,
        body: &body,
        command: &store.manifest().command,
        manifest: &manifest,
        complete: (walks.len(), walks.len() + usize::from(plan.next(walks).is_some())),
    };
    store.publish(&report, notes)
}

/// The capacities that were searched for, in words; none where lengths were listed.
pub fn told_capacities(plan: &Plan, walks: &[Walk]) -> Vec<String> {
    plan.capacities(walks).iter().map(|(model, ends)| capacity(model, *ends)).collect()
}

/// A capacity in words.
fn capacity(model: &Model, [holds, fails]: [Option<usize>; 2]) -> String {
    match (holds, fails) {
        (Some(holds), Some(fails)) => format!("{model}: P_c = {holds} (at {fails} not every trial succeeds)"),
        (Some(holds), None) => format!("{model}: P_c is at least {holds}, the upper bound"),
        (None, Some(fails)) => format!("{model}: P_c is below {fails}, the lower bound"),
        (None, None) => format!("{model}: P_c is not known"),
    }
}
