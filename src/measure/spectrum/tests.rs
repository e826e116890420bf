//! Two ways to a spectrum agree, and known matrices have their known eigenvalues.

use super::*;
use crate::memory::Profile;
use crate::pattern::hamming;
use crate::random::patterns;

fn table(kernel: &str, neurons: usize) -> Table {
    kernel.parse::<Profile>().unwrap().table(neurons).unwrap()
}

fn measured(keys: &Patterns, table: &Table, extent: Extent) -> Spectrum {
    spectrum(keys, table, extent, &mut || true).unwrap()
}

/// By Lanczos, whatever the size.
fn extent(leading: usize) -> Extent {
    Extent { leading, whole_up_to: 0 }
}

#[test]
fn the_pairs_are_counted_as_they_are() {
    let keys = patterns(3, 0, 37, 90).unwrap();
    let mut counts = vec![0; 38];
    for (a, b) in (0..90).flat_map(|a| (0..90).map(move |b| (a, b))) {
        counts[hamming(keys.row(a), keys.row(b)) as usize] += 1;
    }
    assert_eq!(PairDistances::of(&keys, &mut || true).unwrap().counts(), counts);
    assert!(matches!(PairDistances::of(&keys, &mut || false), Err(Error::Interrupted)));
}

/// tr(K)^2 / |K|_F^2 of counted distances is (sum of l)^2 / sum of l^2 of all eigenvalues.
#[test]
fn the_dimension_is_the_eigenvalues() {
    let keys = patterns(1, 0, 60, 150).unwrap();
    for kernel in ["rbf:0.02", "linear", "dense:3", "rbf:5", "laplacian:0.1", "exponential:0.2"] {
        let found = measured(&keys, &table(kernel, 60), Extent::default());
        assert!(found.whole && found.leading.len() == 150);
        let values = || found.leading.iter().map(|eigenvalue| eigenvalue.value);
        let (sum, squares) = (values().sum::<f64>(), values().map(|value| value * value).sum::<f64>());
        // 150 eigenvalues, each within its bound.
        let bound = 300.0 * found.smallest.within * values().fold(0.0, f64::max).max(1.0);
        assert!((sum - found.trace).abs() <= bound, "{kernel}: {sum} {}", found.trace);
        assert!((squares - found.frobenius.powi(2)).abs() <= bound, "{kernel}");
        let dimension = found.effective_dimension();
        assert!((dimension / (sum * sum / squares) - 1.0).abs() < 1e-9, "{kernel}");
        assert!((1.0..=150.0 + 1e-9).contains(&dimension), "{kernel}: {dimension}");
    }
}

#[test]
fn lanczos_finds_what_a_dense_solver_does() {
    for (seed, kernel) in [(1, "rbf:0.02"), (2, "linear"), (3, "dense:3"), (4, "rbf:0.005"), (5, "rbf:5")] {
        let keys = patterns(seed, 0, 50, 320).unwrap();
        let table = table(kernel, 50);
        let all = measured(&keys, &table, Extent::default());
        let some = measured(&keys, &table, extent(60));
        assert!(!some.whole && some.leading.len() == 60);
        assert_eq!((some.trace, some.frobenius), (all.trace, all.frobenius));
        let scale = all.leading[0].value;
        for (rank, (a, b)) in some.leading.iter().zip(&all.leading).enumerate() {
            assert!((a.value - b.value).abs() <= a.within + b.within, "{kernel}, {rank}: {a:?} {b:?}");
            assert!(
                a.value <= b.value + b.within + a.within && a.within <= 1e-8 * scale,
                "{kernel}, {rank}: {a:?} {b:?}"
            );
        }
        assert!(some.smallest.value >= all.smallest.value - all.smallest.within, "{kernel}: from above");
    }
}

/// Walsh's functions of 6 bits, each two times: 64 eigenvalues of 2 and 64 of 0 by the linear kernel.
#[test]
fn eigenvalues_of_many_vectors_are_found_that_often() {
    let signs = (0..128_u32).flat_map(|row| (0..64_u32).map(move |bit| ((row / 2) & bit).count_ones() % 2 == 0));
    let keys = Patterns::from_signs(64, signs).unwrap();
    let found = measured(&keys, &table("linear", 64), extent(70));
    for (rank, eigenvalue) in found.leading.iter().enumerate() {
        let wanted = if rank < 64 { 2.0 } else { 0.0 };
        assert!((eigenvalue.value - wanted).abs() <= 1e-12 + eigenvalue.within, "{rank}: {eigenvalue:?}");
    }
    assert!(found.smallest.within < 1e-12);
    assert!((found.effective_dimension() - 64.0).abs() < 1e-9);
    let Condition::AtLeast(condition) = found.condition() else { panic!("{:?}", found.condition()) };
    assert!(condition > 1e12, "singular, as far as rounding can tell: {condition:e}");
}

#[test]
fn patterns_that_do_not_see_each_other_are_as_many_dimensions() {
    let keys = patterns(1, 0, 100, 300).unwrap();
    for extent in [Extent::default(), extent(20)] {
        let found = measured(&keys, &table("rbf:5", 100), extent);
        assert!((found.effective_dimension() - 300.0).abs() < 1e-9);
        assert!(found.leading.iter().all(|one| (one.value - 1.0).abs() <= one.within && one.within < 1e-12));
        match found.condition() {
            Condition::Known(condition) => assert!(found.whole && (condition - 1.0).abs() < 1e-12),
            Condition::AtLeast(condition) => assert!(!found.whole && (condition - 1.0).abs() < 1e-12),
            Condition::Indefinite => panic!("{found:?}"),
        }
    }
    let same = keys.select([7; 40]);
    let found = measured(&same, &table("rbf:0.02", 100), Extent::default());
    assert!((found.effective_dimension() - 1.0).abs() < 1e-12);
}

/// arXiv 2609.16827: at N 50, P 100, gamma 0.02 the largest eigenvalue of K^2 / 4 + lambda K is above 50. With
/// independent patterns it is about 55.6.
#[test]
fn the_curvature_is_the_published_one() {
    let table = table("rbf:0.02", 50);
    let curvatures: Vec<f64> = (1..41)
        .map(|seed| measured(&patterns(seed, 0, 50, 100).unwrap(), &table, Extent::default()).curvature(0.01))
        .collect();
    assert!(curvatures.iter().all(|curvature| (50.0..62.0).contains(curvature)), "{curvatures:?}");
    let mean = curvatures.iter().sum::<f64>() / 40.0;
    // Draws differ by 0.4.
    assert!((mean - 55.6).abs() < 1.0, "{mean}");
}

#[test]
fn what_is_no_inner_product_is_told_of() {
    let keys = patterns(1, 0, 60, 40).unwrap();
    // 1 between different patterns and 0.1 with oneself: 39.1, and 39 eigenvalues of -0.9.
    let indefinite: Table =
        ((0..=60).map(|d| if d == 0 { 0.1 } else { 1.0 }).collect::<Vec<f32>>(), vec![0; 61]).into();
    for extent in [Extent::default(), extent(10)] {
        let found = measured(&keys, &indefinite, extent);
        assert_eq!(found.condition(), Condition::Indefinite);
        assert!((found.leading[0].value - 39.1).abs() < 1e-6 && (found.smallest.value + 0.9).abs() < 1e-6, "{found:?}");
    }
}

#[test]
fn what_cannot_be_measured_is_refused() {
    let keys = patterns(1, 0, 60, 40).unwrap();
    let refusal =
        |keys: &Patterns, table: &Table, extent| spectrum(keys, table, extent, &mut || true).unwrap_err().to_string();
    assert!(refusal(&keys.prefix(0), &table("rbf:0.02", 60), Extent::default()).contains("0 patterns"));
    assert!(refusal(&keys, &table("rbf:0.02", 60), extent(0)).contains("0 eigenvalues"));
    assert!(refusal(&keys, &table("rbf:0.02", 59), Extent::default()).contains("60 weights for 60 neurons"));
    let mut asked = 0;
    let mut until = |last| {
        asked = 0;
        let mut go_on = || {
            asked += 1;
            asked <= last
        };
        spectrum(&keys, &table("rbf:0.02", 60), extent(5), &mut go_on)
    };
    assert!((0..3).all(|last| matches!(until(last), Err(Error::Interrupted))));
}
