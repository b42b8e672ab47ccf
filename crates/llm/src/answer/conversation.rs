//! One question: asked, taken, and repaired once if there is no JSON in the answer.

use std::time::Duration;

use async_trait::async_trait;
use selfheal_core::error::{Error, Result};
use selfheal_core::ports::{AnswerForm, LlmMessage, LlmRequest, LlmResponse};
use selfheal_core::spending::Meter;

use super::said::Said;
use super::schema::instruction;
use super::streaming::Streaming;
use super::taking::{Taken, take};
use crate::failure::{Failure, FailureClass};
use crate::http::excerpt::{cut, excerpt};

/// Most bytes of an answer that go back to the model for repair.
const REPAIRED_BYTES: usize = 32 << 10;

/// An answer that began.
pub(crate) enum Opened<'a> {
    /// It came whole.
    Whole(Said),
    /// It comes in pieces.
    Stream(Streaming<'a>),
}

/// A server that says something to a request.
#[async_trait]
pub(crate) trait Wire: Send + Sync {
    /// How the server was told which form the answer must have.
    type Told: Copy + Send;

    /// Whether answers are asked for as streams unless somebody wants one.
    fn streams(&self) -> bool;

    /// Sends a request. Every call is begun at the meter.
    async fn open<'a>(
        &self,
        request: &LlmRequest,
        meter: &'a Meter,
        as_stream: bool,
    ) -> Result<(Opened<'a>, Self::Told)>;

    /// Whether the answer to a question was in the form that the server was `told` to hold the model to.
    fn found(&self, request: &LlmRequest, told: Self::Told, kept: bool);
}

/// The answer to `request`, within its deadline.
pub(crate) async fn complete<W: Wire>(wire: &W, request: &LlmRequest, meter: &Meter) -> Result<LlmResponse> {
    let answer = tokio::time::timeout(request.deadline, answer(wire, request, meter));
    answer.await.unwrap_or_else(|_| Err(late(request.deadline)))
}

/// Nothing came within the deadline.
pub(super) fn late(deadline: Duration) -> Error {
    Failure::from(FailureClass::Timeout).error(format!("no answer within {} ms", deadline.as_millis()))
}

async fn answer<W: Wire>(wire: &W, request: &LlmRequest, meter: &Meter) -> Result<LlmResponse> {
    let (taken, told) = once(wire, request, meter, wire.streams()).await?;
    wire.found(request, told, matches!(taken, Taken::Answer { kept: true, .. }));
    let (text, cause) = match taken {
        Taken::Answer { response, .. } => return Ok(response),
        Taken::NoJson { text, cause } => (text, cause),
    };
    let repair = repair(request, &text, &cause);
    match once(wire, &repair, meter, wire.streams()).await?.0 {
        Taken::Answer { response, .. } => Ok(response),
        Taken::NoJson { text, cause } => Err(never_json(&text, &cause)),
    }
}

/// What becomes of one attempt, as it is.
pub(crate) async fn once<W: Wire>(
    wire: &W,
    request: &LlmRequest,
    meter: &Meter,
    as_stream: bool,
) -> Result<(Taken, W::Told)> {
    let (opened, told) = wire.open(request, meter, as_stream).await?;
    let said = match opened {
        Opened::Whole(said) => said,
        Opened::Stream(streaming) => collected(streaming, request).await?,
    };
    Ok((take(request, said)?, told))
}

/// What a stream says in all.
pub(crate) async fn collected(mut streaming: Streaming<'_>, request: &LlmRequest) -> Result<Said> {
    while streaming.text().await?.is_some() {}
    Ok(streaming.said(request))
}

fn repair(request: &LlmRequest, text: &str, cause: &str) -> LlmRequest {
    let mut repair = request.clone();
    // Servers refuse a message that says nothing.
    if !text.trim().is_empty() {
        repair.messages.push(LlmMessage::assistant(cut(text, REPAIRED_BYTES)));
    }
    let AnswerForm::Json { schema, .. } = &request.form else { return repair };
    let instruction = instruction(schema);
    repair.messages.push(LlmMessage::user(format!("That is not JSON ({cause}). {instruction}")));
    repair
}

pub(super) fn never_json(text: &str, cause: &str) -> Error {
    let error = Failure::from(FailureClass::NotJson).error("the answer is no JSON, not even when asked again");
    error.with_context("cause", cause).with_context("it says", excerpt(text, None))
}
