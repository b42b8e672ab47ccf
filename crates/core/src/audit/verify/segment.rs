//! The first pass: each row by itself.

use super::super::erasure::Erasure;
use super::super::hash::Hash;
use super::super::leaf::Leaf;
use super::super::openings::Openings;
use super::defect::{Defect, Defects};
use super::erasures::{Erased, Missing};

/// A leaf as it is stored: whatever stands in the columns.
#[derive(Debug, Clone, Copy)]
pub struct Row<'a> {
    /// The column of its index.
    pub index: u64,
    /// The column of its hash.
    pub hash: &'a [u8],
    /// The column of its encoding.
    pub leaf: &'a [u8],
    /// The encoding of its openings.
    pub openings: &'a [u8],
}

/// A range of consecutive rows, looked at one by one; keeps 32 bytes a row, and what is missing or was erased.
#[derive(Debug)]
pub struct Segment {
    pub(super) first: u64,
    pub(super) hashes: Vec<Hash>,
    /// The hash that the first row names as the one before.
    pub(super) previous: Hash,
    pub(super) missing: Vec<Missing>,
    pub(super) erased: Vec<Erased>,
    pub(super) defects: Defects,
}

impl Segment {
    /// A range that begins with the row at the 0-based place `first`.
    #[must_use]
    pub fn starting_at(first: u64) -> Self {
        Self {
            first,
            hashes: Vec::new(),
            previous: Hash::ZERO,
            missing: Vec::new(),
            erased: Vec::new(),
            defects: Defects::default(),
        }
    }

    /// Looks at the next row. Returns whether it is worth going on: `false` once there are too many defects to tell.
    pub fn add(&mut self, row: &Row<'_>) -> bool {
        let position = self.first + self.hashes.len() as u64;
        let hash = Hash::leaf(row.leaf);
        if row.index != position {
            self.defects.add(Defect::Place { position, found: row.index });
        }
        if row.hash != hash.as_bytes() {
            self.defects.add(Defect::LeafHash { leaf: position, expected: hash });
        }
        match Leaf::decode(row.leaf) {
            Ok(leaf) => self.look_at(position, &leaf, row.openings),
            Err(problem) => self.defects.add(Defect::Leaf { leaf: position, problem }),
        }
        self.hashes.push(hash);
        !self.defects.is_full()
    }

    fn look_at(&mut self, position: u64, leaf: &Leaf<'_>, openings: &[u8]) {
        if leaf.index != position {
            self.defects.add(Defect::Place { position, found: leaf.index });
        }
        match self.hashes.last() {
            Some(expected) if *expected != leaf.previous => {
                let (expected, found) = (*expected, leaf.previous);
                self.defects.add(Defect::Previous { leaf: position, expected, found });
            }
            Some(_) => {}
            None => self.previous = leaf.previous,
        }
        match Openings::decode(openings) {
            Ok(openings) => self.open(position, leaf, &openings),
            Err(problem) => self.defects.add(Defect::Openings { leaf: position, problem }),
        }
    }

    /// Both sides are in ascending order of their names.
    fn open(&mut self, position: u64, leaf: &Leaf<'_>, openings: &Openings<'_>) {
        let mut opened = openings.iter().peekable();
        for (name, commitment) in leaf.commitments() {
            while let Some(foreign) = opened.next_if(|opening| opening.name < name) {
                self.foreign(position, foreign.name);
            }
            match opened.next_if(|opening| opening.name == name) {
                Some(opening) if opening.commitment() == commitment => {}
                Some(_) => self.defects.add(Defect::Commitment { leaf: position, field: name.to_owned() }),
                None => self.missing.push(Missing { leaf: position, field: name.to_owned() }),
            }
        }
        opened.for_each(|foreign| self.foreign(position, foreign.name));
        match Erasure::read(openings) {
            Some(Ok(erasure)) => {
                self.erased.push(Erased { by_leaf: position, leaf: erasure.leaf, field: erasure.field })
            }
            Some(Err(problem)) => self.defects.add(Defect::Erasure { leaf: position, problem: problem.to_string() }),
            None => {}
        }
    }

    fn foreign(&mut self, leaf: u64, field: &str) {
        self.defects.add(Defect::ForeignOpening { leaf, field: field.to_owned() });
    }
}
