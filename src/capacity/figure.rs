//! Capacity against N, all models in one figure.

use super::exponent::Exponent;
use super::found::{Capacity, pooled};
use crate::data::lines;
use crate::error::Result;
use crate::report::{Figure, LogCurve, LogFigure, LogPanel};

/// Mean capacities with the reach of their bounds, and the fitted powers of N. None where nothing has been found.
///
/// # Errors
/// If the drawing fails.
pub fn figure(capacities: &[Capacity]) -> Result<Option<Figure>> {
    let models = pooled(capacities);
    if models.is_empty() {
        return Ok(None);
    }
    let curves = models.iter().enumerate().map(|(name, (model, pools))| {
        let (first, last) = pools.iter().fold((f64::INFINITY, 0.0_f64), |(first, last), pool| {
            (first.min(pool.neurons as f64), last.max(pool.neurons as f64))
        });
        let mut points: Vec<(f64, f64)> = pools.iter().map(|pool| (pool.neurons as f64, pool.mean)).collect();
        points.sort_by(|a, b| a.0.total_cmp(&b.0));
        let interval = |x: f64| {
            let pool = pools.iter().find(|pool| pool.neurons as f64 == x)?;
            Some((x, pool.reach.0 as f64, pool.reach.1.map_or(f64::NAN, |end| end as f64)))
        };
        let fit = exponent(capacities, model).map(|fit| vec![(first, fit.at(first)), (last, fit.at(last))]);
        LogCurve { name, intervals: points.iter().filter_map(|point| interval(point.0)).collect(), points, fit }
    });
    let title = "Capacity against the number of neurons".to_owned();
    let caption = "Largest number of patterns P that stay retrievable, mean over networks; logarithmic axes. Bars and \
                   bands reach from the largest P shown to be retrievable in every network to the smallest shown not to \
                   be in any; there is none where a search met its bound on P. Thin lines are the fitted powers of N."
        .to_owned();
    let svg = LogFigure {
        title: title.clone(),
        caption: caption.clone(),
        legend: "rule/kernel".into(),
        names: models.iter().map(|(model, _)| model.clone()).collect(),
        panels: vec![LogPanel {
            labels: ["neurons N".into(), "capacity (patterns)".into()],
            curves: curves.collect(),
            slope_one: None,
        }],
    }
    .draw()?;
    let csv = String::from_utf8_lossy(&lines(capacities, true)?).into_owned();
    Ok(Some(Figure { stem: "capacity-vs-neurons".into(), title, caption, svg, csv }))
}

/// The power of N of one model.
pub(super) fn exponent(capacities: &[Capacity], model: &str) -> Option<Exponent> {
    let own: Vec<Capacity> = capacities.iter().filter(|one| one.model() == model).cloned().collect();
    Exponent::fit(&own)
}
