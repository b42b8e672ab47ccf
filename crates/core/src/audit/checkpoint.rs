//! Checkpoints (<https://c2sp.org/tlog-checkpoint>): the log's size and root, signed, for others to hold it to.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::hash::Hash;
use super::log::Head;
use super::note::{self, NotANote, Note, SignatureVerifier, Signer, is_key_name};
use crate::error::{Error, ErrorKind, Result};
use crate::time::Timestamp;

/// What a checkpoint says.
///
/// As text: the lines origin, size, base64 of the root, `at <ms>`, `after <hash>`. The last two are extension lines. By
/// `after` each checkpoint vouches for the ones before it: the newest one's signature covers them all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// Which log: the name of its key.
    pub origin: String,
    /// Leaves.
    pub size: u64,
    /// Root over them.
    pub root: Hash,
    /// When it was signed, as the signer's clock told.
    pub at: Timestamp,
    /// [`SignedCheckpoint::hash`] of the one before; [`Hash::ZERO`] at the first.
    pub after: Hash,
}

impl Checkpoint {
    /// Signs a checkpoint of the log as it stands at `head`; `before` is the log's newest checkpoint so far.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] if the signer's name can't be an origin; whatever the signer fails with.
    pub fn sign(
        head: &Head,
        at: Timestamp,
        before: Option<&SignedCheckpoint>,
        signer: &dyn Signer,
    ) -> Result<SignedCheckpoint> {
        let origin = signer.name().to_owned();
        if !is_key_name(&origin) {
            let message = "a key's name has 1 to 128 bytes, without spaces and `+`";
            return Err(Error::new(ErrorKind::Invalid, "audit.sign", message).with_context("name", origin));
        }
        let after = before.map_or(Hash::ZERO, SignedCheckpoint::hash);
        let checkpoint = Self { origin, size: head.size(), root: head.root(), at, after };
        let note = note::sign(&checkpoint.text(), signer)?;
        Ok(SignedCheckpoint { checkpoint, note })
    }

    fn text(&self) -> String {
        let Self { origin, size, root, at, after } = self;
        let root = STANDARD.encode(root.as_bytes());
        format!("{origin}\n{size}\n{root}\nat {}\nafter {after}\n", at.as_millis())
    }

    fn parse(text: &str) -> Result<Self, NotANote> {
        let mut lines = text.split_terminator('\n');
        let mut line = |line, expected| lines.next().ok_or(NotANote::Line { line, expected });
        let at_line = |line, expected| NotANote::Line { line, expected };
        let origin = line(1, ORIGIN)?.to_owned();
        let size = line(2, SIZE)?.parse().map_err(|_| at_line(2, SIZE))?;
        let root = STANDARD.decode(line(3, ROOT)?).ok().and_then(|bytes| bytes.try_into().ok());
        let root = Hash::from_bytes(root.ok_or(at_line(3, ROOT))?);
        let at = line(4, AT)?.strip_prefix("at ").and_then(|ms| ms.parse().ok());
        let at = Timestamp::from_millis(at.ok_or(at_line(4, AT))?);
        let after = line(5, AFTER)?.strip_prefix("after ").and_then(|hash| hash.parse().ok());
        let after = after.ok_or(at_line(5, AFTER))?;
        let checkpoint = Self { origin, size, root, at, after };
        // One text per checkpoint: no leading zeros, no further lines.
        if checkpoint.text() == text { Ok(checkpoint) } else { Err(at_line(6, "its canonical form")) }
    }
}

const ORIGIN: &str = "the log's origin";
const SIZE: &str = "the number of leaves";
const ROOT: &str = "the root's 32 bytes in base64";
const AT: &str = "`at` and Unix milliseconds";
const AFTER: &str = "`after` and 64 hex digits";

/// A checkpoint in its signed form. That it was parsed doesn't mean that its signature is good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedCheckpoint {
    checkpoint: Checkpoint,
    note: String,
}

impl SignedCheckpoint {
    /// Reads a signed note with exactly one signature.
    ///
    /// # Errors
    /// [`NotANote`] unless it is the canonical form of one.
    pub fn parse(note: &str) -> Result<Self, NotANote> {
        let checkpoint = Checkpoint::parse(Note::parse(note)?.text)?;
        Ok(Self { checkpoint, note: note.to_owned() })
    }

    /// What it says.
    #[must_use]
    pub fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// The signed note: what is stored, witnessed and handed around.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.note
    }

    /// SHA-256 of the signed note: what the next one names.
    #[must_use]
    pub fn hash(&self) -> Hash {
        Hash::of(self.note.as_bytes())
    }

    /// Whether it is of the log of `key`, and signed by it.
    #[must_use]
    pub fn is_signed_by(&self, key: &dyn SignatureVerifier) -> bool {
        let signed = Note::parse(&self.note).is_ok_and(|note| note.is_signed_by(key));
        signed && self.checkpoint.origin == key.name()
    }
}
