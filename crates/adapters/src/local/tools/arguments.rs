//! What a tool is asked by: words that stood in a log, checked before anything is done with them.

use std::collections::BTreeMap;

use selfheal_core::error::{ErrorKind, Result};
use selfheal_core::evidence::Untrusted;
use selfheal_core::ports::ReadToolSpec;

use super::refused;

/// Longest argument, in bytes.
const MAX_BYTES: usize = 512;

/// Arguments that the tool has, each of one line; their grammar is still to be checked.
#[derive(Debug, Default)]
pub(super) struct Arguments(BTreeMap<String, String>);

impl Arguments {
    /// The arguments of `given`.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] if one is unknown, missing, too long, or no word.
    pub(super) fn of(spec: &ReadToolSpec, given: &BTreeMap<String, Untrusted<String>>) -> Result<Self> {
        let known = |name: &&String| spec.arguments.iter().any(|argument| argument.name == **name);
        if given.keys().any(|name| !known(&name)) {
            let names: Vec<&str> = spec.arguments.iter().map(|argument| argument.name.as_str()).collect();
            return Err(invalid(format!("expected no arguments but {names:?}")));
        }
        let missing = spec.arguments.iter().find(|one| one.required && !given.contains_key(&one.name));
        if let Some(missing) = missing {
            return Err(invalid(format!("expected the argument `{}`", missing.name)));
        }
        given.iter().map(|(name, value)| Ok((name.clone(), word(name, value.read())?))).collect::<Result<_>>().map(Self)
    }

    /// The argument, empty if it is absent.
    pub(super) fn text(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }

    /// The argument as a number from 1.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] if it is none.
    pub(super) fn number(&self, name: &str) -> Result<usize> {
        let number = self.text(name).parse().ok().filter(|number| *number > 0);
        number.ok_or_else(|| invalid(format!("expected `{name}` to be a number from 1")))
    }
}

fn word(name: &str, value: &str) -> Result<String> {
    let value = value.trim();
    let fits = (1..=MAX_BYTES).contains(&value.len()) && !value.chars().any(char::is_control);
    match fits {
        true => Ok(value.to_owned()),
        false => Err(invalid(format!("expected `{name}` to be one line of at most {MAX_BYTES} bytes"))),
    }
}

/// The argument isn't what it should be. What it is isn't repeated: it is text of others.
pub(super) fn invalid(why: impl Into<String>) -> selfheal_core::error::Error {
    refused(ErrorKind::Invalid, why)
}

#[cfg(test)]
mod tests {
    use super::super::spec;
    use super::*;

    fn of(pairs: &[(&str, &str)]) -> Result<Arguments> {
        let given = pairs.iter().map(|(name, value)| ((*name).to_owned(), Untrusted::new((*value).to_owned())));
        Arguments::of(&spec::source(), &given.collect())
    }

    #[test]
    fn only_what_the_tool_is_asked_by_is_taken() {
        assert_eq!(of(&[("path", " src/a.rs "), ("line", "7")]).unwrap().number("line").unwrap(), 7);
        assert!(of(&[("path", "src/a.rs")]).unwrap_err().to_string().contains("`line`"));
        let cases: [&[(&str, &str)]; 4] = [
            &[("path", "a"), ("line", "1"), ("depth", "3")],
            &[("path", "a\nb"), ("line", "1")],
            &[("path", ""), ("line", "1")],
            &[("path", &"a".repeat(513)), ("line", "1")],
        ];
        assert!(cases.iter().all(|case| of(case).is_err_and(|error| error.kind() == ErrorKind::Invalid)));
        for number in ["0", "-1", "1.5", "x", "99999999999999999999999"] {
            assert!(of(&[("path", "a"), ("line", number)]).unwrap().number("line").is_err(), "{number}");
        }
    }
}
