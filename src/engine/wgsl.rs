//! Shaders as text: imports resolved, bindings reflected by naga and checked against the kernel table.
//!
//! Bindings, tile sizes and the uniform's layout are read from the shader; the table says what they must be. Neither is
//! typed a third time.

use naga::{AddressSpace, Expression, Literal, ScalarKind, StorageAccess, TypeInner};

use super::array::Element;
use super::kernel::{Access, Kernel};

/// The pieces that shaders may import, by name.
const SHARED: [(&str, &str); 3] = [
    ("extent", include_str!("../../shaders/shared/extent.wgsl")),
    ("philox", include_str!("../../shaders/shared/philox.wgsl")),
    ("sigmoid", include_str!("../../shaders/shared/sigmoid.wgsl")),
];

/// The header of every uniform, in order; `Uniform::words` writes it.
const EXTENT: [&str; 8] =
    ["nets", "trials", "patterns", "neurons", "trial_stride", "pattern_stride", "first_pattern", "words"];

/// A shader with its imports in place.
///
/// # Errors
/// If it imports a piece that does not exist.
pub fn resolve(source: &str) -> Result<String, String> {
    let mut resolved = String::with_capacity(source.len());
    for line in source.lines() {
        match line.strip_prefix("#import ") {
            None => resolved.push_str(line),
            Some(name) => {
                let piece = SHARED.iter().find(|piece| piece.0 == name.trim());
                resolved.push_str(piece.ok_or_else(|| format!("no shared piece named {name:?}"))?.1);
            }
        }
        resolved.push('\n');
    }
    Ok(resolved)
}

/// What a shader says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reflection {
    /// Trials that one workgroup takes.
    pub tile_trials: usize,
    /// Neurons that one workgroup takes; none when it takes them all.
    pub tile_neurons: Option<usize>,
}

/// Parses a resolved shader and checks its bindings, uniform and tiles against its row.
///
/// # Errors
/// A line naming what differs.
pub fn reflect(kernel: &Kernel, resolved: &str) -> Result<Reflection, String> {
    let module = naga::front::wgsl::parse_str(resolved).map_err(|error| error.emit_to_string(resolved))?;
    let mut bound = 0;
    for (_, global) in module.global_variables.iter() {
        let name = global.name.as_deref().unwrap_or_default();
        // A store to one component of a shared vector may rewrite its neighbours, which other invocations own.
        if global.space == AddressSpace::WorkGroup && array_element(&module, global.ty).is_none() {
            return Err(format!("workgroup memory {name} is not an array of 32-bit scalars"));
        }
        let Some(binding) = &global.binding else { continue };
        bound += 1;
        match (binding.binding, kernel.slots.get((binding.binding as usize).wrapping_sub(1))) {
            (0, _) => check_uniform(kernel, &module, global)?,
            (_, Some(slot)) => {
                let written = match global.space {
                    AddressSpace::Storage { access } => access.contains(StorageAccess::STORE),
                    _ => return Err(format!("{name} is not a storage buffer")),
                };
                let element = array_element(&module, global.ty);
                let expected = storage_kind(slot.element);
                if name != slot.name || element != Some(expected) || written != (slot.access == Access::Write) {
                    return Err(format!("binding {} is {name} ({element:?}), the row says {slot:?}", binding.binding));
                }
            }
            (index, None) => return Err(format!("binding {index} ({name}) is not in the row")),
        }
    }
    if bound != kernel.slots.len() + 1 {
        return Err(format!("{bound} bindings, the row has {} slots and the uniform", kernel.slots.len()));
    }
    let tile_trials = constant(&module, "TILE_TRIALS").ok_or("no constant TILE_TRIALS")?;
    Ok(Reflection { tile_trials, tile_neurons: constant(&module, "TILE_NEURONS") })
}

fn storage_kind(element: Element) -> ScalarKind {
    match element {
        Element::Bits | Element::U32 => ScalarKind::Uint,
        Element::F32 => ScalarKind::Float,
        Element::I32 => ScalarKind::Sint,
    }
}

fn array_element(module: &naga::Module, ty: naga::Handle<naga::Type>) -> Option<ScalarKind> {
    let TypeInner::Array { base, .. } = module.types[ty].inner else { return None };
    match module.types[base].inner {
        TypeInner::Scalar(scalar) if scalar.width == 4 => Some(scalar.kind),
        _ => None,
    }
}

fn members(module: &naga::Module, ty: naga::Handle<naga::Type>) -> &[naga::StructMember] {
    match &module.types[ty].inner {
        TypeInner::Struct { members, .. } => members,
        _ => &[],
    }
}

fn check_uniform(kernel: &Kernel, module: &naga::Module, global: &naga::GlobalVariable) -> Result<(), String> {
    let params = members(module, global.ty);
    let Some(extent) = params.first() else { return Err("the uniform is not a struct".into()) };
    let header: Vec<_> = members(module, extent.ty).iter().filter_map(|member| member.name.as_deref()).collect();
    if header != EXTENT {
        return Err(format!("the uniform starts with {header:?}, not {EXTENT:?}"));
    }
    let scalars = &params[1..];
    let offsets_follow = scalars.iter().enumerate().all(|(i, member)| member.offset as usize == 4 * (EXTENT.len() + i));
    let agree = scalars.len() == kernel.scalars.len()
        && scalars.iter().zip(kernel.scalars).all(|(member, &(name, element))| {
            let scalar = &module.types[member.ty].inner;
            let kind = matches!(scalar, TypeInner::Scalar(scalar) if scalar.kind == storage_kind(element));
            member.name.as_deref() == Some(name) && kind
        });
    if agree && offsets_follow {
        Ok(())
    } else {
        let names: Vec<_> = scalars.iter().filter_map(|member| member.name.as_deref()).collect();
        Err(format!("the uniform's scalars are {names:?}, the row says {:?}", kernel.scalars))
    }
}

fn constant(module: &naga::Module, name: &str) -> Option<usize> {
    let (_, constant) = module.constants.iter().find(|(_, constant)| constant.name.as_deref() == Some(name))?;
    match module.global_expressions[constant.init] {
        Expression::Literal(Literal::U32(value)) => Some(value as usize),
        _ => None,
    }
}

/// The uniform's words for one panel: the extent in the order the shaders declare, then the scalars.
pub(crate) fn uniform(extent: &attractor_kernels_cpu::Extent, scalars: &[u32]) -> Vec<u32> {
    let header = [
        extent.nets,
        extent.trials,
        extent.patterns,
        extent.neurons,
        extent.trial_stride,
        extent.pattern_stride,
        extent.first_pattern,
        extent.words(),
    ];
    let mut words: Vec<u32> = header.iter().map(|&value| value as u32).chain(scalars.iter().copied()).collect();
    // WGSL rounds a uniform struct's size up to its alignment, at most 16 bytes here.
    words.resize(words.len().next_multiple_of(4), 0);
    words
}
