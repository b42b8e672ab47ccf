//! The private key: missing, another, or not private. Reading needs none.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::{Kept, MARK};
use crate::common::Ended;

/// Runs the marked command with the key in `file`.
fn run_with_key(kept: &Kept, file: &str) -> Ended {
    let mut heal = kept.service.world.run(&[], &MARK);
    heal.env("SELFHEAL_AUDIT_KEY", file);
    Ended::of(heal)
}

fn assert_refused(kept: &Kept, file: &str, expected: &str) {
    let before = kept.content();
    let ended = run_with_key(kept, file);
    assert_eq!((ended.status, kept.ran()), (Some(2), false), "{ended}");
    [file, expected, "SELFHEAL_AUDIT_KEY"].iter().for_each(|text| ended.assert_says(text));
    assert_eq!(kept.content(), before);
    kept.assert_readable();
    assert_eq!(kept.ask(&["audit", "verify"]).status, Some(0), "the public key is enough to verify");
}

#[test]
fn another_key_than_the_one_that_signed() {
    let (kept, other) = (Kept::new(), Kept::new());
    let key = other.service.world.path("home/.config/selfheal/audit.key").display().to_string();
    assert_refused(&kept, &key, "not the one that signs");
}

#[test]
fn a_key_that_is_missing_is_not_made_anew() {
    let kept = Kept::new();
    let file = kept.service.world.path("nowhere/audit.key");
    assert_refused(&kept, &file.display().to_string(), "missing");
    assert!(!file.exists());
}

#[test]
fn a_key_that_others_can_read() {
    let kept = Kept::new();
    let file = kept.service.world.path("home/.config/selfheal/audit.key");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    assert_refused(&kept, &file.display().to_string(), "644");
}

#[test]
fn a_file_that_is_no_key() {
    let kept = Kept::new();
    let file = kept.service.world.aside("garbage", "garbage\n");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    let ended = run_with_key(&kept, &file);
    assert_eq!((ended.status, kept.ran()), (Some(2), false), "{ended}");
    ended.assert_says(&file);
}

#[test]
fn without_a_home_it_lies_beside_the_store() {
    let kept = Kept::new();
    let mut heal = kept.service.world.bare();
    let store = kept.service.world.path("another");
    heal.env_remove("HOME").arg("--dir").arg(kept.service.world.dir()).arg("--store").arg(&store);
    let ended = Ended::of({
        heal.arg("--").args(MARK);
        heal
    });
    assert_eq!(ended.status, Some(20), "{ended}");
    assert!(store.join("audit.key").exists());
}
