//! A word that a model took out of evidence: whether it stands there, and is a word at all.

use crate::evidence::{Citation, Evidence};

/// Most bytes of a word.
pub(super) const WORD_BYTES: usize = 128;

/// Whether `text` may be a word: printable ASCII without spaces, which doesn't look like an option. ASCII has one form only, so what
/// looks like another word isn't one.
pub(super) fn is_word(text: &str) -> bool {
    let fits = (1..=WORD_BYTES).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
    fits && !text.starts_with('-')
}

/// Whether `word` stands in `line` as a whole: no letter, digit or underscore goes on before or after it.
pub(super) fn stands_in(line: &str, word: &str) -> bool {
    let goes_on = |c: char| c.is_alphanumeric() || c == '_';
    !word.is_empty()
        && line.match_indices(word).any(|(at, _)| {
            let (before, after) = (&line[..at], &line[at + word.len()..]);
            let opens = !(before.ends_with(goes_on) && word.starts_with(goes_on));
            opens && !(after.starts_with(goes_on) && word.ends_with(goes_on))
        })
}

/// The line that `citation` names, in whichever piece it is.
pub(super) fn cited<'a>(evidence: impl IntoIterator<Item = &'a Evidence>, citation: Citation) -> Option<&'a str> {
    evidence.into_iter().find_map(|piece| piece.line(citation))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_plain_and_no_option() {
        for word in ["react", "@scope/name", "1.2.3", "DB_URL", "src/main.rs:12", "libssl.so.3"] {
            assert!(is_word(word), "{word}");
        }
        let long = "a".repeat(129);
        for other in ["", "-rf", "two words", "rеact", "a\nb", "a\u{200b}b", "tab\t", long.as_str()] {
            assert!(!is_word(other), "{other:?}");
        }
    }

    #[test]
    fn a_part_of_a_word_does_not_stand_there() {
        let line = "npm ERR! peer react@\"^17.0.2\" from left-pad_x (needs node >= 18)";
        for word in ["react", "^17.0.2", "left-pad_x", "18", "node"] {
            assert!(stands_in(line, word), "{word}");
        }
        for part in ["eact", "left-pad", "7.0.2", "1", "nod", ""] {
            assert!(!stands_in(line, part), "{part}");
        }
        assert!(stands_in("a aa a", "a") && !stands_in("aa", "a"));
    }
}
