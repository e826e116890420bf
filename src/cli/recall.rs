//! `attractor recall`: a model and cues in, final states and where they lie out.

mod table;
mod trace;

use std::path::{Path, PathBuf};

use attractor::code::Code;
use attractor::cue;
use attractor::data::{Binarize, Input, read_patterns, write_i8};
use attractor::endpoint::endpoints;
use attractor::engine::Workspace;
use attractor::error::{Error, Result};
use attractor::memory;
use attractor::pattern::Patterns;
use attractor::plan;
use attractor::recall::{
    Asynchronous, Draws, Dynamics, Effort, Ending, Orbit, Recall, Visited, check_visits, orbit_bytes, orbits,
    recall_asynchronously, recall_in,
};
use clap::Args;
use serde_json::json;

use self::table::Table;
use self::trace::Traced;
use super::interrupt::go_on;
use super::progress::Progress;
use super::{BackendArgs, DynamicsArgs, Output, PrecisionArgs};

/// Recall cues from a file and say where each ends
#[derive(Args, Debug)]
pub(super) struct RecallArgs {
    /// Model file, as `attractor train` writes it
    #[arg(long, value_name = "FILE")]
    model: PathBuf,
    /// Starting states, [B, N]: FILE[,array=NAME][,rows=A..B][,label=L] (docs/files.md)
    #[arg(long, value_name = "FILE")]
    cues: Input,
    /// What each cue should recall; without it a learned pattern is just "learned". For a memory trained with
    /// --targets, which walks from pattern to pattern, the state after the last step counts: use --max-steps 1 for one
    /// step
    #[arg(long, value_name = "FILE")]
    targets: Option<Input>,
    /// How values become bits: threshold:V, mean or median (of each column)
    #[arg(long)]
    binarize: Option<Binarize>,
    /// Most steps
    #[arg(long, default_value_t = 30)]
    max_steps: usize,
    #[command(flatten)]
    dynamics: DynamicsArgs,
    /// Seed of the orders of asynchronous recall
    #[arg(long, default_value_t = 1)]
    seed: u64,
    #[command(flatten)]
    precision: PrecisionArgs,
    #[command(flatten)]
    backend: BackendArgs,
    /// Also write every state on every cue's way, trace.npy, and its energy and overlaps, trace.csv
    #[arg(long)]
    trace: bool,
    /// Folder for final.npy and recall.csv
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

pub(super) fn run(args: &RecallArgs, output: Output) -> anyhow::Result<()> {
    if args.max_steps == 0 || args.max_steps > 1 << 20 {
        return Err(Error::setting(format!("--max-steps {}", args.max_steps), "give 1 to 1048576 steps").into());
    }
    let memory = memory::load(&args.model)?;
    let neurons = memory.keys.neurons();
    let read = |input: &Input| -> Result<_> {
        let rows = read_patterns(input, args.binarize)?;
        if rows.neurons() == neurons {
            return Ok(rows);
        }
        let what = format!("has rows of {} neurons, the model has {neurons}", rows.neurons());
        Err(Error::data(input.path(), what, "give states of the model's width"))
    };
    let cues = read(&args.cues)?;
    let targets = args.targets.as_ref().map(read).transpose()?;
    if let Some(targets) = targets.as_ref().filter(|targets| targets.len() != cues.len()) {
        return Err(Error::setting(
            format!("{} targets for {} cues", targets.len(), cues.len()),
            "give one target for each cue",
        )
        .into());
    }
    if let Dynamics::Asynchronous(Asynchronous { by_energy, .. }) = args.dynamics.dynamics {
        check_visits(&memory)?;
        if by_energy {
            memory.check_energy()?;
        }
    }
    // Of a field: the patterns of a dual, the inputs of couplings.
    let terms = memory.readout.matrix().len() / neurons;
    // A state is an i8 for each neuron, and a row of some hundred characters.
    let trace_states = if args.trace { (cues.len() as u64).saturating_mul(args.max_steps as u64 + 1) } else { 0 };
    let orbits_held = if args.trace { orbit_bytes(1, neurons, cues.len(), args.max_steps) } else { 0 };
    let trace_bytes = trace_states.saturating_mul(neurons as u64 + 200).saturating_add(orbits_held);
    plan::check_fits(
        &format!("recalling {} cues from {} patterns of {neurons} neurons", cues.len(), memory.keys.len()),
        plan::recall_bytes(1, terms, neurons, cues.len(), args.max_steps).saturating_add(trace_bytes),
        super::available_memory(),
        "give fewer cues, or lower --max-steps",
    )?;
    let files = ["final.npy", "recall.csv", "trace.csv", "trace.npy"].map(|name| args.out.join(name));
    let [finals_path, csv_path, trace_paths @ ..] = &files;
    let written = if args.trace { &files[..] } else { &files[..2] };
    let written: Vec<&Path> = written.iter().map(PathBuf::as_path).collect();
    let inputs = [&args.cues].into_iter().chain(&args.targets);
    super::prepare_folder(&args.out, &written, inputs.flat_map(Input::files).chain([args.model.as_path()]))?;
    let opened = args.backend.open(output)?;
    let space = Workspace::new(opened.backend.as_ref());
    output.say(&format!("recalling {} cues from {} patterns of {neurons} neurons", cues.len(), memory.keys.len()));

    let cost = (cues.len() * terms * neurons) as f64 * args.max_steps as f64;
    let progress = Progress::new(output, cost);
    let own = std::slice::from_ref(&cues);
    let trials = cue::trials(cues.len(), 1, cues.len(), 0);
    let draws = Draws { seed: args.seed, networks: &[0], trials: &trials };
    let mut observer = |share| {
        progress.at(cost * share, "recalling");
        go_on()
    };
    let precision = args.precision.precision;
    let recalled = match args.dynamics.dynamics {
        Dynamics::Synchronous if args.trace => {
            orbits(precision, &space, &[&memory], own, args.max_steps, &mut observer)
                .and_then(|orbits| walked(neurons, orbits.into_iter().flatten().collect(), args.max_steps))
        }
        Dynamics::Synchronous => recall_in(precision, &space, &[&memory], own, args.max_steps, &mut observer)
            .map(|mut recalls| (recalls.remove(0), None, None)),
        Dynamics::Asynchronous(how) => {
            recall_asynchronously(how, draws, &space, &[&memory], own, args.max_steps, &mut observer).and_then(
                |mut visited| {
                    let Visited { recall, efforts, paths } = visited.remove(0);
                    let path = |path| Patterns::from_words(neurons, path);
                    let paths = || paths.into_iter().map(path).collect::<Result<_>>();
                    Ok((recall, Some(efforts), args.trace.then(paths).transpose()?))
                },
            )
        }
    };
    // However it ended: what came up may be why.
    output.warn_of(opened.backend.as_ref());
    let (recalled, efforts, paths) = recalled?;
    // Without targets the cues stand in for them: only whether a stored pattern was reached is then told.
    let wanted = targets.clone().unwrap_or_else(|| cues.clone());
    let ends = endpoints(&space, &[&memory.keys], std::slice::from_ref(&recalled), &[wanted])?.remove(0);

    let references = targets.as_ref().unwrap_or(&cues);
    let traced = paths.map(|paths| Traced::new(&memory, &paths, references, &mut go_on)).transpose()?;
    // From here on nothing takes long.
    drop(progress);
    write_i8(finals_path, cues.len(), neurons, &values(memory.code, &recalled.finals))?;
    let table = Table {
        recalled: &recalled,
        ends: &ends,
        efforts: efforts.as_deref(),
        targets: targets.as_ref(),
        code: memory.code,
        walks: memory.provenance.targets.is_some(),
    };
    table.write(csv_path)?;
    match traced {
        Some(traced) => traced.write(trace_paths)?,
        // One of an earlier recall would be taken for this one's.
        None => trace_paths.iter().for_each(|path| drop(std::fs::remove_file(path))),
    }
    Ok(summarise(args, &table, output)?)
}

/// States as files have them: -1 and +1, of a sparse code 0 and 1.
fn values(code: Code, states: &Patterns) -> Vec<i8> {
    let zero = code.zero() as i8;
    states.to_bipolar().into_iter().map(|bit| if bit < 0 { zero } else { bit }).collect()
}

/// What recall came to, what each cue cost, and where it is traced its way from state to state.
type Recalled = (Recall, Option<Vec<Effort>>, Option<Vec<Patterns>>);

/// Orbits of so many steps as a recall, and as ways to its ends.
fn walked(neurons: usize, orbits: Vec<Orbit>, steps: usize) -> Result<Recalled> {
    let endings: Vec<_> = orbits.iter().map(|orbit| orbit.ending(steps)).collect();
    let ends = orbits.iter().zip(&endings);
    let finals = ends.clone().flat_map(|(orbit, ending)| orbit.state(ending.steps)).copied().collect();
    let way =
        |(orbit, ending): (&Orbit, &Ending)| orbit.states().select((0..=ending.steps).map(|step| orbit.index(step)));
    let paths = ends.map(way).collect();
    Ok((Recall { finals: Patterns::from_words(neurons, finals)?, endings }, None, Some(paths)))
}

fn summarise(args: &RecallArgs, table: &Table<'_>, output: Output) -> Result<()> {
    let counts = table.counts();
    let uncertain: usize = table.recalled.endings.iter().map(|ending| ending.uncertain).sum();
    if output.json {
        let outcomes: serde_json::Map<_, _> = counts.iter().map(|&(kind, count)| (kind.into(), count.into())).collect();
        let result =
            json!({ "out": args.out, "cues": table.ends.len(), "outcomes": outcomes, "uncertain_signs": uncertain });
        return output.print(&result.to_string());
    }
    let counts: Vec<String> = counts.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
    output.say(&format!(
        "{} cues: {}; {uncertain} signs decided by the canonical sum",
        table.ends.len(),
        counts.join(", ")
    ));
    let traced = if args.trace { ", trace.csv and trace.npy" } else { "" };
    output.say(&format!("wrote {0}/final.npy and {0}/recall.csv{traced}", args.out.display()));
    Ok(())
}
