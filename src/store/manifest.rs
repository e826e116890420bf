//! What a folder says of itself: manifest.json.

use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Experiment;
use crate::error::{Error, Result};

/// The file that says how results came to be.
pub const MANIFEST: &str = "manifest.json";

/// This crate's version: another's numbers are not mixed with it.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// What a folder says of itself.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Manifest<Settings> {
    /// What is there, and in which format: "attractor-sweep-1".
    pub format: String,
    /// The crate's version at the start.
    pub version: String,
    /// Operating system and processor architecture at the start.
    pub platform: String,
    /// The command, as typed.
    pub command: String,
    /// All that decides the numbers.
    pub settings: Settings,
    /// Every run that worked on it: when, on what.
    pub runs: Vec<Value>,
    /// What came up in them, which no row tells.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

impl<Settings: Clone + Serialize> Manifest<Settings> {
    /// What manifest.json holds, but for the notes, which reports have of their own.
    ///
    /// # Errors
    /// If a setting is no number that JSON can hold.
    pub fn to_json(&self) -> Result<Value> {
        plain_json(&Self { notes: Vec::new(), ..self.clone() })
    }

    pub(super) fn new(format: &str, settings: &Settings, command: &str) -> Self {
        Self {
            format: format.into(),
            version: VERSION.into(),
            platform: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
            command: command.into(),
            settings: settings.clone(),
            runs: Vec::new(),
            notes: Vec::new(),
        }
    }
}

pub(super) fn pretty(manifest: &impl Serialize) -> Result<String> {
    serde_json::to_string_pretty(manifest)
        .map(|text| text + "\n")
        .map_err(|error| Error::setting(format!("the manifest: {error}"), "give finite settings"))
}

/// As JSON with numbers as they are written: a direct conversion would widen an f32 of 0.1 to 0.10000000149011612.
fn plain_json(value: &impl Serialize) -> Result<Value> {
    serde_json::to_string(value)
        .and_then(|text| serde_json::from_str(&text))
        .map_err(|error| Error::setting(format!("the manifest: {error}"), "give finite settings"))
}

pub(super) fn read_manifest<E: Experiment>(path: &Path, bytes: &[u8]) -> Result<Manifest<E::Settings>> {
    let cure = "give another --out, or remove the folder";
    let foreign = |error| Error::data(path, format!("is no manifest of a {} ({error})", E::NAME), cure);
    // Another format's settings need not be readable.
    let Begun { format, version } = serde_json::from_slice(bytes).map_err(foreign)?;
    if (format.as_str(), version.as_str()) == (E::FORMAT, VERSION) {
        return serde_json::from_slice(bytes).map_err(foreign);
    }
    if format != E::FORMAT {
        let what = format!("holds another experiment ({format}), and a {} is {}", E::NAME, E::FORMAT);
        return Err(Error::data(path, what, "give another --out"));
    }
    let what = format!("was begun by attractor {version} ({format}), this is {VERSION} ({})", E::FORMAT);
    Err(Error::data(path, what, "go on with that version, or give another --out"))
}

/// The format of the experiment in a folder.
///
/// # Errors
/// If there is no manifest, or it cannot be read.
pub fn format_of(folder: &Path) -> Result<String> {
    let path = folder.join(MANIFEST);
    let bytes = std::fs::read(&path).map_err(Error::io(&path, "read"))?;
    let begun: Begun = serde_json::from_slice(&bytes)
        .map_err(|error| Error::data(&path, format!("is no manifest ({error})"), "give the --out of an experiment"))?;
    Ok(begun.format)
}

/// What a manifest of any experiment says.
#[derive(Deserialize)]
struct Begun {
    format: String,
    version: String,
}

/// Refuses other settings, naming the first that differs.
pub(super) fn check_same<E: Experiment>(path: &Path, found: &E::Settings, plan: &E) -> Result<()> {
    if plan.continues(found) {
        return Ok(());
    }
    let (found, asked) = (plain_json(found)?, plain_json(plan.settings())?);
    let names = asked.as_object().into_iter().chain(found.as_object()).flat_map(|all| all.keys());
    let mut differs: Vec<String> = Vec::new();
    for name in names {
        let [there, here] = [&found, &asked].map(|settings| settings.get(name).unwrap_or(&Value::Null));
        let told = format!("{name} {there} there, {here} here");
        if there != here && !differs.contains(&told) {
            differs.push(told);
        }
    }
    Err(Error::data(path, format!("belongs to another {} ({})", E::NAME, differs.join("; ")), "give another --out"))
}
