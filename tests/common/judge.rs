//! The judge: runs one case on a backend between guards, and finds any bit in which two backends differ.

use attractor::engine::kernel::{Access, Axis, Kernel, Slot};
use attractor::engine::{Array, Backend, Element, Recording, Workspace};
use attractor::pattern::tail_mask;
use attractor_kernels_cpu::padded;

use super::cases::Case;

/// What outputs hold before a kernel runs, padding included: a NaN, no count, and no packed state with a tail.
pub(crate) const MARK: u32 = 0xFFBA_DBAD;

/// One array that a kernel wrote.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Output {
    pub(crate) name: &'static str,
    pub(crate) element: Element,
    pub(crate) nets: usize,
    /// Rows per net that the work covers; the others are guards.
    pub(crate) rows: usize,
    pub(crate) width: usize,
    pub(crate) neurons: usize,
    /// `[nets, stride, width]`, guards included.
    pub(crate) words: Vec<u32>,
}

impl Output {
    pub(crate) fn stride(&self) -> usize {
        padded(self.rows.max(1))
    }

    /// The rows of one net, without guards.
    pub(crate) fn net(&self, net: usize) -> &[u32] {
        &self.words[net * self.stride() * self.width..][..self.rows * self.width]
    }

    /// The rows of every net as f32, without guards.
    pub(crate) fn values(&self) -> Vec<f32> {
        (0..self.nets).flat_map(|net| self.net(net).iter().map(|&word| f32::from_bits(word))).collect()
    }

    /// The rows of every net, without guards.
    pub(crate) fn counts(&self) -> Vec<u32> {
        (0..self.nets).flat_map(|net| self.net(net).iter().copied()).collect()
    }
}

/// All that one backend wrote.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Ran {
    pub(crate) backend: &'static str,
    /// Panels that the work was cut into.
    pub(crate) launches: usize,
    pub(crate) outputs: Vec<Output>,
}

impl Ran {
    pub(crate) fn output(&self, name: &str) -> &Output {
        self.outputs.iter().find(|output| output.name == name).unwrap_or_else(|| panic!("no output {name}"))
    }
}

/// Runs a case. Input rows past the work keep the backend's sentinel, output rows past it a mark: reading either shows.
pub(crate) fn execute(backend: &dyn Backend, kernel: &'static Kernel, case: &Case) -> Ran {
    let space = Workspace::new(backend);
    let work = case.work;
    // An array always has a network, so that work on none can be asked for too.
    let nets = work.nets.max(1);
    let width = |slot: &Slot| slot.width.of(work, &case.scalar_words());
    let mut arrays: Vec<(&str, Array)> = Vec::new();
    for slot in kernel.slots {
        let (rows, width) = match slot.axis {
            Axis::Trial | Axis::Tiled => (padded(work.trials.max(1)), width(slot)),
            Axis::Pattern => (padded(work.patterns.max(1)), width(slot)),
            Axis::Neuron => (work.neurons, width(slot)),
            Axis::Net => (width(slot), 1),
        };
        let array = space.alloc(slot.name, slot.element, nets, rows, width).expect("memory");
        if slot.access == Access::Write {
            backend.upload(&array, &vec![MARK; nets * rows * width]).expect("upload of marks");
        }
        if let Some((_, words)) = case.inputs.iter().find(|(name, _)| *name == slot.name) {
            backend.upload(&array, words).expect("upload");
        }
        arrays.push((slot.name, array));
    }
    let bound: Vec<(&str, &Array)> = arrays.iter().map(|(name, array)| (*name, array)).collect();
    let mut recording = Recording::new();
    recording.dispatch(kernel, work, &bound, &case.scalars).expect("a recording");
    let profile = backend.run(&recording, 1).unwrap_or_else(|error| panic!("{}: {error}", case.name));
    let written = kernel.slots.iter().zip(&arrays).filter(|(slot, _)| slot.access == Access::Write);
    let outputs = written.map(|(slot, (_, array))| {
        let rows = array.shape().rows;
        let mut words = backend.download(array, rows).unwrap_or_else(|error| panic!("{}: {error}", case.name));
        let (rows, width) = match slot.axis {
            Axis::Net => {
                // A per-net array has entries for rows, and its padding cannot be read.
                let net = |net: &[u32]| [net, &vec![MARK; padded(rows) - rows]].concat();
                words = words.chunks_exact(rows).flat_map(net).collect();
                (rows, 1)
            }
            // Tiles are written whole.
            Axis::Tiled => (padded(work.trials), width(slot)),
            Axis::Trial | Axis::Pattern | Axis::Neuron => (work.trials, width(slot)),
        };
        Output { name: slot.name, element: slot.element, nets: work.nets, rows, width, neurons: work.neurons, words }
    });
    Ran { backend: backend.device().backend, launches: profile.launches, outputs: outputs.collect() }
}

/// Whether two different backends wrote the same bits, all of them, and nothing else.
pub(crate) fn judge(left: &Ran, right: &Ran) -> Result<(), String> {
    if left.backend == right.backend {
        return Err(format!("{} was compared with itself", left.backend));
    }
    same_bits(left, right)
}

/// Whether two different backends wrote the same numbers to within a tolerance for each, all of them, and nothing else.
pub(crate) fn judge_within(
    left: &Ran,
    right: &Ran,
    tolerance: impl Fn(&str, usize, usize) -> f64,
) -> Result<(), String> {
    if left.backend == right.backend {
        return Err(format!("{} was compared with itself", left.backend));
    }
    if left.outputs.len() != right.outputs.len() || left.outputs.is_empty() {
        return Err(format!("{} outputs against {}", left.outputs.len(), right.outputs.len()));
    }
    for (left, right) in left.outputs.iter().zip(&right.outputs) {
        sound(left)?;
        sound(right)?;
        let (here, there) = (left.values(), right.values());
        if left.name != right.name || here.len() != there.len() {
            return Err(format!("{} values of {} against {} of {}", here.len(), left.name, there.len(), right.name));
        }
        for (at, (a, b)) in here.into_iter().zip(there).enumerate() {
            let (row, column) = (at / left.width, at % left.width);
            let (error, most) = ((f64::from(a) - f64::from(b)).abs(), tolerance(left.name, row, column));
            let within = error <= most;
            if !within {
                return Err(format!("{} [row {row}, {column}]: {a:e} against {b:e}, more than {most:e}", left.name));
            }
        }
    }
    Ok(())
}

/// Whether two runs wrote the same bits, all of them, and nothing else.
pub(crate) fn same_bits(left: &Ran, right: &Ran) -> Result<(), String> {
    if left.outputs.len() != right.outputs.len() || left.outputs.is_empty() {
        return Err(format!("{} outputs against {}", left.outputs.len(), right.outputs.len()));
    }
    for (left, right) in left.outputs.iter().zip(&right.outputs) {
        sound(left)?;
        sound(right)?;
        let shape = |output: &Output| (output.name, output.nets, output.rows, output.width, output.words.len());
        if shape(left) != shape(right) {
            return Err(format!("{:?} against {:?}", shape(left), shape(right)));
        }
        let different = left.words.iter().zip(&right.words).enumerate().filter(|(_, (l, r))| l != r);
        let mut different = different.peekable();
        if let Some(&(at, (&l, &r))) = different.peek() {
            let (row, column) = (at / left.width, at % left.width);
            return Err(format!(
                "{} [net {}, row {}, {column}]: {} against {}, and {} more",
                left.name,
                row / left.stride(),
                row % left.stride(),
                shown(left.element, l),
                shown(left.element, r),
                different.count() - 1
            ));
        }
    }
    Ok(())
}

fn shown(element: Element, word: u32) -> String {
    match element {
        Element::F32 => format!("{:e} ({word:08x})", f32::from_bits(word)),
        _ => format!("{word:08x}"),
    }
}

/// Whether an output is written wherever the work is, nowhere else, and with values that its element may have.
pub(crate) fn sound(output: &Output) -> Result<(), String> {
    let Output { name, nets, rows, width, .. } = *output;
    for (index, row) in output.words.chunks_exact(width).enumerate() {
        let (net, row_in_net) = (index / output.stride(), index % output.stride());
        let used = net < nets && row_in_net < rows;
        for (column, &word) in row.iter().enumerate() {
            let place = || format!("{name} [net {net}, row {row_in_net}, {column}]");
            match (used, word) {
                (true, MARK | attractor::engine::array::SENTINEL) => {
                    return Err(format!("{} was never written", place()));
                }
                (false, word) if word != MARK => return Err(format!("{} was overwritten with {word:08x}", place())),
                (true, word) if output.element == Element::F32 && f32::from_bits(word).is_nan() => {
                    return Err(format!("{} is NaN ({word:08x})", place()));
                }
                (true, word)
                    if output.element == Element::Bits
                        && column + 1 == width
                        && word & !tail_mask(output.neurons) != 0 =>
                {
                    return Err(format!("{} has tail bits: {word:08x}", place()));
                }
                _ => {}
            }
        }
    }
    Ok(())
}
