//! Overwriting: what was erased or forgotten leaves the file and its write-ahead log as soon as no reader needs the state before.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rusqlite::Connection;

use super::file::BUSY;

/// How long readers in the way may hold up whoever erased something; appends wait behind it.
const PATIENCE: Duration = Duration::from_millis(100);

/// How long they may hold up the end.
const LAST_PATIENCE: Duration = Duration::from_secs(1);

/// How long between two tries, each of which moves the whole write-ahead log that can be moved.
const PAUSE: Duration = Duration::from_secs(1);

/// What is still to be overwritten.
#[derive(Default)]
pub(super) struct Scrubbing {
    due: Arc<AtomicBool>,
    tried: Option<Instant>,
}

impl Scrubbing {
    /// Whether something is still to be overwritten, for others to look at.
    pub(super) fn due(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.due)
    }

    /// Something was removed in a transaction that is durable.
    pub(super) fn want(&mut self) {
        self.due.store(true, Ordering::Release);
    }

    /// Overwrites what is due, unless that was just tried in vain.
    pub(super) fn go_on(&mut self, connection: &Connection) {
        if self.tried.is_none_or(|tried| tried.elapsed() >= PAUSE) {
            self.overwrite(connection, PATIENCE);
        }
    }

    /// Overwrites what is due, whenever that was tried last.
    pub(super) fn finish(&mut self, connection: &Connection) {
        self.overwrite(connection, LAST_PATIENCE);
    }

    fn overwrite(&mut self, connection: &Connection, patience: Duration) {
        if !self.due.load(Ordering::Acquire) {
            return;
        }
        let done = truncate_log(connection, patience).unwrap_or(false);
        self.due.store(!done, Ordering::Release);
        self.tried = (!done).then(Instant::now);
        if !done {
            tracing::debug!("what was erased is still in the file, because somebody is reading it");
        }
    }
}

/// Whether all of the write-ahead log was moved to its place and cut off: that somebody was in the way is told in a row, not by
/// an error.
fn truncate_log(connection: &Connection, patience: Duration) -> rusqlite::Result<bool> {
    connection.busy_timeout(patience)?;
    let busy = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, bool>(0));
    connection.busy_timeout(BUSY)?;
    busy.map(|busy| !busy)
}
