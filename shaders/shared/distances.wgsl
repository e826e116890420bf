// Stored Hamming distances, 16 bits each, those of two neighbouring trials in a word. The trials come in tiles of 64, and a
// tile lies pattern by pattern: [net, tile, pattern, pair of trials]. So neighbouring threads fetch neighbouring words, and
// wherever work is cut between trials, the tiles on either side are whole.
const PAIRS = 32u; // of a tile

// The word of a trial's pair and a pattern of the panel.
fn pair_of(net: u32, trial: u32, pattern: u32) -> u32 {
    let tile = trial_row(net, trial) / (2u * PAIRS);
    let row = tile * params.extent.pattern_stride + params.extent.first_pattern + pattern;
    return row * PAIRS + trial % (2u * PAIRS) / 2u;
}
