//! The model file of a memory on real-valued states: safetensors with `patterns` (f32 \[P, d\]), `values` (f32 \[P,
//! v\]) where others are read out, `bias` (f32 \[d\]), `prior` (f32 \[P\]), and of what was learned `coefficients` (f32 \[2, d\], c of
//! distances and products), `weights` (f64 \[2, d\]) and `matrix` (f64 \[d, d\]), or `phi` (f64 \[m, d\]); how they go
//! together is metadata.
//!
//! Refuses whatever is not a consistent memory, in both directions.

use std::path::Path;
use std::str::FromStr;

use safetensors::Dtype;

use super::footprint::{Cumulative, Footprint, Kinds};
use super::network::Network;
use super::similarity::{Modulation, Similarity};
use crate::data::container::{Container, Tensor, encode};
use crate::data::{Features, write_atomic};
use crate::error::{Error, Result};

const FORMAT: &str = "attractor-retrieval-1";
const AGAIN: &str = "give a model saved by `attractor fit-similarity`";

/// Writes a memory, replacing what is at `path` only once it is whole. `provenance` is JSON: how it came to be.
///
/// # Errors
/// `Setting` if the memory's parts do not fit each other; `Io` if the file cannot be written.
pub fn save(network: &Network, provenance: &serde_json::Value, path: &Path) -> Result<()> {
    network.check()?;
    let Network { patterns, values, similarity, prior, separation, activation, bias, keeps_bias } = network;
    let mut tensors = vec![singles("patterns", patterns.values(), &[patterns.len(), patterns.dimensions()])];
    tensors
        .extend(values.iter().map(|values| singles("values", values.values(), &[values.len(), values.dimensions()])));
    let rows = [("bias", bias), ("prior", prior)];
    tensors
        .extend(rows.into_iter().filter_map(|(name, row)| Some(singles(name, row.as_ref()?, &[row.as_ref()?.len()]))));
    let mut metadata = vec![
        ("format", FORMAT.to_owned()),
        ("version", env!("CARGO_PKG_VERSION").to_owned()),
        ("similarity", similarity.to_string()),
        ("separation", separation.to_string()),
        ("activation", activation.to_string()),
        ("keeps_bias", keeps_bias.to_string()),
        ("provenance", provenance.to_string()),
    ];
    match similarity {
        Similarity::Footprint(footprint) => {
            let Footprint { kinds, sorted, cumulative, weights, betas } = footprint;
            let dimensions = footprint.dimensions();
            tensors.push(singles("coefficients", &footprint.coefficients(), &[2, dimensions]));
            tensors.push(doubles("weights", &weights.concat(), &[2, dimensions]));
            let matrix = match cumulative {
                Cumulative::Identity => "identity",
                Cumulative::Sums => "sums",
                Cumulative::Matrix { entries, learned } => {
                    tensors.push(doubles("matrix", entries, &[dimensions, dimensions]));
                    if *learned { "learned" } else { "given" }
                }
            };
            metadata.extend([
                ("distances", kinds.distances.to_string()),
                ("products", kinds.products.to_string()),
                ("sorted", sorted.to_string()),
                ("cumulative", matrix.to_owned()),
                ("beta_distances", betas[0].to_string()),
                ("beta_products", betas[1].to_string()),
            ]);
        }
        Similarity::Modulated(Modulation { dimensions, entries }) => {
            tensors.push(doubles("phi", entries, &[entries.len() / dimensions, *dimensions]));
        }
        Similarity::Dot | Similarity::Cosine | Similarity::L1 | Similarity::L2 | Similarity::Best { .. } => {}
    }
    let unwritable =
        |error: serde_json::Error| Error::setting(format!("{}: {error}", path.display()), "please report this");
    write_atomic(path, &encode(&metadata, &tensors).map_err(unwritable)?)
}

/// Reads a memory.
///
/// # Errors
/// `Io` if the file cannot be read; `Data` if it is no such file, is damaged, or its parts do not fit each other.
pub fn load(path: &Path) -> Result<Network> {
    let file = Container::open(path, AGAIN)?;
    match file.metadata("format") {
        Some(FORMAT) => {}
        Some(other) => {
            return Err(Error::data(path, format!("its format is {other:?}, not {FORMAT:?}"), AGAIN));
        }
        None => return Err(Error::data(path, "it has no metadata entry `format`", AGAIN)),
    }
    let patterns = features(&file, "patterns")?;
    let network = Network {
        values: if file.has("values") { Some(features(&file, "values")?) } else { None },
        similarity: similarity(&file)?,
        separation: entry(&file, "separation")?,
        activation: entry(&file, "activation")?,
        prior: row(&file, "prior")?,
        bias: row(&file, "bias")?,
        keeps_bias: entry(&file, "keeps_bias")?,
        patterns,
    };
    network.check().map_err(|error| Error::data(path, error.to_string(), AGAIN))?;
    Ok(network)
}

fn similarity(file: &Container) -> Result<Similarity> {
    match file.metadata("similarity") {
        Some("footprint") => {
            let ([kinds, dimensions], weights) = file.tensor::<2>("weights", Dtype::F64)?;
            let weights = wides(weights);
            if kinds != 2 || weights.len() != 2 * dimensions {
                return Err(Error::data(file.path(), format!("weights of {kinds} kinds, not 2"), AGAIN));
            }
            let cumulative = match file.metadata("cumulative") {
                Some("identity") => Cumulative::Identity,
                Some("sums") => Cumulative::Sums,
                Some(kind @ ("learned" | "given")) => {
                    let entries = wides(file.tensor::<2>("matrix", Dtype::F64)?.1);
                    Cumulative::Matrix { entries, learned: kind == "learned" }
                }
                other => return Err(Error::data(file.path(), format!("its footprint is made by {other:?}"), AGAIN)),
            };
            Ok(Similarity::Footprint(Footprint {
                kinds: Kinds { distances: entry(file, "distances")?, products: entry(file, "products")? },
                sorted: entry(file, "sorted")?,
                cumulative,
                weights: [weights[..dimensions].to_vec(), weights[dimensions..].to_vec()],
                betas: [entry(file, "beta_distances")?, entry(file, "beta_products")?],
            }))
        }
        Some("modulated") => {
            let ([_, dimensions], entries) = file.tensor::<2>("phi", Dtype::F64)?;
            Ok(Similarity::Modulated(Modulation { dimensions, entries: wides(entries) }))
        }
        _ => entry(file, "similarity"),
    }
}

/// A metadata entry as what it stands for.
fn entry<T: FromStr>(file: &Container, name: &str) -> Result<T> {
    let text = file.metadata(name).unwrap_or_default();
    text.parse().map_err(|_| Error::data(file.path(), format!("its metadata entry `{name}` is {text:?}"), AGAIN))
}

fn features(file: &Container, name: &str) -> Result<Features> {
    let ([_, dimensions], bytes) = file.tensor::<2>(name, Dtype::F32)?;
    Features::new(dimensions, floats(bytes))
        .map_err(|error| Error::data(file.path(), format!("tensor `{name}`: {error}"), AGAIN))
}

/// A tensor of one axis that may be missing.
fn row(file: &Container, name: &str) -> Result<Option<Vec<f32>>> {
    match file.has(name) {
        true => Ok(Some(floats(file.tensor::<1>(name, Dtype::F32)?.1))),
        false => Ok(None),
    }
}

fn floats(bytes: &[u8]) -> Vec<f32> {
    bytes.as_chunks().0.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect()
}

fn wides(bytes: &[u8]) -> Vec<f64> {
    bytes.as_chunks().0.iter().map(|&bytes| f64::from_le_bytes(bytes)).collect()
}

fn singles(name: &'static str, values: &[f32], shape: &[usize]) -> Tensor<'static> {
    let bytes = values.iter().flat_map(|value| value.to_le_bytes()).collect();
    Tensor { name, dtype: Dtype::F32, shape: shape.to_vec(), bytes }
}

fn doubles(name: &'static str, values: &[f64], shape: &[usize]) -> Tensor<'static> {
    let bytes = values.iter().flat_map(|value| value.to_le_bytes()).collect();
    Tensor { name, dtype: Dtype::F64, shape: shape.to_vec(), bytes }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::random;
    use crate::retrieval::{Activation, Separation};

    fn networks() -> Vec<Network> {
        let patterns = random::features(1, 0, 6, 5).unwrap();
        let phi = Modulation { dimensions: 6, entries: vec![0.5; 12] };
        let matrix = Cumulative::random(6, 1);
        let similarities = [
            Similarity::Dot,
            "best:3,products".parse().unwrap(),
            Footprint::plain(6, Kinds::BOTH, true, Cumulative::Sums).into(),
            Footprint::plain(6, Kinds { distances: true, products: false }, false, matrix).into(),
            phi.into(),
        ];
        let of = |similarity: Similarity| Network {
            patterns: patterns.clone(),
            values: Some(random::features(2, 0, 3, 5).unwrap()),
            similarity,
            prior: Some(vec![-0.5; 5]),
            separation: "entmax:1.5,2".parse::<Separation>().unwrap(),
            activation: Activation::Identity,
            bias: Some(vec![0.25; 6]),
            keeps_bias: true,
        };
        similarities.into_iter().map(of).collect()
    }

    #[test]
    fn what_is_saved_is_loaded_and_equal_models_are_equal_files() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model.safetensors");
        for network in networks() {
            save(&network, &json!({ "epochs": 3 }), &path).unwrap();
            let first = std::fs::read(&path).unwrap();
            assert_eq!(load(&path).unwrap(), network);
            save(&network, &json!({ "epochs": 3 }), &path).unwrap();
            assert_eq!(std::fs::read(&path).unwrap(), first);
        }
    }

    #[test]
    fn damaged_files_and_others_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model.safetensors");
        save(&networks()[2], &json!({}), &path).unwrap();
        let valid = std::fs::read(&path).unwrap();
        for at in (0..valid.len()).step_by(7) {
            for flip in [0x01, 0x10, 0x80] {
                let mut damaged = valid.clone();
                damaged[at] ^= flip;
                std::fs::write(&path, &damaged).unwrap();
                // Whether it still reads is not the point: it must come back.
                let _ = load(&path);
            }
            std::fs::write(&path, &valid[..at]).unwrap();
            assert!(load(&path).is_err(), "cut to {at}");
        }
        let at = valid.windows(FORMAT.len()).position(|window| window == FORMAT.as_bytes()).unwrap();
        let mut other = valid.clone();
        other[at + FORMAT.len() - 1] = b'9';
        std::fs::write(&path, &other).unwrap();
        assert!(load(&path).unwrap_err().to_string().contains("fit-similarity"));
    }
}
