//! Parity: every kernel of the table gives the same bits on the GPU as on the CPU in the GPU's arithmetic, whatever the
//! sizes, the values, and the limits that cut the work into panels.

mod common;

use attractor::engine::cpu::Cpu;
use attractor::engine::kernel::{Axis, KERNELS, Kernel};
use attractor::engine::{Backend, Limits, Work, wgsl};
use attractor_kernels_cpu::padded;
use common::cases::{Case, case, sizes, variants};
use common::judge::{MARK, execute, judge, same_bits};
use common::{cpu_like_gpu, gpu, limited_gpu};

fn agree(kernel: &'static Kernel, case: &Case) {
    let (cpu, gpu) = (execute(&cpu_like_gpu(), kernel, case), execute(gpu(), kernel, case));
    judge(&cpu, &gpu).unwrap_or_else(|fault| panic!("{}: {fault}", case.name));
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
    let kernel = &attractor::engine::kernel::FIELD;
    let case = case("field", Work { nets: 2, trials: 5, patterns: 0, neurons: 33 }, "ordinary");
    agree(kernel, &case);
    assert!(execute(gpu(), kernel, &case).output("field").values().iter().all(|field| field.to_bits() == 0));
}

/// The smallest limits under which a kernel can do this work at all.
fn smallest(kernel: &Kernel, work: Work) -> Limits {
    let bytes = |slot: &attractor::engine::kernel::Slot| match slot.axis {
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
        for (name, limits) in cuts {
            let cpu = Cpu::with_limits(gpu().arithmetic(), limits);
            let fault = |fault| panic!("{}, {name}, {limits:?}: {fault}", case.name);
            same_bits(&whole, &execute(&cpu, kernel, &case)).unwrap_or_else(fault);
            judge(&whole, &execute(&limited_gpu(limits), kernel, &case)).unwrap_or_else(fault);
        }
    }
}

#[test]
fn panels_of_a_wide_profile_change_nothing() {
    let kernel = &attractor::engine::kernel::FIELD;
    let work = Work { nets: 2, trials: 130, patterns: 300, neurons: 129 };
    let case = case("field", work, "wide profile");
    let whole = execute(&cpu_like_gpu(), kernel, &case);
    let limits = smallest(kernel, work);
    judge(&whole, &execute(&limited_gpu(limits), kernel, &case)).unwrap_or_else(|fault| panic!("{}: {fault}", case.name));
    let cpu = Cpu::with_limits(gpu().arithmetic(), limits);
    same_bits(&whole, &execute(&cpu, kernel, &case)).unwrap_or_else(|fault| panic!("{}: {fault}", case.name));
}
