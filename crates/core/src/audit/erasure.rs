//! Erasure: an opening goes, the commitment stays, and a leaf says so.

use super::field::Field;
use super::openings::Openings;
use crate::time::Timestamp;

/// The value of `event` in a leaf that says that something was erased.
pub const ERASED: &str = "erased";

/// That the opening of one field was dropped.
///
/// The leaf keeps its commitment, so that every proof made before stays valid. The leaf that says so is appended, the opening
/// dropped and a checkpoint signed in one transaction: an erasure above the newest checkpoint counts as forged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Erasure {
    /// The leaf that spoke; not itself an erasure.
    pub leaf: u64,
    /// Its field that is gone.
    pub field: String,
    /// Who asked for it.
    pub by: String,
    /// Why.
    pub because: String,
    /// When.
    pub at: Timestamp,
}

/// A leaf that says `erased` but not what, or not properly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an erasure needs `at_ms`, `because`, `by`, `event`, `field` and `leaf`, and nothing else")]
pub struct MalformedErasure;

impl Erasure {
    /// What its leaf says.
    #[must_use]
    pub fn fields(&self) -> Vec<Field> {
        vec![
            Field::new("at_ms", self.at.as_millis().to_string()),
            Field::new("because", self.because.clone()),
            Field::new("by", self.by.clone()),
            Field::new("event", ERASED),
            Field::new("field", self.field.clone()),
            Field::new("leaf", self.leaf.to_string()),
        ]
    }

    /// The erasure that a leaf with these openings tells of; `None` if it tells of something else.
    ///
    /// # Errors
    /// [`MalformedErasure`] if it is one whose parts are missing or no numbers. Openings of an erasure are never erased.
    pub fn read(openings: &Openings<'_>) -> Option<Result<Self, MalformedErasure>> {
        (openings.value("event") == Some(ERASED)).then(|| Self::parse(openings).ok_or(MalformedErasure))
    }

    fn parse(openings: &Openings<'_>) -> Option<Self> {
        let text = |name| openings.value(name).map(str::to_owned);
        let number = |name| openings.value(name)?.parse().ok();
        let erasure = Self {
            leaf: number("leaf")?,
            field: text("field")?,
            by: text("by")?,
            because: text("because")?,
            at: Timestamp::from_millis(number("at_ms")?),
        };
        let said = erasure.fields();
        let same =
            openings.iter().map(|opening| (opening.name, opening.value)).eq(said.iter().map(|f| (f.name, &*f.value)));
        same.then_some(erasure)
    }
}
