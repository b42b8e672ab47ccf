//! Rows that are dropped, doubled, moved, exchanged or cut off.

use selfheal_core::audit::{Hash, Openings};

use crate::Mutation;
use crate::original::{Stolen, erasure};
use crate::random::Random;

pub(crate) const ALL: &[Mutation] = &[
    ("a row is dropped", |stolen, random| drop(stolen.log.rows.remove(any(stolen, random)))),
    ("a row is dropped, the ones after it numbered anew", |stolen, random| {
        stolen.log.rows.remove(any(stolen, random));
        number(stolen);
    }),
    ("a row is doubled", |stolen, random| double(stolen, random)),
    ("a row is doubled, the ones after it numbered anew", |stolen, random| {
        double(stolen, random);
        number(stolen);
    }),
    ("two rows are exchanged", |stolen, random| {
        let (one, other) = (any(stolen, random), any(stolen, random));
        stolen.log.rows.swap(one, other);
    }),
    ("two rows are exchanged and numbered anew", |stolen, random| {
        let (one, other) = (any(stolen, random), any(stolen, random));
        stolen.log.rows.swap(one, other);
        number(stolen);
    }),
    ("rows are moved", |stolen, random| {
        let from = any(stolen, random);
        let length = stolen.log.rows.len();
        stolen.log.rows[from..].rotate_left(random.below(length - from));
    }),
    ("the openings of two leaves are exchanged", |stolen, random| {
        let (one, other) = (any(stolen, random), any(stolen, random));
        let openings = stolen.log.rows[one].openings.clone();
        stolen.log.rows[one].openings = std::mem::replace(&mut stolen.log.rows[other].openings, openings);
    }),
    ("a leaf is changed and its hash with it", |stolen, random| {
        let at = any(stolen, random);
        let row = &mut stolen.log.rows[at];
        random.flip(&mut row.leaf);
        row.hash = Hash::leaf(&row.leaf).as_bytes().to_vec();
    }),
    ("a leaf that is not signed yet names another one before it, and the head fits", |stolen, random| {
        let length = stolen.log.rows.len();
        let last = &mut stolen.log.rows[length - 1];
        random.flip(&mut last.leaf[9..41]);
        last.hash = Hash::leaf(&last.leaf).as_bytes().to_vec();
        stolen.cut(length);
    }),
    ("an opening is dropped", |stolen, random| {
        let at = any(stolen, random);
        drop_opening(stolen, at, random);
    }),
    ("every opening of a leaf is dropped", |stolen, random| {
        let at = any(stolen, random);
        while drop_opening(stolen, at, random) {}
    }),
    ("the openings of an erasure are dropped", |stolen, random| {
        let told = erasure(4, "detail").fields();
        let at = stolen.log.rows.iter().position(|row| {
            Openings::decode(&row.openings).unwrap().value("event")
                == told.iter().find(|field| field.name == "event").map(|field| &*field.value)
        });
        drop_opening(stolen, at.unwrap(), random);
    }),
    ("rows are cut off", |stolen, random| {
        let rows = any(stolen, random);
        stolen.log.rows.truncate(rows);
    }),
    ("the log is cut below the newest checkpoint", |stolen, random| {
        let leaves = random.below(stolen.signed());
        stolen.cut(leaves);
    }),
    ("the log is cut, with the checkpoints that tell of it", |stolen, random| {
        let kept = random.below(stolen.log.checkpoints.len());
        stolen.log.checkpoints.truncate(kept);
        let size = stolen.log.checkpoints.last().map_or(0, |note| note.lines().nth(1).unwrap().parse().unwrap());
        stolen.cut(size);
    }),
    ("a checkpoint is dropped", |stolen, random| {
        let at = random.below(stolen.log.checkpoints.len());
        stolen.log.checkpoints.remove(at);
    }),
    ("a checkpoint that is not the newest is dropped, and no witness", |stolen, random| {
        stolen.witnessed.clear();
        let at = random.below(stolen.log.checkpoints.len() - 1);
        stolen.log.checkpoints.remove(at);
    }),
    ("the log is cut below the newest checkpoint, and no witness", |stolen, random| {
        stolen.witnessed.clear();
        let leaves = random.below(stolen.signed());
        stolen.cut(leaves);
    }),
    ("a checkpoint is doubled", |stolen, random| {
        let (at, to) = (random.below(stolen.log.checkpoints.len()), random.below(stolen.log.checkpoints.len() + 1));
        let checkpoint = stolen.log.checkpoints[at].clone();
        stolen.log.checkpoints.insert(to, checkpoint);
    }),
    ("two checkpoints are exchanged", |stolen, random| {
        let count = stolen.log.checkpoints.len();
        stolen.log.checkpoints.swap(random.below(count), random.below(count));
    }),
];

fn any(stolen: &Stolen, random: &mut Random) -> usize {
    random.below(stolen.log.rows.len())
}

fn double(stolen: &mut Stolen, random: &mut Random) {
    let (at, to) = (any(stolen, random), any(stolen, random));
    let row = stolen.log.rows[at].clone();
    stolen.log.rows.insert(to, row);
}

fn number(stolen: &mut Stolen) {
    stolen.log.rows.iter_mut().zip(0..).for_each(|(row, index)| row.index = index);
}

/// Whether there was one left.
fn drop_opening(stolen: &mut Stolen, at: usize, random: &mut Random) -> bool {
    let openings = &mut stolen.log.rows[at].openings;
    let names: Vec<String> =
        Openings::decode(openings).unwrap().iter().map(|opening| opening.name.to_owned()).collect();
    if names.is_empty() {
        return false;
    }
    *openings = Openings::decode(openings).unwrap().without(&names[random.below(names.len())]).unwrap();
    true
}
