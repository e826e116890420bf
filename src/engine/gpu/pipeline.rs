//! Compute pipelines: one per kernel, compiled on first use from its checked shader.

use wgpu::{
    BindGroupLayout, BindGroupLayoutDescriptor, BindGroupLayoutEntry, BindingType, BufferBindingType, ComputePipeline,
    ComputePipelineDescriptor, Device, PipelineLayoutDescriptor, ShaderModuleDescriptor, ShaderSource, ShaderStages,
};

use crate::engine::kernel::{Access, Kernel};
use crate::engine::wgsl::{Reflection, reflect, resolve};
use crate::error::{Error, Result};

/// A kernel ready to run.
pub(super) struct Pipeline {
    pub(super) compute: ComputePipeline,
    pub(super) layout: BindGroupLayout,
    pub(super) reflection: Reflection,
}

impl Pipeline {
    /// Checks the shader against its row and compiles it.
    pub(super) fn new(device: &Device, name: &str, kernel: &Kernel) -> Result<Self> {
        let refused = |what: String| Error::Device {
            device: name.into(),
            what: format!("shaders/{}.wgsl and its row disagree: {what}", kernel.stem),
            cure: "make the shader and src/engine/kernel.rs agree".into(),
        };
        let source = resolve(kernel.source).map_err(refused)?;
        let reflection = reflect(kernel, &source).map_err(refused)?;
        let module = device.create_shader_module(ShaderModuleDescriptor {
            label: Some(kernel.stem),
            source: ShaderSource::Wgsl(source.into()),
        });
        let layout = device.create_bind_group_layout(&BindGroupLayoutDescriptor {
            label: Some(kernel.stem),
            entries: &layout_entries(kernel),
        });
        let pipeline_layout = device.create_pipeline_layout(&PipelineLayoutDescriptor {
            label: Some(kernel.stem),
            bind_group_layouts: &[Some(&layout)],
            immediate_size: 0,
        });
        let compute = device.create_compute_pipeline(&ComputePipelineDescriptor {
            label: Some(kernel.stem),
            layout: Some(&pipeline_layout),
            module: &module,
            entry_point: Some("main"),
            compilation_options: wgpu::PipelineCompilationOptions {
                // Every kernel writes its workgroup memory before it reads it.
                zero_initialize_workgroup_memory: false,
                ..Default::default()
            },
            cache: None,
        });
        Ok(Self { compute, layout, reflection })
    }
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
