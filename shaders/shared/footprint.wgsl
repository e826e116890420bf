// How alike a query and some patterns are in each dimension, sorted: the steps of the footprint (arXiv 2511.20609), of
// which no sum is ever stored. A shader that imports this declares queries, patterns, and scalars kinds and sorted.
const THREADS = 256u;
const ROOM = 2048u;
// Threads that share a pair's sum.
const PARTS = 8u;
// Kinds of likeness: minus the squared difference, the product.
const KINDS = 2u;

var<workgroup> values: array<f32, 2048>; // [pair, dimension]

// Values a pair takes in the room: dimensions to the next power of two.
fn stride_of_pairs() -> u32 {
    return 1u << (32u - countLeadingZeros(params.extent.neurons - 1u));
}

// Pairs at a time.
fn pairs_at_once(stride: u32) -> u32 {
    return min(ROOM / stride, THREADS / PARTS);
}

// Fills the room with a kind of likeness of a query and patterns from `first` on, highest first if they are to be
// sorted.
fn liken(net: u32, row: u32, first: u32, kind: u32, stride: u32, lane: u32) {
    let dimensions = params.extent.neurons;
    let pairs = pairs_at_once(stride);
    for (var slot = lane; slot < pairs * stride; slot += THREADS) {
        let dimension = slot & (stride - 1u);
        let pattern = first + slot / stride;
        // What pads a pair comes last.
        var value = -3.4028235e38;
        if dimension < dimensions && pattern < params.extent.patterns {
            let query = queries[row * dimensions + dimension];
            let stored = patterns[pattern_row(net, pattern) * dimensions + dimension];
            let apart = query - stored;
            value = select(query * stored, -(apart * apart), kind == 0u);
        }
        values[slot] = value;
    }
    workgroupBarrier();
    if params.sorted == 0u {
        return;
    }
    // Bitonic sorting: runs of `run` values, alternately falling and rising, become runs twice as long.
    for (var run = 2u; run <= stride; run <<= 1u) {
        for (var step = run >> 1u; step > 0u; step >>= 1u) {
            for (var i = lane; i < pairs * stride / 2u; i += THREADS) {
                let low = ((i & ~(step - 1u)) << 1u) | (i & (step - 1u));
                let high = low | step;
                let falling = (low & run & (stride - 1u)) == 0u;
                let a = values[low];
                let b = values[high];
                values[low] = select(min(a, b), max(a, b), falling);
                values[high] = select(max(a, b), min(a, b), falling);
            }
            workgroupBarrier();
        }
    }
}
