//! Checkpoints, the log's own and the witness's, against the leaves.

use std::collections::{BTreeMap, BTreeSet};

use super::super::checkpoint::SignedCheckpoint;
use super::super::hash::Hash;
use super::super::note::SignatureVerifier;
use super::defect::{CheckpointPlace, Defect, Defects};

/// Checkpoints with their places: those of the log that could be read, then those that only the witness has.
pub(super) struct Signed {
    checkpoints: Vec<(CheckpointPlace, SignedCheckpoint)>,
    /// Leaves that the log's newest one covers.
    pub(super) size: u64,
}

impl Signed {
    /// Reads them, and checks signatures and order.
    pub(super) fn read(
        log: &[String],
        witnessed: &[String],
        key: &dyn SignatureVerifier,
        defects: &mut Defects,
    ) -> Self {
        let known: BTreeSet<&String> = log.iter().collect();
        let lost = witnessed.iter().enumerate().filter(|(_, note)| !known.contains(note));
        let lost = parse(lost.map(|(number, note)| (CheckpointPlace::Witness(number), note)), defects);
        let log = log.iter().enumerate().map(|(number, note)| (CheckpointPlace::Log(number), note));
        let mut checkpoints = parse(log, defects);
        in_order(&checkpoints, defects);
        // Each vouches for the text of the one before it, signature included: the newest one's signature is for all.
        checkpoints.last().into_iter().chain(&lost).for_each(|newest| signature(newest, key, defects));
        let dropped = lost.iter().map(|(which, one)| Defect::Dropped { which: *which, size: one.checkpoint().size });
        dropped.for_each(|defect| defects.add(defect));
        let size = checkpoints.last().map_or(0, |(_, newest)| newest.checkpoint().size);
        checkpoints.extend(lost);
        Self { checkpoints, size }
    }

    /// The sizes at which the root is asked for.
    pub(super) fn sizes(&self) -> BTreeSet<u64> {
        self.checkpoints.iter().map(|(_, checkpoint)| checkpoint.checkpoint().size).collect()
    }

    /// Compares each with the root that the leaves have at its size.
    pub(super) fn compare(&self, leaves: u64, roots: &BTreeMap<u64, Hash>, defects: &mut Defects) {
        for (which, checkpoint) in &self.checkpoints {
            let (which, size, expected) = (*which, checkpoint.checkpoint().size, checkpoint.checkpoint().root);
            match roots.get(&size).copied() {
                None => defects.add(Defect::Cut { which, size, found: leaves }),
                Some(found) if found != expected => defects.add(Defect::Root { which, size, expected, found }),
                Some(_) => {}
            }
        }
    }
}

fn parse<'a>(
    notes: impl Iterator<Item = (CheckpointPlace, &'a String)>,
    defects: &mut Defects,
) -> Vec<(CheckpointPlace, SignedCheckpoint)> {
    let mut read = Vec::new();
    for (which, note) in notes {
        match SignedCheckpoint::parse(note) {
            Ok(checkpoint) => read.push((which, checkpoint)),
            Err(problem) => defects.add(Defect::Checkpoint { which, problem }),
        }
    }
    read
}

fn signature(
    (which, checkpoint): &(CheckpointPlace, SignedCheckpoint),
    key: &dyn SignatureVerifier,
    defects: &mut Defects,
) {
    if !checkpoint.is_signed_by(key) {
        defects.add(Defect::Signature { which: *which, key: format!("{}+{}", key.name(), key.key_id()) });
    }
}

fn in_order(log: &[(CheckpointPlace, SignedCheckpoint)], defects: &mut Defects) {
    let (mut after, mut size) = (Hash::ZERO, None);
    for (which, signed) in log {
        let checkpoint = signed.checkpoint();
        let problem = match () {
            () if checkpoint.after != after => Some("it names another one as the one before"),
            () if size >= Some(checkpoint.size) => Some("it is of no more leaves"),
            () => None,
        };
        if let Some(problem) = problem {
            defects.add(Defect::Order { which: *which, problem });
        }
        (after, size) = (signed.hash(), Some(checkpoint.size));
    }
}
