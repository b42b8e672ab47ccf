//! Names from untrusted text, checked by each registry's own grammar. A name that doesn't fit is dropped.

use super::{Ecosystem, EcosystemError, Given};

/// Most values looked at; a log that names more is cut.
const MAX_VALUES: usize = 64;

/// The distinct values under `keys` that fit `grammar`, in the order of `keys` and then as given.
pub(super) fn names(given: &Given, keys: &[&str], grammar: fn(&str) -> bool) -> Vec<String> {
    let mut names = Vec::new();
    for value in keys.iter().filter_map(|key| given.get(*key)).flatten().take(MAX_VALUES) {
        let value = value.trim();
        if grammar(value) && !names.iter().any(|name| name == value) {
            names.push(value.to_owned());
        }
    }
    names
}

/// `name`, which goes into an argument, is one of a package.
pub(super) fn checked(name: &str, ecosystem: &dyn Ecosystem) -> Result<(), EcosystemError> {
    match ecosystem.is_package(name) {
        true => Ok(()),
        false => {
            Err(EcosystemError::Refused { reason: format!("that is no name of a package of {}", ecosystem.name()) })
        }
    }
}

/// An npm package name: <https://docs.npmjs.com/cli/configuring-npm/package-json#name>, capitals of old names allowed.
pub(super) fn npm_package(name: &str) -> bool {
    let bare = match name.strip_prefix('@') {
        None => name,
        Some(scoped) => match scoped.split_once('/') {
            Some((scope, bare)) if word(scope, "-._~") => bare,
            _ => return false,
        },
    };
    name.len() <= 214 && word(bare, "-._~")
}

/// A Python distribution name: <https://packaging.python.org/en/latest/specifications/name-normalization/>.
pub(super) fn distribution(name: &str) -> bool {
    name.len() <= 128 && word(name, "-._") && name.ends_with(|last: char| last.is_ascii_alphanumeric())
}

/// A dotted Python module name.
pub(super) fn python_module(name: &str) -> bool {
    name.len() <= 256
        && name.split('.').all(|part| {
            part.starts_with(|first: char| first.is_alphabetic() || first == '_')
                && part.chars().all(|c| c.is_alphanumeric() || c == '_')
        })
}

/// A crate name: <https://doc.rust-lang.org/cargo/reference/manifest.html#the-name-field>.
pub(super) fn crate_name(name: &str) -> bool {
    name.len() <= 64 && name.starts_with(|first: char| first.is_ascii_alphabetic()) && word(name, "-_")
}

/// Starts with a letter or a digit, so never an option; then those and `extra`.
fn word(text: &str, extra: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphanumeric())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || extra.contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_could_be_options_paths_or_urls_are_dropped() {
        let hostile = [
            "--force",
            "-rf",
            "../x",
            "/etc/passwd",
            "a b",
            "git+https://x",
            "a;b",
            "$(id)",
            "",
            "@x",
            "@/y",
            "@a/../b",
        ];
        for name in hostile {
            assert!(!npm_package(name), "{name}");
            assert!(!distribution(name), "{name}");
            assert!(!python_module(name), "{name}");
            assert!(!crate_name(name), "{name}");
        }
    }

    #[test]
    fn real_names_pass() {
        assert!(["react-dom", "@types/node", "JSONStream", "lodash.merge"].into_iter().all(npm_package));
        assert!(["PyYAML", "zope.interface", "ruamel.yaml", "a"].into_iter().all(distribution));
        assert!(["yaml", "google.cloud.storage", "_x"].into_iter().all(python_module));
        assert!(["serde_json", "md-5", "x11"].into_iter().all(crate_name));
    }

    #[test]
    fn values_are_distinct_and_bounded() {
        let many = (0..100).map(|n| format!("p{}", n % 80)).collect();
        let given = Given::from([("package".to_owned(), many)]);
        assert_eq!(names(&given, &["package", "other"], npm_package).len(), MAX_VALUES);
    }
}
