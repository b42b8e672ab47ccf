//! A second opinion about a plan that a model chose. It can only tighten what policy says.

use std::fmt::Write as _;

use selfheal_detect::redact::Redactor;
use serde::Deserialize;
use serde_json::Value;

use super::consultant::Question;
use super::legible::{shortened, visible, words};
use super::marking::marked;
use super::prompts::AUDITOR;
use super::{Models, facts, schema};
use crate::engine::{Agent, Consultation, Opinion, Proposal, State};
use crate::evidence::Untrusted;
use crate::plan::{Plan, Preview};
use crate::ports::ModelTier;

/// Most bytes of a parameter's value.
const VALUE_BYTES: usize = 400;

/// Most bytes of all diffs together.
const DIFF_BYTES: usize = 6 << 10;

/// Most bytes of a line of a diff.
const LINE_BYTES: usize = 240;

/// Most bytes of an objection.
const BECAUSE_BYTES: usize = 600;

/// What the model answers.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
#[serde(deny_unknown_fields)]
struct AuditorAnswer {
    /// Whether people should look.
    objects: bool,
    /// Why.
    because: String,
}

fn answer_schema() -> Value {
    schema::object([
        ("objects", schema::flag("Whether a person should look before this is applied")),
        ("because", schema::text("Why, in plain words for people, at most 400 characters")),
    ])
}

impl Models {
    /// A second opinion about a plan that a model chose. None in the record if there was no answer.
    pub async fn opinion(&self, state: &State, proposal: &Proposal) -> Vec<Consultation> {
        let question = Question {
            agent: Agent::Auditor,
            prompt: AUDITOR,
            tier: ModelTier::Small,
            user: material(state, proposal, &self.ports.redactor),
            schema: answer_schema(),
        };
        let take = |answer: AuditorAnswer| match answer.objects && answer.because.trim().is_empty() {
            true => Err("it objects without saying why".to_owned()),
            false => Ok(answer),
        };
        let (answer, mut asked) = self.consultant.ask(question, &state.limits.models, &self.meter(state), take).await;
        asked.opinion = answer.map(|answer| {
            let because = words(&self.ports.redactor.redact(&answer.said.because), BECAUSE_BYTES);
            Opinion { objects: answer.said.objects, because: Untrusted::new(because), model: answer.model }
        });
        vec![asked]
    }
}

fn material(state: &State, proposal: &Proposal, redactor: &Redactor) -> String {
    let mut text = facts::known(state, redactor);
    if let Some(best) = state.attacks.last().and_then(|attack| attack.diagnosis.best()) {
        let cause = format!("category = {}\ncause = {}\n", best.category, best.cause.kind);
        text.push_str(&marked(state.seed, "the root cause as it is believed", &cause));
    }
    text.push_str(&facts::tried(state));
    text.push_str(&marked(state.seed, "the steps", &steps(&proposal.plan, redactor)));
    text.push_str(&marked(state.seed, "what they change", &changes(&proposal.previews, redactor)));
    text
}

fn steps(plan: &Plan, redactor: &Redactor) -> String {
    let mut text = String::new();
    for (number, step) in plan.steps.iter().enumerate() {
        let _ = writeln!(text, "{}. {}", number + 1, step.action.kind());
        for (name, parameter) in step.action.parameters().iter() {
            let value = facts::told(&parameter.value.to_string(), VALUE_BYTES, redactor);
            let _ = writeln!(text, "   {name} = {value} ({})", parameter.provenance.class());
        }
    }
    text
}

fn changes(previews: &[Preview], redactor: &Redactor) -> String {
    let mut text = String::new();
    for preview in previews {
        let _ = writeln!(text, "{}", facts::told(&preview.summary, VALUE_BYTES, redactor));
        for change in &preview.changes {
            let _ = writeln!(text, "in {}:", facts::told(&change.what, VALUE_BYTES, redactor));
            for line in redactor.redact(&change.diff).lines() {
                if text.len() > DIFF_BYTES {
                    text.push_str("[more was left out]\n");
                    return text;
                }
                let _ = writeln!(text, "  {}", shortened(&visible(line), LINE_BYTES));
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_describes_the_answer() {
        let answer = AuditorAnswer { objects: true, because: "x".to_owned() };
        schema::assert_describes(&answer_schema(), &serde_json::to_value(answer).unwrap(), "auditor");
    }
}
