//! Asks a model one question, and takes only an answer that is one.

use std::sync::Arc;

use selfheal_detect::redact::Redactor;
use serde::de::DeserializeOwned;

use super::legible::words;
use super::patience::within;
use super::prompts::Prompt;
use crate::engine::{Agent, Consultation, ConsultationEnd};
use crate::error::{Error, Result};
use crate::limits::ModelLimits;
use crate::ports::{AnswerForm, Clock, LlmMessage, LlmProvider, LlmRequest, LlmResponse, ModelTier};
use crate::spending::Meter;

/// Most bytes of an answer that are read.
const MAX_ANSWER_BYTES: usize = 64 << 10;

/// Most bytes of an objection, as it goes back to the model and into the record.
const MAX_OBJECTION_BYTES: usize = 1000;

/// Most bytes of a model's name.
const MAX_NAME_BYTES: usize = 128;

/// The name of a model whose own name is none.
const UNNAMED: &str = "unnamed";

/// A question, ready to be sent.
pub(super) struct Question {
    pub(super) agent: Agent,
    pub(super) prompt: Prompt,
    pub(super) tier: ModelTier,
    pub(super) user: String,
    pub(super) schema: serde_json::Value,
}

/// An answer that was taken, and of which model.
pub(super) struct Answer<T> {
    pub(super) said: T,
    pub(super) model: String,
}

pub(super) struct Consultant {
    pub(super) provider: Arc<dyn LlmProvider>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) redactor: Arc<Redactor>,
}

impl Consultant {
    /// Asks, and asks once more with the objection if `take` refuses the answer.
    pub(super) async fn ask<A, T>(
        &self,
        question: Question,
        limits: &ModelLimits,
        meter: &Meter,
        take: impl Fn(A) -> std::result::Result<T, String>,
    ) -> (Option<Answer<T>>, Consultation)
    where
        A: DeserializeOwned,
    {
        let (agent, prompt) = (question.agent, question.prompt.name.to_owned());
        let (answer, end) = match self.answer(question, limits, meter, take).await {
            Ok(answer) => {
                let end = ConsultationEnd::Answered { model: answer.model.clone() };
                (Some(answer), end)
            }
            Err(Unanswered::Objected(why)) => (None, ConsultationEnd::Refused { why: self.told(&why) }),
            Err(Unanswered::Failed(error)) => (None, ConsultationEnd::Failed { why: self.told(&error.to_string()) }),
        };
        let calls = meter.drain();
        (
            answer,
            Consultation {
                agent,
                prompt,
                calls,
                end,
                lookups: Vec::new(),
                category: None,
                advice: None,
                opinion: None,
            },
        )
    }

    /// What is kept of words that quote others.
    fn told(&self, words_of_others: &str) -> String {
        words(&self.redactor.redact(words_of_others), MAX_OBJECTION_BYTES)
    }

    async fn answer<A: DeserializeOwned, T>(
        &self,
        question: Question,
        limits: &ModelLimits,
        meter: &Meter,
        take: impl Fn(A) -> std::result::Result<T, String>,
    ) -> std::result::Result<Answer<T>, Unanswered> {
        let mut request = self.request(question, limits);
        let until = self.clock.now().after(request.deadline);
        let response = self.complete(&request, meter).await?;
        let objection = match taken(&response, &take) {
            Ok(said) => return Ok(Answer { said, model: self.identity(&response.model) }),
            Err(objection) => objection,
        };
        request.deadline = until.since(self.clock.now());
        request.messages.push(LlmMessage::assistant(bounded(response.content.read(), MAX_ANSWER_BYTES)));
        let objection = self.told(&objection);
        request.messages.push(LlmMessage::user(format!(
            "That answer was refused: {objection}. Answer the task again, in the form that was asked for."
        )));
        let response = self.complete(&request, meter).await?;
        let said = taken(&response, &take).map_err(Unanswered::Objected)?;
        Ok(Answer { said, model: self.identity(&response.model) })
    }

    /// The name that a provider gives the model, if it is one. It is the key of what is counted, stands in every record, and may come
    /// from a server.
    fn identity(&self, named: &str) -> String {
        let is_name = (1..=MAX_NAME_BYTES).contains(&named.len()) && named.bytes().all(|byte| byte.is_ascii_graphic());
        if is_name && self.redactor.redact(named) == named { named.to_owned() } else { UNNAMED.to_owned() }
    }

    fn request(&self, question: Question, limits: &ModelLimits) -> LlmRequest {
        let (deadline, max_output_tokens) = match question.tier {
            ModelTier::Small => (limits.small_deadline, limits.small_output_tokens),
            ModelTier::Large => (limits.large_deadline, limits.large_output_tokens),
        };
        // Evidence was redacted when it was made; facts, diffs and what people said were not.
        let user = self.redactor.redact(&question.user).into_owned();
        LlmRequest {
            tier: question.tier,
            messages: vec![LlmMessage::system(question.prompt.text), LlmMessage::user(user)],
            form: AnswerForm::Json { name: question.agent.to_string(), schema: question.schema },
            tools: Vec::new(),
            max_output_tokens,
            deadline,
        }
    }

    async fn complete(&self, request: &LlmRequest, meter: &Meter) -> Result<LlmResponse> {
        let answer = self.provider.complete(request, meter);
        within(&*self.clock, request.deadline, "llm.complete", answer).await
    }
}

enum Unanswered {
    Objected(String),
    Failed(Error),
}

impl From<Error> for Unanswered {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

fn taken<A: DeserializeOwned, T>(
    response: &LlmResponse,
    take: &impl Fn(A) -> std::result::Result<T, String>,
) -> std::result::Result<T, String> {
    let text = response.content.read();
    if text.len() > MAX_ANSWER_BYTES {
        return Err(format!("it has {} bytes; expected at most {MAX_ANSWER_BYTES}", text.len()));
    }
    let answer: A = serde_json::from_str(text).map_err(|error| format!("it does not fit the schema: {error}"))?;
    take(answer)
}

fn bounded(text: &str, bytes: usize) -> &str {
    &text[..text.floor_char_boundary(bytes)]
}
