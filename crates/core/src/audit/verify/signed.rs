//! Checkpoints, the log's own and the witness's, against the leaves.

use std::collections::{BTreeMap, BTreeSet};

use super::super::checkpoint::SignedCheckpoint;
use super::super::hash::Hash;
use super::super::note::SignatureVerifier;
use super::defect::{CheckpointPlace, Defect, Defects};

/// The checkpoints that could be read, each with its place.
pub(super) struct Signed {
    log: Vec<(CheckpointPlace, SignedCheckpoint)>,
    witnessed: Vec<(CheckpointPlace, SignedCheckpoint)>,
}

impl Signed {
    /// Reads them, and checks signatures and order.
    pub(super) fn read(
        log: &[String],
        witnessed: &[String],
        key: &dyn SignatureVerifier,
        defects: &mut Defects,
    ) -> Self {
        let log = parse(log, CheckpointPlace::Log, defects);
        let witnessed = parse(witnessed, CheckpointPlace::Witness, defects);
        // Each vouches for the text of the one before it, signature included: the newest one's signature is for all.
        log.last().into_iter().for_each(|newest| signature(newest, key, defects));
        in_order(&log, defects);
        let known: BTreeSet<&str> = log.iter().map(|(_, checkpoint)| checkpoint.as_str()).collect();
        for (place, checkpoint) in witnessed.iter().filter(|(_, checkpoint)| !known.contains(checkpoint.as_str())) {
            signature(&(*place, checkpoint.clone()), key, defects);
            defects.add(Defect::Dropped { which: *place, size: checkpoint.checkpoint().size });
        }
        Self { log, witnessed }
    }

    /// The sizes at which the root is asked for.
    pub(super) fn sizes(&self) -> BTreeSet<u64> {
        self.all().map(|(_, checkpoint)| checkpoint.checkpoint().size).collect()
    }

    /// Leaves that the log's newest checkpoint covers.
    pub(super) fn size(&self) -> u64 {
        self.log.last().map_or(0, |(_, newest)| newest.checkpoint().size)
    }

    /// Compares each with the root that the leaves have at its size.
    pub(super) fn compare(&self, leaves: u64, roots: &BTreeMap<u64, Hash>, defects: &mut Defects) {
        for (which, checkpoint) in self.all() {
            let (which, size, expected) = (*which, checkpoint.checkpoint().size, checkpoint.checkpoint().root);
            match roots.get(&size).copied() {
                None => defects.add(Defect::Cut { which, size, found: leaves }),
                Some(found) if found != expected => defects.add(Defect::Root { which, size, expected, found }),
                Some(_) => {}
            }
        }
    }

    fn all(&self) -> impl Iterator<Item = &(CheckpointPlace, SignedCheckpoint)> {
        self.log.iter().chain(&self.witnessed)
    }
}

fn parse(
    notes: &[String],
    place: fn(usize) -> CheckpointPlace,
    defects: &mut Defects,
) -> Vec<(CheckpointPlace, SignedCheckpoint)> {
    let mut read = Vec::with_capacity(notes.len());
    for (number, note) in notes.iter().enumerate() {
        match SignedCheckpoint::parse(note) {
            Ok(checkpoint) => read.push((place(number), checkpoint)),
            Err(problem) => defects.add(Defect::Checkpoint { which: place(number), problem }),
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
