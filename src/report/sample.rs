//! A believable sweep for this module's tests.

use crate::measure::Cell;

/// One cell of a made-up memory of 100 neurons whose basins shrink with the load.
pub(super) fn cell(kernel: &str, load: f64, similarity: f64, network: usize) -> Cell {
    let (trials, reach) = (4000.0, 34.0 * (similarity - 0.72) + 0.3 * network as f64);
    let raw = if similarity >= 1.0 { 1.0 } else { 1.0 / (1.0 + (1.3 * (load - reach)).exp()) };
    let round = |rate: f64| (rate * trials).round() / trials;
    let target_rate = round(raw);
    let [other_rate, cycle_rate, unsettled_rate] = [0.05, 0.03, 0.01].map(|part| round(part * (1.0 - target_rate)));
    let spurious_rate = round(1.0 - target_rate - other_rate - cycle_rate - unsettled_rate);
    Cell {
        kernel: kernel.into(),
        rule: "klr".into(),
        neurons: 100,
        patterns: (100.0 * load).round() as usize,
        load,
        similarity,
        flips: (50.0 * (1.0 - similarity)).round() as usize,
        network,
        trials: 4000,
        fixed_point_rate: target_rate + other_rate + spurious_rate,
        target_rate,
        other_rate,
        spurious_rate,
        cycle_rate,
        unsettled_rate,
        mean_cosine: target_rate + (1.0 - target_rate) * (0.6 * similarity + 0.02 * network as f64),
        mean_steps: Some(1.0 + 6.0 * (1.0 - similarity) + 0.1 * load * (1.0 + 0.1 * network as f64)),
        objective: 1e-3,
        gradient_norm: 1e-4 * load,
        settled: load < 20.0 || network > 0,
        uncertain_signs: 3,
    }
}

/// The whole grid.
pub(super) fn sweep(kernels: &[&str], loads: &[f64], similarities: &[f64], networks: usize) -> Vec<Cell> {
    let mut cells = Vec::new();
    for kernel in kernels {
        for load in loads {
            for similarity in similarities {
                cells.extend((0..networks).map(|network| cell(kernel, *load, *similarity, network)));
            }
        }
    }
    cells
}
