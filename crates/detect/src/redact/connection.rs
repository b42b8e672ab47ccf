//! What opens a connection with a password in it: `scheme://user:password@host/…`, also percent-encoded, and
//! `Key=value;Key=value` strings. The whole of it is the secret: with user and host beside it, a password is a way in.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

use super::Finding;
use super::dummy::is_dummy;
use crate::pattern;

pub(super) const KIND: &str = "connection-string";

const MAX_BYTES: usize = 1024;
/// `https://TOKEN@host` has no password; a user name this long is a token.
const MIN_TOKEN_BYTES: usize = 16;
const MIN_KEY_BYTES: usize = 20;

const AUTHORITY: [&str; 2] = ["://", "%3A%2F%2F"];
const KEYS: [&str; 3] = ["AccountKey=", "SharedAccessKey=", "SharedAccessSignature="];

static MARKS: LazyLock<AhoCorasick> = LazyLock::new(|| pattern::words(AUTHORITY.into_iter().chain(KEYS)));

pub(super) fn find(text: &str, found: &mut Vec<Finding>) {
    let mut from = 0;
    while let Some(mark) = MARKS.find(&text.as_bytes()[from..]) {
        let (start, end) = (from + mark.start(), from + mark.end());
        from = end;
        let holds_secret = match mark.pattern().as_usize() {
            0 => has_password(text, end, ":", "@"),
            1 => has_password(text, end, "%3A", "%40"),
            _ => has_key(text, end),
        };
        if holds_secret {
            let range = whole(text, start, end);
            from = from.max(range.end);
            found.push(Finding { range, kind: Cow::Borrowed(KIND) });
        }
    }
}

/// The password reaches to the last `@` of the authority: it may itself hold one unescaped.
fn has_password(text: &str, authority_start: usize, colon: &str, at: &str) -> bool {
    let rest = &text.as_bytes()[authority_start..text.floor_char_boundary(authority_start + MAX_BYTES)];
    let authority =
        &rest[..rest.iter().position(|byte| ends(byte) || matches!(byte, b'/' | b'?' | b'#')).unwrap_or(rest.len())];
    let Some(len) = rfind_ignoring_case(authority, at) else { return false };
    let userinfo = &text[authority_start..text.floor_char_boundary(authority_start + len)];
    match rfind_ignoring_case(userinfo.as_bytes(), colon) {
        Some(at) => is_secret(&userinfo[at + colon.len()..]),
        None => userinfo.len() >= MIN_TOKEN_BYTES && is_secret(userinfo),
    }
}

fn has_key(text: &str, start: usize) -> bool {
    let end = whole(text, start, start).end;
    let value = text[start..end].split([';', '&']).next().unwrap_or_default();
    value.len() >= MIN_KEY_BYTES && is_secret(value)
}

fn is_secret(value: &str) -> bool {
    !value.is_empty() && !is_dummy(value)
}

/// From the first byte of the scheme or the first key to the end of the word.
fn whole(text: &str, start: usize, end: usize) -> Range<usize> {
    let bytes = text.as_bytes();
    let is_url = bytes[start..].starts_with(b":") || bytes[start..].starts_with(b"%");
    let belongs = |byte: &u8| {
        if is_url {
            byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.')
        } else {
            !ends(byte) && *byte != b','
        }
    };
    let before = bytes[..start].iter().rev().take(MAX_BYTES).take_while(|byte| belongs(byte)).count();
    let rest = &bytes[end..text.floor_char_boundary(end + MAX_BYTES)];
    let after = rest.iter().position(ends).unwrap_or(rest.len());
    let trailing = rest[..after].iter().rev().take_while(|byte| matches!(byte, b',' | b'.' | b';' | b':')).count();
    let keyword = if is_url { 0 } else { name_len(&bytes[start - before..start]) };
    text.ceil_char_boundary(start - before + keyword)..end + after - trailing
}

/// `NAME=DefaultEndpointsProtocol=…`: the variable's name is not part of its value.
fn name_len(before: &[u8]) -> usize {
    let first = before.split(|&byte| byte == b';').next().unwrap_or_default();
    let signs = first.iter().filter(|&&byte| byte == b'=').count();
    if signs < 2 { 0 } else { first.iter().position(|&byte| byte == b'=').map_or(0, |at| at + 1) }
}

fn ends(byte: &u8) -> bool {
    byte.is_ascii_whitespace() || matches!(byte, b'"' | b'\'' | b'<' | b'>' | b'`' | b'|' | b'\\' | b'(' | b')')
}

fn rfind_ignoring_case(text: &[u8], needle: &str) -> Option<usize> {
    text.windows(needle.len()).rposition(|window| window.eq_ignore_ascii_case(needle.as_bytes()))
}
