//! A sweep's report.

use crate::error::Result;
use crate::measure::Cell;
use crate::plan::Plan;
use crate::report::{Body, Report};
use crate::store::Store;

/// Writes the report of a sweep's cells into its folder.
///
/// # Errors
/// If a figure cannot be drawn, or a file not be written.
pub fn publish(plan: &Plan, store: &Store<Plan>, cells: &[Cell], notes: &[String]) -> Result<()> {
    let settings = &plan.settings;
    let all: Vec<String> = notes.iter().cloned().chain(without_trials(cells)).collect();
    let manifest = store.manifest().to_json()?;
    let source = settings
        .patterns
        .as_ref()
        .map_or("random patterns".to_owned(), |source| format!("patterns of {}", source.file));
    let flips =
        settings.similarities.iter().zip(&plan.flips).map(|(similarity, flips)| format!("{similarity}: {flips}"));
    let [rate, penalty, updates, solver] = plan.descent.rows();
    let rows = [
        ("patterns", source.clone()),
        ("code", settings.code.to_string()),
        ("bits flipped, or active neurons moved, at each similarity", flips.collect::<Vec<_>>().join(", ")),
        ("neurons N", settings.neurons.to_string()),
        ("rule/kernel", settings.models.join(", ")),
        rate,
        penalty,
        updates,
        solver,
        (
            "cues",
            format!("{} a pattern, at most {} a network and similarity", settings.cues_per_pattern, settings.max_cues),
        ),
        ("networks at each load", settings.networks.to_string()),
        ("steps at most", settings.max_steps.to_string()),
        ("dynamics", settings.dynamics.clone()),
        ("seed", settings.seed.to_string()),
        ("arithmetic", settings.arithmetic.clone()),
    ];
    let rows = rows.map(|(name, value)| (name.to_owned(), value));
    let question = format!(
        "How many {source} does a memory of {} neurons hold, learnt by {}, and from how far does it still recall them?",
        settings.neurons,
        settings.models.join(", ")
    );
    let report = Report {
        title: "Capacity sweep",
        question: &question,
        settings: &rows,
        notes: &all,
        body: &Body::of_sweep(cells)?,
        command: &store.manifest().command,
        manifest: &manifest,
        complete: (cells.len(), plan.cells()),
    };
    store.publish(&report, notes)
}

/// That some cells have no trials, and of which rules.
fn without_trials(cells: &[Cell]) -> Option<String> {
    let nothing: Vec<&Cell> = cells.iter().filter(|cell| cell.trials == 0).collect();
    let mut rules: Vec<&str> = nothing.iter().map(|cell| cell.rule.as_str()).collect();
    rules.dedup();
    (!nothing.is_empty()).then(|| {
        format!(
            "{} of {} cells have no trials, of rules {}: training diverged, or the patterns have no such memory",
            nothing.len(),
            cells.len(),
            rules.join(", ")
        )
    })
}
