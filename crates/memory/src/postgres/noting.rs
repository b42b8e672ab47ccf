//! Appends an entry to the ledger, with its leaf, and finds out what became of it when the connection breaks.

use selfheal_core::error::{Error, ErrorKind, Result, Retry};
use selfheal_core::failpoint;
use tokio::time::Instant;

use super::commit::PAUSE;
use super::failure::{Aftermath, Broken};
use super::log::Draft;
use super::session::Session;
use super::writer::Writer;
use crate::journal::entries::{APPEND, PreparedEntry};

/// The leaf of an entry that was sent. Its hash is salted: nobody else's is the same, whatever it says.
struct Sent {
    leaf: i64,
    hash: Vec<u8>,
}

impl Sent {
    fn of(draft: &Draft) -> Option<Self> {
        draft.hashes.first().map(|hash| Self { leaf: draft.first_leaf, hash: hash.clone() })
    }
}

impl Writer {
    /// Appends it, durably.
    pub(super) async fn note(&mut self, entry: &PreparedEntry) -> Result<()> {
        let deadline = Instant::now() + self.server.options.settle_within;
        let mut in_doubt = None;
        loop {
            let reused = self.session.is_some();
            let Err(broken) = self.try_to_note(entry, &mut in_doubt).await else { return Ok(()) };
            // A connection that lay idle may be long dead; and what is in doubt is looked for.
            let again = in_doubt.is_some() || (reused && broken.aftermath == Aftermath::Disconnected);
            if !again || Instant::now() >= deadline {
                return Err(if in_doubt.is_some() { unknown_outcome(broken.error) } else { broken.error });
            }
            if !reused {
                tokio::time::sleep(PAUSE).await;
            }
        }
    }

    async fn try_to_note(&mut self, entry: &PreparedEntry, in_doubt: &mut Option<Sent>) -> Result<(), Broken> {
        let mut session = self.take_session().await?;
        let before = self.hold(&mut session).await?;
        if let Some(Sent { leaf, hash }) = in_doubt.take() {
            // The log is held: what was sent before is either there, or never will be.
            let find = "SELECT leaf FROM audit_leaves WHERE leaf = $1 AND hash = $2";
            let found: Option<(i64,)> = session.find(sqlx::query_as(find).bind(leaf).bind(hash)).await?;
            if found.is_some() {
                return self.put_back(session).await;
            }
        }
        let said = std::iter::once(entry.fields.as_slice());
        let draft = before.draft(said, entry.is_signed, self.now(), self.signer.as_ref()).map_err(Broken::refused)?;
        let length = insert(&mut session, entry, draft.first_leaf).await?;
        if length != entry.sequence {
            self.put_back(session).await?;
            return Err(Broken::refused(entry.refusal(length)));
        }
        session.write_log(&before, &draft).await?;
        if let Err(broken) = session.commit().await {
            *in_doubt = Sent::of(&draft).filter(|_| broken.in_doubt);
            return Err(broken);
        }
        failpoint::hit("postgres.noted");
        (self.session, self.known) = (Some(session), Some(draft.after));
        self.show(draft.checkpoint);
        Ok(())
    }

    /// Takes the transaction back and keeps the connection.
    pub(super) async fn put_back(&mut self, mut session: Session) -> Result<(), Broken> {
        session.roll_back().await?;
        self.session = Some(session);
        Ok(())
    }
}

/// Stores it if the stream has as many entries as it expects; how many it has.
async fn insert(session: &mut Session, entry: &PreparedEntry, leaf: i64) -> Result<i64, Broken> {
    let note = sqlx::query_as("SELECT note($1, $2, $3, $4, $5)")
        .bind(entry.stream.as_str())
        .bind(entry.sequence)
        .bind(leaf)
        .bind(entry.at_ms)
        .bind(&entry.json);
    let found: Option<(i64,)> = session.find(note).await?;
    Ok(found.map_or(0, |(length,)| length))
}

fn unknown_outcome(error: Error) -> Error {
    let message =
        format!("the connection broke and the entry may or may not be stored: read it back; {}", error.message());
    Error::new(ErrorKind::Unavailable, APPEND, message).with_retry(Retry::UnknownOutcome).with_source(error)
}
