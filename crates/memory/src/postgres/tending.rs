//! What is done to the store beside appending: each under the held log, each with a leaf that tells of it.

use selfheal_core::audit::{Erasure, Field};
use selfheal_core::error::{Error, ErrorKind, Result, Retry};
use selfheal_core::failpoint;
use selfheal_core::incident::IncidentId;
use selfheal_core::ports::{Snapshot, Stream};
use selfheal_core::time::Timestamp;

use super::failure::{Aftermath, Broken};
use super::session::Session;
use super::writer::Writer;
use crate::journal::leaves;
use crate::journal::rows::{bounded_json, signed};

/// Something that can be asked for twice: what is done already isn't done again.
#[derive(Debug)]
pub(super) enum Tend {
    /// Puts a snapshot in place of records.
    Compact { incident: IncidentId, records: i64, snapshot: String },
    /// Removes a closed incident.
    Forget(IncidentId),
    /// Drops what is older at the beginning of a stream.
    Drop { stream: Stream, before_ms: i64 },
    /// Drops an opening.
    Erase(Erasure),
    /// Signs the log as it ends.
    Sign,
}

/// What became of it within the transaction.
enum Tended {
    /// There was nothing to do.
    Nothing,
    /// It is done once the log tells of it, in a leaf each.
    Done(Vec<Vec<Field>>),
}

impl Tend {
    pub(super) fn compact(snapshot: &Snapshot) -> Result<Self> {
        let incident = snapshot.state.incident.id.clone();
        let json = bounded_json("journal.compact", "snapshot", snapshot)?;
        Ok(Self::Compact { incident, records: signed(snapshot.records), snapshot: json })
    }

    /// Whether it only holds when it is signed: an erasure that no checkpoint covers counts as forged.
    fn is_signed(&self) -> bool {
        matches!(self, Self::Erase(_) | Self::Sign)
    }
}

impl Writer {
    /// Does it, durably.
    pub(super) async fn tend(&mut self, tend: &Tend) -> Result<()> {
        let reused = self.session.is_some();
        let tried = match self.try_to_tend(tend).await {
            // A connection that lay idle may be long dead; and to ask twice is to ask once.
            Err(broken) if broken.aftermath == Aftermath::Disconnected && (reused || broken.in_doubt) => {
                self.try_to_tend(tend).await
            }
            tried => tried,
        };
        tried.map_err(|broken| match broken.in_doubt {
            true => broken.error.with_retry(Retry::UnknownOutcome),
            false => broken.error,
        })
    }

    async fn try_to_tend(&mut self, tend: &Tend) -> Result<(), Broken> {
        let mut session = self.take_session().await?;
        let before = self.hold(&mut session).await?;
        let now = self.now();
        let tended = match tend {
            Tend::Compact { incident, records, snapshot } => {
                compact(&mut session, incident, *records, snapshot, signed(before.head.size()), now).await?
            }
            Tend::Forget(incident) => forget(&mut session, incident, now).await?,
            Tend::Drop { stream, before_ms } => drop_older(&mut session, stream, *before_ms, now).await?,
            Tend::Erase(erasure) => erase(&mut session, erasure).await?,
            // There is nothing to tell, but to sign.
            Tend::Sign if before.has_unsigned_leaves() => Tended::Done(Vec::new()),
            Tend::Sign => Tended::Nothing,
        };
        let Tended::Done(said) = tended else { return self.put_back(session).await };
        let draft = before.draft(said.iter().map(Vec::as_slice), tend.is_signed(), now, self.signer.as_ref());
        let draft = draft.map_err(Broken::refused)?;
        session.write_log(&before, &draft).await?;
        session.commit().await?;
        failpoint::hit("postgres.tended");
        (self.session, self.known) = (Some(session), Some(draft.after));
        self.show(draft.checkpoint);
        Ok(())
    }
}

async fn compact(
    session: &mut Session,
    incident: &IncidentId,
    records: i64,
    snapshot: &str,
    leaf: i64,
    now: Timestamp,
) -> Result<Tended, Broken> {
    let find = "SELECT i.records, s.records FROM incidents i LEFT JOIN snapshots s ON s.incident = i.incident
        WHERE i.incident = $1 FOR UPDATE OF i";
    let found: Option<(i64, Option<i64>)> = session.find(sqlx::query_as(find).bind(incident.as_str())).await?;
    let refuse = |message| Err(refused("journal.compact", ErrorKind::Invalid, incident, message));
    match found {
        None => return refuse("the journal has no such incident"),
        Some((there, _)) if records > there => return refuse("the snapshot stands for records that are not there"),
        Some((_, Some(before))) if before >= records => return Ok(Tended::Nothing),
        Some(_) => {}
    }
    let drop_records = "DELETE FROM records WHERE incident = $1 AND sequence < $2";
    session.execute(sqlx::query(drop_records).bind(incident.as_str()).bind(records)).await?;
    let put = "INSERT INTO snapshots (incident, leaf, records, snapshot) VALUES ($1, $2, $3, $4)
        ON CONFLICT (incident) DO UPDATE SET leaf = excluded.leaf, records = excluded.records, snapshot = excluded.snapshot";
    session.execute(sqlx::query(put).bind(incident.as_str()).bind(leaf).bind(records).bind(snapshot)).await?;
    Ok(Tended::Done(vec![leaves::compacted(incident, records, snapshot, now)]))
}

async fn forget(session: &mut Session, incident: &IncidentId, now: Timestamp) -> Result<Tended, Broken> {
    let find = "SELECT records, wake_at_ms IS NULL FROM incidents WHERE incident = $1 FOR UPDATE";
    let found: Option<(i64, bool)> = session.find(sqlx::query_as(find).bind(incident.as_str())).await?;
    let Some((records, closed)) = found else { return Ok(Tended::Nothing) };
    if !closed {
        return Err(refused("journal.forget", ErrorKind::Invalid, incident, "the incident is open"));
    }
    for table in [
        "DELETE FROM records WHERE incident = $1",
        "DELETE FROM snapshots WHERE incident = $1",
        "DELETE FROM incidents WHERE incident = $1",
    ] {
        session.execute(sqlx::query(table).bind(incident.as_str())).await?;
    }
    let mut said = vec![leaves::forgotten(incident, records, now)];
    // What was asked and answered about it goes too.
    if let Tended::Done(dropped) = drop_older(session, &Stream::approvals(incident), i64::MAX, now).await? {
        said.extend(dropped);
    }
    Ok(Tended::Done(said))
}

async fn drop_older(session: &mut Session, stream: &Stream, before_ms: i64, now: Timestamp) -> Result<Tended, Broken> {
    let find = "SELECT dropped, coalesce((SELECT min(sequence) FROM entries e WHERE e.stream = s.stream AND at_ms >= $2), length)
        FROM streams s WHERE stream = $1";
    let found: Option<(i64, i64)> = session.find(sqlx::query_as(find).bind(stream.as_str()).bind(before_ms)).await?;
    let Some((_, first_left)) = found.filter(|(dropped, first_left)| dropped < first_left) else {
        return Ok(Tended::Nothing);
    };
    for change in
        ["DELETE FROM entries WHERE stream = $1 AND sequence < $2", "UPDATE streams SET dropped = $2 WHERE stream = $1"]
    {
        session.execute(sqlx::query(change).bind(stream.as_str()).bind(first_left)).await?;
    }
    Ok(Tended::Done(vec![leaves::dropped(stream, first_left, now)]))
}

async fn erase(session: &mut Session, erasure: &Erasure) -> Result<Tended, Broken> {
    let find =
        "SELECT l.encoding, o.encoding FROM audit_leaves l JOIN audit_openings o ON o.leaf = l.leaf WHERE l.leaf = $1";
    let found: Option<(Vec<u8>, Vec<u8>)> = session.find(sqlx::query_as(find).bind(signed(erasure.leaf))).await?;
    let found = found.as_ref().map(|(leaf, openings)| (leaf.as_slice(), openings.as_slice()));
    let Some(left) = leaves::erased(erasure, found).map_err(Broken::refused)? else { return Ok(Tended::Nothing) };
    let put = "UPDATE audit_openings SET encoding = $2 WHERE leaf = $1";
    session.execute(sqlx::query(put).bind(signed(erasure.leaf)).bind(left)).await?;
    Ok(Tended::Done(vec![erasure.fields()]))
}

fn refused(operation: &'static str, kind: ErrorKind, incident: &IncidentId, message: &str) -> Broken {
    Broken::refused(Error::new(kind, operation, message).with_context("incident", incident.as_str()))
}
