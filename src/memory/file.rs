//! The model file: a memory as safetensors, `keys` (i8), `dual` (f32) and `table` (f32) or `couplings` (f32) and `bias`
//! (f32), and its code and provenance as metadata. Of a dual in few bits there are codes and scales
//! (`file/quantised.rs`).
//!
//! `table` holds the profile's plain values, for readers elsewhere. Where those leave the range of f32,
//! `table_mantissa` (f32) and `table_exponent` (i32) are there too and define the profile. Knows nothing of kernels or
//! learning rules; refuses whatever is not a consistent memory, in both directions.

mod quantised;

use std::path::Path;

use safetensors::Dtype;

use super::{Couplings, Memory, Provenance, Quantised, Readout, Table};
use crate::code::Code;
use crate::data::container::{Container, Tensor, encode};
use crate::data::write_atomic;
use crate::error::{Error, Result};
use crate::pattern::Patterns;

/// The value of the metadata entry `format`.
const FORMAT: &str = "attractor-memory-1";
/// What a file of another kind is answered with.
const NOT_A_MODEL: &str = "give a model file saved by attractor, or a safetensors file with `keys`, and `dual` and \
                           `table` or `couplings`";
/// What the `format` of every version starts with.
const FAMILY: &str = "attractor-memory-";

/// Writes a memory, replacing what is at `path` only once it is whole.
///
/// # Errors
/// `Setting` if the memory's parts do not fit each other or hold numbers that are not finite; `Io` if the file cannot
/// be written.
pub fn save(memory: &Memory, path: &Path) -> Result<()> {
    write(memory, None, path)
}

/// [`save`] with the dual in few bits: what is read back is the memory of [`Quantised::dual`].
///
/// # Errors
/// As [`save`], and if the memory is of couplings, or the codes are not of as many variables.
pub fn save_quantised(memory: &Memory, quantised: &Quantised, path: &Path) -> Result<()> {
    let refuse = |what: &str| Err(Error::setting(what, "quantise the dual of this memory"));
    let Readout::Dual { table, .. } = &memory.readout else { return refuse("a quantised dual for couplings") };
    let dual = quantised.dual();
    if (dual.len(), quantised.scales.len()) != (memory.keys.len() * memory.keys.neurons(), memory.keys.neurons()) {
        return refuse("a quantised dual of another shape than the memory");
    }
    let readout = Readout::Dual { dual, table: table.clone() };
    write(&Memory { readout, ..memory.clone() }, Some(quantised), path)
}

fn write(memory: &Memory, quantised: Option<&Quantised>, path: &Path) -> Result<()> {
    let Memory { keys, readout, code, provenance } = memory;
    let refuse = |what| Error::setting(format!("{}: {what}", path.display()), "only a consistent memory is saved");
    if let Some(what) = fault(memory) {
        return Err(refuse(what));
    }
    let text = |error: serde_json::Error| refuse(format!("its provenance cannot be written ({error})"));
    let settings = serde_json::to_string(provenance).map_err(text)?;
    // JSON has no NaN and no infinity; they would be written as null and not read back.
    serde_json::from_str::<Provenance>(&settings).map_err(text)?;

    let (patterns, neurons) = (keys.len(), keys.neurons());
    let mut tensors: Vec<Tensor<'_>> = match readout {
        Readout::Dual { dual, table } => {
            let dual = match quantised {
                Some(quantised) => quantised::tensors(quantised, patterns),
                None => vec![tensor_of("dual", dual, &[patterns, neurons])],
            };
            dual.into_iter().chain(table_tensors(table)).collect()
        }
        Readout::Couplings(Couplings { matrix, bias }) => {
            let bias = bias.as_ref().map(|bias| tensor_of("bias", bias, &[neurons]));
            std::iter::once(tensor_of("couplings", matrix, &[neurons, neurons])).chain(bias).collect()
        }
    };
    let signs = keys.to_bipolar().iter().map(|sign| sign.to_le_bytes()[0]).collect();
    tensors.push(Tensor { name: "keys", dtype: Dtype::I8, shape: vec![patterns, neurons], bytes: signs });

    let mut metadata = vec![
        ("format", FORMAT.to_owned()),
        ("version", provenance.version.clone()),
        ("kernel", provenance.kernel.clone()),
        ("rule", provenance.rule.clone()),
        ("seed", provenance.seed.map_or("none".to_owned(), |seed| seed.to_string())),
        ("convergence", serde_json::to_string(&provenance.convergence).map_err(text)?),
        ("settings", settings),
    ];
    // What every memory was before there was a choice goes without saying.
    if code.is_sparse() {
        metadata.push(("code", code.to_string()));
    }
    if let Some(Quantised { width, .. }) = quantised {
        metadata.push((quantised::WIDTH, width.to_string()));
    }
    write_atomic(path, &encode(&metadata, &tensors).map_err(text)?)
}

fn table_tensors(table: &Table) -> Vec<Tensor<'static>> {
    let entries = [table.values.len()];
    let mut tensors = vec![tensor_of("table", &plain(table), &entries)];
    if table.is_wide() {
        tensors.push(tensor_of("table_mantissa", &table.values, &entries));
        let bytes = table.exponents.iter().flat_map(|exponent| exponent.to_le_bytes()).collect();
        tensors.push(Tensor { name: "table_exponent", dtype: Dtype::I32, shape: entries.to_vec(), bytes });
    }
    tensors
}

fn tensor_of(name: &'static str, values: &[f32], shape: &[usize]) -> Tensor<'static> {
    let bytes = values.iter().flat_map(|value| value.to_le_bytes()).collect();
    Tensor { name, dtype: Dtype::F32, shape: shape.to_vec(), bytes }
}

/// Reads a memory. A file without attractor's metadata needs the tensors only, and comes with kernel "table" or
/// "couplings" and rule "unknown".
///
/// # Errors
/// `Io` if the file cannot be read; `Data` if it is no safetensors file, is damaged, lacks a tensor or a metadata
/// entry, holds keys other than -1/+1 or numbers that are not finite, or if its parts do not fit each other.
pub fn load(path: &Path) -> Result<Memory> {
    let file = Container::open(path, NOT_A_MODEL)?;
    let keys = read_keys(&file)?;
    let memory = Memory {
        readout: read_readout(&file, &keys)?,
        code: read_code(&file)?,
        provenance: read_provenance(&file)?,
        keys,
    };
    match fault(&memory) {
        None => Ok(memory),
        Some(what) => Err(Error::data(path, what, "train and save the model again")),
    }
}

/// The first thing that makes the parts no memory.
fn fault(memory: &Memory) -> Option<String> {
    let Memory { keys, readout, code, .. } = memory;
    let neurons = keys.neurons();
    if keys.is_empty() {
        return Some("there are no keys".into());
    }
    if let Err(error) = code.check(neurons) {
        return Some(error.to_string());
    }
    let (dual, table) = match readout {
        Readout::Dual { .. } if code.is_sparse() => {
            return Some(format!("a dual with code {code}, which is of couplings only"));
        }
        Readout::Dual { dual, table } => (dual, table),
        Readout::Couplings(Couplings { matrix, .. }) if neurons.checked_mul(neurons) != Some(matrix.len()) => {
            return Some(format!("{} couplings for {neurons} neurons, not N x N", matrix.len()));
        }
        Readout::Couplings(Couplings { bias: Some(bias), .. }) if bias.len() != neurons => {
            return Some(format!("{} biases for {neurons} neurons", bias.len()));
        }
        Readout::Couplings(Couplings { matrix, bias }) => {
            let of_bias = || not_finite("bias", bias.as_ref()?, neurons);
            return not_finite("couplings", matrix, neurons).or_else(of_bias);
        }
    };
    let (values, exponents) = (table.values.len(), table.exponents.len());
    if keys.len().checked_mul(neurons) != Some(dual.len()) {
        Some(format!("{} dual variables for {} keys of {neurons} neurons", dual.len(), keys.len()))
    } else if neurons.checked_add(1) != Some(values) || values != exponents {
        let table = if values == exponents { values.to_string() } else { format!("{values} and {exponents}") };
        Some(format!("a model whose table does not fit its keys: {table} entries for {neurons} neurons, not N + 1"))
    } else if let Some(what) = not_finite("dual", dual, neurons) {
        Some(what)
    } else if let Some(distance) = table.values.iter().position(|value| !value.is_finite()) {
        Some(format!("the table holds {} at distance {distance}", table.values[distance]))
    } else {
        table.fault()
    }
}

/// The first value of a matrix that is not finite.
fn not_finite(name: &str, values: &[f32], neurons: usize) -> Option<String> {
    let at = values.iter().position(|value| !value.is_finite())?;
    Some(format!("`{name}` holds {} at row {}, column {} (counted from 0)", values[at], at / neurons, at % neurons))
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

fn read_code(file: &Container) -> Result<Code> {
    let Some(code) = file.metadata("code") else { return Ok(Code::Bipolar) };
    code.parse().map_err(|error: Error| Error::data(file.path(), error.to_string(), "train and save the model again"))
}

fn read_readout(file: &Container, keys: &Patterns) -> Result<Readout> {
    let (patterns, neurons) = (keys.len(), keys.neurons());
    let refuse = |what: String, cure| Err(Error::data(file.path(), what, cure));
    if !file.has("couplings") {
        if let Some(dual) = quantised::read(file, [patterns, neurons])? {
            return Ok(Readout::Dual { dual, table: read_table(file)? });
        }
        let (shape, dual) = file.tensor("dual", Dtype::F32)?;
        if shape != [patterns, neurons] {
            let what = format!("`dual` of shape {shape:?} does not fit `keys` of shape {:?}", [patterns, neurons]);
            return refuse(what, "save one dual variable per key and neuron");
        }
        return Ok(Readout::Dual { dual: f32s(dual), table: read_table(file)? });
    }
    for other in ["dual", "dual_codes", "table", "table_mantissa", "table_exponent"] {
        if file.has(other) {
            let what = format!("there are `couplings` and `{other}`");
            return refuse(what, "save `couplings`, or `dual` and `table`: fields are made of one of them");
        }
    }
    let (shape, couplings) = file.tensor("couplings", Dtype::F32)?;
    if shape != [neurons; 2] {
        let what = format!("`couplings` of shape {shape:?} do not fit `keys` of {neurons} neurons");
        return refuse(what, "save one coupling from each neuron to each");
    }
    let matrix = f32s(couplings);
    if !file.has("bias") {
        return Ok(Readout::Couplings(matrix.into()));
    }
    let ([biases], bias) = file.tensor("bias", Dtype::F32)?;
    if biases != neurons {
        let what = format!("`bias` of {biases} numbers does not fit `keys` of {neurons} neurons");
        return refuse(what, "save one bias for each neuron");
    }
    Ok(Readout::Couplings(Couplings { matrix, bias: Some(f32s(bias)) }))
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
        return Ok(Provenance::unknown(if file.has("couplings") { "couplings" } else { "table" }));
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
            solver: Some("preconditioned".into()),
            learning_rate: 0.1,
            regularization: 1e-3,
            updates: 200,
            seed: Some(u64::MAX),
            arithmetic: "f32".into(),
            backend: "cpu".into(),
            targets: None,
            source: "a \"quoted\" file.npy".into(),
            convergence: Some(Convergence {
                objective: Some(0.25),
                gradient_norm: 1e-9,
                initial_gradient_norm: 2.0,
                residual_norm: Some(0.25),
                settled: true,
                updates: 150,
            }),
            version: "0.1.0".into(),
        };
        Memory {
            keys: Patterns::from_signs(3, [true, false, true, false, false, true]).unwrap(),
            readout: readout(Table { values: vec![1.0, 0.5, 0.25, 0.125], exponents: vec![0; 4] }),
            code: Code::Bipolar,
            provenance,
        }
    }

    fn readout(table: Table) -> Readout {
        Readout::Dual { dual: vec![0.5, -1.0, 0.1, 3.0, -0.0, f32::MIN_POSITIVE], table }
    }

    fn coupled() -> Memory {
        let couplings = vec![0.0, 1.0, -3.0, 1.0, -0.0, f32::MIN_POSITIVE, 0.5, f32::MAX, 1e-45];
        Memory { readout: Readout::Couplings(couplings.into()), ..memory() }
    }

    fn sparse() -> Memory {
        let bias = Some(vec![-1.5, 0.0, 1e-45]);
        Memory {
            readout: Readout::Couplings(Couplings { matrix: vec![2.5; 9], bias }),
            code: Code::Active(2),
            ..memory()
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

    #[test]
    fn couplings_round_trip() {
        let memory = coupled();
        let bytes = bytes_of(&memory);
        let again = load_bytes(&bytes).unwrap();
        // By their bits: zeros have two signs.
        let bits = |memory: &Memory| memory.readout.matrix().iter().map(|value| value.to_bits()).collect::<Vec<_>>();
        assert_eq!((bits(&again), &again), (bits(&memory), &memory));
        assert_eq!(bytes_of(&again), bytes);
        let tensors = safetensors::SafeTensors::deserialize(&bytes).unwrap();
        assert_eq!(tensors.tensor("couplings").unwrap().shape(), [3, 3]);
        assert_eq!(tensors.len(), 2);

        let memory = sparse();
        let bytes = bytes_of(&memory);
        assert_eq!(load_bytes(&bytes).unwrap(), memory);
        assert_eq!(bytes_of(&load_bytes(&bytes).unwrap()), bytes);
        let tensors = safetensors::SafeTensors::deserialize(&bytes).unwrap();
        assert_eq!(tensors.tensor("bias").unwrap().shape(), [3]);
    }

    #[test]
    fn couplings_that_do_not_fit_are_refused() {
        let keys = || tensor("keys", Dtype::I8, &[1, 2], &[1, 255]);
        let refusal = |others: Vec<Tensor<'_>>| {
            let tensors: Vec<_> = std::iter::once(keys()).chain(others).collect();
            load_bytes(&encode(&[], &tensors).unwrap()).unwrap_err().to_string()
        };
        let whole = || tensor("couplings", Dtype::F32, &[2, 2], &[0; 16]);
        let by_hand = load_bytes(&encode(&[], &[keys(), whole()]).unwrap()).unwrap();
        assert_eq!((&by_hand.readout, by_hand.code), (&Readout::Couplings(vec![0.0; 4].into()), Code::Bipolar));
        assert_eq!((by_hand.provenance.kernel.as_str(), by_hand.provenance.rule.as_str()), ("couplings", "unknown"));
        for shape in [[1, 2], [2, 1], [4, 1], [3, 3]] {
            let bytes = vec![0; 4 * shape[0] * shape[1]];
            let refused = refusal(vec![tensor("couplings", Dtype::F32, &shape, &bytes)]);
            assert!(refused.contains(&format!("of shape {shape:?} do not fit `keys` of 2 neurons")), "{refused}");
        }
        assert!(refusal(vec![tensor("couplings", Dtype::F32, &[4], &[0; 16])]).contains("not F32 of 2 axes"));
        assert!(refusal(vec![tensor("couplings", Dtype::F64, &[2, 2], &[0; 32])]).contains("is F64"));
        let infinite = [[0; 4], [0; 4], f32::INFINITY.to_le_bytes(), [0; 4]].concat();
        let refused = refusal(vec![tensor("couplings", Dtype::F32, &[2, 2], &infinite)]);
        assert!(refused.contains("`couplings` holds inf at row 1, column 0"), "{refused}");
        let refused = refusal(vec![whole(), tensor("table", Dtype::F32, &[3], &[0; 12])]);
        assert!(refused.contains("there are `couplings` and `table`"), "{refused}");
        let refused = refusal(vec![whole(), tensor("dual", Dtype::F32, &[1, 2], &[0; 8])]);
        assert!(refused.contains("there are `couplings` and `dual`"), "{refused}");
        let refused = refusal(vec![]);
        assert!(refused.contains("no tensor `dual`") && refused.contains("or `couplings`"), "{refused}");

        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model.safetensors");
        let refused = refusal(vec![whole(), tensor("bias", Dtype::F32, &[1], &[0; 4])]);
        assert!(refused.contains("`bias` of 1 numbers does not fit `keys` of 2 neurons"), "{refused}");
        let of_bias = |bias| Couplings { matrix: vec![0.0; 9], bias: Some(bias) };
        for (couplings, code, what) in [
            (vec![0.0; 8].into(), Code::Bipolar, "8 couplings for 3 neurons"),
            (vec![f32::NAN; 9].into(), Code::Bipolar, "holds NaN at row 0"),
            (of_bias(vec![0.0; 2]), Code::Active(2), "2 biases for 3 neurons"),
            (of_bias(vec![f32::INFINITY; 3]), Code::Active(2), "`bias` holds inf at row 0"),
            (vec![0.0; 9].into(), Code::Hypercolumns(2), "hypercolumns:2 of 3 neurons"),
        ] {
            let memory = Memory { readout: Readout::Couplings(couplings), code, ..memory() };
            assert!(save(&memory, &path).unwrap_err().to_string().contains(what), "{what}");
        }
        let dual = Memory { code: Code::Active(2), ..memory() };
        assert!(save(&dual, &path).unwrap_err().to_string().contains("a dual with code active:2"));
    }

    fn wide(exponents: [i32; 4]) -> Table {
        Table { values: vec![1.0, 1.5, 1.0, 1.0], exponents: exponents.into() }
    }

    #[test]
    fn a_profile_beyond_f32_round_trips_with_its_plain_values_beside_it() {
        let mut memory = memory();
        memory.readout = readout(wide([4000, 0, -1, -4000]));
        let bytes = bytes_of(&memory);
        assert_eq!(load_bytes(&bytes).unwrap(), memory);
        let tensors = safetensors::SafeTensors::deserialize(&bytes).unwrap();
        assert_eq!(f32s(tensors.tensor("table").unwrap().data()), [f32::INFINITY, 1.5, 0.5, 0.0]);
    }

    #[test]
    fn what_is_no_memory_is_not_saved() {
        let refusal = |change: &dyn Fn(&mut Memory)| {
            let mut memory = memory();
            change(&mut memory);
            let folder = tempfile::tempdir().unwrap();
            let error = save(&memory, &folder.path().join("model.safetensors")).unwrap_err();
            assert!(matches!(error, Error::Setting { .. }));
            assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
            error.to_string()
        };
        assert!(refusal(&|memory| memory.keys = memory.keys.prefix(0)).contains("no keys"));
        let of_dual = |change: fn(&mut Vec<f32>)| {
            refusal(&|memory| match &mut memory.readout {
                Readout::Dual { dual, .. } | Readout::Couplings(Couplings { matrix: dual, .. }) => change(dual),
            })
        };
        let of_table = |values: &[f32], exponents: &[i32]| {
            let table = Table { values: values.into(), exponents: exponents.into() };
            refusal(&|memory| memory.readout = readout(table.clone()))
        };
        assert!(of_dual(|dual| dual.push(0.0)).contains("7 dual variables for 2 keys of 3 neurons"));
        assert!(of_dual(|dual| dual[4] = f32::NAN).contains("NaN at row 1, column 1"));
        assert!(of_table(&[1.0, 0.5, f32::INFINITY, 0.125], &[0; 4]).contains("inf at distance 2"));
        assert!(of_table(&[1.0, 1.5, 1.0, 1.0], &[0, 0, 0, i32::MIN]).contains("distance 3"));
        assert!(of_table(&[1.0; 4], &[]).contains("4 and 0 entries for 3 neurons"));
        assert!(refusal(&|memory| memory.provenance.learning_rate = f32::NAN).contains("provenance"));
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
            let table = Table { values: vec![0.0; 3], exponents: vec![0; 3] };
            assert_eq!(memory.readout, Readout::Dual { dual: vec![0.0; 2], table });
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
        for memory in [Memory { readout: readout(wide([0, 0, 0, -200])), ..memory() }, coupled(), sparse()] {
            survives_damage(&bytes_of(&memory));
        }
    }

    fn survives_damage(valid: &[u8]) {
        let folder = tempfile::tempdir().unwrap();
        let path: PathBuf = folder.path().join("damaged.safetensors");
        let read = |bytes: &[u8]| {
            std::fs::write(&path, bytes).unwrap();
            load(&path)
        };
        for length in 0..valid.len() {
            assert!(read(&valid[..length]).is_err(), "cut to {length} of {} bytes", valid.len());
        }
        assert!(read(&[valid, &[0]].concat()).is_err());
        for position in 0..valid.len() {
            for flip in [0x01, 0x10, 0x80, 0xff] {
                let mut damaged = valid.to_vec();
                damaged[position] ^= flip;
                // Whether it still loads is not the point: it must come back.
                let _ = read(&damaged);
            }
        }
    }
}
