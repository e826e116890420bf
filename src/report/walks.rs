//! Sequence memories for people: walks pooled over trials, and what they say in words. Knows nothing of how a memory
//! walks.

mod figures;
mod tables;

pub use tables::walks_table;

use super::estimate::Estimate;
use super::figure::Figure;
use super::html::Body;
use super::number::{count, list, scientific};
use crate::error::Result;
use crate::measure::Walk;

/// One model and length, pooled over its trials.
struct Length<'a> {
    first: &'a Walk,
    trials: usize,
    /// Of the trials that learnt something.
    walks: Vec<&'a Walk>,
}

impl<'a> Length<'a> {
    fn pool(trials: &[&'a Walk]) -> Self {
        let learned = trials.iter().copied().filter(|walk| walk.steps > 0);
        Self { first: trials[0], trials: trials.len(), walks: learned.collect() }
    }

    fn memory(&self) -> String {
        format!("{}, {}, N = {}", self.first.rule, self.first.kernel, self.first.neurons)
    }

    fn patterns(&self) -> usize {
        self.first.patterns
    }

    fn successes(&self) -> usize {
        self.walks.iter().filter(|walk| walk.success).count()
    }

    fn success(&self) -> Estimate {
        Estimate::share(self.successes() as u64, self.trials as u64)
    }

    /// Mean over trials, with Student's interval.
    fn mean(&self, of: fn(&Walk) -> Option<f64>) -> Option<Estimate> {
        Estimate::mean(self.walks.iter().filter_map(|walk| Some((of(walk)?, 1))).collect())
    }

    /// Least and most of the trials, "0.982 to 0.989", or the one number that all have; a dash for none.
    fn span(&self, written: fn(f64) -> String, of: fn(&Walk) -> Option<f64>) -> String {
        let values = || self.walks.iter().filter_map(|walk| of(walk));
        let [low, high] = [values().fold(f64::NAN, f64::min), values().fold(f64::NAN, f64::max)];
        let [low, high] = [low, high].map(written);
        if low == high { low } else { format!("{low} to {high}") }
    }

    /// The earliest of all trials.
    fn first_error(&self) -> String {
        let earliest = self.walks.iter().filter_map(|walk| walk.first_error).min();
        earliest.map_or("-".into(), |step| count(step as u64))
    }

    fn settled(&self) -> usize {
        self.walks.iter().filter(|walk| walk.settled).count()
    }

    fn unsettled(&self) -> bool {
        self.settled() < self.walks.len()
    }

    fn gradient_norm(&self) -> String {
        scientific(self.walks.iter().map(|walk| walk.gradient_norm).fold(f64::NAN, f64::max))
    }
}

/// Models in order of appearance, the lengths of each rising.
fn pooled(walks: &[Walk]) -> Vec<Vec<Length<'_>>> {
    let alike = |a: &Walk, b: &Walk| (&a.rule, &a.kernel, a.neurons) == (&b.rule, &b.kernel, b.neurons);
    let rank = |walk: &Walk| walks.iter().position(|other| alike(other, walk));
    let mut ordered: Vec<(Option<usize>, &Walk)> = walks.iter().map(|walk| (rank(walk), walk)).collect();
    ordered.sort_by_key(|(rank, walk)| (*rank, walk.patterns));
    let ordered: Vec<&Walk> = ordered.into_iter().map(|(_, walk)| walk).collect();
    ordered
        .chunk_by(|a, b| alike(a, b))
        .map(|own| own.chunk_by(|a, b| a.patterns == b.patterns).map(Length::pool).collect())
        .collect()
}

/// A sentence or two for each model: up to which length every trial walks round, and what comes after.
fn finding(walks: &[Walk]) -> Vec<String> {
    let told = |lengths: &Vec<Length<'_>>| {
        let holds = lengths.iter().take_while(|length| length.successes() == length.trials).count();
        let memory = lengths[0].memory();
        let mut text = match holds.checked_sub(1).map(|last| lengths[last].patterns()) {
            None => {
                format!("{memory}: not every trial walks round without an error even at the shortest sequence tried")
            }
            Some(last) if holds == lengths.len() => {
                format!(
                    "{memory}: every trial walks round without an error up to P = {last}, the longest sequence tried"
                )
            }
            Some(last) => format!("{memory}: every trial walks round without an error up to P = {last}"),
        };
        if let Some(fails) = lengths.get(holds) {
            let (done, trials) = (fails.successes(), fails.trials);
            text.push_str(&format!("; at P = {} {done} of {trials} do", fails.patterns()));
        }
        text.push('.');
        let patterns = |of: &dyn Fn(&Length<'_>) -> bool| -> Vec<String> {
            lengths.iter().filter(|length| of(length)).map(|length| length.patterns().to_string()).collect()
        };
        let unsettled = patterns(&|length| length.unsettled());
        if !unsettled.is_empty() {
            let listed = list(&unsettled);
            text.push_str(&format!(
                " Training had not settled in every trial at P = {listed}: these memories depend on the number of \
                 updates."
            ));
        }
        let empty = patterns(&|length| length.walks.len() < length.trials);
        if !empty.is_empty() {
            let listed = list(&empty);
            text.push_str(&format!(
                " At P = {listed} not every network learnt something: training diverged, or the patterns have no \
                 such memory."
            ));
        }
        text
    };
    pooled(walks).iter().map(told).collect()
}

impl Body {
    /// That of sequences, with the maps of walks beside the curves.
    ///
    /// # Errors
    /// If a figure cannot be drawn.
    pub fn of_walks(walks: &[Walk], maps: Vec<Figure>) -> Result<Self> {
        let models = pooled(walks);
        let mut figures = figures::curves(&models)?;
        figures.extend(maps);
        Ok(Self {
            finding: finding(walks),
            terms: "Without an error: the state after each of P steps from the first pattern is the next pattern, bit \
                    for bit. Whoever manages that has every transition right, and goes round for ever.",
            figures,
            table: tables::html_table(&models),
            placed: false,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Trials of a made-up memory: those of 1650 patterns fail in part, those of 1700 all.
    pub(super) fn sample(lengths: &[usize]) -> Vec<Walk> {
        let walk = |&(patterns, trial): &(usize, usize)| {
            let right =
                [1.0, 0.5 + 0.25 * trial as f64, 0.0][usize::from(patterns > 1600) + usize::from(patterns > 1650)];
            Walk {
                kernel: "rbf:0.02".into(),
                rule: "klr".into(),
                neurons: 100,
                patterns,
                trial,
                steps: 6 * patterns,
                success: right == 1.0,
                transitions: right,
                bits: 0.5 + 0.5 * right,
                first_error: (right < 1.0).then_some(40 + trial),
                overlap: right,
                period: patterns,
                snr: Some(3.4 - trial as f64 / 10.0),
                signal: Some(1.0),
                noise: Some(0.3),
                objective: 1.0,
                gradient_norm: 0.1,
                settled: patterns < 1650,
                uncertain_signs: 2,
            }
        };
        lengths.iter().flat_map(|&patterns| (0..3).map(move |trial| (patterns, trial))).map(|at| walk(&at)).collect()
    }

    #[test]
    fn the_finding_names_the_last_that_holds_and_the_first_that_fails() {
        let text = finding(&sample(&[1700, 1500, 1650])).concat();
        assert!(text.starts_with("klr, rbf:0.02, N = 100: every trial walks round without an error up to P = 1500; "));
        assert!(
            text.contains("at P = 1650 1 of 3 do.") && text.contains("settled in every trial at P = 1650 and 1700")
        );
        assert!(finding(&sample(&[1500])).concat().contains("the longest sequence tried."));
        assert!(finding(&sample(&[1700])).concat().contains("even at the shortest sequence tried; at P = 1700 0 of 3"));
        assert!(finding(&[]).is_empty());
    }

    #[test]
    fn a_page_has_curves_maps_and_a_row_for_each_length() {
        let body = Body::of_walks(&sample(&[1500, 1650, 1700]), Vec::new()).expect("drawn");
        let stems: Vec<_> = body.figures.iter().map(|figure| figure.stem.as_str()).collect();
        assert_eq!(stems, ["success-vs-length", "transitions-vs-length", "snr-vs-length"]);
        assert!(body.figures[0].csv.starts_with("patterns,memory,success,low,high\n1500,klr/rbf:0.02,1,"));
        assert_eq!(body.table.into_string().matches("<tr").count(), 1 + 3);
        assert!(Body::of_walks(&[], Vec::new()).expect("drawn").finding.is_empty());
    }

    #[test]
    fn networks_without_a_memory_have_no_numbers() {
        let mut walks = sample(&[1500]);
        for walk in &mut walks {
            (walk.steps, walk.success, walk.transitions, walk.snr) = (0, false, f64::NAN, None);
        }
        assert!(finding(&walks).concat().contains("At P = 1500 not every network learnt something"));
        assert!(walks_table(&walks).contains("0/3"));
        assert!(Body::of_walks(&walks, Vec::new()).is_ok());
    }
}
