//! The log's key: Ed25519, private and public half, each as one line of text.

use std::fmt;
use std::path::Path;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::Signer as _;
use selfheal_core::audit::{KeyId, SignatureVerifier, Signer, is_key_name};
use selfheal_core::error::{Error, ErrorKind, Result};
use selfheal_core::failpoint;

use super::private_file;
use super::salts::no_entropy;

/// The longest file of a key, in bytes.
const MAX_KEY_BYTES: u64 = 1024;

/// The signature type of Ed25519 in a key's text.
const ED25519: u8 = 0x01;

const PRIVATE: &str = "PRIVATE+KEY+";

/// The private half. Its text is `PRIVATE+KEY+name+id+base64(0x01 ‖ seed)`, the form of Go's `sumdb/note`.
#[derive(Clone)]
pub struct SigningKey {
    name: String,
    key: ed25519_dalek::SigningKey,
}

impl SigningKey {
    /// A new random key called `name`, which is the log's origin too: unique, such as `example.org/healer/3f9c`.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] unless `name` is a [key name](is_key_name); [`ErrorKind::Unavailable`] without entropy.
    pub fn generate(name: &str) -> Result<Self> {
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).map_err(no_entropy)?;
        Self::from_seed(name, &seed)
    }

    /// The key that `seed`, 32 secret random bytes, stands for.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] unless `name` is a [key name](is_key_name).
    pub fn from_seed(name: &str, seed: &[u8; 32]) -> Result<Self> {
        if !is_key_name(name) {
            return Err(invalid("audit.key", "a key's name has 1 to 128 bytes, without spaces and `+`"));
        }
        Ok(Self { name: name.to_owned(), key: ed25519_dalek::SigningKey::from_bytes(seed) })
    }

    /// Keeps the key in a new private (0600) file, whole or not at all, durable when this returns.
    ///
    /// # Errors
    /// [`ErrorKind::Conflict`] if there is a file already: it is left alone.
    pub fn create(&self, path: &Path) -> Result<()> {
        failpoint::hit("audit.key.before_write");
        private_file::create(path, &format!("{PRIVATE}{}\n", self.text(self.key.as_bytes())), "audit.key.create")?;
        failpoint::hit("audit.key.written");
        Ok(())
    }

    /// Reads the key from its file.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] if there is none, [`ErrorKind::Forbidden`] if others than its owner can read it,
    /// [`ErrorKind::Invalid`] if it holds something else.
    pub fn open(path: &Path) -> Result<Self> {
        const OPERATION: &str = "audit.key.open";
        let at = |error: Error| error.with_context("path", path.display().to_string());
        let (text, file) = private_file::read(path, MAX_KEY_BYTES, OPERATION)?;
        private_file::check_private(&file, path, OPERATION)?;
        let problem = || at(invalid(OPERATION, "expected one line `PRIVATE+KEY+name+id+base64`"));
        let line = text.strip_suffix('\n').and_then(|line| line.strip_prefix(PRIVATE)).ok_or_else(problem)?;
        let (name, id, seed) = parse(line).ok_or_else(problem)?;
        let key = Self::from_seed(name, &seed).map_err(at)?;
        if key.key_id() != id {
            return Err(at(invalid(OPERATION, format!("the id of this key is {}, the file says {id}", key.key_id()))));
        }
        Ok(key)
    }

    /// The public half.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        PublicKey { name: self.name.clone(), key: self.key.verifying_key() }
    }

    fn text(&self, key: &[u8; 32]) -> String {
        text(&self.name, self.key_id(), key)
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({}, ..)", self.name)
    }
}

impl Signer for SigningKey {
    fn name(&self) -> &str {
        &self.name
    }

    fn key_id(&self) -> KeyId {
        KeyId::ed25519(&self.name, self.key.verifying_key().as_bytes())
    }

    fn sign(&self, message: &[u8]) -> Result<[u8; 64]> {
        Ok(self.key.sign(message).to_bytes())
    }
}

/// The public half, by which anybody verifies. Its text is `name+id+base64(0x01 ‖ key)`, the "vkey" of
/// <https://c2sp.org/signed-note>.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey {
    name: String,
    key: ed25519_dalek::VerifyingKey,
}

impl PublicKey {
    /// Keeps the key in a new file, whole or not at all, durable when this returns.
    ///
    /// # Errors
    /// [`ErrorKind::Conflict`] if there is a file already: it is left alone.
    pub fn create(&self, path: &Path) -> Result<()> {
        failpoint::hit("audit.public_key.before_write");
        private_file::create(path, &format!("{self}\n"), "audit.public_key.create")?;
        failpoint::hit("audit.public_key.written");
        Ok(())
    }

    /// Its 32 bytes, without a name: what people are enrolled with.
    #[must_use]
    pub fn bytes(&self) -> &[u8; 32] {
        self.key.as_bytes()
    }

    /// Reads the key from its file.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] if there is none, [`ErrorKind::Invalid`] if it holds something else.
    pub fn open(path: &Path) -> Result<Self> {
        const OPERATION: &str = "audit.public_key.open";
        let (text, _) = private_file::read(path, MAX_KEY_BYTES, OPERATION)?;
        let line = text.strip_suffix('\n').ok_or_else(|| invalid(OPERATION, "expected one line"));
        line.and_then(str::parse).map_err(|error| error.with_context("path", path.display().to_string()))
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&text(&self.name, self.key_id(), self.key.as_bytes()))
    }
}

impl FromStr for PublicKey {
    type Err = Error;

    fn from_str(line: &str) -> Result<Self> {
        let refused = |message: &str| invalid("audit.public_key", message);
        let (name, id, key) = parse(line).ok_or_else(|| refused("expected `name+id+base64` of an Ed25519 key"))?;
        let key =
            ed25519_dalek::VerifyingKey::from_bytes(&key).map_err(|_| refused("the key is no point of the curve"))?;
        if key.is_weak() {
            return Err(refused("the key is a weak one: other signatures than its owner's would pass"));
        }
        let key = Self { name: name.to_owned(), key };
        if key.key_id() == id { Ok(key) } else { Err(refused("the key's id is not that of its name and bytes")) }
    }
}

impl SignatureVerifier for PublicKey {
    fn name(&self) -> &str {
        &self.name
    }

    fn key_id(&self) -> KeyId {
        KeyId::ed25519(&self.name, self.key.as_bytes())
    }

    fn verify(&self, message: &[u8], signature: &[u8; 64]) -> bool {
        self.key.verify_strict(message, &ed25519_dalek::Signature::from_bytes(signature)).is_ok()
    }
}

/// Whether `signature` over `message` is by the holder of the Ed25519 public key `key`. Strict: a weak key, or a signature that is
/// not in canonical form, never passes.
#[must_use]
pub fn verify_signature(key: &[u8; 32], message: &[u8], signature: &[u8; 64]) -> bool {
    let signature = ed25519_dalek::Signature::from_bytes(signature);
    ed25519_dalek::VerifyingKey::from_bytes(key).is_ok_and(|key| key.verify_strict(message, &signature).is_ok())
}

fn text(name: &str, id: KeyId, key: &[u8; 32]) -> String {
    format!("{name}+{id}+{}", STANDARD.encode([[ED25519].as_slice(), key].concat()))
}

/// Name, id and key of `name+id+base64(0x01 ‖ key)`.
fn parse(line: &str) -> Option<(&str, KeyId, [u8; 32])> {
    // Base64 has plus signs of its own: the first two count.
    let mut parts = line.splitn(3, '+');
    let (name, id, key) = (parts.next()?, parts.next()?, parts.next()?);
    let id = id.parse().ok()?;
    let key = STANDARD.decode(key).ok()?;
    let (kind, key) = key.split_first()?;
    (*kind == ED25519 && is_key_name(name)).then_some((name, id, key.try_into().ok()?))
}

fn invalid(operation: &'static str, message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Invalid, operation, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_by_one_key_over_one_message() {
        let (key, other) = (SigningKey::generate("ada").unwrap(), SigningKey::generate("bob").unwrap());
        let signature = key.sign(b"yes").unwrap();
        assert!(verify_signature(key.public().bytes(), b"yes", &signature));
        assert!(!verify_signature(key.public().bytes(), b"no", &signature));
        assert!(!verify_signature(other.public().bytes(), b"yes", &signature));
        let mut altered = signature;
        altered[0] ^= 1;
        assert!(!verify_signature(key.public().bytes(), b"yes", &altered));
    }

    #[test]
    fn a_weak_key_accepts_nothing() {
        // The neutral element: for it, R = neutral and s = 0 satisfy the equation over any message.
        let mut neutral = [0; 32];
        neutral[0] = 1;
        let mut signature = [0; 64];
        signature[0] = 1;
        let lenient = ed25519_dalek::VerifyingKey::from_bytes(&neutral).unwrap();
        let forged = ed25519_dalek::Signature::from_bytes(&signature);
        assert!(ed25519_dalek::Verifier::verify(&lenient, b"anything", &forged).is_ok());
        assert!(!verify_signature(&neutral, b"anything", &signature));
    }
}
