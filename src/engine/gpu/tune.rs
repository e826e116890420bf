//! Which variant of a kernel is fastest here: tried once for each shape of work, and remembered.
//!
//! A variant that gives anything else than plain is not taken, however fast: a choice changes no result. Trials write into
//! arrays of their own.

mod check;
mod known;
mod trial;

use super::{Gpu, Stored};
use crate::engine::kernel::{Kernel, Variant};
use crate::engine::panel::Panel;
use crate::engine::recording::{Dispatch, Work};
use crate::engine::trial::WORTH_TRYING;
use crate::error::Result;
use check::Check;
pub(super) use known::Tuner;
pub use known::cache_folder;
use trial::Trial;

/// Work of one class is told apart by nothing that moves the ranking much: the powers of two that hold its sizes, and
/// which variants take it.
fn class(kernel: &Kernel, work: Work, candidates: &[&'static Variant]) -> String {
    let Work { nets, trials, patterns, neurons } = work;
    let [nets, trials, patterns, neurons] =
        [nets, trials, patterns, neurons].map(|size| size.max(1).next_power_of_two());
    let names: Vec<&str> = candidates.iter().map(|variant| variant.name).collect();
    format!(
        "{} of {nets} nets, {trials} trials, {patterns} patterns, {neurons} neurons among {}",
        kernel.stem,
        names.join(", ")
    )
}

/// The variant for a dispatch among those that take it, plain first: the one found fastest for its class, found now if
/// need be.
pub(super) fn fastest(
    gpu: &Gpu,
    dispatch: &Dispatch,
    stored: &[&Stored],
    candidates: &[&'static Variant],
) -> Result<&'static Variant> {
    let kernel = dispatch.kernel;
    let Work { nets, trials, patterns, .. } = dispatch.work;
    let whole = Panel { nets: 0..nets, trials: 0..trials, patterns: 0..patterns };
    let plain = candidates[0];
    if candidates.len() == 1 || (kernel.work)(&whole.extent(dispatch)) < WORTH_TRYING {
        return Ok(plain);
    }
    let class = class(kernel, dispatch.work, candidates);
    let by_name = |name: String| candidates.iter().find(|variant| variant.name == name);
    if let Some(known) = gpu.tuner.known(&class).and_then(by_name) {
        return Ok(known);
    }
    // Nothing can be said without room for a check, or on a device that is lost: then the work itself says so.
    let Ok(check) = Check::new(gpu, dispatch, plain) else { return Ok(plain) };
    let (mut sound, mut lasting) = (vec![plain], true);
    for &variant in &candidates[1..] {
        if gpu.tuner.differs(&class, variant.name) {
            continue;
        }
        // A driver that refuses a faster way does not stop the work: there is another. A lost device shows again below.
        match check.difference(gpu, variant) {
            Ok(None) => sound.push(variant),
            Ok(Some(difference)) => {
                gpu.warn(format!(
                    "{}: variant {} of kernel {} is not used for work like this, because it differs from plain in \
                     {difference}; update the driver, and please report this with `attractor devices`",
                    gpu.description.name, variant.name, kernel.stem
                ));
                gpu.tuner.refuse(&class, variant.name);
            }
            Err(_) => lasting = false,
        }
    }
    let fastest = if sound.len() == 1 { plain } else { ranked(gpu, dispatch, stored, &sound, &mut lasting)? };
    // What failed may have failed by chance: the next run tries again.
    gpu.tuner.remember(&class, fastest.name, lasting);
    Ok(fastest)
}

/// The fastest of several variants, plain first; `lasting` unless one could not be tried.
fn ranked(
    gpu: &Gpu,
    dispatch: &Dispatch,
    stored: &[&Stored],
    candidates: &[&'static Variant],
    lasting: &mut bool,
) -> Result<&'static Variant> {
    let (trial, repeats) = Trial::sized(gpu, dispatch, stored, candidates[0])?;
    let mut best = (f64::INFINITY, candidates[0]);
    for &variant in candidates {
        let Ok(seconds) = trial.best(gpu, variant, repeats, best.0) else {
            *lasting = false;
            continue;
        };
        if seconds < best.0 {
            best = (seconds, variant);
        }
    }
    Ok(best.1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::gpu::{Options, adapters};
    use crate::engine::kernel::{FIELD, FIELD_HALF, FIELD_SPLIT, Slot};
    use crate::engine::recording::rows_and_width;
    use crate::engine::{Backend, Workspace};

    /// Plain with pieces of its text replaced, as a variant of its own.
    fn planted(kernel: &Kernel, name: &'static str, pieces: &[(&str, &str)]) -> &'static Variant {
        let plain = &kernel.variants[0];
        // Its directives carried out: what it imports can be replaced too.
        let source = pieces.iter().fold(plain.text().unwrap(), |source, (from, to)| {
            assert!(source.contains(from), "{name}: nothing to replace in {from:?}");
            source.replacen(from, to, 1)
        });
        let source = Box::leak(source.into_boxed_str());
        let Variant { file, multiple, need, .. } = *plain;
        Box::leak(Box::new(Variant { name, file, source, parameters: &[], multiple, need }))
    }

    /// Faults in one place each, of `field` and its kin.
    fn faults(kernel: &Kernel) -> [&'static Variant; 6] {
        let place = "trial == 131u && neuron + i == 61u";
        let stored = |to: &str| format!("= select(sums[i], {to}, {place});");
        let (value, guard) = ("= sums[i];", "if neuron + i < params.extent.neurons {\n            field[");
        let (off, nan) = (stored("-sums[i]"), stored("bitcast<f32>(params.extent.neurons | 0x7FC00000u)"));
        let guarded = guard.replace(" {", &format!(" && !({place}) {{"));
        [
            planted(kernel, "off", &[(value, &off)]),
            planted(kernel, "no number", &[(value, &nan)]),
            planted(kernel, "left out", &[(guard, &guarded)]),
            planted(kernel, "beyond", &[("if trial >= params.extent.trials {", "if trial > params.extent.trials {")]),
            planted(kernel, "begun anew", &[("params.extent.first_pattern != 0u", "params.extent.words == 0u")]),
            planted(kernel, "norm", &[("norm = fma(w, w, norm);", "norm = fma(w, w * 1.001, norm);")]),
        ]
    }

    /// Work that is worth a trial, on zeros and without norms: what forgives most.
    fn dispatch(space: &Workspace<'_>, kernel: &'static Kernel) -> Dispatch {
        let work = Work { nets: 2, trials: 300, patterns: 512, neurons: 62 };
        let array = |slot: &Slot| {
            let (rows, width) = rows_and_width(slot, work, &[]);
            space.rows(slot.name, slot.element, work.nets, width, &vec![0; work.nets * rows * width]).unwrap()
        };
        Dispatch { kernel, work, arrays: kernel.slots.iter().map(array).collect(), scalars: vec![0] }
    }

    fn open(cache: &std::path::Path) -> Gpu {
        let options = Options { cache: Some(cache.into()), ..Options::default() };
        Gpu::open(adapters().first().expect("an adapter"), &options).expect("a device")
    }

    /// Whatever is fastest: a variant that differs is never chosen, is told of once, and stays refused.
    #[test]
    fn a_variant_that_differs_is_refused_and_a_right_one_chosen() {
        for kernel in [&FIELD, &FIELD_HALF, &FIELD_SPLIT] {
            let folder = tempfile::tempdir().unwrap();
            let (faults, twin) = (faults(kernel), planted(kernel, "twin", &[("// Scalars", "// The same. Scalars")]));
            let candidates: Vec<&Variant> = [&kernel.variants[0]].into_iter().chain(faults).chain([twin]).collect();
            for again in [false, true] {
                let mut gpu = open(folder.path());
                candidates[1..].iter().for_each(|variant| gpu.shaders.plant(kernel, variant));
                let space = Workspace::new(&gpu);
                let dispatch = dispatch(&space, kernel);
                let stored: Vec<Stored> = dispatch.arrays.iter().map(|array| gpu.stored(array).unwrap()).collect();
                let stored: Vec<&Stored> = stored.iter().collect();
                let class = class(kernel, dispatch.work, &candidates);
                let differ = || faults.iter().all(|fault| gpu.tuner.differs(&class, fault.name));
                assert_eq!(differ(), again, "{}", kernel.stem);
                for _ in 0..2 {
                    let chosen = fastest(&gpu, &dispatch, &stored, &candidates).unwrap();
                    assert!(["plain", "twin"].contains(&chosen.name), "{}: {}", kernel.stem, chosen.name);
                }
                assert!(differ() && !gpu.tuner.differs(&class, "twin"), "{}: {:?}", kernel.stem, gpu.warnings());
                let told = gpu.warnings();
                assert_eq!(told.len(), if again { 0 } else { faults.len() }, "{told:?}");
                for (told, fault) in told.iter().zip(faults) {
                    let named = format!("variant {} of kernel {} ", fault.name, kernel.stem);
                    assert!(told.contains(&named) && told.contains("differs from plain in "), "{told}");
                }
                // Among nothing but faults, plain is left.
                let chosen = fastest(&gpu, &dispatch, &stored, &candidates[..faults.len() + 1]).unwrap();
                assert_eq!(chosen.name, "plain");
            }
        }
    }

    /// What a bound allows is not refused: the sum taken the other way round differs in its last bits. What it does not allow
    /// is: the products of low halves make few bits.
    #[test]
    fn another_order_of_a_bounded_sum_is_no_difference_and_a_product_left_out_is_one() {
        let turned = [
            ("let w = pattern * 32u + local", "let w = (15u - pattern) * 32u + local"),
            ("let d = pattern * 32u", "let d = (15u - pattern) * 32u"),
        ];
        let left_out = [("low0 = fma(vec4(weights[LOW + w + 0u]), row, low0);", "")];
        for (kernel, pieces, differs) in [
            (&FIELD, &turned[..], true),
            (&FIELD_HALF, &turned, false),
            (&FIELD_SPLIT, &turned, false),
            (&FIELD_SPLIT, &left_out, true),
        ] {
            let (mut gpu, variant) = (open(tempfile::tempdir().unwrap().path()), planted(kernel, "changed", pieces));
            gpu.shaders.plant(kernel, variant);
            let space = Workspace::new(&gpu);
            let check = Check::new(&gpu, &dispatch(&space, kernel), &kernel.variants[0]).unwrap();
            let difference = check.difference(&gpu, variant).unwrap();
            assert_eq!(difference.is_some(), differs, "{}: {difference:?}", kernel.stem);
        }
    }

    #[test]
    fn classes_hold_like_work_of_the_same_candidates() {
        let of = |trials, neurons, count| {
            let candidates: Vec<_> = FIELD.variants.iter().take(count).collect();
            class(&FIELD, Work { nets: 3, trials, patterns: 0, neurons }, &candidates)
        };
        assert_eq!(of(1000, 100, 2), of(700, 68, 2));
        assert_ne!(of(1000, 100, 2), of(1025, 100, 2));
        assert_ne!(of(1000, 100, 2), of(1000, 100, 3));
    }
}
