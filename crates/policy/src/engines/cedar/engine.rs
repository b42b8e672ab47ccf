//! Core's [`PolicyEngine`] port over Cedar.

use std::collections::BTreeSet;
use std::path::Path;

use async_trait::async_trait;
use cedar_policy::{ActionConstraint, Authorizer, Decision as Answer, Effect, Schema};
use selfheal_core::action::{ActionKind, ActionSpec};
use selfheal_core::decision::{Clearance, Decision, Verdict};
use selfheal_core::error::Result;
use selfheal_core::ports::{Moment, PolicyEngine, PolicyQuestion, Reach};

use super::load::Policies;
use super::request::Types;
use super::schema::schema;
use crate::engines::asking::{self, Said};
use crate::engines::input::StepInput;
use crate::error::LoadError;
use crate::{digest, limits, yaml};

/// Decides by Cedar policies; see the [module](super) for what they are asked.
///
/// Evaluation takes time in proportion to the policies and to what they look at: the language has neither loops nor recursion.
pub struct CedarEngine {
    policies: Policies,
    schema: Schema,
    types: Types,
    authorizer: Authorizer,
    version: String,
}

impl CedarEngine {
    /// The policies of one file, about actions of these kinds: those of
    /// [`standard_specs`](selfheal_core::standard::standard_specs), and a host's beside them.
    ///
    /// # Errors
    /// It can't be read or parsed, names what the [`schema`] doesn't know, or uses a template or an unknown `@effect`: with
    /// file, line and what was expected. Then nothing is in force.
    pub fn from_file(file: &Path, specs: &[ActionSpec]) -> Result<Self, LoadError> {
        let text = yaml::read_bounded(file, limits::DOCUMENT_BYTES as u64)?;
        Self::from_text(&file.display().to_string(), &text, specs)
    }

    /// As [`CedarEngine::from_file`], for a text that is in memory; `name` stands for its path.
    ///
    /// # Errors
    /// As [`CedarEngine::from_file`].
    pub fn from_text(name: &str, text: &str, specs: &[ActionSpec]) -> Result<Self, LoadError> {
        let refuse = |problem: String| LoadError::whole(name, problem);
        let (schema, _warnings) = Schema::from_cedarschema_str(&schema(specs))
            .map_err(|problem| refuse(format!("the kinds make no schema: {problem}")))?;
        Ok(Self {
            policies: Policies::parse(name, text, &schema)?,
            types: Types::new().map_err(refuse)?,
            schema,
            authorizer: Authorizer::new(),
            version: format!("{name}#{}", digest::short(text)),
        })
    }

    /// Name and digest of the policies, part of every decision.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    fn ask(&self, input: &StepInput<'_>) -> Said {
        let (request, entities) = match self.types.request(input, &self.schema) {
            Ok(request) => request,
            Err(problem) => return Said::denied(format!("it makes no request that fits the schema: {problem}")),
        };
        let response = self.authorizer.is_authorized(&request, &self.policies.set, &entities);
        let mut failed: Vec<String> = response.diagnostics().errors().map(ToString::to_string).collect();
        failed.sort_unstable();
        if !failed.is_empty() {
            return Said::denied(format!("a policy could not be evaluated: {}", failed.join("; ")));
        }
        let spoke = self.policies.rules(response.diagnostics().reason());
        let strictest = spoke.iter().map(|rule| rule.effect).max();
        let verdict = match (response.decision(), strictest) {
            (Answer::Allow, Some(effect)) => effect,
            (Answer::Allow, None) | (Answer::Deny, None) => return Said::denied("no policy permits it"),
            (Answer::Deny, Some(_)) => Verdict::Deny,
        };
        let voices = spoke.into_iter().map(|rule| (rule.name.clone(), rule.effect, rule.because.clone()));
        Said::by_rules(verdict, voices.collect())
    }

    /// Whether some policy could permit an action of this kind, by its scope alone.
    fn could_permit(&self, kind: &ActionKind) -> bool {
        let action = self.types.action(kind.as_str());
        let permits = self.policies.set.policies().filter(|policy| policy.effect() == Effect::Permit);
        permits.map(cedar_policy::Policy::action_constraint).any(|constraint| match constraint {
            ActionConstraint::Any => true,
            ActionConstraint::Eq(named) => named == action,
            ActionConstraint::In(named) => named.contains(&action),
        })
    }
}

#[async_trait]
impl PolicyEngine for CedarEngine {
    async fn permits(&self, reach: &Reach<'_>) -> Result<BTreeSet<ActionKind>> {
        let kinds = reach.specs.iter().map(|spec| &spec.kind);
        Ok(kinds.filter(|kind| self.could_permit(kind)).cloned().collect())
    }

    async fn decide(&self, question: &PolicyQuestion<'_>) -> Result<Decision> {
        Ok(asking::decide(question, &self.version, |input| self.ask(input)))
    }

    async fn clear(&self, _: &Moment<'_>) -> Result<Clearance> {
        Ok(Clearance::Clear)
    }
}
