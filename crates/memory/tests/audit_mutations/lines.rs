//! Changes of an export.

use crate::Mutation;
use crate::original::Stolen;
use crate::random::Random;

pub(crate) const ALL: &[Mutation] = &[
    ("a bit of an export", |stolen, random| {
        let mut bytes = stolen.exported();
        random.flip(&mut bytes);
        stolen.export = Some(bytes);
    }),
    ("an export is cut", |stolen, random| {
        let mut bytes = stolen.exported();
        bytes.truncate(random.below(bytes.len()));
        stolen.export = Some(bytes);
    }),
    ("a line of an export is dropped", |stolen, random| {
        lines(stolen, random, |lines, at, _| drop(lines.remove(at)));
    }),
    ("a line of an export is doubled", |stolen, random| {
        lines(stolen, random, |lines, at, to| lines.insert(to, lines[at].clone()));
    }),
    ("two lines of an export are exchanged", |stolen, random| {
        // With another one: an export that stays the same is no change.
        lines(stolen, random, |lines, at, to| {
            let other = if at == to { (at + 1) % lines.len() } else { to };
            lines.swap(at, other);
        });
    }),
    ("a blank in an export", |stolen, random| {
        let mut bytes = stolen.exported();
        bytes.insert(random.below(bytes.len()), b' ');
        stolen.export = Some(bytes);
    }),
];

fn lines(stolen: &mut Stolen, random: &mut Random, change: impl Fn(&mut Vec<Vec<u8>>, usize, usize)) {
    let exported = stolen.exported();
    let mut lines: Vec<Vec<u8>> = exported.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
    let (at, to) = (random.below(lines.len()), random.below(lines.len()));
    change(&mut lines, at, to);
    stolen.export = Some(lines.concat());
}
