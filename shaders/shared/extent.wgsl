// The panel of work: the header of every kernel's uniform. The same fields as `Extent` in kernels-cpu.
struct Extent {
    nets: u32,
    trials: u32,
    patterns: u32,
    neurons: u32,
    trial_stride: u32,
    pattern_stride: u32,
    first_pattern: u32, // 0 starts the chains, anything else continues them
    words: u32,         // 32-bit words per packed state
}

// Row of an array along trials [net, trial].
fn trial_row(net: u32, trial: u32) -> u32 {
    return net * params.extent.trial_stride + trial;
}

// Row of an array along patterns [net, pattern].
fn pattern_row(net: u32, pattern: u32) -> u32 {
    return net * params.extent.pattern_stride + pattern;
}

// Stride of a per-net array of so many entries.
fn padded(entries: u32) -> u32 {
    return (entries + 63u) & ~63u;
}
