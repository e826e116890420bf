//! The model file: a memory as safetensors, `keys` (i8), `dual` (f32), `table` (f32) and its provenance as metadata.
//!
//! `table` holds the profile's plain values, for readers elsewhere. Where those leave the range of f32,
//! `table_mantissa` (f32) and `table_exponent` (i32) are there too and define the profile. Knows nothing of kernels or
//! learning rules; refuses whatever is not a consistent memory, in both directions.

use std::path::Path;

use safetensors::Dtype;

use super::container::{Container, Tensor, encode};
use super::{Memory, Provenance, Table};
use crate::data::write_atomic;
use crate::error::{Error, Result};
use crate::pattern::Patterns;

/// The value of the metadata entry `format`.
const FORMAT: &str = "attractor-memory-1";
/// What the `format` of every version starts with.
const FAMILY: &str = "attractor-memory-";

/// Writes a memory, replacing what is at `path` only once it is whole.
///
/// # Errors
/// `Setting` if the memory's parts do not fit each other or hold numbers that are not finite; `Io` if the file cannot
/// be written.
pub fn save(memory: &Memory, path: &Path) -> Result<()> {
    let Memory { keys, dual, table, provenance } = memory;
    let refuse = |what| Error::setting(format!("{}: {what}", path.display()), "only a consistent memory is saved");
    if let Some(what) = fault(memory) {
        return Err(refuse(what));
    }
    let text = |error: serde_json::Error| refuse(format!("its provenance cannot be written ({error})"));
    let settings = serde_json::to_string(provenance).map_err(text)?;
    // JSON has no NaN and no infinity; they would be written as null and not read back.
    serde_json::from_str::<Provenance>(&settings).map_err(text)?;

    let matrix = vec![keys.len(), keys.neurons()];
    let f32s = |values: &[f32]| values.iter().flat_map(|value| value.to_le_bytes()).collect();
    let row = |name, dtype, bytes| Tensor { name, dtype, shape: vec![table.values.len()], bytes };
    let mut tensors = vec![
        Tensor { name: "dual", dtype: Dtype::F32, shape: matrix.clone(), bytes: f32s(dual) },
        row("table", Dtype::F32, f32s(&plain(table))),
    ];
    if table.exponents.iter().any(|&exponent| exponent != 0) {
        let exponents = table.exponents.iter().flat_map(|exponent| exponent.to_le_bytes()).collect();
        tensors.push(row("table_mantissa", Dtype::F32, f32s(&table.values)));
        tensors.push(row("table_exponent", Dtype::I32, exponents));
    }
    let signs = keys.to_bipolar().iter().map(|sign| sign.to_le_bytes()[0]).collect();
    tensors.push(Tensor { name: "keys", dtype: Dtype::I8, shape: matrix, bytes: signs });

    let metadata = [
        ("format", FORMAT.to_owned()),
        ("version", provenance.version.clone()),
        ("kernel", provenance.kernel.clone()),
        ("rule", provenance.rule.clone()),
        ("seed", provenance.seed.map_or("none".to_owned(), |seed| seed.to_string())),
        ("convergence", serde_json::to_string(&provenance.convergence).map_err(text)?),
        ("settings", settings),
    ];
    write_atomic(path, &encode(&metadata, &tensors).map_err(text)?)
}

/// Reads a memory. A file without attractor's metadata needs the three tensors only, and comes with kernel "table" and
/// rule "unknown".
///
/// # Errors
/// `Io` if the file cannot be read; `Data` if it is no safetensors file, is damaged, lacks a tensor or a metadata
/// entry, holds keys other than -1/+1 or numbers that are not finite, or if its parts do not fit each other.
pub fn load(path: &Path) -> Result<Memory> {
    let file = Container::open(path)?;
    let keys = read_keys(&file)?;
    let (shape, dual) = file.tensor("dual", Dtype::F32)?;
    if shape != [keys.len(), keys.neurons()] {
        let what = format!("`dual` of shape {shape:?} does not fit `keys` of shape {:?}", [keys.len(), keys.neurons()]);
        return Err(Error::data(path, what, "save one dual variable per key and neuron"));
    }
    let memory = Memory { dual: f32s(dual), table: read_table(&file)?, provenance: read_provenance(&file)?, keys };
    match fault(&memory) {
        None => Ok(memory),
        Some(what) => Err(Error::data(path, what, "train and save the model again")),
    }
}

/// The first thing that makes the parts no memory.
fn fault(memory: &Memory) -> Option<String> {
    let Memory { keys, dual, table, .. } = memory;
    let neurons = keys.neurons();
    let (values, exponents) = (table.values.len(), table.exponents.len());
    if keys.is_empty() {
        Some("there are no keys".into())
    } else if keys.len().checked_mul(neurons) != Some(dual.len()) {
        Some(format!("{} dual variables for {} keys of {neurons} neurons", dual.len(), keys.len()))
    } else if neurons.checked_add(1) != Some(values) || values != exponents {
        let table = if values == exponents { values.to_string() } else { format!("{values} and {exponents}") };
        Some(format!("a model whose table does not fit its keys: {table} entries for {neurons} neurons, not N + 1"))
    } else if let Some(at) = dual.iter().position(|value| !value.is_finite()) {
        Some(format!("`dual` holds {} at row {}, column {} (counted from 0)", dual[at], at / neurons, at % neurons))
    } else if let Some(distance) = table.values.iter().position(|value| !value.is_finite()) {
        Some(format!("the table holds {} at distance {distance}", table.values[distance]))
    } else {
        table.fault()
    }
}

/// The profile's values as f32; those too small are 0, those too large infinite.
fn plain(table: &Table) -> Vec<f32> {
    let terms = table.values.iter().zip(&table.exponents);
    terms.map(|(&value, &exponent)| libm::ldexp(value.into(), exponent) as f32).collect()
}

fn f32s(bytes: &[u8]) -> Vec<f32> {
    bytes.as_chunks().0.iter().map(|&value| f32::from_le_bytes(value)).collect()
}

fn read_keys(file: &Container) -> Result<Patterns> {
    let ([rows, neurons], bytes) = file.tensor("keys", Dtype::I8)?;
    if bytes.is_empty() {
        let what = format!("`keys` of shape [{rows}, {neurons}] is empty");
        return Err(Error::data(file.path(), what, "save at least one key of at least one neuron"));
    }
    let sign = |byte: u8| i8::from_le_bytes([byte]);
    if let Some(at) = bytes.iter().position(|&byte| !matches!(sign(byte), -1 | 1)) {
        let (row, column) = (at / neurons, at % neurons);
        let what = format!("`keys` holds {} at row {row}, column {column} (counted from 0)", sign(bytes[at]));
        return Err(Error::data(file.path(), what, "save keys of -1 and +1 only"));
    }
    Patterns::from_signs(neurons, bytes.iter().map(|&byte| sign(byte) > 0))
}

fn read_table(file: &Container) -> Result<Table> {
    let ([entries], bytes) = file.tensor("table", Dtype::F32)?;
    let values = f32s(bytes);
    if !file.has("table_mantissa") && !file.has("table_exponent") {
        let values: Vec<f64> = values.into_iter().map(f64::from).collect();
        return Table::from_values(&values)
            .map_err(|error| Error::data(file.path(), error.to_string(), "train and save the model again"));
    }
    let ([mantissas], mantissa) = file.tensor("table_mantissa", Dtype::F32)?;
    let ([exponents], exponent) = file.tensor("table_exponent", Dtype::I32)?;
    let exponent = exponent.as_chunks().0.iter().map(|&value| i32::from_le_bytes(value)).collect();
    let table = Table::split(f32s(mantissa), exponent);
    let what = if [mantissas, exponents] != [entries; 2] {
        format!("`table`, `table_mantissa` and `table_exponent` have {entries}, {mantissas} and {exponents} entries")
    } else if let Some(distance) = plain(&table).iter().zip(&values).position(|(&split, &value)| !close(split, value)) {
        let value = values[distance];
        format!(
            "`table` holds {value} at distance {distance}, and `table_mantissa` with `table_exponent` another value"
        )
    } else {
        return Ok(table);
    };
    Err(Error::data(file.path(), what, "save `table` alone, or all three for the same profile"))
}

/// Whether two plain values agree to the rounding that another writer may have done.
fn close(a: f32, b: f32) -> bool {
    a == b || (a - b).abs() <= a.abs().min(f32::MAX) * 1e-6 + f32::MIN_POSITIVE
}

fn read_provenance(file: &Container) -> Result<Provenance> {
    // Other writers use `format` too, for the framework the tensors came from.
    let format = file.metadata("format").filter(|format| format.starts_with(FAMILY));
    let Some(format) = format else {
        let unknown = || "unknown".to_owned();
        return Ok(Provenance {
            kernel: "table".into(),
            rule: unknown(),
            learning_rate: 0.0,
            regularization: 0.0,
            updates: 0,
            seed: None,
            arithmetic: unknown(),
            backend: unknown(),
            targets: None,
            source: unknown(),
            convergence: None,
            version: unknown(),
        });
    };
    if format != FORMAT {
        let what = format!("the model's format is {format:?}, and this version reads {FORMAT:?}");
        return Err(Error::data(file.path(), what, "use the version of attractor that wrote it"));
    }
    let refuse = |what| Error::data(file.path(), what, "train and save the model again");
    for key in ["version", "kernel", "rule", "seed", "convergence"] {
        file.metadata(key).ok_or_else(|| refuse(format!("the metadata has no {key:?}")))?;
    }
    let settings = file.metadata("settings").ok_or_else(|| refuse("the metadata has no \"settings\"".into()))?;
    serde_json::from_str(settings).map_err(|error| refuse(format!("the metadata's \"settings\" are damaged ({error})")))
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::super::Convergence;
    use super::*;

    fn memory() -> Memory {
        let provenance = Provenance {
            kernel: "exponential:0.5".into(),
            rule: "gradient".into(),
            learning_rate: 0.1,
            regularization: 1e-3,
            updates: 200,
            seed: Some(u64::MAX),
            arithmetic: "f32".into(),
            backend: "cpu".into(),
            targets: None,
            source: "a \"quoted\" file.npy".into(),
            convergence: Some(Convergence {
                objective: 0.25,
                gradient_norm: 1e-9,
                initial_gradient_norm: 2.0,
                residual_norm: 0.25,
                settled: true,
                updates: 150,
            }),
            version: "0.1.0".into(),
        };
        Memory {
            keys: Patterns::from_signs(3, [true, false, true, false, false, true]).unwrap(),
            dual: vec![0.5, -1.0, 0.1, 3.0, -0.0, f32::MIN_POSITIVE],
            table: Table { values: vec![1.0, 0.5, 0.25, 0.125], exponents: vec![0; 4] },
            provenance,
        }
    }

    fn bytes_of(memory: &Memory) -> Vec<u8> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model.safetensors");
        save(memory, &path).unwrap();
        std::fs::read(&path).unwrap()
    }

    fn load_bytes(bytes: &[u8]) -> Result<Memory> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model.safetensors");
        std::fs::write(&path, bytes).unwrap();
        load(&path)
    }

    fn tensor<'a>(name: &'a str, dtype: Dtype, shape: &[usize], bytes: &[u8]) -> Tensor<'a> {
        Tensor { name, dtype, shape: shape.to_vec(), bytes: bytes.to_vec() }
    }

    /// A model of one key and two neurons as another program would write it, with `changed` in place of its own.
    fn by_hand(metadata: &[(&str, String)], changed: Vec<Tensor<'_>>) -> Result<Memory> {
        let mut tensors = vec![
            tensor("keys", Dtype::I8, &[1, 2], &[1, 255]),
            tensor("dual", Dtype::F32, &[1, 2], &[0; 8]),
            tensor("table", Dtype::F32, &[3], &[0; 12]),
        ];
        tensors.retain(|tensor| changed.iter().all(|other| other.name != tensor.name));
        tensors.extend(changed);
        load_bytes(&encode(metadata, &tensors).unwrap())
    }

    fn refusal(changed: Vec<Tensor<'_>>) -> String {
        by_hand(&[], changed).unwrap_err().to_string()
    }

    #[test]
    fn a_memory_round_trips_and_equal_memories_are_equal_files() {
        let mut memory = memory();
        let bytes = bytes_of(&memory);
        assert_eq!(load_bytes(&bytes).unwrap(), memory);
        assert_eq!(bytes_of(&memory), bytes);
        memory.provenance.seed = None;
        memory.provenance.convergence = None;
        assert_eq!(load_bytes(&bytes_of(&memory)).unwrap(), memory);
    }

    fn wide(exponents: [i32; 4]) -> Table {
        Table { values: vec![1.0, 1.5, 1.0, 1.0], exponents: exponents.into() }
    }

    #[test]
    fn a_profile_beyond_f32_round_trips_with_its_plain_values_beside_it() {
        let mut memory = memory();
        memory.table = wide([4000, 0, -1, -4000]);
        let bytes = bytes_of(&memory);
        assert_eq!(load_bytes(&bytes).unwrap(), memory);
        let tensors = safetensors::SafeTensors::deserialize(&bytes).unwrap();
        assert_eq!(f32s(tensors.tensor("table").unwrap().data()), [f32::INFINITY, 1.5, 0.5, 0.0]);
    }

    #[test]
    fn what_is_no_memory_is_not_saved() {
        let refusal = |change: fn(&mut Memory)| {
            let mut memory = memory();
            change(&mut memory);
            let folder = tempfile::tempdir().unwrap();
            let error = save(&memory, &folder.path().join("model.safetensors")).unwrap_err();
            assert!(matches!(error, Error::Setting { .. }));
            assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
            error.to_string()
        };
        assert!(refusal(|memory| memory.keys = memory.keys.prefix(0)).contains("no keys"));
        assert!(refusal(|memory| memory.dual.push(0.0)).contains("7 dual variables for 2 keys of 3 neurons"));
        assert!(refusal(|memory| memory.dual[4] = f32::NAN).contains("NaN at row 1, column 1"));
        assert!(refusal(|memory| memory.table.values[2] = f32::INFINITY).contains("inf at distance 2"));
        assert!(refusal(|memory| memory.table = wide([0, 0, 0, i32::MIN])).contains("distance 3"));
        assert!(refusal(|memory| memory.table.exponents.clear()).contains("4 and 0 entries for 3 neurons"));
        assert!(refusal(|memory| memory.provenance.learning_rate = f32::NAN).contains("provenance"));
        let folder = tempfile::tempdir().unwrap();
        let absent = folder.path().join("absent").join("model.safetensors");
        assert!(matches!(save(&memory(), &absent), Err(Error::Io { .. })));
        assert!(matches!(load(&absent), Err(Error::Io { .. })));
    }

    #[test]
    fn a_model_made_by_hand_needs_only_the_tensors() {
        for metadata in [&[][..], &[("format", "pt".to_owned())]] {
            let memory = by_hand(metadata, Vec::new()).unwrap();
            assert_eq!((memory.provenance.kernel.as_str(), memory.provenance.rule.as_str()), ("table", "unknown"));
            assert_eq!(memory.keys.to_bipolar(), [1, -1]);
            assert_eq!(memory.table, Table { values: vec![0.0; 3], exponents: vec![0; 3] });
            assert_eq!(load_bytes(&bytes_of(&memory)).unwrap(), memory);
        }
    }

    #[test]
    fn tensors_that_do_not_fit_are_refused() {
        let nan = f32::NAN.to_le_bytes();
        let nans = nan.repeat(3);
        let (keys, dual, table) = ("keys", "dual", "table");
        assert!(refusal(vec![tensor(keys, Dtype::I8, &[1, 2], &[1, 0])]).contains("holds 0 at row 0, column 1"));
        assert!(refusal(vec![tensor(keys, Dtype::I8, &[0, 2], &[])]).contains("[0, 2] is empty"));
        assert!(refusal(vec![tensor(keys, Dtype::I8, &[1, 0], &[])]).contains("[1, 0] is empty"));
        assert!(refusal(vec![tensor(keys, Dtype::I8, &[2], &[1, 1])]).contains("of shape [2], not I8 of 2 axes"));
        assert!(refusal(vec![tensor(keys, Dtype::U8, &[1, 2], &[1, 1])]).contains("is U8"));
        assert!(refusal(vec![tensor(dual, Dtype::F32, &[2, 1], &[0; 8])]).contains("[2, 1] does not fit `keys`"));
        assert!(refusal(vec![tensor(dual, Dtype::F32, &[1, 2], &nan.repeat(2))]).contains("NaN at row 0, column 0"));
        assert!(refusal(vec![tensor(dual, Dtype::F64, &[1, 2], &[0; 16])]).contains("is F64"));
        assert!(refusal(vec![tensor(table, Dtype::F32, &[3], &nans)]).contains("NaN at distance 0"));
        let message = refusal(vec![tensor(table, Dtype::F32, &[2], &[0; 8])]);
        assert!(message.contains("a model whose table does not fit its keys: 2 entries for 2 neurons"), "{message}");

        let mantissa = |bytes: &[u8]| tensor("table_mantissa", Dtype::F32, &[bytes.len() / 4], bytes);
        let exponent = |bytes: &[u8]| tensor("table_exponent", Dtype::I32, &[bytes.len() / 4], bytes);
        assert!(refusal(vec![mantissa(&[0; 12])]).contains("no tensor `table_exponent`"));
        assert!(refusal(vec![exponent(&[0; 12])]).contains("no tensor `table_mantissa`"));
        assert!(refusal(vec![mantissa(&[0; 12]), exponent(&[0; 8])]).contains("3, 3 and 2 entries"));
        let ones = 1f32.to_le_bytes().repeat(3);
        assert!(refusal(vec![mantissa(&ones), exponent(&[0; 12])]).contains("holds 0 at distance 0"));
        assert!(
            refusal(vec![tensor(table, Dtype::F32, &[3], &nans), mantissa(&nans), exponent(&[0; 12])]).contains("NaN")
        );
        let lowest = i32::MIN.to_le_bytes().repeat(3);
        assert!(refusal(vec![mantissa(&ones), exponent(&lowest)]).contains("too large"));
    }

    #[test]
    fn missing_tensors_and_metadata_are_named() {
        for name in ["keys", "dual", "table"] {
            let all = ["keys", "dual", "table"].into_iter().filter(|&other| other != name);
            let shape = |other| if other == "table" { vec![3] } else { vec![1, 2] };
            let tensors: Vec<_> = all
                .map(|other| match other {
                    "keys" => tensor(other, Dtype::I8, &shape(other), &[1, 1]),
                    _ => {
                        tensor(other, Dtype::F32, &shape(other), &[0; 12][..4 * shape(other).iter().product::<usize>()])
                    }
                })
                .collect();
            let message = load_bytes(&encode(&[], &tensors).unwrap()).unwrap_err().to_string();
            assert!(message.contains(&format!("no tensor `{name}`")), "{message}");
        }
        let settings = serde_json::to_string(&memory().provenance).unwrap();
        let all = ["format", "version", "kernel", "rule", "seed", "convergence", "settings"].map(|key| match key {
            "format" => (key, FORMAT.to_owned()),
            "settings" => (key, settings.clone()),
            _ => (key, String::new()),
        });
        assert_eq!(by_hand(&all, Vec::new()).unwrap().provenance, memory().provenance);
        for missing in 1..all.len() {
            let mut some = all.to_vec();
            let (key, _) = some.remove(missing);
            let message = by_hand(&some, Vec::new()).unwrap_err().to_string();
            assert!(message.contains(&format!("the metadata has no \"{key}\"")), "{message}");
        }
        let mut other = all.clone();
        other[6].1 = "{}".into();
        assert!(by_hand(&other, Vec::new()).unwrap_err().to_string().contains("\"settings\" are damaged"));
        other[0].1 = "attractor-memory-2".into();
        assert!(by_hand(&other, Vec::new()).unwrap_err().to_string().contains("use the version"));
    }

    #[test]
    fn damaged_files_never_panic() {
        let mut memory = memory();
        memory.table = wide([0, 0, 0, -200]);
        let valid = bytes_of(&memory);
        let folder = tempfile::tempdir().unwrap();
        let path: PathBuf = folder.path().join("damaged.safetensors");
        let read = |bytes: &[u8]| {
            std::fs::write(&path, bytes).unwrap();
            load(&path)
        };
        for length in 0..valid.len() {
            assert!(read(&valid[..length]).is_err(), "cut to {length} of {} bytes", valid.len());
        }
        assert!(read(&[&valid[..], &[0]].concat()).is_err());
        for position in 0..valid.len() {
            for flip in [0x01, 0x10, 0x80, 0xff] {
                let mut damaged = valid.clone();
                damaged[position] ^= flip;
                // Whether it still loads is not the point: it must come back.
                let _ = read(&damaged);
            }
        }
    }
}
