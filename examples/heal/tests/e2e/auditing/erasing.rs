//! Erasure: the value goes, the proofs stay.

use std::fs;

use rusqlite::Connection;
use selfheal_core::audit::Openings;
use selfheal_core::journal::Retention;

use super::sample::{Sample, assert_told};
use crate::common::Service;

const ERASE: [&str; 6] = ["0", "detail", "--by", "sam", "--because", "asked to"];

/// A value that only the first leaf's `detail` tells once the records are gone.
fn telling(sample: &Sample) -> String {
    sample.world.dir().display().to_string()
}

/// Every file of the journal as bytes, the write-ahead log included.
fn holds(store: &str, value: &str) -> bool {
    ["journal.db", "journal.db-wal"].iter().any(|file| {
        let bytes = fs::read(format!("{store}/{file}")).unwrap_or_default();
        bytes.windows(value.len()).any(|window| window == value.as_bytes())
    })
}

#[test]
fn an_erased_value_is_gone_from_the_disk_and_every_proof_stays() {
    let service = Service::new();
    assert_eq!(service.heal_json(&[]).status, Some(0));
    let sample = Sample { world: service.world };
    let store = sample.store();
    // Records are another matter: they go when what is over is tidied away.
    sample.tidy(Retention { closed_with_records: 0, closed_in_all: 0 });
    let (export, kept) = (sample.path("before.jsonl"), sample.path("kept"));
    sample.audit("export", &store, &["--output", &export]);
    fs::copy(format!("{store}/checkpoints"), &kept).unwrap();
    let value = telling(&sample);
    assert!(holds(&store, &value));
    for leaf in leaves_with(&sample, &value) {
        let erased = sample.audit("erase", &store, &[&[leaf.as_str()], &ERASE[1..]].concat());
        assert_eq!(erased.status, Some(0), "{erased}");
    }
    assert!(!leaves_with(&sample, "asked to").is_empty(), "the erasures tell of themselves");
    assert!(leaves_with(&sample, &value).is_empty());
    assert!(!holds(&store, &value), "it can still be read on the disk");
    for (log, options) in
        [(&store, &[][..]), (&store, &["--checkpoint", &kept]), (&export, &[]), (&export, &["--checkpoint", &kept])]
    {
        let verified = sample.verify(log, options);
        assert_eq!(verified.status, Some(0), "{log} {options:?}: {verified}");
    }
}

/// The leaves of which any field contains `value`.
fn leaves_with(sample: &Sample, value: &str) -> Vec<String> {
    let shown = String::from_utf8(sample.audit("show", &sample.store(), &[]).stdout).unwrap();
    let number = |line: &str| serde_json::from_str::<serde_json::Value>(line).unwrap()["index"].to_string();
    shown.lines().filter(|line| line.contains(value)).map(number).collect()
}

#[test]
fn what_is_dropped_without_an_erasure_is_told() {
    let sample = Sample::new();
    let copy = sample.copy("copy");
    let database = Connection::open(format!("{copy}/journal.db")).unwrap();
    let openings: Vec<u8> =
        database.query_row("SELECT encoding FROM audit_openings WHERE leaf = 0", [], |row| row.get(0)).unwrap();
    let without = Openings::decode(&openings).unwrap().without("detail").unwrap();
    database.execute("UPDATE audit_openings SET encoding = ?1 WHERE leaf = 0", [without]).unwrap();
    drop(database);
    let verified = sample.verify(&copy, &[]);
    assert_told(&verified, "an opening without its erasure");
    verified.assert_says("detail");
}

#[test]
fn what_can_not_be_erased_is_refused_and_said() {
    let sample = Sample::new();
    let store = sample.store();
    let last = leaves_with(&sample, "asked to").pop().unwrap();
    for (leaf, field, expected) in
        [("99999", "detail", "no such leaf"), ("0", "nonsense", "no such field"), (&last, "because", "never erased")]
    {
        let refused = sample.audit("erase", &store, &[leaf, field, "--by", "sam", "--because", "asked to"]);
        assert_eq!(refused.status, Some(2), "{refused}");
        refused.assert_says(expected);
    }
    assert_eq!(sample.verify(&store, &[]).status, Some(0));
}
