//! A study's report.

use super::{Analysis, Plan, Settings};
use crate::error::Result;
use crate::report::Report;
use crate::store::Store;

/// Writes the report of all rows into the folder.
///
/// # Errors
/// If a figure cannot be drawn, or a file not be written.
pub fn publish<A: Analysis>(plan: &Plan<A>, store: &Store<Plan<A>>, notes: &[String]) -> Result<()> {
    let Settings { subject, analysis } = &plan.settings;
    let blank = store.rows().iter().filter(|row| !row.head.learnt()).count();
    let told = format!("{blank} of {} rows are blank: their networks learnt nothing", store.rows().len());
    let all: Vec<String> = notes.iter().cloned().chain((blank > 0).then_some(told)).collect();
    let manifest = store.manifest().to_json()?;
    let settings = [subject.rows(), analysis.settings()].concat();
    let report = Report {
        title: A::TITLE,
        question: &analysis.question(subject),
        settings: &settings,
        notes: &all,
        body: &analysis.body(subject, store.rows())?,
        command: &store.manifest().command,
        manifest: &manifest,
        complete: (store.rows().len(), plan.rows()),
    };
    store.publish(&report, notes)
}
