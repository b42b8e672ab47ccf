//! Server-sent events, within bounds.

use std::pin::Pin;
use std::time::Duration;

use eventsource_stream::{EventStream, EventStreamError};
use futures_util::{Stream, StreamExt as _, stream};
use reqwest::Response;
use selfheal_core::error::Error;

use super::link::{Reply, cut_off, too_large};
use super::server::CallBounds;
use crate::failure::{Failure, FailureClass};

/// Most bytes of one line. The parser looks at an unfinished line again with every piece that arrives.
const LINE_BYTES: usize = 512 << 10;

/// An event. Its name says nothing that the data doesn't.
pub(crate) struct Event {
    pub(crate) data: String,
}

pub(crate) type Events = Pin<Box<dyn Stream<Item = Result<Event, Error>> + Send>>;

impl Reply {
    /// Its events. Comments (keep-alives) are skipped; what comes after the last empty line was cut off, and is dropped.
    pub(crate) fn events(self, bounds: &CallBounds) -> Events {
        let bytes = Bytes { response: self.response, idle: bounds.idle, most: bounds.answer_bytes, total: 0, line: 0 };
        let pieces = stream::try_unfold(bytes, |mut bytes| async move {
            let piece = bytes.next().await?;
            Ok::<_, Error>(piece.map(|piece| (piece, bytes)))
        });
        let events = EventStream::new(Box::pin(pieces)).map(|event| match event {
            Ok(event) => Ok(Event { data: event.data }),
            Err(EventStreamError::Transport(error)) => Err(error),
            Err(EventStreamError::Utf8(_) | EventStreamError::Parser(_)) => {
                Err(Failure::from(FailureClass::NotAnApi).error("what came back is no stream of events"))
            }
        });
        Box::pin(events)
    }
}

struct Bytes {
    response: Response,
    idle: Duration,
    most: usize,
    total: usize,
    line: usize,
}

impl Bytes {
    async fn next(&mut self) -> Result<Option<Vec<u8>>, Error> {
        let waiting = tokio::time::timeout(self.idle, self.response.chunk());
        let piece = waiting.await.map_err(|_| silent(self.idle))?.map_err(|cause| cut_off(&cause))?;
        let Some(piece) = piece else { return Ok(None) };
        self.total += piece.len();
        self.line = match piece.iter().rposition(|byte| *byte == b'\n') {
            Some(end) => piece.len() - end,
            None => self.line + piece.len(),
        };
        if self.total > self.most || self.line > LINE_BYTES {
            return Err(too_large(if self.total > self.most { self.most } else { LINE_BYTES }));
        }
        Ok(Some(piece.to_vec()))
    }
}

fn silent(idle: Duration) -> Error {
    Failure::from(FailureClass::Timeout).error(format!("the stream was silent for {} ms", idle.as_millis()))
}
