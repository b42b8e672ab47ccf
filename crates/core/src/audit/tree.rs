//! A whole Merkle tree in memory, to make proofs from.

use super::hash::Hash;

/// All complete subtrees over the leaves of a log; 64 bytes a leaf.
///
/// Proofs are those of RFC 9162: [`inclusion`](Tree::inclusion) §2.1.3.1 and [`consistency`](Tree::consistency) §2.1.4.1.
#[derive(Debug, Clone, Default)]
pub struct Tree {
    /// `levels[k][i]` is the root over leaves `i·2^k .. (i+1)·2^k`.
    levels: Vec<Vec<Hash>>,
}

/// A proof was asked for that doesn't exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NoProof {
    /// The tree is smaller.
    #[error("a tree of {size} leaves was asked about; there are {have}")]
    TooLarge {
        /// The size asked about.
        size: u64,
        /// Leaves of this tree.
        have: u64,
    },
    /// There is no such leaf in a tree of that size.
    #[error("leaf {index} doesn't lie in a tree of {size} leaves")]
    OutOfRange {
        /// The leaf asked about.
        index: u64,
        /// The size asked about.
        size: u64,
    },
}

impl Tree {
    /// A tree without leaves.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a leaf by its hash.
    pub fn append(&mut self, leaf: Hash) {
        let mut node = leaf;
        for level in 0.. {
            if self.levels.len() == level {
                self.levels.push(Vec::new());
            }
            let row = &mut self.levels[level];
            row.push(node);
            match row.as_slice() {
                [.., left, right] if row.len().is_multiple_of(2) => node = Hash::node(left, right),
                _ => return,
            }
        }
    }

    /// Leaves so far.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.levels.first().map_or(0, |leaves| leaves.len() as u64)
    }

    /// The root over the first `size` leaves.
    ///
    /// # Errors
    /// [`NoProof::TooLarge`].
    pub fn root(&self, size: u64) -> Result<Hash, NoProof> {
        self.check(size)?;
        Ok(if size == 0 { Hash::empty_root() } else { self.subtree(0, size) })
    }

    /// The path that shows leaf `index` in the tree of the first `size` leaves, lowest first.
    ///
    /// # Errors
    /// [`NoProof`] if there is no such leaf or no such tree.
    pub fn inclusion(&self, index: u64, size: u64) -> Result<Vec<Hash>, NoProof> {
        self.check(size)?;
        if index >= size {
            return Err(NoProof::OutOfRange { index, size });
        }
        let (mut start, mut end) = (0, size);
        let mut path = Vec::new();
        while end - start > 1 {
            let middle = start + split(end - start);
            if index < middle {
                path.push(self.subtree(middle, end));
                end = middle;
            } else {
                path.push(self.subtree(start, middle));
                start = middle;
            }
        }
        path.reverse();
        Ok(path)
    }

    /// The nodes that show the tree of the first `old` leaves to be the beginning of that of the first `new`; empty if
    /// they are the same or `old` is empty.
    ///
    /// # Errors
    /// [`NoProof`] if `old` is larger than `new`, or there is no such tree.
    pub fn consistency(&self, old: u64, new: u64) -> Result<Vec<Hash>, NoProof> {
        self.check(new)?;
        if old > new {
            return Err(NoProof::TooLarge { size: old, have: new });
        }
        if old == 0 || old == new {
            return Ok(Vec::new());
        }
        let (mut start, mut end) = (0, new);
        let mut path = Vec::new();
        while end != old {
            let middle = start + split(end - start);
            if old <= middle {
                path.push(self.subtree(middle, end));
                end = middle;
            } else {
                path.push(self.subtree(start, middle));
                start = middle;
            }
        }
        // The old root itself need not be told.
        if start > 0 {
            path.push(self.subtree(start, end));
        }
        path.reverse();
        Ok(path)
    }

    fn check(&self, size: u64) -> Result<(), NoProof> {
        let have = self.size();
        if size > have { Err(NoProof::TooLarge { size, have }) } else { Ok(()) }
    }

    /// The root over leaves `start..end`; `start` is a multiple of the largest power of two below the length, as it is
    /// wherever RFC 9162 splits, and the leaves exist.
    fn subtree(&self, mut start: u64, end: u64) -> Hash {
        let mut peaks = Vec::with_capacity(64);
        while start < end {
            let level = (end - start).ilog2();
            let node = self.levels.get(level as usize).and_then(|row| row.get((start >> level) as usize));
            peaks.push(node.copied().unwrap_or_default());
            start += 1 << level;
        }
        let from_the_right = peaks.into_iter().rev();
        from_the_right.reduce(|right, left| Hash::node(&left, &right)).unwrap_or_default()
    }
}

impl Extend<Hash> for Tree {
    fn extend<T: IntoIterator<Item = Hash>>(&mut self, leaves: T) {
        leaves.into_iter().for_each(|leaf| self.append(leaf));
    }
}

/// The largest power of two below `length`, which is at least 2.
fn split(length: u64) -> u64 {
    1 << (length - 1).ilog2()
}
