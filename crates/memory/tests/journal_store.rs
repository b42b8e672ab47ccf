//! The store directory: its key, its copies, and what it refuses.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests fail like tests")]

#[path = "common/story.rs"]
mod story;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use selfheal_core::error::ErrorKind;
use selfheal_core::ports::{Journal, Query};
use selfheal_memory::audit::{SigningKey, Unverified};
use selfheal_memory::{Store, StoreOptions, UnverifiedStore};

use story::Story;

struct Place {
    root: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        Self { root: tempfile::tempdir().unwrap() }
    }

    fn folder(&self) -> PathBuf {
        self.root.path().join("project/store")
    }

    fn options(&self) -> StoreOptions {
        StoreOptions::new(self.root.path().join("state/keys/audit.key"))
    }

    fn open(&self) -> Store {
        Store::open(&self.folder(), &self.options()).unwrap()
    }

    async fn written(self) -> Self {
        let store = self.open();
        let mut story = Story::new("inc-1");
        story.go_on_times(store.journal().as_ref(), 3).await;
        story.close(store.journal().as_ref()).await.unwrap();
        drop(store);
        self
    }

    fn files(&self) -> Vec<std::ffi::OsString> {
        let mut names: Vec<_> = fs::read_dir(self.folder()).unwrap().map(|file| file.unwrap().file_name()).collect();
        names.sort();
        names
    }

    fn copy(&self) -> PathBuf {
        let copy = self.root.path().join("elsewhere");
        fs::create_dir(&copy).unwrap();
        for file in fs::read_dir(self.folder()).unwrap() {
            let file = file.unwrap();
            fs::copy(file.path(), copy.join(file.file_name())).unwrap();
        }
        copy
    }
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn refused(folder: &Path, options: &StoreOptions) -> ErrorKind {
    Store::open(folder, options).err().expect("it was opened").kind()
}

#[tokio::test]
async fn everything_in_a_new_store_is_private_and_its_key_lies_elsewhere() {
    let place = Place::new();
    assert!(!Store::exists(&place.folder()));
    let place = place.written().await;
    assert!(Store::exists(&place.folder()));
    assert_eq!((mode(&place.folder()), mode(&place.options().key_file)), (0o700, 0o600));
    let names = place.files();
    assert_eq!(names, ["audit.pub", "checkpoints", "journal.db", "memory.db"]);
    assert!(names.iter().all(|name| mode(&place.folder().join(name)) == 0o600));
    let again = place.open();
    assert_eq!(again.journal().list(&Query::newest(9)).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_copied_store_verifies_wherever_it_lies_and_a_changed_one_does_not() {
    let place = Place::new().written().await;
    let copy = place.copy();
    fs::remove_dir_all(place.folder()).unwrap();
    fs::remove_file(place.options().key_file).unwrap();
    let verified = Store::verify_audit(&copy, None, None).unwrap();
    assert_eq!((verified.log.leaves, verified.log.unsigned_tail, verified.journal.records), (4, 0, 4));
    assert!(verified.witnessed > 0);

    let changed = rusqlite::Connection::open(copy.join("journal.db")).unwrap();
    changed.execute("UPDATE records SET record = record || ' ' WHERE leaf = 0", []).unwrap();
    assert!(matches!(Store::verify_audit(&copy, None, None), Err(UnverifiedStore::Journal(_))));
    changed.execute("UPDATE audit_leaves SET hash = zeroblob(32) WHERE leaf = 0", []).unwrap();
    assert!(matches!(Store::verify_audit(&copy, None, None), Err(UnverifiedStore::Log(_))));
}

#[tokio::test]
async fn a_checkpoint_kept_elsewhere_proves_that_a_store_was_replaced() {
    let place = Place::new().written().await;
    let kept = place.root.path().join("kept");
    let newest = place.open().journal().newest_checkpoint().unwrap().unwrap();
    fs::write(&kept, newest.as_str()).unwrap();
    assert!(Store::verify_audit(&place.folder(), None, Some(&kept)).is_ok());
    let witness = place.folder().join("checkpoints");
    assert!(Store::verify_audit(&place.folder(), None, Some(&witness)).is_ok());

    // The whole store made anew, with the same key.
    fs::remove_dir_all(place.folder()).unwrap();
    let mut other = Story::new("inc-9");
    let store = place.open();
    other.go_on_times(store.journal().as_ref(), 9).await;
    drop(store);
    assert!(Store::verify_audit(&place.folder(), None, None).is_ok());
    assert!(matches!(Store::verify_audit(&place.folder(), None, Some(&kept)), Err(UnverifiedStore::Log(_))));
    fs::write(&kept, "nothing of the kind").unwrap();
    assert!(matches!(Store::verify_audit(&place.folder(), None, Some(&kept)), Err(UnverifiedStore::Unreadable(_))));
}

#[tokio::test]
async fn without_its_key_a_store_is_only_read() {
    let place = Place::new().written().await;
    fs::remove_file(place.options().key_file).unwrap();
    assert_eq!(refused(&place.folder(), &place.options()), ErrorKind::Forbidden);
    assert!(!place.options().key_file.exists(), "no other key was made");
    // Not even when its own copy of the public key is gone.
    fs::remove_file(place.folder().join("audit.pub")).unwrap();
    assert_eq!(refused(&place.folder(), &place.options()), ErrorKind::Forbidden);

    let store = Store::open_read_only(&place.folder()).unwrap();
    assert_eq!(store.journal().list(&Query::newest(9)).await.unwrap().len(), 1);
    let mut story = Story::new("inc-2");
    assert_eq!(story.go_on(store.journal().as_ref()).await.unwrap_err().kind(), ErrorKind::Forbidden);
    drop(store);
    Store::verify_audit(&place.folder(), None, None).unwrap();
    assert_eq!(place.files(), ["checkpoints", "journal.db", "memory.db"], "looking left something behind");
}

#[tokio::test]
async fn another_key_is_refused_and_nothing_is_changed() {
    let place = Place::new().written().await;
    let stranger = StoreOptions::new(place.root.path().join("other.key"));
    Store::open(&place.root.path().join("other"), &stranger).unwrap();
    let before = fs::read(place.folder().join("journal.db")).unwrap();
    assert_eq!(refused(&place.folder(), &stranger), ErrorKind::Forbidden);
    fs::remove_file(place.folder().join("audit.pub")).unwrap();
    assert_eq!(refused(&place.folder(), &stranger), ErrorKind::Forbidden);
    assert_eq!(fs::read(place.folder().join("journal.db")).unwrap(), before);
    // What a crash may have left undone is made good by the right key.
    place.open();
    assert!(place.folder().join("audit.pub").exists());
}

#[tokio::test]
async fn an_older_copy_of_the_journal_is_not_gone_on_with() {
    let place = Place::new().written().await;
    let older = fs::read(place.folder().join("journal.db")).unwrap();
    let store = place.open();
    let mut story = Story::new("inc-2");
    story.go_on_times(store.journal().as_ref(), 2).await;
    drop(store);
    fs::write(place.folder().join("journal.db"), &older).unwrap();
    assert_eq!(refused(&place.folder(), &place.options()), ErrorKind::Conflict);
    assert!(matches!(Store::verify_audit(&place.folder(), None, None), Err(UnverifiedStore::Log(_))));
}

#[test]
fn where_there_is_no_store_nothing_is_made_by_looking() {
    let place = Place::new();
    assert_eq!(Store::open_read_only(&place.folder()).err().unwrap().kind(), ErrorKind::NotFound);
    let verified = Store::verify_audit(&place.folder(), None, None).unwrap_err();
    assert!(matches!(verified, UnverifiedStore::Unreadable(error) if error.kind() == ErrorKind::NotFound));
    assert!(!place.folder().exists());
}

#[test]
fn a_key_that_others_can_read_is_refused() {
    let place = Place::new();
    drop(place.open());
    fs::set_permissions(place.options().key_file, fs::Permissions::from_mode(0o644)).unwrap();
    assert_eq!(refused(&place.folder(), &place.options()), ErrorKind::Forbidden);
}

#[tokio::test]
async fn a_store_made_anew_with_another_key_is_found_out_by_who_knows_the_key() {
    let place = Place::new().written().await;
    let key = SigningKey::open(&place.options().key_file).unwrap().public();
    assert!(Store::verify_audit(&place.folder(), Some(&key), None).is_ok());
    fs::remove_dir_all(place.folder()).unwrap();
    fs::remove_file(place.options().key_file).unwrap();
    let place = place.written().await;
    assert!(Store::verify_audit(&place.folder(), None, None).is_ok());
    let found = Store::verify_audit(&place.folder(), Some(&key), None).unwrap_err();
    assert!(matches!(found, UnverifiedStore::Log(Unverified::WrongKey { .. })), "{found}");
    fs::remove_file(place.folder().join("audit.pub")).unwrap();
    let found = Store::verify_audit(&place.folder(), Some(&key), None).unwrap_err();
    assert!(matches!(found, UnverifiedStore::Log(Unverified::WrongKey { .. })), "{found}");
}

#[tokio::test]
async fn a_journal_that_went_another_way_since_it_was_witnessed_is_not_gone_on_with() {
    let place = Place::new().written().await;
    let witnessed = fs::read(place.folder().join("checkpoints")).unwrap();
    fs::remove_dir_all(place.folder()).unwrap();
    // The same key, and as long a log or a longer one.
    let place = place.written().await;
    fs::write(place.folder().join("checkpoints"), &witnessed).unwrap();
    assert_eq!(refused(&place.folder(), &place.options()), ErrorKind::Conflict);
}
