//! A log in memory: for tests, for hosts that keep no state, and as the plainest example of a store.

use std::ops::Range;

use selfheal_core::audit::{
    Checkpoint, Entry, Erasure, Field, Head, Malformed, Openings, Row, SignedCheckpoint, Signer, Stored,
};
use selfheal_core::error::{Error, ErrorKind, Result};
use selfheal_core::time::Timestamp;

use super::keys::PublicKey;
use super::rows::AuditRows;
use super::salts::Salts;

/// A row as it would be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InMemoryRow {
    /// See [`Row::index`].
    pub index: u64,
    /// See [`Row::hash`].
    pub hash: Vec<u8>,
    /// See [`Row::leaf`].
    pub leaf: Vec<u8>,
    /// See [`Row::openings`].
    pub openings: Vec<u8>,
}

impl From<Entry> for InMemoryRow {
    fn from(entry: Entry) -> Self {
        let Entry { index, leaf, hash, openings } = entry;
        Self { index, hash: hash.as_bytes().to_vec(), leaf, openings }
    }
}

/// A whole log. Its columns are public: nothing protects them but [`verify`](super::verify).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InMemoryLog {
    /// The public key's text.
    pub key: String,
    /// The rows, in order.
    pub rows: Vec<InMemoryRow>,
    /// The head's encoding.
    pub head: Vec<u8>,
    /// Signed checkpoints, oldest first.
    pub checkpoints: Vec<String>,
}

impl InMemoryLog {
    /// A log without leaves, of the key `key`.
    #[must_use]
    pub fn new(key: PublicKey) -> Self {
        Self { key: key.to_string(), rows: Vec::new(), head: Head::new().encode(), checkpoints: Vec::new() }
    }

    /// Appends a leaf that says `fields`, with random salts.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] if the fields can't be those of a leaf; [`ErrorKind::Unavailable`] without entropy.
    pub fn append(&mut self, fields: Vec<Field>) -> Result<()> {
        const OPERATION: &str = "audit.append";
        let mut head = Head::decode(&self.head).map_err(malformed(OPERATION))?;
        let salt = Salts::default().draw(fields.len())?;
        let entry = head.append(fields, salt).map_err(malformed(OPERATION))?;
        self.rows.push(entry.into());
        self.head = head.encode();
        Ok(())
    }

    /// Signs the log as it stands.
    ///
    /// # Errors
    /// [`ErrorKind::Conflict`] if the newest checkpoint is of as many leaves; whatever the signer fails with.
    pub fn checkpoint(&mut self, at: Timestamp, signer: &dyn Signer) -> Result<SignedCheckpoint> {
        const OPERATION: &str = "audit.checkpoint";
        let head = Head::decode(&self.head).map_err(malformed(OPERATION))?;
        let unreadable =
            |error| Error::new(ErrorKind::Invalid, OPERATION, "the newest checkpoint is none").with_source(error);
        let before =
            self.checkpoints.last().map(|note| SignedCheckpoint::parse(note).map_err(unreadable)).transpose()?;
        if before.as_ref().is_some_and(|before| before.checkpoint().size >= head.size()) {
            return Err(Error::new(ErrorKind::Conflict, OPERATION, "the newest checkpoint is of as many leaves"));
        }
        let signed = Checkpoint::sign(&head, at, before.as_ref(), signer)?;
        self.checkpoints.push(signed.as_str().to_owned());
        Ok(signed)
    }

    /// Drops an opening, says so in a leaf, and signs that.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] if that opening isn't there; [`ErrorKind::Invalid`] if its leaf is an erasure itself, whose
    /// openings must stay.
    pub fn erase(&mut self, erasure: &Erasure, signer: &dyn Signer) -> Result<SignedCheckpoint> {
        const OPERATION: &str = "audit.erase";
        let place = usize::try_from(erasure.leaf).unwrap_or(usize::MAX);
        let missing = || Error::new(ErrorKind::NotFound, OPERATION, "there is no such opening");
        let row = self.rows.get(place).ok_or_else(missing)?;
        let openings = Openings::decode(&row.openings).map_err(malformed(OPERATION))?;
        if Erasure::read(&openings).is_some() {
            return Err(Error::new(ErrorKind::Invalid, OPERATION, "what tells of an erasure is never erased"));
        }
        let kept = openings.without(&erasure.field).ok_or_else(missing)?;
        self.append(erasure.fields())?;
        self.rows[place].openings = kept;
        self.checkpoint(erasure.at, signer)
    }
}

fn malformed(operation: &'static str) -> impl Fn(Malformed) -> Error {
    move |error| Error::new(ErrorKind::Invalid, operation, error.to_string())
}

impl AuditRows for InMemoryLog {
    fn public_key(&self) -> Result<String> {
        Ok(self.key.clone())
    }

    fn stored(&self) -> Result<Stored> {
        let (head, checkpoints) = (self.head.clone(), self.checkpoints.clone());
        Ok(Stored { rows: self.rows.len() as u64, head, checkpoints })
    }

    fn read(&self, places: Range<u64>, each: &mut dyn FnMut(&Row<'_>) -> bool) -> Result<()> {
        let bound = |place: u64| usize::try_from(place).unwrap_or(usize::MAX).min(self.rows.len());
        for row in &self.rows[bound(places.start)..bound(places.end)] {
            let InMemoryRow { index, hash, leaf, openings } = row;
            if !each(&Row { index: *index, hash, leaf, openings }) {
                break;
            }
        }
        Ok(())
    }
}
