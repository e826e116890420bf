//! `attractor fit-similarity`: patterns and what corrupts them in, a memory that knows it out.

mod options;
mod plan;

use attractor::Error;
use attractor::data::{Input, check_writable, write_atomic};
use attractor::engine::{Backend, Workspace};
use attractor::retrieval::fit::{Epoch, Examples, Fitted, Spread, Training, bias, fit, separate};
use attractor::retrieval::{
    Evaluation, Learns, Modulation, Network, Separation, Similarity, Steps, Use, evaluate, save,
};
use serde_json::{Value, json};

pub(super) use self::options::FitSimilarityArgs;
use self::plan::{Plan, start};
use super::fitting::{self, Checkpoint};
use super::interrupt::go_on;
use super::progress::Progress;
use super::{Output, command_line};

/// Scores that a batch makes, unless more are asked for.
const SCORES: usize = 1 << 26;

pub(super) fn run(args: &FitSimilarityArgs, output: Output) -> anyhow::Result<()> {
    let plan = Plan::read(args)?;
    let examples = plan.examples()?;
    if args.trace_training.as_ref() == Some(&args.out) {
        return Err(Error::setting("--out and --trace-training of one name", "give each a file of its own").into());
    }
    let inputs = [&args.patterns, &args.queries.pairs, &args.queries.sources, &args.queries.scales];
    for path in std::iter::once(&args.out).chain(&args.trace_training) {
        for file in inputs.into_iter().flatten().flat_map(Input::files) {
            super::refuse_replacing(file, &[path])?;
        }
        check_writable(path)?;
    }
    let (count, dimensions) = (plan.patterns.len(), plan.patterns.dimensions());
    // What could not be saved is refused before it is trained.
    let start = start(args, dimensions);
    plan.network(start.clone().into(), None).check()?;
    let pairs = plan.pairs.as_ref().map(|(queries, _)| queries.len());
    let samples = fitting::samples(args.fitting.training.samples, count, pairs)?;
    let learning_rate = args.fitting.training.learning_rate.unwrap_or(match args.memory.learns {
        Learns::Footprint => 0.1,
        _ => 0.01,
    });
    let opened = args.fitting.device.open(&args.fitting.checks.options(), output)?;
    let space = Workspace::new(opened.backend.as_ref());
    let debias = args.memory.learns == Learns::Footprint && !args.footprint.no_debias;
    let shift = if debias { Some(bias(&space, &plan.patterns, &examples, args.fitting.seed)?) } else { None };
    let training = Training {
        epochs: args.fitting.training.epochs,
        samples,
        batch: args.fitting.training.batch.unwrap_or(samples.min(2048).min((SCORES / count).max(1))),
        learning_rate,
        trains_betas: !args.footprint.fixed_betas,
        trains_prior: args.prior,
        resamples: !args.fitting.training.fixed_samples,
        patience: args.fitting.training.patience,
        bias: shift.clone(),
        seed: args.fitting.seed,
    };
    let provenance = |epochs: usize, loss: f64| {
        json!({
            "command": command_line(),
            "memory": args.memory.name,
            "epochs": epochs,
            "best_loss": loss,
            "debiased": shift.is_some(),
            "samples": samples,
            "seed": args.fitting.seed,
            "variant": args.queries.variant.map(|variant| variant.to_string()),
            "order": args.queries.order.to_string(),
            "noise": if args.queries.noise_deviation { "standard deviation" } else { "variance" },
            "arithmetic": opened.backend.arithmetic().to_string(),
        })
    };
    output.say(&format!("fitting {} to {count} patterns of {dimensions} dimensions", args.memory));
    let fitting = Fitting { args, plan: &plan, training: &training, output, provenance: &provenance };
    let fitted = match (args.memory.learns, start) {
        (Learns::Separated, Similarity::Modulated(phi)) => fitting.separate(phi)?,
        (_, start) => fitting.fit(&space, &start, &examples)?,
    };
    let network = plan.network(fitted.learned.clone(), shift.clone());
    save(&network, &provenance(fitted.losses.len(), fitted.best_loss), &args.out)?;
    if let Some(path) = &args.trace_training {
        write_atomic(path, &fitting::trace(&fitted.losses)?)?;
    }
    fitting::ended(&fitted, learning_rate, &args.out)?;
    let tried = tried(args, &plan, &network, opened.backend.as_ref(), output)
        .map_err(|error| fitting::kept(error, &args.out))?;
    tell(args, &fitted, &tried, output)?;
    output.warn_of(opened.backend.as_ref());
    output.say(&format!("wrote {}", args.out.display()));
    Ok(())
}

/// A training, and who hears of it.
struct Fitting<'a> {
    args: &'a FitSimilarityArgs,
    plan: &'a Plan,
    training: &'a Training,
    output: Output,
    /// How a model came to be, by its epochs and loss.
    provenance: &'a dyn Fn(usize, f64) -> Value,
}

impl Fitting<'_> {
    /// Of Phi by the patterns alone.
    fn separate(&self, phi: Modulation) -> attractor::Result<Fitted> {
        let Training { epochs, learning_rate, .. } = *self.training;
        let progress = Progress::steps(self.output, epochs);
        let mut observer = |share: f64| {
            progress.at(share * epochs as f64, "keeping patterns apart");
            go_on()
        };
        let spread = Spread { epochs, learning_rate, ..Spread::default() };
        let separated = separate(&self.plan.patterns, phi, spread, &mut observer);
        let (phi, losses) = separated.map_err(|error| match error {
            Error::Interrupted => Error::Abandoned,
            other => other,
        })?;
        let best_loss = losses.iter().copied().fold(f64::INFINITY, f64::min);
        Ok(Fitted { learned: Similarity::from(phi).into(), best: losses.len(), losses, best_loss, diverged: false })
    }

    /// By queries; the best so far is saved on the way.
    fn fit(&self, space: &Workspace<'_>, start: &Similarity, examples: &Examples<'_>) -> attractor::Result<Fitted> {
        let Self { args, plan, training, output, provenance } = *self;
        let progress = Progress::steps(output, training.epochs);
        let mut checkpoint = Checkpoint::new(output);
        let mut lowest = f64::INFINITY;
        let mut observer = |epoch: &Epoch<'_>| {
            progress.at(epoch.number as f64, format!("loss {:.4}", epoch.loss));
            lowest = lowest.min(epoch.loss);
            if lowest.is_finite() {
                let network = || plan.network(epoch.best.clone(), training.bias.clone());
                checkpoint.save(|| save(&network(), &provenance(epoch.number, lowest), &args.out));
            }
            go_on()
        };
        fit(space, &plan.patterns, start, examples, training, &mut observer)
    }
}

/// How the memory does on fresh variants, and m-hop beside it.
fn tried(
    args: &FitSimilarityArgs,
    plan: &Plan,
    network: &Network,
    backend: &dyn Backend,
    output: Output,
) -> attractor::Result<Vec<(&'static str, Evaluation)>> {
    let Some(variation) = plan.variation.as_ref().filter(|_| args.trials > 0) else { return Ok(Vec::new()) };
    let space = Workspace::new(backend);
    let draws = fitting::fresh(plan.patterns.len(), args.trials);
    let sources: Vec<usize> = draws.iter().map(|draw| draw[0] as usize).collect();
    let queries = variation.features(&space, &plan.patterns, &draws, Use::Trying)?;
    let plain = Network::new(plan.patterns.clone(), Similarity::Dot, Separation::softmax_of(1.0));
    let progress = Progress::steps(output, 100);
    let mut observer = |share: f64| {
        progress.at(share * 100.0, "trying it");
        go_on()
    };
    let mut found = Vec::new();
    for (name, network) in [("m-hop", &plain), (args.memory.name, network)] {
        found.push((name, evaluate(&space, network, &queries, &sources, Steps::default(), &mut observer)?));
    }
    Ok(found)
}

fn tell(
    args: &FitSimilarityArgs,
    fitted: &Fitted,
    tried: &[(&'static str, Evaluation)],
    output: Output,
) -> attractor::Result<()> {
    let last = fitted.losses.last();
    if output.json {
        let of = |(name, found): &(&str, Evaluation)| json!({ "memory": name, "queries": found.correct.len(), "accuracy": found.accuracy(), "error": found.error() });
        let tried: Vec<Value> = tried.iter().map(of).collect();
        let all = json!({
            "memory": args.memory.name,
            "epochs": fitted.losses.len(),
            "first_loss": fitted.losses.first(),
            "last_loss": last,
            "best_epoch": fitted.best,
            "tried": tried,
            "out": args.out,
        });
        return output.print(&all.to_string());
    }
    if output.quiet {
        return Ok(());
    }
    if let (Some(first), Some(last)) = (fitted.losses.first(), last) {
        output.print(&format!("loss     {first:.4} to {last:.4} in {} epochs", fitted.losses.len()))?;
    }
    for (name, found) in tried {
        let correct = found.correct.iter().filter(|&&correct| correct).count() as u64;
        let (low, high) = attractor::measure::wilson(correct, found.correct.len() as u64);
        output.print(&format!(
            "{name:<8} {:.3} of {} fresh variants correct ({low:.3} to {high:.3}), mean squared error {:.4}",
            found.accuracy(),
            found.correct.len(),
            found.error()
        ))?;
    }
    Ok(())
}
