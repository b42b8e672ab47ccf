//! A bit in a column.

use crate::Mutation;
use crate::original::Stolen;
use crate::random::Random;

pub(crate) const ALL: &[Mutation] = &[
    ("a bit of the index column", |stolen, random| {
        row(stolen, random, |row, random| row.index ^= 1 << random.below(64))
    }),
    ("a bit of the hash column", |stolen, random| row(stolen, random, |row, random| random.flip(&mut row.hash))),
    ("a bit of the leaf column", |stolen, random| row(stolen, random, |row, random| random.flip(&mut row.leaf))),
    ("a bit of the openings column", |stolen, random| {
        row(stolen, random, |row, random| random.flip(&mut row.openings))
    }),
    ("the end of a column is cut", |stolen, random| row(stolen, random, cut)),
    ("a byte more in a column", |stolen, random| row(stolen, random, |row, random| column(row, random).push(0))),
    ("a bit of the head", |stolen, random| random.flip(&mut stolen.log.head)),
    ("a bit of the public key", |stolen, random| random.flip_text(&mut stolen.log.key)),
    ("a bit of a checkpoint", |stolen, random| checkpoint(&mut stolen.log.checkpoints, random)),
    ("a bit of a checkpoint that is not the newest, and no witness", |stolen, random| {
        stolen.witnessed.clear();
        let older = stolen.log.checkpoints.len() - 1;
        checkpoint(&mut stolen.log.checkpoints[..older], random);
    }),
    ("a bit of the newest checkpoint, and no witness", |stolen, random| {
        stolen.witnessed.clear();
        let newest = stolen.log.checkpoints.len() - 1;
        checkpoint(&mut stolen.log.checkpoints[newest..], random);
    }),
    ("a bit of a witnessed checkpoint", |stolen, random| checkpoint(&mut stolen.witnessed, random)),
];

type Row = selfheal_memory::audit::InMemoryRow;

fn row(stolen: &mut Stolen, random: &mut Random, change: impl Fn(&mut Row, &mut Random)) {
    let at = random.below(stolen.log.rows.len());
    change(&mut stolen.log.rows[at], random);
}

fn column<'a>(row: &'a mut Row, random: &mut Random) -> &'a mut Vec<u8> {
    match random.below(3) {
        0 => &mut row.hash,
        1 => &mut row.leaf,
        _ => &mut row.openings,
    }
}

fn cut(row: &mut Row, random: &mut Random) {
    let column = column(row, random);
    column.truncate(random.below(column.len()));
}

fn checkpoint(checkpoints: &mut [String], random: &mut Random) {
    let at = random.below(checkpoints.len());
    random.flip_text(&mut checkpoints[at]);
}
