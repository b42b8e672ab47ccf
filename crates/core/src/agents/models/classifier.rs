//! Names the category of a failure that no rule knows.

use serde::Deserialize;
use serde_json::Value;

use super::Models;
use super::consultant::Question;
use super::digest::digest_of_end;
use super::prompts::CLASSIFIER;
use super::{facts, schema};
use crate::category::FailureCategory;
use crate::engine::{Agent, Consultation, State};
use crate::ports::ModelTier;
use crate::spending::Meter;

/// Most lines of the end of the evidence that are looked at.
const LINES: usize = 500;

/// Bytes of them that are shown: a small model reads little.
const DIGEST_BYTES: usize = 4 << 10;

/// What the model answers.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
#[serde(deny_unknown_fields)]
struct ClassifierAnswer {
    /// A category's name.
    category: String,
}

fn answer_schema() -> Value {
    schema::object([("category", categories("What kind of failure it is"))])
}

/// One of the known categories.
pub(super) fn categories(description: &str) -> Value {
    schema::choice(description, FailureCategory::ALL.iter().map(FailureCategory::as_str))
}

/// The known category called `name`.
///
/// # Errors
/// Says what was expected.
pub(super) fn category(name: &str) -> Result<FailureCategory, String> {
    let known = FailureCategory::ALL.iter().find(|category| category.as_str() == name);
    known.cloned().ok_or_else(|| format!("category `{name}` is none of those in the schema"))
}

impl Models {
    /// The category, if a model can tell.
    pub(super) async fn classify(&self, state: &State, meter: &Meter) -> (Option<FailureCategory>, Consultation) {
        let limits = &state.limits.models;
        let excerpt =
            digest_of_end(state.current_evidence().iter(), LINES, DIGEST_BYTES.min(limits.prompt_evidence_bytes));
        let question = Question {
            agent: Agent::Classifier,
            prompt: CLASSIFIER,
            tier: ModelTier::Small,
            user: format!(
                "{}{}",
                facts::known(state, &self.ports.redactor),
                self.marker.marked("end of the log", &excerpt.text)
            ),
            schema: answer_schema(),
        };
        let take = |answer: ClassifierAnswer| category(&answer.category);
        let (answer, mut asked) = self.consultant.ask(question, limits, meter, take).await;
        let category = answer.map(|answer| answer.said);
        asked.category.clone_from(&category);
        (category.filter(|category| *category != FailureCategory::UNKNOWN), asked)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_describes_the_answer() {
        let answer = ClassifierAnswer { category: "oom_killed".to_owned() };
        schema::assert_describes(&answer_schema(), &serde_json::to_value(answer).unwrap(), "classifier");
    }

    #[test]
    fn only_known_categories_are_taken() {
        assert_eq!(category("oom_killed"), Ok(FailureCategory::OOM_KILLED));
        assert!(category("delete_namespace").is_err_and(|why| why.contains("delete_namespace")));
    }
}
