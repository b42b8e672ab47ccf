//! Which literals a pattern can't match without.
//!
//! A catalogue has hundreds of patterns, a log a handful of lines that matter. One Aho–Corasick pass over the
//! required literals says which patterns are worth compiling and running at all, the prefilter that secret
//! scanners use. Matching is case-insensitive throughout: a false candidate costs a regex run, a missed one
//! would cost a diagnosis.

use regex_syntax::hir::{Class, Hir, HirKind};

/// More alternatives than this don't narrow anything down.
const MAX_ALTERNATIVES: usize = 24;
/// Shorter literals occur everywhere.
const MIN_BYTES: usize = 3;

/// Lower-case literals of which at least one occurs in every match of `hir`; `None` where no such set is known.
pub(crate) fn required(hir: &Hir) -> Option<Vec<Vec<u8>>> {
    match hir.kind() {
        HirKind::Capture(capture) => required(&capture.sub),
        HirKind::Repetition(repeat) if repeat.min > 0 => required(&repeat.sub),
        HirKind::Concat(parts) => in_concat(parts),
        HirKind::Alternation(branches) => in_alternation(branches),
        _ => fixed(hir).filter(|literal| literal.len() >= MIN_BYTES).map(|literal| vec![literal]),
    }
}

/// The best set among the runs of fixed text and the parts that have a set of their own.
fn in_concat(parts: &[Hir]) -> Option<Vec<Vec<u8>>> {
    let mut best: Option<Vec<Vec<u8>>> = None;
    let mut run = Vec::new();
    for part in parts {
        match fixed(part) {
            Some(bytes) => run.extend(bytes),
            None => {
                best = better(best, literal_set(std::mem::take(&mut run)));
                best = better(best, required(part));
            }
        }
    }
    better(best, literal_set(run))
}

fn literal_set(run: Vec<u8>) -> Option<Vec<Vec<u8>>> {
    (run.len() >= MIN_BYTES).then(|| vec![run])
}

fn in_alternation(branches: &[Hir]) -> Option<Vec<Vec<u8>>> {
    let mut union = Vec::new();
    for branch in branches {
        union.extend(required(branch)?);
        if union.len() > MAX_ALTERNATIVES {
            return None;
        }
    }
    Some(union)
}

/// The set whose shortest literal is longer: it occurs by chance less often.
fn better(a: Option<Vec<Vec<u8>>>, b: Option<Vec<Vec<u8>>>) -> Option<Vec<Vec<u8>>> {
    let shortest = |set: &Option<Vec<Vec<u8>>>| set.as_ref().and_then(|set| set.iter().map(Vec::len).min());
    if shortest(&b) > shortest(&a) { b } else { a }
}

/// The bytes of a part that matches one text only, up to ASCII case.
fn fixed(hir: &Hir) -> Option<Vec<u8>> {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => Some(Vec::new()),
        HirKind::Literal(literal) => Some(literal.0.to_ascii_lowercase()),
        HirKind::Class(Class::Bytes(class)) => one_letter(class.iter().flat_map(|r| [r.start(), r.end()])),
        HirKind::Class(Class::Unicode(class)) => {
            let ends: Option<Vec<u8>> = class
                .iter()
                .flat_map(|r| [r.start(), r.end()])
                .map(|c| u8::try_from(c).ok().filter(u8::is_ascii))
                .collect();
            one_letter(ends?.into_iter())
        }
        HirKind::Capture(capture) => fixed(&capture.sub),
        HirKind::Concat(parts) => parts.iter().map(fixed).collect::<Option<Vec<_>>>().map(|runs| runs.concat()),
        _ => None,
    }
}

/// The lower-case letter, if all ends of a class' ranges are cases of the same one.
fn one_letter(mut ends: impl Iterator<Item = u8>) -> Option<Vec<u8>> {
    let first = ends.next()?.to_ascii_lowercase();
    ends.all(|end| end.to_ascii_lowercase() == first).then(|| vec![first])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(pattern: &str) -> Option<Vec<String>> {
        let hir = regex_syntax::ParserBuilder::new().unicode(false).utf8(false).build().parse(pattern).unwrap();
        required(&hir).map(|set| set.into_iter().map(|bytes| String::from_utf8(bytes).unwrap()).collect())
    }

    #[test]
    fn finds_the_longest_text_a_match_must_contain() {
        assert_eq!(of(r"^npm (?:ERR!|error) code ERESOLVE$"), Some(vec![" code eresolve".into()]));
        assert_eq!(of(r"(?i)timed out"), Some(vec!["timed out".into()]));
        assert_eq!(of(r"\b(ECONNRESET|ETIMEDOUT)\b"), Some(vec!["econnreset".into(), "etimedout".into()]));
        assert_eq!(of(r"No module named '(?P<module>[\w.]+)'"), Some(vec!["no module named '".into()]));
        assert_eq!(of(r"(?:abc)?\d+"), None);
        assert_eq!(of(r"\w+|abc"), None);
    }

    proptest::proptest! {
        #[test]
        fn every_match_contains_one_of_them(text in "[a-cA-C]{0,12}", pattern in "(a|b|bc|abc){1,3}(c|ab)?") {
            let regex = regex::Regex::new(&format!("(?i){pattern}")).unwrap();
            if let (Some(set), true) = (of(&format!("(?i){pattern}")), regex.is_match(&text)) {
                let lower = text.to_ascii_lowercase();
                proptest::prop_assert!(set.iter().any(|literal| lower.contains(literal.as_str())));
            }
        }
    }
}
