//! A row of a study: which network it is of, and what was measured of it.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::data::Record;
use crate::error::Result;
use crate::rule::Learned;

/// Which network a row is of, and how its training ended. Field order is column order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Head {
    /// Kernel, as `--kernel` spells it.
    pub kernel: String,
    /// Learning rule, as `--rule` spells it.
    pub rule: String,
    /// lambda; of rules that have none the one that was asked for.
    pub regularization: f32,
    /// Neurons, N.
    pub neurons: usize,
    /// Stored patterns, P.
    pub patterns: usize,
    /// The load asked for.
    pub load: f64,
    /// Which of the independent networks.
    pub network: usize,
    /// The training objective at the end; not a number where there is none.
    pub objective: f64,
    /// Largest component of its gradient at the end; infinite where nothing was learnt.
    pub gradient_norm: f64,
    /// Whether training had settled.
    pub settled: bool,
}

impl Head {
    /// The same with how training ended.
    #[must_use]
    pub fn trained(self, learned: &Learned) -> Self {
        let (objective, gradient_norm, settled) = learned.end();
        Self { objective, gradient_norm, settled, ..self }
    }

    /// Whether the network learnt anything that could be measured.
    pub fn learnt(&self) -> bool {
        self.gradient_norm.is_finite()
    }

    /// Rule and kernel, as `--rule` spells them together.
    pub fn model(&self) -> String {
        format!("{}/{}", self.rule, self.kernel)
    }

    /// Whether both rows are of networks that differ in their patterns alone.
    pub fn alike(&self, other: &Self) -> bool {
        (&self.kernel, &self.rule, self.neurons, self.patterns)
            == (&other.kernel, &other.rule, other.neurons, other.patterns)
            && self.regularization == other.regularization
    }
}

/// What was measured of a network, with its head. `Measured` is a flat record.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Row<Measured> {
    /// Which network.
    pub head: Head,
    /// What was measured.
    pub measured: Measured,
}

impl<Measured: Serialize> Row<Measured> {
    /// All columns as one JSON object.
    ///
    /// # Errors
    /// If it is no flat record.
    pub fn to_json(&self) -> serde_json::Result<serde_json::Value> {
        let mut all = serde_json::to_value(&self.head)?;
        // A direct conversion would widen an f32 of 0.1 to 0.10000000149011612.
        all["regularization"] = serde_json::from_str(&self.head.regularization.to_string())?;
        if let (Some(all), serde_json::Value::Object(own)) =
            (all.as_object_mut(), serde_json::to_value(&self.measured)?)
        {
            all.extend(own);
        }
        Ok(all)
    }
}

/// The head's columns, then those of what was measured.
impl<Measured: Default + Serialize + DeserializeOwned> Record for Row<Measured> {
    fn columns() -> Result<Vec<String>> {
        let mut all = Head::columns()?;
        all.extend(Measured::columns()?);
        Ok(all)
    }

    fn write(&self, writer: &mut csv::Writer<Vec<u8>>) -> csv::Result<()> {
        writer.serialize((&self.head, &self.measured))
    }

    fn read(line: &csv::StringRecord, columns: &csv::StringRecord) -> csv::Result<Self> {
        Ok(Self { head: line.deserialize(Some(columns))?, measured: line.deserialize(Some(columns))? })
    }
}
