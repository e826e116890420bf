//! Embedding: bits and overlaps against their definitions, the files it writes, and what it refuses.

mod common;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use attractor::data::{read_labels, read_patterns, write_i64};
use attractor::error::Error;
use attractor::measure::embedding::{Census, Embedding, Overlaps};
use attractor::random;
use common::program::{refuse, succeed, text};

const LABELS: [i64; 7] = [3, -1, 3, 3, -1, 8, 3];

fn go_on() -> bool {
    true
}

/// Mean, standard deviation and maximum over a list of overlaps.
fn plainly(overlaps: &[f64]) -> [f64; 3] {
    let count = overlaps.len() as f64;
    let mean = overlaps.iter().sum::<f64>() / count;
    let squares: f64 = overlaps.iter().map(|overlap| overlap * overlap).sum();
    let max = overlaps.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    [mean, (squares / count - mean * mean).sqrt(), max]
}

fn close(found: Option<Overlaps>, wanted: &[f64]) {
    let found = found.expect("pairs");
    assert_eq!(found.pairs, wanted.len() as u64);
    for (found, wanted) in [found.mean, found.sd, found.max].into_iter().zip(plainly(wanted)) {
        assert!((found - wanted).abs() < 1e-12, "{found} {wanted}");
    }
}

#[test]
fn overlaps_are_those_of_every_pairs_inner_product() {
    let patterns = random::patterns(5, 0, 70, 7).unwrap();
    let bits = patterns.to_bipolar();
    let overlap = |a: usize, b: usize| {
        let products = (0..70).map(|i| f64::from(bits[a * 70 + i] * bits[b * 70 + i]));
        products.sum::<f64>() / 70.0
    };
    let pairs = || (0..7).flat_map(|a| (0..a).map(move |b| (a, b)));
    let of = |wanted: fn(i64, i64) -> bool| -> Vec<f64> {
        pairs().filter(|&(a, b)| wanted(LABELS[a], LABELS[b])).map(|(a, b)| overlap(a, b)).collect()
    };
    let found = Embedding::of(&patterns, Some(&LABELS), Census::default(), &mut go_on).unwrap();
    close(found.overlaps, &of(|_, _| true));
    let classes = found.classes.unwrap();
    close(classes.within, &of(|a, b| a == b));
    close(classes.between, &of(|a, b| a != b));
    assert_eq!(classes.counts, BTreeMap::from([(-1, 2), (3, 4), (8, 1)]));
    let mean: f64 = bits.iter().map(|&bit| f64::from(bit)).sum::<f64>() / 490.0;
    assert!(found.all_pairs && (found.mean_bit - mean).abs() < 1e-12);
    let bare = Embedding::of(&patterns, None, Census::default(), &mut go_on).unwrap();
    assert_eq!((bare.overlaps, bare.classes), (found.overlaps, None));
}

#[test]
fn a_sample_comes_near_and_says_that_it_is_one() {
    let patterns = random::patterns(6, 0, 40, 60).unwrap();
    let labels: Vec<i64> = (0..60).map(|row| row % 4).collect();
    let of = |census| Embedding::of(&patterns, Some(&labels), census, &mut go_on).unwrap();
    let (all, some) = (of(Census::default()), of(Census { whole_up_to: 1769, sample: 200_000, seed: 2 }));
    assert!(all.all_pairs && !some.all_pairs);
    let (whole, sampled) = (all.overlaps.unwrap(), some.overlaps.unwrap());
    assert_eq!((whole.pairs, sampled.pairs), (1770, 200_000));
    // Five standard errors.
    assert!((whole.mean - sampled.mean).abs() < 5.0 * whole.sd / 200_000_f64.sqrt());
    let classes = some.classes.as_ref().unwrap();
    let within = classes.within.unwrap().pairs as f64;
    // 4 classes of 15: 420 of 1770 pairs are within one.
    let share = 420.0 / 1770.0;
    assert!((within / 200_000.0 - share).abs() < 5.0 * (share * (1.0 - share) / 200_000.0).sqrt());
    assert_eq!(some, of(Census { whole_up_to: 1769, sample: 200_000, seed: 2 }));
}

#[test]
fn what_has_no_pairs_has_no_overlaps() {
    let one = random::patterns(7, 0, 9, 1).unwrap();
    let found = Embedding::of(&one, Some(&[4]), Census::default(), &mut go_on).unwrap();
    assert_eq!((found.overlaps, found.duplicates), (None, 0));
    assert!(Embedding::of(&one, Some(&[4, 4]), Census::default(), &mut go_on).is_err());
    let repeated = one.select([0, 0, 0]);
    let found = Embedding::of(&repeated, Some(&[1, 2, 2]), Census::default(), &mut go_on).unwrap();
    assert_eq!(found.duplicates, 2);
    assert_eq!(found.overlaps, Some(Overlaps { pairs: 3, mean: 1.0, sd: 0.0, max: 1.0 }));
    let classes = found.classes.unwrap();
    assert_eq!((classes.within.unwrap().pairs, classes.between.unwrap().pairs), (1, 2));
    let stopped = Embedding::of(&repeated, None, Census::default(), &mut || false);
    assert!(matches!(stopped, Err(Error::Interrupted)));
}

/// Features as numpy.save writes f32.
fn features(folder: &Path, name: &str, width: usize, values: &[f32]) -> PathBuf {
    let shape = (values.len() / width, width);
    let header = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': {shape:?}, }}\n");
    let mut bytes = [b"\x93NUMPY\x01\0", &(header.len() as u16).to_le_bytes()[..], header.as_bytes()].concat();
    bytes.extend(values.iter().flat_map(|value| value.to_le_bytes()));
    let path = folder.join(name);
    std::fs::write(&path, bytes).unwrap();
    path
}

/// Two columns' means are 3 and 0.25, to which one value each is equal.
const VALUES: [f32; 8] = [3.0, 0.0, 7.0, 1.0, 0.0, 0.25, 2.0, -0.25];
const BITS: [i8; 8] = [-1, -1, 1, 1, -1, -1, -1, -1];

#[test]
fn columns_are_centred_over_the_whole_file() {
    let folder = tempfile::tempdir().unwrap();
    let (from, labels) = (features(folder.path(), "f.npy", 2, &VALUES), folder.path().join("l.npy"));
    write_i64(&labels, &[5, 5, 5, 6]).unwrap();
    let embed = |first: &[&str], out: &Path| {
        let arguments = ["embed", text(&from), "--labels", text(&labels), "--json", "--out", text(out)];
        let output = succeed(&[&arguments[..], first].concat());
        serde_json::from_slice::<serde_json::Value>(&output.stdout).unwrap()
    };
    let out = folder.path().join("all");
    let found = embed(&[], &out);
    assert_eq!(read_patterns(&out.join("patterns.npy"), None).unwrap().to_bipolar(), BITS);
    assert_eq!(read_labels(&out.join("labels.npy"), 4).unwrap(), [5, 5, 5, 6]);
    // Rows 0, 2 and 3 are alike, and opposite to row 1.
    assert_eq!((&found["mean_bit"], &found["duplicates"]), (&(-0.5).into(), &2.into()));
    assert_eq!((&found["overlaps"]["pairs"], &found["overlaps"]["mean"]), (&6.into(), &0.0.into()));
    assert_eq!(found["classes"]["counts"], serde_json::json!({ "5": 3, "6": 1 }));
    let [within, between] = ["within", "between"].map(|group| found["classes"][group]["mean"].as_f64().unwrap());
    assert!((within + 1.0 / 3.0).abs() < 1e-12 && (between - 1.0 / 3.0).abs() < 1e-12);

    let out = folder.path().join("some");
    embed(&["--first", "3"], &out);
    assert_eq!(read_patterns(&out.join("patterns.npy"), None).unwrap().to_bipolar(), BITS[..6]);
    assert_eq!(read_labels(&out.join("labels.npy"), 3).unwrap(), [5, 5, 5]);
}

#[test]
fn what_is_there_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let (one, other) = (features(folder.path(), "f.npy", 2, &VALUES), features(folder.path(), "g.npy", 1, &VALUES));
    let out = folder.path().join("out");
    let into = |from: &Path| ["embed", text(from), "--quiet", "--out", text(&out)].map(str::to_owned);
    let run = |from: &Path| succeed(&into(from).iter().map(String::as_str).collect::<Vec<_>>());
    run(&one);
    run(&one);
    let refused = |from: &Path, word: &str| {
        refuse(2, &into(from).iter().map(String::as_str).collect::<Vec<_>>(), &[word, "another --out"]);
    };
    refused(&other, "holds something else");
    std::fs::write(out.join("manifest.json"), "{}").unwrap();
    refused(&one, "another experiment");
    assert_eq!(read_patterns(&out.join("patterns.npy"), None).unwrap().to_bipolar(), BITS);
}

#[test]
fn labels_of_other_rows_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (from, labels) = (features(folder.path(), "f.npy", 2, &VALUES), folder.path().join("l.npy"));
    write_i64(&labels, &[0; 5]).unwrap();
    let out = folder.path().join("out");
    let embed = ["embed", text(&from), "--out", text(&out)];
    let with = |more: &[&str], words: &[&str]| refuse(2, &[&embed[..], more].concat(), words);
    with(&["--labels", text(&labels)], &["5 labels for 4 rows", "same file"]);
    with(&["--labels", text(&from)], &["[4, 2]", "one axis"]);
    with(&["--first", "5"], &["--first 5", "4 patterns"]);
    let same = folder.path().join("patterns.npy");
    std::fs::copy(&from, &same).unwrap();
    refuse(2, &["embed", text(&same), "--out", text(folder.path())], &["replace the input"]);
    assert!(!out.exists());
}
