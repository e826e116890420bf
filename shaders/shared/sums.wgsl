// How a thread's sums, four neurons of a trial, come from the fields and go back to them: [net, trial, neurons].
fn load(row: u32, neuron: u32) -> vec4<f32> {
    var sums = vec4(0.0);
    for (var i = 0u; i < 4u; i++) {
        if neuron + i < params.extent.neurons {
            sums[i] = field[row * params.extent.neurons + neuron + i];
        }
    }
    return sums;
}

fn store(net: u32, trial: u32, neuron: u32, sums: vec4<f32>) {
    if trial >= params.extent.trials {
        return;
    }
    let row = trial_row(net, trial);
    for (var i = 0u; i < 4u; i++) {
        if neuron + i < params.extent.neurons {
            field[row * params.extent.neurons + neuron + i] = sums[i];
        }
    }
}
