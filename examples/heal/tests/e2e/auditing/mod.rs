//! What `heal audit` proves, and what somebody who can write to the store can't get past it.

mod columns;
mod erasing;
mod files;
mod flips;
mod sample;

use std::fs;

use crate::common::Ended;
use sample::Sample;

#[test]
fn a_store_verifies_where_it_is_and_wherever_it_is_copied_to() {
    let sample = Sample::new();
    let copy = sample.copy("elsewhere");
    for store in [sample.store(), copy] {
        let verified = sample.verify(&store, &[]);
        assert_eq!(verified.status, Some(0), "{verified}");
        verified.assert_says("verified");
        let told = sample.verify(&store, &["--json"]).json();
        assert_eq!(told["verified"], true);
        assert_eq!((&told["erased"], &told["unsigned_tail"]), (&1.into(), &0.into()), "{told}");
    }
}

#[test]
fn verification_needs_neither_key_nor_home_and_leaves_no_trace() {
    let sample = Sample::new();
    let copy = sample.copy("elsewhere");
    let before = sample::content(&copy);
    let mut heal = sample.world.command(env!("CARGO_BIN_EXE_heal"));
    heal.args(["audit", "verify", "--store", &copy]).env_remove("HOME").env_remove("XDG_STATE_HOME");
    heal.current_dir("/");
    let verified = Ended::of(heal);
    assert_eq!(verified.status, Some(0), "{verified}");
    assert_eq!(sample::content(&copy), before);
}

#[test]
fn an_export_verifies_by_itself_and_against_checkpoints_that_were_kept() {
    let sample = Sample::new();
    let export = sample.path("log.jsonl");
    let kept = sample.path("kept");
    fs::copy(format!("{}/checkpoints", sample.store()), &kept).unwrap();
    let exported = sample.audit("export", &sample.store(), &["--output", &export]);
    assert_eq!(exported.status, Some(0), "{exported}");
    assert_eq!(sample.audit("export", &sample.store(), &[]).stdout, fs::read(&export).unwrap());
    for options in [&[][..], &["--checkpoint", &kept]] {
        let verified = sample.verify(&export, options);
        assert_eq!(verified.status, Some(0), "{verified}");
    }
}

#[test]
fn a_log_that_was_replaced_as_a_whole_is_told_from_the_one_of_an_old_checkpoint() {
    let sample = Sample::new();
    let kept = sample.path("kept");
    fs::copy(format!("{}/checkpoints", sample.store()), &kept).unwrap();
    let forged = Sample::new();
    let verified = forged.verify(&forged.store(), &[]);
    assert_eq!(verified.status, Some(0), "by itself it is in order: {verified}");
    let verified = forged.verify(&forged.store(), &["--checkpoint", &kept]);
    assert_eq!(verified.status, Some(1), "{verified}");
    let export = forged.path("log.jsonl");
    forged.audit("export", &forged.store(), &["--output", &export]);
    assert_eq!(forged.verify(&export, &["--checkpoint", &kept]).status, Some(1));
}

#[test]
fn a_checkpoint_that_is_none_is_a_mistake_and_no_verdict() {
    let sample = Sample::new();
    let export = sample.path("log.jsonl");
    sample.audit("export", &sample.store(), &["--output", &export]);
    let empty = sample.world.aside("empty", "");
    let garbage = sample.world.aside("garbage", "no checkpoint\n");
    for file in [&empty, &garbage, "/no/such/file"] {
        for store in [&sample.store(), &export] {
            let refused = sample.verify(store, &["--checkpoint", file]);
            assert_eq!(refused.status, Some(2), "{refused}");
            refused.assert_says("--checkpoint");
            refused.assert_says(file);
        }
    }
}

#[test]
fn an_export_goes_into_a_pipe_and_never_in_its_place() {
    use std::os::unix::fs::FileTypeExt;
    let sample = Sample::new();
    let pipe = sample.path("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let reader = std::thread::spawn({
        let pipe = pipe.clone();
        move || fs::read(pipe).unwrap()
    });
    let exported = sample.audit("export", &sample.store(), &["--output", &pipe]);
    assert_eq!(exported.status, Some(0), "{exported}");
    assert!(fs::metadata(&pipe).unwrap().file_type().is_fifo(), "the pipe was replaced");
    assert_eq!(reader.join().unwrap(), sample.audit("export", &sample.store(), &[]).stdout);
}

#[test]
fn who_reads_no_further_is_no_failure() {
    let (sample, program) = (Sample::new(), env!("CARGO_BIN_EXE_heal"));
    for what in ["export", "show"] {
        let mut heal = sample.world.command("sh");
        heal.args(["-c", "(\"$0\" audit \"$1\" --store \"$2\"; echo status $? >&2) | true"]);
        heal.args([program, what, &sample.store()]);
        let ended = Ended::of(heal);
        ended.assert_says("status 0");
    }
}

#[test]
fn what_the_leaves_say_can_be_read_by_incident() {
    let sample = Sample::new();
    let all = sample.audit("show", &sample.store(), &[]);
    let healed = sample.incident("healed");
    let of_one = sample.audit("show", &sample.store(), &["--incident", &healed]);
    let lines = |shown: &Ended| String::from_utf8(shown.stdout.clone()).unwrap().lines().count();
    assert!(lines(&of_one) > 10 && lines(&of_one) < lines(&all), "{of_one}");
    for line in String::from_utf8(of_one.stdout).unwrap().lines() {
        let leaf: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!(leaf["incident"], healed);
    }
}
