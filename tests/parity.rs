//! Parity: every kernel of the table gives the same bits on the GPU as on the CPU in the GPU's arithmetic, whatever the
//! sizes, the values, the limits that cut the work into panels, and wgpu's run-time checks in the shaders.

mod common;

use attractor::engine::cpu::Cpu;
use attractor::engine::kernel::{Axis, FIELD, KERNELS, Kernel, MULTIPLY_ADD, STEP, Slot, THRESHOLD};
use attractor::engine::{Backend, Limits, Work, wgsl};
use attractor_kernels_cpu::padded;
use common::cases::{Case, case, sizes, variants};
use common::judge::{MARK, execute, judge, same_bits};
use common::{checked_gpu, cpu_like_gpu, gpu, limited_gpu};

fn agree(kernel: &'static Kernel, case: &Case) {
    let cpu = execute(&cpu_like_gpu(), kernel, case);
    for (mode, gpu) in [("unchecked", gpu()), ("checked", checked_gpu())] {
        judge(&cpu, &execute(gpu, kernel, case)).unwrap_or_else(|fault| panic!("{}, {mode}: {fault}", case.name));
    }
}

#[test]
fn every_kernel_at_every_awkward_size() {
    for kernel in KERNELS {
        let variants = variants(kernel.stem);
        for (index, work) in sizes(kernel).into_iter().enumerate() {
            agree(kernel, &case(kernel.stem, work, variants[index % variants.len()]));
        }
    }
}

#[test]
fn every_kernel_with_every_hostile_value() {
    for kernel in KERNELS {
        for variant in variants(kernel.stem) {
            for (neurons, patterns, trials) in [(1, 1, 1), (33, 65, 70), (100, 300, 33)] {
                agree(kernel, &case(kernel.stem, Work { nets: 2, trials, patterns, neurons }, variant));
            }
        }
    }
}

#[test]
fn work_on_nothing_writes_nothing() {
    for kernel in KERNELS {
        for (nets, trials) in [(0, 5), (2, 0)] {
            let work = Work { nets, trials, patterns: 3, neurons: 33 };
            let mut case = case(kernel.stem, work, variants(kernel.stem)[0]);
            // Without a network there is nothing to upload either.
            case.inputs.retain(|_| nets > 0);
            for ran in [execute(&cpu_like_gpu(), kernel, &case), execute(gpu(), kernel, &case)] {
                for output in ran.outputs {
                    assert!(output.words.iter().all(|&word| word == MARK), "{}: {}", case.name, output.name);
                }
            }
        }
    }
}

#[test]
fn a_memory_of_no_patterns_has_fields_of_zero() {
    let case = case("field", Work { nets: 2, trials: 5, patterns: 0, neurons: 33 }, "ordinary");
    agree(&FIELD, &case);
    assert!(execute(gpu(), &FIELD, &case).output("field").values().iter().all(|field| field.to_bits() == 0));
}

/// The smallest limits under which a kernel can do this work at all.
fn smallest(kernel: &Kernel, work: Work) -> Limits {
    let bytes = |slot: &Slot| match slot.axis {
        Axis::Net => padded(slot.width.of(work.neurons)) * 4,
        _ => 64 * slot.width.of(work.neurons) * 4,
    };
    let tiles = wgsl::reflect(kernel, &wgsl::resolve(kernel.source).unwrap()).unwrap();
    let along_neurons = tiles.tile_neurons.map_or(1, |tile| work.neurons.div_ceil(tile));
    Limits {
        binding_bytes: kernel.slots.iter().map(bytes).max().unwrap_or(256) as u64,
        groups: along_neurons.max(64 / tiles.tile_trials),
        work: 1,
    }
}

#[test]
fn panels_of_any_cut_change_nothing() {
    let work = Work { nets: 3, trials: 600, patterns: 200, neurons: 33 };
    for kernel in KERNELS {
        let tight = smallest(kernel, work);
        let cuts = [
            ("binding", Limits { binding_bytes: tight.binding_bytes, ..Limits::NONE }),
            ("groups", Limits { groups: tight.groups, ..Limits::NONE }),
            ("work", Limits { work: tight.work, ..Limits::NONE }),
            ("every limit", tight),
        ];
        let case = case(kernel.stem, work, variants(kernel.stem)[0]);
        let whole = execute(&cpu_like_gpu(), kernel, &case);
        judge(&whole, &execute(gpu(), kernel, &case)).unwrap_or_else(|fault| panic!("{}: {fault}", case.name));
        assert_eq!(whole.launches, 1);
        for (name, limits) in cuts {
            let on_cpu = execute(&Cpu::with_limits(gpu().arithmetic(), limits), kernel, &case);
            let on_gpu = execute(&limited_gpu(limits), kernel, &case);
            let fault = |fault| panic!("{}, {name}, {limits:?}: {fault}", case.name);
            // The CPU counts 64 trials a group, so some kernels fit there.
            let cut = on_gpu.launches > 1 && (on_cpu.launches > 1 || name == "groups");
            assert!(cut, "{}, {name}: nothing was cut", case.name);
            same_bits(&whole, &on_cpu).unwrap_or_else(fault);
            judge(&whole, &on_gpu).unwrap_or_else(fault);
        }
    }
}

#[test]
fn panels_of_a_wide_profile_change_nothing() {
    let work = Work { nets: 2, trials: 130, patterns: 300, neurons: 129 };
    let case = case("field", work, "wide profile");
    let whole = execute(&cpu_like_gpu(), &FIELD, &case);
    let limits = smallest(&FIELD, work);
    judge(&whole, &execute(&limited_gpu(limits), &FIELD, &case))
        .unwrap_or_else(|fault| panic!("{}: {fault}", case.name));
    let cpu = Cpu::with_limits(gpu().arithmetic(), limits);
    same_bits(&whole, &execute(&cpu, &FIELD, &case)).unwrap_or_else(|fault| panic!("{}: {fault}", case.name));
}

/// WGSL lets a device flush subnormals to zero; Mesa's lavapipe (22.3.6) keeps them and gives the CPU's bits. What a
/// flush may change is the smallest normal number for each product and sum, never more; and a sign that a subnormal
/// field decides is doubted on every device, so recall does not depend on it.
#[test]
fn subnormals_cost_no_more_than_a_flush() {
    let work = Work { nets: 2, trials: 65, patterns: 65, neurons: 33 };
    let flush = f64::from(f32::MIN_POSITIVE);
    let scaled: [(&'static Kernel, &[&str], f64); 3] =
        [(&MULTIPLY_ADD, &["a", "c"], 2.0), (&STEP, &["gradient", "dual"], 2.0), (&FIELD, &["dual"], 2.0 * 65.0)];
    for scale in [1e-36, 1e-38, 1e-40, 1e-44] {
        for (kernel, inputs, operations) in scaled {
            let mut case = case(kernel.stem, work, "ordinary");
            inputs.iter().for_each(|input| case.scale(input, scale));
            let (cpu, gpu) = (execute(&cpu_like_gpu(), kernel, &case), execute(gpu(), kernel, &case));
            for (cpu, gpu) in cpu.outputs.iter().zip(&gpu.outputs) {
                for (a, b) in cpu.values().into_iter().zip(gpu.values()) {
                    let error = (f64::from(a) - f64::from(b)).abs();
                    let ok = error <= operations * flush;
                    assert!(ok, "{}, times {scale:e}: {a:e} and {b:e}", case.name);
                }
            }
        }
        let mut case = case("threshold", work, "ordinary");
        case.scale("field", scale);
        for ran in [execute(&cpu_like_gpu(), &THRESHOLD, &case), execute(gpu(), &THRESHOLD, &case)] {
            let doubts: u32 = ran.output("uncertain").counts().iter().map(|word| word.count_ones()).sum();
            assert_eq!(doubts as usize, 2 * 65 * 33, "{}, times {scale:e}", case.name);
        }
    }
}
