//! Changes by somebody who knows how the log is made, and lacks only the key.

use selfheal_core::audit::{Opening, Openings, Salt, Signer, encode_openings};
use selfheal_core::time::Timestamp;
use selfheal_memory::audit::{InMemoryLog, SigningKey};

use crate::Mutation;
use crate::original::{Stolen, erasure, says};
use crate::random::Random;

pub(crate) const ALL: &[Mutation] = &[
    ("a value is replaced", replace_value),
    ("an erased value is made up again", restore_erased),
    ("history is written anew from a leaf on", |stolen, random| {
        rewrite(stolen, random);
    }),
    ("history is written anew from a leaf on, and no witness", |stolen, random| {
        stolen.witnessed.clear();
        rewrite(stolen, random);
    }),
    ("history is written anew and signed by another key of the same name, and no witness", |stolen, random| {
        stolen.witnessed.clear();
        rewrite(stolen, random);
        stolen.log.checkpoints.clear();
        sign(&mut stolen.log);
    }),
    ("history is written anew, without the checkpoints against it", |stolen, random| {
        let from = rewrite(stolen, random);
        stolen.log.checkpoints.retain(|note| size(note) <= from);
    }),
    ("history is written anew and signed by another key of the same name", |stolen, random| {
        let from = rewrite(stolen, random);
        stolen.log.checkpoints.retain(|note| size(note) <= from);
        sign(&mut stolen.log);
    }),
    ("history is written anew and signed by another key, which lies in the store", |stolen, random| {
        rewrite(stolen, random);
        stolen.log.checkpoints.clear();
        stolen.log.key = thief().public().to_string();
        sign(&mut stolen.log);
    }),
    ("a row is put in, and the chain made anew", |stolen, random| {
        let from = random.below(stolen.signed());
        let number = random.next();
        append_anew(stolen, from, |_| {}, Some(number));
    }),
    ("an opening is dropped, and an erasure made up", forge_erasure),
    ("an opening is dropped, and an erasure made up and signed by another key", |stolen, random| {
        forge_erasure(stolen, random);
        sign(&mut stolen.log);
    }),
    ("a checkpoint of another log is put in", |stolen, random| {
        let mut other = InMemoryLog::new(thief().public());
        other.append(says(random.next(), "of another log")).unwrap();
        let at = random.below(stolen.log.checkpoints.len() + 1);
        let foreign = other.checkpoint(Timestamp::from_millis(1), &thief()).unwrap();
        stolen.log.checkpoints.insert(at, foreign.as_str().to_owned());
    }),
    ("the newest checkpoint is signed by another key", |stolen, _| {
        stolen.log.checkpoints.pop();
        let rows = stolen.log.rows.clone();
        let head = stolen.log.head.clone();
        stolen.cut(stolen.signed());
        sign(&mut stolen.log);
        (stolen.log.rows, stolen.log.head) = (rows, head);
    }),
    ("the whole log is another one", |stolen, random| {
        let mut log = InMemoryLog::new(thief().public());
        let number = random.next();
        (0..10).for_each(|leaf| log.append(says(leaf, &number.to_string())).unwrap());
        sign(&mut log);
        stolen.log = log;
    }),
];

fn thief() -> SigningKey {
    let key = SigningKey::from_seed("example.org/log", &[2; 32]).unwrap();
    assert_eq!(key.name(), "example.org/log");
    key
}

fn sign(log: &mut InMemoryLog) {
    log.checkpoint(Timestamp::from_millis(99), &thief()).unwrap();
}

fn size(note: &str) -> usize {
    note.lines().nth(1).unwrap().parse().unwrap()
}

/// Another value for a field, with a salt of one's own.
fn replace_value(stolen: &mut Stolen, random: &mut Random) {
    let row = random.below(stolen.log.rows.len());
    let openings = stolen.log.rows[row].openings.clone();
    let mut openings: Vec<_> = Openings::decode(&openings).unwrap().iter().collect();
    let (field, value) = (random.below(openings.len()), random.next().to_string());
    openings[field].value = &value;
    if random.below(2) == 0 {
        openings[field].salt = Salt([3; 16]);
    }
    stolen.log.rows[row].openings = encode_openings(&openings).unwrap();
}

/// The row whose field `by` was erased gets one again.
fn restore_erased(stolen: &mut Stolen, random: &mut Random) {
    let row =
        stolen.log.rows.iter_mut().find(|row| Openings::decode(&row.openings).unwrap().value("by").is_none()).unwrap();
    let (openings, value) = (row.openings.clone(), random.next().to_string());
    let mut openings: Vec<_> = Openings::decode(&openings).unwrap().iter().collect();
    openings.push(Opening { name: "by", salt: Salt([4; 16]), value: &value });
    openings.sort_by_key(|opening| opening.name);
    row.openings = encode_openings(&openings).unwrap();
}

/// From a leaf below the newest checkpoint on: the leaf it begins at.
fn rewrite(stolen: &mut Stolen, random: &mut Random) -> usize {
    let from = random.below(stolen.signed());
    let number = random.next();
    append_anew(
        stolen,
        from,
        move |fields: &mut Vec<selfheal_core::audit::Field>| {
            fields[7].value = number.to_string();
        },
        None,
    );
    from
}

fn append_anew(
    stolen: &mut Stolen,
    from: usize,
    change: impl Fn(&mut Vec<selfheal_core::audit::Field>),
    inserted: Option<u64>,
) {
    let until = stolen.log.rows.len();
    stolen.cut(from);
    if let Some(number) = inserted {
        stolen.log.append(says(number, "put in")).unwrap();
    }
    for number in from..until {
        let mut fields = says(number as u64, "as it was");
        change(&mut fields);
        stolen.log.append(fields).unwrap();
    }
}

fn forge_erasure(stolen: &mut Stolen, random: &mut Random) {
    let names = ["at_ms", "detail", "event", "incident", "phase", "record", "sequence"];
    let (leaf, name) = (random.below(4), names[random.below(names.len())]);
    let row = &mut stolen.log.rows[leaf];
    row.openings = Openings::decode(&row.openings).unwrap().without(name).unwrap();
    stolen.log.append(erasure(leaf as u64, name).fields()).unwrap();
}
