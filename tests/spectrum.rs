//! `attractor spectrum`: what is written is what the library measures, and continued; what cannot be meant is refused.

mod common;

use std::collections::BTreeMap;
use std::path::Path;

use attractor::measure::spectrum::{Extent, spectrum};
use attractor::memory::Profile;
use attractor::random::patterns;
use common::program::{npy, refuse, succeed, text};

/// Rows of a table, by column.
fn rows(path: &Path) -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_path(path).expect("the table is there");
    reader.deserialize().map(|row| row.expect("a row")).collect()
}

fn number(row: &BTreeMap<String, String>, column: &str) -> f64 {
    row[column].parse().unwrap_or_else(|_| panic!("{column}: {:?}", row[column]))
}

#[test]
fn rows_are_the_librarys_and_continue() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    // 40 patterns are known whole, 80 are not; no rank is beyond them but the last of 40.
    let arguments = [
        "spectrum",
        "--backend",
        "cpu",
        "--neurons",
        "20",
        "--kernel",
        "rbf:0.02,linear",
        "--loads",
        "2,4",
        "--networks",
        "2",
        "--eigenvalues",
        "41",
        "--whole-up-to",
        "50",
        "--seed",
        "3",
        "--quiet",
        "--out",
        text(&out),
    ];
    succeed(&arguments);
    let table = out.join("eigenvalues.csv");
    let found = rows(&table);
    assert_eq!(found.len(), 2 * 2 * 2 * 41);
    let mut at = found.iter();
    for (kernel, count, network) in ["rbf:0.02", "linear"]
        .iter()
        .flat_map(|kernel| [40, 80].map(|count| (kernel, count)))
        .flat_map(|(k, c)| [(k, c, 0), (k, c, 1)])
    {
        let table = kernel.parse::<Profile>().unwrap().table(20).unwrap();
        let keys = patterns(3, network, 20, count).unwrap();
        let own = spectrum(&keys, &table, Extent { leading: 41, whole_up_to: 50 }, &mut || true).unwrap();
        for rank in 0..41 {
            let row = at.next().unwrap();
            assert_eq!((row["kernel"].as_str(), number(row, "patterns") as usize), (*kernel, count));
            assert_eq!((number(row, "network"), number(row, "rank")), (f64::from(network), rank as f64 + 1.0));
            match own.leading.get(rank) {
                Some(eigenvalue) => assert_eq!(number(row, "eigenvalue"), eigenvalue.value),
                None => assert_eq!(row["eigenvalue"], ""),
            }
            assert_eq!(number(row, "effective_dimension"), own.effective_dimension());
            assert_eq!(row["condition"].is_empty(), count == 80 || *kernel == "linear", "{kernel} {count}");
            assert_eq!(row["settled"], "true");
        }
    }
    // Cut off within the last network, it begins that one again.
    let whole = std::fs::read_to_string(&table).unwrap();
    let cut = whole.len() - 200;
    std::fs::write(&table, &whole[..cut]).unwrap();
    succeed(&arguments);
    assert_eq!(std::fs::read_to_string(&table).unwrap(), whole);
    let page = std::fs::read_to_string(out.join("report.html")).unwrap();
    assert!(page.contains("P is above 2 D_eff") || page.contains("P stays within 2 D_eff"));
    for figure in ["effective-dimension", "leading-eigenvalues"] {
        assert!(
            out.join(format!("figures/{figure}.svg")).exists() && out.join(format!("figures/{figure}.csv")).exists()
        );
    }
}

#[test]
fn own_patterns_are_measured_and_odd_settings_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = npy(folder.path(), "own.npy", -1, 1);
    let out = folder.path().join("out");
    let own = ["spectrum", "--backend", "cpu", "--patterns", text(&file), "--loads", "2", "--out", text(&out)];
    let said = succeed(&[&own[..], &["--kernel", "linear", "--eigenvalues", "3"]].concat());
    let lines = String::from_utf8_lossy(&said.stdout).into_owned();
    assert!(lines.contains("D_eff") && lines.lines().count() == 3, "{lines}");
    let other = folder.path().join("other");
    let with = |more: &[&str]| {
        [&["spectrum", "--backend", "cpu", "--loads", "1", "--out", text(&other)][..], more]
            .concat()
            .into_iter()
            .map(String::from)
            .collect::<Vec<_>>()
    };
    for (more, words) in [
        (&["--eigenvalues", "0"][..], "--eigenvalues 0"),
        (&["--rule", "storkey"], "rule storkey, which has no kernel"),
        (&["--regularizations", "0.1,1"], "nothing is trained"),
        (&["--networks", "0"], "--networks 0"),
    ] {
        let arguments = with(more);
        refuse(2, &arguments.iter().map(String::as_str).collect::<Vec<_>>(), &[words]);
    }
    assert!(!other.exists());
}
