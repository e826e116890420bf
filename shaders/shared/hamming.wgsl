// Hamming distance of a packed state from a packed key, by their rows.
fn hamming(state: u32, key: u32) -> u32 {
    let words = params.extent.words;
    var distance = 0u;
    for (var word = 0u; word < words; word++) {
        distance += countOneBits(states[state * words + word] ^ keys[key * words + word]);
    }
    return distance;
}
