//! An answer that comes in pieces.

use std::time::Duration;

use futures_util::StreamExt as _;
use selfheal_core::error::Result;
use selfheal_core::ports::LlmRequest;
use selfheal_core::spending::{Call, CallEnd};

use super::said::{Said, failed};
use crate::http::{Event, Events, broken_off};

/// How long a stream whose answer is complete may take to end, or to tell what it took.
const TRAILING: Duration = Duration::from_secs(1);

/// Puts the events of a protocol together.
pub(crate) trait Assembly: Send {
    /// What an event adds.
    fn event(&mut self, event: Event) -> Result<Step>;

    /// Whether the model said that it is done; what follows is not part of the answer.
    fn is_complete(&self) -> bool;

    /// What the model said.
    fn said(self: Box<Self>) -> Said;
}

/// What an event adds.
pub(crate) enum Step {
    /// Text of the answer.
    Text(String),
    /// Nothing to be shown.
    Nothing,
    /// The end of the stream.
    End,
}

/// A stream that is being read. Dropped before its end, its call counts as the most that it could take.
pub(crate) struct Streaming<'a> {
    events: Events,
    assembly: Box<dyn Assembly>,
    call: Option<Call<'a>>,
}

impl<'a> Streaming<'a> {
    pub(crate) fn new(events: Events, assembly: Box<dyn Assembly>, call: Call<'a>) -> Self {
        Self { events, assembly, call: Some(call) }
    }

    /// The next piece of text; `None` at the end.
    pub(crate) async fn text(&mut self) -> Result<Option<String>> {
        let next = self.next().await;
        if let Err(error) = &next
            && let Some(call) = self.call.take()
        {
            // Whatever it is, the model was at work.
            call.ended(failed(error));
        }
        next
    }

    /// What was said, once there is no more text.
    pub(crate) fn said(mut self, request: &LlmRequest) -> Said {
        let said = self.assembly.said();
        if let Some(call) = self.call.take() {
            call.ended(CallEnd::Answered { usage: said.usage(request) });
        }
        said
    }

    async fn next(&mut self) -> Result<Option<String>> {
        loop {
            let event = match self.event().await {
                Some(Ok(event)) => event,
                // Some servers don't end their streams well; the answer is there.
                _ if self.assembly.is_complete() => return Ok(None),
                Some(Err(error)) => return Err(error),
                None => return Err(broken_off()),
            };
            match self.assembly.event(event)? {
                Step::Text(text) if text.is_empty() => {}
                Step::Text(text) => return Ok(Some(text)),
                Step::Nothing => {}
                Step::End if self.assembly.is_complete() => return Ok(None),
                Step::End => return Err(broken_off()),
            }
        }
    }

    async fn event(&mut self) -> Option<Result<Event>> {
        let next = self.events.next();
        if self.assembly.is_complete() {
            return tokio::time::timeout(TRAILING, next).await.ok().flatten();
        }
        next.await
    }
}
