//! The policies in force, and what they say of a plan.

use std::collections::BTreeSet;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

use selfheal_core::action::ActionKind;
use selfheal_core::decision::{Decision, RuleVoice, Verdict};
use selfheal_core::ports::{PolicyEngine, PolicyQuestion};

use super::engine::Tightened;
use super::healing::{HealingPolicies, HealingPolicy};
use super::load::{self, Read};
use super::names::Names;
use super::pipeline::{DryRun, PipelinePolicy};
use crate::error::LoadError;
use crate::{digest, limits, yaml};

/// Recovery policies and healing policies, from any number of documents.
#[derive(Debug, Default)]
pub struct RecoveryPolicies {
    pipelines: Vec<PipelinePolicy>,
    healing: HealingPolicies,
    versions: Vec<String>,
}

/// A pipeline has not failed often enough for the healer to step in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// Which policy asks for it.
    pub policy: String,
    /// Failures in a row so far.
    pub failures: u32,
    /// How many it takes.
    pub threshold: u32,
}

impl fmt::Display for Waiting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { policy, failures, threshold } = self;
        write!(f, "{failures} of {threshold} failures in a row; recovery policy {policy} waits until then")
    }
}

impl RecoveryPolicies {
    /// The policies of these files; see the [module](super) for what they look like. No file: nothing is tightened.
    ///
    /// # Errors
    /// The first document that can't be read, isn't one, uses a name that is not among `names`, or contradicts another: with file,
    /// line and what was expected. Then nothing is in force.
    pub fn from_files<P: AsRef<Path>>(files: &[P], names: &Names) -> Result<Self, LoadError> {
        let mut policies = Self::default();
        for file in files {
            let text = yaml::read_bounded(file.as_ref(), limits::DOCUMENT_BYTES as u64)?;
            policies.add(&file.as_ref().display().to_string(), &text, names)?;
        }
        Ok(policies)
    }

    /// As [`RecoveryPolicies::from_files`], for one text that is in memory; `name` stands for its path in errors.
    ///
    /// # Errors
    /// As [`RecoveryPolicies::from_files`].
    pub fn from_text(name: &str, text: &str, names: &Names) -> Result<Self, LoadError> {
        let mut policies = Self::default();
        policies.add(name, text, names)?;
        Ok(policies)
    }

    /// Whether a text is recovery policies or healing policies at all; they may still be wrong.
    pub(crate) fn shaped(name: &str, text: &str) -> Result<(), LoadError> {
        load::shaped(name, text)
    }

    /// Lays them over an engine, which they can only tighten.
    #[must_use]
    pub fn over(self, engine: Arc<dyn PolicyEngine>) -> Tightened {
        Tightened::new(engine, self)
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.pipelines.len() + self.healing.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.pipelines.is_empty() && self.healing.is_empty()
    }

    /// Names and digests of the documents, part of every decision.
    #[must_use]
    pub fn version(&self) -> String {
        self.versions.join("+")
    }

    /// Whether the healer leaves `pipeline` alone for now: it failed `failures` times in a row, which
    /// [`runs::note`](selfheal_core::ledger::runs::note) counts. Of several policies the highest threshold holds.
    #[must_use]
    pub fn waiting(&self, pipeline: &str, failures: u32) -> Option<Waiting> {
        let patient = self.about(pipeline).max_by_key(|policy| policy.threshold)?;
        let threshold = patient.threshold;
        (failures < threshold).then(|| Waiting { policy: patient.name.clone(), failures, threshold })
    }

    /// The kinds that every policy about `pipeline` allows; `None` if none speaks about it.
    #[must_use]
    pub fn allowed_kinds(&self, pipeline: &str) -> Option<BTreeSet<ActionKind>> {
        let mut policies = self.about(pipeline);
        let first = policies.next()?.kinds.clone();
        Some(policies.fold(first, |kinds, policy| kinds.intersection(&policy.kinds).cloned().collect()))
    }

    /// What they add to what another engine says. Where none speaks it adds nothing: combined, it leaves the other as it is.
    pub(crate) fn say(&self, question: &PolicyQuestion<'_>) -> Decision {
        let mut said = Said::default();
        for policy in self.about(&question.incident.resource.name) {
            said.by_recovery(policy, question);
        }
        for policy in self.healing.speaking(&question.incident.resource.kind, question.categories) {
            said.by_healing(policy, question);
        }
        said.decision(&self.version())
    }

    fn about(&self, pipeline: &str) -> impl Iterator<Item = &PipelinePolicy> {
        self.pipelines.iter().filter(move |policy| policy.speaks_of(pipeline))
    }

    fn add(&mut self, file: &str, text: &str, names: &Names) -> Result<(), LoadError> {
        match load::read(file, text)? {
            Read::Recovery(documents) => {
                for document in &documents {
                    let policy = PipelinePolicy::compile(file, document, names)?;
                    if self.pipelines.iter().any(|before| before.name == policy.name) {
                        let problem = format!("expected a unique name, found '{}' again", policy.name);
                        return Err(LoadError::located(file, document.metadata.name.referenced, problem));
                    }
                    self.pipelines.push(policy);
                }
            }
            Read::Healing(documents) => {
                documents.iter().try_for_each(|document| self.healing.add(file, document, names))?;
                self.healing.unambiguous().map_err(|problem| LoadError::whole(file, problem))?;
            }
        }
        if self.len() > limits::RECOVERY_POLICIES {
            return Err(LoadError::whole(file, format!("expected at most {} policies", limits::RECOVERY_POLICIES)));
        }
        self.versions.push(format!("{}#{}", file_name(file), digest::short(text)));
        Ok(())
    }
}

/// A version names the file without where it lies: the same policies are the same on every machine.
fn file_name(file: &str) -> &str {
    Path::new(file).file_name().and_then(|name| name.to_str()).unwrap_or(file)
}

/// What was said so far about one plan.
#[derive(Default)]
struct Said {
    voices: Vec<RuleVoice>,
    reasons: Vec<String>,
    ways: Vec<String>,
    needs_rehearsal: bool,
    max_attempts: Option<u32>,
}

impl Said {
    fn by_recovery(&mut self, policy: &PipelinePolicy, question: &PolicyQuestion<'_>) {
        self.at_most(policy.max_retries);
        for (index, step) in question.plan.steps.iter().enumerate() {
            let kind = step.action.kind();
            if !policy.kinds.contains(kind) {
                let because = format!("of {}, which {kind} is not", policy.strategies);
                self.deny(index, format!("{}/allowedStrategies", policy.name), because, {
                    format!("allowedStrategies of recovery policy {} would have to have {kind}", policy.name)
                });
            }
            if policy.dry_run {
                self.by_dry_run(policy, question, index);
            }
        }
    }

    fn by_dry_run(&mut self, policy: &PipelinePolicy, question: &PolicyQuestion<'_>, step: usize) {
        let because = match DryRun::of(question, step) {
            Some(DryRun::Passed) => return,
            Some(DryRun::Ahead) => {
                self.needs_rehearsal = true;
                return;
            }
            Some(DryRun::Missing) => "what it changes was not shown to help in a rehearsal".to_owned(),
            None => "it has no spec or no preview".to_owned(),
        };
        self.deny(
            step,
            format!("{}/dryRun", policy.name),
            because,
            "a verified rehearsal of exactly this change".to_owned(),
        );
    }

    fn by_healing(&mut self, policy: &HealingPolicy, question: &PolicyQuestion<'_>) {
        self.at_most(Some(policy.max_retries));
        if policy.auto_heal {
            return;
        }
        let because = "auto_heal is false: a person agrees first";
        self.reasons.push(format!("the plan needs a person's approval by {} ({because})", policy.name));
        let voice = |step| RuleVoice {
            rule: policy.name.clone(),
            verdict: Verdict::RequireApproval,
            step,
            because: because.to_owned(),
        };
        self.voices.extend((0..question.plan.steps.len()).map(voice));
    }

    fn deny(&mut self, step: usize, rule: String, because: String, way: String) {
        self.reasons.push(format!("step {} is denied by {rule} ({because})", step + 1));
        self.voices.push(RuleVoice { rule, verdict: Verdict::Deny, step, because });
        if !self.ways.contains(&way) {
            self.ways.push(way);
        }
    }

    /// A retry is a start after the first one.
    fn at_most(&mut self, retries: Option<u32>) {
        let attempts = retries.map(|retries| retries.saturating_add(1));
        self.max_attempts = [self.max_attempts, attempts].into_iter().flatten().min();
    }

    fn decision(self, version: &str) -> Decision {
        let strictest = self.voices.iter().map(|voice| voice.verdict).max().unwrap_or(Verdict::Allow);
        let mut decision = Decision::new(strictest, self.reasons.join("; "), version).with_rules(self.voices);
        decision.needs_rehearsal = self.needs_rehearsal && strictest != Verdict::Deny;
        decision.to_be_allowed = self.ways;
        decision.max_attempts = self.max_attempts;
        decision
    }
}
