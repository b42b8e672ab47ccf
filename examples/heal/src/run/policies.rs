//! What options say about what may be done, as policy engines beside the guardrails: the strictest decides.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use selfheal_core::action::ActionKind;
use selfheal_core::decision::{Clearance, Decision, RuleVoice, Verdict};
use selfheal_core::error::Result;
use selfheal_core::ports::{Moment, PolicyEngine, PolicyQuestion, Reach};
use selfheal_detect::redact::Redactor;

use super::Refusal;
use super::inputs::Inputs;
use crate::cli::RunOptions;
use crate::say::Voice;

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
    async fn permits(&self, reach: &Reach<'_>) -> Result<BTreeSet<ActionKind>> {
        Ok(reach.every_kind())
    }

    async fn clear(&self, _: &Moment<'_>) -> Result<Clearance> {
        Ok(Clearance::Clear)
    }

    async fn decide(&self, question: &PolicyQuestion<'_>) -> Result<Decision> {
        let voice = |step| RuleVoice {
            rule: format!("option/{}", self.option),
            verdict: self.verdict,
            step,
            because: self.because.to_owned(),
        };
        let rules = (0..question.plan.steps.len()).map(voice).collect();
        let rationale = format!("{}: {}", self.option, self.because);
        Ok(Decision::new(self.verdict, rationale, "options").with_rules(rules))
    }
}

/// Says so if the user gave recovery policies and none of them is about `pipeline`: one that is misspelt tightens nothing.
pub(super) fn say_if_none_covers(options: &RunOptions, inputs: &Inputs, pipeline: &str, voice: &Voice) {
    if options.recovery_policy.is_empty() || inputs.has_recovery_policy(pipeline) {
        return;
    }
    voice.note(&format!("no recovery policy speaks of the pipeline {pipeline}: guardrails alone decide (see --name)"));
}

/// Writes the patch to the user's file, raw: a redacted patch would not apply.
pub(super) fn write_patch(path: &Path, patch: &str, redactor: &Redactor) -> std::result::Result<PathBuf, Refusal> {
    if redactor.redact(patch) != patch {
        return Err(Refusal::failed("the patch touches lines that hold a secret; it is not written to a file"));
    }
    std::fs::write(path, patch).map_err(|error| Refusal::usage(format!("--patch {}: {error}", path.display())))?;
    Ok(path.to_owned())
}
