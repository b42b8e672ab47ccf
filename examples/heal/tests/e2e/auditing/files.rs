//! The files beside the database: the public key, the checkpoints, an export.

use std::fs;

use super::sample::{Sample, assert_told};

/// Ways to damage a file of lines.
fn damages(content: &[u8]) -> Vec<(String, Vec<u8>)> {
    // The last line break is left alone: without it the line is a torn end, which a crash leaves.
    let bits = (0..(content.len() - 1) * 8).step_by(41).map(|bit| {
        let mut flipped = content.to_vec();
        flipped[bit / 8] ^= 1 << (bit % 8);
        (format!("bit {bit} is another"), flipped)
    });
    let more = ("a line follows".to_owned(), [content, b"x\n"].concat());
    bits.chain([more]).collect()
}

fn assert_each_told(sample: &Sample, file: &str, damages: Vec<(String, Vec<u8>)>) {
    for (what, content) in damages {
        let copy = sample.copy("copy");
        fs::write(format!("{copy}/{file}"), content).unwrap();
        assert_told(&sample.verify(&copy, &[]), &format!("{file}: {what}"));
    }
}

#[test]
fn a_public_key_that_is_another_is_told() {
    let sample = Sample::new();
    let original = fs::read(format!("{}/audit.pub", sample.store())).unwrap();
    let mut all = damages(&original);
    all.push(("it is empty".to_owned(), Vec::new()));
    all.push(("it is cut off".to_owned(), original[..original.len() / 2].to_vec()));
    let other = Sample::new();
    all.push(("it is another log's".to_owned(), fs::read(format!("{}/audit.pub", other.store())).unwrap()));
    assert_each_told(&sample, "audit.pub", all);
}

#[test]
fn checkpoints_that_were_changed_are_told() {
    let sample = Sample::new();
    let original = fs::read(format!("{}/checkpoints", sample.store())).unwrap();
    assert!(original.iter().filter(|byte| **byte == b'\n').count() >= 3);
    let mut all = damages(&original);
    let other = Sample::new();
    all.push(("they are another log's".to_owned(), fs::read(format!("{}/checkpoints", other.store())).unwrap()));
    assert_each_told(&sample, "checkpoints", all);
}

/// A line that is gone says nothing, nor does one that stands there twice: the log has each checkpoint too, and a torn end is
/// what a crash leaves. It is a copy kept elsewhere that shows what is missing.
#[test]
fn checkpoints_that_are_missing_only_prove_less() {
    let sample = Sample::new();
    let original = fs::read_to_string(format!("{}/checkpoints", sample.store())).unwrap();
    let lines: Vec<&str> = original.split_inclusive('\n').collect();
    let copy = sample.copy("copy");
    for left in [&lines[1..], &lines[..lines.len() - 1], &[], &[lines[0], lines[0]]] {
        fs::write(format!("{copy}/checkpoints"), left.concat()).unwrap();
        let told = sample.verify(&copy, &["--json"]).json();
        assert_eq!((&told["verified"], &told["checkpoints_elsewhere"]), (&true.into(), &left.len().into()), "{told}");
    }
}

#[test]
fn a_log_that_was_cut_back_is_told_by_the_checkpoints_beside_it() {
    let sample = Sample::new();
    let earlier = sample.copy("earlier");
    assert_eq!(sample.world.heal(&[], &["sh", "-c", "exit 3"]).status, Some(20));
    for file in ["journal.db", "audit.pub"] {
        fs::copy(format!("{earlier}/{file}"), format!("{}/{file}", sample.store())).unwrap();
    }
    assert_told(&sample.verify(&sample.store(), &[]), "an older journal");
    // Nor is anything added to it as if nothing had happened.
    let starts = sample.world.starts();
    let refused = sample.world.heal(&[], &["sh", "-c", "echo ran >>\"$OUTSIDE/starts\""]);
    assert_eq!((refused.status, sample.world.starts()), (Some(2), starts), "{refused}");
    refused.assert_says("older");
}

#[test]
fn an_export_that_was_changed_is_told() {
    let sample = Sample::new();
    let export = sample.path("log.jsonl");
    sample.audit("export", &sample.store(), &["--output", &export]);
    let original = fs::read(&export).unwrap();
    let mut all: Vec<_> = damages(&original).into_iter().step_by(29).collect();
    let lines: Vec<&[u8]> = original.split_inclusive(|byte| *byte == b'\n').collect();
    for at in 0..lines.len() {
        let mut fewer = lines.clone();
        fewer.remove(at);
        all.push((format!("line {at} is gone"), fewer.concat()));
    }
    let mut swapped = lines.clone();
    swapped.swap(3, 4);
    all.push(("two lines are swapped".to_owned(), swapped.concat()));
    all.push(("a line stands there twice".to_owned(), [&lines[..3], &lines[2..]].concat().concat()));
    for (what, content) in all {
        fs::write(&export, content).unwrap();
        assert_told(&sample.verify(&export, &[]), &format!("export: {what}"));
    }
}
