//! Packed states brought from one row to another. Twin of `shaders/gather.wgsl`.

use rayon::prelude::*;

use crate::Extent;

/// Copies row `index[trial]` of `source`, `[net, pattern]`, to row `trial` of `gathered`: `states` packed states a row.
/// An index beyond the source's rows leaves the row as it is; `found` says 1 where there was a row to copy, else 0.
pub fn gather(extent: &Extent, states: usize, index: &[u32], source: &[u32], gathered: &mut [u32], found: &mut [u32]) {
    let width = states * extent.words();
    let nets = extent.split_trials(gathered, width).zip(extent.split_trials(found, 1)).enumerate();
    for (net, (gathered, found)) in nets {
        let index = extent.trials_of(net, index, 1);
        let source = extent.patterns_of(net, source, width);
        gathered.par_chunks_exact_mut(width).zip(found).zip(index).with_min_len(64).for_each(
            |((gathered, found), &index)| {
                // Other panels have the rows before this one's first and after its last.
                let place = (index as usize).checked_sub(extent.first_pattern);
                let here = place.and_then(|place| source.chunks_exact(width).nth(place));
                if here.is_some() || extent.first_pattern == 0 {
                    *found = u32::from(here.is_some());
                }
                if let Some(here) = here {
                    gathered.copy_from_slice(here);
                }
            },
        );
    }
}
