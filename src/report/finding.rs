//! The finding in words: up to which load a memory answers its cues. Knows nothing of pages or terminals.

use super::number::{list, plain};
use super::summary::{Summary, levels, memories};

/// The target rate from which a load counts as recalled.
const RECALLED: f64 = 0.95;

/// One or two sentences per memory, from the pooled rows.
pub fn finding(rows: &[Summary]) -> Vec<String> {
    memories(rows).map(told).collect()
}

/// What one memory recalls, and where it learnt nothing at all.
fn told(memory: &[Summary]) -> String {
    let (measured, empty): (Vec<Summary>, Vec<Summary>) = memory.iter().cloned().partition(|row| row.trials > 0);
    let mut text = match measured.as_slice() {
        [] => format!("{}:", memory.first().map(Summary::memory).unwrap_or_default()),
        measured => sentences(measured),
    };
    if !empty.is_empty() {
        let loads: Vec<_> = levels(&empty, |row| row.load).into_iter().map(plain).collect();
        text.push_str(&format!(
            " At load {} no network learnt anything: training diverged, or the patterns have no such memory.",
            list(&loads)
        ));
    }
    text
}

/// The loads up to which one memory recalls, similarity by similarity.
fn sentences(memory: &[Summary]) -> String {
    let (mut reached, mut missed) = (Vec::new(), Vec::new());
    for similarity in levels(memory, |row| row.similarity).into_iter().rev() {
        match reach(memory, similarity) {
            Some((load, whole)) => {
                let most = if whole { ", the largest measured," } else { "" };
                reached.push(format!("load {}{most} from cues of similarity {}", plain(load), plain(similarity)));
            }
            None => missed.push(plain(similarity)),
        }
    }
    let name = memory.first().map(Summary::memory).unwrap_or_default();
    let smallest = levels(memory, |row| row.load).first().map_or(String::new(), |load| plain(*load));
    let mut text = match reached.as_slice() {
        [] => {
            format!("{name}: the target rate is below {RECALLED} already at the smallest load measured, {smallest}, ")
        }
        _ => format!("{name}: the target rate is at least {RECALLED} up to {}.", reached.join("; up to ")),
    };
    match (reached.is_empty(), missed.is_empty()) {
        (true, _) => text.push_str(&format!("at every similarity ({}).", list(&missed))),
        (false, false) => text.push_str(&format!(
            " At similarity {} it is below that already at the smallest load measured, {smallest}.",
            list(&missed)
        )),
        (false, true) => {}
    }
    let unsettled: Vec<_> = memory.iter().filter(|row| row.unsettled_training()).cloned().collect();
    if !unsettled.is_empty() {
        let loads: Vec<_> = levels(&unsettled, |row| row.load).into_iter().map(plain).collect();
        text.push_str(&format!(
            " Training had not settled in every network at load {}: those rates depend on the number of updates (raise it, or lower the learning rate if the gradient grows).",
            list(&loads)
        ));
    }
    text
}

/// The largest load such that it and every smaller one is recalled, and whether that is all of them.
fn reach(memory: &[Summary], similarity: f64) -> Option<(f64, bool)> {
    let rows = || memory.iter().filter(|row| row.similarity == similarity);
    let recalled: Vec<_> = rows().take_while(|row| row.target.value >= RECALLED).collect();
    recalled.last().map(|row| (row.load, recalled.len() == rows().count()))
}

#[cfg(test)]
mod tests {
    use super::super::{sample, summarise};
    use super::*;

    #[test]
    fn says_how_far_each_similarity_reaches() {
        let cells = sample::sweep(&["rbf:0.02"], &[1.0, 2.0, 4.0, 8.0, 12.0], &[1.0, 0.9, 0.4], 3);
        assert_eq!(
            finding(&summarise(&cells)),
            [
                "klr, rbf:0.02, N = 100: the target rate is at least 0.95 up to load 12, the largest measured, from cues of \
              similarity 1; up to load 4 from cues of similarity 0.9. At similarity 0.4 it is below that already at \
              the smallest load measured, 1."
            ]
        );
    }

    #[test]
    fn says_when_nothing_is_recalled_and_when_training_had_not_settled() {
        let text = finding(&summarise(&sample::sweep(&["a"], &[20.0], &[0.6, 0.4], 2))).concat();
        assert!(text.contains("at every similarity (0.6 and 0.4)") && text.contains("had not settled"), "{text}");
        assert!(finding(&[]).is_empty());
    }
}
