use std::fs;

use selfheal_core::audit::{Checkpoint, Head, SignedCheckpoint, Witness};
use selfheal_core::error::ErrorKind;
use selfheal_core::time::Timestamp;
use selfheal_memory::audit::{FileWitness, SigningKey};
use tempfile::TempDir;

use crate::{key, log};

fn checkpoints(count: u64) -> Vec<SignedCheckpoint> {
    log(count).checkpoints.iter().map(|note| SignedCheckpoint::parse(note).unwrap()).collect()
}

fn witness() -> (TempDir, FileWitness) {
    let folder = tempfile::tempdir().unwrap();
    let witness = FileWitness::new(folder.path().join("checkpoints"));
    (folder, witness)
}

#[tokio::test]
async fn it_keeps_every_checkpoint_and_knows_the_latest_also_in_another_process() {
    let (_folder, witness) = witness();
    assert_eq!(witness.latest().await.unwrap(), None);
    let all = checkpoints(5);
    for checkpoint in &all {
        witness.witness(checkpoint).await.unwrap();
    }
    let another = FileWitness::new(witness.path());
    assert_eq!(another.latest().await.unwrap().as_ref(), all.last());
    let notes: Vec<_> = all.iter().map(|checkpoint| checkpoint.as_str().to_owned()).collect();
    assert_eq!(another.all().unwrap(), notes);
}

#[test]
fn the_latest_one_again_changes_nothing_and_a_smaller_or_contradicting_one_is_refused() {
    let (_folder, witness) = witness();
    let all = checkpoints(3);
    witness.append(&all[2]).unwrap();
    let before = fs::read(witness.path()).unwrap();
    witness.append(&all[2]).unwrap();
    let cut = witness.append(&all[1]).unwrap_err();
    assert!(cut.kind() == ErrorKind::Conflict && cut.to_string().contains("it had 3 leaves, and has 2"), "{cut}");

    let mut other = log(2);
    other.append(vec![]).unwrap();
    let rewritten = other.checkpoint(Timestamp::from_millis(9), &key()).unwrap();
    assert!(witness.append(&rewritten).unwrap_err().to_string().contains("rewritten"));
    let foreign = SigningKey::generate("example.org/other").unwrap();
    let foreign = Checkpoint::sign(&Head::new(), Timestamp::from_millis(1), None, &foreign).unwrap();
    assert_eq!(witness.append(&foreign).unwrap_err().kind(), ErrorKind::Conflict);
    assert_eq!(fs::read(witness.path()).unwrap(), before);
}

#[test]
fn a_line_that_was_torn_anywhere_is_passed_over_and_cut_off() {
    let all = checkpoints(3);
    let (_folder, whole) = witness();
    all.iter().for_each(|checkpoint| whole.append(checkpoint).unwrap());
    let bytes = fs::read(whole.path()).unwrap();
    let ends: Vec<_> = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1).collect();
    for cut in 0..=bytes.len() {
        let (_folder, torn) = witness();
        fs::write(torn.path(), &bytes[..cut]).unwrap();
        let kept = ends.iter().filter(|end| **end <= cut).count();
        assert_eq!(torn.all().unwrap().len(), kept, "cut at {cut}");
        assert_eq!(torn.newest().unwrap().as_ref(), all[..kept].last());
        torn.append(&all[2]).unwrap();
        assert_eq!(torn.all().unwrap().last().unwrap(), all[2].as_str());
    }
}

#[test]
fn a_file_that_is_something_else_is_refused_and_left_alone() {
    let checkpoint = &checkpoints(1)[0];
    for garbage in ["garbage\n", "\"garbage\"\n", "\n", &"x".repeat(100_000), "\"a\" \n"] {
        let (_folder, witness) = witness();
        fs::write(witness.path(), garbage).unwrap();
        assert_eq!(witness.newest().unwrap_err().kind(), ErrorKind::Invalid, "{garbage:.20}");
        assert_eq!(witness.append(checkpoint).unwrap_err().kind(), ErrorKind::Invalid);
        assert_eq!(fs::read_to_string(witness.path()).unwrap(), garbage);
    }
    let (_folder, missing) = witness();
    assert_eq!(missing.all().unwrap_err().kind(), ErrorKind::NotFound);
}

#[test]
fn several_writers_leave_whole_lines() {
    let (_folder, witness) = witness();
    let all = checkpoints(20);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for checkpoint in &all {
                    // Whoever is behind is refused: the other one was first.
                    let _ = witness.append(checkpoint);
                }
            });
        }
    });
    let kept = witness.all().unwrap();
    assert!(kept.iter().all(|note| SignedCheckpoint::parse(note).is_ok()));
    assert_eq!(kept.last().unwrap(), all[19].as_str());
    let mut sizes: Vec<_> = kept.iter().map(|note| SignedCheckpoint::parse(note).unwrap().checkpoint().size).collect();
    sizes.dedup();
    assert!(sizes.is_sorted() && sizes.len() == kept.len());
}
