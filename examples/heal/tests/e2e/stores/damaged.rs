//! Files that are not what they should be.

use std::fs::{self, OpenOptions};

use rusqlite::Connection;

use super::{Kept, MARK};

fn truncate(kept: &Kept, file: &str, length: u64) {
    OpenOptions::new().write(true).open(kept.path(file)).unwrap().set_len(length).unwrap();
}

#[test]
fn of_a_newer_version() {
    let kept = Kept::new();
    let database = Connection::open(kept.path("journal.db")).unwrap();
    database.execute_batch("PRAGMA user_version = 7; PRAGMA wal_checkpoint(TRUNCATE);").unwrap();
    drop(database);
    kept.assert_refused(&["journal.db", "version 7", "version of heal", "--store"]);
    kept.assert_unreadable("version 7");
}

#[test]
fn garbage_instead_of_a_journal() {
    let kept = Kept::new();
    for garbage in [b"garbage\n".to_vec(), vec![b'x'; 100_000]] {
        fs::write(kept.path("journal.db"), garbage).unwrap();
        kept.assert_refused(&["journal.db", "no SQLite database", "--store"]);
        kept.assert_unreadable("journal.db");
    }
}

#[test]
fn somebody_elses_database() {
    let kept = Kept::new();
    fs::remove_file(kept.path("journal.db")).unwrap();
    let theirs = Connection::open(kept.path("journal.db")).unwrap();
    theirs.execute_batch("CREATE TABLE theirs (x); INSERT INTO theirs VALUES (1);").unwrap();
    drop(theirs);
    kept.assert_refused(&["journal.db", "no journal of selfheal"]);
}

#[test]
fn a_directory_instead_of_a_journal() {
    let kept = Kept::new();
    fs::remove_file(kept.path("journal.db")).unwrap();
    fs::create_dir(kept.path("journal.db")).unwrap();
    kept.assert_refused(&["journal.db", "directory", "--store"]);
    kept.assert_unreadable("directory");
}

#[test]
fn a_journal_that_was_cut_off() {
    let kept = Kept::new();
    truncate(&kept, "journal.db", 8192);
    kept.assert_refused(&["journal.db", "damaged"]);
    kept.assert_unreadable("damaged");
}

#[test]
fn a_journal_that_is_gone_is_not_begun_anew_where_checkpoints_speak_of_it() {
    let kept = Kept::new();
    truncate(&kept, "journal.db", 0);
    kept.assert_refused(&["journal.db", "is gone", "Put back", "--store"]);
    fs::remove_file(kept.path("journal.db")).unwrap();
    kept.assert_refused(&["journal.db", "is gone", "Put back", "--store"]);
    kept.assert_unreadable("journal.db");
}

/// A healer that was killed between making the file and filling it leaves an empty one: nothing was lost.
#[test]
fn a_journal_that_was_never_filled_is_filled() {
    let kept = Kept::new();
    for file in ["checkpoints", "audit.pub"] {
        fs::remove_file(kept.path(file)).unwrap();
    }
    truncate(&kept, "journal.db", 0);
    let ended = kept.service.world.heal(&[], &MARK);
    assert_eq!(ended.status, Some(20), "{ended}");
    assert_eq!(kept.ask(&["audit", "verify"]).status, Some(0));
}

#[test]
fn a_public_key_or_checkpoints_that_are_none() {
    for file in ["audit.pub", "checkpoints"] {
        let kept = Kept::new();
        fs::write(kept.path(file), "garbage\n").unwrap();
        kept.assert_refused(&[file, "--store"]);
        kept.assert_readable();
        assert_eq!(kept.ask(&["audit", "verify"]).status, Some(1));
    }
}
