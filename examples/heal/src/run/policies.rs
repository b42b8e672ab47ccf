//! What options say about what may be done, as policy engines beside the guardrails: the strictest decides.

use std::path::{Path, PathBuf};

use async_trait::async_trait;
use selfheal_core::decision::{Decision, RuleVoice, Verdict};
use selfheal_core::error::Result;
use selfheal_core::incident::Incident;
use selfheal_core::plan::{Plan, PlanHash, Preview};
use selfheal_core::ports::{Approval, Approver, PolicyEngine, PolicyQuestion};
use selfheal_detect::redact::Redactor;

use super::Refusal;

/// An option that says the same of every plan.
pub(super) struct OptionSays {
    option: &'static str,
    verdict: Verdict,
    because: &'static str,
}

impl OptionSays {
    /// `--no-rerun`: a fix could not be verified, so none is made.
    pub(super) const NO_RERUN: Self = Self {
        option: "--no-rerun",
        verdict: Verdict::Deny,
        because: "this pipeline is never run again, so a fix could not be verified",
    };

    /// `--propose`: the directory is left alone.
    pub(super) const PROPOSE: Self = Self {
        option: "--propose",
        verdict: Verdict::Propose,
        because: "the fix is shown as a patch; a person applies it",
    };
}

#[async_trait]
impl PolicyEngine for OptionSays {
    async fn decide(&self, question: &PolicyQuestion<'_>) -> Result<Decision> {
        let voice = |step| RuleVoice {
            rule: format!("option/{}", self.option),
            verdict: self.verdict,
            step,
            because: self.because.to_owned(),
        };
        Ok(Decision {
            verdict: self.verdict,
            needs_rehearsal: false,
            rules: (0..question.plan.steps.len()).map(voice).collect(),
            rationale: format!("{}: {}", self.option, self.because),
            policy_version: "options".to_owned(),
        })
    }
}

/// Asks nobody yet: the incident waits, and the person is told what for.
pub(super) struct Parked;

#[async_trait]
impl Approver for Parked {
    async fn ask(&self, _: &Incident, _: &Plan, _: &[Preview], _: &PlanHash, _: &Decision) -> Result<Approval> {
        Ok(Approval::Pending)
    }
}

/// Writes the patch to the user's file, raw: a redacted patch would not apply.
pub(super) fn write_patch(path: &Path, patch: &str, redactor: &Redactor) -> std::result::Result<PathBuf, Refusal> {
    if redactor.redact(patch) != patch {
        return Err(Refusal::failed("the patch touches lines that hold a secret; it is not written to a file"));
    }
    std::fs::write(path, patch).map_err(|error| Refusal::usage(format!("--patch {}: {error}", path.display())))?;
    Ok(path.to_owned())
}
