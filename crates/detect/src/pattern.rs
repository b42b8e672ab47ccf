//! Compiles the literal patterns of this crate.

use aho_corasick::{AhoCorasick, MatchKind};
use regex::{Regex, bytes};

/// A regular expression written in this crate's source.
#[allow(clippy::expect_used, reason = "the pattern is a literal; every one is compiled by a test")]
pub(crate) fn regex(literal: &str) -> Regex {
    Regex::new(literal).expect("a literal pattern compiles")
}

/// Like [`regex`], over bytes and ASCII: compiles and runs faster where Unicode classes aren't needed.
#[allow(clippy::expect_used, reason = "the pattern is a literal; every one is compiled by a test")]
pub(crate) fn ascii(literal: &str) -> bytes::Regex {
    bytes::RegexBuilder::new(literal).unicode(false).build().expect("a literal pattern compiles")
}

/// A search for fixed words, the first of the list winning where several match at one place.
#[allow(clippy::expect_used, reason = "the words are literals; every list is built by a test")]
pub(crate) fn words(literals: impl IntoIterator<Item = &'static str>) -> AhoCorasick {
    AhoCorasick::builder()
        .match_kind(MatchKind::LeftmostFirst)
        .ascii_case_insensitive(true)
        .build(literals)
        .expect("a list of literals builds")
}

/// Like [`words`], for finding every one of them, overlapping ones too.
#[allow(clippy::expect_used, reason = "the words are literals; every list is built by a test")]
pub(crate) fn all_words(literals: impl IntoIterator<Item = &'static str>) -> AhoCorasick {
    AhoCorasick::builder().ascii_case_insensitive(true).build(literals).expect("a list of literals builds")
}
