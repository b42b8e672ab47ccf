//! Checkpoints are notes that others can read, and there is one text per checkpoint.

use selfheal_core::audit::{
    Hash, Head, KeyId, MAX_NOTE_BYTES, NotANote, SignatureVerifier, SignedCheckpoint, is_key_name,
};
use selfheal_core::time::Timestamp;

use crate::log::{Key, Log};

#[test]
fn a_checkpoint_is_a_note_of_five_lines_and_a_signature() {
    let log = Log::of(3);
    let note = log.checkpoints[0].as_str();
    let lines: Vec<_> = note.lines().collect();
    assert_eq!(lines[..2], ["example.org/log", "3"]);
    assert_eq!(lines[3], "at 1003");
    assert_eq!(lines[4], format!("after {}", Hash::ZERO));
    assert_eq!(lines[5], "");
    assert!(lines[6].starts_with("— example.org/log ") && lines.len() == 7, "{note}");
    let read = SignedCheckpoint::parse(note).unwrap();
    assert_eq!(read, log.checkpoints[0]);
    assert_eq!(read.checkpoint().root, log.head.root());
    assert_eq!(read.checkpoint().at, Timestamp::from_millis(1_003));
    assert!(read.is_signed_by(&log.key) && !read.is_signed_by(&Key("another")));
}

#[test]
fn every_single_byte_of_a_note_counts() {
    let log = Log::of(6);
    let note = log.checkpoints[1].as_str().as_bytes();
    for at in 0..note.len() {
        for bit in 0..8 {
            let mut changed = note.to_vec();
            changed[at] ^= 1 << bit;
            let passes = String::from_utf8(changed)
                .is_ok_and(|text| SignedCheckpoint::parse(&text).is_ok_and(|parsed| parsed.is_signed_by(&log.key)));
            assert!(!passes, "bit {bit} of byte {at}");
        }
        assert!(String::from_utf8(note[..at].to_vec()).map_or(true, |text| SignedCheckpoint::parse(&text).is_err()));
    }
}

#[test]
fn what_is_not_in_its_canonical_form_is_refused_with_the_line() {
    let log = Log::of(3);
    let note = log.checkpoints[0].as_str();
    let refused = |from: &str, to: &str| SignedCheckpoint::parse(&note.replacen(from, to, 1)).unwrap_err();
    assert!(matches!(refused("\n3\n", "\nthree\n"), NotANote::Line { line: 2, .. }));
    assert!(matches!(refused("\n3\n", "\n03\n"), NotANote::Line { .. }));
    assert!(matches!(refused("\nat 1003", "\nat +1003"), NotANote::Line { .. }));
    assert!(matches!(refused("\nafter ", "\nmore\nafter "), NotANote::Line { line: 5, .. }));
    assert!(matches!(refused("\n\n", "\nfurther\n\n"), NotANote::Line { .. }));
    assert!(matches!(refused("\n\n", "\n"), NotANote::Layout));
    assert!(matches!(refused("— ", "- "), NotANote::SignatureLine));
    assert!(matches!(SignedCheckpoint::parse(&"x".repeat(MAX_NOTE_BYTES + 1)), Err(NotANote::TooLong { .. })));
    let twice = format!("{note}{}\n", note.lines().last().unwrap());
    assert_eq!(SignedCheckpoint::parse(&twice), Err(NotANote::Layout));
}

#[test]
fn a_key_id_is_that_of_the_signed_note_specification() {
    // The example of c2sp.org/signed-note, in the form of Go's sumdb: `sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8`.
    let key = [
        0xce, 0x33, 0x72, 0xd7, 0x5a, 0xd1, 0xee, 0x5e, 0xcd, 0xaf, 0x87, 0x27, 0x29, 0x3d, 0x4b, 0x11, 0x1d, 0x87,
        0xeb, 0x37, 0x53, 0x1d, 0x7c, 0x86, 0xd4, 0xd3, 0x00, 0x3f, 0x0e, 0xb8, 0x09, 0xfc,
    ];
    assert_eq!(KeyId::ed25519("sum.golang.org", &key).to_string(), "033de0ae");
}

#[test]
fn names_that_would_break_a_note_are_no_names() {
    assert!(is_key_name("example.org/healer/3f9c") && is_key_name("prüfung"));
    for bad in ["", "two words", "a+b", "line\nbreak", "tab\t", &"x".repeat(129)] {
        assert!(!is_key_name(bad), "{bad:?}");
    }
}

#[test]
fn an_empty_log_can_be_signed_too() {
    let mut log = Log::of(0);
    log.sign();
    assert_eq!(log.checkpoints[0].checkpoint().root, Head::new().root());
    assert_eq!(log.verify().unwrap().unsigned_tail, 0);
    assert_eq!(SignatureVerifier::name(&log.key), log.checkpoints[0].checkpoint().origin);
}
