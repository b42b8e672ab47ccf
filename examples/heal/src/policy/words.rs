//! Words for verdicts.

use selfheal_core::decision::{Clearance, RuleVoice, Verdict};

use crate::records::when;

/// As documents and JSON spell it.
pub(super) fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Allow => "allow",
        Verdict::RequireApproval => "require_approval",
        Verdict::Propose => "propose",
        Verdict::Deny => "deny",
    }
}

/// What it means for the plan.
pub(super) fn in_plain(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Allow => "it may be done",
        Verdict::RequireApproval => "people must agree first",
        Verdict::Propose => "it may be shown as a patch; a person applies it",
        Verdict::Deny => "it must not be done",
    }
}

/// `team/locked on step 1: deny, because …`.
pub(super) fn voice(voice: &RuleVoice) -> String {
    format!("{} on step {}: {}, because {}", voice.rule, voice.step + 1, verdict(voice.verdict), voice.because)
}

/// Whether it may be sent now.
pub(super) fn clearance(clearance: &Clearance) -> String {
    match clearance {
        Clearance::Clear => "clear: nothing holds it".to_owned(),
        Clearance::Hold { until: Some(until), because } => format!("hold until {}: {because}", when::seconds(*until)),
        Clearance::Hold { until: None, because } => format!("hold: {because}"),
        Clearance::Stop { because } => format!("stop: {because}"),
    }
}
