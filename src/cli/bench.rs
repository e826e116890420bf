//! `attractor bench`: how fast this machine trains, recalls and retrieves, into tables and a folder.

use std::path::{Path, PathBuf};
use std::time::Duration;

use attractor::bench::{
    self, About, Effort, Job, Machine, Outcome, Overrides, Peer, Point, cost_csv, cost_figure, cost_table, rate_figure,
    raw_csv, summary, tables,
};
use attractor::data::write_atomic;
use attractor::engine::choice::{Choice, Opened, open};
use attractor::engine::gpu::{adapters, best_real};
use attractor::engine::{Arithmetic, Backend};
use attractor::error::{Error, Result};
use attractor::plan;
use attractor::recall::Precision;
use clap::Args;

use super::interrupt::go_on;
use super::progress::Progress;
use super::{DistancesArgs, Output, ShaderArgs};

/// Measure recall, training and retrieval beside the machine's ceilings, GPU against CPU, and other programs
#[derive(Args, Debug)]
pub(super) struct BenchArgs {
    /// What to measure: recall, train, nets (64 small networks at once), load and trials (recall against P/N and B);
    /// only if asked for: footprint (an epoch of the adaptive similarity, and answers by it; its peer is
    /// benches/similarity_peer.py) and cost (time and memory as work grows)
    #[arg(long, value_delimiter = ',', default_value = "recall,train,nets,load,trials")]
    jobs: Vec<Job>,
    /// Small shapes and two repeats: seconds, to see that it works
    #[arg(long)]
    quick: bool,
    /// Rounds; everything is measured once in each [default: 7]
    #[arg(long)]
    repeats: Option<usize>,
    /// A program that answers the same questions, such as "python3 benches/peer.py numpy"; may be given several times
    #[arg(long, value_name = "COMMAND")]
    peer: Vec<String>,
    /// Longest that one run of a peer may take
    #[arg(long, value_name = "SECONDS", default_value_t = 300.0, allow_negative_numbers = true)]
    peer_timeout: f64,
    #[command(flatten)]
    shape: ShapeArgs,
    /// auto, cpu, gpu, or gpu:<index, name or PCI id>, several separated by commas [default: cpu, and a real GPU]
    #[arg(long, value_delimiter = ',', help_heading = "Device")]
    backend: Vec<Choice>,
    /// How the CPU's multiply-adds round: fused, or twice-rounded to match a GPU that rounds so [default: fused]
    #[arg(long, value_name = "fused|twice-rounded", help_heading = "Device")]
    arithmetic: Option<Arithmetic>,
    /// Measure recall in this precision too; everything else, and what the other numbers are compared with, is f32
    #[arg(long, value_name = "f32|f16|f16-split", default_value_t, help_heading = "Device")]
    precision: Precision,
    #[command(flatten)]
    distances: DistancesArgs,
    #[command(flatten)]
    shaders: ShaderArgs,
    /// Folder for device.json, raw.csv, summary.md and the figures [default: bench-results/<date>-<machine>]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// Sizes that take the place of each job's own.
#[derive(Args, Clone, Copy, Debug)]
struct ShapeArgs {
    /// Neurons N; dimensions of the job footprint
    #[arg(long, help_heading = "Shape")]
    neurons: Option<usize>,
    /// Stored patterns P
    #[arg(long, help_heading = "Shape")]
    patterns: Option<usize>,
    /// Trials B recalled at once; queries of the job footprint
    #[arg(long, help_heading = "Shape")]
    trials: Option<usize>,
    /// Updates of the jobs train and nets
    #[arg(long, help_heading = "Shape")]
    updates: Option<usize>,
    /// Networks of the job nets
    #[arg(long, help_heading = "Shape")]
    nets: Option<usize>,
}

/// One point of the job cost, in a process of its own
#[derive(Args, Debug)]
#[command(hide = true)]
pub(super) struct PointArgs {
    #[arg(long)]
    neurons: usize,
    #[arg(long)]
    patterns: usize,
    #[arg(long)]
    trials: usize,
}

pub(super) fn point(args: &PointArgs, output: Output) -> anyhow::Result<()> {
    let spent = bench::measure_here(args.neurons, args.patterns, args.trials)?;
    Ok(output.print(&serde_json::to_string(&spent)?)?)
}

pub(super) fn run(args: &BenchArgs, output: Output) -> anyhow::Result<()> {
    let ShapeArgs { neurons, patterns, trials, updates, nets } = args.shape;
    let overrides = Overrides { neurons, patterns, trials, updates, nets };
    let rounds = args.repeats.unwrap_or(if args.quick { 2 } else { 7 });
    if rounds == 0 {
        return Err(Error::setting("--repeats 0", "give 1 or more").into());
    }
    let effort = Effort {
        rounds,
        at_least: Duration::from_millis(if args.quick { 1 } else { 30 }),
        quick: args.quick,
        distances: args.distances.distances,
    };
    let cases = bench::cases(&args.jobs, &overrides, args.quick)?;
    let costs = args.jobs.contains(&Job::Cost);
    let mut points = if costs { bench::points(&overrides, args.quick)? } else { Vec::new() };
    let peers = peers(args)?;
    let opened = backends(args, output)?;
    let backends: Vec<&dyn Backend> = opened.iter().map(|opened| opened.backend.as_ref()).collect();
    let mut own: Vec<(&dyn Backend, Precision)> = backends.iter().map(|&backend| (backend, Precision::F32)).collect();
    if args.precision != Precision::F32 {
        own.extend(backends.iter().map(|&backend| (backend, args.precision)));
    }
    let needed = cases.iter().map(|case| case.bytes(args.distances.distances)).fold(0, u64::saturating_add);
    plan::check_fits(
        "holding all shapes for all rounds",
        needed.saturating_mul(own.len() as u64),
        super::available_memory(),
        "choose fewer --jobs, or lower --patterns, --neurons or --trials",
    )?;

    let devices = backends.iter().map(|backend| backend.device().clone()).collect();
    let names = adapters().iter().map(|adapter| adapter.get_info().name).collect();
    let machine = Machine::here(super::command_line(), devices, names);
    let folder = folder(args, &machine)?;
    std::fs::create_dir_all(&folder).map_err(Error::io(&folder, "create"))?;
    let what = match cases.len() {
        0 => format!("{} points", points.len()),
        shapes => format!("{shapes} shapes, {rounds} rounds"),
    };
    output.say(&format!("bench: {what}, into {}", folder.display()));

    let mut progress = None;
    let mut observer = |event: bench::Event<'_>| {
        let progress = progress.get_or_insert_with(|| Progress::steps(output, event.total));
        progress.at_of(event.done, event.total, event.text);
        go_on()
    };
    let measured = match cases.is_empty() {
        // Points alone have no use for ceilings.
        true => Ok(Outcome::default()),
        false => bench::run(&own, &peers, cases, &effort, &mut observer),
    };
    let mut outcome = measured.inspect_err(|_| {
        // Nothing was measured, so the folder is empty; were it not, it would stay.
        let _ = std::fs::remove_dir(&folder);
    })?;
    if !outcome.interrupted && costs {
        let program = std::env::current_exe().map_err(Error::io("this program", "find"))?;
        let finished =
            bench::run_cost(&mut points, &program, &["bench-point"], &super::available_memory, &mut observer);
        outcome.interrupted = !finished;
    }
    drop(progress);
    backends.iter().for_each(|&backend| output.warn_of(backend));

    let written = write(&folder, &machine, &outcome, &points, &effort)?;
    if output.json {
        for object in outcome.json() {
            output.print(&object.to_string())?;
        }
    } else if !output.quiet {
        let plain: Vec<String> = written.iter().map(bench::Table::plain).collect();
        output.print(plain.join("\n").trim_end())?;
    }
    if outcome.interrupted {
        return Err(Error::Stopped { folder }.into());
    }
    output.say(&format!("wrote {}", folder.join("summary.md").display()));
    Ok(())
}

fn peers(args: &BenchArgs) -> Result<Vec<Peer>> {
    let timeout = Duration::try_from_secs_f64(args.peer_timeout).ok().filter(|timeout| !timeout.is_zero());
    let timeout = timeout.ok_or_else(|| {
        Error::setting(format!("--peer-timeout {}", args.peer_timeout), "give a number of seconds above 0")
    })?;
    args.peer.iter().map(|command| Peer::new(command, timeout)).collect()
}

/// Those asked for; else the CPU, and a real GPU if there is one that works.
fn backends(args: &BenchArgs, output: Output) -> Result<Vec<Opened>> {
    // Only the CPU has a choice of arithmetic; a GPU beside it keeps its own.
    let options = args.shaders.options();
    let of = |choice: &Choice| open(choice, args.arithmetic.filter(|_| *choice == Choice::Cpu), &options);
    let mut opened: Vec<Opened> = Vec::new();
    for choice in &args.backend {
        let next = of(choice)?;
        let same = |other: &Opened| {
            let (a, b) = (other.backend.device(), next.backend.device());
            (a.backend, &a.name, &a.details) == (b.backend, &b.name, &b.details)
        };
        if opened.iter().any(same) {
            return Err(Error::setting(
                format!("--backend {choice} is {}, which is measured already", next.backend.device().name),
                "name each device once",
            ));
        }
        opened.push(next);
    }
    if args.backend.is_empty() {
        opened.push(of(&Choice::Cpu)?);
        if best_real(&adapters()).is_some() {
            match of(&Choice::Gpu(None)) {
                Ok(gpu) => opened.push(gpu),
                Err(error) => output.warn(&format!("a GPU was found but cannot be used: {error}")),
            }
        }
    }
    for Opened { backend, .. } in &opened {
        let device = backend.device();
        output.say(&format!("device: {} ({}); {} arithmetic", device.name, device.details, device.arithmetic));
    }
    Ok(opened)
}

/// A folder of one's own choice must be free; the default one makes way for earlier results.
fn folder(args: &BenchArgs, machine: &Machine) -> Result<PathBuf> {
    let Some(out) = &args.out else { return Ok(bench::free_folder(&machine.folder())) };
    let empty = std::fs::read_dir(out).map(|mut entries| entries.next().is_none());
    if empty.unwrap_or(!out.exists()) {
        return Ok(out.clone());
    }
    let what = format!("{} holds something already", out.display());
    Err(Error::setting(what, "give another --out, or leave it out for a folder of today's date"))
}

/// Writes all files; the tables that were written.
fn write(
    folder: &Path,
    machine: &Machine,
    outcome: &Outcome,
    points: &[Point],
    effort: &Effort,
) -> anyhow::Result<Vec<bench::Table>> {
    let mut written = tables(outcome);
    let rates = rate_figure(outcome)?;
    write_atomic(&folder.join("device.json"), format!("{}\n", serde_json::to_string_pretty(machine)?).as_bytes())?;
    write_atomic(&folder.join("raw.csv"), &raw_csv(outcome)?)?;
    if let Some(rates) = &rates {
        write_atomic(&folder.join("rate.svg"), rates.as_bytes())?;
    }
    if !points.is_empty() {
        write_atomic(&folder.join("cost.csv"), &cost_csv(points)?)?;
        write_atomic(&folder.join("cost.svg"), cost_figure(points)?.as_bytes())?;
        written.push(cost_table(points));
    }
    let about = About {
        machine,
        rounds: effort.rounds,
        quick: effort.quick,
        rates: rates.is_some(),
        costs: !points.is_empty(),
    };
    write_atomic(&folder.join("summary.md"), summary(outcome, &written, &about).as_bytes())?;
    Ok(written)
}
