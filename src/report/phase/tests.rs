//! The ridge of made-up diagrams.

use super::*;

/// Two networks of each cell: kernel, load, hits of 10 trials in each network, sharpness in each.
type Made<'a> = (&'a str, f64, [f64; 2], [Option<f64>; 2]);

fn rows(cells: &[Made<'_>]) -> Vec<Row<Phase>> {
    let row = |(kernel, load, hits, sharpness): &Made<'_>, network: usize| {
        let head = Head {
            kernel: (*kernel).into(),
            rule: "klr".into(),
            neurons: 10,
            patterns: (10.0 * load) as usize,
            load: *load,
            network,
            settled: true,
            ..Head::default()
        };
        let (target_rate, sharpness) = (hits[network] / 10.0, sharpness[network]);
        Row { head, measured: Phase { trials: 10, target_rate, sharpness, ..Phase::default() } }
    };
    cells.iter().flat_map(|cell| [row(cell, 0), row(cell, 1)]).collect()
}

#[test]
fn the_ridge_is_named_with_its_intervals_and_apart_from_the_sharpest() {
    let rows = rows(&[
        ("rbf:0.1", 1.0, [10.0, 10.0], [Some(4.0), Some(4.0)]),
        ("rbf:0.2", 1.0, [10.0, 10.0], [Some(2.0), Some(2.0)]),
        ("rbf:0.1", 2.0, [0.0, 0.0], [Some(1.0), Some(3.0)]),
        ("rbf:0.2", 2.0, [5.0, 5.0], [Some(1.0), Some(1.0)]),
        ("rbf:0.1", 4.0, [0.0, 0.0], [None, None]),
    ]);
    let found = Body::of_phases(&rows).expect("drawn").finding;
    let equal = "P/N = 1: best is rbf:0.1 and rbf:0.2, target rate 1.000 (0.839 to 1.000); sharpest is rbf:0.1, \
                 4.00 (4.00 to 4.00).";
    assert_eq!(found[0], equal);
    // Wilson's interval of 10 of 20; Student's of 1 and 3 reaches below 0, where no square is.
    let apart =
        "P/N = 2: best is rbf:0.2, target rate 0.500 (0.299 to 0.701); sharpest is rbf:0.1, 2.00 (0.00 to 14.7).";
    assert_eq!(found[1..], [apart, "P/N = 4: no memory recalls any cue."]);
}

#[test]
fn a_map_has_a_place_for_cells_that_are_missing() {
    let rows = rows(&[("rbf:0.1", 1.0, [1.0, 2.0], [None, None]), ("rbf:0.2", 2.0, [1.0, 2.0], [None, None])]);
    let figures = Body::of_phases(&rows).expect("drawn").figures;
    let stems: Vec<_> = figures.iter().map(|figure| figure.stem.as_str()).collect();
    assert_eq!(stems, ["target-rate", "spurious-rate", "fixed", "settled"]);
    assert_eq!(figures[0].csv.lines().count(), 1 + 2);
    assert!(Body::of_phases(&[]).expect("drawn").figures.is_empty());
}
