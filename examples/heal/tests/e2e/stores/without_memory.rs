//! What healed before is only a help: without it every failure is diagnosed as if for the first time.

use std::fs;

use crate::common::BROKEN;

use super::Kept;

fn assert_heals_without(kept: &Kept) {
    let before = fs::read(kept.path("memory.db")).ok();
    kept.service.world.write("service.conf", BROKEN);
    let ended = kept.service.heal_json(&[]);
    assert_eq!(ended.status, Some(0), "{ended}");
    let json = ended.json();
    assert_eq!((json["outcome"].as_str(), json["source"].as_str()), (Some("healed"), Some("runbook")), "{ended}");
    ended.assert_says("without the memory");
    ended.assert_says("memory.db");
    assert_eq!(fs::read(kept.path("memory.db")).ok(), before, "it was overwritten");
    kept.assert_readable();
}

#[test]
fn garbage() {
    let kept = Kept::new();
    fs::write(kept.path("memory.db"), "garbage, and more of it").unwrap();
    assert_heals_without(&kept);
}

#[test]
fn a_directory() {
    let kept = Kept::new();
    fs::remove_file(kept.path("memory.db")).unwrap();
    fs::create_dir(kept.path("memory.db")).unwrap();
    assert_heals_without(&kept);
}

#[test]
fn a_newer_version() {
    let kept = Kept::new();
    let database = rusqlite::Connection::open(kept.path("memory.db")).unwrap();
    database.execute_batch("PRAGMA user_version = 7; PRAGMA wal_checkpoint(TRUNCATE);").unwrap();
    drop(database);
    assert_heals_without(&kept);
}
