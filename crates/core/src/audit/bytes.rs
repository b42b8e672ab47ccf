//! Strict reading of the binary encodings.

use super::hash::Hash;

/// The longest name of a field, in bytes.
pub const MAX_NAME_BYTES: usize = 32;

/// The longest value of a field, in bytes.
pub const MAX_VALUE_BYTES: usize = 64 << 10;

/// Most fields of one leaf.
pub const MAX_FIELDS: usize = 32;

/// Bytes that are no canonical encoding.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Malformed {
    /// Written by another version.
    #[error("version {found}, expected {expected}")]
    Version {
        /// What stands there.
        found: u8,
        /// What this program reads.
        expected: u8,
    },
    /// The bytes end early.
    #[error("it ends within {within}")]
    Truncated {
        /// Where.
        within: &'static str,
    },
    /// Bytes follow the end.
    #[error("{bytes} bytes follow its end")]
    Trailing {
        /// How many.
        bytes: usize,
    },
    /// More fields than a leaf may have.
    #[error("{found} fields, expected at most {MAX_FIELDS}")]
    TooManyFields {
        /// How many.
        found: usize,
    },
    /// A field's name that is not 1 to 32 bytes of lower snake case.
    #[error("`{found}` is no name of a field: expected 1 to {MAX_NAME_BYTES} characters a-z, 0-9 and _")]
    Name {
        /// What stands there, as far as it can be shown.
        found: String,
    },
    /// Names that are not in ascending order, or stand twice.
    #[error("field `{name}` stands out of order or twice")]
    Order {
        /// The later of the two.
        name: String,
    },
    /// A value that is too long.
    #[error("the value of field `{name}` has {found} bytes, expected at most {MAX_VALUE_BYTES}")]
    TooLong {
        /// Whose.
        name: String,
        /// How long it is.
        found: usize,
    },
    /// A value that is no text.
    #[error("the value of field `{name}` is not UTF-8")]
    NotText {
        /// Whose.
        name: String,
    },
    /// A frontier whose number of peaks doesn't fit its size.
    #[error("a tree of {size} leaves has {expected} peaks, found {found}")]
    Peaks {
        /// Leaves.
        size: u64,
        /// The ones in the binary form of `size`.
        expected: usize,
        /// What stands there.
        found: usize,
    },
}

/// Takes pieces off the front of an encoding.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reader<'a>(pub(super) &'a [u8]);

impl<'a> Reader<'a> {
    pub(super) fn take(&mut self, length: usize, within: &'static str) -> Result<&'a [u8], Malformed> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or(Malformed::Truncated { within })?;
        self.0 = rest;
        Ok(taken)
    }

    pub(super) fn array<const N: usize>(&mut self, within: &'static str) -> Result<&'a [u8; N], Malformed> {
        let (taken, rest) = self.0.split_first_chunk().ok_or(Malformed::Truncated { within })?;
        self.0 = rest;
        Ok(taken)
    }

    pub(super) fn u8(&mut self, within: &'static str) -> Result<u8, Malformed> {
        self.array::<1>(within).map(|byte| byte[0])
    }

    pub(super) fn u64(&mut self, within: &'static str) -> Result<u64, Malformed> {
        self.array(within).map(|bytes| u64::from_be_bytes(*bytes))
    }

    pub(super) fn hash(&mut self, within: &'static str) -> Result<Hash, Malformed> {
        self.array(within).map(|bytes| Hash::from_bytes(*bytes))
    }

    pub(super) fn version(&mut self, expected: u8) -> Result<(), Malformed> {
        match self.u8("its version")? {
            found if found == expected => Ok(()),
            found => Err(Malformed::Version { found, expected }),
        }
    }

    /// The number of fields that follow.
    pub(super) fn fields(&mut self) -> Result<usize, Malformed> {
        match usize::from(self.u8("the number of fields")?) {
            found if found > MAX_FIELDS => Err(Malformed::TooManyFields { found }),
            count => Ok(count),
        }
    }

    pub(super) fn name(&mut self) -> Result<&'a str, Malformed> {
        let length = usize::from(self.u8("a field's name")?);
        let bytes = self.take(length, "a field's name")?;
        let text = std::str::from_utf8(bytes).ok().filter(|text| is_name(text));
        text.ok_or_else(|| Malformed::Name { found: String::from_utf8_lossy(bytes).into_owned() })
    }

    pub(super) fn end(self) -> Result<(), Malformed> {
        match self.0.len() {
            0 => Ok(()),
            bytes => Err(Malformed::Trailing { bytes }),
        }
    }
}

/// Whether `text` may name a field.
pub(super) fn is_name(text: &str) -> bool {
    let shape = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    (1..=MAX_NAME_BYTES).contains(&text.len())
        && text.bytes().all(shape)
        && text.starts_with(|first: char| first.is_ascii_lowercase())
}
