//! The questions that tell what a server can do, whatever its protocol.

use std::time::Duration;

use selfheal_core::error::Result;
use selfheal_core::ports::{AnswerForm, LlmMessage, LlmRequest, ModelTier, ToolSpec};
use selfheal_core::spending::Meter;
use serde_json::{Value, json};
use tokio::time::{Instant, timeout};

use super::report::{Ability, Finding, Outcome};
use crate::answer::{Opened, Taken, Wire, collected, once, take};
use crate::failure::{Failure, FailureClass};

/// Room for models that think aloud.
const OUTPUT_TOKENS: u32 = 1024;

const GREETING: &str = "Answer with the word: ready";

/// Asks with bounds.
pub(crate) struct Examiner<'a> {
    pub(crate) meter: &'a Meter,
    /// How long one question may take.
    pub(crate) patience: Duration,
}

/// A finding of what `trial` finds, with the time that it takes.
pub(crate) async fn timed(
    ability: Ability,
    model: &str,
    patience: Duration,
    trial: impl Future<Output = Result<Outcome>>,
) -> Finding {
    let begun = Instant::now();
    let outcome = match timeout(patience, trial).await {
        Ok(found) => found.unwrap_or_else(Outcome::from),
        Err(_) => {
            let message = format!("no answer within {} ms", patience.as_millis());
            Outcome::from(Failure::from(FailureClass::Timeout).error(message))
        }
    };
    Finding { ability, model: model.to_owned(), outcome, took: begun.elapsed() }
}

impl Examiner<'_> {
    /// Whether it answers at all.
    pub(crate) async fn chat<W: Wire>(&self, wire: &W, tier: ModelTier) -> Result<Outcome> {
        let request = self.request(tier, GREETING);
        answered(once(wire, &request, self.meter, false).await.map(|_| Outcome::Works))
    }

    /// Whether the answer comes as a stream.
    pub(crate) async fn streaming<W: Wire>(&self, wire: &W, tier: ModelTier) -> Result<Outcome> {
        let request = self.request(tier, GREETING);
        let streaming = match wire.open(&request, self.meter, true).await?.0 {
            Opened::Whole(_) => return Ok(Outcome::Ignored),
            Opened::Stream(streaming) => streaming,
        };
        let said = collected(streaming, &request).await?;
        answered(take(&request, said).map(|_| Outcome::Works))
    }

    /// Whether the answer is JSON with the property of a schema. Nothing but the schema tells the model of it, so that one that
    /// isn't held to it misses it.
    pub(crate) async fn json<W: Wire>(&self, wire: &W, tier: ModelTier) -> Result<Outcome> {
        let request = structured(self.request(tier, "Is the sky blue? Answer in JSON."));
        Ok(match once(wire, &request, self.meter, false).await?.0 {
            Taken::Answer { kept: true, .. } => Outcome::Works,
            Taken::Answer { kept: false, .. } | Taken::NoJson { .. } => Outcome::Ignored,
        })
    }

    /// Whether it asks for a function that it needs.
    pub(crate) async fn tools<W: Wire>(&self, wire: &W, tier: ModelTier) -> Result<Outcome> {
        let mut request = self.request(tier, "Which version is installed? Look it up with the function.");
        request.tools = vec![ToolSpec {
            name: "installed_version".to_owned(),
            description: "The version that is installed.".to_owned(),
            parameters: object(json!({})),
        }];
        Ok(match once(wire, &request, self.meter, false).await?.0 {
            Taken::Answer { response, .. } if !response.tool_calls.is_empty() => Outcome::Works,
            Taken::Answer { .. } | Taken::NoJson { .. } => Outcome::Ignored,
        })
    }

    fn request(&self, tier: ModelTier, text: &str) -> LlmRequest {
        LlmRequest {
            tier,
            messages: vec![LlmMessage::user(text)],
            form: AnswerForm::Text,
            tools: Vec::new(),
            max_output_tokens: OUTPUT_TOKENS,
            deadline: self.patience,
        }
    }
}

/// A model that thought longer than it may did answer.
fn answered(outcome: Result<Outcome>) -> Result<Outcome> {
    outcome.or_else(|error| match Failure::of(&error).map(|failure| failure.class) {
        Some(FailureClass::OutputLimit) => Ok(Outcome::Works),
        _ => Err(error),
    })
}

/// The same question with a schema whose property nobody would think of.
fn structured(mut request: LlmRequest) -> LlmRequest {
    let schema = object(json!({ "selfheal_check": { "type": "boolean" } }));
    request.form = AnswerForm::Json { name: "check".to_owned(), schema };
    request
}

fn object(properties: Value) -> Value {
    let required: Vec<&String> =
        properties.as_object().map(|properties| properties.keys().collect()).unwrap_or_default();
    let required = json!(required);
    json!({ "type": "object", "properties": properties, "required": required, "additionalProperties": false })
}
