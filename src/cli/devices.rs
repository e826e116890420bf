//! `attractor devices`: what there is to compute on, and what `auto` would take.

use attractor::engine::choice::{Choice, open};
use attractor::engine::gpu::{Gpu, Options, adapters, is_real};
use attractor::engine::kernel::{KERNELS, Kernel};
use attractor::engine::{Backend, array::size};
use clap::Args;
use serde_json::{Value, json};

use super::Output;

/// List adapters with their limits and features, and say what --backend auto takes
#[derive(Args, Debug)]
pub(super) struct DevicesArgs {
    /// List the kernels too, with what each computes, and the variants of those that have several
    #[arg(long)]
    kernels: bool,
}

pub(super) fn run(args: &DevicesArgs, output: Output) -> anyhow::Result<()> {
    let adapters = adapters();
    let described: Vec<Value> = adapters.iter().enumerate().map(|(index, adapter)| describe(index, adapter)).collect();
    let auto = open(&Choice::Auto, None, &Options::default())?;
    let kernels: Vec<Value> = KERNELS
        .iter()
        .map(|kernel| json!({ "kernel": kernel.stem, "computes": kernel.summary, "variants": variants(kernel) }))
        .collect();
    if output.json {
        let mut all =
            json!({ "adapters": described, "auto": auto.reason, "available_memory": super::available_memory() });
        if args.kernels {
            all["kernels"] = kernels.into();
        }
        output.print(&all.to_string())?;
        return Ok(());
    }
    output.print(&format!("cpu          {}, {} available", cpu_line(), size(super::available_memory())))?;
    for adapter in &described {
        let field = |name: &str| adapter[name].as_str().unwrap_or_default().to_owned();
        let index = &adapter["index"];
        output.print(&format!(
            "gpu:{index:<8} {} ({}, {}){}",
            field("name"),
            field("api"),
            field("kind"),
            bracketed(&field("pci"))
        ))?;
        output.print(&format!("             driver {}; arithmetic {}", field("driver"), field("arithmetic")))?;
        output.print(&format!("             {}", field("limits")))?;
        output.print(&format!("             features: {}", field("features")))?;
    }
    if described.is_empty() {
        output.print("no GPU adapter: install a Vulkan, Metal or DX12 driver (on Debian, mesa-vulkan-drivers has a software one)")?;
    }
    output.print(&format!("auto takes   {}", auto.reason))?;
    for kernel in KERNELS.iter().filter(|_| args.kernels) {
        output.print(&format!("kernel       {:<13} {}", kernel.stem, kernel.summary))?;
        if let [_, _, ..] = kernel.variants {
            output.print(&format!("             variants: {}", variants(kernel).join(", ")))?;
        }
    }
    Ok(())
}

fn variants(kernel: &Kernel) -> Vec<&'static str> {
    kernel.variants.iter().map(|variant| variant.name).collect()
}

fn cpu_line() -> String {
    let cpu = attractor::engine::cpu::Cpu::new(attractor::engine::Arithmetic::Fused);
    format!("{} ({}); fused or twice-rounded arithmetic", cpu.device().name, cpu.device().details)
}

fn bracketed(pci: &str) -> String {
    if pci.is_empty() { String::new() } else { format!(" [{pci}]") }
}

fn describe(index: usize, adapter: &wgpu::Adapter) -> Value {
    let (info, limits, features) = (adapter.get_info(), adapter.limits(), adapter.features());
    let interesting = [
        (wgpu::Features::SHADER_F16, "f16"),
        (wgpu::Features::SUBGROUP, "subgroups"),
        (wgpu::Features::SHADER_INT64, "int64"),
        (wgpu::Features::TIMESTAMP_QUERY, "timestamps"),
        (wgpu::Features::EXPERIMENTAL_COOPERATIVE_MATRIX, "cooperative matrix"),
    ];
    let present: Vec<&str> =
        interesting.iter().filter(|(feature, _)| features.contains(*feature)).map(|(_, name)| *name).collect();
    let (arithmetic, variants) = match Gpu::open(adapter, &Options::default()) {
        Ok(gpu) => {
            let several = KERNELS.iter().map(|kernel| (kernel.stem, gpu.variants(kernel)));
            let several = several.filter(|(_, names)| names.len() > 1);
            let several: serde_json::Map<_, _> = several.map(|(stem, names)| (stem.into(), names.into())).collect();
            (gpu.device().arithmetic.clone(), several)
        }
        Err(error) => (format!("unknown ({error})"), serde_json::Map::new()),
    };
    json!({
        "index": index,
        "name": info.name,
        "api": info.backend.to_string(),
        "kind": if is_real(&info) { format!("{:?}", info.device_type) } else { "software".into() },
        "pci": info.device_pci_bus_id,
        "driver": format!("{} {}", info.driver, info.driver_info).trim().to_owned(),
        "arithmetic": arithmetic,
        "variants": variants,
        "limits": format!(
            "binding {}, buffer {}, workgroup memory {}, {} invocations a workgroup, {} workgroups a dimension",
            size(limits.max_storage_buffer_binding_size),
            size(limits.max_buffer_size),
            size(limits.max_compute_workgroup_storage_size.into()),
            limits.max_compute_invocations_per_workgroup,
            limits.max_compute_workgroups_per_dimension
        ),
        "features": if present.is_empty() { "none of interest".into() } else { present.join(", ") },
    })
}
