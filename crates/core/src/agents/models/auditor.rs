//! A second opinion about a plan that a model chose. It can only tighten what policy says.

use std::fmt::Write as _;

use selfheal_detect::redact::Redactor;
use serde::Deserialize;
use serde_json::Value;

use super::consultant::Question;
use super::legible::{shortened, visible, words};
use super::marking::Marker;
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

/// The objection to a plan of which a part was left out.
const CUT: &str = "the plan is too long to be shown to it whole";

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
    /// A second opinion about a plan that a model chose. None in the record if there was no answer. A plan that is too long to be
    /// shown whole is objected to, whatever the answer: nobody agrees to what they did not see.
    pub async fn opinion(&self, state: &State, proposal: &Proposal) -> Vec<Consultation> {
        let (user, is_whole) = material(state, proposal, (&self.marker, &self.ports.redactor));
        let question =
            Question { agent: Agent::Auditor, prompt: AUDITOR, tier: ModelTier::Small, user, schema: answer_schema() };
        let take = |answer: AuditorAnswer| match answer.objects && answer.because.trim().is_empty() {
            true => Err("it objects without saying why".to_owned()),
            false => Ok(answer),
        };
        let (answer, mut asked) = self.consultant.ask(question, &state.limits.models, &self.meter(state), take).await;
        asked.opinion = answer.map(|answer| {
            let because = words(&self.ports.redactor.redact(&answer.said.because), BECAUSE_BYTES);
            let because = if answer.said.objects || is_whole { because } else { CUT.to_owned() };
            Opinion { objects: answer.said.objects || !is_whole, because: Untrusted::new(because), model: answer.model }
        });
        vec![asked]
    }
}

fn material(state: &State, proposal: &Proposal, (marker, redactor): (&Marker, &Redactor)) -> (String, bool) {
    let mut text = facts::known(state, redactor);
    if let Some(best) = state.attacks.last().and_then(|attack| attack.diagnosis.best()) {
        let cause = format!("category = {}\ncause = {}\n", best.category, best.cause.kind);
        text.push_str(&marker.marked("the root cause as it is believed", &cause));
    }
    text.push_str(&facts::tried(state));
    let mut shown = Shown { redactor, is_whole: true };
    text.push_str(&marker.marked("the steps", &shown.steps(&proposal.plan)));
    text.push_str(&marker.marked("what they change", &shown.changes(&proposal.previews)));
    (text, shown.is_whole)
}

/// Puts a plan into words, and knows whether all of it was.
struct Shown<'a> {
    redactor: &'a Redactor,
    is_whole: bool,
}

impl Shown<'_> {
    fn steps(&mut self, plan: &Plan) -> String {
        let mut text = String::new();
        for (number, step) in plan.steps.iter().enumerate() {
            let _ = writeln!(text, "{}. {}", number + 1, step.action.kind());
            for (name, parameter) in step.action.parameters().iter() {
                let value = self.value(&parameter.value.to_string());
                let _ = writeln!(text, "   {name} = {value} ({})", parameter.provenance.class());
            }
        }
        text
    }

    fn changes(&mut self, previews: &[Preview]) -> String {
        let mut text = String::new();
        for preview in previews {
            let _ = writeln!(text, "{}", self.value(&preview.summary));
            for change in &preview.changes {
                let _ = writeln!(text, "in {}:", self.value(&change.what));
                for line in self.redactor.redact(&change.diff).lines() {
                    if text.len() > DIFF_BYTES {
                        self.is_whole = false;
                        text.push_str("[more was left out]\n");
                        return text;
                    }
                    let _ = writeln!(text, "  {}", self.line(line));
                }
            }
        }
        text
    }

    fn value(&mut self, value: &str) -> String {
        let all = facts::told(value, usize::MAX, self.redactor);
        self.is_whole &= all.len() <= VALUE_BYTES;
        words(&all, VALUE_BYTES)
    }

    fn line(&mut self, line: &str) -> String {
        let all = visible(line);
        self.is_whole &= all.len() <= LINE_BYTES;
        shortened(&all, LINE_BYTES).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::action::Reversibility;
    use crate::plan::{BlastRadius, Change};

    #[test]
    fn the_schema_describes_the_answer() {
        let answer = AuditorAnswer { objects: true, because: "x".to_owned() };
        schema::assert_describes(&answer_schema(), &serde_json::to_value(answer).unwrap(), "auditor");
    }

    #[test]
    fn it_knows_where_something_was_left_out() {
        let redactor = Redactor::default();
        let is_whole = |diff: &str, summary: &str| {
            let change = Change { what: "a".to_owned(), before: None, after: None, diff: diff.to_owned() };
            let preview = Preview {
                summary: summary.to_owned(),
                changes: vec![change],
                fences: Vec::new(),
                blast_radius: BlastRadius::default(),
                undo_hash: None,
                reversibility: Reversibility::Undoable,
            };
            let mut shown = Shown { redactor: &redactor, is_whole: true };
            shown.changes(&[preview]);
            shown.is_whole
        };
        assert!(is_whole(&"+short\n".repeat(100), "edits a"));
        assert!(!is_whole(&"+short\n".repeat(2_000), "edits a"), "a long diff");
        assert!(!is_whole(&"x".repeat(LINE_BYTES + 1), "edits a"), "a long line");
        assert!(!is_whole("+short", &"edits ".repeat(100)), "a long value");
    }
}
