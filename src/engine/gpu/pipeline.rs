//! Compute pipelines: one per shader of a kernel, compiled from its checked text.

use wgpu::{
    BindGroupLayout, BindGroupLayoutDescriptor, BindGroupLayoutEntry, BindingType, BufferBindingType, ComputePipeline,
    ComputePipelineDescriptor, Device, PipelineCache, PipelineLayoutDescriptor, ShaderModule, ShaderModuleDescriptor,
    ShaderRuntimeChecks, ShaderSource, ShaderStages,
};

use crate::engine::kernel::{Access, Kernel};
use crate::engine::wgsl::Reflection;

/// A kernel ready to run.
pub(super) struct Pipeline {
    pub(super) compute: ComputePipeline,
    pub(super) layout: BindGroupLayout,
    pub(super) reflection: Reflection,
}

/// What every pipeline of a kernel is made from.
pub(super) struct Shader<'a> {
    /// "stem" or "stem, variant": its label.
    pub(super) label: &'a str,
    pub(super) kernel: &'static Kernel,
    pub(super) text: &'a str,
    pub(super) reflection: Reflection,
}

impl Pipeline {
    /// Compiles a shader, with wgpu's run-time checks in it if `checked`; not where `cache` has it compiled already.
    pub(super) fn new(device: &Device, shader: &Shader<'_>, checked: bool, cache: Option<&PipelineCache>) -> Self {
        let label = Some(shader.label);
        let module = shader_module(device, shader.label, shader.text, checked);
        let layout = device
            .create_bind_group_layout(&BindGroupLayoutDescriptor { label, entries: &layout_entries(shader.kernel) });
        let pipeline_layout = device.create_pipeline_layout(&PipelineLayoutDescriptor {
            label,
            bind_group_layouts: &[Some(&layout)],
            immediate_size: 0,
        });
        let compute = device.create_compute_pipeline(&ComputePipelineDescriptor {
            label,
            layout: Some(&pipeline_layout),
            module: &module,
            entry_point: Some("main"),
            compilation_options: wgpu::PipelineCompilationOptions {
                // Every kernel writes its workgroup memory before it reads it.
                zero_initialize_workgroup_memory: false,
                ..Default::default()
            },
            cache,
        });
        Self { compute, layout, reflection: shader.reflection }
    }
}

/// A shader as a module. wgpu's checks (clamped indices, counted loops, division by zero) cost much in the inner loops, and
/// every kernel keeps within its arrays by itself; `checked` keeps them all the same, to find out whether that is so.
fn shader_module(device: &Device, label: &str, text: &str, checked: bool) -> ShaderModule {
    let descriptor = ShaderModuleDescriptor { label: Some(label), source: ShaderSource::Wgsl(text.into()) };
    if checked {
        return device.create_shader_module(descriptor);
    }
    // SAFETY: without the checks a shader must not index past its arrays, loop for ever or divide by zero. These are our
    // own: each index is a row below the extent's counts, which `Recording::dispatch` and `Panel::span` hold the bindings
    // to, or is clamped to one; each loop counts up to one of the extent's counts; divisors are constants other than 0.
    // tests/parity.rs runs every kernel both ways and compares each bit, the padding around the outputs included.
    unsafe { device.create_shader_module_trusted(descriptor, ShaderRuntimeChecks::unchecked()) }
}

fn layout_entries(kernel: &Kernel) -> Vec<BindGroupLayoutEntry> {
    let entry = |binding: usize, ty: BufferBindingType| BindGroupLayoutEntry {
        binding: binding as u32,
        visibility: ShaderStages::COMPUTE,
        ty: BindingType::Buffer { ty, has_dynamic_offset: false, min_binding_size: None },
        count: None,
    };
    let slots = kernel
        .slots
        .iter()
        .enumerate()
        .map(|(i, slot)| entry(i + 1, BufferBindingType::Storage { read_only: slot.access == Access::Read }));
    std::iter::once(entry(0, BufferBindingType::Uniform)).chain(slots).collect()
}
