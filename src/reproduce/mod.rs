//! Published claims beside this engine's own measurements: one table of claims for each paper, each claim with its
//! verdict.
//!
//! A claim is a line of its paper's table, in a file here, and a function that measures it in a `Lab`: by ordinary
//! experiments in folders of their own, so that what is finished is kept; what takes seconds is measured again.
//! `measure/claim.rs` says what agrees with a published number, `report/claims.rs` what the page looks like.

mod a;
mod estimate;
mod g;
mod h;
mod judged;
mod lab;
mod paper;
mod q;

pub use judged::{ClaimRow, Judged};
pub use paper::Paper;

use std::fmt;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use self::judged::Evidence;
use self::lab::Lab;
use crate::data::{Features, lines, write_atomic};
use crate::engine::Backend;
use crate::error::{Error, Result};
use crate::measure::claim::Reading;
use crate::pattern::Patterns;
use crate::plan::Source;
use crate::report::{Body, Report};
use crate::store::{Experiment, Seconds, Store};
use crate::sweep::Ways;

/// What a paper says.
pub struct Claim {
    /// In files and on the terminal.
    pub name: &'static str,
    /// Paper and place.
    pub source: &'static str,
    /// What it says.
    pub says: &'static str,
    /// When it counts as reproduced.
    pub judged: &'static str,
    measure: fn(&mut Lab<'_, '_>) -> Result<Evidence>,
}

impl fmt::Debug for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Claim").field("name", &self.name).field("says", &self.says).finish_non_exhaustive()
    }
}

/// All that decides a reproduction's numbers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// Whose claims.
    pub paper: Paper,
    /// Whether at a size that takes minutes, or at the published one.
    pub quick: bool,
    /// Seed of all randomness.
    pub seed: u64,
    /// The user's own patterns, for claims about such.
    pub patterns: Option<Source>,
    /// How multiply-adds round: "fused" or "twice-rounded".
    pub arithmetic: String,
}

impl Experiment for Settings {
    type Settings = Self;
    type Row = ClaimRow;
    const NAME: &'static str = "reproduction";
    const FORMAT: &'static str = "attractor-reproduction-2";
    const TABLE: &'static str = "claims.csv";

    fn settings(&self) -> &Self {
        self
    }

    fn expects(&self, before: &[ClaimRow], row: &ClaimRow) -> bool {
        self.paper.claims().get(before.len()).is_some_and(|claim| claim.name == row.claim)
    }

    fn is_complete(&self, rows: &[ClaimRow]) -> bool {
        rows.len() == self.paper.claims().len()
    }
}

/// What is asked for, and where it is computed.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// What decides the numbers.
    pub settings: &'a Settings,
    /// The user's own patterns, if there are.
    pub patterns: Option<&'a Patterns>,
    /// The same of real numbers, of the papers about these.
    pub features: Option<&'a Features>,
    /// Where it is computed.
    pub backend: &'a dyn Backend,
    /// How, as far as it changes no result.
    pub ways: Ways,
    /// The command, as typed.
    pub command: &'a str,
}

/// What a reproduction tells its observer.
#[derive(Debug)]
pub enum Event<'a> {
    /// A claim is being measured.
    Working {
        /// Which.
        claim: &'a str,
        /// The experiment and what it does.
        doing: &'a str,
        /// Share of the experiment that is done, 0 to 1.
        share: f64,
    },
    /// A claim has its verdict.
    Judged(&'a Judged),
}

/// Hears of every [`Event`] and answers whether to go on.
pub type Observer<'a> = dyn FnMut(Event<'_>) -> bool + 'a;

/// Refuses patterns that no claim of the paper is about, or too few.
///
/// # Errors
/// Naming what is wrong and the cure.
pub fn check(paper: Paper, patterns: Option<&Patterns>) -> Result<()> {
    let least = 2 * h::STORED;
    match (paper, patterns) {
        (Paper::Q, Some(_)) => {
            Err(Error::setting("--patterns of q, which has no claim about real data", "leave it out"))
        }
        (Paper::H, Some(patterns)) if patterns.len() < least => {
            let what =
                format!("{} patterns, of which h stores {} in each of two networks or more", patterns.len(), h::STORED);
            Err(Error::setting(what, format!("give {least} at least")))
        }
        (Paper::G, Some(patterns)) if patterns.len() < g::COUNTS[0] => {
            let what = format!("{} patterns, of which g stores {} at least", patterns.len(), g::COUNTS[0]);
            Err(Error::setting(what, "give more, such as the sign codes of 10,000 images"))
        }
        _ => Ok(()),
    }
}

/// Measures and judges every claim of a paper; the report and readings.csv are written after each.
///
/// # Errors
/// If a claim cannot be measured at all, the backend or the folder fails, or the observer answers no; finished
/// experiments and verdicts stay saved.
pub fn run(request: &Request<'_>, store: &mut Store<Settings>, observer: &mut Observer<'_>) -> Result<Vec<Judged>> {
    check(request.settings.paper, request.patterns)?;
    let mut all = Vec::new();
    for (index, claim) in request.settings.paper.claims().iter().enumerate() {
        let folder = store.folder().to_owned();
        let mut lab = Lab {
            request,
            folder,
            observer: &mut *observer,
            claim: claim.name,
            experiments: Vec::new(),
            half_trained: Vec::new(),
        };
        let start = Instant::now();
        let evidence = (claim.measure)(&mut lab)?;
        let judged = Judged::of(claim, evidence, &lab.experiments, &lab.half_trained);
        match store.rows().get(index) {
            None => store.append(std::slice::from_ref(&judged.row), Seconds::new(Duration::ZERO, start.elapsed()))?,
            Some(known) if *known == judged.row => {}
            Some(known) => {
                let what =
                    format!("says of {} {}, and it is judged {} now", known.claim, known.verdict, judged.row.verdict);
                let cure = "give another --out, or remove the folder: claims, criteria or numbers have changed";
                return Err(Error::data(store.folder().join(Settings::TABLE), what, cure));
            }
        }
        let go_on = observer(Event::Judged(&judged));
        all.push(judged);
        // What an earlier run has published stays until this one knows as much.
        if all.len() >= store.rows().len() {
            publish(request.settings, store, &all)?;
        }
        if !go_on {
            return Err(Error::Interrupted);
        }
    }
    Ok(all)
}

fn publish(settings: &Settings, store: &Store<Settings>, all: &[Judged]) -> Result<()> {
    let readings: Vec<&Reading> = all.iter().flat_map(|claim| &claim.readings).collect();
    write_atomic(&store.folder().join("readings.csv"), &lines(&readings, true)?)?;
    let size = if settings.quick { "quick: minutes on two cores" } else { "published" };
    let patterns = settings.patterns.as_ref().map_or("none given".to_owned(), |source| source.file.clone());
    let rows = [
        ("paper", settings.paper.title().to_owned()),
        ("size", size.to_owned()),
        ("own patterns", patterns),
        ("seed", settings.seed.to_string()),
        ("arithmetic", settings.arithmetic.clone()),
    ];
    let mut notes = Vec::new();
    if settings.quick {
        notes.push(
            "Sizes are those that take minutes on two cores, not the published ones: leave --quick out for those."
                .into(),
        );
    }
    let report = Report {
        title: "Published claims, measured",
        question: &format!("Which claims of {} does this engine reproduce?", settings.paper.title()),
        settings: &rows.map(|(name, value)| (name.to_owned(), value)),
        notes: &notes,
        body: &Body::of_claims(&all.iter().map(Judged::told).collect::<Vec<_>>()),
        command: &store.manifest().command,
        manifest: &store.manifest().to_json()?,
        complete: (all.len(), settings.paper.claims().len()),
    };
    store.publish(&report, &[])
}
