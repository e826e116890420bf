use super::super::{Paper, Settings};
use super::*;
use crate::engine::Arithmetic;
use crate::engine::cpu::Cpu;
use crate::recall::Precision;
use crate::rule::Distances;
use crate::sequence::{self, Lengths};
use crate::study::Snr;

/// Rows of an experiment of each kind, how often it was heard of, and what is noted.
fn all(folder: &std::path::Path, neurons: usize) -> Result<(Vec<String>, usize, [Vec<String>; 2])> {
    let backend = Cpu::new(Arithmetic::Fused);
    let arithmetic = backend.device().arithmetic.clone();
    let settings = Settings { paper: Paper::Q, quick: true, seed: 3, patterns: None, arithmetic };
    let ways = Ways { precision: Precision::default(), distances: Distances::default() };
    let request =
        Request { settings: &settings, patterns: None, features: None, backend: &backend, ways, command: "attractor" };
    let mut heard = 0;
    let mut observer = |_: Event<'_>| {
        heard += 1;
        true
    };
    let mut lab = Lab {
        request: &request,
        folder: folder.to_owned(),
        observer: &mut observer,
        claim: "a claim",
        experiments: Vec::new(),
        half_trained: Vec::new(),
    };
    let models = ["klr/rbf:0.1".to_owned()];
    let snr = Snr { flip: 0.1, max_cues: 10, max_steps: 5 };
    let subject = lab.subject(neurons, &[1.0], &models, 2);
    let mut rows = vec![format!("{:?}", lab.study("study", subject, snr)?)];
    let sweep = lab.sweep_settings(neurons, &[1.0], &["klr/rbf:0.1"]);
    let cells = lab.sweep("sweep", sweep, None)?;
    rows.push(format!("{:?}", cells.iter().map(|cell| (cell.network, cell.target_rate)).collect::<Vec<_>>()));
    let walks = sequence::Settings {
        neurons,
        lengths: Lengths::Listed(vec![5]),
        models: models.to_vec(),
        // One update of it settles nothing.
        descent: Descent { updates: 1, ..published() },
        trials: 2,
        steps: None,
        seed: 3,
        patterns: None,
        arithmetic: lab.arithmetic(),
    };
    let walks = lab.sequence("sequence", walks)?;
    rows.push(format!("{:?}", walks.iter().map(|walk| (walk.trial, walk.transitions)).collect::<Vec<_>>()));
    let capacity = capacity::Settings {
        networks: 2,
        most_patterns: 64,
        ..lab.capacity_settings(vec![neurons], &["pseudoinverse"])
    };
    let found = lab.capacity("capacity", capacity)?;
    assert!(found.iter().all(|one| one.capacity == neurons), "{found:?}");
    rows.push(format!("{found:?}"));
    let noted = [lab.experiments, lab.half_trained];
    Ok((rows, heard, noted))
}

#[test]
fn experiments_are_kept_and_those_of_other_settings_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (rows, heard, [experiments, half_trained]) = all(folder.path(), 16).unwrap();
    assert!(heard > 4);
    assert_eq!(experiments, ["study", "sweep", "sequence", "capacity"]);
    assert_eq!(half_trained, ["Of sequence, 2 of 2 rows are of training that had not settled."]);
    for experiment in &experiments {
        assert!(folder.path().join(experiment).join("report.html").exists(), "{experiment}");
    }
    // Cut off before it was reported.
    let page = folder.path().join("sweep/report.html");
    std::fs::remove_file(&page).unwrap();
    let (again, heard, _) = all(folder.path(), 16).unwrap();
    assert_eq!((again, heard), (rows, 0));
    assert!(page.exists());
    assert!(all(folder.path(), 17).unwrap_err().to_string().contains("neurons 16 there, 17 here"));
}
