//! What the head looks at.

use serde::{Deserialize, Serialize};

use super::Record;
use super::unit::Unit;
use crate::action::{Reversibility, RiskTier};
use crate::diagnosis::Source;
use crate::ports::RehearsalEvidence;
use crate::time::Timestamp;

/// How much the source's outcomes of *other* kinds of fix say about this kind; not fitted.
const SHARE_OF_SOURCE: f64 = 0.5;

/// Which kind of knowledge a plan comes from; [`Source`] without its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SourceClass {
    /// A runbook.
    Runbook,
    /// A fix that was verified before.
    Memory,
    /// A language model.
    Model,
    /// Nothing known.
    Nothing,
}

impl From<&Source> for SourceClass {
    fn from(source: &Source) -> Self {
        match source {
            Source::Runbook { .. } => Self::Runbook,
            Source::Memory => Self::Memory,
            Source::Model { .. } => Self::Model,
            Source::Nothing => Self::Nothing,
        }
    }
}

/// How alike the failure is to one that this fix healed: 0 to 1, where 1 is the same fingerprint.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Similarity(Unit);

impl Similarity {
    /// The same fingerprint.
    pub const EXACT: Self = Self(Unit::ONE);

    /// `value` clamped to 0..=1; not-a-number is 0.
    #[must_use]
    pub fn new(value: f64) -> Self {
        Self(value.into())
    }

    /// The number, 0 to 1.
    #[must_use]
    pub fn value(self) -> f64 {
        self.0.value()
    }
}

/// All that the head knows of one plan.
///
/// Evidence, of which more never lowers the estimate: heals in the records, `agreement`, `citations`, `rehearsal`
/// (verified, then in place, then none) and `similarity`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Features {
    /// Where it comes from.
    pub source: SourceClass,
    /// How plans of the same source did, whatever they consisted of: the same runbook, the same model.
    pub source_record: Record,
    /// How the same kind of fix did, which is the same action kinds together, wherever it came from.
    pub kind_record: Record,
    /// Independent sources that propose the same fix, its own included; past 4 it counts as 4.
    pub agreement: u32,
    /// Pieces of evidence that the diagnosis cites; past 8 it counts as 8.
    pub citations: u32,
    /// What was seen of it where it can't hurt. `Pending` is worth as little as `Unsupported`.
    pub rehearsal: RehearsalEvidence,
    /// To a failure that it healed; `None` if nothing alike is known.
    pub similarity: Option<Similarity>,
    /// The highest of its steps.
    pub risk: RiskTier,
    /// The least reversible of its steps.
    pub reversibility: Reversibility,
}

impl Features {
    /// What is known of a plan when nobody tried, cited or rehearsed anything: its source, and what it could break.
    #[must_use]
    pub fn new(source: SourceClass, risk: RiskTier, reversibility: Reversibility) -> Self {
        Self {
            source,
            source_record: Record::NONE,
            kind_record: Record::NONE,
            agreement: 1,
            citations: 0,
            rehearsal: RehearsalEvidence::Pending,
            similarity: None,
            risk,
            reversibility,
        }
    }

    /// The outcomes that speak about this plan: all of its kind of fix, and half of what its source did otherwise.
    /// An outcome that both records count is counted once.
    #[must_use]
    pub fn record(&self) -> Record {
        self.kind_record.joined(self.source_record, SHARE_OF_SOURCE)
    }
}

/// A plan that was applied, what was known of it *before*, and how it ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outcome {
    /// What was known when it was decided about; its own outcome isn't in the records.
    pub features: Features,
    /// Whether it ended in a verified heal.
    pub healed: bool,
    /// When that was seen.
    pub at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_with_an_unknown_feature_is_refused() {
        let features = Features::new(SourceClass::Runbook, RiskTier::Low, Reversibility::Undoable);
        let mut json = serde_json::to_value(&features).unwrap();
        assert_eq!(serde_json::from_value::<Features>(json.clone()).unwrap(), features);
        json["charm"] = 1.into();
        assert!(serde_json::from_value::<Features>(json).is_err());
        assert_eq!(serde_json::from_str::<Similarity>("7").unwrap(), Similarity::EXACT);
        assert_eq!(Similarity::new(f64::NAN).value(), 0.0);
    }
}
