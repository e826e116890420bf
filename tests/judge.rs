//! The judge is judged: every fault that two backends may have is planted once, and must be found.

mod common;

use attractor::engine::kernel::{CUE, FIELD, Kernel, NEAREST};
use attractor::engine::{Backend, Element, Work, array::SENTINEL};
use common::cases::{case, variants};
use common::judge::{MARK, Output, Ran, execute, judge, judge_within, same_bits};
use common::{cpu_like_gpu, gpu};

const WORK: Work = Work { nets: 2, trials: 70, patterns: 65, neurons: 33 };

/// One kernel's outputs, and the same as if the other backend had written them.
fn pair(kernel: &'static Kernel) -> (Ran, Ran) {
    let case = case(kernel.stem, WORK, variants(kernel.stem)[0]);
    let left = execute(&cpu_like_gpu(), kernel, &case);
    let right = Ran { backend: "gpu", ..left.clone() };
    (left, right)
}

/// Plants a fault in the first output of one side, then of the other; both must be found, and named as given.
fn found(kernel: &'static Kernel, named: &str, plant: impl Fn(&mut Output)) {
    let (left, right) = pair(kernel);
    judge(&left, &right).expect("no fault is planted yet");
    for side in [0, 1] {
        let mut sides = [left.clone(), right.clone()];
        plant(&mut sides[side].outputs[0]);
        let fault = judge(&sides[0], &sides[1]).expect_err(named);
        assert!(fault.contains(named), "{named}: {fault}");
    }
}

/// The first word of a row of the second network.
fn place(output: &Output, row: usize) -> usize {
    (output.stride() + row) * output.width
}

#[test]
fn a_backend_compared_with_itself() {
    let (left, _) = pair(&FIELD);
    assert!(judge(&left, &left.clone()).unwrap_err().contains("compared with itself"));
    assert_ne!(cpu_like_gpu().device().backend, gpu().device().backend, "parity would compare a backend with itself");
}

#[test]
fn a_flipped_bit() {
    for (kernel, bit) in [(&FIELD, 0), (&FIELD, 31), (&NEAREST, 0), (&CUE, 31)] {
        found(kernel, "against", |output| {
            let at = place(output, 69);
            output.words[at] ^= 1 << bit;
        });
    }
}

#[test]
fn a_nan_on_one_side() {
    found(&FIELD, "NaN", |output| {
        let at = place(output, 3);
        output.words[at] = f32::NAN.to_bits();
    });
}

#[test]
fn a_nan_on_both_sides() {
    let (mut left, mut right) = pair(&FIELD);
    for side in [&mut left, &mut right] {
        let at = place(&side.outputs[0], 3);
        side.outputs[0].words[at] = f32::NAN.to_bits();
    }
    assert!(judge(&left, &right).unwrap_err().contains("NaN"));
}

#[test]
fn more_than_the_tolerance_or_no_number_at_all() {
    let (left, right) = pair(&FIELD);
    let at = place(&right.outputs[0], 3);
    let value = f32::from_bits(right.outputs[0].words[at]);
    let with = |changed: f32| {
        let mut right = right.clone();
        right.outputs[0].words[at] = changed.to_bits();
        judge_within(&left, &right, |_, _, _| 0.25)
    };
    with(value).expect("no difference");
    with(value + 0.2).expect("within");
    assert!(with(value + 0.3).unwrap_err().contains("more than"));
    assert!(with(f32::NAN).unwrap_err().contains("NaN"));
    assert!(with(f32::INFINITY).unwrap_err().contains("inf"));
    assert!(with(f32::from_bits(MARK)).unwrap_err().contains("never written"));
    assert!(judge_within(&left, &left, |_, _, _| 1.0).unwrap_err().contains("itself"));
}

#[test]
fn infinities_of_unlike_sign() {
    let (mut left, mut right) = pair(&FIELD);
    let at = place(&left.outputs[0], 0);
    left.outputs[0].words[at] = f32::INFINITY.to_bits();
    right.outputs[0].words[at] = f32::INFINITY.to_bits();
    judge(&left, &right).expect("infinities of like sign agree");
    right.outputs[0].words[at] = f32::NEG_INFINITY.to_bits();
    assert!(judge(&left, &right).unwrap_err().contains("inf"));
}

#[test]
fn zeros_of_unlike_sign() {
    let (mut left, mut right) = pair(&FIELD);
    let at = place(&left.outputs[0], 0);
    left.outputs[0].words[at] = 0.0_f32.to_bits();
    right.outputs[0].words[at] = (-0.0_f32).to_bits();
    assert!(judge(&left, &right).is_err());
}

#[test]
fn swapped_rows() {
    for kernel in [&FIELD, &CUE] {
        found(kernel, "against", |output| {
            let (a, b) = (place(output, 4), place(output, 5));
            for column in 0..output.width {
                output.words.swap(a + column, b + column);
            }
        });
    }
}

#[test]
fn rows_off_by_one() {
    found(&FIELD, "against", |output| {
        let (start, width) = (place(output, 0), output.width);
        output.words[start..start + 70 * width].rotate_right(width);
    });
}

#[test]
fn networks_swapped() {
    found(&FIELD, "against", |output| {
        let net = output.stride() * output.width;
        output.words.rotate_left(net);
    });
}

#[test]
fn a_sentinel_or_mark_left_in_place() {
    for unwritten in [SENTINEL, MARK] {
        for kernel in [&FIELD, &NEAREST, &CUE] {
            found(kernel, "never written", |output| {
                let at = place(output, 69) + output.width - 1;
                output.words[at] = unwritten;
            });
        }
    }
    let (mut left, mut right) = pair(&CUE);
    left.outputs[0].words.fill(MARK);
    right.outputs[0].words.fill(MARK);
    assert!(judge(&left, &right).unwrap_err().contains("never written"), "neither side ran");
}

#[test]
fn a_row_past_the_end() {
    found(&FIELD, "overwritten", |output| {
        let at = place(output, 70);
        output.words[at] = 0;
    });
}

#[test]
fn tail_bits() {
    found(&CUE, "tail bits", |output| {
        let at = place(output, 0) + 1;
        output.words[at] |= 1 << 1;
    });
}

#[test]
fn a_missing_output_or_another_shape() {
    let (left, mut right) = pair(&NEAREST);
    right.outputs.pop();
    assert!(judge(&left, &right).is_err());
    let nothing = Ran { backend: "cpu", launches: 1, outputs: vec![] };
    assert!(same_bits(&nothing, &nothing).is_err());
    let (left, mut right) = pair(&NEAREST);
    right.outputs[0].rows = 69;
    assert!(judge(&left, &right).is_err());
    let (left, mut right) = pair(&NEAREST);
    right.outputs.swap(0, 1);
    assert!(judge(&left, &right).is_err());
    assert_eq!(left.outputs[0].element, Element::U32);
}
