//! `attractor train`: patterns in, a model file out.

use std::path::{Path, PathBuf};

use attractor::code::Code;
use attractor::data::{Binarize, Input, check_writable, read_patterns, write_atomic};
use attractor::engine::Workspace;
use attractor::error::Error;
use attractor::memory::{self, Convergence, Memory, Profile, Provenance};
use attractor::pattern::Patterns;
use attractor::plan;
use attractor::rule::{self, Descent, Learned, Look, Model, Rule, Solver, learn, unstable_step};
use clap::Args;
use serde_json::json;

use super::interrupt::go_on;
use super::list::{code_help, kernels_help, rules_help};
use super::progress::Progress;
use super::{BackendArgs, DistancesArgs, Output};

/// Train a memory on patterns from a file and save it
#[derive(Args, Debug)]
pub(super) struct TrainArgs {
    /// Patterns to store, [P, N]: FILE[,array=NAME][,rows=A..B][,label=L] (.npz, images, ..: docs/files.md)
    #[arg(long, value_name = "FILE")]
    patterns: Input,
    /// What each pattern should answer with [default: itself]
    #[arg(long, value_name = "FILE")]
    targets: Option<Input>,
    /// How values become bits: threshold:V, mean or median (of each column) [default: they are -1/+1 or 0/1 already]
    #[arg(long)]
    binarize: Option<Binarize>,
    /// Store only the first so many patterns
    #[arg(long, value_name = "COUNT")]
    first: Option<usize>,
    #[arg(long, help = format!("Kernel: {}", kernels_help()))]
    kernel: Option<Profile>,
    #[arg(long, default_value = "klr", help = format!("Learning rule: {}", rules_help()))]
    rule: Rule,
    #[arg(long, default_value_t, value_name = "CODE", help = code_help())]
    code: Code,
    #[command(flatten)]
    descent: DescentArgs,
    #[command(flatten)]
    distances: DistancesArgs,
    #[command(flatten)]
    backend: BackendArgs,
    /// Model file to write (safetensors)
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Table to write of objective, gradient norm and residual norm, of rules klr and llr: at the start and after every
    /// update
    #[arg(long, value_name = "FILE.csv")]
    trace_training: Option<PathBuf>,
}

/// Settings of gradient descent.
#[derive(Args, Clone, Copy, Debug)]
pub(super) struct DescentArgs {
    /// Step size, eta
    #[arg(long, default_value_t = 0.1, help_heading = "Training", allow_negative_numbers = true)]
    learning_rate: f32,
    /// Ridge penalty, lambda
    #[arg(long, default_value_t = 0.01, help_heading = "Training", allow_negative_numbers = true)]
    regularization: f32,
    /// Number of updates; of solvers that stop by --gradient-norm the most
    #[arg(long, default_value_t = 500, help_heading = "Training", allow_negative_numbers = true)]
    updates: usize,
    /// Training counts as settled once gradient and residual fell to this share of their start
    #[arg(long, default_value_t = 0.05, help_heading = "Training", allow_negative_numbers = true)]
    tolerance: f64,
    /// How the rule is solved. klr: gradient-descent (auto), as published, for so many updates of so large a step; or
    /// until the gradient is small: nesterov, accelerated, on any backend; preconditioned, the fastest on a CPU, with P
    /// x P numbers of memory, and newton-cg, without, in f64 on the host; natural, by --learning-rate. llr:
    /// gradient-descent (auto), nesterov, newton-cg. krr: cholesky (auto up to 8192 patterns), conjugate-gradients
    #[arg(long, value_name = "SOLVER", default_value_t, help_heading = "Training")]
    solver: Solver,
    /// Largest gradient component at which solvers that converge stop
    #[arg(long, default_value_t = 1e-4, help_heading = "Training", allow_negative_numbers = true)]
    gradient_norm: f64,
}

impl DescentArgs {
    pub(super) fn settings(self) -> Descent {
        let Self { learning_rate, regularization, updates, tolerance, solver, gradient_norm } = self;
        Descent { learning_rate, regularization, updates, tolerance, solver, gradient_norm, trace: false }
    }
}

/// The first rows, as --first asks for them; all without it.
pub(super) fn first(count: Option<usize>, patterns: Patterns) -> attractor::Result<Patterns> {
    match count {
        Some(0) => Err(Error::setting("--first 0", "give at least one pattern")),
        Some(count) if count < patterns.len() => Ok(patterns.prefix(count)),
        Some(count) if count > patterns.len() => Err(Error::setting(
            format!("--first {count}, but the file has {} patterns", patterns.len()),
            "give a smaller --first, or leave it out",
        )),
        _ => Ok(patterns),
    }
}

pub(super) fn run(args: &TrainArgs, output: Output) -> anyhow::Result<()> {
    let descent = Descent { trace: args.trace_training.is_some(), ..args.descent.settings() };
    descent.check()?;
    let keys = first(args.first, read_patterns(&args.patterns, args.binarize)?)?;
    let targets = match &args.targets {
        Some(path) => first(args.first, read_patterns(path, args.binarize)?)?,
        None => keys.clone(),
    };
    let (patterns, neurons) = (keys.len(), keys.neurons());
    if (targets.len(), targets.neurons()) != (patterns, neurons) {
        return Err(Error::setting(
            format!("{} targets of {} neurons for {patterns} patterns of {neurons}", targets.len(), targets.neurons()),
            "give one target of the same width for each pattern",
        )
        .into());
    }
    let contradictions = keys.duplicates();
    if let Some((earlier, later)) = contradictions.first() {
        let count = contradictions.len();
        output.warn(&format!("{count} of {patterns} patterns repeat an earlier one (rows {earlier} and {later} first): equal keys share one answer"));
    }
    let model = Model::new(args.rule.clone(), args.kernel.clone())?.coded(args.code)?;
    model.table(neurons)?;
    [&keys, &targets].into_iter().try_for_each(|patterns| model.check_patterns(patterns))?;
    model.rule.check_solver(&descent)?;
    if keys != targets {
        model.rule.check_targets()?;
    }
    if descent.trace && !model.rule.solvers().contains(&Solver::GradientDescent) {
        let what = format!("--trace-training with rule {}, which descends no objective", model.rule);
        return Err(Error::setting(what, "leave it out, or use --rule klr or llr").into());
    }
    let distances = args.distances.distances;
    distances.check(neurons)?;
    plan::check_fits(
        &format!("training {patterns} patterns of {neurons} neurons"),
        model.rule.bytes(1, patterns, neurons, &descent, distances),
        super::available_memory(),
        &plan::cure(descent.solver, distances, "store fewer patterns with --first"),
    )?;
    let outputs: Vec<&Path> =
        [Some(&args.out), args.trace_training.as_ref()].into_iter().flatten().map(AsRef::as_ref).collect();
    for file in [Some(&args.patterns), args.targets.as_ref()].into_iter().flatten().flat_map(Input::files) {
        super::refuse_replacing(file, &outputs)?;
    }
    if args.out.is_file() && memory::load(&args.out).is_err() {
        let what = format!("{} exists and is no model", args.out.display());
        return Err(Error::setting(what, "give another --out, or remove the file").into());
    }
    outputs.iter().try_for_each(|output| check_writable(output))?;
    let opened = args.backend.open(output)?;
    let backend = opened.backend.as_ref();
    output.say(&format!(
        "training {patterns} patterns of {neurons} neurons (P/N = {:.3})",
        patterns as f64 / neurons as f64
    ));

    let [cost, _] = model.cost(patterns, neurons, descent.updates);
    if let Some(warning) = unstable_step(&model, &keys, &descent) {
        output.warn(&warning);
    }
    let progress = Progress::new(output, cost);
    let space = Workspace::new(backend);
    let [own, wanted] = [&keys, &targets].map(std::slice::from_ref);
    let learned = learn(&model, distances, &space, own, wanted, &descent, &mut |done| {
        let share = done as f64 / descent.updates.max(1) as f64;
        progress.at(cost * share, format!("update {done} of {}", descent.updates));
        go_on()
    });
    drop(progress);
    // However it ended: what came up may be why.
    output.warn_of(backend);
    let Some(Learned { readout, convergence, distances, trace }) = learned?.into_iter().next() else {
        unreachable!("one network learnt")
    };
    // Of training that diverged too: it shows how.
    if let Some(path) = &args.trace_training {
        write_trace(path, &trace)?;
    }
    let provenance = Provenance {
        targets: args.targets.as_ref().map(Input::to_string),
        source: args.patterns.to_string(),
        convergence: convergence.clone(),
        ..rule::provenance(&model, &descent, backend.device())
    };
    let memory = Memory { keys, readout: readout?, code: model.code, provenance };
    memory::save(&memory, &args.out)?;
    if let Some(end) = convergence.as_ref().filter(|end| !end.settled) {
        output.warn(&unsettled(&model, &descent, end));
    }
    if output.json {
        let result = json!({ "model": args.out, "patterns": patterns, "neurons": neurons, "convergence": convergence });
        output.print(&result.to_string())?;
    } else {
        let end = convergence.as_ref().map_or(String::new(), |end| {
            let objective = end.objective.map(|objective| format!(": objective {objective:.4e},"));
            let settled = if end.settled { "settled" } else { "not settled" };
            format!("{} gradient norm {:.2e}, {settled}", objective.unwrap_or(":".into()), end.gradient_norm)
        });
        let distances = distances.map_or(String::new(), |distances| format!("; distances {distances}"));
        output.say(&format!("wrote {} by {model}{end}{distances}", args.out.display()));
    }
    Ok(())
}

/// A row for the start and for each update, of columns `update`, `objective`, `gradient_norm` and `residual_norm`.
fn write_trace(path: &Path, trace: &[Look]) -> anyhow::Result<()> {
    let mut table = csv::Writer::from_writer(Vec::new());
    trace.iter().try_for_each(|look| table.serialize(look))?;
    Ok(write_atomic(path, &table.into_inner()?)?)
}

/// What to know of a memory that training has not settled.
fn unsettled(model: &Model, descent: &Descent, end: &Convergence) -> String {
    if model.rule.solver(descent).is_some_and(Solver::converges) {
        let residual = end.residual_norm.map(|norm| format!(", and the largest residual {norm:.1e}"));
        let cure = match end.updates < descent.updates {
            true => "that is what rounding the dual to f32 leaves: raise --gradient-norm",
            false => "raise --updates, --gradient-norm or --regularization",
        };
        return format!(
            "training has not settled: after {} updates the largest gradient component is {:.1e}, not {:.1e}{}; {cure}",
            end.updates,
            end.gradient_norm,
            descent.gradient_norm,
            residual.unwrap_or_default()
        );
    }
    let share = end.gradient_norm / end.initial_gradient_norm;
    if share >= 1.0 {
        return format!(
            "training has not settled: the gradient grew to {share:.3e} times its start; the memory depends on --updates {}: lower --learning-rate (now {})",
            descent.updates, descent.learning_rate
        );
    }
    let residual = end.residual_norm.map(|norm| format!(" and the residual to {:.3}", norm / 0.5));
    format!(
        "training has not settled: the gradient fell to {share:.3}{} of its start, not to {}; the memory depends on --updates {}: raise it, or lower --learning-rate if the gradient grows",
        residual.unwrap_or_default(),
        descent.tolerance,
        descent.updates
    )
}
