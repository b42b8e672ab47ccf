//! Appending a note wherever the stream ends.

use crate::error::{Error, ErrorKind, Result};
use crate::ports::{Ledger, Note, Stream};
use crate::time::Timestamp;

/// Tries while others append first.
const TRIES: u32 = 64;

/// Appends `note` whatever others appended meanwhile.
///
/// # Errors
/// What the ledger answers; [`ErrorKind::Conflict`] if others were faster 64 times in a row.
pub(super) async fn append(ledger: &dyn Ledger, stream: &Stream, at: Timestamp, note: &Note) -> Result<()> {
    for _ in 0..TRIES {
        let place = ledger.len(stream).await?;
        match ledger.append(stream, place, at, note).await {
            Err(error) if error.kind() == ErrorKind::Conflict => {}
            answer => return answer,
        }
    }
    let message = format!("others appended first {TRIES} times in a row");
    Err(Error::new(ErrorKind::Conflict, "ledger.append", message).with_context("stream", stream.as_str()))
}
