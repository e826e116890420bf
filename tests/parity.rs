//! Parity: every variant of every kernel gives the same bits on the GPU as the twin on the CPU in the GPU's arithmetic,
//! or numbers within its row's bound, whatever the sizes, the values, the limits that cut the work into panels, and wgpu's run-time checks in the shaders.

mod common;

use std::hash::{DefaultHasher, Hash, Hasher};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, PoisonError};

use attractor::engine::cpu::Cpu;
use attractor::engine::gpu::{Gpu, Options, adapters, choose};
use attractor::engine::kernel::{
    Axis, COUPLE, ErrorModel, FIELD, FIELD_SPLIT, FIELD_STORED, HISTOGRAM, KERNELS, Kernel, MULTIPLY_ADD, STEP, Slot,
    THRESHOLD, Variant, WEIGHTED,
};
use attractor::engine::{Backend, Limits, Work, wgsl};
use attractor_kernels_cpu::field_half::SMALLEST;
use attractor_kernels_cpu::{Extent, field_half, field_split, padded, vector_extension};
use common::cases::{Case, case, sizes, variants};
use common::judge::{MARK, Ran, execute, judge, judge_within, same_bits};
use common::{backends, cpu_like_gpu, every_gpu, fused, gpu, name, open, twice_rounded};

/// The twin against every variant that takes the case, checked and unchecked.
fn agree(kernel: &'static Kernel, case: &Case) {
    agree_where(kernel, case, |_| true);
}

fn agree_where(kernel: &'static Kernel, case: &Case, chosen: impl Fn(usize) -> bool) {
    let cpu = execute(&cpu_like_gpu(), kernel, case);
    let gpus = every_gpu(kernel, case.work.neurons).into_iter().enumerate();
    for (_, (what, gpu)) in gpus.filter(|(index, _)| chosen(*index)) {
        alike(kernel, case, &cpu, &execute(gpu, kernel, case), &what);
    }
}

/// The same bits, or where the row promises a bound only, within what two devices may lie apart.
fn alike(kernel: &'static Kernel, case: &Case, cpu: &Ran, gpu: &Ran, what: &str) {
    let verdict = match kernel.error {
        ErrorModel::Exact | ErrorModel::Defined => judge(cpu, gpu),
        ErrorModel::Bound(_) => {
            let Work { nets, trials, patterns, neurons } = case.work;
            let (trial_stride, pattern_stride) = (trials, patterns);
            let extent = Extent { nets, trials, patterns, neurons, trial_stride, pattern_stride, ..Extent::default() };
            let (dual, found) = (case.input("dual"), cpu.output("weight_norm").values());
            let (columns, [fields, norms]) = if kernel.stem == FIELD_SPLIT.stem {
                let dual: Vec<f32> = dual.iter().map(|&word| f32::from_bits(word)).collect();
                (field_split::column_norms(&extent, &dual), field_split::apart(&extent, &dual, &found))
            } else {
                (field_half::column_norms(&extent, dual), field_half::apart(&extent, dual, &found))
            };
            // The twins keep small weights that the shaders drop.
            let dropped = SMALLEST * (patterns as f64).sqrt();
            judge_within(cpu, gpu, |output, row, neuron| match output {
                "field" => fields[row * neurons + neuron] + dropped * columns[row / trials * neurons + neuron],
                _ => norms[row] + dropped * (2.0 * f64::from(found[row]).sqrt() + dropped),
            })
        }
    };
    verdict.unwrap_or_else(|fault| panic!("{}, {what}: {fault}", case.name));
}

/// Each size meets the plain variant, checked and unchecked in turn, and two of the others, which all have their share.
#[test]
fn every_kernel_at_every_awkward_size() {
    for kernel in KERNELS {
        let variants = variants(kernel.stem);
        for (index, work) in sizes(kernel).into_iter().enumerate() {
            let others = every_gpu(kernel, work.neurons).len() - 2;
            let turn = |gpu: usize| match gpu {
                0 | 1 => gpu == index / 3 % 2,
                _ => (gpu - 2 + others - index / 7 % others) % others < 2,
            };
            agree_where(kernel, &case(kernel.stem, work, variants[index % variants.len()]), turn);
        }
    }
}

/// Sizes at which every hostile value is met.
const HOSTILE: [Work; 3] = [
    Work { nets: 2, trials: 1, patterns: 1, neurons: 1 },
    Work { nets: 2, trials: 70, patterns: 65, neurons: 33 },
    Work { nets: 1, trials: 33, patterns: 300, neurons: 100 },
];

#[test]
fn every_kernel_with_every_hostile_value() {
    for kernel in KERNELS {
        for variant in variants(kernel.stem) {
            for work in HOSTILE {
                agree(kernel, &case(kernel.stem, work, variant));
            }
        }
    }
}

/// What the CPU computes, a line for every case in either arithmetic: its name, and a hash of all that it wrote.
fn on_this_cpu() -> String {
    let mut lines = String::new();
    for kernel in KERNELS {
        let variants = variants(kernel.stem);
        let sizes = sizes(kernel).into_iter().enumerate().map(|(index, work)| (work, variants[index % variants.len()]));
        let hostile = HOSTILE.into_iter().flat_map(|work| variants.iter().map(move |&variant| (work, variant)));
        for (work, variant) in sizes.chain(hostile) {
            let case = case(kernel.stem, work, variant);
            for cpu in [fused(), twice_rounded()] {
                let mut hasher = DefaultHasher::new();
                for output in execute(cpu, kernel, &case).outputs {
                    output.words.hash(&mut hasher);
                }
                lines.push_str(&format!("{}, {}: {:016x}\n", case.name, name(cpu), hasher.finish()));
            }
        }
    }
    lines
}

/// Kernels are compiled for several vector extensions; a machine that has the best runs the others only when told to.
#[test]
fn every_vector_extension_gives_the_same_bits() {
    const INTO: &str = "PARITY_OF_VECTORS";
    if let Some(file) = std::env::var_os(INTO) {
        return std::fs::write(file, format!("{}\n{}", vector_extension(), on_this_cpu())).unwrap();
    }
    let folder = tempfile::tempdir().unwrap();
    let limited = ["avx512", "avx2", "scalar"].map(|limit| {
        let file = folder.path().join(limit);
        let ran = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "every_vector_extension_gives_the_same_bits"])
            .env("ATTRACTOR_VECTORS", limit)
            .env(INTO, &file)
            .output()
            .unwrap();
        assert!(ran.status.success(), "with {limit} at most:\n{}", String::from_utf8_lossy(&ran.stdout));
        std::fs::read_to_string(file).unwrap()
    });
    assert!(limited[2].starts_with("no vector instructions\n"), "not limited");
    let here = on_this_cpu();
    for there in &limited {
        let (extension, there) = there.split_once('\n').unwrap();
        assert_eq!(here.lines().count(), there.lines().count());
        let different = here.lines().zip(there.lines()).find(|(here, there)| here != there);
        assert_eq!(different, None, "{} against {extension}", vector_extension());
    }
}

/// States of more words than a workgroup holds, and tiles of every variant both full and cut.
#[test]
fn long_states_and_whole_tiles() {
    for (neurons, patterns, trials) in [(516, 70, 130), (1030, 9, 3), (256, 64, 128), (512, 40, 256)] {
        for variant in ["ordinary", "wide profile"] {
            for kernel in [&FIELD, &FIELD_STORED] {
                agree(kernel, &case(kernel.stem, Work { nets: 1, trials, patterns, neurons }, variant));
            }
        }
        agree(&COUPLE, &case("couple", Work { nets: 1, trials, patterns: neurons, neurons }, "ordinary"));
    }
}

/// More distances than a workgroup counts at a time, and cut into panels.
#[test]
fn histograms_of_long_states() {
    for (neurons, variant) in [(2047, "random"), (2048, "equal keys"), (4500, "at the keys")] {
        let case = case("histogram", Work { nets: 2, trials: 70, patterns: 130, neurons }, variant);
        agree(&HISTOGRAM, &case);
        cut(&HISTOGRAM, &HISTOGRAM.variants[0], &case);
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
    for kernel in [&FIELD, &FIELD_STORED, &COUPLE, &WEIGHTED] {
        let mut case = case(kernel.stem, Work { nets: 2, trials: 5, patterns: 0, neurons: 33 }, "ordinary");
        // Couplings of no inputs leave their bias.
        if kernel.stem == COUPLE.stem {
            case.scale("bias", 0.0);
        }
        agree(kernel, &case);
        assert!(execute(gpu(), kernel, &case).output("field").values().iter().all(|field| field.to_bits() == 0));
    }
}

/// The smallest limits under which a variant can do this work at all.
fn smallest(kernel: &Kernel, variant: &Variant, case: &Case) -> Limits {
    let work = case.work;
    let width = |slot: &Slot| slot.width.of(work, &case.scalar_words());
    let takes_whole = kernel.slots.iter().any(|slot| slot.axis == Axis::Neuron);
    let bytes = |slot: &Slot| match slot.axis {
        Axis::Net => padded(width(slot)) * 4,
        // Taken whole.
        Axis::Neuron => padded(work.neurons) * width(slot) * 4,
        Axis::Pattern if takes_whole => padded(work.patterns) * width(slot) * 4,
        _ => 64 * width(slot) * 4,
    };
    let tiles = wgsl::checked(kernel, variant).unwrap().1;
    let along_neurons = tiles.tile_neurons.map_or(1, |tile| work.neurons.div_ceil(tile));
    Limits {
        binding_bytes: kernel.slots.iter().map(bytes).max().unwrap_or(256) as u64,
        groups: along_neurons.max(64_usize.div_ceil(tiles.tile_trials)),
        work: 1,
    }
}

/// The GPU under limits, forced to a variant; opened once, because that takes longer than most cases.
fn limited(limits: Limits, variant: &'static str) -> &'static Gpu {
    static GPUS: Mutex<Vec<(Limits, &str, &'static Gpu)>> = Mutex::new(Vec::new());
    let mut gpus = GPUS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(&(_, _, gpu)) = gpus.iter().find(|known| (known.0, known.1) == (limits, variant)) {
        return gpu;
    }
    let options = Options { limits: Some(limits), variant: Some(variant.into()), ..Options::default() };
    let gpu: &'static Gpu = Box::leak(Box::new(open(options)));
    gpus.push((limits, variant, gpu));
    gpu
}

/// The twin uncut against a variant under each limit, and against the twin under the same.
fn cut(kernel: &'static Kernel, variant: &'static Variant, case: &Case) {
    let tight = smallest(kernel, variant, case);
    let cuts = [
        ("binding", Limits { binding_bytes: tight.binding_bytes, ..Limits::NONE }),
        ("groups", Limits { groups: tight.groups, ..Limits::NONE }),
        ("work", Limits { work: tight.work, ..Limits::NONE }),
        ("every limit", tight),
    ];
    let whole = execute(&cpu_like_gpu(), kernel, case);
    assert_eq!(whole.launches, 1);
    for (name, limits) in cuts {
        let what = format!("{}, {}, {name}, {limits:?}", case.name, variant.name);
        let limited = limited(limits, variant.name);
        let on_cpu = execute(&Cpu::with_limits(gpu().arithmetic(), limits), kernel, case);
        let on_gpu = execute(limited, kernel, case);
        // The CPU counts 64 trials a group, so some kernels fit there.
        let cut = on_gpu.launches > 1 && (on_cpu.launches > 1 || name == "groups");
        assert!(cut, "{what}: nothing was cut");
        same_bits(&whole, &on_cpu).unwrap_or_else(|fault| panic!("{what}: {fault}"));
        alike(kernel, case, &whole, &on_gpu, &what);
    }
}

#[test]
fn panels_of_any_cut_change_nothing() {
    for kernel in KERNELS {
        let offered = gpu().variants(kernel);
        for variant in kernel.variants.iter().filter(|variant| offered.contains(&variant.name)) {
            let work =
                Work { nets: 2, trials: 150, patterns: 130, neurons: 33_usize.next_multiple_of(variant.multiple) };
            cut(kernel, variant, &case(kernel.stem, work, variants(kernel.stem)[0]));
        }
    }
}

#[test]
fn panels_of_a_wide_profile_change_nothing() {
    for (kernel, variant) in [&FIELD, &FIELD_STORED]
        .into_iter()
        .flat_map(|kernel| kernel.variants.iter().map(move |variant| (kernel, variant)))
    {
        let neurons = 129_usize.next_multiple_of(variant.multiple);
        let work = Work { nets: 2, trials: 130, patterns: 300, neurons };
        let case = case(kernel.stem, work, "wide profile");
        let limits = smallest(kernel, variant, &case);
        judge(&execute(&cpu_like_gpu(), kernel, &case), &execute(limited(limits, variant.name), kernel, &case))
            .unwrap_or_else(|fault| panic!("{}, {}: {fault}", case.name, variant.name));
    }
}

/// Where distances come from changes no bit, in either arithmetic.
#[test]
fn stored_distances_change_nothing() {
    for backend in backends() {
        for variant in variants("field_stored") {
            let case = case("field_stored", Work { nets: 3, trials: 70, patterns: 130, neurons: 100 }, variant);
            same_bits(&execute(backend, &FIELD, &case), &execute(backend, &FIELD_STORED, &case))
                .unwrap_or_else(|fault| panic!("{}, {}: {fault}", case.name, name(backend)));
        }
    }
}

/// The choice of a variant is made once, kept, and taken from what was kept; no choice changes a bit.
#[test]
fn the_fastest_is_chosen_and_remembered() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("variants.json");
    let work = Work { nets: 1, trials: 300, patterns: 1024, neurons: 64 };
    let case = case("field", work, "ordinary");
    let cpu = execute(&cpu_like_gpu(), &FIELD, &case);
    let run = |cache: bool| {
        let options = Options { cache: cache.then(|| folder.path().into()), ..Options::default() };
        let gpu = open(options);
        // The second time from memory.
        for _ in 0..2 {
            judge(&cpu, &execute(&gpu, &FIELD, &case)).unwrap_or_else(|fault| panic!("{}: {fault}", case.name));
        }
    };
    run(false);
    assert!(!file.exists());
    run(true);
    let kept = std::fs::read_to_string(&file).unwrap();
    let line =
        kept.lines().find(|line| line.contains("\"field of 1 nets, 512 trials, 1024 patterns, 64 neurons")).unwrap();
    let chosen = line.rsplit('"').nth(1).unwrap();
    assert!(gpu().variants(&FIELD).contains(&chosen), "{line}");
    // What is kept is believed, whatever it is; what no longer exists is not.
    for name in gpu().variants(&FIELD) {
        let planted = kept.replace(line, &line.replace(&format!(": \"{chosen}\""), &format!(": \"{name}\"")));
        std::fs::write(&file, &planted).unwrap();
        run(true);
        assert_eq!(std::fs::read_to_string(&file).unwrap(), planted);
    }
    let planted = kept.replace(&format!(": \"{chosen}\""), ": \"planted\"");
    for broken in [planted.as_str(), "{", ""] {
        std::fs::write(&file, broken).unwrap();
        run(true);
        let again = std::fs::read_to_string(&file).unwrap();
        assert!(again.contains(line.split(" among ").next().unwrap()) && !again.contains("planted"), "{again}");
    }
}

/// A variant that does not exist, or does not take the work, is refused with the names of those that do.
#[test]
fn a_variant_is_forced_or_refused() {
    let adapters = adapters();
    let adapter = choose(&adapters, None).unwrap();
    let planted = Options { variant: Some("planted".into()), ..Options::default() };
    let refused = Gpu::open(adapter, &planted).err().expect("no such variant").to_string();
    assert!(refused.contains("planted, which no kernel has") && refused.contains("plain, tiled, "), "{refused}");
    let case = case("field", Work { nets: 1, trials: 3, patterns: 3, neurons: 33 }, "ordinary");
    let (_, gpu) = every_gpu(&FIELD, 4).into_iter().find(|(what, _)| what.starts_with("tiled-vec4")).unwrap();
    let refused = catch_unwind(AssertUnwindSafe(|| execute(gpu, &FIELD, &case))).unwrap_err();
    let refused = refused.downcast_ref::<String>().unwrap();
    assert!(
        refused.contains("--variant tiled-vec4 with 33 neurons") && refused.contains("multiples of 4"),
        "{refused}"
    );
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
