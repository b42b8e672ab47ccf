//! The right edge of a Merkle tree: all that an appender needs of the leaves before.

use super::bytes::{Malformed, Reader};
use super::hash::Hash;

/// Size and peaks of a tree: the roots of its complete subtrees, largest first, one per bit set in the size.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Frontier {
    size: u64,
    peaks: Vec<Hash>,
}

impl Frontier {
    /// A tree without leaves.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a leaf by its hash: amortised one node hash.
    pub fn append(&mut self, leaf: Hash) {
        let mut node = leaf;
        for _ in 0..self.size.trailing_ones() {
            // There is a peak per bit set; a missing one would show as another root.
            let left = self.peaks.pop().unwrap_or_default();
            node = Hash::node(&left, &node);
        }
        self.peaks.push(node);
        self.size += 1;
    }

    /// Leaves so far.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Roots of the complete subtrees, largest first.
    #[must_use]
    pub fn peaks(&self) -> &[Hash] {
        &self.peaks
    }

    /// The root over all leaves, as in RFC 9162 §2.1.1.
    #[must_use]
    pub fn root(&self) -> Hash {
        let from_the_right = self.peaks.iter().rev().copied();
        from_the_right.reduce(|right, left| Hash::node(&left, &right)).unwrap_or_else(Hash::empty_root)
    }

    pub(super) fn encode(&self, bytes: &mut Vec<u8>) {
        bytes.extend(self.size.to_be_bytes());
        self.peaks.iter().for_each(|peak| bytes.extend(peak.as_bytes()));
    }

    pub(super) fn decode(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        let size = reader.u64("the size")?;
        let expected = size.count_ones() as usize;
        let found = reader.0.len() / 32;
        if found < expected {
            return Err(Malformed::Peaks { size, expected, found });
        }
        let peaks = (0..expected).map(|_| reader.hash("a peak")).collect::<Result<_, _>>()?;
        Ok(Self { size, peaks })
    }
}
