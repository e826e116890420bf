//! Cutting a dispatch into panels: the one place where grids, bindings, buffers and time limits are met.
//!
//! A panel is a range of nets, trials and patterns that lies within one chunk of every bound array, needs no more
//! workgroups than the device takes, and no more work than fits a short submission. Panels over patterns continue each
//! other's chains, so the cut changes no bit of the result.

use std::ops::Range;

use attractor_kernels_cpu::{Extent, PAD, padded};

use super::array::Chunks;
use super::kernel::Axis;
use super::recording::Dispatch;

/// What a device can take in one go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of one buffer bound to a kernel.
    pub binding_bytes: u64,
    /// Workgroups along one dimension of a grid.
    pub groups: usize,
    /// Elementary operations in one dispatch.
    pub work: u64,
}

impl Limits {
    /// No limits: a host's memory.
    pub const NONE: Self = Self { binding_bytes: u64::MAX, groups: usize::MAX, work: u64::MAX };
}

/// A part of a dispatch that runs in one go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Panel {
    pub(crate) nets: Range<usize>,
    pub(crate) trials: Range<usize>,
    pub(crate) patterns: Range<usize>,
}

impl Panel {
    /// The header that kernels receive.
    pub(crate) fn extent(&self, dispatch: &Dispatch) -> Extent {
        Extent {
            nets: self.nets.len(),
            trials: self.trials.len(),
            patterns: self.patterns.len(),
            neurons: dispatch.work.neurons,
            trial_stride: dispatch.stride(Axis::Trial),
            pattern_stride: dispatch.stride(Axis::Pattern),
            first_pattern: self.patterns.start,
        }
    }

    /// Where the panel's part of an array starts (chunk, first word), and how many words it spans.
    pub(crate) fn span(&self, chunks: &Chunks, axis: Axis, shape: super::array::Shape) -> (usize, Range<usize>) {
        let rows = match axis {
            Axis::Trial => self.trials.clone(),
            Axis::Tiled => self.trials.start..padded(self.trials.end),
            Axis::Pattern => self.patterns.clone(),
            Axis::Net | Axis::Neuron => 0..shape.rows,
        };
        let (chunk, start) = chunks.locate(self.nets.start, rows.start);
        // A panel of no patterns still binds a row.
        let rows = rows.len().max(1) + (self.nets.len() - 1) * shape.stride();
        (chunk, start..start + rows * shape.width)
    }
}

/// Cuts a dispatch. `tile_trials` is how many trials one workgroup takes; `chunks` are those of its arrays, in order.
pub(crate) fn panels(dispatch: &Dispatch, chunks: &[Chunks], tile_trials: usize, limits: &Limits) -> Vec<Panel> {
    let work = dispatch.work;
    if work.nets == 0 || work.trials == 0 {
        return Vec::new();
    }
    let whole = |nets: Range<usize>| Panel { nets, trials: 0..work.trials, patterns: 0..work.patterns };
    let cost = |panel: &Panel| (dispatch.kernel.work)(&panel.extent(dispatch));
    let most_trials = limits.groups.saturating_mul(tile_trials) / PAD * PAD;
    let nets_whole = dispatch.bindings().zip(chunks).all(|((_, array), chunk)| chunk.rows >= array.shape.stride());
    let one = cost(&whole(0..1)).max(1);
    if nets_whole && one <= limits.work && work.trials <= most_trials.max(PAD) {
        let most = usize::try_from(limits.work / one).unwrap_or(usize::MAX).min(limits.groups).max(1);
        let cuts: Vec<usize> = chunks.iter().map(|chunk| chunk.nets).collect();
        return ranges(work.nets, &cuts, most).into_iter().map(whole).collect();
    }
    let cuts = |axes: &[Axis]| -> Vec<usize> {
        let along = dispatch.bindings().zip(chunks).filter(|((slot, _), _)| axes.contains(&slot.axis));
        along.map(|(_, chunk)| chunk.rows).collect()
    };
    // Trials are cut first; patterns only when a single tile of trials is still too much work.
    let least = Panel { nets: 0..1, trials: 0..work.trials.min(PAD), patterns: 0..work.patterns };
    let per_tile = cost(&least).max(1);
    let tiles = usize::try_from(limits.work / per_tile).unwrap_or(usize::MAX);
    let trials = tiles.saturating_mul(PAD).min(most_trials).max(PAD);
    let share = if tiles == 0 { (per_tile / limits.work.max(1)) as usize + 1 } else { 1 };
    let patterns = (work.patterns / share / PAD * PAD).max(PAD);
    let trials = ranges(work.trials, &cuts(&[Axis::Trial, Axis::Tiled]), trials);
    let along_patterns = cuts(&[Axis::Pattern]);
    let patterns = match work.patterns {
        0 => vec![Range::default()],
        // Without that axis there is nothing to continue: a second panel would do its work twice.
        count if dispatch.takes_whole() => ranges(count, &[], count),
        count if share == 1 || along_patterns.is_empty() => ranges(count, &along_patterns, count),
        count => ranges(count, &along_patterns, patterns),
    };
    let mut panels = Vec::with_capacity(work.nets * trials.len() * patterns.len());
    for net in 0..work.nets {
        for trials in &trials {
            for patterns in &patterns {
                panels.push(Panel { nets: net..net + 1, trials: trials.clone(), patterns: patterns.clone() });
            }
        }
    }
    panels
}

/// Cuts `0..count` at every multiple of each of `cuts`, and into pieces of at most `most`.
fn ranges(count: usize, cuts: &[usize], most: usize) -> Vec<Range<usize>> {
    let mut pieces = Vec::new();
    let mut start = 0;
    while start < count {
        let next = |&cut: &usize| (start / cut + 1).saturating_mul(cut);
        let end = cuts.iter().map(next).min().unwrap_or(count).min(start.saturating_add(most)).min(count);
        pieces.push(start..end);
        start = end;
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::ranges;

    #[test]
    fn ranges_cut_at_every_boundary() {
        assert_eq!(ranges(10, &[4, 6], 100), vec![0..4, 4..6, 6..8, 8..10]);
        assert_eq!(ranges(10, &[], 3), vec![0..3, 3..6, 6..9, 9..10]);
        assert_eq!(ranges(0, &[4], 3), Vec::<std::ops::Range<usize>>::new());
    }
}
