//! Shaders as WGSL: bindings reflected by naga and checked against the kernel table.
//!
//! Bindings, tile sizes and the uniform's layout are read from the shader; the table says what they must be. Neither is
//! typed a third time.

use naga::{
    AddressSpace, Block, Expression, Function, Handle, Literal, Module, ScalarKind, Statement, StorageAccess, Type,
    TypeInner, VectorSize,
};

use super::array::Element;
use super::kernel::{Access, Kernel, Variant};

/// The header of every uniform, in order; `Uniform::words` writes it.
const EXTENT: [&str; 8] =
    ["nets", "trials", "patterns", "neurons", "trial_stride", "pattern_stride", "first_pattern", "words"];

/// What a shader says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reflection {
    /// Trials that one workgroup takes.
    pub tile_trials: usize,
    /// Neurons that one workgroup takes; none when it takes them all.
    pub tile_neurons: Option<usize>,
    /// Threads of one workgroup.
    pub threads: usize,
    /// Bytes of one workgroup's memory.
    pub workgroup_bytes: usize,
    /// Words that the widest element of a storage buffer spans: 1, or 4 where vectors are read.
    pub lanes: usize,
}

/// A variant's text and what it says of itself, checked against its row.
///
/// # Errors
/// A line naming what differs.
pub fn checked(kernel: &Kernel, variant: &Variant) -> Result<(String, Reflection), String> {
    let text = variant.text()?;
    let reflection = reflect(kernel, &text)?;
    if !variant.multiple.is_multiple_of(reflection.lanes) {
        return Err(format!("{} reads {} neurons at a time, but takes any number", variant.name, reflection.lanes));
    }
    Ok((text, reflection))
}

/// Parses a shader and checks its bindings, uniform and tiles against its row.
///
/// # Errors
/// A line naming what differs.
pub fn reflect(kernel: &Kernel, text: &str) -> Result<Reflection, String> {
    let module = naga::front::wgsl::parse_str(text).map_err(|error| error.emit_to_string(text))?;
    let (mut bound, mut lanes, mut workgroup_bytes) = (0, 1, 0);
    for (_, global) in module.global_variables.iter() {
        let name = global.name.as_deref().unwrap_or_default();
        if global.space == AddressSpace::WorkGroup {
            if array_element(&module, global.ty).is_none() && !array_of_halves(&module, global.ty) {
                return Err(format!("workgroup memory {name} is not an array of 32-bit scalars or vec4s of them"));
            }
            workgroup_bytes += module.types[global.ty].inner.size(module.to_ctx()) as usize;
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
                let agrees = element.is_some_and(|element| element.0 == storage_kind(slot.element));
                if name != slot.name || !agrees || written != (slot.access == Access::Write) {
                    return Err(format!("binding {} is {name} ({element:?}), the row says {slot:?}", binding.binding));
                }
                lanes = lanes.max(element.map_or(1, |element| element.1));
            }
            (index, None) => return Err(format!("binding {index} ({name}) is not in the row")),
        }
    }
    if bound != kernel.slots.len() + 1 {
        return Err(format!("{bound} bindings, the row has {} slots and the uniform", kernel.slots.len()));
    }
    let main = module.entry_points.iter().find(|entry| entry.name == "main").ok_or("no entry point main")?;
    for function in module.functions.iter().map(|(_, function)| function).chain([&main.function]) {
        check_shared_stores(&module, function)?;
    }
    let tile_trials = constant(&module, "TILE_TRIALS").ok_or("no constant TILE_TRIALS")?;
    let threads = main.workgroup_size.iter().product::<u32>() as usize;
    let tile_neurons = constant(&module, "TILE_NEURONS");
    Ok(Reflection { tile_trials, tile_neurons, threads, workgroup_bytes, lanes })
}

/// Refuses a store to one component of a shared vector: it may rewrite its neighbours, which other threads own.
fn check_shared_stores(module: &Module, function: &Function) -> Result<(), String> {
    let shared = |ty: Handle<Type>| match module.types[ty].inner {
        TypeInner::Pointer { space, .. } | TypeInner::ValuePointer { space, .. } => space == AddressSpace::WorkGroup,
        _ => false,
    };
    if let Some(argument) = function.arguments.iter().find(|argument| shared(argument.ty)) {
        let name = argument.name.as_deref().unwrap_or_default();
        return Err(format!("{name} points into workgroup memory: index the memory where it is stored to"));
    }
    let mut blocks: Vec<&Block> = vec![&function.body];
    while let Some(block) = blocks.pop() {
        for statement in block.iter() {
            match statement {
                Statement::Block(inner) => blocks.push(inner),
                Statement::If { accept, reject, .. } => blocks.extend([accept, reject]),
                Statement::Switch { cases, .. } => blocks.extend(cases.iter().map(|case| &case.body)),
                Statement::Loop { body, continuing, .. } => blocks.extend([body, continuing]),
                Statement::Store { pointer, .. } => check_shared_store(module, function, *pointer)?,
                _ => {}
            }
        }
    }
    Ok(())
}

fn check_shared_store(module: &Module, function: &Function, pointer: Handle<Expression>) -> Result<(), String> {
    let (mut expression, mut depth) = (pointer, 0);
    loop {
        match function.expressions[expression] {
            Expression::Access { base, .. } | Expression::AccessIndex { base, .. } => expression = base,
            Expression::GlobalVariable(global) => {
                let global = &module.global_variables[global];
                // One step leads to the array's element, a second into it.
                let part = global.space == AddressSpace::WorkGroup && depth > 1;
                let name = global.name.as_deref().unwrap_or_default();
                return if part { Err(format!("a part of a vector of {name} is stored")) } else { Ok(()) };
            }
            _ => return Ok(()),
        }
        depth += 1;
    }
}

fn storage_kind(element: Element) -> ScalarKind {
    match element {
        Element::Bits | Element::Halves | Element::Shorts | Element::U32 => ScalarKind::Uint,
        Element::F32 => ScalarKind::Float,
        Element::I32 => ScalarKind::Sint,
    }
}

/// The kind and number of the 32-bit scalars in an element of an array: one, atomic or not, or a vec4 of them.
fn array_element(module: &Module, ty: Handle<Type>) -> Option<(ScalarKind, usize)> {
    let TypeInner::Array { base, .. } = module.types[ty].inner else { return None };
    match module.types[base].inner {
        TypeInner::Scalar(scalar) | TypeInner::Atomic(scalar) if scalar.width == 4 => Some((scalar.kind, 1)),
        TypeInner::Vector { size: VectorSize::Quad, scalar } if scalar.width == 4 => Some((scalar.kind, 4)),
        _ => None,
    }
}

/// Shared halves feed cooperative matrices, which take nothing else; a device that has these stores 16 bits alone.
fn array_of_halves(module: &Module, ty: Handle<Type>) -> bool {
    let TypeInner::Array { base, .. } = module.types[ty].inner else { return false };
    matches!(module.types[base].inner, TypeInner::Scalar(scalar) if scalar.kind == ScalarKind::Float && scalar.width == 2)
}

fn members(module: &Module, ty: Handle<Type>) -> &[naga::StructMember] {
    match &module.types[ty].inner {
        TypeInner::Struct { members, .. } => members,
        _ => &[],
    }
}

fn check_uniform(kernel: &Kernel, module: &Module, global: &naga::GlobalVariable) -> Result<(), String> {
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

fn constant(module: &Module, name: &str) -> Option<usize> {
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
