//! Private keys in PEM (RFC 7468) and the formats that borrow its armour (OpenSSH, PGP).

use std::borrow::Cow;

use super::Finding;

pub(super) const KIND: &str = "private-key";

const BEGIN: &[u8] = b"-----BEGIN ";
/// A 16384-bit RSA key takes about 13 kB.
const MAX_KEY_BYTES: usize = 32 * 1024;
const MAX_LABEL_BYTES: usize = 64;
/// `-----BEGIN PRIVATE KEY-----` with nothing behind it is talk about keys.
const MIN_BODY_BYTES: usize = 16;

/// From `-----BEGIN` to the end of the matching `-----END` line; as far as a key can reach when the end is missing.
pub(super) fn find(text: &str, found: &mut Vec<Finding>) {
    let mut from = 0;
    while let Some(begin) = memchr::memmem::find(&text.as_bytes()[from..], BEGIN).map(|at| from + at) {
        from = begin + BEGIN.len();
        if let Some(end) = key_end(text, from) {
            found.push(Finding { range: begin..end, kind: Cow::Borrowed(KIND) });
            from = end;
        }
    }
}

fn key_end(text: &str, label_start: usize) -> Option<usize> {
    let label = &text.as_bytes()[label_start..text.len().min(label_start + MAX_LABEL_BYTES)];
    let label = &label[..memchr::memmem::find(label, b"-----")?];
    memchr::memmem::find(label, b"PRIVATE KEY")?;
    let body_start = label_start + label.len() + 5;
    let limit = text.floor_char_boundary(body_start + MAX_KEY_BYTES);
    let body = &text.as_bytes()[body_start..limit];
    let end_marker = memchr::memmem::find(body, b"-----END");
    match end_marker {
        Some(at) if at < MIN_BODY_BYTES => None,
        Some(at) => Some(body_start + at + end_line_len(&body[at..])),
        None => Some(body_start + unfinished_len(body)).filter(|&end| end >= body_start + MIN_BODY_BYTES),
    }
}

fn end_line_len(rest: &[u8]) -> usize {
    let label = &rest[8..rest.len().min(8 + MAX_LABEL_BYTES)];
    memchr::memmem::find(label, b"-----").map_or(8, |at| 8 + at + 5)
}

/// Base64 with its line breaks, also written as `\n`.
fn unfinished_len(body: &[u8]) -> usize {
    body.iter()
        .take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=' | b'\\' | b'\n' | b'\r'))
        .count()
}
