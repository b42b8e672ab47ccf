//! One transaction that carries out whatever waits.

use rusqlite::{Connection, TransactionBehavior};
use selfheal_core::audit::{Field, SignedCheckpoint, Signer};
use selfheal_core::error::{Error, Result};
use selfheal_core::failpoint;
use selfheal_core::time::Timestamp;
use tokio::sync::oneshot;

use super::failure::Failure;
use super::log::Log;
use crate::audit::Salts;

/// A transaction under way.
pub(super) struct Batch<'a> {
    /// On which the writes are carried out.
    pub(super) connection: &'a Connection,
    /// The store's time.
    pub(super) now: Timestamp,
    salts: &'a mut Salts,
    log: Option<Log>,
    scrub: bool,
}

impl Batch<'_> {
    /// Appends a leaf to the audit log and returns its place.
    pub(super) fn say(&mut self, fields: Vec<Field>) -> Result<i64, Failure> {
        let log = loaded(&mut self.log, self.connection)?;
        log.append(self.connection, self.salts, fields)
    }

    /// Has the log signed at the end of the transaction.
    pub(super) fn sign(&mut self) -> Result<(), Failure> {
        loaded(&mut self.log, self.connection).map(Log::wants_checkpoint)
    }

    /// Has what was removed overwritten in the file and its write-ahead log, once the transaction is durable.
    pub(super) fn scrub(&mut self) {
        self.scrub = true;
    }
}

fn loaded<'a>(log: &'a mut Option<Log>, connection: &Connection) -> Result<&'a mut Log, Failure> {
    Ok(match log {
        Some(log) => log,
        None => log.insert(Log::load(connection)?),
    })
}

/// A write that waits for its transaction.
pub(super) trait Write: Send {
    /// Carries it out. Called again if the transaction was taken back because of another write.
    ///
    /// # Errors
    /// If the database failed; an answer of the journal's own is kept for the caller.
    fn carry_out(&mut self, batch: &mut Batch<'_>) -> rusqlite::Result<()>;

    /// Tells the caller, once it is durable or `failed`.
    fn answer(self: Box<Self>, failed: Option<&Error>);
}

/// A write with the caller who waits for it.
pub(super) struct Job<T, F> {
    pub(super) work: F,
    pub(super) done: Option<Result<T>>,
    pub(super) caller: oneshot::Sender<Result<T>>,
}

impl<T, F> Write for Job<T, F>
where
    T: Send,
    F: FnMut(&mut Batch<'_>) -> Result<T, Failure> + Send,
{
    fn carry_out(&mut self, batch: &mut Batch<'_>) -> rusqlite::Result<()> {
        self.done = Some(match (self.work)(batch) {
            Ok(done) => Ok(done),
            Err(Failure::Refused(error)) => Err(error),
            Err(Failure::Database(error)) => return Err(error),
        });
        Ok(())
    }

    fn answer(self: Box<Self>, failed: Option<&Error>) {
        let answer = failed.map(|error| Err(error.clone())).or(self.done);
        if let Some(answer) = answer {
            // A caller who stopped waiting reads what there is.
            let _ = self.caller.send(answer);
        }
    }
}

/// Where a transaction failed.
pub(super) enum Broken {
    /// Before its end: nothing of it is stored.
    Undone(Failure),
    /// At its end: it may be stored.
    InDoubt(rusqlite::Error),
}

impl From<Failure> for Broken {
    fn from(failure: Failure) -> Self {
        Self::Undone(failure)
    }
}

impl From<rusqlite::Error> for Broken {
    fn from(error: rusqlite::Error) -> Self {
        Self::Undone(error.into())
    }
}

/// What a transaction left to do.
pub(super) struct Done {
    /// Is to be shown to the witness.
    pub(super) checkpoint: Option<SignedCheckpoint>,
    /// Whether something was removed that is to be overwritten.
    pub(super) scrub: bool,
}

/// Carries all `writes` out in one transaction; durable when it returns.
pub(super) fn carry_out(
    connection: &mut Connection,
    salts: &mut Salts,
    signer: &dyn Signer,
    now: Timestamp,
    writes: &mut [Box<dyn Write>],
) -> Result<Done, Broken> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let mut batch = Batch { connection: &transaction, now, salts, log: None, scrub: false };
    for write in writes {
        write.carry_out(&mut batch)?;
    }
    let scrub = batch.scrub;
    let checkpoint = match batch.log {
        Some(log) => log.finish(&transaction, signer, now)?,
        None => None,
    };
    failpoint::hit("journal.batch_written");
    transaction
        .commit()
        .map_err(|error| if super::failure::leaves_doubt(&error) { Broken::InDoubt(error) } else { error.into() })?;
    failpoint::hit("journal.batch_committed");
    Ok(Done { checkpoint, scrub })
}
