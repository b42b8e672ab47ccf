//! The documents in force, as core's [`PolicyEngine`] port.

use std::collections::BTreeSet;
use std::path::Path;

use async_trait::async_trait;
use selfheal_core::action::ActionKind;
use selfheal_core::confidence::Autonomy;
use selfheal_core::decision::{Clearance, Decision, Verdict};
use selfheal_core::error::Result;
use selfheal_core::ports::{Moment, PolicyEngine, PolicyQuestion, Reach};

use super::case::Case;
use super::index::{Index, Rule};
use super::load::{Written, assemble};
use super::standing::Standing;
use super::verdicts::Verdicts;
use super::{examples, explain};
use crate::error::LoadError;
use crate::{limits, yaml};

pub(crate) const HARD_BLOCKS: (&str, &str) =
    ("guardrails/hard-blocks.yaml", include_str!("../../guardrails/hard-blocks.yaml"));
pub(crate) const DEFAULT: (&str, &str) = ("guardrails/default.yaml", include_str!("../../guardrails/default.yaml"));

/// The guardrails in force: the shipped hard blocks, and what may be done.
///
/// What may be done is said by the shipped default, or by a host's documents in its place. The hard blocks only
/// deny, and no document takes them away. Several documents combine: a deny in one is a deny.
#[derive(Debug)]
pub struct Guardrails {
    pub(crate) index: Index,
    pub(crate) standing: Standing,
    pub(crate) version: String,
    pub(crate) autonomy: Option<Autonomy>,
}

/// A rule in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RuleInForce<'a> {
    /// `document/rule`.
    pub id: &'a str,
    /// What it says.
    pub effect: Verdict,
    /// Its author's reason.
    pub because: &'a str,
}

impl Guardrails {
    /// The shipped hard blocks and the shipped default.
    ///
    /// # Errors
    /// None in a build whose tests passed; a host may treat one like an error of its own documents.
    pub fn shipped() -> std::result::Result<Self, LoadError> {
        Self::from_texts(&[DEFAULT])
    }

    /// The shipped hard blocks and a host's documents, which replace the shipped default. Without a document it is
    /// [`Guardrails::shipped`].
    ///
    /// # Errors
    /// The first document that can't be read, isn't one, or contradicts itself, one of its own examples or another document:
    /// with file, line and what was expected. Then nothing is in force, so nothing is allowed.
    pub fn from_files<P: AsRef<Path>>(files: &[P]) -> std::result::Result<Self, LoadError> {
        if files.is_empty() {
            return Self::shipped();
        }
        let read = |file: &P| {
            let text = yaml::read_bounded(file.as_ref(), limits::DOCUMENT_BYTES as u64)?;
            Ok((file.as_ref().display().to_string(), text))
        };
        let texts = files.iter().map(read).collect::<std::result::Result<Vec<_>, LoadError>>()?;
        let texts: Vec<(&str, &str)> = texts.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
        Self::from_texts(&texts)
    }

    /// As [`Guardrails::from_files`], for one document that is in memory; `name` stands for its path in errors.
    ///
    /// # Errors
    /// As [`Guardrails::from_files`].
    pub fn from_text(name: &str, text: &str) -> std::result::Result<Self, LoadError> {
        Self::from_texts(&[(name, text)])
    }

    /// As [`Guardrails::from_files`], for documents that are in memory: what stands for each one's path, and its text.
    ///
    /// # Errors
    /// As [`Guardrails::from_files`]; and if there is no document.
    pub fn from_texts(texts: &[(&str, &str)]) -> std::result::Result<Self, LoadError> {
        let blocks = Written::read(HARD_BLOCKS.0, HARD_BLOCKS.1)?;
        let documents =
            texts.iter().map(|(name, text)| Written::read(name, text)).collect::<std::result::Result<Vec<_>, _>>()?;
        if documents.is_empty() {
            return Err(LoadError::whole("guardrails", "expected at least one document"));
        }
        let mut all = vec![&blocks];
        all.extend(&documents);
        let together = assemble(&all)?;
        for ((name, _), document) in texts.iter().zip(&documents) {
            // Examples show what their own document means, whatever others add.
            let alone = if documents.len() > 1 { Some(assemble(&[&blocks, document])?) } else { None };
            document.prove(name, alone.as_ref().unwrap_or(&together))?;
        }
        Ok(together)
    }

    /// Names and versions of the documents, and the beginning of each text's SHA-256: part of every decision.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// How sure a healer has to be to act by itself, as the documents say it together; `None` if none of them does.
    #[must_use]
    pub fn autonomy(&self) -> Option<&Autonomy> {
        self.autonomy.as_ref()
    }

    /// What the rules say about a plan, without words.
    #[must_use]
    pub fn verdict(&self, question: &PolicyQuestion<'_>) -> Verdicts {
        Case::of(question).map_or_else(|_| Verdicts::denied(), |case| self.said(&case))
    }

    /// The rule with this index; `None` if there are fewer.
    #[must_use]
    pub fn rule(&self, index: usize) -> Option<RuleInForce<'_>> {
        let rule = self.index.rules.get(index)?;
        Some(RuleInForce { id: &rule.id, effect: rule.effect, because: &rule.because })
    }

    /// The rules that may permit `kind` and spell it out, by id: of a kind that nobody means by `*`, only they were written for it.
    #[must_use]
    pub fn rules_naming(&self, kind: &ActionKind) -> BTreeSet<String> {
        let names = |rule: &&Rule| rule.effect != Verdict::Deny && rule.kinds.iter().any(|own| own == kind.as_str());
        self.index.rules.iter().filter(names).map(|rule| rule.id.clone()).collect()
    }

    /// What [`PolicyEngine::decide`] answers, without waiting.
    #[must_use]
    pub fn decision(&self, question: &PolicyQuestion<'_>) -> Decision {
        match Case::of(question) {
            Ok(case) => explain::decision(self, &case, &self.said(&case)),
            Err(step) => Decision::denied(format!("step {} has no spec or no preview", step + 1), &self.version),
        }
    }

    fn said(&self, case: &Case<'_>) -> Verdicts {
        Verdicts::of(&self.index, &self.standing.budgets, case)
    }
}

impl Written {
    fn prove(&self, path: &str, guardrails: &Guardrails) -> std::result::Result<(), LoadError> {
        if self.examples.is_empty() {
            let problem = "expected at least one entry in 'examples': a case and the decision you expect, checked whenever it loads";
            return Err(LoadError::whole(path, problem));
        }
        self.examples.iter().try_for_each(|example| examples::hold(path, guardrails, example))
    }
}

#[async_trait]
impl PolicyEngine for Guardrails {
    async fn permits(&self, reach: &Reach<'_>) -> Result<BTreeSet<ActionKind>> {
        let permitted = reach.specs.iter().filter(|spec| self.index.could_permit(reach, spec));
        Ok(permitted.map(|spec| spec.kind.clone()).collect())
    }

    fn leaves_out(&self, reach: &Reach<'_>, kind: &ActionKind) -> Option<String> {
        let spec = reach.specs.iter().find(|spec| spec.kind == *kind)?;
        Some(explain::left_out(self, reach, &self.index.left_out(reach, spec)?))
    }

    async fn clear(&self, moment: &Moment<'_>) -> Result<Clearance> {
        Ok(self.standing.clear(moment))
    }

    async fn decide(&self, question: &PolicyQuestion<'_>) -> Result<Decision> {
        Ok(self.decision(question))
    }
}
