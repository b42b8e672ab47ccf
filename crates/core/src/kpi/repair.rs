//! How long healing took, and on what.

use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

use super::account::Account;
use super::split::{Split, millis};
use super::spread::Spread;

/// The times to repair of healed incidents: from the observation of the failure to the closing of the incident.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Repair {
    /// How they are spread: mean (MTTR), median, p90.
    pub spread: Spread,
    /// The parts of all of them, summed; divided by their number, the split of the mean.
    pub split: Split,
}

impl Repair {
    pub(super) fn add(&mut self, healed: &Account) {
        self.spread.add(healed.split.total());
        self.split += healed.split;
    }
}

impl Serialize for Repair {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let spread = &self.spread;
        let mut object = serializer.serialize_struct("Repair", 6)?;
        object.serialize_field("healed", &spread.count())?;
        object.serialize_field("mean_ms", &spread.mean().map(millis))?;
        object.serialize_field("median_ms", &spread.quantile(0.5).map(millis))?;
        object.serialize_field("p90_ms", &spread.quantile(0.9).map(millis))?;
        object.serialize_field("longest_ms", &spread.longest().map(millis))?;
        object.serialize_field("sum_ms_by_part", &self.split)?;
        object.end()
    }
}
