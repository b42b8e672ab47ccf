//! Answers as hosts may read them while they come.

use futures_util::{Stream, stream};
use selfheal_core::error::Result;
use selfheal_core::evidence::Untrusted;
use selfheal_core::ports::{LlmRequest, LlmResponse};
use selfheal_core::spending::Meter;
use tokio::time::{Instant, timeout_at};

use super::conversation::{Opened, Wire, late, never_json};
use super::said::Said;
use super::streaming::Streaming;
use super::taking::{Taken, take};

/// A piece of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Text that came; of a JSON answer, a piece of what JSON is looked for in.
    Text(Untrusted<String>),
    /// The whole answer, checked as [`complete`](selfheal_core::ports::LlmProvider::complete) checks it; the last piece.
    Answer(Box<LlmResponse>),
}

enum Phase<'a> {
    Start,
    Running(Streaming<'a>),
    Whole(Said),
    Ended,
}

/// The answer to `request` in pieces, within its deadline. Nothing is repaired.
pub(crate) fn pieces<'a, W: Wire>(
    wire: &'a W,
    request: &'a LlmRequest,
    meter: &'a Meter,
) -> impl Stream<Item = Result<Piece>> + Send + 'a {
    let until = Instant::now() + request.deadline;
    stream::try_unfold(Phase::Start, move |phase| async move {
        let next = timeout_at(until, step(wire, request, meter, phase));
        next.await.unwrap_or_else(|_| Err(late(request.deadline)))
    })
}

async fn step<'a, W: Wire>(
    wire: &W,
    request: &LlmRequest,
    meter: &'a Meter,
    mut phase: Phase<'a>,
) -> Result<Option<(Piece, Phase<'a>)>> {
    loop {
        phase = match phase {
            Phase::Start => match wire.open(request, meter, true).await?.0 {
                Opened::Whole(said) => Phase::Whole(said),
                Opened::Stream(streaming) => Phase::Running(streaming),
            },
            Phase::Running(mut streaming) => match streaming.text().await? {
                Some(text) => return Ok(Some((Piece::Text(Untrusted::new(text)), Phase::Running(streaming)))),
                None => Phase::Whole(streaming.said(request)),
            },
            Phase::Whole(said) => return answer(request, said).map(|piece| Some((piece, Phase::Ended))),
            Phase::Ended => return Ok(None),
        };
    }
}

fn answer(request: &LlmRequest, said: Said) -> Result<Piece> {
    match take(request, said)? {
        Taken::Answer { response, .. } => Ok(Piece::Answer(Box::new(response))),
        Taken::NoJson { text, cause } => Err(never_json(&text, &cause)),
    }
}
