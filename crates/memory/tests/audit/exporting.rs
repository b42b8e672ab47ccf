use std::fs;
use std::path::PathBuf;

use selfheal_core::audit::{Erasure, Openings};
use selfheal_core::error::ErrorKind;
use selfheal_core::time::Timestamp;
use selfheal_memory::audit::{AuditRows, Export, InMemoryLog, Unverified, export, verify};
use tempfile::TempDir;

use crate::{key, log};

fn exported(log: &InMemoryLog) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("audit.jsonl");
    export(log, &mut fs::File::create(&path).unwrap()).unwrap();
    (folder, path)
}

#[test]
fn an_export_verifies_by_itself_and_exports_the_same_again() {
    for leaves in [0, 1, 5, 40] {
        let log = log(leaves);
        let (_folder, path) = exported(&log);
        let read = Export::open(&path).unwrap();
        assert_eq!(verify(&read, Some(&key().public()), &log.checkpoints).unwrap().leaves, leaves);
        let mut again = Vec::new();
        export(&read, &mut again).unwrap();
        assert_eq!(again, fs::read(&path).unwrap());
    }
}

#[test]
fn any_range_of_rows_can_be_read() {
    let mut log = InMemoryLog::new(key().public());
    (0..2_500).for_each(|_| log.append(vec![]).unwrap());
    let (_folder, path) = exported(&log);
    let read = Export::open(&path).unwrap();
    for range in [0..0, 0..1, 1_023..1_026, 2_047..2_049, 2_499..2_500, 2_499..9_999, 2_500..2_501] {
        let mut places = Vec::new();
        read.read(range.clone(), &mut |row| {
            places.push(row.index);
            true
        })
        .unwrap();
        assert_eq!(places, (range.start..range.end.min(2_500)).collect::<Vec<_>>());
    }
}

#[test]
fn what_was_erased_is_in_no_export_and_it_verifies_nonetheless() {
    let mut log = log(4);
    let (by, because, field) = ("ann".to_owned(), "asked to".to_owned(), "detail".to_owned());
    log.erase(&Erasure { leaf: 1, field, by, because, at: Timestamp::from_millis(9) }, &key()).unwrap();
    let (_folder, path) = exported(&log);
    assert_eq!(verify(&Export::open(&path).unwrap(), None, &log.checkpoints).unwrap().erased, 1);
    assert!(!fs::read_to_string(&path).unwrap().contains(r#"\"é\\1\n"#));
    assert!(fs::read_to_string(&path).unwrap().contains(r#"\"é\\2\n"#));
    assert_eq!(Openings::decode(&log.rows[1].openings).unwrap().value("event"), Some("opened"));
}

#[test]
fn what_tells_of_an_erasure_is_never_erased() {
    let mut log = log(4);
    let erasure = |leaf, field: &str| Erasure {
        leaf,
        field: field.to_owned(),
        by: "ann".to_owned(),
        because: String::new(),
        at: Timestamp::from_millis(9),
    };
    log.erase(&erasure(1, "detail"), &key()).unwrap();
    assert_eq!(log.erase(&erasure(4, "because"), &key()).unwrap_err().kind(), ErrorKind::Invalid);
    assert_eq!(log.erase(&erasure(1, "detail"), &key()).unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(log.erase(&erasure(99, "detail"), &key()).unwrap_err().kind(), ErrorKind::NotFound);
    assert!(verify(&log, None, &[]).is_ok());
}

#[test]
fn an_export_of_another_key_or_version_and_what_is_none_is_refused_with_what_was_expected() {
    let (folder, path) = exported(&log(2));
    let other = selfheal_memory::audit::SigningKey::generate("example.org/log").unwrap().public();
    let read = Export::open(&path).unwrap();
    assert!(matches!(verify(&read, Some(&other), &[]), Err(Unverified::WrongKey { .. })));

    let text = fs::read_to_string(&path).unwrap();
    let newer = text.replacen("\"selfheal_audit_export\":1", "\"selfheal_audit_export\":2", 1);
    for (bad, expected) in [
        (newer.as_str(), "of version 2, this program reads 1"),
        ("", "the file ends where the first line should stand"),
        ("hello\n", "the first line"),
        (&text[..text.len() - 1], "the last line is cut off"),
        (&format!("{text}\n"), "lines follow its end"),
    ] {
        fs::write(&path, bad).unwrap();
        let refused = Export::open(&path).unwrap_err();
        assert!(refused.kind() == ErrorKind::Invalid && refused.to_string().contains(expected), "{refused}");
    }
    assert_eq!(Export::open(&folder.path().join("none")).unwrap_err().kind(), ErrorKind::NotFound);
}
