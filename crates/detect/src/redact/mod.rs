//! Removes secrets from text before it is stored, shown or sent.
//!
//! Two sources: values the host knows ([`RedactorBuilder::known`]), found raw and in the encodings they leak in, and
//! general rules: the token formats that providers publish, private keys, passwords in URLs, and values assigned to a
//! name that says "secret". Colour codes inside a secret and terminal wraps through it don't hide it.
//!
//! The rules look at neighbouring lines (a private key, a wrapped token), so give whole blocks rather than single lines.

mod assignment;
mod base64_run;
mod connection;
mod dummy;
mod known;
mod pem;
mod provider;
mod value;
mod view;

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ops::Range;

use known::Known;
use view::View;

/// Where a secret stands in a text, and what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Bytes of the text, on character boundaries.
    pub range: Range<usize>,
    /// A known value's name, or the rule's name (`github-token`, `private-key`, `assigned`…): lower case ASCII, `-`.
    pub kind: Cow<'static, str>,
}

/// Collects the known values of a [`Redactor`].
#[derive(Debug, Clone, Default)]
pub struct RedactorBuilder {
    values: Vec<(String, Vec<u8>)>,
}

impl RedactorBuilder {
    /// Redacts `value` wherever it appears, also in base64, hexadecimal, percent and JSON-escaped form, and each longer
    /// line of it. A value shorter than [`MIN_KNOWN_BYTES`] is not matched: it would hit ordinary text.
    #[must_use]
    pub fn known(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.values.push((kind_of(name), value.as_ref().to_vec()));
        self
    }

    /// The redactor; costs time and memory in proportion to the known values.
    #[must_use]
    pub fn build(self) -> Redactor {
        let mut kinds: BTreeSet<String> = self.values.iter().map(|(name, _)| name.clone()).collect();
        kinds.extend(provider::kinds().chain(OTHER_KINDS).map(str::to_owned));
        Redactor { known: Known::new(self.values), kinds }
    }
}

/// The shortest known value that is matched.
pub const MIN_KNOWN_BYTES: usize = 4;

const OTHER_KINDS: [&str; 5] =
    [assignment::KIND, connection::KIND, pem::KIND, base64_run::KIND, assignment::HEADER_KIND];

/// Finds and replaces secrets; cheap to share, does no IO.
///
/// ```
/// use selfheal_detect::redact::Redactor;
///
/// let redactor = Redactor::builder().known("DB_PASSWORD", "hunter2hunter2").build();
/// assert_eq!(redactor.redact("login hunter2hunter2 failed"), "login <secret:db-password> failed");
/// assert_eq!(redactor.redact("commit da4b9237bacccdf19c0760cab7aec4a8359010b0"), "commit da4b9237bacccdf19c0760cab7aec4a8359010b0");
/// ```
#[derive(Debug, Clone)]
pub struct Redactor {
    known: Known,
    kinds: BTreeSet<String>,
}

impl Default for Redactor {
    fn default() -> Self {
        Self::builder().build()
    }
}

impl Redactor {
    /// A builder without known values.
    #[must_use]
    pub fn builder() -> RedactorBuilder {
        RedactorBuilder::default()
    }

    /// `text` with every secret replaced by `<secret:KIND>`. Idempotent; linear in the length of the text.
    #[must_use]
    pub fn redact<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let mut redacted = Cow::Borrowed(text);
        // What one replacement leaves may read as a secret in its new surroundings.
        for _ in 0..MAX_ROUNDS {
            let findings = self.find(&redacted);
            if findings.is_empty() {
                break;
            }
            redacted = Cow::Owned(replace(&redacted, &findings));
        }
        redacted
    }

    /// The secrets in `text`, in order and without overlap. Placeholders of an earlier redaction are left alone.
    #[must_use]
    pub fn find(&self, text: &str) -> Vec<Finding> {
        let plain = View::without_escapes(text);
        let mut found = self.find_in(plain.text());
        if let Some(joined) = View::without_wraps(plain.text()) {
            let wrapped = self.find_in(joined.text());
            found.extend(wrapped.into_iter().map(|finding| joined.locate(finding)));
        }
        let mut found: Vec<Finding> = found.into_iter().map(|finding| plain.locate(finding)).collect();
        if plain.leaves_out() {
            // A stray escape byte may take the first letter of a secret with it.
            found.extend(self.find_in(text));
        }
        merge(found, &self.placeholders(text))
    }

    fn find_in(&self, text: &str) -> Vec<Finding> {
        let mut found = Vec::new();
        self.known.find(text, &mut found);
        provider::find(text, &mut found);
        pem::find(text, &mut found);
        connection::find(text, &mut found);
        assignment::find(text, &mut found);
        base64_run::find(text, &mut found);
        found
    }

    /// Only placeholders that this redactor writes count, so that hostile text can't shield a secret in one.
    fn placeholders(&self, text: &str) -> Vec<Range<usize>> {
        let starts = memchr::memmem::find_iter(text.as_bytes(), PLACEHOLDER_START);
        starts
            .filter_map(|start| {
                let kind = &text[start + PLACEHOLDER_START.len()..];
                let kind = &kind[..kind.bytes().take(MAX_KIND_BYTES + 1).position(|byte| byte == b'>')?];
                let end = start + PLACEHOLDER_START.len() + kind.len() + 1;
                self.kinds.contains(kind).then_some(start..end)
            })
            .collect()
    }
}

/// Each round replaces something, and rounds after the second are rare.
const MAX_ROUNDS: usize = 8;

fn replace(text: &str, findings: &[Finding]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    for finding in findings {
        out.push_str(&text[from..finding.range.start]);
        out.push_str(PLACEHOLDER_START);
        out.push_str(&finding.kind);
        out.push('>');
        from = finding.range.end;
    }
    out.push_str(&text[from..]);
    out
}

const PLACEHOLDER_START: &str = "<secret:";
const MAX_KIND_BYTES: usize = 64;

/// A name as it may stand in a placeholder.
fn kind_of(name: &str) -> String {
    let kind: String = name
        .chars()
        .take(MAX_KIND_BYTES)
        .map(|char| if char.is_ascii_alphanumeric() { char.to_ascii_lowercase() } else { '-' })
        .collect();
    if kind.is_empty() { "known".to_owned() } else { kind }
}

/// Unites overlapping findings under the name of the first; a finding stops where a placeholder begins.
fn merge(mut found: Vec<Finding>, placeholders: &[Range<usize>]) -> Vec<Finding> {
    found.retain(|finding| !finding.range.is_empty());
    found.sort_by_key(|finding| (finding.range.start, std::cmp::Reverse(finding.range.end)));
    let mut merged: Vec<Finding> = Vec::new();
    for finding in found {
        match merged.last_mut() {
            Some(last) if finding.range.start < last.range.end => {
                last.range.end = last.range.end.max(finding.range.end)
            }
            _ => merged.push(finding),
        }
    }
    merged.into_iter().flat_map(|finding| around(finding, placeholders)).collect()
}

fn around(finding: Finding, placeholders: &[Range<usize>]) -> Vec<Finding> {
    let mut pieces = Vec::new();
    let mut start = finding.range.start;
    let first = placeholders.partition_point(|placeholder| placeholder.end <= start);
    for placeholder in placeholders[first..].iter().take_while(|placeholder| placeholder.start < finding.range.end) {
        pieces.push(start..placeholder.start.max(start));
        start = placeholder.end;
    }
    pieces.push(start..finding.range.end.max(start));
    pieces.retain(|piece| !piece.is_empty());
    pieces.into_iter().map(|range| Finding { range, kind: finding.kind.clone() }).collect()
}

#[cfg(test)]
mod tests;
