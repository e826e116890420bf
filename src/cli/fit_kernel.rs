//! `attractor fit-kernel`: bipolar patterns and what corrupts them in, a kernel and its memory out.

mod options;
mod plan;
mod saved;

use attractor::data::{Input, write_atomic};
use attractor::engine::Workspace;
use attractor::memory::Provenance;
use attractor::recall::{Precision, recall_in};
use attractor::retrieval::Use;
use attractor::retrieval::fit::{Epoch, Fitted, LogKernel, Training, fit_kernel, kernel_loss};
use serde_json::{Value, json};

pub(super) use self::options::FitKernelArgs;
use self::plan::Plan;
use self::saved::Saved;
use super::fitting::{self, Checkpoint};
use super::interrupt::go_on;
use super::progress::Progress;
use super::{Output, command_line};

/// Counts that a batch makes, unless more are asked for.
const COUNTS: usize = 1 << 26;

/// How a kernel does on fresh queries.
struct Tried {
    kernel: &'static str,
    queries: usize,
    correct: usize,
    loss: f64,
}

pub(super) fn run(args: &FitKernelArgs, output: Output) -> anyhow::Result<()> {
    let plan = Plan::read(args)?;
    let (count, neurons) = (plan.patterns.len(), plan.patterns.neurons());
    let start = LogKernel::straight(neurons, args.start);
    start.table()?;
    let [kernel, model, losses] = ["kernel.txt", "model.safetensors", "training.csv"].map(|name| args.out.join(name));
    let inputs = [&args.patterns, &args.cues.pairs, &args.cues.sources];
    super::prepare_folder(&args.out, &[&kernel, &model, &losses], inputs.into_iter().flatten().flat_map(Input::files))?;
    let samples = fitting::samples(args.fitting.training.samples, count, plan.pairs())?;
    let training = Training {
        epochs: args.fitting.training.epochs,
        samples,
        batch: args.fitting.training.batch.unwrap_or(samples.min(2048).min((COUNTS / (neurons + 1)).max(1))),
        learning_rate: args.fitting.training.learning_rate.unwrap_or(0.02),
        resamples: !args.fitting.training.fixed_samples,
        patience: args.fitting.training.patience,
        ..Training::of(count, args.fitting.seed)
    };
    training.check()?;
    let opened = args.fitting.device.open(&args.fitting.checks.options(), output)?;
    let space = Workspace::new(opened.backend.as_ref());
    let device = opened.backend.device();
    let provenance = Provenance {
        rule: "hebb".into(),
        learning_rate: training.learning_rate as f32,
        seed: Some(args.fitting.seed),
        arithmetic: device.arithmetic.clone(),
        backend: device.name.clone(),
        source: command_line(),
        version: env!("CARGO_PKG_VERSION").into(),
        ..Provenance::unknown("fitted")
    };
    let saved = Saved { patterns: &plan.patterns, provenance, kernel, model };
    output.say(&format!("fitting a kernel to {count} patterns of {neurons} neurons"));
    let fitted = fit(&plan, &space, &start, &training, &saved, output)?;
    let lost = saved.write(&fitted.learned, fitted.losses.len())?;
    write_atomic(&losses, &fitting::trace(&fitted.losses)?)?;
    fitting::ended(&fitted, training.learning_rate, &args.out)?;
    if lost > 0 {
        output.warn(&format!("{lost} weights of kernel.txt are 0, too small for its numbers; the model has them"));
    }
    let tried = tried(args, &plan, &space, [("start", &start), ("fitted", &fitted.learned)], &saved, output)
        .map_err(|error| fitting::kept(error, &args.out))?;
    tell(args, &fitted, &tried, output)?;
    output.warn_of(opened.backend.as_ref());
    let folder = args.out.display();
    output.say(&format!("wrote {folder}/kernel.txt, {folder}/model.safetensors and {folder}/training.csv"));
    Ok(())
}

/// Trains; the best so far is saved on the way.
fn fit(
    plan: &Plan,
    space: &Workspace<'_>,
    start: &LogKernel,
    training: &Training,
    saved: &Saved<'_>,
    output: Output,
) -> attractor::Result<Fitted<LogKernel>> {
    let progress = Progress::steps(output, training.epochs);
    let mut checkpoint = Checkpoint::new(output);
    let mut observer = |epoch: &Epoch<'_, LogKernel>| {
        progress.at(epoch.number as f64, format!("loss {:.4}", epoch.loss));
        checkpoint.save(|| saved.write(epoch.best, epoch.number).map(|_| ()));
        go_on()
    };
    fit_kernel(space, &plan.patterns, start, &plan.cues(), training, &mut observer)
}

/// How kernels do on fresh queries: whether one step ends in the source.
fn tried(
    args: &FitKernelArgs,
    plan: &Plan,
    space: &Workspace<'_>,
    kernels: [(&'static str, &LogKernel); 2],
    saved: &Saved<'_>,
    output: Output,
) -> attractor::Result<Vec<Tried>> {
    if args.trials == 0 || plan.pairs().is_some() {
        return Ok(Vec::new());
    }
    let draws = fitting::fresh(plan.patterns.len(), args.trials);
    let (queries, sources) = plan.cues().draw(space, args.fitting.seed, &plan.patterns, &draws, Use::Trying)?;
    let progress = Progress::steps(output, 100);
    let mut observer = |share: f64| {
        progress.at(share * 100.0, "trying it");
        go_on()
    };
    let mut found = Vec::new();
    for (name, kernel) in kernels {
        let memory = saved.memory(kernel, 0)?;
        let cues = std::slice::from_ref(&queries);
        let recalls = recall_in(Precision::F32, space, &[&memory], cues, 1, &mut observer)?;
        let finals = recalls.iter().flat_map(|recall| (0..sources.len()).map(move |row| recall.finals.row(row)));
        let correct = finals.zip(&sources).filter(|&(end, &source)| end == plan.patterns.row(source)).count();
        let (loss, _) = kernel_loss(space, &plan.patterns, kernel, &queries, &sources)?;
        found.push(Tried { kernel: name, queries: sources.len(), correct, loss });
    }
    Ok(found)
}

fn tell(args: &FitKernelArgs, fitted: &Fitted<LogKernel>, tried: &[Tried], output: Output) -> attractor::Result<()> {
    let ends = fitted.losses.first().zip(fitted.losses.last());
    let accuracy = |tried: &Tried| tried.correct as f64 / tried.queries as f64;
    if output.json {
        let of = |tried: &Tried| {
            let Tried { kernel, queries, loss, .. } = tried;
            json!({ "kernel": kernel, "queries": queries, "accuracy": accuracy(tried), "loss": loss })
        };
        let all = json!({
            "epochs": fitted.losses.len(),
            "first_loss": ends.map(|(first, _)| first),
            "last_loss": ends.map(|(_, last)| last),
            "best_epoch": fitted.best,
            "best_loss": fitted.best_loss,
            "tried": tried.iter().map(of).collect::<Vec<Value>>(),
            "out": args.out,
        });
        return output.print(&all.to_string());
    }
    if output.quiet {
        return Ok(());
    }
    if let Some((first, last)) = ends {
        output.print(&format!("loss     {first:.4} to {last:.4} in {} epochs", fitted.losses.len()))?;
    }
    for tried in tried {
        let (low, high) = attractor::measure::wilson(tried.correct as u64, tried.queries as u64);
        output.print(&format!(
            "{:<8} loss {:.4}, {:.3} of {} fresh queries one step from their pattern ({low:.3} to {high:.3})",
            tried.kernel,
            tried.loss,
            accuracy(tried),
            tried.queries
        ))?;
    }
    Ok(())
}
