//! How the log goes on: leaves and checkpoints that are drawn up before the server is asked to store them.

use selfheal_core::audit::{Checkpoint, Entry, Field, Head, Malformed, SignedCheckpoint, Signer};
use selfheal_core::error::{Error, ErrorKind, Result};
use selfheal_core::time::Timestamp;

use crate::audit::Salts;
use crate::journal::leaves::is_full;
use crate::journal::rows::signed;

/// How a log ends: all that is needed to go on with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct End {
    pub(super) head: Head,
    /// How many checkpoints there are.
    pub(super) checkpoints: i64,
    pub(super) newest: Option<SignedCheckpoint>,
}

/// Leaves, and perhaps a checkpoint, that go on from an [`End`].
#[derive(Debug)]
pub(super) struct Draft {
    /// The log's end once they are stored.
    pub(super) after: End,
    pub(super) first_leaf: i64,
    pub(super) hashes: Vec<Vec<u8>>,
    pub(super) encodings: Vec<Vec<u8>>,
    pub(super) openings: Vec<Vec<u8>>,
    /// Signed over all of them.
    pub(super) checkpoint: Option<SignedCheckpoint>,
}

impl End {
    /// As the server keeps it.
    pub(super) fn read(head: &[u8], checkpoints: Option<i64>, note: Option<&str>) -> Result<Self> {
        let damaged =
            |error: String| Error::new(ErrorKind::Invalid, "journal.append", format!("the log is damaged: {error}"));
        let head = Head::decode(head).map_err(|error| damaged(format!("its head: {error}")))?;
        let newest = note.map(SignedCheckpoint::parse).transpose();
        let newest = newest.map_err(|error| damaged(format!("its newest checkpoint: {error}")))?;
        Ok(Self { head, checkpoints: checkpoints.unwrap_or_default(), newest })
    }

    /// Draws up a leaf for each of `said`; a checkpoint is signed if one is `due`, or when the number of leaves passes a multiple of
    /// some hundreds.
    pub(super) fn draft<'a>(
        &self,
        said: impl Iterator<Item = &'a [Field]>,
        due: bool,
        at: Timestamp,
        signer: &dyn Signer,
    ) -> Result<Draft> {
        let (mut head, mut salts) = (self.head.clone(), Salts::default());
        let leaf = |fields: &[Field]| head.append(fields.to_vec(), salts.draw(fields.len())?).map_err(unsayable);
        let entries = said.map(leaf).collect::<Result<Vec<_>>>()?;
        let after = Self { head, ..self.clone() };
        let full = is_full(self.head.size(), after.head.size());
        let sign = || Checkpoint::sign(&after.head, at, self.newest.as_ref(), signer);
        let checkpoint = (after.has_unsigned_leaves() && (due || full)).then(sign).transpose()?;
        Ok(Draft::of(signed(self.head.size()), entries, after, checkpoint))
    }

    pub(super) fn has_unsigned_leaves(&self) -> bool {
        self.newest.as_ref().map_or(0, |newest| newest.checkpoint().size) < self.head.size()
    }
}

impl Draft {
    fn of(first_leaf: i64, entries: Vec<Entry>, mut after: End, checkpoint: Option<SignedCheckpoint>) -> Self {
        if checkpoint.is_some() {
            after.newest.clone_from(&checkpoint);
            after.checkpoints = after.checkpoints.saturating_add(1);
        }
        let hashes = entries.iter().map(|entry| entry.hash.as_bytes().to_vec()).collect();
        let (encodings, openings) = entries.into_iter().map(|entry| (entry.leaf, entry.openings)).unzip();
        Self { after, first_leaf, hashes, encodings, openings, checkpoint }
    }
}

fn unsayable(error: Malformed) -> Error {
    Error::new(ErrorKind::Internal, "journal.append", format!("no leaf can say this: {error}"))
}
