//! Values given to a name that says they are secret: `NAME=value`, `name: value`, `"name": "value"`, `--name value`,
//! `<name>value</name>`, `Authorization: Basic value`.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

use super::Finding;
use super::value::{extent, is_password, is_token, is_word};
use crate::pattern;

pub(super) const KIND: &str = "assigned";
pub(super) const HEADER_KIND: &str = "authorization";

const MAX_NAME_BYTES: usize = 128;
const MAX_PADDING_BYTES: usize = 16;

/// How strict the value of a name is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    Password,
    Token,
    /// `Authorization`: a scheme may stand before the value.
    Header,
    /// `Bearer value` without a name.
    Scheme,
}

/// Ordered so that the longer of two words that begin alike comes first.
const NAMES: [(&str, Class); 36] = [
    ("passphrase", Class::Password),
    ("password", Class::Password),
    ("passwort", Class::Password),
    ("passwd", Class::Password),
    ("pwd", Class::Password),
    ("secret", Class::Token),
    ("token", Class::Token),
    ("api_key", Class::Token),
    ("api-key", Class::Token),
    ("apikey", Class::Token),
    ("app_key", Class::Token),
    ("app-key", Class::Token),
    ("appkey", Class::Token),
    ("access_key", Class::Token),
    ("access-key", Class::Token),
    ("accesskey", Class::Token),
    ("account_key", Class::Token),
    ("account-key", Class::Token),
    ("accountkey", Class::Token),
    ("auth_key", Class::Token),
    ("auth-key", Class::Token),
    ("authkey", Class::Token),
    ("private_key", Class::Token),
    ("private-key", Class::Token),
    ("privatekey", Class::Token),
    ("signing_key", Class::Token),
    ("signing-key", Class::Token),
    ("encryption_key", Class::Token),
    ("encryption-key", Class::Token),
    ("master_key", Class::Token),
    ("deploy_key", Class::Token),
    ("credential", Class::Token),
    ("cookie", Class::Token),
    ("authorization", Class::Header),
    ("auth", Class::Token),
    ("bearer", Class::Scheme),
];

/// What may follow one of [`NAMES`] in a name that still names a secret; `_id`, `_name`, `_file`, `_length` may not.
const ENDINGS: [&str; 16] = [
    "",
    "s",
    "key",
    "accesskey",
    "value",
    "text",
    "plain",
    "base64",
    "b64",
    "prod",
    "dev",
    "test",
    "staging",
    "live",
    "old",
    "new",
];

const SCHEMES: [&str; 6] = ["basic ", "bearer ", "token ", "apikey ", "negotiate ", "digest "];

static WORDS: LazyLock<AhoCorasick> = LazyLock::new(|| pattern::words(NAMES.iter().map(|&(word, _)| word)));

pub(super) fn find(text: &str, found: &mut Vec<Finding>) {
    let mut from = 0;
    while let Some(hit) = WORDS.find(&text.as_bytes()[from..]) {
        let word = from + hit.start()..from + hit.end();
        let class = NAMES[hit.pattern().as_usize()].1;
        from = word.end;
        if let Some(value) = secret_after(text, &word, class) {
            from = from.max(value.end);
            let kind = if matches!(class, Class::Header | Class::Scheme) { HEADER_KIND } else { KIND };
            found.push(Finding { range: value, kind: Cow::Borrowed(kind) });
        }
    }
}

fn secret_after(text: &str, word: &Range<usize>, class: Class) -> Option<Range<usize>> {
    let name_end = name_end(text, word.end)?;
    let separator = separator_after(text, name_end, class, &Form::of(text, word.start))?;
    let start = if class == Class::Header { skip_scheme(text, separator.end) } else { separator.end };
    let value = extent(text, start);
    // `PWD` is a password in connection strings and the working directory in environments.
    let is_directory = text[word.clone()].eq_ignore_ascii_case("pwd") && text[value.clone()].starts_with(['/', '~']);
    (!is_directory && accepts(text, class, &separator, &value)).then_some(value)
}

/// Where the name ends that contains the word, if it still names a secret.
fn name_end(text: &str, word_end: usize) -> Option<usize> {
    let rest = &text.as_bytes()[word_end..text.len().min(word_end + MAX_NAME_BYTES)];
    let len = rest.iter().take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')).count();
    let ending: String = rest[..len]
        .iter()
        .filter(|byte| byte.is_ascii_alphanumeric())
        .map(|&byte| char::from(byte.to_ascii_lowercase()))
        .collect();
    let ending = ending.trim_end_matches(|char: char| char.is_ascii_digit());
    ENDINGS.contains(&ending).then_some(word_end + len)
}

/// What the name that contains a word is written as.
#[derive(PartialEq, Eq)]
enum Form {
    /// `--name`: white space may separate it from its value.
    Option,
    /// `<name`: its value follows the `>`.
    Tag,
    Plain,
}

impl Form {
    fn of(text: &str, word_start: usize) -> Self {
        let before = &text.as_bytes()[word_start.saturating_sub(MAX_NAME_BYTES)..word_start];
        let is_name = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
        let name = before.iter().rev().take_while(is_name).count();
        match (&before[before.len() - name..], before[..before.len() - name].last()) {
            ([b'-', b'-', ..], _) => Self::Option,
            (_, Some(b'<')) => Self::Tag,
            _ => Self::Plain,
        }
    }
}

/// What stands between a name and its value.
struct Separator {
    end: usize,
    kind: SeparatorKind,
}

#[derive(PartialEq, Eq)]
enum SeparatorKind {
    Equals,
    Colon,
    Space,
    /// The value stands alone on the next line.
    NextLine,
}

fn separator_after(text: &str, name_end: usize, class: Class, form: &Form) -> Option<Separator> {
    let bytes = text.as_bytes();
    let after_quote = name_end + closing_quote(&bytes[name_end..]);
    let sign_start = after_quote + padding(&bytes[after_quote..]);
    let (sign, kind) = match &bytes[sign_start..] {
        [b'=', b'>', ..] | [b':', b'=', ..] | [b'=', b'=', ..] => (2, SeparatorKind::Equals),
        [b'=', ..] => (1, SeparatorKind::Equals),
        [b'>', next, ..] if *form == Form::Tag && sign_start == name_end && !next.is_ascii_whitespace() => {
            (1, SeparatorKind::Equals)
        }
        [b':', ..] => (1, SeparatorKind::Colon),
        [b'%', b'3', b'D' | b'd', ..] => (3, SeparatorKind::Equals),
        [b'%', b'3', b'A' | b'a', ..] => (3, SeparatorKind::Colon),
        _ if sign_start > name_end && (*form == Form::Option || class == Class::Scheme) => (0, SeparatorKind::Space),
        _ => return None,
    };
    let end = sign_start + sign + padding(&bytes[sign_start + sign..]);
    let end_of_line = line_break(&bytes[end..]);
    if end_of_line > 0 {
        return Some(Separator { end: end + end_of_line, kind: SeparatorKind::NextLine });
    }
    Some(Separator { end, kind })
}

fn closing_quote(rest: &[u8]) -> usize {
    match rest {
        [b'\\', b'"' | b'\'', ..] => 2,
        [b'"' | b'\'' | b']', ..] => 1,
        _ => 0,
    }
}

fn padding(rest: &[u8]) -> usize {
    rest.iter().take(MAX_PADDING_BYTES).take_while(|byte| matches!(byte, b' ' | b'\t')).count()
}

fn line_break(rest: &[u8]) -> usize {
    match rest {
        [b'\r', b'\n', ..] => 2,
        [b'\n', ..] => 1,
        _ => 0,
    }
}

fn skip_scheme(text: &str, start: usize) -> usize {
    let scheme = SCHEMES.iter().find(|scheme| {
        text.as_bytes()[start..].get(..scheme.len()).is_some_and(|head| head.eq_ignore_ascii_case(scheme.as_bytes()))
    });
    start + scheme.map_or(0, |scheme| scheme.len())
}

fn accepts(text: &str, class: Class, separator: &Separator, range: &Range<usize>) -> bool {
    let value = &text[range.clone()];
    let ends_line = text[range.end..].trim_start_matches(['"', '\'', ',', ' ', '\t']).starts_with(['\n', '\r'])
        || text[range.end..].is_empty();
    match (class, &separator.kind) {
        (_, SeparatorKind::NextLine) => is_token(value) && ends_line,
        (Class::Password, SeparatorKind::Equals) => is_password(value),
        (Class::Password, _) => is_password(value) && (!is_word(value) || ends_line),
        (Class::Token | Class::Header | Class::Scheme, _) => is_token(value),
    }
}
