//! `attractor fit-kernel`: bipolar patterns and what corrupts them in, a kernel and its memory out.

mod options;
mod plan;
mod saved;

use std::time::{Duration, Instant};

use attractor::Error;
use attractor::data::{lines, write_atomic};
use attractor::engine::Workspace;
use attractor::memory::Provenance;
use attractor::recall::{Precision, recall_in};
use attractor::retrieval::Use;
use attractor::retrieval::fit::{Epoch, Fitted, LogKernel, Training, fit_kernel, kernel_loss};
use serde::Serialize;
use serde_json::{Value, json};

pub(super) use self::options::FitKernelArgs;
use self::plan::Plan;
use self::saved::Saved;
use super::interrupt::go_on;
use super::progress::Progress;
use super::{Output, command_line};

/// The best so far is saved this often.
const CHECKPOINT: Duration = Duration::from_secs(30);

/// Queries of an epoch at most, without pairs.
const MOST_SAMPLES: usize = 1 << 24;

/// Counts that a batch makes, unless more are asked for.
const COUNTS: usize = 1 << 26;

/// A row of training.csv.
#[derive(Serialize)]
struct Loss {
    epoch: usize,
    loss: f64,
}

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
    super::prepare_folder(&args.out, &[&kernel, &model, &losses], inputs.into_iter().flatten())?;
    let samples = args.training.samples.unwrap_or(count).min(plan.pairs().unwrap_or(MOST_SAMPLES));
    let training = Training {
        epochs: args.training.epochs,
        samples,
        batch: args.training.batch.unwrap_or(samples.min(2048).min((COUNTS / (neurons + 1)).max(1))),
        learning_rate: args.training.learning_rate.unwrap_or(0.02),
        resamples: !args.training.fixed_samples,
        patience: args.training.patience,
        ..Training::of(count, args.seed)
    };
    training.check()?;
    let opened = args.device.open(&args.checks.options(), output)?;
    let space = Workspace::new(opened.backend.as_ref());
    let device = opened.backend.device();
    let provenance = Provenance {
        rule: "hebb".into(),
        learning_rate: training.learning_rate as f32,
        seed: Some(args.seed),
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
    let rows: Vec<Loss> = (1..).zip(&fitted.losses).map(|(epoch, &loss)| Loss { epoch, loss }).collect();
    write_atomic(&losses, &lines(&rows, true)?)?;
    let folder = args.out.display();
    if !go_on() {
        output.say(&format!("interrupted after {} epochs; {folder} holds the best so far", fitted.losses.len()));
        return Err(Error::Abandoned.into());
    }
    if fitted.diverged {
        let what = format!(
            "in epoch {} the loss, {:.3} at first, or the kernel grew beyond bounds; {folder} holds the best, of {:.3}",
            fitted.losses.len(),
            fitted.losses[0],
            fitted.best_loss
        );
        return Err(Error::Diverged { what, learning_rate: training.learning_rate as f32, safe: None }.into());
    }
    if lost > 0 {
        output.warn(&format!("{lost} weights of kernel.txt are 0, too small for its numbers; the model has them"));
    }
    let tried = tried(args, &plan, &space, [("start", &start), ("fitted", &fitted.learned)], &saved, output)?;
    tell(args, &fitted, &tried, output)?;
    output.warn_of(opened.backend.as_ref());
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
    let mut last = Instant::now();
    let mut fault = None;
    let mut observer = |epoch: &Epoch<'_, LogKernel>| {
        progress.at(epoch.number as f64, format!("loss {:.4}", epoch.loss));
        if last.elapsed() >= CHECKPOINT {
            last = Instant::now();
            fault = saved.write(epoch.best, epoch.number).err();
        }
        fault.is_none() && go_on()
    };
    let fitted = fit_kernel(space, &plan.patterns, start, &plan.cues(), training, &mut observer)?;
    fault.map_or(Ok(fitted), Err)
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
    let count = plan.patterns.len() as u32;
    let draws: Vec<[u32; 2]> = (0..args.trials).flat_map(|round| (0..count).map(move |row| [row, round])).collect();
    let (queries, sources) = plan.cues().draw(space, args.seed, &plan.patterns, &draws, Use::Trying)?;
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
