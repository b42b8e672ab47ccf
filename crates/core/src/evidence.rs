//! Evidence: what was seen, redacted at construction and marked as untrusted.

use std::fmt;
use std::sync::Arc;

use selfheal_detect::redact::Redactor;

/// Text (or another value) that somebody else wrote: a log, a commit message, an annotation.
///
/// It has no `Display`, `Deref` or `AsRef`, so it can't slip into a command or a parameter by
/// formatting; [`Untrusted::read`] is for matching it and for showing it to a person. What it may do is
/// *select* among observed values ([`Provenance::Extracted`](crate::action::Provenance::Extracted)).
///
/// ```compile_fail
/// # use selfheal_core::evidence::Evidence;
/// fn argv(evidence: &Evidence) -> String {
///     format!("npm install {}", evidence.text()) // `Untrusted` has no Display
/// }
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Untrusted<T>(T);

impl<T> Untrusted<T> {
    /// Marks a value as untrusted.
    #[must_use]
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// The value, to match it or to show it to a person; never to build a command or a parameter from it.
    #[must_use]
    pub const fn read(&self) -> &T {
        &self.0
    }
}

impl<T> fmt::Debug for Untrusted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Untrusted(..)")
    }
}

/// Names a piece of evidence within its incident: `e1`, `e2`, …
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct EvidenceId(pub u32);

impl fmt::Display for EvidenceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "e{}", self.0)
    }
}

/// A piece of text with its id and origin. Secrets were redacted and ANSI codes stripped when it was made.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Evidence {
    id: EvidenceId,
    origin: Arc<str>,
    first_line: u64,
    text: Untrusted<Arc<str>>,
}

impl Evidence {
    /// Redacts `raw` and keeps it.
    ///
    /// `origin` says where it came from (`command output, lines 1201–1700`); `first_line` is the 1-based
    /// number of its first line in that origin.
    #[must_use]
    pub fn new(id: EvidenceId, origin: &str, first_line: u64, raw: &str, redactor: &Redactor) -> Self {
        let stripped = selfheal_detect::ansi::strip(raw);
        let text = redactor.redact(&stripped);
        Self { id, origin: origin.into(), first_line, text: Untrusted(Arc::from(text.as_ref())) }
    }

    /// The id within the incident.
    #[must_use]
    pub fn id(&self) -> EvidenceId {
        self.id
    }

    /// Where it came from.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The redacted text.
    #[must_use]
    pub fn text(&self) -> &Untrusted<Arc<str>> {
        &self.text
    }

    /// Its lines with their citations, for matching and showing.
    pub fn lines(&self) -> impl Iterator<Item = (Citation, &str)> {
        let cite = move |offset: usize| Citation { evidence: self.id, line: self.first_line + offset as u64 };
        self.text.0.lines().enumerate().map(move |(offset, line)| (cite(offset), line))
    }

    /// The line that `citation` names, if it lies in this piece.
    #[must_use]
    pub fn line(&self, citation: Citation) -> Option<&str> {
        let offset = usize::try_from(citation.line.checked_sub(self.first_line)?).ok()?;
        (citation.evidence == self.id).then(|| self.text.0.lines().nth(offset)).flatten()
    }

    /// The same text under another id; the orchestrator numbers what adapters hand it.
    #[must_use]
    pub fn renumbered(mut self, id: EvidenceId) -> Self {
        self.id = id;
        self
    }
}

/// One line of one piece of evidence; what a diagnosis rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub struct Citation {
    /// The piece.
    pub evidence: EvidenceId,
    /// 1-based line number in the piece's origin.
    pub line: u64,
}

impl fmt::Display for Citation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.evidence, self.line)
    }
}

impl std::str::FromStr for Citation {
    type Err = InvalidCitation;

    /// From its text, such as `e1:1204`.
    fn from_str(text: &str) -> Result<Self, InvalidCitation> {
        let number =
            |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok()).flatten();
        let parts = text.strip_prefix('e').and_then(|rest| rest.split_once(':'));
        let parts: Option<(u64, u64)> = parts.and_then(|(piece, line)| Some((number(piece)?, number(line)?)));
        let (piece, line) = parts.ok_or(InvalidCitation)?;
        Ok(Self { evidence: EvidenceId(u32::try_from(piece).map_err(|_| InvalidCitation)?), line })
    }
}

/// A text that names no line of evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected a piece of evidence and a line, such as e1:1204")]
pub struct InvalidCitation;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_and_escapes_are_gone_before_anybody_can_read_it() {
        let redactor = Redactor::builder().known("DB_PASSWORD", "hunter2hunter2").build();
        let evidence = Evidence::new(EvidenceId(1), "log", 7, "\u{1b}[31mlogin hunter2hunter2\u{1b}[0m\nok", &redactor);
        let lines: Vec<_> = evidence.lines().collect();
        assert_eq!(lines.len(), 2);
        assert!(!lines[0].1.contains("hunter2") && !lines[0].1.contains('\u{1b}'));
        assert_eq!(lines[1].0, Citation { evidence: EvidenceId(1), line: 8 });
        assert_eq!(evidence.line(lines[1].0), Some("ok"));
    }

    #[test]
    fn debug_does_not_show_the_text() {
        assert_eq!(format!("{:?}", Untrusted::new("rm -rf /")), "Untrusted(..)");
    }
}
