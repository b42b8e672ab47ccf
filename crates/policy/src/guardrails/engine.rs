//! The documents in force, as core's [`PolicyEngine`] port.

use std::path::Path;

use async_trait::async_trait;
use selfheal_core::decision::{Decision, RuleVoice, Verdict};
use selfheal_core::error::Result;
use selfheal_core::ports::{PolicyEngine, PolicyQuestion, RehearsalEvidence};

use super::document::{ExampleDocument, GuardrailsDocument, SCHEMA};
use super::rule::Rule;
use super::subject::Subject;
use super::verdict::judge;
use crate::error::LoadError;
use crate::{limits, yaml};

const HARD_BLOCKS: (&str, &str) = ("guardrails/hard-blocks.yaml", include_str!("../../guardrails/hard-blocks.yaml"));
const DEFAULT: (&str, &str) = ("guardrails/default.yaml", include_str!("../../guardrails/default.yaml"));

/// The guardrails in force: the shipped hard blocks, and what may be done.
///
/// What may be done is said by the shipped default, or by a host's documents in its place. The hard blocks only
/// deny, and no document takes them away. Several documents combine: a deny in one is a deny.
#[derive(Debug)]
pub struct Guardrails {
    documents: Vec<Loaded>,
    version: String,
}

#[derive(Debug)]
struct Loaded {
    label: String,
    rules: Vec<Rule>,
}

impl Guardrails {
    /// The shipped hard blocks and the shipped default.
    ///
    /// # Errors
    /// None in a build whose tests passed; a host may treat one like an error of its own documents.
    pub fn shipped() -> Result<Self, LoadError> {
        let blocks = load(HARD_BLOCKS.0, HARD_BLOCKS.1, &[])?;
        let default = load(DEFAULT.0, DEFAULT.1, &blocks.rules)?;
        Ok(Self::of(vec![blocks, default]))
    }

    /// The shipped hard blocks and a host's documents, which replace the shipped default. Without a document it is
    /// [`Guardrails::shipped`].
    ///
    /// # Errors
    /// The first document that can't be read, isn't one, or contradicts one of its own examples: with file, line and
    /// what was expected. Then nothing is in force, so nothing is allowed.
    pub fn from_files<P: AsRef<Path>>(files: &[P]) -> Result<Self, LoadError> {
        if files.is_empty() {
            return Self::shipped();
        }
        let blocks = load(HARD_BLOCKS.0, HARD_BLOCKS.1, &[])?;
        let mut documents = Vec::new();
        for file in files {
            let text = yaml::read_bounded(file.as_ref(), limits::DOCUMENT_BYTES as u64)?;
            documents.push(load(&file.as_ref().display().to_string(), &text, &blocks.rules)?);
        }
        documents.insert(0, blocks);
        Ok(Self::of(documents))
    }

    /// As [`Guardrails::from_files`], for one document that is in memory; `name` stands for its path in errors.
    ///
    /// # Errors
    /// As [`Guardrails::from_files`].
    pub fn from_text(name: &str, text: &str) -> Result<Self, LoadError> {
        let blocks = load(HARD_BLOCKS.0, HARD_BLOCKS.1, &[])?;
        let document = load(name, text, &blocks.rules)?;
        Ok(Self::of(vec![blocks, document]))
    }

    /// Names and versions of the documents, part of every decision.
    pub fn version(&self) -> &str {
        &self.version
    }

    fn of(documents: Vec<Loaded>) -> Self {
        let labels: Vec<&str> = documents.iter().map(|document| document.label.as_str()).collect();
        Self { version: labels.join("+"), documents }
    }

    fn decide_now(&self, question: &PolicyQuestion<'_>) -> Decision {
        let rules: Vec<&Rule> = self.documents.iter().flat_map(|document| &document.rules).collect();
        let mut decision = Decision {
            verdict: Verdict::Allow,
            needs_rehearsal: false,
            rules: Vec::new(),
            rationale: String::new(),
            policy_version: self.version.clone(),
        };
        let mut reasons = Vec::new();
        for step in 0..question.plan.steps.len() {
            let Some(subject) = Subject::of(question, step) else {
                return Decision::denied(format!("step {} has no spec or no preview", step + 1), &self.version);
            };
            let hopeful = question.rehearsal == RehearsalEvidence::Pending;
            let asked = if hopeful { subject.once_rehearsed() } else { subject.clone() };
            let said = judge(&rules, &asked);
            decision.needs_rehearsal |= hopeful && judge(&rules, &subject).verdict > said.verdict;
            decision.verdict = decision.verdict.max(said.verdict);
            decision.rules.extend(said.voices(step));
            reasons.push((said.verdict, said.rationale(&rules, &asked, step)));
        }
        settle(decision, reasons)
    }
}

/// The strictest voices first; the rationale is that of the steps which decided.
fn settle(mut decision: Decision, reasons: Vec<(Verdict, String)>) -> Decision {
    if reasons.is_empty() {
        return Decision::denied("the plan has no step", &decision.policy_version);
    }
    decision.needs_rehearsal &= decision.verdict != Verdict::Deny;
    decision.rules.sort_by_key(|voice: &RuleVoice| (std::cmp::Reverse(voice.verdict), voice.step));
    let strictest = decision.verdict;
    let spoken = reasons.into_iter().filter(|(verdict, _)| *verdict == strictest).map(|(_, words)| words);
    decision.rationale = spoken.collect::<Vec<_>>().join("; ");
    if decision.needs_rehearsal {
        decision.rationale.push_str("; it holds once the rehearsal is verified");
    }
    decision
}

#[async_trait]
impl PolicyEngine for Guardrails {
    async fn decide(&self, question: &PolicyQuestion<'_>) -> Result<Decision> {
        Ok(self.decide_now(question))
    }
}

fn load(name: &str, text: &str, blocks: &[Rule]) -> Result<Loaded, LoadError> {
    let document: GuardrailsDocument = yaml::parse(name, text)?;
    if document.schema.value != SCHEMA {
        let problem = format!("expected schema '{SCHEMA}', found '{}'", document.schema.value);
        return Err(LoadError::located(name, document.schema.referenced, problem));
    }
    if document.rules.is_empty() || document.rules.len() > limits::RULES {
        let problem = format!("expected 1 to {} rules", limits::RULES);
        return Err(LoadError::located(name, document.name.referenced, problem));
    }
    unique_ids(name, &document)?;
    let policy = &document.name.value;
    let rules: Vec<Rule> =
        document.rules.iter().map(|rule| Rule::compile(name, policy, rule)).collect::<Result<_, _>>()?;
    let in_force: Vec<&Rule> = blocks.iter().chain(&rules).collect();
    document.examples.iter().try_for_each(|example| hold(name, &in_force, example))?;
    Ok(Loaded { label: format!("{policy}@{}", document.version), rules })
}

fn unique_ids(name: &str, document: &GuardrailsDocument) -> Result<(), LoadError> {
    let mut seen = std::collections::BTreeSet::new();
    let repeated = document.rules.iter().find(|rule| !seen.insert(rule.id.value.as_str()));
    repeated.map_or(Ok(()), |rule| {
        let problem = format!("expected a unique rule id, found '{}' again", rule.id.value);
        Err(LoadError::located(name, rule.id.referenced, problem))
    })
}

/// An example that comes out otherwise refuses the document: its author meant something else than it says.
fn hold(name: &str, rules: &[&Rule], example: &ExampleDocument) -> Result<(), LoadError> {
    let subject = Subject::of_example(&example.given);
    let said = judge(rules, &subject);
    if said.verdict == example.expect {
        return Ok(());
    }
    let problem = format!(
        "example '{}' expects {:?} but gets {:?}: {}",
        example.name.value,
        example.expect,
        said.verdict,
        said.rationale(rules, &subject, 0)
    );
    Err(LoadError::located(name, example.name.referenced, problem))
}
