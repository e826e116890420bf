//! Which adapters there are, and which one is meant.

use wgpu::{Adapter, AdapterInfo, Backends, DeviceType, Instance, InstanceDescriptor};

use crate::error::{Error, Result};

/// Every adapter of Vulkan, Metal and DX12, in the order that `gpu:<index>` counts.
pub fn adapters() -> Vec<Adapter> {
    let instance = Instance::new(InstanceDescriptor {
        backends: Backends::PRIMARY,
        ..InstanceDescriptor::new_without_display_handle()
    });
    pollster::block_on(instance.enumerate_adapters(Backends::PRIMARY))
}

/// Whether this is a GPU and not a program that imitates one.
pub fn is_real(info: &AdapterInfo) -> bool {
    matches!(info.device_type, DeviceType::DiscreteGpu | DeviceType::IntegratedGpu | DeviceType::VirtualGpu)
}

/// The first discrete GPU, else the first integrated or virtual one.
pub fn best_real(adapters: &[Adapter]) -> Option<&Adapter> {
    let discrete = |adapter: &&Adapter| adapter.get_info().device_type == DeviceType::DiscreteGpu;
    adapters.iter().find(discrete).or_else(|| adapters.iter().find(|adapter| is_real(&adapter.get_info())))
}

/// The adapter of `--backend gpu:<which>`: by index, PCI id or part of its name; without `which`, the best real one, else
/// the first.
///
/// # Errors
/// If there is none, naming those there are.
pub fn choose<'a>(adapters: &'a [Adapter], which: Option<&str>) -> Result<&'a Adapter> {
    let listed = || {
        let names = adapters.iter().enumerate().map(|(i, adapter)| format!("{i}: {}", adapter.get_info().name));
        names.collect::<Vec<_>>().join("; ")
    };
    if adapters.is_empty() {
        return Err(Error::setting(
            "no GPU adapter (Vulkan, Metal or DX12)",
            "use --backend cpu, or install a driver (on Debian, mesa-vulkan-drivers has a software one)",
        ));
    }
    let found = match which {
        None => best_real(adapters).or(adapters.first()),
        Some(which) => {
            let by_index = which.parse::<usize>().ok().and_then(|index| adapters.get(index));
            let matches = |adapter: &&Adapter| {
                let info = adapter.get_info();
                info.device_pci_bus_id.eq_ignore_ascii_case(which)
                    || info.name.to_lowercase().contains(&which.to_lowercase())
            };
            by_index.or_else(|| adapters.iter().find(matches))
        }
    };
    found.ok_or_else(|| {
        Error::setting(
            format!("no adapter matches gpu:{}", which.unwrap_or_default()),
            format!("choose by index, PCI id or part of the name among {}", listed()),
        )
    })
}
