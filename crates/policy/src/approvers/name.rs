//! Names of people and roles: such that nobody can be taken for somebody else.
//!
//! Letters may be of any script, and of one: what mixes them is how a name is made that looks like another (UTS #39, "Unicode
//! Security Mechanisms"). Two names whose confusable skeletons are the same, as `Ian` and `lan` or `paypal` and its Cyrillic double,
//! can't both be enrolled.

use std::sync::LazyLock;

use regex::Regex;
use unicode_security::MixedScript;
use unicode_security::confusable_detection::skeleton;

use super::document::Word;
use crate::error::LoadError;
use crate::limits;

/// Refuses what isn't a name as people write it: letters that are one character each (no marks that combine, no invisible ones),
/// digits, a few signs, and single blanks within.
pub(super) fn readable<'a>(document: &str, what: &str, word: &'a Word) -> Result<&'a str, LoadError> {
    static NAME: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"^[\p{L}\p{N}._@+'/:-]+(?: [\p{L}\p{N}._@+'/:-]+)*$").ok());
    let text = word.value.as_str();
    let most = limits::NAME_BYTES;
    if !NAME.as_ref().is_some_and(|pattern| pattern.is_match(text)) || text.len() > most {
        let signs = "._@+'/:-";
        let problem =
            format!("expected a {what} of letters, digits, {signs} and single blanks within, 1 to {most} bytes");
        return Err(LoadError::located(document, word.referenced, problem));
    }
    if !text.is_single_script() {
        let problem = format!("expected a {what} with the letters of one script, found '{}'", text.escape_unicode());
        return Err(LoadError::located(document, word.referenced, problem));
    }
    Ok(text)
}

/// Whether people may take one name for the other: but for case they are the same, or they look alike.
pub(super) fn alike(one: &str, other: &str) -> bool {
    one.to_lowercase() == other.to_lowercase() || skeleton(one).eq(skeleton(other))
}

#[cfg(test)]
mod tests {
    use serde_saphyr::{Location, Spanned};

    use super::*;

    fn is_readable(name: &str) -> bool {
        readable("t", "name", &Spanned::new(name.to_owned(), Location::UNKNOWN, Location::UNKNOWN)).is_ok()
    }

    #[test]
    fn letters_of_two_scripts_are_no_name() {
        for name in ["Zoë", "李娜", "山田 たろう", "Иван", "ada-2"] {
            assert!(is_readable(name), "{name}");
        }
        // Cyrillic а and о, Greek ο, Latin beside Han.
        for name in ["аda", "bоb", "bοb", "ada李", "Ivаn Petrov"] {
            assert!(!is_readable(name), "{name}");
        }
    }

    #[test]
    fn what_looks_the_same_is_alike() {
        for (one, other) in [("Ian", "lan"), ("ada1", "adal"), ("b0b", "bOb"), ("scope", "ѕсоре"), ("corner", "comer")]
        {
            assert!(alike(one, other), "{one} {other}");
        }
        assert!(alike("ADA", "ada"));
        assert!(!alike("ian", "lan") && !alike("ada", "bob") && !alike("sre-1", "sre-2"));
    }
}
