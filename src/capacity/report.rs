//! What a search found, for people: a table for the terminal, and the report's page.

use maud::{Markup, html};

use super::exponent::Exponent;
use super::figure::{exponent, figure};
use super::found::{Capacity, Pooled, pooled};
use super::plan::Plan;
use super::settings::{Criterion, Settings};
use crate::error::Result;
use crate::report::Body;
use crate::report::number::{count, fixed, list, plain};

/// A line for each model and N, and the exponents.
pub fn terminal_table(capacities: &[Capacity]) -> String {
    let width = capacities.iter().map(|one| one.model().len()).max().unwrap_or(0).max(11);
    let mut out = format!(
        "{:width$} |      N | networks | capacity |     95 % interval | shown to refuted |     C/N | bits/synapse\n",
        "rule/kernel"
    );
    out.push_str(
        &[
            "-".repeat(width + 1),
            "-".repeat(8),
            "-".repeat(10),
            "-".repeat(10),
            "-".repeat(19),
            "-".repeat(18),
            "-".repeat(9),
            "-".repeat(13),
        ]
        .join("+"),
    );
    out.push('\n');
    for (model, pools) in pooled(capacities) {
        for pool in &pools {
            let line = format!(
                "{model:width$} | {:>6} | {:>8} | {:>8} | {:>17} | {:>16} | {:>7} | {:>12}\n",
                pool.neurons,
                pool.networks,
                capacity(pool),
                interval(pool),
                reach(pool),
                fixed(pool.mean / pool.neurons as f64, 3),
                fixed(pool.bits, 3),
            );
            out.push_str(&line);
        }
    }
    for sentence in exponents(capacities) {
        out.push_str(&format!("\n{sentence}"));
    }
    // Numbers are parted by spaces that do not break, which a terminal need not show.
    out.replace('\u{a0}', " ")
}

fn capacity(pool: &Pooled) -> String {
    let bound = if pool.bounded > 0 { ">=" } else { "" };
    format!("{bound}{}", fixed(pool.mean, 1))
}

fn interval(pool: &Pooled) -> String {
    pool.interval.map_or("-".into(), |(low, high)| format!("{} to {}", fixed(low, 1), fixed(high, 1)))
}

fn reach(pool: &Pooled) -> String {
    format!("{} to {}", pool.reach.0, pool.reach.1.map_or("?".into(), |end| end.to_string()))
}

/// A sentence for each model that has an exponent.
fn exponents(capacities: &[Capacity]) -> Vec<String> {
    let told = |(model, _): (String, Vec<Pooled>)| {
        let fit = exponent(capacities, &model)?;
        let (low, high) = fit.interval;
        let [b, low, high] = [fit.exponent, low, high].map(|value| fixed(value, 3));
        let own = || capacities.iter().filter(|one| one.model() == model);
        let without = match own().filter(|one| !Exponent::counts(one)).count() {
            0 => String::new(),
            count => {
                format!(", without {count} of {} networks, which hold nothing or met --most-patterns", own().count())
            }
        };
        Some(format!("{model}: capacity grows as N^{b} (95 % interval {low} to {high}{without})."))
    };
    pooled(capacities).into_iter().filter_map(told).collect()
}

/// The definition, with its numbers.
fn definition(settings: &Settings) -> String {
    let of = match settings.criterion {
        Criterion::Every => "of every stored pattern",
        Criterion::Mean => "of a stored pattern, averaged over all,",
    };
    let recovered = match settings.recovered_cosine {
        1.0 => "the pattern itself".into(),
        cosine => format!("a fixed point of cosine {} or more to it", plain(cosine)),
    };
    let what = if settings.code.is_sparse() { ("active neuron", "moved") } else { ("bit", "flipped") };
    let changed = match settings.flips {
        Some(count) => format!("with {count} {}s {}", what.0, what.1),
        None => format!("with each {} {} with probability {}", what.0, what.1, plain(settings.flip)),
    };
    format!("A cue {of} {changed} fails to reach {recovered} with a probability below {}.", plain(settings.failure))
}

/// What to know of capacities that rest on training that had not settled.
pub fn half_trained(capacities: &[Capacity]) -> Option<String> {
    let unsettled: usize = capacities.iter().map(|one| one.unsettled).sum();
    let tried: usize = capacities.iter().map(|one| one.decisions).sum();
    (unsettled > 0).then(|| {
        format!(
            "training had not settled in {unsettled} of {tried} numbers of patterns tried: those capacities are the \
             descent's as much as the memory's; give --solver nesterov, or raise --updates"
        )
    })
}

/// What the page tells.
///
/// # Errors
/// If the figure cannot be drawn.
pub fn body(capacities: &[Capacity]) -> Result<Body> {
    let mut finding = exponents(capacities);
    let largest: Vec<String> = pooled(capacities)
        .into_iter()
        .filter_map(|(model, pools)| {
            pools.last().map(|pool| format!("{model} {} of {} neurons", capacity(pool), pool.neurons))
        })
        .collect();
    if !largest.is_empty() {
        finding.insert(0, format!("Patterns held: {}.", list(&largest)));
    }
    Ok(Body {
        finding,
        terms: "A number of patterns is tried with as many trials as it takes for exact (Clopper-Pearson) bounds to \
                tell. What is retrievable with P patterns is taken to be so with fewer of the same.",
        figures: figure(capacities)?.into_iter().collect(),
        table: table(capacities),
        placed: false,
    })
}

/// The settings that matter, in words.
pub fn setting_rows(plan: &Plan) -> Vec<(String, String)> {
    let settings = &plan.settings;
    let numbers = |values: &[usize]| values.iter().map(usize::to_string).collect::<Vec<_>>().join(", ");
    let trials = match plan.is_certain() {
        true => "one of each pattern, which tells for certain".to_owned(),
        false => format!("looked at {} times, at {}", plan.test.looks.len(), numbers(&plan.test.looks)),
    };
    let [rate, penalty, updates, solver] = settings.descent.rows();
    let rows = [
        ("neurons N", numbers(&settings.neurons)),
        ("code", settings.code.to_string()),
        ("rule/kernel", settings.models.join(", ")),
        ("retrievable", definition(settings)),
        ("confidence of each decision", plain(settings.confidence)),
        ("trials", trials),
        ("patterns at most", settings.most_patterns.to_string()),
        ("resolution", plain(settings.resolution)),
        ("networks", settings.networks.to_string()),
        rate,
        penalty,
        updates,
        solver,
        ("steps at most", settings.max_steps.to_string()),
        ("dynamics", settings.dynamics.clone()),
        ("seed", settings.seed.to_string()),
        ("arithmetic", settings.arithmetic.clone()),
    ];
    rows.map(|(name, value)| (name.to_owned(), value)).into()
}

const HEADINGS: [&str; 9] = [
    "rule/kernel",
    "N",
    "networks",
    "capacity",
    "95 % interval",
    "shown to refuted",
    "C/N",
    "bits per synapse",
    "searches that met the bound",
];

fn table(capacities: &[Capacity]) -> Markup {
    html! {
        @if !capacities.is_empty() {
            section {
                h2 { "Every model and N" }
                p.fine {
                    "Capacity: mean over networks, with Student's interval over networks unless one met the bound. Shown "
                    "to refuted: from the largest P shown to be retrievable in every network to the smallest shown not to be in any."
                }
                div.wide tabindex="0" {
                    table.numbers {
                        thead { tr { @for heading in HEADINGS { th scope="col" { (heading) } } } }
                        tbody {
                            @for (model, pools) in pooled(capacities) {
                                @for pool in &pools {
                                    tr {
                                        td { (model) }
                                        td { (count(pool.neurons as u64)) }
                                        td { (pool.networks) }
                                        td { (capacity(pool)) }
                                        td { (interval(pool)) }
                                        td { (reach(pool)) }
                                        td { (fixed(pool.mean / pool.neurons as f64, 3)) }
                                        td { (fixed(pool.bits, 3)) }
                                        td { (pool.bounded) }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}
