//! From an experiment's rows to the numbers of a reading.

use super::judged::Evidence;
use crate::capacity::Capacity;
use crate::measure::Row;
use crate::measure::claim::{Measured, Reading, Verdict, verdict};
use crate::report::{Estimate, Figure};

/// Rows of one kernel and load, by network.
pub(super) fn of<'a, M>(rows: &'a [Row<M>], kernel: &'a str, load: f64) -> impl Iterator<Item = &'a Row<M>> + Clone {
    rows.iter().filter(move |row| row.head.kernel == kernel && row.head.load == load)
}

/// A measured number as a point of a curve.
pub(super) fn drawn(measured: &Measured) -> Estimate {
    let interval = Some((measured.low, measured.high)).filter(|(low, high)| low.is_finite() && high.is_finite());
    Estimate { value: measured.value, interval }
}

/// Differences of pairs, in their order, as a mean over networks.
pub(super) fn differences(pairs: impl IntoIterator<Item = (f64, f64)>) -> Measured {
    Measured::mean(pairs.into_iter().map(|(a, b)| a - b))
}

/// Mean of what is made of networks' capacities; of a search that met its bound on P it is a lower end.
pub(super) fn held<'a>(found: impl Iterator<Item = &'a Capacity> + Clone, of: impl Fn(&Capacity) -> f64) -> Measured {
    let measured = Measured::mean(found.clone().map(of));
    match found.into_iter().any(|one| one.refuted.is_none()) {
        true => Measured { high: f64::INFINITY, ..measured },
        false => measured,
    }
}

/// Readings at several values of a setting that the paper's copy at hand leaves open: the claim stands or falls if it
/// does at all of them, and is not decidable where they differ.
pub(super) fn at_each(setting: &str, cases: Vec<(String, Vec<Reading>)>) -> Evidence {
    let verdicts: Vec<(&str, Verdict)> = cases.iter().map(|(case, own)| (case.as_str(), verdict(own))).collect();
    let named = |wanted: Verdict| -> Vec<&str> {
        verdicts.iter().filter(|(_, verdict)| *verdict == wanted).map(|(case, _)| *case).collect()
    };
    let all = [Verdict::Reproduced, Verdict::NotReproduced, Verdict::Undecidable];
    let told = all.into_iter().filter(|&verdict| !named(verdict).is_empty());
    let told: Vec<String> = told.map(|verdict| format!("{verdict} with {}", named(verdict).join(", "))).collect();
    let differ = told.len() > 1;
    let remarks = if differ { vec![format!("It depends on {setting}: {}.", told.join("; "))] } else { Vec::new() };
    let readings = cases.into_iter().flat_map(|(case, own)| {
        own.into_iter().map(move |reading| Reading { what: format!("{case}: {}", reading.what), ..reading })
    });
    Evidence {
        readings: readings.collect(),
        remarks,
        verdict: differ.then_some(Verdict::Undecidable),
        ..Evidence::default()
    }
}

/// Figures whose names begin so.
pub(super) fn picked(figures: Vec<Figure>, stems: &[impl AsRef<str>]) -> Vec<Figure> {
    figures.into_iter().filter(|figure| stems.iter().any(|stem| figure.stem.starts_with(stem.as_ref()))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::claim::Published;

    #[test]
    fn a_claim_that_depends_on_an_open_setting_is_not_decidable() {
        let near_zero = Published::at_most("near zero", 0.05);
        let case = |name: &str, value| (name.to_owned(), vec![Reading::of("rate", near_zero, Measured::known(value))]);
        let mixed = at_each("gamma", vec![case("1/N", 0.9), case("16/N", 0.0)]);
        assert_eq!(mixed.verdict, Some(Verdict::Undecidable));
        assert_eq!(mixed.remarks, ["It depends on gamma: reproduced with 16/N; not reproduced with 1/N."]);
        assert_eq!(mixed.readings[1].what, "16/N: rate");
        let alike = at_each("gamma", vec![case("1/N", 0.9), case("16/N", 0.8)]);
        assert_eq!((alike.verdict, verdict(&alike.readings)), (None, Verdict::NotReproduced));
    }

    #[test]
    fn a_search_that_met_its_bound_gives_a_lower_end() {
        let of = |capacity, refuted| Capacity { capacity, refuted, ..Capacity::default() };
        let found = [of(10, Some(12)), of(14, Some(15))];
        assert!(held(found.iter(), |one| one.capacity as f64).high < 100.0);
        let open = [of(10, None), of(14, Some(15))];
        assert_eq!(held(open.iter(), |one| one.capacity as f64).high, f64::INFINITY);
    }
}
