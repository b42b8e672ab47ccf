//! Appends a batch of records in one transaction, and finds out what became of it when the connection breaks.

use std::time::Duration;

use selfheal_core::error::{Error, ErrorKind, Result, Retry};
use selfheal_core::failpoint;
use selfheal_core::ports::Lease;
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::failure::{Aftermath, Broken};
use super::log::{Draft, End};
use super::session::Session;
use super::writer::Writer;
use crate::journal::rows::{PreparedRecord, signed, unsigned};

const OPERATION: &str = "journal.append";

/// Between two tries to reach a server that went away.
pub(super) const PAUSE: Duration = Duration::from_millis(50);

/// An append that waits for its transaction.
#[derive(Debug)]
pub(super) struct Append {
    pub(super) lease: Lease,
    pub(super) record: PreparedRecord,
    pub(super) answer: oneshot::Sender<Result<()>>,
}

/// What the server answered to a batch.
#[derive(Debug)]
pub(super) enum Verdict {
    /// All of it is durable, once the transaction is.
    Stored,
    /// The log went on meanwhile.
    Stale,
    /// None of it, because these incidents are elsewhere.
    Refused(Vec<Elsewhere>),
}

/// Where an incident is, if not where an append expected it.
#[derive(Debug)]
pub(super) struct Elsewhere {
    pub(super) incident: String,
    /// 0: there is no such incident.
    pub(super) epoch: i64,
    pub(super) records: i64,
}

impl Append {
    fn answer(self, result: Result<()>) {
        // A caller that went away doesn't hear it; the record is there all the same.
        let _ = self.answer.send(result);
    }

    fn refusal(&self, found: &Elsewhere) -> Error {
        let (epoch, sequence) = (self.lease.epoch, self.record.sequence);
        let message = if found.epoch == 0 {
            "expected the first record of a new incident".to_owned()
        } else if unsigned(found.epoch) != epoch {
            format!("another worker took over: the lease has epoch {epoch}, the incident {}", found.epoch)
        } else if found.records == sequence {
            "the incident is closed".to_owned()
        } else {
            format!("expected sequence {}, got {sequence}", found.records)
        };
        Error::new(ErrorKind::Conflict, OPERATION, message).with_context("incident", self.lease.incident.as_str())
    }
}

impl Writer {
    /// Appends what can be appended of `batch`, which has at most one record of each incident, and answers everyone.
    pub(super) async fn commit(&mut self, mut batch: Vec<Append>) {
        let deadline = Instant::now() + self.server.options.settle_within;
        let mut in_doubt = false;
        while !batch.is_empty() {
            let reused = self.session.is_some();
            let Err(broken) = self.attempt(&mut batch, in_doubt).await else { continue };
            in_doubt |= broken.in_doubt;
            if !in_doubt && broken.aftermath == Aftermath::Refused && batch.len() > 1 {
                // One of them can't be stored: the others don't pay for it.
                return self.one_by_one(batch).await;
            }
            let again = in_doubt || (reused && broken.aftermath == Aftermath::Disconnected);
            if !again || Instant::now() >= deadline {
                return give_up(batch, &broken.error, in_doubt);
            }
            if !reused {
                tokio::time::sleep(PAUSE).await;
            }
        }
    }

    async fn one_by_one(&mut self, batch: Vec<Append>) {
        for append in batch {
            Box::pin(self.commit(vec![append])).await;
        }
    }

    /// One try. What it answers it takes out of `batch`; of what is left nothing was stored unless it says that it's in doubt.
    ///
    /// The usual try is one statement, without a transaction around it: the log's end is known from the last one, and the
    /// server refuses if another worker went on with it. Only then the log is held for the length of a transaction.
    async fn attempt(&mut self, batch: &mut Vec<Append>, in_doubt: bool) -> Result<(), Broken> {
        let mut session = self.take_session().await?;
        let known = self.known.clone().filter(|_| !in_doubt && !self.contended);
        let (mut end, mut held) = match known {
            Some(end) => (end, false),
            None => (self.hold(&mut session).await?, true),
        };
        if in_doubt {
            // The log is held: what was sent before is either there, or will be refused because the log goes on now.
            let there = session.stored(batch).await?;
            settle(batch, &there);
        }
        while !batch.is_empty() {
            let draft = self.draft(&end, batch)?;
            match session.append(batch, &end, &draft, held).await? {
                Verdict::Stored if held => {
                    session.commit().await?;
                    return self.stored(session, batch, draft).await;
                }
                Verdict::Stored => return self.stored(session, batch, draft).await,
                Verdict::Refused(elsewhere) => refuse(batch, &elsewhere),
                Verdict::Stale if held => return Err(Broken::refused(lost_hold())),
                Verdict::Stale => {
                    (end, held) = (self.hold(&mut session).await?, true);
                    self.contended = true;
                }
            }
        }
        if held {
            session.roll_back().await?;
        }
        self.known = Some(end);
        self.session = Some(session);
        Ok(())
    }

    /// Holds the log within a transaction.
    pub(super) async fn hold(&mut self, session: &mut Session) -> Result<End, Broken> {
        let end = session.hold().await?;
        // Whoever finds the log as it was left has it to himself.
        self.contended = self.known.as_ref().is_some_and(|known| *known != end);
        self.known = Some(end.clone());
        Ok(end)
    }

    fn draft(&self, end: &End, batch: &[Append]) -> Result<Draft, Broken> {
        let is_signed = batch.iter().any(|append| append.record.is_signed);
        let said = batch.iter().map(|append| append.record.fields.as_slice());
        let draft = end.draft(said, is_signed, self.now(), self.signer.as_ref());
        failpoint::hit("postgres.batch_drawn_up");
        draft.map_err(Broken::refused)
    }

    async fn stored(&mut self, session: Session, batch: &mut Vec<Append>, draft: Draft) -> Result<(), Broken> {
        failpoint::hit("postgres.batch_committed");
        batch.drain(..).for_each(|append| append.answer(Ok(())));
        self.session = Some(session);
        self.known = Some(draft.after);
        self.show(draft.checkpoint);
        Ok(())
    }
}

/// Answers those whose incidents are not where they were expected.
fn refuse(batch: &mut Vec<Append>, elsewhere: &[Elsewhere]) {
    for found in elsewhere {
        let place = batch.iter().position(|append| append.lease.incident.as_str() == found.incident);
        if let Some(append) = place.map(|place| batch.remove(place)) {
            let refusal = append.refusal(found);
            append.answer(Err(refusal));
        }
    }
}

/// Answers those whose records turned out to be there.
fn settle(batch: &mut Vec<Append>, there: &[String]) {
    let (done, left) = batch.drain(..).partition(|append| there.iter().any(|id| id == append.lease.incident.as_str()));
    *batch = left;
    let done: Vec<Append> = done;
    done.into_iter().for_each(|append| append.answer(Ok(())));
}

fn give_up(batch: Vec<Append>, error: &Error, in_doubt: bool) {
    for append in batch {
        let error = error.clone().with_context("incident", append.lease.incident.as_str());
        let error = if in_doubt { unknown_outcome(error) } else { error };
        append.answer(Err(error));
    }
}

fn unknown_outcome(error: Error) -> Error {
    let message =
        format!("the connection broke and the record may or may not be stored: read it back; {}", error.message());
    Error::new(ErrorKind::Unavailable, OPERATION, message).with_retry(Retry::UnknownOutcome).with_source(error)
}

fn lost_hold() -> Error {
    Error::new(ErrorKind::Internal, OPERATION, "the log went on although it was held")
}

/// What the server is asked to store of an append.
#[derive(serde::Serialize)]
pub(super) struct Item<'a> {
    incident: &'a str,
    epoch: i64,
    worker: &'a str,
    ttl_ms: i64,
    sequence: i64,
    record: &'a str,
    standing: &'a str,
    opened_at_ms: i64,
    wake_at_ms: Option<i64>,
    resource: i64,
}

impl<'a> Item<'a> {
    pub(super) fn of(append: &'a Append) -> Self {
        let Append { lease, record, .. } = append;
        Self {
            incident: lease.incident.as_str(),
            epoch: signed(lease.epoch),
            worker: &lease.worker,
            ttl_ms: super::leases::ttl_ms(lease.ttl),
            sequence: record.sequence,
            record: &record.json,
            standing: &record.standing,
            opened_at_ms: record.opened_at_ms,
            wake_at_ms: record.wake_at_ms,
            resource: record.resource,
        }
    }
}
