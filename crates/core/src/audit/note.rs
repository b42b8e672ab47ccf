//! Signed notes (<https://c2sp.org/signed-note>): text with a signature that a person can read.

use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::hash::Hash;
use crate::error::Result;

/// The longest note that is read, in bytes.
pub const MAX_NOTE_BYTES: usize = 4096;

/// The signature type of Ed25519 in a key.
const ED25519: u8 = 0x01;

/// Names a key within a note: the first four bytes of SHA-256(name ‖ "\n" ‖ 0x01 ‖ public key).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyId(pub [u8; 4]);

impl KeyId {
    /// The id of an Ed25519 key called `name`.
    #[must_use]
    pub fn ed25519(name: &str, public_key: &[u8; 32]) -> Self {
        let bytes = [name.as_bytes(), b"\n", &[ED25519], public_key].concat();
        let [a, b, c, d, ..] = *Hash::of(&bytes).as_bytes();
        Self([a, b, c, d])
    }
}

impl FromStr for KeyId {
    type Err = NotAKeyId;

    fn from_str(text: &str) -> Result<Self, NotAKeyId> {
        super::hash::from_hex(text).map(Self).ok_or(NotAKeyId)
    }
}

/// Text that is not 8 lower-case hex digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected 8 lower-case hex digits")]
pub struct NotAKeyId;

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&crate::incident::hex(&self.0))
    }
}

/// Signs with the log's key.
///
/// # To be correct
/// 1. [`name`](Signer::name) is a [key name](is_key_name) and, with [`key_id`](Signer::key_id), constant.
/// 2. The signature is that of Ed25519 (RFC 8032) over exactly the message.
pub trait Signer: Send + Sync {
    /// The key's name, which is the log's origin too.
    fn name(&self) -> &str;

    /// The key's id.
    fn key_id(&self) -> KeyId;

    /// The signature.
    ///
    /// # Errors
    /// If the key can't be reached.
    fn sign(&self, message: &[u8]) -> Result<[u8; 64]>;
}

/// Checks signatures of the log's key.
///
/// # To be correct
/// 1. `verify` is strict (RFC 8032, without small-order keys), so that no other signature of the same message passes.
pub trait SignatureVerifier: Send + Sync {
    /// The key's name, which is the log's origin too.
    fn name(&self) -> &str;

    /// The key's id.
    fn key_id(&self) -> KeyId;

    /// Whether `signature` is one of this key over `message`.
    fn verify(&self, message: &[u8], signature: &[u8; 64]) -> bool;
}

/// Whether `text` may name a key: 1 to 128 bytes, without whitespace, control characters and `+`.
#[must_use]
pub fn is_key_name(text: &str) -> bool {
    let fits = |c: char| !c.is_whitespace() && !c.is_control() && c != '+';
    (1..=128).contains(&text.len()) && text.chars().all(fits)
}

/// Why text is no signed note.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotANote {
    /// It is longer than a note may be.
    #[error("it has {found} bytes, expected at most {MAX_NOTE_BYTES}")]
    TooLong {
        /// How long it is.
        found: usize,
    },
    /// The empty line before the signature is missing, or a line doesn't end.
    #[error("expected lines of text, an empty line, and one signature line")]
    Layout,
    /// The signature line is not `— name base64(key id ‖ signature)`.
    #[error("expected a signature line `— name base64`")]
    SignatureLine,
    /// The text doesn't say what it should.
    #[error("line {line}: expected {expected}")]
    Line {
        /// 1-based.
        line: usize,
        /// What should stand there.
        expected: &'static str,
    },
}

/// A note with exactly one signature, taken apart; nothing is verified yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Note<'a> {
    /// What is signed, up to and with the newline before the empty line.
    pub(super) text: &'a str,
    /// Who is said to have signed.
    pub(super) key_name: &'a str,
    pub(super) key_id: KeyId,
    pub(super) signature: [u8; 64],
}

impl<'a> Note<'a> {
    pub(super) fn parse(note: &'a str) -> Result<Self, NotANote> {
        if note.len() > MAX_NOTE_BYTES {
            return Err(NotANote::TooLong { found: note.len() });
        }
        let (body, line) = note.rsplit_once("\n\n").ok_or(NotANote::Layout)?;
        let text = &note[..body.len() + 1];
        let line = line.strip_suffix('\n').filter(|line| !line.contains('\n')).ok_or(NotANote::Layout)?;
        if text.chars().any(|c| c.is_control() && c != '\n') {
            return Err(NotANote::Layout);
        }
        let (key_name, blob) =
            line.strip_prefix("— ").and_then(|rest| rest.split_once(' ')).ok_or(NotANote::SignatureLine)?;
        let blob = STANDARD.decode(blob).map_err(|_| NotANote::SignatureLine)?;
        let (id, signature) = blob.split_first_chunk().ok_or(NotANote::SignatureLine)?;
        let signature = signature.try_into().map_err(|_| NotANote::SignatureLine)?;
        if !is_key_name(key_name) {
            return Err(NotANote::SignatureLine);
        }
        Ok(Self { text, key_name, key_id: KeyId(*id), signature })
    }

    pub(super) fn is_signed_by(&self, key: &dyn SignatureVerifier) -> bool {
        self.key_name == key.name() && self.key_id == key.key_id() && key.verify(self.text.as_bytes(), &self.signature)
    }
}

/// The note of `text`, which ends with a newline.
pub(super) fn sign(text: &str, signer: &dyn Signer) -> Result<String> {
    let signature = signer.sign(text.as_bytes())?;
    let blob = STANDARD.encode([signer.key_id().0.as_slice(), &signature].concat());
    Ok(format!("{text}\n— {} {blob}\n", signer.name()))
}
