//! One log line as the cues see it.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::bytes::Regex;

use crate::{ansi, pattern};

/// A longer line's head tells what it is.
const MAX_BYTES: usize = 600;

/// What CI systems and loggers put before a line.
static STAMP: LazyLock<Regex> = LazyLock::new(|| {
    pattern::ascii(
        r"^(?:\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?(?: \d\d[OE])? ?|\[?\d\d:\d\d:\d\d(?:[.,]\d{1,9})?\]? )",
    )
});

/// A line without escape sequences, time stamp and trailing space.
#[derive(Debug)]
pub(super) struct Line<'a> {
    pub(super) text: Cow<'a, str>,
    pub(super) indent: usize,
}

impl<'a> Line<'a> {
    pub(super) fn parse(raw: &'a str) -> Self {
        // A colour code takes up to 20 bytes for each visible one.
        let raw = &raw[..raw.floor_char_boundary(MAX_BYTES * 8)];
        let text = match ansi::strip(raw) {
            Cow::Borrowed(text) => Cow::Borrowed(content(text)),
            Cow::Owned(text) => Cow::Owned(content(&text).to_owned()),
        };
        let indent = text.bytes().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        Self { text, indent }
    }

    pub(super) fn is_blank(&self) -> bool {
        self.indent == self.text.len()
    }
}

fn content(text: &str) -> &str {
    let text = text.trim_end();
    let starts_with_digit = text.as_bytes().first().is_some_and(|&byte| byte.is_ascii_digit() || byte == b'[');
    let stamp = if starts_with_digit { STAMP.find(text.as_bytes()).map_or(0, |stamp| stamp.end()) } else { 0 };
    let text = &text[stamp..];
    &text[..text.floor_char_boundary(MAX_BYTES)]
}
