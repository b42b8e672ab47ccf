//! What can be wrong with a stored log.

use std::fmt;

use super::super::bytes::Malformed;
use super::super::hash::Hash;
use super::super::note::NotANote;

/// Most defects that are told of one log: of a log that is wrong everywhere, the first are enough.
pub const MAX_DEFECTS: usize = 100;

/// One thing that is not as it was written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Defect {
    /// Rows are missing, or there are more than the ones that were looked at.
    #[error("{found} rows of leaves, expected {expected}")]
    RowCount {
        /// The number of rows that the store has.
        expected: u64,
        /// Rows that were read.
        found: u64,
    },
    /// A row stands in another's place.
    #[error("row {position} is that of leaf {found}")]
    Place {
        /// 0-based place of the row.
        position: u64,
        /// What its index column, or its leaf, says.
        found: u64,
    },
    /// The bytes of a leaf are no leaf.
    #[error("leaf {leaf} can't be read: {problem}")]
    Leaf {
        /// Which.
        leaf: u64,
        /// Why.
        problem: Malformed,
    },
    /// The column of the leaf's hash says another.
    #[error("leaf {leaf} hashes to {expected}, its row says otherwise")]
    LeafHash {
        /// Which.
        leaf: u64,
        /// The hash of its bytes.
        expected: Hash,
    },
    /// A leaf doesn't name the one before it.
    #[error("leaf {leaf} names {found} as the one before, expected {expected}")]
    Previous {
        /// Which.
        leaf: u64,
        /// The hash of the leaf before.
        expected: Hash,
        /// What it names.
        found: Hash,
    },
    /// The bytes of a leaf's openings are no openings.
    #[error("the openings of leaf {leaf} can't be read: {problem}")]
    Openings {
        /// Which.
        leaf: u64,
        /// Why.
        problem: Malformed,
    },
    /// An opening isn't what the leaf committed to.
    #[error("field `{field}` of leaf {leaf} is not what was committed to")]
    Commitment {
        /// Which.
        leaf: u64,
        /// Whose opening.
        field: String,
    },
    /// An opening of a field that the leaf doesn't have.
    #[error("leaf {leaf} has no field `{field}`, but an opening of it")]
    ForeignOpening {
        /// Which.
        leaf: u64,
        /// Whose opening.
        field: String,
    },
    /// An opening is gone, and no leaf that a checkpoint covers says that it was erased.
    #[error("the opening of field `{field}` of leaf {leaf} is missing, and nothing signed says that it was erased")]
    MissingOpening {
        /// Which.
        leaf: u64,
        /// Whose opening.
        field: String,
    },
    /// A leaf that says `erased`, but not properly.
    #[error("leaf {leaf} is no proper erasure: {problem}")]
    Erasure {
        /// Which.
        leaf: u64,
        /// Why.
        problem: String,
    },
    /// A checkpoint that can't be read.
    #[error("{which} can't be read: {problem}")]
    Checkpoint {
        /// Which.
        which: CheckpointPlace,
        /// Why.
        problem: NotANote,
    },
    /// A checkpoint of another log, or with a signature that is not one of this log's key.
    #[error("{which} is not signed by the log's key `{key}`")]
    Signature {
        /// Which.
        which: CheckpointPlace,
        /// The key's name and id.
        key: String,
    },
    /// Checkpoints that don't follow each other.
    #[error("{which} doesn't follow the one before it: {problem}")]
    Order {
        /// Which.
        which: CheckpointPlace,
        /// How it doesn't.
        problem: &'static str,
    },
    /// The log is shorter than it was.
    #[error("{which} is of {size} leaves, the log has {found}")]
    Cut {
        /// Which.
        which: CheckpointPlace,
        /// Leaves then.
        size: u64,
        /// Leaves now.
        found: u64,
    },
    /// The log is not the one that was signed.
    #[error("the first {size} leaves have root {found}, {which} says {expected}")]
    Root {
        /// Which.
        which: CheckpointPlace,
        /// Leaves.
        size: u64,
        /// The root that was signed.
        expected: Hash,
        /// The root of the leaves that are there.
        found: Hash,
    },
    /// A checkpoint that was witnessed is not in the log.
    #[error("{which}, of {size} leaves, is not among the log's checkpoints")]
    Dropped {
        /// Which.
        which: CheckpointPlace,
        /// Leaves then.
        size: u64,
    },
    /// The stored head can't be read.
    #[error("the head can't be read: {problem}")]
    HeadUnreadable {
        /// Why.
        problem: Malformed,
    },
    /// The stored head is not that of these leaves.
    #[error("the head's {what} is not that of the leaves")]
    Head {
        /// `size`, `last leaf` or `tree`.
        what: &'static str,
    },
}

/// Where a checkpoint was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CheckpointPlace {
    /// In the log: 0-based place among its checkpoints.
    Log(usize),
    /// At the witness: 0-based place among those it gave.
    Witness(usize),
}

impl fmt::Display for CheckpointPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Log(number) => write!(f, "checkpoint {number}"),
            Self::Witness(number) => write!(f, "witnessed checkpoint {number}"),
        }
    }
}

/// The defects of a log, in the order in which they were found; at least one.
#[derive(Debug, Clone, PartialEq, Eq, Default, thiserror::Error)]
#[error("{}", self.in_words())]
pub struct Defects {
    found: Vec<Defect>,
    more: bool,
}

impl Defects {
    /// The first [`MAX_DEFECTS`].
    #[must_use]
    pub fn found(&self) -> &[Defect] {
        &self.found
    }

    /// Whether there were more than those.
    #[must_use]
    pub fn has_more(&self) -> bool {
        self.more
    }

    pub(super) fn add(&mut self, defect: Defect) {
        match self.is_full() {
            true => self.more = true,
            false => self.found.push(defect),
        }
    }

    pub(super) fn join(&mut self, other: Self) {
        other.found.into_iter().for_each(|defect| self.add(defect));
        self.more |= other.more;
    }

    pub(super) fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    pub(super) fn is_full(&self) -> bool {
        self.found.len() >= MAX_DEFECTS
    }

    fn in_words(&self) -> String {
        let first = self.found.first().map(ToString::to_string).unwrap_or_default();
        match (self.found.len(), self.more) {
            (0 | 1, false) => first,
            (count, false) => format!("{first}, and {} more defects", count - 1),
            (count, true) => format!("{first}, and more than {} further defects", count - 1),
        }
    }
}
