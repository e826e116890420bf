use super::super::{clopper_pearson, wilson};
use super::*;

const SEVENTH: Published = Published::number("0.14", 0.135, 0.145);

fn judged(low: f64, high: f64) -> Option<Verdict> {
    Reading::of("C/N", SEVENTH, Measured { value: 0.5 * (low + high), low, high }).verdict
}

#[test]
fn the_whole_interval_decides() {
    assert_eq!(judged(0.136, 0.144), Some(Verdict::Reproduced));
    assert_eq!([judged(0.12, 0.134), judged(0.146, 0.2)], [Some(Verdict::NotReproduced); 2]);
    assert_eq!([judged(0.13, 0.14), judged(0.1, 0.2)], [Some(Verdict::Undecidable); 2]);
    assert_eq!(judged(0.2, f64::INFINITY), Some(Verdict::NotReproduced));
    // One network has no interval, nor have equal ones, and nothing measured has no number.
    for measured in [Measured::mean([0.14]), Measured::mean([0.14, 0.14]), Measured::default()] {
        assert_eq!(Reading::of("C/N", SEVENTH, measured).verdict, Some(Verdict::Undecidable));
    }
    assert_eq!(Reading::unpublished("C/N", Measured::known(1.0)).verdict, None);
}

#[test]
fn one_network_is_held_against_single_networks() {
    // Mean 0.14, s = 0.01, n = 2: 12.7062 * 0.01 * sqrt(3/2).
    let networks = [0.14 - 0.01 / 2.0_f64.sqrt(), 0.14 + 0.01 / 2.0_f64.sqrt()];
    let reading = Reading::single("C/N", SEVENTH, &networks);
    assert!((reading.high - 0.14 - 0.127_062 * 1.5_f64.sqrt()).abs() < 1e-6, "{reading:?}");
    assert_eq!(reading.verdict, Some(Verdict::Reproduced));
    assert_eq!(Reading::single("C/N", SEVENTH, &[0.50, 0.51]).verdict, Some(Verdict::NotReproduced));
    assert_eq!(Reading::single("C/N", SEVENTH, &[0.14]).verdict, Some(Verdict::Undecidable));
}

#[test]
fn a_claim_stands_with_all_of_its_readings_and_falls_with_one() {
    let reading = |value: f64| Reading::of("C/N", SEVENTH, Measured::known(value));
    let open = Reading::of("C/N", SEVENTH, Measured::default());
    assert_eq!(verdict(&[reading(0.14), reading(0.137)]), Verdict::Reproduced);
    assert_eq!(verdict(&[reading(0.14), reading(0.2), open.clone()]), Verdict::NotReproduced);
    assert_eq!(verdict(&[reading(0.14), open]), Verdict::Undecidable);
    assert_eq!(verdict(&[reading(0.14), reading(0.2).beside()]), Verdict::Reproduced);
    assert_eq!([verdict(&[]), verdict(&[reading(0.14).beside()])], [Verdict::Undecidable; 2]);
}

#[test]
fn a_share_is_as_uncertain_as_the_wider_of_its_intervals() {
    // All networks alike: Wilson's of 40 of 40.
    let all = Measured::share([(1.0, 20), (1.0, 20)]);
    assert_eq!((all.value, all.low, all.high), (1.0, wilson(40, 40).0, 1.0));
    // 2000 trials each, far apart: Student's, 0.5 +- 12.7062 * 0.1 / sqrt 2 * sqrt 2.
    let apart = Measured::share([(0.49, 2000), (0.51, 2000)]);
    assert!((apart.low - (0.5 - 0.127_062)).abs() < 1e-5 && (apart.high - 0.627_062).abs() < 1e-5, "{apart:?}");
    assert_eq!(Measured::share([(0.5, 4)]).low, wilson(2, 4).0);
    assert!(Measured::share([(f64::NAN, 0)]).value.is_nan());
    assert_eq!(Measured::share_among(10, [(1.0, 40)]).low, clopper_pearson(40, 40, 0.0025).0);
}

#[test]
fn differences_of_shares_are_newcombe_s_or_student_s() {
    // Newcombe (1998), Stat. Med. 17, 873, table II, method 10: 56/70 less 48/80, 9/10 less 3/10, 10/10 less 0/20.
    for (a, b, low, high) in
        [((56, 70), (48, 80), 0.0524, 0.3339), ((9, 10), (3, 10), 0.1705, 0.8090), ((10, 10), (0, 20), 0.6791, 1.0)]
    {
        let [a, b] = [a, b].map(|(k, n)| (f64::from(k) / f64::from(n), n as usize));
        let found = Measured::difference(&[a], &[b]);
        assert!((found.low - low).abs() < 1e-4 && (found.high - high).abs() < 1e-4, "{found:?}");
    }
    // Equal shares are not equal for certain.
    let alike = Measured::difference(&[(0.0, 100), (0.0, 100)], &[(0.0, 100), (0.0, 100)]);
    assert!(alike.value == 0.0 && alike.high > 0.01 && alike.low < -0.01, "{alike:?}");
    let spread = Measured::difference(&[(0.9, 10_000), (0.5, 10_000)], &[(0.5, 10_000), (0.5, 10_000)]);
    assert_eq!((spread.low, spread.high), (-1.0, 1.0));
}

#[test]
fn extremes_are_bounded_by_all_conditions() {
    let of = |value: f64, low: f64, high: f64| Measured { value, low, high };
    let conditions = || [("small", of(0.1, 0.01, 0.3)), ("large", of(0.2, 0.19, 0.21)), ("none", Measured::default())];
    assert_eq!(highest(conditions()), Some(("large", of(0.2, 0.19, 0.3))));
    assert_eq!(lowest(conditions()), Some(("small", of(0.1, 0.01, 0.21))));
    let open = highest([("a", of(0.1, 0.0, 0.2)), ("b", Measured { value: 0.05, ..Measured::default() })]).unwrap();
    assert!(open.0 == "a" && open.1.high.is_nan());
    assert_eq!(highest::<&str>([]), None);
}

#[test]
fn brackets_are_open_where_nothing_held_or_nothing_failed() {
    assert_eq!(Measured::bracket(None, Some(15.0)), Measured { value: 0.0, low: 0.0, high: 15.0_f64.next_down() });
    assert_eq!(Measured::bracket(Some(40.0), None), Measured { value: 40.0, low: 40.0, high: f64::INFINITY });
}
