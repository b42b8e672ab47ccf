//! What only a file can get wrong.

use std::os::unix::fs::PermissionsExt;

use selfheal_core::error::ErrorKind;
use selfheal_memory::Sqlite;

#[test]
fn the_file_is_private_and_opens_again() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("memory.db");
    drop(Sqlite::open(&path).unwrap());
    Sqlite::open(&path).unwrap();
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn a_file_that_is_no_store_is_refused_and_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("notes.txt");
    let text = "these are my notes and they are longer than an SQLite header, which has a hundred bytes; \
                so this goes on for a while";
    std::fs::write(&path, text).unwrap();
    assert_eq!(Sqlite::open(&path).unwrap_err().kind(), ErrorKind::Invalid);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
}

#[test]
fn a_newer_version_and_a_strangers_database_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    for (name, statement) in [("newer.db", "PRAGMA user_version = 99"), ("stranger.db", "CREATE TABLE accounts (id)")] {
        let path = dir.path().join(name);
        rusqlite::Connection::open(&path).unwrap().execute_batch(statement).unwrap();
        let error = Sqlite::open(&path).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
        assert!(error.to_string().contains(name), "the error says which file: {error}");
    }
}

#[test]
fn several_that_start_at_once_make_one_store() {
    for _ in 0..20 {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("memory.db");
        let start = std::sync::Barrier::new(4);
        let opened = || {
            start.wait();
            Sqlite::open(&path).map(drop)
        };
        std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(opened)).collect();
            threads.into_iter().for_each(|thread| thread.join().unwrap().unwrap());
        });
    }
}
