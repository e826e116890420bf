//! Recall between made-up memories.

use super::*;
use crate::measure::row::Head;

/// A row at the middle of the path of bits: of `pairs`, the share that ends in A and their overlap with it.
fn row(group: Group, network: usize, pairs: usize, a_rate: f64, overlap_a: f64) -> Row<Morph> {
    let head = Head { kernel: "k".into(), rule: "klr".into(), load: 2.0, patterns: 20, network, ..Head::default() };
    let (path, overlap_a_sd) = (Path::Bits, 0.2);
    let measured = Morph { group, path, ratio: 0.5, pairs, a_rate, overlap_a, overlap_a_sd, ..Morph::default() };
    Row { head, measured }
}

#[test]
fn groups_stand_side_by_side() {
    let body = Body::of_morphs(&[row(Group::Within, 0, 20, 0.5, 0.5), row(Group::Between, 0, 20, 1.0, 0.75)]).unwrap();
    // Newcombe (1998), table I, method 3 has 0 of 20: 0 to 0.1611.
    let found = "klr/k, lambda 0: at P/N = 2, between two of one class half of the states or more end in A up to r = 0.5; \
                 of those at r = 0.5 50.0 % (29.9 % to 70.1 %) do, 0.0 % (0.0 % to 16.1 %) end in B and 0.0 % (0.0 % to \
                 16.1 %) in spurious states; between two of different classes half";
    let finding = body.finding[0].replace('\u{a0}', " ");
    assert!(finding.starts_with(found), "{finding}");
    let bits = body.figures.iter().find(|figure| figure.stem == "overlaps-bits-klr-k-0-load-2").expect("a figure");
    // t of 19 degrees of freedom is 2.093, and sd / sqrt(20) 0.0447.
    let of = |name: &str| -> Vec<f64> {
        let line = bits.csv.lines().find(|line| line.contains(name)).expect("a line").to_owned();
        line.rsplit(',').take(3).map(|number| number.parse().expect("a number")).collect()
    };
    for (name, mean) in [("A, within", 0.5), ("A, between", 0.75)] {
        let wanted = [mean + 0.0936, mean - 0.0936, mean];
        assert!(of(name).iter().zip(wanted).all(|(found, wanted)| (found - wanted).abs() < 1e-4), "{:?}", of(name));
    }
    let lost = Body::of_morphs(&[row(Group::Any, 0, 20, 0.45, 0.5)]).unwrap();
    assert!(lost.finding[0].contains("fewer than half of the states end in A even at r = 0; of those"));
    assert!(morph_table(&[row(Group::Within, 0, 20, 0.5, 0.5)]).contains("within"));
    assert!(!morph_table(&[row(Group::Any, 0, 20, 0.5, 0.5)]).contains("any"));
}

#[test]
fn several_networks_have_intervals_over_networks() {
    let body = Body::of_morphs(&[row(Group::Any, 0, 20, 0.5, 0.5), row(Group::Any, 1, 20, 0.5, 0.7)]).unwrap();
    let bits = body.figures.iter().find(|figure| figure.stem == "overlaps-bits-klr-k-0").expect("a figure");
    let line = bits.csv.lines().find(|line| line.contains("A, P/N 2")).expect("a line");
    let low: f64 = line.rsplit(',').nth(1).expect("an end").parse().expect("a number");
    // 0.6 - 12.706 times 0.1, at most down to a cosine's end.
    assert!((low - (0.6 - 1.2706)).abs() < 1e-4, "{line}");
}
