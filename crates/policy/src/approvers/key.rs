//! The public key that a person is enrolled with, as text.

use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// A person's Ed25519 public key; as text `ed25519:` and 44 characters of base64, or 64 hex digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct EnrolledKey(pub [u8; 32]);

/// Text that is no such key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected `ed25519:` and a public key of 32 bytes in base64 or hexadecimal")]
pub struct NotAKey;

impl FromStr for EnrolledKey {
    type Err = NotAKey;

    fn from_str(text: &str) -> Result<Self, NotAKey> {
        let key = text.strip_prefix("ed25519:").ok_or(NotAKey)?;
        let bytes = if key.len() == 64 { from_hex(key) } else { STANDARD.decode(key).ok() };
        bytes.and_then(|bytes| bytes.try_into().ok()).map(Self).ok_or(NotAKey)
    }
}

impl fmt::Display for EnrolledKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ed25519:{}", STANDARD.encode(self.0))
    }
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u32>> = text.chars().map(|digit| digit.to_digit(16)).collect();
    digits?.chunks(2).map(|pair| u8::try_from(pair.iter().fold(0, |byte, digit| byte * 16 + digit)).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_are_the_same_key_and_anything_else_is_none() {
        let key = EnrolledKey([0xa5; 32]);
        assert_eq!(key.to_string().parse(), Ok(key));
        assert_eq!(format!("ed25519:{}", "a5".repeat(32)).parse(), Ok(key));
        for no in ["", "ed25519:", "a5", "rsa:AAAA", "ed25519:a5a5", &format!("ed25519:{}", "g5".repeat(32))] {
            assert_eq!(no.parse::<EnrolledKey>(), Err(NotAKey), "{no}");
        }
    }
}
