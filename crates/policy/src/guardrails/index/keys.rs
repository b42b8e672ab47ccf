//! The keys that a line of a document names, in whichever of the usual notations.

use std::borrow::Cow;

/// The names on a way, without positions in lists, which a diff doesn't show.
pub(super) fn segments(way: &str) -> impl Iterator<Item = &str> {
    let parts = way.split(['/', '.', '[', ']']).map(|part| part.trim_matches(['"', '\'', '$']));
    parts.filter(|part| !part.is_empty() && *part != "*" && !part.bytes().all(|byte| byte.is_ascii_digit()))
}

/// What stands before each `:` or `=`, the outermost first; behind `? ` and `<`; or the words of a directive.
pub(super) fn keys(line: &str) -> Vec<&str> {
    let ends = line.char_indices().filter(|(_, c)| matches!(c, ':' | '='));
    let mut keys: Vec<&str> = ends.filter_map(|(end, _)| before(&line[..end])).collect();
    let trimmed = line.trim_start_matches([' ', '\t', '-']);
    let explicit = trimmed.strip_prefix("? ").map(|key| key.trim().trim_matches(['"', '\'']));
    keys.extend(explicit.filter(|key| !key.is_empty()));
    keys.extend(line.split('<').skip(1).filter_map(word));
    if keys.is_empty() {
        keys.extend(directive(trimmed));
    }
    keys
}

/// The name of a TOML or INI table that the line opens.
pub(super) fn table(line: &str) -> Option<&str> {
    let inner = line.trim().strip_prefix('[')?.split(']').next()?;
    let inner = inner.trim_start_matches('[').trim();
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '"' | '\'' | ' ' | '/');
    (!inner.is_empty() && inner.chars().all(plain)).then_some(inner)
}

/// Ways that are values, as in a JSON patch: `/spec/hostNetwork`.
pub(super) fn pointers(line: &str) -> impl Iterator<Item = &str> {
    let tokens = line.split(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ',' | '{' | '}'));
    tokens.filter(|token| token.starts_with('/') && token.len() > 1)
}

/// Whether the line takes in what is written elsewhere: a merge key, or an alias as value.
pub(super) fn takes_in(line: &str) -> bool {
    let alias =
        |(_, value): (&str, &str)| value.trim_start().strip_prefix('*').is_some_and(|name| word(name).is_some());
    line.contains("<<") && line.contains(':') || line.split_once(':').is_some_and(alias)
}

/// Whether the line is nothing but a value, whose key stands elsewhere.
pub(super) fn is_bare_value(line: &str) -> bool {
    let value = line.trim().trim_start_matches("- ").trim_end_matches(',');
    let inner = |quote: char| value.strip_prefix(quote)?.strip_suffix(quote);
    let quoted = inner('"').or_else(|| inner('\'')).is_some();
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '/');
    quoted || (!value.is_empty() && value.chars().all(plain) && value.chars().any(char::is_alphanumeric))
}

/// The line with `\uXXXX`, `\UXXXXXXXX` and `\xXX` written out, as JSON and YAML read them between quotes.
pub(super) fn unescaped(line: &str) -> Cow<'_, str> {
    if !line.contains('\\') {
        return Cow::Borrowed(line);
    }
    let mut parts = line.split('\\');
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        match escape(part) {
            Some((c, rest)) => {
                text.push(c);
                text.push_str(rest);
            }
            None => {
                text.push('\\');
                text.push_str(part);
            }
        }
    }
    Cow::Owned(text)
}

fn escape(part: &str) -> Option<(char, &str)> {
    let digits = match part.as_bytes().first()? {
        b'u' => 4,
        b'U' => 8,
        b'x' => 2,
        _ => return None,
    };
    let code = u32::from_str_radix(part.get(1..=digits)?, 16).ok()?;
    Some((char::from_u32(code)?, part.get(digits + 1..)?))
}

fn before(text: &str) -> Option<&str> {
    let before = text.trim_end();
    let key = match before.as_bytes().last()? {
        quote @ (b'"' | b'\'') => before[..before.len() - 1].rsplit(char::from(*quote)).next()?,
        _ => before.rsplit([' ', '\t', '{', ',', '"', '\'']).next()?,
    };
    (!key.is_empty()).then_some(key)
}

/// The first word, and the second after one in capitals: `privileged true`, `ENV privileged true`.
fn directive(text: &str) -> impl Iterator<Item = &str> {
    let mut words = text.split_whitespace();
    let first = words.next().filter(|word| is_word(word));
    let second = words.next().filter(|word| is_word(word));
    let instruction = first.is_some_and(|word| word.bytes().all(|byte| byte.is_ascii_uppercase()));
    let first = first.filter(|_| second.is_some());
    first.into_iter().chain(second.filter(|_| instruction))
}

fn is_word(word: &str) -> bool {
    word.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'))
}

fn word(text: &str) -> Option<&str> {
    let end = text.find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '-' | '.'))).unwrap_or(text.len());
    (end > 0).then(|| &text[..end])
}
