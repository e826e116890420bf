//! The map of a walk: the overlap of every state with every pattern, in bins that keep the largest.

use rayon::prelude::*;

use crate::error::Result;
use crate::pattern::{Patterns, hamming};
use crate::recall::Orbit;
use crate::report::{Figure, HeatMap};
use crate::rule::Model;

/// Bins along time and patterns, at most: as fine as a page shows.
const BINS: [usize; 2] = [120, 80];

/// File name of a map, without its ending.
pub(super) fn stem(model: &Model, patterns: usize) -> String {
    let safe = |letter: char| if letter.is_ascii_alphanumeric() || letter == '.' { letter } else { '-' };
    let model: String = model.to_string().chars().map(safe).take(60).collect();
    format!("overlap-{model}-{patterns}")
}

/// What a map shows, and how to read it.
pub(super) fn title(model: &Model, patterns: usize) -> [String; 2] {
    [
        format!("Walk along {patterns} patterns: {model}"),
        format!(
            "Overlap (cosine) of the state after each step with every one of the {patterns} patterns, in the first \
             trial. A memory that walks without an error draws diagonals from corner to corner, one for each time \
             around. Long walks are shown in bins, and a bin's colour is the largest overlap in it: the more there are \
             in a bin, the higher is what chance alone reaches."
        ),
    ]
}

/// The figure of one walk.
pub(super) fn figure(model: &Model, keys: &Patterns, orbit: &Orbit, steps: usize) -> Result<Figure> {
    let [columns, rows] = [bins(steps + 1, BINS[0]), bins(keys.len(), BINS[1])];
    // The least distance of each state that is its own to the patterns of each bin.
    let nearest = |index: usize| -> Vec<u32> {
        let state = orbit.states().row(index);
        let of_bin = |ends: &[usize]| (ends[0]..ends[1]).map(|row| hamming(state, keys.row(row))).min();
        rows.windows(2).map(|ends| of_bin(ends).unwrap_or(0)).collect()
    };
    let nearest: Vec<Vec<u32>> = (0..orbit.states().len()).into_par_iter().map(nearest).collect();
    let value = |row: usize, ends: &[usize]| {
        let least = (ends[0]..ends[1]).map(|step| nearest[orbit.index(step)][row]).min().unwrap_or(0);
        1.0 - 2.0 * f64::from(least) / keys.neurons() as f64
    };
    let values: Vec<f64> = (0..rows.len() - 1)
        .flat_map(|row| columns.windows(2).map(move |ends| (row, ends)))
        .map(|(row, ends)| value(row, ends))
        .collect();
    let least = values.iter().fold(1.0, |least: f64, &value| least.min(value));
    let [title, caption] = title(model, keys.len());
    HeatMap {
        stem: stem(model, keys.len()),
        title,
        caption,
        labels: ["step", "pattern"],
        scale: "overlap",
        columns: &columns,
        rows: &rows,
        values: &values,
        range: (10.0 * least).floor() / 10.0..1.0,
    }
    .figure()
}

/// Where at most `most` bins of `count` things begin, and where the last ends.
fn bins(count: usize, most: usize) -> Vec<usize> {
    let bins = count.min(most);
    (0..=bins).map(|bin| bin * count / bins).collect()
}
