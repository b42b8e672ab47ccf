//! How sure it has to be in one situation, and why so much.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::gate::Situation;
use super::settings::{Autonomy, Impact};
use crate::action::RiskTier;

/// No threshold is above: one that can't be reached would be a denial in disguise.
pub(super) const CEILING: f64 = 0.999;

/// What the lower bound has to reach.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Threshold {
    /// The sum, within floor and ceiling.
    pub value: f64,
    /// Each part that isn't zero, the threshold before adjustments first.
    pub parts: Vec<Part>,
}

/// One addend of a [`Threshold`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Part {
    /// What for, in plain words.
    pub because: String,
    /// How much it adds.
    pub adds: f64,
}

impl Autonomy {
    /// How sure it has to be.
    #[must_use]
    pub fn threshold(&self, situation: &Situation<'_>) -> Threshold {
        let features = situation.features;
        let history = self.history.of(situation.recent_failures, situation.relapses);
        let parts = [
            ("by default".to_owned(), self.threshold),
            (format!("in {}", situation.environment), self.environment.of(situation.environment)),
            (risk(features.risk).to_owned(), self.risk.of(features.risk)),
            (impact(situation.impact).to_owned(), self.impact.of(situation.impact)),
            (lately(situation.recent_failures, situation.relapses), history),
        ];
        let sum: f64 = parts.iter().map(|(_, adds)| adds).sum();
        let parts = parts.into_iter().filter(|(_, adds)| *adds != 0.0);
        Threshold { value: self.bounded(sum), parts: parts.map(|(because, adds)| Part { because, adds }).collect() }
    }

    /// Fails closed: a sum or floor that isn't a number asks for the most.
    fn bounded(&self, sum: f64) -> f64 {
        if sum.is_nan() || self.floor.is_nan() { CEILING } else { sum.max(self.floor).min(CEILING) }
    }
}

impl fmt::Display for Threshold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let addend = |(index, part): (usize, &Part)| match index {
            0 => format!("{:.2} {}", part.adds, part.because),
            _ => format!("{:+.2} {}", part.adds, part.because),
        };
        let addends: Vec<String> = self.parts.iter().enumerate().map(addend).collect();
        write!(f, "{:.2} ({})", self.value, addends.join(", "))
    }
}

fn risk(risk: RiskTier) -> &'static str {
    match risk {
        RiskTier::Low => "at low risk",
        RiskTier::Medium => "at medium risk",
        RiskTier::High => "at high risk",
        RiskTier::Critical => "at critical risk",
    }
}

fn impact(impact: Impact) -> &'static str {
    match impact {
        Impact::Low => "with low impact",
        Impact::Normal => "with normal impact",
        Impact::High => "with high impact",
        Impact::Critical => "with critical impact",
    }
}

fn lately(failures: u32, relapses: u32) -> String {
    format!("after {} and {}", counted(failures, "failure"), counted(relapses, "relapse"))
}

fn counted(count: u32, what: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {what}{plural}")
}
