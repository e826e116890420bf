//! summary.md: what was measured, on what, how, and how to do it again.

use super::machine::Machine;
use super::outcome::Outcome;
use super::table::Table;
use crate::engine::array::size;

/// What a summary says beside its tables.
#[derive(Clone, Debug)]
pub struct About<'a> {
    /// The machine.
    pub machine: &'a Machine,
    /// Rounds asked for.
    pub rounds: usize,
    /// Whether sizes were those of a first look.
    pub quick: bool,
    /// Whether rate.svg is there.
    pub rates: bool,
    /// Whether cost.svg is there.
    pub costs: bool,
}

/// A page of Markdown.
pub fn summary(outcome: &Outcome, tables: &[Table], about: &About<'_>) -> String {
    let machine = about.machine;
    let mut page = format!("# attractor bench, {}\n\n", machine.slug());
    if outcome.interrupted {
        page.push_str("**Interrupted: only what was measured until then is here.**\n\n");
    }
    if about.quick {
        page.push_str(
            "**Quick: small shapes and few repeats. These numbers show that it works, not how fast it is.**\n\n",
        );
    }
    let cores = machine.cores.map_or(String::new(), |cores| format!("{cores} cores, "));
    page.push_str(&format!("- {}: {cores}{} threads, {} memory\n", machine.cpu, machine.threads, size(machine.memory)));
    for contestant in &outcome.contestants {
        let what = if contestant.own { "backend" } else { "peer" };
        let details = if contestant.own { contestant.details.clone() } else { format!("`{}`", contestant.details) };
        page.push_str(&format!("- {what} **{}**: {details}\n", contestant.label));
    }
    let commit = machine.commit.as_ref().map_or(String::new(), |commit| format!(" ({commit})"));
    page.push_str(&format!("- {}; attractor {}{commit}; {}\n\n", machine.system, machine.version, machine.date));
    for table in tables {
        page.push_str(&table.markdown());
        page.push('\n');
    }
    if about.rates {
        page.push_str("![Useful rate against load and against trials](rate.svg)\n\n");
    }
    if about.costs {
        page.push_str("![Time and memory of a recall step as work grows](cost.svg)\n\n");
    }
    page.push_str(&how(about.rounds));
    page.push_str(&format!("\n## Do it again\n\n    {}\n", machine.command));
    page
}

fn how(rounds: usize) -> String {
    format!(
        "## How it was measured\n\n\
         - In {rounds} rounds: everything once in each, ceilings included, so that drift of the machine hits all alike.\n\
         - Each measurement is preceded by untimed runs, of 0.15 s or more. Keys, dual and cues lie on the device \
         already (queries of the adaptive similarity are brought there in each run), and a run ends when its result is \
         there. Runs shorter than a few hundredths of a second are repeated within the round and their mean is that \
         round's time. A peer is started once in each round and times three repeats by its own clock.\n\
         - Times are medians of all repeats; the spread is the interquartile range as a share of the median; \"x PEER\" \
         is how many times as fast as that peer.\n\
         - Useful operations: 2 B P N a recall step and 4 P^2 N an update, those of the products with the dual. Nobody is \
         credited with distances, exponentials, signs or sigmoids. Of the adaptive similarity the values sorted are \
         counted, 2 B P N.\n\
         - Everyone answers the same question, from the same file. An answer is checked by a checksum over the signs of \
         the next states, or of the dual: recall against the certified answer, training against the first backend's. \
         Of the adaptive similarity it is a weighted mean of readouts or losses, against the first backend's. A few \
         signs whose field is nearly 0 depend on the order of summation; `attractor recall` certifies those, the bare step \
         timed here does not yet.\n\
         - Every single time is in raw.csv, the machine in device.json.\n"
    )
}
