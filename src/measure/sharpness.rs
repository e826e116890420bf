//! Pinnacle sharpness: how steep the pseudo-energy is at stored patterns (arXiv 2511.13053).

use rayon::prelude::*;

use crate::error::Result;
use crate::memory::{Memory, Readout};

/// Mean over stored patterns of the gradient of V(s) = -sum over i of s_i h_i(s) at them, h through the profile's continuous
/// form. The gradient is the direct force -h(s) and the feedback -sum over i of s_i dh_i/ds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sharpness {
    /// Mean of |grad V|^2.
    pub gradient: f64,
    /// Mean of |direct force|^2.
    pub direct: f64,
    /// Mean of |feedback|^2.
    pub feedback: f64,
}

/// Measures these stored patterns of a memory of a dual, in f64: P N multiply-adds of each, twice. None of couplings, whose
/// gradient is twice the field of their symmetric part.
///
/// # Errors
/// If the kernel has no continuous form.
pub fn sharpness(memory: &Memory, patterns: &[usize]) -> Result<Option<Sharpness>> {
    let Readout::Dual { dual, .. } = &memory.readout else { return Ok(None) };
    let kernel = memory.continuous()?;
    let neurons = memory.keys.neurons();
    let square = neurons as f64;
    let keys = memory.keys.to_bipolar();
    let at = |&pattern: &usize| {
        let state = &keys[pattern * neurons..][..neurons];
        let [mut direct, mut feedback] = [vec![0.0; neurons], vec![0.0; neurons]];
        for (key, dual) in keys.chunks(neurons).zip(dual.chunks(neurons)) {
            let overlap = key.iter().zip(state).map(|(&x, &s)| f64::from(x * s)).sum::<f64>();
            let (value, slope) = (kernel.value(overlap, square), kernel.slope(overlap, square));
            let along = dual.iter().zip(state).map(|(&dual, &s)| f64::from(dual) * f64::from(s)).sum::<f64>();
            for (i, (direct, feedback)) in direct.iter_mut().zip(&mut feedback).enumerate() {
                *direct -= value * f64::from(dual[i]);
                *feedback -= along * (slope.overlap * f64::from(key[i]) + 2.0 * slope.square * f64::from(state[i]));
            }
        }
        let squared = |force: &mut dyn Iterator<Item = f64>| force.map(|part| part * part).sum::<f64>();
        let whole = squared(&mut direct.iter().zip(&feedback).map(|(a, b)| a + b));
        [whole, squared(&mut direct.iter().copied()), squared(&mut feedback.iter().copied())]
    };
    let all: Vec<[f64; 3]> = patterns.par_iter().map(at).collect();
    let mean = |part: usize| all.iter().map(|forces| forces[part]).sum::<f64>() / all.len() as f64;
    Ok(Some(Sharpness { gradient: mean(0), direct: mean(1), feedback: mean(2) }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code::Code;
    use crate::memory::{Profile, Provenance};
    use crate::random;

    /// The gradient is what V's differences say.
    #[test]
    fn differences_of_the_pseudo_energy_say_the_same() {
        let keys = random::patterns(2, 0, 12, 5).unwrap();
        let bipolar: Vec<f64> = keys.to_bipolar().into_iter().map(f64::from).collect();
        let dual: Vec<f32> = (0..60_u8).map(|at| f32::from(at % 7) / 4.0 - 0.6).collect();
        for kernel in ["rbf:0.03", "dense:3", "exponential:0.2"] {
            let profile: Profile = kernel.parse().unwrap();
            let table = profile.table(12).unwrap();
            let readout = Readout::Dual { dual: dual.clone(), table };
            let memory =
                Memory { keys: keys.clone(), readout, code: Code::Bipolar, provenance: Provenance::unknown(kernel) };
            let form = profile.continuous(12).unwrap();
            let energy = |state: &[f64]| -> f64 {
                let square = state.iter().map(|s| s * s).sum();
                let of = |(key, dual): (&[f64], &[f32])| {
                    let overlap = key.iter().zip(state).map(|(x, s)| x * s).sum();
                    let along: f64 = dual.iter().zip(state).map(|(&dual, s)| f64::from(dual) * s).sum();
                    -form.value(overlap, square) * along
                };
                bipolar.chunks(12).zip(dual.chunks(12)).map(of).sum()
            };
            let slope = |at: usize| {
                let moved = |by: f64| {
                    let mut state = bipolar[24..36].to_vec();
                    state[at] += by;
                    energy(&state)
                };
                (moved(1e-5) - moved(-1e-5)) / 2e-5
            };
            let wanted: f64 = (0..12).map(|at| slope(at).powi(2)).sum();
            let found = sharpness(&memory, &[2]).unwrap().unwrap();
            assert!((found.gradient / wanted - 1.0).abs() < 1e-6, "{kernel}: {found:?} {wanted}");
            assert!(found.direct > 0.0 && found.feedback > 0.0);
        }
    }

    #[test]
    fn kernels_without_a_slope_are_refused() {
        let keys = random::patterns(2, 0, 8, 2).unwrap();
        let table = "argmax".parse::<Profile>().unwrap().table(8).unwrap();
        let readout = Readout::Dual { dual: vec![1.0; 16], table };
        let memory = Memory { keys, readout, code: Code::Bipolar, provenance: Provenance::unknown("argmax") };
        assert!(sharpness(&memory, &[0]).unwrap_err().to_string().contains("argmax"));
    }
}
