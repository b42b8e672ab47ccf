//! The second pass: what connects the rows, and holds them to what was signed.

use std::collections::{BTreeMap, BTreeSet, btree_set};
use std::iter::Peekable;

use super::super::hash::Hash;
use super::super::log::Head;
use super::super::note::SignatureVerifier;
use super::defect::{Defect, Defects};
use super::erasures;
use super::segment::Segment;
use super::signed::Signed;

/// What a store holds beside the rows.
#[derive(Debug, Clone, Default)]
pub struct Stored {
    /// How many rows of leaves there are, whatever stands in them.
    pub rows: u64,
    /// The head's encoding.
    pub head: Vec<u8>,
    /// Signed checkpoints, oldest first.
    pub checkpoints: Vec<String>,
}

/// A log in which nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// Leaves.
    pub leaves: u64,
    /// Fields that were erased, each told by a signed leaf.
    pub erased: u64,
    /// Checkpoints, all under the newest one's signature.
    pub checkpoints: u64,
    /// The root over all leaves.
    pub root: Hash,
    /// Leaves after the newest checkpoint: nothing signed vouches for these.
    pub unsigned_tail: u64,
}

/// Looks at what connects the rows: `segments` are the ranges in order, from the first row to the last; `witnessed` are the
/// signed checkpoints that a witness holds, in the order in which it got them.
///
/// Each witnessed checkpoint must be among the log's own, because a log shows one only after it is durable there.
///
/// # Errors
/// [`Defects`], at least one.
pub fn verify(
    segments: Vec<Segment>,
    stored: &Stored,
    key: &dyn SignatureVerifier,
    witnessed: &[String],
) -> Result<Verified, Defects> {
    let mut defects = Defects::default();
    let signed = Signed::read(&stored.checkpoints, witnessed, key, &mut defects);
    let mut walk = Walk::asked_about(signed.sizes());
    for segment in segments {
        walk.through(segment, &mut defects);
    }
    let Walk { head, roots, missing, erased, .. } = walk;
    if head.size() != stored.rows {
        defects.add(Defect::RowCount { expected: stored.rows, found: head.size() });
    }
    signed.compare(head.size(), &roots, &mut defects);
    let erased_fields = missing.len() as u64;
    erasures::check(missing, erased, signed.size, &mut defects);
    compare_heads(&stored.head, &head, &mut defects);
    if !defects.is_empty() {
        return Err(defects);
    }
    Ok(Verified {
        leaves: head.size(),
        erased: erased_fields,
        checkpoints: stored.checkpoints.len() as u64,
        root: head.root(),
        unsigned_tail: head.size() - signed.size,
    })
}

/// Goes over all leaves once, in order.
struct Walk {
    head: Head,
    /// Sizes at which the root is asked for, ascending, that are still ahead.
    asked: Peekable<btree_set::IntoIter<u64>>,
    roots: BTreeMap<u64, Hash>,
    missing: Vec<erasures::Missing>,
    erased: Vec<erasures::Erased>,
}

impl Walk {
    fn asked_about(sizes: BTreeSet<u64>) -> Self {
        let asked = sizes.into_iter().peekable();
        let mut walk =
            Self { head: Head::new(), asked, roots: BTreeMap::new(), missing: Vec::new(), erased: Vec::new() };
        walk.note_root();
        walk
    }

    fn through(&mut self, segment: Segment, defects: &mut Defects) {
        let Segment { first, hashes, previous, missing, erased, defects: found } = segment;
        defects.join(found);
        if first != self.head.size() {
            defects.add(Defect::RowCount { expected: first, found: self.head.size() });
        }
        if !hashes.is_empty() && previous != self.head.last() {
            defects.add(Defect::Previous { leaf: first, expected: self.head.last(), found: previous });
        }
        self.missing.extend(missing);
        self.erased.extend(erased);
        for hash in hashes {
            self.head.push(hash);
            self.note_root();
        }
    }

    fn note_root(&mut self) {
        let size = self.head.size();
        if self.asked.next_if_eq(&size).is_some() {
            self.roots.insert(size, self.head.root());
        }
    }
}

fn compare_heads(stored: &[u8], expected: &Head, defects: &mut Defects) {
    let stored = match Head::decode(stored) {
        Ok(stored) => stored,
        Err(problem) => return defects.add(Defect::HeadUnreadable { problem }),
    };
    let parts = [
        ("size", stored.size() == expected.size()),
        ("last leaf", stored.last() == expected.last()),
        ("tree", stored.frontier() == expected.frontier()),
    ];
    for (what, _) in parts.into_iter().filter(|(_, same)| !same) {
        defects.add(Defect::Head { what });
    }
}
