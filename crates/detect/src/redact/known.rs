//! Finds values the host knows, in the forms in which they leak.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write;

use aho_corasick::AhoCorasick;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

use super::{Finding, MIN_KNOWN_BYTES};

/// A shorter piece of a value or of its base64 form would hit ordinary text.
const MIN_PIECE_BYTES: usize = 8;

/// All forms of all known values in one automaton.
#[derive(Debug, Clone)]
pub(super) struct Known {
    /// `None` when there is nothing to find.
    search: Option<AhoCorasick>,
    forms: Vec<Form>,
}

#[derive(Debug, Clone)]
struct Form {
    kind: Cow<'static, str>,
    is_base64: bool,
}

impl Known {
    pub(super) fn new(values: Vec<(String, Vec<u8>)>) -> Self {
        let mut forms: BTreeMap<Vec<u8>, Form> = BTreeMap::new();
        for (name, value) in values {
            let mut add = |bytes: Vec<u8>, is_base64| {
                forms.entry(bytes).or_insert_with(|| Form { kind: Cow::Owned(name.clone()), is_base64 });
            };
            for piece in pieces(&value) {
                plain_forms(piece).into_iter().for_each(|form| add(form, false));
                base64_forms(piece).into_iter().for_each(|form| add(form, true));
            }
        }
        let (patterns, forms): (Vec<_>, Vec<_>) = forms.into_iter().unzip();
        let search = if patterns.is_empty() { None } else { AhoCorasick::new(patterns).ok() };
        Self { search, forms }
    }

    /// All occurrences, overlapping ones too: of two values that share bytes, none may stay in part.
    pub(super) fn find(&self, text: &str, found: &mut Vec<Finding>) {
        let Some(search) = &self.search else { return };
        for hit in search.find_overlapping_iter(text) {
            let form = &self.forms[hit.pattern().as_usize()];
            let range = if form.is_base64 { base64_run(text, hit.start(), hit.end()) } else { hit.start()..hit.end() };
            let covered = found
                .last()
                .is_some_and(|last: &Finding| last.range.start <= range.start && range.end <= last.range.end);
            if !covered {
                found.push(Finding {
                    range: text.floor_char_boundary(range.start)..text.ceil_char_boundary(range.end),
                    kind: form.kind.clone(),
                });
            }
        }
    }
}

/// The value, and each of its lines: a log shows a multi-line value line by line.
fn pieces(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    let value = value.trim_ascii();
    let lines = value.split(|&byte| byte == b'\n').map(<[u8]>::trim_ascii).filter(|line| line.len() >= MIN_PIECE_BYTES);
    std::iter::once(value).filter(|value| value.len() >= MIN_KNOWN_BYTES).chain(lines)
}

fn plain_forms(value: &[u8]) -> Vec<Vec<u8>> {
    let mut forms =
        vec![value.to_vec(), json_escaped(value), percent_encoded(value, true), percent_encoded(value, false)];
    let hex: String = value.iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    });
    forms.push(hex.to_ascii_uppercase().into_bytes());
    forms.push(hex.into_bytes());
    forms
}

/// The characters that stay the same wherever the value stands inside a longer encoded text: one form per offset of
/// its first byte in a group of three, without the characters that a neighbour shares bits with.
fn base64_forms(value: &[u8]) -> Vec<Vec<u8>> {
    let mut forms = Vec::new();
    for offset in 0..3_usize {
        let mut padded = vec![0; offset];
        padded.extend_from_slice(value);
        let first = (offset * 8).div_ceil(6);
        let end = padded.len() * 8 / 6;
        for encoded in [STANDARD_NO_PAD.encode(&padded), URL_SAFE_NO_PAD.encode(&padded)] {
            if end >= first + MIN_PIECE_BYTES {
                forms.push(encoded.as_bytes()[first..end].to_vec());
            }
        }
    }
    forms
}

/// The whole encoded word: its first and last characters carry bits of the secret too.
fn base64_run(text: &str, start: usize, end: usize) -> std::ops::Range<usize> {
    let bytes = text.as_bytes();
    let is_base64 = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_');
    let before = bytes[..start].iter().rev().take(MAX_RUN_BYTES).take_while(|byte| is_base64(byte)).count();
    let after = bytes[end..].iter().take(MAX_RUN_BYTES).take_while(|byte| is_base64(byte)).count();
    start - before..end + after
}

/// Keeps the search linear when one encoded megabyte is full of hits.
const MAX_RUN_BYTES: usize = 256;

fn json_escaped(value: &[u8]) -> Vec<u8> {
    let mut escaped = Vec::with_capacity(value.len());
    for &byte in value {
        match byte {
            b'"' | b'\\' => escaped.extend([b'\\', byte]),
            b'\n' => escaped.extend(b"\\n"),
            b'\r' => escaped.extend(b"\\r"),
            b'\t' => escaped.extend(b"\\t"),
            _ => escaped.push(byte),
        }
    }
    escaped
}

fn percent_encoded(value: &[u8], upper: bool) -> Vec<u8> {
    let mut encoded = String::with_capacity(value.len());
    for &byte in value {
        let _ = match byte {
            b'-' | b'.' | b'_' | b'~' => write!(encoded, "{}", char::from(byte)),
            _ if byte.is_ascii_alphanumeric() => write!(encoded, "{}", char::from(byte)),
            _ if upper => write!(encoded, "%{byte:02X}"),
            _ => write!(encoded, "%{byte:02x}"),
        };
    }
    encoded.into_bytes()
}
