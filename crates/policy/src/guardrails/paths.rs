//! Paths of restricting rules, as readers of `.gitignore` and `CODEOWNERS` mean them.
//!
//! What changes is named from the project's root, without a leading `./` or `/`. A rule that is written otherwise would load and
//! never speak; so its spellings are added to what it says.

use serde_saphyr::Spanned;

use super::document::Word;

/// The globs that a restricting rule means by one: `./db`, `/db`, `db/` and `db` are the directory and everything below it.
///
/// `/*` alone keeps to paths from the root of the file system: it is how a rule says "outside of the project".
pub(crate) fn meant(word: &Word) -> Vec<Word> {
    let own = plain(&word.value);
    let mut globs = vec![own.to_owned()];
    if let Some(below_root) = own.strip_prefix('/').filter(|rest| !matches!(*rest, "" | "*" | "**")) {
        globs.push(plain(below_root).to_owned());
    }
    let below: Vec<String> = globs.iter().filter(|glob| !glob.ends_with('*')).map(|glob| format!("{glob}/*")).collect();
    globs.extend(below);
    globs.into_iter().map(|glob| Spanned::new(glob, word.referenced, word.defined)).collect()
}

/// The glob of a protected path, which is always one of the project: `/*` is all of it.
pub(crate) fn in_project(word: Word) -> Word {
    let own = plain(&word.value);
    let value = plain(own.trim_start_matches('/')).to_owned();
    let value = if value.is_empty() || value == "." { "*".to_owned() } else { value };
    Spanned::new(value, word.referenced, word.defined)
}

/// Without `./` before it and `/` behind it.
fn plain(glob: &str) -> &str {
    let mut own = glob;
    while let Some(rest) = own.strip_prefix("./") {
        own = rest;
    }
    match own.trim_end_matches('/') {
        "" => own,
        trimmed => trimmed,
    }
}

#[cfg(test)]
mod tests {
    use serde_saphyr::Location;

    use super::*;

    fn word(text: &str) -> Word {
        Spanned::new(text.to_owned(), Location::UNKNOWN, Location::UNKNOWN)
    }

    fn spelt(text: &str) -> Vec<String> {
        meant(&word(text)).iter().map(|word| word.value.clone()).collect()
    }

    #[test]
    fn a_directory_is_what_is_below_it_however_it_is_written() {
        assert_eq!(spelt("db"), ["db", "db/*"]);
        assert_eq!(spelt("././db/"), ["db", "db/*"]);
        assert_eq!(spelt("/db/*"), ["/db/*", "db/*"]);
        assert_eq!(spelt("/db"), ["/db", "db", "/db/*", "db/*"]);
        assert_eq!(spelt("*.lock*"), ["*.lock*"]);
    }

    #[test]
    fn outside_of_the_project_is_not_all_of_it() {
        assert_eq!(spelt("/*"), ["/*"]);
        assert_eq!(in_project(word("/*")).value, "*");
        assert_eq!(in_project(word("./")).value, "*");
        assert_eq!(in_project(word("/./db/")).value, "db");
    }
}
