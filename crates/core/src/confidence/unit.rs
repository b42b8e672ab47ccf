//! A number between 0 and 1.

use serde::{Deserialize, Serialize};

/// Between 0 and 1, both included; never not-a-number.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(from = "f64", into = "f64")]
pub(super) struct Unit(f64);

impl Unit {
    pub(super) const ZERO: Self = Self(0.0);
    pub(super) const ONE: Self = Self(1.0);

    pub(super) fn value(self) -> f64 {
        self.0
    }
}

/// Clamped; not-a-number is 0.
impl From<f64> for Unit {
    fn from(value: f64) -> Self {
        Self(if value.is_nan() { 0.0 } else { value.clamp(0.0, 1.0) })
    }
}

impl From<Unit> for f64 {
    fn from(unit: Unit) -> Self {
        unit.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_a_document_says_it_stays_between_0_and_1() {
        let read = |text: &str| serde_json::from_str::<Unit>(text).ok();
        assert_eq!((read("7.5"), read("-1"), read("0.25")), (Some(Unit::ONE), Some(Unit::ZERO), Some(Unit(0.25))));
        assert_eq!(Unit::from(f64::NAN), Unit::ZERO);
        assert_eq!(serde_json::to_string(&Unit(0.85)).ok().as_deref(), Some("0.85"));
    }
}
