//! Globs whose only special characters are `*` and `?`, without a regular expression.

use super::plain::Plain;

/// Fixed parts with anything between them.
#[derive(Debug)]
pub(super) struct Wildcard {
    first: Box<[u8]>,
    middle: Vec<Box<[u8]>>,
    /// `None` where there is no `*` at all.
    last: Option<Box<[u8]>>,
    any_case: bool,
}

impl Wildcard {
    /// `None` for a glob that means more than `*` and `?`; `**` has a meaning of its own.
    pub(super) fn of(glob: &str, any_case: bool) -> Option<Self> {
        if glob.contains("**") || glob.contains(['[', ']', '{', '}', '\\', '!', ',']) {
            return None;
        }
        let mut parts: Vec<Box<[u8]>> = glob.split('*').map(|part| part.as_bytes().into()).collect();
        let last = if parts.len() > 1 { parts.pop() } else { None };
        let first = parts.remove(0);
        Some(Self { first, middle: parts, last, any_case })
    }

    /// The same as one fixed text, where there is no more to it: `text`, `text*`, `*text` or `*text*`.
    pub(super) fn plain(&self) -> Option<Plain> {
        let (text, at_start, at_end) = match (&*self.first, self.middle.as_slice(), self.last.as_deref()) {
            (text, [], None) => (text, true, true),
            (text, [], Some([])) => (text, true, false),
            ([], [], Some(text)) => (text, false, true),
            ([], [text], Some([])) => (&**text, false, false),
            _ => return None,
        };
        let wild = text.contains(&b'?');
        if wild { None } else { Plain::new(text, at_start, at_end, self.any_case) }
    }

    pub(super) fn is_match(&self, text: &[u8]) -> bool {
        let Some(last) = &self.last else { return self.same(text, &self.first) };
        let fixed = self.first.len() + last.len();
        if text.len() < fixed || !self.same(&text[..self.first.len()], &self.first) {
            return false;
        }
        let (inner, end) = text[self.first.len()..].split_at(text.len() - fixed);
        self.same(end, last) && self.in_order(inner)
    }

    /// The earliest place of each part is the best one: it leaves most for the rest.
    fn in_order(&self, mut text: &[u8]) -> bool {
        self.middle.iter().all(|part| {
            let mut windows = text.windows(part.len());
            let place = windows.position(|window| self.same(window, part));
            place.is_some_and(|place| {
                text = &text[place + part.len()..];
                true
            })
        })
    }

    /// Whether `a` is `b`, in which `?` is any byte.
    fn same(&self, a: &[u8], b: &[u8]) -> bool {
        let same =
            |(text, own): (&u8, &u8)| text == own || *own == b'?' || (self.any_case && text.eq_ignore_ascii_case(own));
        a.len() == b.len() && a.iter().zip(b).all(same)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_must_stand_in_order_and_may_not_overlap() {
        let matches = |glob: &str, text: &str| Wildcard::of(glob, false).unwrap().is_match(text.as_bytes());
        assert!(matches("*.lock", "a/b.lock") && matches("src/*", "src/a/b") && matches("a", "a"));
        assert!(matches("*a*b*", "xxaxxbxx") && !matches("*a*b*", "xxbxxaxx"));
        assert!(!matches("ab*ba", "aba") && matches("ab*ba", "abba"));
        assert!(matches("*", "") && !matches("a", "ab"));
        assert!(matches("?:/*", "c:/x") && !matches("?:/*", ":/x") && matches("a*?c", "abbc"));
        assert!(Wildcard::of("a[b]", false).is_none() && Wildcard::of("**/a", false).is_none());
        assert!(Wildcard::of("*.GIT/*", true).unwrap().is_match(b"x/.git/config"));
    }
}
