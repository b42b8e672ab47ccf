//! What holds for every text.

use proptest::prelude::*;
use selfheal_detect::extract::failing_lines;
use selfheal_detect::redact::Redactor;
use selfheal_detect::scan::Scanner;
use selfheal_detect::{ansi, mask};

/// Text in which the algorithms find something to do.
fn log() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "\\PC{0,12}",
        "[ -~\u{e9}\n\r\t\u{8}\u{1b}]{0,12}",
        "[0-9a-fA-F:./-]{1,24}",
        prop::sample::select(vec![
            "\u{1b}[31m",
            "\u{1b}]0;t\u{7}",
            "\u{1b}[2K",
            "\u{1b}[1G",
            "\r\n",
            "\n",
            "error: ",
            "Traceback (most recent call last):\n",
            "  at f (x.js:1:2)\n",
            "password=",
            "token: ",
            "\"secret\": \"",
            "ghp_KGpOyQNcdOyZbkBFTFoOxtzHq8STZHE6svi3",
            "://u:p4ssw0rd@h",
            "-----BEGIN PRIVATE KEY-----",
            "-----END PRIVATE KEY-----",
            "<secret:assigned>",
            "/tmp/x/",
            "2026-11-22T04:11:09Z ",
            "exited with 1\n",
            "$ make\n",
            "FAIL",
        ])
        .prop_map(str::to_owned),
    ];
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn stripping_twice_is_stripping_once(text in log()) {
        let once = ansi::strip(&text).into_owned();
        prop_assert_eq!(&*ansi::strip(&once), once.as_str());
        let acts = once.contains(['\u{1b}', '\r', '\u{8}']);
        prop_assert!(!acts);
    }

    #[test]
    fn stripping_bytes_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let once = ansi::strip_bytes(&bytes).into_owned();
        let twice = ansi::strip_bytes(&once).into_owned();
        prop_assert_eq!(twice, once);
    }

    #[test]
    fn masking_twice_is_masking_once(text in log()) {
        for line in text.lines() {
            let once = mask::mask(line).into_owned();
            prop_assert_eq!(&*mask::mask(&once), once.as_str());
        }
    }

    #[test]
    fn redacting_twice_is_redacting_once(text in log()) {
        let redactor = Redactor::builder().known("value", "p4ssw0rd").build();
        let once = redactor.redact(&text).into_owned();
        prop_assert_eq!(&*redactor.redact(&once), once.as_str());
    }

    #[test]
    fn a_known_value_never_stays(before in log(), value in "[!-;=?-~]{6,24}", after in log()) {
        prop_assume!(!"<secret:value>".contains(value.trim()));
        let redactor = Redactor::builder().known("value", &value).build();
        let redacted = redactor.redact(&format!("{before}{value}{after}")).into_owned();
        prop_assert!(!redacted.contains(&value), "{:?} in {:?}", value, redacted);
    }

    #[test]
    fn a_known_value_broken_by_colour_never_stays(value in "[A-Za-z0-9+/]{8,24}", at in 1..7_usize) {
        let redactor = Redactor::builder().known("value", &value).build();
        let broken = format!("x \u{1b}[1m{}\u{1b}[0;31m{}\u{1b}[0m y", &value[..at], &value[at..]);
        prop_assert!(!ansi::strip(&redactor.redact(&broken)).contains(&value));
    }

    #[test]
    fn findings_are_ordered_disjoint_and_inside(text in log()) {
        let mut end = 0;
        for finding in Redactor::default().find(&text) {
            prop_assert!(finding.range.start >= end && finding.range.start < finding.range.end);
            prop_assert!(text.get(finding.range.clone()).is_some());
            end = finding.range.end;
        }
    }

    #[test]
    fn failing_lines_are_ordered_inside_and_within_the_budget(text in log(), budget in 0..20_usize) {
        let lines: Vec<&str> = text.split('\n').collect();
        let found = failing_lines(&lines, budget);
        prop_assert!(found.len() <= budget);
        prop_assert!(found.iter().all(|line| line.index < lines.len() && (0.0..=1.0).contains(&line.score)));
        prop_assert!(found.is_sorted_by(|a, b| a.index < b.index));
    }

    #[test]
    fn scanning_reports_lines_in_order_however_the_stream_is_cut(text in log(), cut in 1..40_usize) {
        let mut scanner = Scanner::new();
        for chunk in text.as_bytes().chunks(cut) {
            let mut end = 0;
            scanner.scan(chunk, |line| {
                assert!(line.start >= end && line.end <= chunk.len());
                end = line.end;
            });
        }
    }
}
