//! Failure is never silence: lost work, impossible grids and arrays that are gone end in an error, never in numbers.

mod common;

use std::sync::atomic::{AtomicUsize, Ordering};

use attractor::Result;
use attractor::cue::{Trial, cues};
use attractor::engine::kernel::STEP;
use attractor::engine::{
    Arithmetic, Array, Backend, Device, Element, Limits, Profile, Recording, Scalar, Shape, Work, Workspace,
};
use attractor::pattern::Patterns;
use attractor::random::patterns;
use attractor::recall::recall;
use attractor::rule::{Distances, Training, train_from};
use common::{backends, descent, fused, limited_gpu, memory, name, rbf, trained};

/// A device that loses every submission after the first few, and says nothing.
struct Lossy {
    inner: &'static dyn Backend,
    kept: AtomicUsize,
}

impl Backend for Lossy {
    fn device(&self) -> &Device {
        self.inner.device()
    }

    fn arithmetic(&self) -> Arithmetic {
        self.inner.arithmetic()
    }

    fn alloc(&self, label: &'static str, element: Element, shape: Shape) -> Result<Array> {
        self.inner.alloc(label, element, shape)
    }

    fn upload(&self, array: &Array, words: &[u32]) -> Result<()> {
        self.inner.upload(array, words)
    }

    fn reset(&self, array: &Array) -> Result<()> {
        self.inner.reset(array)
    }

    fn run(&self, recording: &Recording, times: usize) -> Result<Profile> {
        let kept = self.kept.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |kept| kept.checked_sub(1));
        if kept.is_ok() { self.inner.run(recording, times) } else { Ok(Profile::default()) }
    }

    fn download(&self, array: &Array, rows: usize) -> Result<Vec<u32>> {
        self.inner.download(array, rows)
    }

    fn free(&self, array: Array) {
        self.inner.free(array);
    }
}

/// Wherever a device starts to lose work, training does not return a memory.
#[test]
fn lost_work_is_no_memory() {
    let keys = patterns(3, 0, 33, 40).unwrap();
    let own = std::slice::from_ref(&keys);
    let table = rbf(33, 0.05);
    let training = Training { keys: own, targets: own, table: &table };
    for inner in backends() {
        // One run stores distances, if any does; two evaluate the start, four or more update, two evaluate the end.
        for (kept, distances) in (0..6).flat_map(|kept| [(kept, Distances::Recomputed), (kept, Distances::Stored)]) {
            let lossy = Lossy { inner, kept: AtomicUsize::new(kept) };
            let result = train_from(distances, &Workspace::new(&lossy), training, &descent(20), &mut |_| true);
            let silent = result.is_ok_and(|trained| !trained[0].diverged());
            assert!(!silent, "{}: {kept} runs kept, distances {distances}", name(inner));
        }
    }
}

/// Nor do cues and recall return states.
#[test]
fn lost_work_is_no_state() {
    let keys = patterns(3, 0, 33, 40).unwrap();
    let own = std::slice::from_ref(&keys);
    let table = rbf(33, 0.05);
    let memory = memory(&keys, trained(fused(), own, own, &table, 20).swap_remove(0).dual, &table);
    let trials: Vec<Trial> = (0..40).map(|pattern| Trial { pattern, repetition: 0, flips: 5 }).collect();
    for inner in backends() {
        let starts = cues(inner, 1, &[0], own, &trials).unwrap();
        let lossy = |kept| Lossy { inner, kept: AtomicUsize::new(kept) };
        assert!(cues(&lossy(0), 1, &[0], own, &trials).is_err(), "{}", name(inner));
        let recalled = |kept| {
            let device = lossy(kept);
            recall(&Workspace::new(&device), &[&memory], &starts, 30, &mut |_| true)
        };
        let whole = recalled(usize::MAX).unwrap();
        // However many runs are kept, up to all of them: an error, or what is true.
        let needed = (0..1000).find(|&kept| {
            recalled(kept).is_ok_and(|recalls| {
                assert_eq!(recalls, whole, "{}: {kept} runs kept", name(inner));
                true
            })
        });
        assert!(needed.is_some_and(|runs| runs > 2), "{}: {needed:?} runs were needed", name(inner));
    }
}

/// However many submissions a recording takes, and however many of them are on their way at once: each is done once, and
/// all are when `run` returns.
#[test]
fn every_submission_is_done_when_run_returns() {
    // Fresh, so that it takes itself for slow and cuts the work finely.
    let gpu = limited_gpu(Limits::NONE);
    let space = Workspace::new(&gpu);
    let (rows, neurons) = (2048, 512);
    let words = |value: f32| vec![value.to_bits(); rows * neurons];
    let gradient = space.rows("gradient", Element::F32, 1, neurons, &words(-1.0)).unwrap();
    let dual = space.rows("dual", Element::F32, 1, neurons, &words(0.0)).unwrap();
    let mut recording = Recording::new();
    let work = Work { nets: 1, trials: rows, patterns: 0, neurons };
    let arrays = [("gradient", &gradient), ("dual", &dual)];
    recording.dispatch(&STEP, work, &arrays, &[("rate", Scalar::F32(1.0))]).unwrap();
    // A fast device needs more to do.
    let mut taken = 0;
    let several = [300, 3000, 30_000].into_iter().any(|times| {
        let profile = gpu.run(&recording, times).unwrap();
        taken += times;
        assert!(gpu.download(&dual, rows).unwrap() == words(taken as f32), "{profile:?}");
        profile.submissions > 2
    });
    assert!(several, "{taken} steps took no more than two submissions");
}

/// A grid that no cutting can make fit is refused with the kernel and the counts.
#[test]
fn an_over_large_dispatch_is_named() {
    let gpu = limited_gpu(Limits { groups: 2, ..Limits::NONE });
    let space = Workspace::new(&gpu);
    let [gradient, dual] = ["gradient", "dual"].map(|label| {
        let zeros = vec![0; 64 * 100];
        space.rows(label, Element::F32, 1, 100, &zeros).unwrap()
    });
    let mut recording = Recording::new();
    let work = Work { nets: 1, trials: 64, patterns: 0, neurons: 100 };
    let arrays = [("gradient", &gradient), ("dual", &dual)];
    recording.dispatch(&STEP, work, &arrays, &[("rate", Scalar::F32(0.1))]).unwrap();
    let error = gpu.run(&recording, 1).unwrap_err().to_string();
    assert!(error.contains("kernel step wants [4, 16, 1] workgroups") && error.contains("--backend cpu"), "{error}");
}

/// An array that is gone, a shape that cannot be, and rows that are not there are errors on every backend.
#[test]
fn impossible_arrays_are_refused() {
    for backend in backends() {
        let shape = Shape { nets: 1, rows: 10, width: 2 };
        let array = backend.alloc("short-lived", Element::U32, shape).unwrap();
        assert!(backend.download(&array, 11).unwrap_err().to_string().contains("11 rows of short-lived, which has 10"));
        assert!(backend.upload(&array, &[0; 3]).unwrap_err().to_string().contains("3 words"));
        assert!(backend.download(&array, 10).unwrap_err().to_string().contains("20 of 20 values"), "{}", name(backend));
        backend.free(array.clone());
        assert!(backend.upload(&array, &[0; 20]).unwrap_err().to_string().contains("short-lived was freed"));
        for (rows, width) in [(1, 0), (usize::MAX / 2, 3), (1 << 40, 1 << 30)] {
            let error = backend.alloc("vast", Element::F32, Shape { nets: 1, rows, width }).unwrap_err();
            assert!(error.to_string().contains("vast"), "{}: {error}", name(backend));
        }
        let keys: [Patterns; 1] = [patterns(3, 0, 33, 4).unwrap()];
        let beyond = [Trial { pattern: 4, repetition: 0, flips: 1 }];
        assert!(cues(backend, 1, &[0], &keys, &beyond).unwrap_err().to_string().contains("pattern 4"));
    }
}
