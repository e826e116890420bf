//! The shaders that a device can run: which variants of which kernels, and their pipelines, compiled on first use.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex};

use wgpu::{Adapter, CooperativeScalarType, ExperimentalFeatures, Features};

use super::pipeline::{Pipeline, Shader};
use super::{Gpu, Options, Stored, locked, tune};
use crate::engine::kernel::{KERNELS, Kernel, Need, Variant};
use crate::engine::recording::Dispatch;
use crate::engine::wgsl::{Reflection, checked};
use crate::error::{Error, Result};

/// Whether an adapter has what [`Need::CooperativeMatrix`] says.
fn has_matrices(adapter: &Adapter) -> bool {
    let info = adapter.get_info();
    let fits = |shape: &wgpu::CooperativeMatrixProperties| {
        (shape.m_size, shape.n_size, shape.k_size) == (16, 16, 16)
            && shape.ab_type == CooperativeScalarType::F16
            && shape.cr_type == CooperativeScalarType::F32
            && !shape.saturating_accumulation
    };
    adapter.features().contains(MATRICES)
        && (info.subgroup_min_size, info.subgroup_max_size) == (32, 32)
        && adapter.cooperative_matrix_properties().iter().any(fits)
}

const MATRICES: Features = Features::EXPERIMENTAL_COOPERATIVE_MATRIX.union(Features::SHADER_F16);

/// The features that some variant uses, or the cache of pipelines, and that the adapter has.
pub(super) fn features(adapter: &Adapter) -> Features {
    let cache = adapter.features() & Features::PIPELINE_CACHE;
    if has_matrices(adapter) { cache | MATRICES } else { cache }
}

/// Leave to use what wgpu calls experimental, where it is used.
pub(super) fn experimental_features(adapter: &Adapter) -> ExperimentalFeatures {
    if !has_matrices(adapter) {
        return ExperimentalFeatures::disabled();
    }
    // SAFETY: wgpu asks its callers to expect bugs in experimental features. Cooperative matrices load and store workgroup
    // memory alone, at constant places within it (shaders/field_half/ and peak_half/cooperative.wgsl); tests/layout.rs
    // validates the modules, the tuner takes none that it finds to differ from plain, and what they compute decides no sign that the
    // bounds of `field_half` and `field_split` do not certify.
    unsafe { ExperimentalFeatures::enabled() }
}

/// A variant that the device can run, checked against its row.
struct Usable {
    kernel: &'static Kernel,
    variant: &'static Variant,
    text: String,
    reflection: Reflection,
}

/// What a device can run, and what it was asked to.
pub(super) struct Shaders {
    usable: Vec<Usable>,
    /// With wgpu's run-time checks.
    checked: bool,
    /// Asked for by name.
    forced: Option<String>,
    pipelines: Mutex<HashMap<(&'static str, &'static str), Arc<Pipeline>>>,
}

impl Shaders {
    /// Checks every shader against its row, and keeps those that fit the device.
    pub(super) fn new(adapter: &Adapter, limits: &wgpu::Limits, options: &Options) -> Result<Self> {
        let device = &adapter.get_info().name;
        let has = |need: Need| match need {
            Need::CooperativeMatrix => has_matrices(adapter),
        };
        let mut usable = Vec::new();
        for kernel in KERNELS {
            for variant in kernel.variants {
                let (text, reflection) = checked(kernel, variant).map_err(|what| Error::Device {
                    device: device.clone(),
                    what: format!("shaders/{} and its row disagree: {what}", variant.file),
                    cure: "make the shader and src/engine/kernel/rows.rs agree".into(),
                })?;
                let fits = variant.need.is_none_or(has)
                    && reflection.threads <= limits.max_compute_invocations_per_workgroup as usize
                    && reflection.threads <= limits.max_compute_workgroup_size_x as usize
                    && reflection.workgroup_bytes <= limits.max_compute_workgroup_storage_size as usize;
                // Plain is kept in any case: that it cannot run is then the driver's own message.
                if fits || variant.name == kernel.variants[0].name {
                    usable.push(Usable { kernel, variant, text, reflection });
                }
            }
        }
        let shaders =
            Self { usable, checked: options.checked, forced: options.variant.clone(), pipelines: Mutex::default() };
        shaders.check_forced(device)?;
        Ok(shaders)
    }

    /// Adds a variant that the table does not have.
    #[cfg(test)]
    pub(super) fn plant(&mut self, kernel: &'static Kernel, variant: &'static Variant) {
        let (text, reflection) = checked(kernel, variant).unwrap_or_else(|fault| panic!("{fault}"));
        self.usable.push(Usable { kernel, variant, text, reflection });
    }

    /// Refuses a name that no kernel has, or that the device cannot run.
    fn check_forced(&self, device: &str) -> Result<()> {
        let Some(name) = &self.forced else { return Ok(()) };
        let of = |variants: &mut dyn Iterator<Item = &'static Variant>| variants.map(|variant| variant.name).collect();
        let known: BTreeSet<&str> = of(&mut KERNELS.iter().flat_map(|kernel| kernel.variants));
        let usable: BTreeSet<&str> = of(&mut self.usable.iter().map(|usable| usable.variant));
        if usable.contains(name.as_str()) {
            return Ok(());
        }
        let what = match known.contains(name.as_str()) {
            true => format!("--variant {name}, which {device} cannot run"),
            false => format!("--variant {name}, which no kernel has"),
        };
        let names: Vec<&str> = usable.into_iter().collect();
        Err(Error::setting(what, format!("choose among {}, or leave it out for the fastest", names.join(", "))))
    }

    /// The kernel's variant that was asked for by name, where it has it.
    pub(super) fn forced(&self, kernel: &Kernel) -> Option<&'static Variant> {
        let name = self.forced.as_deref();
        kernel.variants.iter().find(|variant| Some(variant.name) == name)
    }

    /// Trials that one workgroup takes of a kernel's variants, the least.
    pub(super) fn least_tile(&self, kernel: &Kernel) -> usize {
        let of_kernel = self.usable.iter().filter(|usable| usable.kernel.stem == kernel.stem);
        of_kernel.map(|usable| usable.reflection.tile_trials).min().unwrap_or(1)
    }

    /// The variants of a kernel that the device can run, plain first.
    pub(super) fn usable(&self, kernel: &Kernel) -> impl Iterator<Item = &'static Variant> {
        let stem = kernel.stem;
        self.usable.iter().filter(move |usable| usable.kernel.stem == stem).map(|usable| usable.variant)
    }
}

/// The variant's pipeline, compiled when first asked for.
pub(super) fn compile(gpu: &Gpu, kernel: &'static Kernel, variant: &'static Variant) -> Result<Arc<Pipeline>> {
    let key = (kernel.stem, variant.name);
    if let Some(pipeline) = locked(&gpu.shaders.pipelines).get(&key) {
        return Ok(pipeline.clone());
    }
    let label = format!("{}, {}", kernel.stem, variant.name);
    let found = gpu.shaders.usable.iter().find(|usable| (usable.kernel.stem, usable.variant.name) == key);
    let Usable { text, reflection, .. } = found.ok_or_else(|| gpu.failed(format!("it cannot run kernel {label}")))?;
    let shader = Shader { label: &label, kernel, text, reflection: *reflection };
    let cache = gpu.compiled.as_ref().map(|compiled| &compiled.pipelines);
    let compiled = gpu.guarded(&format!("compiling kernel {label}"), || {
        Ok(Pipeline::new(&gpu.device, &shader, gpu.shaders.checked, cache))
    })?;
    let pipeline = Arc::new(compiled);
    locked(&gpu.shaders.pipelines).insert(key, pipeline.clone());
    Ok(pipeline)
}

/// The pipeline for a dispatch: of the variant asked for where the kernel has it, else of the fastest that takes it.
pub(super) fn choose(gpu: &Gpu, dispatch: &Dispatch, stored: &[&Stored]) -> Result<Arc<Pipeline>> {
    let kernel = dispatch.kernel;
    let neurons = dispatch.work.neurons;
    let variant = match gpu.shaders.forced(kernel) {
        Some(variant) if neurons.is_multiple_of(variant.multiple) => variant,
        Some(variant) => {
            return Err(Error::setting(
                format!("--variant {} with {neurons} neurons", variant.name),
                format!("it takes multiples of {}: choose another, or leave it out", variant.multiple),
            ));
        }
        None => {
            let fitting = gpu.shaders.usable(kernel).filter(|variant| neurons.is_multiple_of(variant.multiple));
            tune::fastest(gpu, dispatch, stored, &fitting.collect::<Vec<_>>())?
        }
    };
    compile(gpu, kernel, variant)
}
