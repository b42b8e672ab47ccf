//! A text as far as it's known before a script runs.

use super::bounds;

/// Where the part of a text comes from that isn't known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// Another machine answers with it.
    Network(String),
    /// It's encoded in a way that isn't undone here.
    Hidden(String),
    /// It holds a secret.
    Secret(String),
}

/// A word, a file's content or what a command prints. Where it isn't `exact`, `text` holds the source of the unknown
/// part (`$TARGET`) in its place, so that a reason can name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Text {
    pub(super) text: String,
    pub(super) exact: bool,
    pub(super) origin: Option<Origin>,
}

impl Text {
    pub(super) fn exact(text: impl Into<String>) -> Self {
        Self { text: text.into(), exact: true, origin: None }
    }

    pub(super) fn unknown(text: impl Into<String>) -> Self {
        Self { text: text.into(), exact: false, origin: None }
    }

    pub(super) fn from(origin: Origin) -> Self {
        Self { text: String::new(), exact: false, origin: Some(origin) }
    }

    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    /// The text, if all of it is known.
    pub(super) fn known(&self) -> Option<&str> {
        self.exact.then_some(self.text.as_str())
    }

    /// Appends `other`; what either doesn't know, the whole doesn't.
    pub(super) fn push(&mut self, other: &Self) {
        self.exact &= other.exact && self.text.len() + other.text.len() <= bounds::TEXT_BYTES;
        if self.text.len() + other.text.len() <= bounds::TEXT_BYTES {
            self.text.push_str(&other.text);
        }
        if self.origin.is_none() {
            self.origin.clone_from(&other.origin);
        }
    }

    /// The same knowledge about another text.
    pub(super) fn map(&self, text: impl FnOnce(&str) -> String) -> Self {
        Self { text: text(&self.text), exact: self.exact, origin: self.origin.clone() }
    }

    /// Words joined by `separator`.
    pub(super) fn join(words: &[Self], separator: &str) -> Self {
        let mut all = Self::exact("");
        for (index, word) in words.iter().enumerate() {
            if index > 0 {
                all.push(&Self::exact(separator));
            }
            all.push(word);
        }
        all
    }
}
