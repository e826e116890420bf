//! What the verbs of all studies share: which memories, and the way from options to a report.

use std::path::PathBuf;

use attractor::data::{Binarize, Input};
use attractor::pattern::Patterns;
use attractor::rule::Model;
use attractor::store::Store;
use attractor::study::{self, Analysis, Event, Plan, Subject, Unit};
use attractor::sweep::Ways;
use clap::Args;

use super::interrupt::go_on;
use super::list::{kernels_help, models, numbers, rules_help};
use super::nothing::Nothing;
use super::progress::Progress;
use super::{BackendArgs, DistancesArgs, Output, PrecisionArgs, ShardArgs, own_patterns};

/// Which memories are studied, and where.
#[derive(Args, Debug)]
pub(super) struct StudyArgs {
    /// Neurons, N [default: 100, where not said above; with --patterns: the file's width]
    #[arg(long)]
    neurons: Option<usize>,
    /// Loads P/N: numbers or ranges first..last:step [default: above]
    #[arg(long, value_name = "LIST", allow_hyphen_values = true)]
    loads: Option<String>,
    /// Store the first P = load x N rows of FILE[,array=NAME][,rows=A..B][,label=L] (.npz, images, ..:
    /// docs/files.md) instead of random patterns
    #[arg(long, value_name = "FILE")]
    pub(super) patterns: Option<Input>,
    /// How the file's values become bits: threshold:V, mean or median (of each column)
    #[arg(long, requires = "patterns")]
    binarize: Option<Binarize>,
    #[arg(long, value_name = "LIST", help = format!("Kernels, a list: {}", kernels_help()))]
    kernel: Vec<String>,
    #[arg(long, value_name = "LIST", default_value = "klr", help = format!(
        "Learning rules, a list: {}; each with every kernel listed if it takes one, or RULE/KERNEL",
        rules_help()
    ))]
    rule: Vec<String>,
    #[command(flatten)]
    descent: super::train::DescentArgs,
    /// Penalties lambda, a list, each in the place of --regularization
    #[arg(long, value_name = "LIST", help_heading = "Training")]
    regularizations: Option<String>,
    /// Independent networks of each memory and load [default: 3, or 1 with --patterns]
    #[arg(long)]
    networks: Option<usize>,
    /// Seed of all randomness
    #[arg(long, default_value_t = 1)]
    seed: u64,
    #[command(flatten)]
    shard: ShardArgs,
    #[command(flatten)]
    precision: PrecisionArgs,
    #[command(flatten)]
    distances: DistancesArgs,
    #[command(flatten)]
    backend: BackendArgs,
    /// Folder for the table, manifest.json, figures and report.html [default: results/<verb>, with the file if given]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// What a verb studies where its options say nothing.
pub(super) struct Usual {
    pub(super) neurons: usize,
    pub(super) loads: &'static str,
    /// Kernels; the rules' own if empty.
    pub(super) kernels: &'static str,
}

impl StudyArgs {
    /// What the options mean, and the user's own patterns.
    fn subject(&self, usual: &Usual, arithmetic: &str) -> attractor::Result<(Subject, Option<Patterns>)> {
        let (source, patterns) = own_patterns(self.patterns.as_ref(), self.binarize, self.neurons)?.unzip();
        let penalties = self.regularizations.as_deref().map(numbers).transpose()?.unwrap_or_default();
        // The verb's own kernels are for rules that take one.
        let own = if self.kernel.is_empty() { vec![usual.kernels.to_owned()] } else { self.kernel.clone() };
        let models = match models(&self.rule, &own) {
            Err(_) if self.kernel.is_empty() => models(&self.rule, &[])?,
            models => models?,
        };
        let subject = Subject {
            neurons: self.neurons.or(patterns.as_ref().map(Patterns::neurons)).unwrap_or(usual.neurons),
            loads: numbers(self.loads.as_deref().unwrap_or(usual.loads))?,
            models: models.iter().map(Model::to_string).collect(),
            descent: self.descent.settings(),
            regularizations: penalties.into_iter().map(|penalty| penalty as f32).collect(),
            networks: self.networks.unwrap_or(if patterns.is_some() { 1 } else { 3 }),
            seed: self.seed,
            patterns: source,
            arithmetic: arithmetic.into(),
            shard: self.shard.shard,
        };
        Ok((subject, patterns))
    }

    fn folder(&self, name: &str) -> PathBuf {
        let file = self.patterns.as_ref().and_then(|input| input.path().file_stem());
        let file = file.map(|stem| format!("-{}", stem.to_string_lossy())).unwrap_or_default();
        self.out.clone().unwrap_or_else(|| format!("results/{name}{file}").into())
    }
}

/// Plans, runs or continues, and reports a study.
pub(super) fn run<A: Analysis>(args: &StudyArgs, usual: &Usual, analysis: A, output: Output) -> anyhow::Result<()> {
    run_for(args, usual, |_, _| Ok(analysis.clone()), output)
}

/// The same of an analysis that depends on the number of neurons, or on the user's own patterns.
pub(super) fn run_for<A: Analysis>(
    args: &StudyArgs,
    usual: &Usual,
    analysis: impl Fn(usize, Option<&Patterns>) -> attractor::Result<A>,
    output: Output,
) -> anyhow::Result<()> {
    let opened = args.backend.open(output)?;
    let backend = opened.backend.as_ref();
    let (subject, patterns) = args.subject(usual, &backend.device().arithmetic)?;
    let analysis = analysis(subject.neurons, patterns.as_ref())?;
    let plan = Plan::new(subject, analysis, patterns)?;
    plan.check_memory(args.distances.distances, super::available_memory())?;
    let folder = args.folder(A::NAME);
    let command = super::command_line();
    let mut store = Store::open(&folder, &plan, &command, backend.device(), args.precision.precision)?;

    let total: f64 = plan.units(0).iter().map(Unit::total).sum();
    let networks = store.rows().len() / plan.settings.analysis.rows();
    let mut done = total - plan.units(networks).iter().map(Unit::total).sum::<f64>();
    let progress = Progress::new(output, total);
    progress.line(&format!("{}: {} rows into {}", A::NAME, plan.rows(), folder.display()));
    progress.skip(done);
    let mut warnings = study::warnings(&plan)?;
    warnings.iter().for_each(|warning| progress.warn(warning));
    let ways = Ways { precision: args.precision.precision, distances: args.distances.distances };
    let mut nothing = Nothing::default();
    let rows = study::run(&plan, ways, backend, &mut store, &mut |event| {
        match event {
            Event::Resumed(rows) => progress.line(&format!("continuing: {rows} rows are there already")),
            Event::Working { unit, stage, share } => {
                progress.at(done + share * unit.total(), format!("{stage} {}", describe(unit)));
            }
            Event::Nothing { unit, why } => nothing.hear(&progress, &describe(unit), why),
            Event::Saved { unit, rows } => {
                done += unit.total();
                progress.at(done, "");
                let settled = if rows.iter().all(|row| row.head.settled) { "" } else { "; training not settled" };
                progress.line(&format!("{}{settled}", describe(unit)));
            }
        }
        go_on()
    });
    drop(progress);
    // However it ended: what came up may be why.
    for warning in backend.warnings() {
        output.warn(&warning);
        warnings.push(warning);
    }
    let rows = rows?;
    let without: Vec<&String> = rows.iter().filter(|row| !row.head.learnt()).map(|row| &row.head.rule).collect();
    study::publish(&plan, &store, &warnings)?;
    if output.json {
        for row in &rows {
            output.print(&row.to_json()?.to_string())?;
        }
    } else if !output.quiet {
        output.print(plan.settings.analysis.table(&rows).trim_end())?;
    }
    output.say(&format!("report: {}", folder.join("report.html").display()));
    let all = format!("{} rows", rows.len());
    Ok(nothing.diverged(without.into_iter(), &all, &plan.settings.subject.descent)?)
}

fn describe(unit: &Unit) -> String {
    let networks = match unit.networks.as_slice() {
        [one] => format!("network {one}"),
        [first, .., last] => format!("networks {first}-{last}"),
        [] => String::new(),
    };
    format!("{} lambda {} P/N = {} {networks}", unit.model, unit.descent.regularization, unit.load)
}
