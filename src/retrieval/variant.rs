//! Variants: what corruption makes of a pattern (arXiv 2511.20609).

use std::fmt;
use std::str::FromStr;

use attractor_kernels_cpu::philox::philox;
use attractor_kernels_cpu::vary::{BIAS_AFTER, NOISE_AFTER};

use crate::data::Features;
use crate::engine::kernel::VARY;
use crate::engine::{Array, Element, Recording, Scalar, Work, Workspace};
use crate::error::{Error, Result};
use crate::random::{Purpose, stream};

/// The order in which noise, mask and bias come. Only what comes after the mask makes a difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Order([Step; 3]);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Noise,
    Mask,
    Bias,
}

impl Step {
    const NAMES: [(Self, &'static str); 3] = [(Self::Noise, "noise"), (Self::Mask, "mask"), (Self::Bias, "bias")];
}

impl Order {
    fn after_mask(self) -> u32 {
        let place = |step| self.0.iter().position(|&at| at == step);
        (u32::from(place(Step::Noise) > place(Step::Mask)) * NOISE_AFTER)
            | (u32::from(place(Step::Bias) > place(Step::Mask)) * BIAS_AFTER)
    }
}

impl Default for Order {
    /// As the paper's text names them.
    fn default() -> Self {
        Self([Step::Noise, Step::Mask, Step::Bias])
    }
}

impl fmt::Display for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = |step: &Step| Step::NAMES.iter().find(|(named, _)| named == step).map_or("", |(_, name)| name);
        f.write_str(&self.0.iter().map(name).collect::<Vec<_>>().join(","))
    }
}

impl FromStr for Order {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let step = |name: &str| Step::NAMES.iter().find(|(_, named)| *named == name.trim()).map(|(step, _)| *step);
        let steps: Option<Vec<Step>> = text.split(',').map(step).collect();
        let steps: Option<[Step; 3]> = steps.and_then(|steps| steps.try_into().ok());
        let all = |steps: &[Step; 3]| Step::NAMES.iter().all(|(step, _)| steps.contains(step));
        steps.filter(all).map(Self).ok_or_else(|| format!("order {text:?}: write noise, mask and bias, each once"))
    }
}

/// How much of each, as (mask, noise, bias) triplets are written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Variant {
    /// int(mask d) dimensions are set to numbers of the uniform distribution on \[-1, 1).
    pub mask: f64,
    /// Variance of the normal noise that is added.
    pub noise: f64,
    /// Magnitude of the bias that is added, its signs fixed for all variants.
    pub bias: f64,
}

impl Variant {
    /// The same of each.
    pub fn of_difficulty(difficulty: f64) -> Self {
        Self { mask: difficulty, noise: difficulty, bias: difficulty }
    }
}

impl fmt::Display for Variant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{},{},{}", self.mask, self.noise, self.bias)
    }
}

impl FromStr for Variant {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let numbers: Option<Vec<f64>> = text.split(',').map(|number| number.trim().parse().ok()).collect();
        let within = |numbers: &Vec<f64>| numbers.iter().all(|number| (0.0..=1.0).contains(number));
        match numbers.filter(within).as_deref() {
            Some(&[mask, noise, bias]) => Ok(Self { mask, noise, bias }),
            _ => Err(format!("variant {text:?}: write MASK,NOISE,BIAS, three numbers from 0 to 1 (0.4,0.4,0.4)")),
        }
    }
}

/// A distribution of variants.
#[derive(Clone, Debug, PartialEq)]
pub struct Variation {
    /// How much of each.
    pub variant: Variant,
    /// Which comes after which.
    pub order: Order,
    /// Whether `noise` is a standard deviation, not a variance.
    pub deviation: bool,
    /// What noise and bias of each dimension are multiplied by, \[d\]; 1 if not given.
    pub scales: Option<Vec<f32>>,
    /// Of the bias' signs and of the variants.
    pub seed: u64,
}

/// Variants for training, and for trying what was learned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Use {
    /// Training.
    Training = 0,
    /// Trying.
    Trying = 1,
}

impl Variation {
    /// Variants in the paper's order, their noise a variance.
    pub fn new(variant: Variant, seed: u64) -> Self {
        Self { variant, order: Order::default(), deviation: false, scales: None, seed }
    }

    /// The bias, \[d\]: its magnitude with random signs, the same for all variants of a seed.
    pub fn bias(&self, dimensions: usize) -> Vec<f32> {
        let key = stream(self.seed, Purpose::Variant, u32::MAX);
        let sign = |dimension: usize| philox(key, [dimension as u32 / 4, 0, 0, 0])[dimension % 4] >> 31;
        let size = self.variant.bias as f32;
        let scale = |dimension: usize| match &self.scales {
            Some(scales) => scales.get(dimension).copied().unwrap_or(1.0),
            None => 1.0,
        };
        (0..dimensions).map(|at| scale(at) * if sign(at) == 1 { -size } else { size }).collect()
    }

    /// Refuses shares and sizes out of range, and scales of another number of dimensions.
    pub(crate) fn check(&self, dimensions: usize) -> Result<()> {
        let Variant { mask, noise, bias } = self.variant;
        if [mask, noise, bias].iter().any(|part| !(0.0..=1.0).contains(part)) {
            let what = format!("variant {}", self.variant);
            return Err(Error::setting(what, "give mask, noise and bias from 0 to 1"));
        }
        let fits = |scales: &Vec<f32>| scales.len() == dimensions && scales.iter().all(|scale| scale.abs() <= 1e6);
        match self.scales.as_ref().is_none_or(fits) {
            true => Ok(()),
            false => Err(Error::setting(
                format!("{} scales for {dimensions} dimensions", self.scales.as_ref().map_or(0, Vec::len)),
                "give a number within 1e6 for each dimension",
            )),
        }
    }

    /// Variants of some patterns, on the device: of each row of `draws` (which pattern, and a number that tells its
    /// variants apart) one, the same wherever it stands.
    ///
    /// # Errors
    /// If scales do not fit, or the backend fails.
    pub fn draw(&self, space: &Workspace<'_>, patterns: &Features, draws: &[[u32; 2]], purpose: Use) -> Result<Array> {
        self.vary(space, &drawn(patterns, draws), draws, purpose)
    }

    /// [`Self::draw`] of `source`, the pattern of each draw.
    fn vary(&self, space: &Workspace<'_>, source: &Features, draws: &[[u32; 2]], purpose: Use) -> Result<Array> {
        let dimensions = source.dimensions();
        self.check(dimensions)?;
        let own = Workspace::new(space.backend());
        let source = own.rows("source", Element::F32, 1, dimensions, bytemuck::cast_slice(source.values()))?;
        let draw = own.rows("draw", Element::U32, 1, 2, draws.as_flattened())?;
        let key = own.per_net("key", Element::U32, 1, &stream(self.seed, Purpose::Variant, purpose as u32))?;
        let scales = self.scales.clone().unwrap_or_else(|| vec![1.0; dimensions]);
        let scale = own.per_net("scale", Element::F32, 1, bytemuck::cast_slice(&scales))?;
        let bias = own.per_net("bias", Element::F32, 1, bytemuck::cast_slice(&self.bias(dimensions)))?;
        let queries = space.alloc("queries", Element::F32, 1, draws.len(), dimensions)?;
        let Variant { mask, noise, .. } = self.variant;
        let deviation = if self.deviation { noise } else { noise.sqrt() };
        let scalars = [
            ("deviation", Scalar::F32(deviation as f32)),
            ("masked", Scalar::U32((mask * dimensions as f64) as u32)),
            ("after_mask", Scalar::U32(self.order.after_mask())),
        ];
        let arrays = [
            ("source", &source),
            ("draw", &draw),
            ("key", &key),
            ("scale", &scale),
            ("bias", &bias),
            ("queries", &queries),
        ];
        let mut recording = Recording::new();
        let work = Work { nets: 1, trials: draws.len(), patterns: 0, neurons: dimensions };
        recording.dispatch(&VARY, work, &arrays, &scalars)?;
        space.backend().run(&recording, 1)?;
        Ok(queries)
    }

    /// [`Self::draw`], brought to the host.
    ///
    /// # Errors
    /// As [`Self::draw`].
    pub fn features(
        &self,
        space: &Workspace<'_>,
        patterns: &Features,
        draws: &[[u32; 2]],
        purpose: Use,
    ) -> Result<Features> {
        self.varied(space, &drawn(patterns, draws), draws, purpose)
    }

    /// [`Self::features`] of `source`, the pattern of each draw.
    pub(super) fn varied(
        &self,
        space: &Workspace<'_>,
        source: &Features,
        draws: &[[u32; 2]],
        purpose: Use,
    ) -> Result<Features> {
        let own = Workspace::new(space.backend());
        let queries = self.vary(&own, source, draws, purpose)?;
        let words = own.backend().download(&queries, draws.len())?;
        Features::new(source.dimensions(), words.into_iter().map(f32::from_bits).collect())
    }
}

/// The pattern of each draw.
fn drawn(patterns: &Features, draws: &[[u32; 2]]) -> Features {
    patterns.select(draws.iter().map(|draw| draw[0] as usize))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variants_and_orders_are_spelled_as_they_are_read() {
        assert_eq!("0.4,0.2,0".parse::<Variant>().unwrap().to_string(), "0.4,0.2,0");
        for text in ["0.4", "0.4,0.4", "1.2,0,0", "-0.1,0,0", "0.1,nan,0", "a,b,c"] {
            assert!(text.parse::<Variant>().unwrap_err().contains("MASK,NOISE,BIAS"), "{text}");
        }
        for (text, after) in [("noise,mask,bias", BIAS_AFTER), ("noise,bias,mask", 0), ("mask,bias,noise", 3)] {
            let order: Order = text.parse().unwrap();
            assert_eq!((order.to_string().as_str(), order.after_mask()), (text, after));
        }
        assert!("noise,noise,mask".parse::<Order>().is_err() && "noise,mask".parse::<Order>().is_err());
    }

    #[test]
    fn a_bias_has_fixed_signs_of_both_kinds() {
        let variation = Variation::new(Variant::of_difficulty(0.5), 3);
        let bias = variation.bias(64);
        assert_eq!(bias, variation.bias(64));
        assert!(bias.iter().all(|value| value.abs() == 0.5) && bias.contains(&0.5) && bias.contains(&-0.5));
        assert_ne!(bias, Variation::new(Variant::of_difficulty(0.5), 4).bias(64));
    }
}
