//! What a leaf says: named values, each hidden behind a salted commitment.

use std::fmt;

use sha2::{Digest, Sha256};

use super::bytes::{MAX_VALUE_BYTES, Malformed, is_name};
use super::hash::Hash;

/// One thing that a leaf says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// 1 to 32 characters of lower snake case, unique within the leaf. Names are public: only values can be erased.
    pub name: &'static str,
    /// At most 64 KiB.
    pub value: String,
}

impl Field {
    /// `name` says `value`.
    #[must_use]
    pub fn new(name: &'static str, value: impl Into<String>) -> Self {
        Self { name, value: value.into() }
    }

    pub(super) fn check(&self) -> Result<(), Malformed> {
        if !is_name(self.name) {
            return Err(Malformed::Name { found: self.name.to_owned() });
        }
        if self.value.len() > MAX_VALUE_BYTES {
            return Err(Malformed::TooLong { name: self.name.to_owned(), found: self.value.len() });
        }
        Ok(())
    }
}

/// 128 random bits that keep a short value from being guessed from its commitment once its opening is gone.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Salt(pub [u8; 16]);

impl Salt {
    /// From 32 lower-case hex digits.
    #[must_use]
    pub fn from_hex(text: &str) -> Option<Self> {
        super::hash::from_hex(text).map(Self)
    }
}

impl fmt::Display for Salt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&crate::incident::hex(&self.0))
    }
}

impl fmt::Debug for Salt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// What shows that a commitment was to this value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Opening<'a> {
    /// Which field.
    pub name: &'a str,
    /// Drawn for this field of this leaf alone.
    pub salt: Salt,
    /// What it says.
    pub value: &'a str,
}

impl Opening<'_> {
    /// What the leaf holds of it: SHA-256("selfheal-field-v1\0" ‖ salt ‖ u16 length ‖ name ‖ u64 length ‖ value), numbers
    /// big-endian.
    #[must_use]
    pub fn commitment(&self) -> Hash {
        let name_length = u16::try_from(self.name.len()).unwrap_or(u16::MAX);
        let hash = Sha256::new()
            .chain_update(b"selfheal-field-v1\0")
            .chain_update(self.salt.0)
            .chain_update(name_length.to_be_bytes())
            .chain_update(self.name)
            .chain_update((self.value.len() as u64).to_be_bytes())
            .chain_update(self.value);
        Hash::from_bytes(hash.finalize().into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_of_an_opening_is_committed_to_and_parts_cannot_trade_bytes() {
        let salt = Salt([7; 16]);
        let base = Opening { name: "by", salt, value: "healer" };
        let others = [
            Opening { name: "b", salt, value: "yhealer" },
            Opening { name: "byh", salt, value: "ealer" },
            Opening { salt: Salt([8; 16]), ..base },
            Opening { value: "healers", ..base },
            Opening { value: "", ..base },
        ];
        assert!(others.iter().all(|other| other.commitment() != base.commitment()));
        assert_eq!(
            base.commitment().to_string(),
            Hash::of(b"selfheal-field-v1\0\x07\x07\x07\x07\x07\x07\x07\x07\x07\x07\x07\x07\x07\x07\x07\x07\x00\x02by\x00\x00\x00\x00\x00\x00\x00\x06healer").to_string()
        );
    }
}
