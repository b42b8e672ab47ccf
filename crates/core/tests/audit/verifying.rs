//! What verification finds, and what it calls it.

use selfheal_core::audit::{
    CheckpointPlace, Defect, Erasure, Field, Hash, Head, MAX_DEFECTS, Opening, Openings, Salt, encode_openings,
};
use selfheal_core::time::Timestamp;

use crate::log::{Key, Log};

fn defects(log: &Log) -> Vec<Defect> {
    log.verify().unwrap_err().found().to_vec()
}

fn erase(log: &mut Log, leaf: u64, field: &str) {
    let kept = Openings::decode(&log.entries[leaf as usize].openings).unwrap().without(field).unwrap();
    log.entries[leaf as usize].openings = kept;
    log.append(erasure(leaf, field).fields());
}

fn erasure(leaf: u64, field: &str) -> Erasure {
    let (by, because) = ("ann".to_owned(), "asked to".to_owned());
    Erasure { leaf, field: field.to_owned(), by, because, at: Timestamp::from_millis(5) }
}

#[test]
fn a_log_as_it_was_written_verifies_whatever_its_length() {
    for leaves in 0..20 {
        let log = Log::of(leaves);
        let verified = log.verify().unwrap();
        assert_eq!((verified.leaves, verified.root), (leaves, log.head.root()));
        assert_eq!((verified.checkpoints, verified.unsigned_tail), (leaves / 3, leaves % 3));
    }
}

#[test]
fn an_erasure_keeps_proofs_and_verifies_once_it_is_signed() {
    let mut log = Log::of(7);
    let root = log.checkpoints[1].checkpoint().root;
    erase(&mut log, 2, "number");
    assert!(matches!(defects(&log)[..], [Defect::Erasure { leaf: 7, .. }, Defect::MissingOpening { leaf: 2, .. }]));
    log.sign();
    assert_eq!(log.verify().unwrap().erased, 1);
    assert_eq!(log.checkpoints[1].checkpoint().root, root);
    assert_eq!(Openings::decode(&log.entries[2].openings).unwrap().value("event"), Some("opened"));
}

#[test]
fn an_opening_that_is_gone_without_a_word_or_there_against_it_is_found() {
    let mut gone = Log::of(6);
    gone.entries[4].openings = Openings::decode(&gone.entries[4].openings).unwrap().without("number").unwrap();
    assert_eq!(defects(&gone), [Defect::MissingOpening { leaf: 4, field: "number".into() }]);

    let mut kept = Log::of(6);
    let openings = kept.entries[2].openings.clone();
    erase(&mut kept, 2, "number");
    kept.sign();
    kept.entries[2].openings = openings;
    assert!(matches!(&defects(&kept)[..], [Defect::Erasure { leaf: 6, problem }] if problem.contains("is there")));
}

#[test]
fn an_erasure_of_an_erasure_or_of_what_comes_later_does_not_count() {
    let mut twice = Log::of(6);
    erase(&mut twice, 2, "number");
    erase(&mut twice, 6, "because");
    twice.sign();
    assert!(defects(&twice).iter().any(|defect| matches!(defect, Defect::Erasure { leaf: 6, .. })));

    let mut ahead = Log::of(6);
    ahead.append(erasure(9, "number").fields());
    ahead.sign();
    assert!(matches!(&defects(&ahead)[..], [Defect::Erasure { leaf: 6, problem }] if problem.contains("later")));
}

#[test]
fn a_changed_value_a_foreign_one_and_exchanged_ones_are_found() {
    let other = |name, value| Opening { name, salt: Salt([0; 16]), value };
    let mut changed = Log::of(6);
    changed.entries[1].openings = encode_openings(&[other("event", "opened"), other("number", "1")]).unwrap();
    let field = |field: &str| Defect::Commitment { leaf: 1, field: field.into() };
    assert_eq!(defects(&changed), [field("event"), field("number")]);

    let mut foreign = Log::of(6);
    let openings = foreign.entries[1].openings.clone();
    let mut all: Vec<_> = Openings::decode(&openings).unwrap().iter().collect();
    all.insert(0, other("aside", ""));
    all.push(other("zzz", ""));
    foreign.entries[1].openings = encode_openings(&all).unwrap();
    let field = |field: &str| Defect::ForeignOpening { leaf: 1, field: field.into() };
    assert_eq!(defects(&foreign), [field("aside"), field("zzz")]);
}

#[test]
fn rows_that_are_missing_moved_or_doubled_are_found() {
    let mut missing = Log::of(6);
    missing.entries.remove(3);
    assert!(defects(&missing).contains(&Defect::Place { position: 3, found: 4 }));
    let mut moved = Log::of(6);
    moved.entries.swap(1, 4);
    assert!(defects(&moved).contains(&Defect::Place { position: 1, found: 4 }));
    let mut last = Log::of(6);
    last.entries.pop();
    assert!(defects(&last).contains(&Defect::Head { what: "size" }));
}

#[test]
fn a_history_that_was_written_anew_contradicts_what_was_signed() {
    let honest = Log::of(6);
    let witnessed: Vec<_> = honest.checkpoints.iter().map(|checkpoint| checkpoint.as_str().to_owned()).collect();
    let mut forged = Log { head: Head::new(), entries: Vec::new(), ..honest.clone() };
    for number in 0..6 {
        forged.append(vec![Field::new("event", "opened"), Field::new("number", (number + 1).to_string())]);
    }
    assert!(matches!(defects(&forged)[..], [Defect::Root { size: 3, .. }, Defect::Root { size: 6, .. }]));

    // With another key of the same name, signed anew.
    forged.key = Key("mine");
    forged.checkpoints.clear();
    forged.sign();
    assert!(matches!(defects(&forged)[..], [Defect::Signature { which: CheckpointPlace::Log(0), .. }]));

    // With the right key: only who keeps the old checkpoints knows.
    forged.key = Key("secret");
    forged.checkpoints.clear();
    forged.sign();
    assert!(forged.verify().is_ok());
    let found = forged.verify_with(&witnessed).unwrap_err();
    assert!(
        found.found().iter().any(|defect| matches!(defect, Defect::Root { which: CheckpointPlace::Witness(1), .. }))
    );
}

#[test]
fn a_log_that_was_cut_below_what_was_signed_or_witnessed_is_found() {
    let long = Log::of(9);
    let mut cut = Log::of(6);
    cut.checkpoints = long.checkpoints.clone();
    assert_eq!(defects(&cut), [Defect::Cut { which: CheckpointPlace::Log(2), size: 9, found: 6 }]);
    cut.checkpoints.pop();
    assert!(cut.verify().is_ok());
    let found = cut.verify_with(&[long.checkpoints[2].as_str().to_owned()]).unwrap_err();
    let which = CheckpointPlace::Witness(0);
    assert_eq!(found.found(), [Defect::Dropped { which, size: 9 }, Defect::Cut { which, size: 9, found: 6 }]);
}

#[test]
fn a_checkpoint_that_is_missing_moved_doubled_or_changed_is_found() {
    let orders = |defects: &[Defect]| defects.iter().all(|defect| matches!(defect, Defect::Order { .. }));
    let mut missing = Log::of(9);
    missing.checkpoints.remove(1);
    assert!(orders(&defects(&missing)));
    let mut doubled = Log::of(9);
    doubled.checkpoints.insert(1, doubled.checkpoints[1].clone());
    assert!(orders(&defects(&doubled)));
    let mut twice = Log::of(9);
    twice.sign();
    assert!(orders(&defects(&twice)), "of as many leaves as the one before");
    let mut moved = Log::of(9);
    moved.checkpoints.swap(0, 1);
    assert!(defects(&moved).iter().any(|defect| matches!(defect, Defect::Order { .. })));
}

#[test]
fn a_head_that_is_not_that_of_the_leaves_is_found() {
    let mut log = Log::of(6);
    log.head = Log::of(5).head;
    let found: Vec<_> = defects(&log).iter().map(ToString::to_string).collect();
    assert_eq!(found.len(), 3, "{found:?}");
    assert_eq!(found[1], "the head's last leaf is not that of the leaves");
}

#[test]
fn of_a_log_that_is_wrong_everywhere_the_first_defects_are_told() {
    let mut log = Log::of(300);
    log.entries.iter_mut().for_each(|entry| entry.hash = Hash::ZERO);
    let found = log.verify().unwrap_err();
    assert_eq!((found.found().len(), found.has_more()), (MAX_DEFECTS, true));
    assert!(found.to_string().starts_with("leaf 0 hashes to "), "{found}");
    assert!(found.to_string().ends_with(", and more than 99 further defects"), "{found}");
}
