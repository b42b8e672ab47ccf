//! A model that a script speaks for, metered and bounded like one on a server.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use selfheal_core::error::Result;
use selfheal_core::evidence::Untrusted;
use selfheal_core::ports::{AnswerForm, Clock, LlmProvider, LlmRequest, LlmResponse, TokenUsage, ToolCall};
use selfheal_core::spending::{CallEnd, Meter, PlannedCall, Price};

use crate::failure::{Failure, FailureClass};

/// What a model does with a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// It answers in text.
    Says(String),
    /// It asks for functions.
    Calls(Vec<ToolCall>),
    /// There is no answer.
    Fails(Failure),
}

impl Reply {
    /// No answer, for this reason.
    #[must_use]
    pub fn fails(class: FailureClass) -> Self {
        Self::Fails(class.into())
    }
}

/// Speaks for a model.
///
/// # To be correct
/// 1. The same request, as the same call (counted from 0), gives the same reply: tests repeat.
pub trait Script: Send + Sync {
    /// What it does with `request`, which is call number `call`.
    fn reply(&self, request: &LlmRequest, call: u64) -> Reply;
}

impl<F: Fn(&LlmRequest, u64) -> Reply + Send + Sync> Script for F {
    fn reply(&self, request: &LlmRequest, call: u64) -> Reply {
        self(request, call)
    }
}

/// A provider whose answers a [`Script`] gives.
///
/// ```
/// use selfheal_llm::testing::{Model, Reply};
/// let model = Model::new("echo", |request: &selfheal_core::ports::LlmRequest, _: u64| {
///     Reply::Says(request.messages.last().map(|message| message.content().to_owned()).unwrap_or_default())
/// });
/// ```
pub struct Model<S> {
    name: String,
    script: S,
    price: Price,
    latency: Option<(Duration, Arc<dyn Clock>)>,
    calls: AtomicU64,
}

impl<S: Script> Model<S> {
    /// A model called `name` that answers at once and costs nothing.
    #[must_use]
    pub fn new(name: &str, script: S) -> Self {
        Self { name: name.to_owned(), script, price: Price::default(), latency: None, calls: AtomicU64::new(0) }
    }

    /// The same at a price.
    #[must_use]
    pub fn priced(self, price: Price) -> Self {
        Self { price, ..self }
    }

    /// The same, each answer so long after the question.
    #[must_use]
    pub fn slow(self, latency: Duration, clock: Arc<dyn Clock>) -> Self {
        Self { latency: Some((latency, clock)), ..self }
    }

    /// How often it was called.
    pub fn calls(&self) -> u64 {
        self.calls.load(Ordering::Relaxed)
    }

    fn answer(&self, request: &LlmRequest, reply: Reply, input: u32) -> Result<LlmResponse, Failure> {
        let (content, tool_calls) = match reply {
            Reply::Says(content) => (content, Vec::new()),
            Reply::Calls(tool_calls) => (String::new(), tool_calls),
            Reply::Fails(failure) => return Err(failure),
        };
        let written = content.len() + tool_calls.iter().map(|call| call.arguments.read().len()).sum::<usize>();
        let usage = TokenUsage { input, output: tokens(written) };
        if usage.output > request.max_output_tokens {
            return Err(FailureClass::OutputLimit.into());
        }
        let json = matches!(request.form, AnswerForm::Json { .. }) && tool_calls.is_empty();
        if json && !serde_json::from_str::<serde_json::Value>(&content).is_ok_and(|value| value.is_object()) {
            return Err(FailureClass::NotJson.into());
        }
        Ok(LlmResponse { content: Untrusted::new(content), tool_calls, usage, model: self.name.clone() })
    }
}

#[async_trait]
impl<S: Script> LlmProvider for Model<S> {
    async fn complete(&self, request: &LlmRequest, meter: &Meter) -> Result<LlmResponse> {
        let planned = PlannedCall {
            provider: &self.name,
            model: &self.name,
            input_tokens: request.input_bytes() as u64,
            output_tokens: u64::from(request.max_output_tokens),
            price: self.price,
        };
        let call = meter.begin(&planned).await?;
        if let Some((latency, clock)) = &self.latency {
            clock.sleep_until(clock.now().after(*latency)).await;
        }
        let reply = self.script.reply(request, self.calls.fetch_add(1, Ordering::Relaxed));
        match self.answer(request, reply, tokens(request.input_bytes())) {
            Ok(response) => {
                call.ended(CallEnd::Answered { usage: response.usage });
                Ok(response)
            }
            Err(failure) => {
                let why = failure.class.to_string();
                call.ended(if failure.class.is_before_reading() {
                    CallEnd::Refused { why }
                } else {
                    CallEnd::Failed { why }
                });
                Err(failure.error("scripted"))
            }
        }
    }
}

/// A token is counted as four bytes, rounded up.
fn tokens(bytes: usize) -> u32 {
    u32::try_from(bytes.div_ceil(4)).unwrap_or(u32::MAX)
}
