//! Layout: rows are padded, tails are zero, and table, shaders, twins and uniforms say the same thing, in every shading
//! language that a driver may be handed.

mod common;

use std::collections::BTreeSet;
use std::panic::catch_unwind;
use std::path::Path;

use attractor::engine::cpu::Cpu;
use attractor::engine::kernel::{Access, Axis, DISTANCE, FIELD, KERNELS, Kernel, Need, STEP, Variant, Width};
use attractor::engine::template::resolve;
use attractor::engine::wgsl::{checked, reflect};
use attractor::engine::{Array, Backend, Element, Recording, Scalar, Shape, Work, Workspace};
use attractor::pattern::{Patterns, tail_mask, words_per_pattern};
use attractor_kernels_cpu::{Arithmetic, Extent, PAD, padded};
use common::cases::{NEURONS, case};
use common::judge::execute;
use common::{backends, gpu, name};
use naga::back::{hlsl, msl, spv};
use naga::valid::{Capabilities, ModuleInfo, ValidationFlags, Validator};
use naga::{Module, ShaderStage};

#[test]
fn rows_are_padded_to_what_every_device_can_bind() {
    for rows in [0, 1, 63, 64, 65, 300] {
        assert!(padded(rows) >= rows && padded(rows) < rows + PAD && padded(rows).is_multiple_of(PAD));
        let shape = Shape { nets: 3, rows, width: 5 };
        assert_eq!(shape.stride(), padded(rows.max(1)));
        assert_eq!(shape.bytes(), 3 * 5 * 4 * shape.stride() as u64);
        // WebGPU's largest alignment of a buffer's offset is 256 bytes: any multiple of PAD rows of words meets it.
        assert_eq!(shape.stride() * 4 % 256, 0);
    }
    for neurons in NEURONS {
        let extent = Extent { neurons, ..Extent::default() };
        assert_eq!(extent.words(), words_per_pattern(neurons));
        assert_eq!(extent.table_stride(), Shape { nets: 1, rows: neurons + 1, width: 1 }.stride());
        assert_eq!(extent.neuron_stride(), Shape { nets: 1, rows: neurons, width: 1 }.stride());
    }
}

#[test]
fn tails_are_zero_in_patterns_and_in_what_kernels_write() {
    for neurons in NEURONS {
        let words = words_per_pattern(neurons);
        let tail = !tail_mask(neurons);
        let clean = |packed: &[u32]| packed.chunks_exact(words).all(|row| row[words - 1] & tail == 0);
        let full = Patterns::from_words(neurons, vec![u32::MAX; 3 * words]).unwrap();
        assert!(clean(full.words()));
        assert_eq!(full.to_bipolar(), vec![1; 3 * neurons]);
        let work = Work { nets: 2, trials: 70, patterns: 0, neurons };
        for backend in backends() {
            for (stem, variant) in [("cue", "all flips"), ("threshold", "no certainty")] {
                let kernel = KERNELS.into_iter().find(|kernel| kernel.stem == stem).unwrap();
                for output in execute(backend, kernel, &case(stem, work, variant)).outputs {
                    let packed = output.element == Element::Bits;
                    assert!(!packed || clean(&output.counts()), "{} of {stem} on {}", output.name, name(backend));
                }
            }
        }
    }
}

#[test]
fn what_is_uploaded_comes_back_row_by_row() {
    for backend in backends() {
        for (nets, rows, width) in [(1, 1, 1), (3, 65, 2), (2, 64, 33), (3, 300, 129)] {
            let space = Workspace::new(backend);
            let words: Vec<u32> = (0..nets * rows * width).map(|i| i as u32).collect();
            let array = space.rows("numbers", Element::U32, nets, width, &words).unwrap();
            assert_eq!(backend.download(&array, rows).unwrap(), words, "{}", name(backend));
            backend.reset(&array).unwrap();
            let refused = backend.download(&array, rows).unwrap_err().to_string();
            assert!(refused.contains("never written") && refused.contains("numbers"), "{}: {refused}", name(backend));
        }
    }
}

#[test]
fn an_array_belongs_to_one_backend() {
    let [here, there] = [Cpu::new(Arithmetic::Fused), Cpu::new(Arithmetic::Fused)];
    let (space, other) = (Workspace::new(&here), Workspace::new(&there));
    let array = space.rows("mine", Element::U32, 1, 1, &[1, 2, 3]).unwrap();
    other.rows("theirs", Element::U32, 1, 1, &[4, 5, 6]).unwrap();
    for backend in [&there as &dyn Backend, gpu()] {
        let refused = backend.download(&array, 3).unwrap_err().to_string();
        assert!(refused.contains("mine") && refused.contains("another backend"), "{refused}");
        assert!(backend.upload(&array, &[7, 8, 9]).is_err());
    }
    assert_eq!(here.download(&array, 3).unwrap(), [1, 2, 3]);
}

/// What a recording must refuse: each of these would read or write past an array, or as another type.
#[test]
fn a_recording_refuses_what_its_row_does_not_ask_for() {
    let cpu = Cpu::new(Arithmetic::Fused);
    let space = Workspace::new(&cpu);
    let array = |element, nets, rows, width| space.alloc("planted", element, nets, rows, width).unwrap();
    let work = Work { nets: 2, trials: 70, patterns: 0, neurons: 33 };
    let gradient = array(Element::F32, 2, 70, 33);
    let dual = array(Element::F32, 2, 70, 33);
    let rate = [("rate", Scalar::F32(0.1))];
    let record = |arrays: &[(&str, &Array)], scalars: &[(&str, Scalar)]| {
        Recording::new().dispatch(&STEP, work, arrays, scalars).map_err(|error| error.to_string())
    };
    record(&[("gradient", &gradient), ("dual", &dual)], &rate).expect("as the row says");
    let refused = |arrays: &[(&str, &Array)], scalars: &[(&str, Scalar)], named: &str| {
        let error = record(arrays, scalars).expect_err(named);
        assert!(error.contains("step") && error.contains(named), "{named}: {error}");
    };
    let other = |element, nets, rows, width, named: &str| {
        refused(&[("gradient", &gradient), ("dual", &array(element, nets, rows, width))], &rate, named);
    };
    other(Element::U32, 2, 70, 33, "dual needs F32");
    other(Element::F32, 1, 70, 33, "2 nets");
    other(Element::F32, 2, 69, 33, "70 rows");
    other(Element::F32, 2, 70, 32, "33]");
    other(Element::F32, 2, 300, 33, "rows a net");
    refused(&[("gradient", &dual), ("dual", &dual)], &rate, "a second time");
    refused(&[("gradient", &gradient), ("planted", &dual)], &rate, "no array for dual");
    refused(&[("gradient", &gradient)], &rate, "1 arrays");
    refused(&[("gradient", &gradient), ("dual", &dual)], &[], "0 scalars");
    refused(&[("gradient", &gradient), ("dual", &dual)], &[("planted", Scalar::F32(0.1))], "no scalar rate");
    refused(&[("gradient", &gradient), ("dual", &dual)], &[("rate", Scalar::U32(1))], "rate is U32");
}

/// 16 bits hold a distance, or the work is refused; and a row of them is as long as the other arrays have patterns.
#[test]
fn distances_are_stored_where_they_fit() {
    let cpu = Cpu::new(Arithmetic::Fused);
    let space = Workspace::new(&cpu);
    let array = |element, rows, width| space.alloc("planted", element, 1, rows, width).unwrap();
    let record = |neurons: usize, patterns: usize, width| {
        let states = array(Element::Bits, 3, neurons.div_ceil(32));
        let keys = array(Element::Bits, patterns, neurons.div_ceil(32));
        let (distances, compared) = (array(Element::Shorts, 3, width), array(Element::U32, 3, 1));
        let arrays = [("states", &states), ("keys", &keys), ("distances", &distances), ("compared", &compared)];
        let work = Work { nets: 1, trials: 3, patterns: 5, neurons };
        Recording::new().dispatch(&DISTANCE, work, &arrays, &[]).map_err(|error| error.to_string())
    };
    record(65_535, 5, 32).expect("16 bits are enough");
    assert!(record(65_536, 5, 32).unwrap_err().contains("too few for 65536 neurons"));
    assert!(record(33, 5, 64).unwrap_err().contains("distances needs Shorts [1 nets, 3 rows, 32]"));
    assert!(record(33, 65, 32).unwrap_err().contains("distances is for 64 patterns a net, others for 128"));
}

fn shaders() -> impl Iterator<Item = (&'static Kernel, &'static Variant)> {
    KERNELS.into_iter().flat_map(|kernel| kernel.variants.iter().map(move |variant| (kernel, variant)))
}

#[test]
fn every_shader_agrees_with_its_row() {
    for (kernel, variant) in shaders() {
        let (_, reflection) = checked(kernel, variant).unwrap_or_else(|fault| panic!("{fault}"));
        let what = format!("{}, {}", kernel.stem, variant.name);
        let per_row = kernel.slots.iter().any(|slot| slot.width == Width::Neurons && slot.axis == Axis::Trial);
        assert!(per_row || reflection.tile_neurons.is_none(), "{what} has nothing to tile along neurons");
        // What every device offers, so that plain needs nothing; the others keep to what Metal and DX12 have, or to what
        // the devices have that meet their needs.
        let (threads, bytes) = match (variant.name, variant.need) {
            ("plain", _) => (256, 16 << 10),
            (_, None) => (1024, 32 << 10),
            (_, Some(Need::CooperativeMatrix)) => (1024, 48 << 10),
        };
        assert!(reflection.threads <= threads && reflection.workgroup_bytes <= bytes, "{what}: {reflection:?}");
    }
    for kernel in KERNELS {
        let names: BTreeSet<&str> = kernel.variants.iter().map(|variant| variant.name).collect();
        assert_eq!(names.len(), kernel.variants.len(), "{}: a variant's name is used twice", kernel.stem);
        let plain = &kernel.variants[0];
        assert_eq!((plain.name, plain.multiple), ("plain", 1), "{}: the first takes everything", kernel.stem);
        assert_eq!(plain.file, format!("{}.wgsl", shader_stem(kernel.stem)));
    }
}

/// A shader that declares what a row says and does nothing: faults are planted in it one at a time.
fn skeleton(kernel: &Kernel) -> String {
    let scalar = |element| match element {
        Element::Bits | Element::Halves | Element::Shorts | Element::U32 => "u32",
        Element::F32 => "f32",
        Element::I32 => "i32",
    };
    let mut text = String::from("#import extent\nstruct Params {\n    extent: Extent,\n");
    for (name, element) in kernel.scalars {
        text += &format!("    {name}: {},\n", scalar(*element));
    }
    text += "}\n@group(0) @binding(0) var<uniform> params: Params;\n";
    for (i, slot) in kernel.slots.iter().enumerate() {
        let access = if slot.access == Access::Read { "read" } else { "read_write" };
        let (name, element) = (slot.name, scalar(slot.element));
        text += &format!("@group(0) @binding({}) var<storage, {access}> {name}: array<{element}>;\n", i + 1);
    }
    text += "const TILE_TRIALS = 64u;\n@compute @workgroup_size(64)\nfn main() {}\n";
    resolve(&text, &[]).expect("extent is a shared piece")
}

/// Plants one fault, which must be refused by a message that names it.
fn refused(kernel: &Kernel, from: &str, to: &str, named: &str) {
    let sound = skeleton(kernel);
    assert!(sound.contains(from), "{}: nothing to replace in {from:?}", kernel.stem);
    let fault = reflect(kernel, &sound.replacen(from, to, 1)).expect_err(&format!("{}: {from} as {to}", kernel.stem));
    assert!(fault.contains(named), "{}: {from} as {to}: {fault}", kernel.stem);
}

#[test]
fn a_shader_that_disagrees_with_its_row_is_refused() {
    for kernel in KERNELS {
        reflect(kernel, &skeleton(kernel)).unwrap_or_else(|fault| panic!("{}: {fault}", kernel.stem));
        for (i, slot) in kernel.slots.iter().enumerate() {
            let declared = format!("> {}: array<", slot.name);
            refused(kernel, &declared, "> planted: array<", "planted");
            let (read, write) = (format!("read{declared}"), format!("read_write{declared}"));
            match slot.access {
                Access::Read => refused(kernel, &read, &write, slot.name),
                Access::Write => refused(kernel, &write, &read, slot.name),
            }
            let (element, other) = match slot.element {
                Element::F32 => ("f32", "u32"),
                Element::I32 => ("i32", "f32"),
                Element::Bits | Element::Halves | Element::Shorts | Element::U32 => ("u32", "f32"),
            };
            refused(kernel, &format!("{declared}{element}>"), &format!("{declared}{other}>"), slot.name);
            refused(kernel, &format!("{declared}{element}>"), &format!("{declared}vec2<{element}>>"), slot.name);
            let binding = format!("@binding({}) var<storage", i + 1);
            refused(kernel, &binding, "@binding(20) var<storage", "binding 20");
        }
        for (name, element) in kernel.scalars {
            let element = if *element == Element::F32 { ("f32", "u32") } else { ("u32", "f32") };
            refused(kernel, &format!("{name}: {}", element.0), &format!("{name}: {}", element.1), "scalars");
            refused(kernel, &format!("{name}: "), "planted: ", "planted");
            refused(kernel, &format!("{name}: {}", element.0), &format!("@align(64) {name}: {}", element.0), "scalars");
        }
        refused(kernel, "    extent: Extent,\n", "    extent: Extent,\n    planted: u32,\n", "planted");
        refused(
            kernel,
            "    nets: u32,\n    trials: u32,\n",
            "    trials: u32,\n    nets: u32,\n",
            "the uniform starts",
        );
        refused(kernel, "    first_pattern: u32,", "    planted: u32,", "planted");
        refused(kernel, "TILE_TRIALS = 64u", "PLANTED = 64u", "TILE_TRIALS");
        refused(kernel, "fn main() {}", "fn main() {", "expected");
        let shared = |element: &str, body: &str| {
            format!(
                "var<workgroup> planted: array<{element}, 8>;\n@compute @workgroup_size(64)\nfn main() {{ {body} }}"
            )
        };
        let main = "@compute @workgroup_size(64)\nfn main() {}";
        refused(kernel, main, &shared("vec3<f32>", ""), "planted is not an array of 32-bit scalars");
        for part in ["planted[1].y = 2.0;", "if true { loop { planted[1][0] = 2.0; break; } }"] {
            refused(kernel, main, &shared("vec4<f32>", part), "a part of a vector of planted");
        }
        let pointed = format!("fn planted(to: ptr<workgroup, f32>) {{ *to = 1.0; }}\n{main}");
        refused(kernel, main, &pointed, "to points into workgroup memory");
        let whole = skeleton(kernel).replace(main, &shared("vec4<f32>", "planted[1] = vec4(2.0);"));
        reflect(kernel, &whole).unwrap_or_else(|fault| panic!("{}: a whole vector is stored: {fault}", kernel.stem));
        let sound = skeleton(kernel);
        let last = format!("@binding({}) var<storage", kernel.slots.len());
        let without: Vec<&str> = sound.lines().filter(|line| !line.contains(&last)).collect();
        let fault = reflect(kernel, &without.join("\n")).unwrap_err();
        assert!(fault.contains("bindings"), "{}: {fault}", kernel.stem);
    }
    let vectors = FIELD.variants.iter().find(|variant| variant.multiple == 4).unwrap();
    let Variant { name, file, source, parameters, .. } = *vectors;
    let whole = Variant { name, file, source, parameters, multiple: 1, need: None };
    assert!(checked(&FIELD, &whole).unwrap_err().contains("4 neurons at a time"));
}

/// The stem of a row's shaders: its own, but where one text with other numbers makes two rows.
fn shader_stem(row: &str) -> &str {
    match row {
        "field_stored" => "field",
        "visit_coupled" => "visit",
        row => row,
    }
}

/// The stems of the files of one kind in a folder of the repository.
fn stems(folder: &str, extension: &str) -> BTreeSet<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let paths = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let files = paths.filter(|path| path.extension().is_some_and(|found| found == extension));
    files.map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned()).collect()
}

#[test]
fn shaders_twins_and_rows_are_one_to_one() {
    let rows: BTreeSet<String> = KERNELS.iter().map(|kernel| kernel.stem.to_owned()).collect();
    assert_eq!(rows.len(), KERNELS.len(), "a stem is used twice");
    let mut shaders_of_rows = rows.clone();
    shaders_of_rows.retain(|row| shader_stem(row) == row);
    assert_eq!(stems("shaders", "wgsl"), shaders_of_rows);
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("kernels-cpu/src");
    let text = |stem: &str| std::fs::read_to_string(source.join(format!("{stem}.rs"))).unwrap();
    let mut twins = stems("kernels-cpu/src", "rs");
    twins.retain(|stem| text(stem).contains(&format!("Twin of `shaders/{}.wgsl`", shader_stem(stem))));
    assert_eq!(twins, rows);
    for kernel in KERNELS {
        for variant in kernel.variants {
            assert!(variant.source.contains(&format!("kernels-cpu/src/{}.rs", kernel.stem)), "{}", variant.file);
        }
        let stem = shader_stem(kernel.stem);
        let folder = format!("shaders/{stem}");
        let further = kernel.variants.iter().filter_map(|variant| variant.file.strip_prefix(stem)?.strip_prefix('/'));
        let further: BTreeSet<String> = further.map(|file| file.trim_end_matches(".wgsl").to_owned()).collect();
        let there = if further.is_empty() { BTreeSet::new() } else { stems(&folder, "wgsl") };
        assert_eq!(there, further, "{folder}");
    }
    let imported: BTreeSet<String> = shaders()
        .flat_map(|(_, variant)| variant.source.lines().filter_map(|line| line.strip_prefix("#import ")))
        .map(str::to_owned)
        .collect();
    assert_eq!(stems("shaders/shared", "wgsl"), imported, "a shared piece is imported somewhere");
}

/// Validates for one backend's capabilities, as wgpu does before it translates.
fn validated(variant: &Variant, capabilities: Capabilities) -> (Module, ModuleInfo) {
    let source = variant.text().unwrap();
    let module =
        naga::front::wgsl::parse_str(&source).unwrap_or_else(|error| panic!("{}", error.emit_to_string(&source)));
    let info = Validator::new(ValidationFlags::all(), capabilities).validate(&module);
    (module, info.unwrap_or_else(|error| panic!("{}: {}", variant.name, error.emit_to_string(&source))))
}

fn to_spirv(_: &Kernel, variant: &Variant) -> usize {
    // WebGPU's core needs no capability.
    let capabilities = match variant.need {
        None => Capabilities::empty(),
        Some(Need::CooperativeMatrix) => Capabilities::COOPERATIVE_MATRIX | Capabilities::SHADER_FLOAT16,
    };
    let (module, info) = validated(variant, capabilities);
    let stage = spv::PipelineOptions { shader_stage: ShaderStage::Compute, entry_point: "main".into() };
    let options = spv::Options { lang_version: (1, 3), ..spv::Options::default() };
    spv::write_vec(&module, &info, &options, Some(&stage)).expect("SPIR-V").len()
}

fn to_msl(kernel: &Kernel, variant: &Variant) -> usize {
    let (module, info) = validated(variant, Capabilities::empty());
    let slots = 0..=kernel.slots.len();
    let resources = slots.map(|binding| {
        let target = msl::BindTarget { buffer: Some(binding as u8), mutable: true, ..msl::BindTarget::default() };
        (naga::ResourceBinding { group: 0, binding: binding as u32 }, target)
    });
    let entry = msl::EntryPointResources {
        resources: resources.collect(),
        sizes_buffer: Some(30),
        immediates_buffer: Some(29),
    };
    let options = msl::Options {
        lang_version: (2, 4),
        per_entry_point_map: [("main".to_owned(), entry)].into(),
        fake_missing_bindings: false,
        ..msl::Options::default()
    };
    let stage = msl::PipelineOptions {
        entry_point: Some((ShaderStage::Compute, "main".into())),
        ..msl::PipelineOptions::default()
    };
    let (text, translation) = msl::write_string(&module, &info, &options, &stage).expect("MSL");
    assert!(translation.entry_point_names.iter().all(Result::is_ok), "{:?}", translation.entry_point_names);
    text.len()
}

fn to_hlsl(_: &Kernel, variant: &Variant) -> usize {
    let (module, info) = validated(variant, Capabilities::empty());
    let options = hlsl::Options {
        shader_model: hlsl::ShaderModel::V6_0,
        fake_missing_bindings: true,
        immediates_target: Some(hlsl::BindTarget { register: 100, ..hlsl::BindTarget::default() }),
        ..hlsl::Options::default()
    };
    let mut text = String::new();
    let stage = hlsl::PipelineOptions { entry_point: Some((ShaderStage::Compute, "main".into())) };
    let translation = hlsl::Writer::new(&mut text, &options, &stage).write(&module, &info, None).expect("HLSL");
    assert!(translation.entry_point_names.iter().all(Result::is_ok), "{:?}", translation.entry_point_names);
    text.len()
}

#[test]
fn every_shader_translates_to_every_language() {
    type Translator = fn(&Kernel, &Variant) -> usize;
    let translators: [(&str, Translator); 3] = [("SPIR-V", to_spirv), ("MSL", to_msl), ("HLSL", to_hlsl)];
    for (kernel, variant) in shaders() {
        // Cooperative matrices of 16 x 16 are Vulkan's alone.
        let spoken = if variant.need == Some(Need::CooperativeMatrix) { 1 } else { translators.len() };
        for (language, translate) in translators.into_iter().take(spoken) {
            // naga's writers panic on some of what they cannot write.
            let length = catch_unwind(|| translate(kernel, variant));
            assert!(length.is_ok_and(|length| length > 100), "{}, {} to {language}", kernel.stem, variant.name);
        }
    }
}
