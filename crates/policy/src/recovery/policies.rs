//! The policies in force, and what they say of a plan.

use std::collections::BTreeSet;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

use selfheal_core::action::ActionKind;
use selfheal_core::decision::Decision;
use selfheal_core::ports::{PolicyEngine, PolicyQuestion};

use super::engine::Tightened;
use super::healing::HealingPolicies;
use super::load::{self, Read};
use super::names::Names;
use super::pipeline::PipelinePolicy;
use super::saying::Said;
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

    /// In words, which policies about `pipeline` don't allow the kind; `None` if all do.
    pub(crate) fn leaves_out(&self, pipeline: &str, kind: &ActionKind) -> Option<String> {
        let policies = self.about(pipeline).filter(|policy| !policy.kinds.contains(kind));
        let said: Vec<String> = policies
            .map(|policy| format!("allowedStrategies of recovery policy {} are {}", policy.name, policy.strategies))
            .collect();
        (!said.is_empty()).then(|| said.join(", "))
    }

    /// What they add to what another engine says. Where none speaks it adds nothing: combined, it leaves the other as it is.
    pub(crate) fn say(&self, question: &PolicyQuestion<'_>) -> Decision {
        let mut said = Said::about(question);
        for policy in self.about(&question.incident.resource.name) {
            said.by_recovery(policy);
        }
        for policy in self.healing.speaking(&question.incident.resource.kind, question.categories) {
            said.by_healing(policy);
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
                self.healing.unambiguous()?;
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
