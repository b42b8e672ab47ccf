//! Patterns that are one fixed text, bound to an end or not: where the text was found, nothing else needs to be run.

use regex_syntax::hir::{Hir, HirKind, Look};

/// A text that has to occur.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Plain {
    text: Box<[u8]>,
    at_start: bool,
    at_end: bool,
    any_case: bool,
}

impl Plain {
    /// `None` for an empty text, which occurs everywhere.
    pub(super) fn new(text: &[u8], at_start: bool, at_end: bool, any_case: bool) -> Option<Self> {
        (!text.is_empty()).then(|| Self { text: text.into(), at_start, at_end, any_case })
    }

    /// The text of a regular expression that is nothing but one: `text`, `^text`, `text$` or `^text$`.
    pub(super) fn of(hir: &Hir) -> Option<Self> {
        let parts = match hir.kind() {
            HirKind::Concat(parts) => parts.as_slice(),
            _ => std::slice::from_ref(hir),
        };
        let is = |look: Look| move |hir: &Hir| *hir.kind() == HirKind::Look(look);
        let (at_start, parts) = match parts.split_first() {
            Some((first, rest)) if is(Look::Start)(first) => (true, rest),
            _ => (false, parts),
        };
        let (at_end, parts) = match parts.split_last() {
            Some((last, rest)) if is(Look::End)(last) => (true, rest),
            _ => (false, parts),
        };
        match parts {
            [one] => match one.kind() {
                HirKind::Literal(literal) => Self::new(&literal.0, at_start, at_end, false),
                _ => None,
            },
            _ => None,
        }
    }

    pub(super) fn text(&self) -> &[u8] {
        &self.text
    }

    /// Whether `whole` matches by what stands at `start..end` of it, which is the text but for its case.
    pub(super) fn holds_at(&self, whole: &[u8], start: usize, end: usize) -> bool {
        (!self.at_start || start == 0)
            && (!self.at_end || end == whole.len())
            && (self.any_case || whole[start..end] == *self.text)
    }

    pub(super) fn is_match(&self, whole: &[u8]) -> bool {
        let length = self.text.len();
        let mut places = whole.windows(length).enumerate();
        places.any(|(start, window)| {
            window.eq_ignore_ascii_case(&self.text) && self.holds_at(whole, start, start + length)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(pattern: &str) -> Option<Plain> {
        let hir = regex_syntax::ParserBuilder::new().unicode(false).utf8(false).build().parse(pattern).unwrap();
        Plain::of(&hir)
    }

    #[test]
    fn what_is_bound_to_an_end_must_stand_there() {
        let matches = |pattern: &str, text: &str| plain(pattern).unwrap().is_match(text.as_bytes());
        assert!(matches("pay", "a-pay-b") && matches("^pay", "payroll") && matches("pay$", "co-pay"));
        assert!(!matches("^pay", "repay") && !matches("pay$", "payroll") && !matches("^pay$", "pay-pay"));
        assert!(matches("pay$", "pay-pay") && matches(r"^a\.b$", "a.b") && !matches(r"a\.b", "axb"));
        assert!(!matches("pay", "PAY"));
    }

    #[test]
    fn what_means_more_than_a_text_is_none() {
        for pattern in ["", "^", "^$", "a|bc", "a+", "(?i)pay", r"\bpay", "(?m)^pay", "pa[xy]"] {
            assert_eq!(plain(pattern), None, "{pattern}");
        }
    }
}
