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
pub enum NotAKey {
    /// It isn't written as one.
    #[error("expected `ed25519:` and a public key of 32 bytes in base64 or hexadecimal")]
    Text,
    /// Its point is of small order: nobody made it from a private key, and a lax verifier takes one signature under it for many
    /// messages.
    #[error("expected a public key that somebody made, found a weak one")]
    Weak,
}

/// The encodings of the points of small order, non-canonical ones included, without the sign bit: the list that libsodium's
/// `ge25519_has_small_order` refuses.
const WEAK: [[u8; 32]; 7] = [
    [0; 32],
    bytes(0x01, 0x00, 0x00),
    [
        0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5, 0xdf,
        0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05,
    ],
    [
        0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a, 0x20,
        0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a,
    ],
    bytes(0xec, 0xff, 0x7f),
    bytes(0xed, 0xff, 0x7f),
    bytes(0xee, 0xff, 0x7f),
];

/// A first byte, thirty like each other, and a last one.
const fn bytes(first: u8, middle: u8, last: u8) -> [u8; 32] {
    let mut all = [middle; 32];
    all[0] = first;
    all[31] = last;
    all
}

impl EnrolledKey {
    /// Whether its point is of small order.
    fn is_weak(&self) -> bool {
        let mut unsigned = self.0;
        unsigned[31] &= 0x7f;
        WEAK.contains(&unsigned)
    }
}

impl FromStr for EnrolledKey {
    type Err = NotAKey;

    fn from_str(text: &str) -> Result<Self, NotAKey> {
        let key = text.strip_prefix("ed25519:").ok_or(NotAKey::Text)?;
        let bytes = if key.len() == 64 { from_hex(key) } else { STANDARD.decode(key).ok() };
        let key = bytes.and_then(|bytes| bytes.try_into().ok()).map(Self).ok_or(NotAKey::Text)?;
        if key.is_weak() { Err(NotAKey::Weak) } else { Ok(key) }
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
            assert_eq!(no.parse::<EnrolledKey>(), Err(NotAKey::Text), "{no}");
        }
    }

    #[test]
    fn a_key_that_nobody_made_is_none_whatever_its_sign() {
        for weak in WEAK {
            let mut negative = weak;
            negative[31] |= 0x80;
            for key in [EnrolledKey(weak), EnrolledKey(negative)] {
                assert_eq!(key.to_string().parse::<EnrolledKey>(), Err(NotAKey::Weak), "{:02x?}", key.0);
            }
        }
        let generator = format!("ed25519:58{}", "66".repeat(31));
        assert!(generator.parse::<EnrolledKey>().is_ok());
    }
}
