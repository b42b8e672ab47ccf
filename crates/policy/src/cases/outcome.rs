//! What was said about a case, and in what it differs from what was expected.

use std::fmt;

use selfheal_core::decision::{Clearance, Decision, Verdict};
use selfheal_core::error::Result;
use serde::{Deserialize, Serialize};

use super::document::ExpectDocument;

/// A clearance without its reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClearanceWord {
    /// Now.
    Clear,
    /// Not now.
    Hold,
    /// Not at all.
    Stop,
}

/// What came of a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Outcome {
    /// What differs; empty if the case holds.
    pub differences: Vec<Difference>,
    /// Why policy said what it did, in plain words.
    pub because: String,
}

/// One thing that is not as expected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// `verdict`, `rules` or `clearance`.
    pub what: &'static str,
    /// What was expected.
    pub expected: String,
    /// What was said.
    pub got: String,
}

impl Outcome {
    pub(super) fn of(expect: &ExpectDocument, decided: Result<Decision>, cleared: Result<Clearance>) -> Self {
        let decision =
            decided.unwrap_or_else(|error| Decision::denied(format!("the policy engine failed: {error}"), "none"));
        let clearance = cleared.unwrap_or_else(|error| Clearance::Hold { until: None, because: error.to_string() });
        let mut because = vec![decision.rationale.clone()];
        let differences = [
            verdict(expect, &decision),
            rules(expect, &decision),
            expect.clearance.and_then(|expected| moment(expected, &clearance, &mut because)),
        ];
        because.retain(|reason| !reason.is_empty());
        Self { differences: differences.into_iter().flatten().collect(), because: because.join("; ") }
    }

    /// Whether all is as expected.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.differences.is_empty()
    }
}

fn verdict(expect: &ExpectDocument, decision: &Decision) -> Option<Difference> {
    let expected = expect.verdict.filter(|expected| *expected != decision.verdict)?;
    Some(Difference { what: "verdict", expected: word(expected).to_owned(), got: word(decision.verdict).to_owned() })
}

fn rules(expect: &ExpectDocument, decision: &Decision) -> Option<Difference> {
    let mut spoke: Vec<&str> = decision.rules.iter().map(|voice| voice.rule.as_str()).collect();
    spoke.sort_unstable();
    spoke.dedup();
    let silent: Vec<&str> = expect.rules.iter().map(String::as_str).filter(|rule| !spoke.contains(rule)).collect();
    let got = if spoke.is_empty() { "no rule".to_owned() } else { spoke.join(", ") };
    (!silent.is_empty()).then(|| Difference { what: "rules", expected: silent.join(", "), got })
}

fn moment(expected: ClearanceWord, clearance: &Clearance, reasons: &mut Vec<String>) -> Option<Difference> {
    let got = match clearance {
        Clearance::Clear => ClearanceWord::Clear,
        Clearance::Hold { because, .. } => {
            reasons.push(because.clone());
            ClearanceWord::Hold
        }
        Clearance::Stop { because } => {
            reasons.push(because.clone());
            ClearanceWord::Stop
        }
    };
    (got != expected).then(|| Difference { what: "clearance", expected: expected.to_string(), got: got.to_string() })
}

fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Allow => "allow",
        Verdict::RequireApproval => "require_approval",
        Verdict::Propose => "propose",
        Verdict::Deny => "deny",
    }
}

impl fmt::Display for ClearanceWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Clear => "clear",
            Self::Hold => "hold",
            Self::Stop => "stop",
        })
    }
}
