//! A capacity search's report.

use super::{Capacity, Plan, Store, body, half_trained, setting_rows};
use crate::error::Result;
use crate::report::Report;

/// Writes the report of what was found into the folder.
///
/// # Errors
/// If a figure cannot be drawn, or a file not be written.
pub fn publish(plan: &Plan, store: &Store, found: &[Capacity], notes: &[String]) -> Result<()> {
    let all: Vec<String> = half_trained(found).into_iter().chain(notes.iter().cloned()).collect();
    let question = format!(
        "How many patterns does a memory learnt by {} hold, and how does that grow with N?",
        plan.settings.models.join(", ")
    );
    let report = Report {
        title: "Capacity",
        question: &question,
        settings: &setting_rows(plan),
        notes: &all,
        body: &body(found)?,
        command: &store.manifest().command,
        manifest: &store.manifest().to_json()?,
        complete: (found.len(), plan.searches.len()),
    };
    store.publish(&report, notes)
}
