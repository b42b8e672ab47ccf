//! Typed words: what may be taken out of a line of evidence, and the grammar that each must satisfy.
//!
//! A log line is written by whoever ran the command, or by whoever wrote what the command printed. A word
//! of it is used only to *select* among rows observed elsewhere, whether a runbook's pattern took it or a language model named it;
//! the grammar keeps even that small: no spaces, no leading `-`, no path that climbs, a bounded length.

use serde::{Deserialize, Serialize};

/// The type of a value that was read from evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ValueType {
    /// A package of the npm registry, with its scope.
    NpmPackage,
    /// A dotted Python module name.
    PythonModule,
    /// A Python distribution name (PEP 508).
    PythonDistribution,
    /// A cargo package or crate name.
    CrateName,
    /// A Go module or package path.
    GoModule,
    /// Maven coordinates, `group:artifact` with optional further parts.
    JavaArtifact,
    /// The name of an environment variable.
    EnvName,
    /// A version.
    Version,
    /// A non-negative decimal integer.
    Integer,
    /// A path below the project.
    RelativePath,
    /// A host name or address with an optional port.
    Host,
    /// A C or C++ header, as in `#include`.
    Header,
    /// A native library, without `lib` and extension or as a shared object's name.
    Library,
    /// A command name.
    Command,
    /// A test's name, for display.
    TestName,
    /// Words for display.
    Text,
}

impl ValueType {
    /// Every type.
    pub const ALL: [Self; 16] = [
        Self::NpmPackage,
        Self::PythonModule,
        Self::PythonDistribution,
        Self::CrateName,
        Self::GoModule,
        Self::JavaArtifact,
        Self::EnvName,
        Self::Version,
        Self::Integer,
        Self::RelativePath,
        Self::Host,
        Self::Header,
        Self::Library,
        Self::Command,
        Self::TestName,
        Self::Text,
    ];

    /// Its name in documents and schemas, such as `npm_package`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NpmPackage => "npm_package",
            Self::PythonModule => "python_module",
            Self::PythonDistribution => "python_distribution",
            Self::CrateName => "crate_name",
            Self::GoModule => "go_module",
            Self::JavaArtifact => "java_artifact",
            Self::EnvName => "env_name",
            Self::Version => "version",
            Self::Integer => "integer",
            Self::RelativePath => "relative_path",
            Self::Host => "host",
            Self::Header => "header",
            Self::Library => "library",
            Self::Command => "command",
            Self::TestName => "test_name",
            Self::Text => "text",
        }
    }

    /// What a value of it is, in a few words.
    #[must_use]
    pub fn meaning(self) -> &'static str {
        match self {
            Self::NpmPackage => "a package of the npm registry, with its scope",
            Self::PythonModule => "a Python module as it is imported",
            Self::PythonDistribution => "a Python distribution as pip installs it",
            Self::CrateName => "a crate, or a cargo package",
            Self::GoModule => "the path of a Go module or package",
            Self::JavaArtifact => "Maven coordinates, group:artifact",
            Self::EnvName => "the name of an environment variable",
            Self::Version => "a version",
            Self::Integer => "a number: a port, a status, a count",
            Self::RelativePath => "a path below the project's directory",
            Self::Host => "a host name or address, with an optional port",
            Self::Header => "a C or C++ header",
            Self::Library => "a native library",
            Self::Command => "the name of a command",
            Self::TestName => "a test",
            Self::Text => "words for display",
        }
    }

    /// The type of this [name](Self::as_str).
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }

    /// Whether a value that was read as a `read` may be taken for one of this type, if this type's grammar [accepts](Self::accepts)
    /// it: the same type, or another ecosystem's name for a package. Who names `yaml` need not know whether it is a module's or a
    /// distribution's name; what it selects among decides.
    #[must_use]
    pub fn takes(self, read: Self) -> bool {
        self.selects() && (self == read || (self.names_package() && read.names_package()))
    }

    fn names_package(self) -> bool {
        use ValueType::{CrateName, GoModule, JavaArtifact, NpmPackage, PythonDistribution, PythonModule};
        matches!(self, NpmPackage | PythonModule | PythonDistribution | CrateName | GoModule | JavaArtifact)
    }

    /// Whether a value of this type may select an observed row. Free text never does.
    #[must_use]
    pub fn selects(self) -> bool {
        !matches!(self, Self::Text | Self::TestName)
    }

    /// The longest value accepted, in bytes.
    #[must_use]
    pub fn max_bytes(self) -> usize {
        match self {
            Self::NpmPackage => 214,
            Self::CrateName | Self::Command => 64,
            Self::EnvName | Self::Version | Self::Library | Self::PythonDistribution => 128,
            Self::Integer => 18,
            Self::PythonModule => 200,
            Self::GoModule | Self::JavaArtifact | Self::Host | Self::Header => 255,
            Self::RelativePath => 400,
            Self::TestName | Self::Text => 300,
        }
    }

    /// Whether `text` is a value of this type.
    #[must_use]
    pub fn accepts(self, text: &str) -> bool {
        if text.is_empty() || text.len() > self.max_bytes() {
            return false;
        }
        match self {
            Self::NpmPackage => npm_package(text),
            Self::PythonModule => text.split('.').all(identifier),
            Self::PythonDistribution => word(text, "._-") && text.ends_with(ascii_alphanumeric),
            Self::CrateName => text.starts_with(ascii_letter) && word(text, "_-"),
            Self::GoModule => segments(text, "._~-"),
            Self::JavaArtifact => java_artifact(text),
            Self::EnvName => identifier(text),
            Self::Version => word(text, ".+_!~-") && text.contains(ascii_digit),
            Self::Integer => text.bytes().all(|byte| byte.is_ascii_digit()),
            Self::RelativePath => relative_path(text),
            Self::Host => host(text),
            Self::Header => segments(text, "._+-"),
            Self::Library => word(text, "._+-"),
            Self::Command => word(text, "._+-"),
            Self::TestName | Self::Text => !text.chars().any(char::is_control),
        }
    }
}

fn ascii_alphanumeric(c: char) -> bool {
    c.is_ascii_alphanumeric()
}

fn ascii_letter(c: char) -> bool {
    c.is_ascii_alphabetic()
}

fn ascii_digit(c: char) -> bool {
    c.is_ascii_digit()
}

fn identifier(text: &str) -> bool {
    let starts = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    starts && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// Starts with a letter or digit (`_` where the type has it), continues with those and `extra`.
fn word(text: &str, extra: &str) -> bool {
    let starts = text.starts_with(|c: char| c.is_ascii_alphanumeric() || (c == '_' && extra.contains('_')));
    starts && text.chars().all(|c| c.is_ascii_alphanumeric() || extra.contains(c))
}

fn segments(text: &str, extra: &str) -> bool {
    text.split('/').all(|segment| word(segment, extra) && segment != "..")
}

fn npm_package(text: &str) -> bool {
    match text.strip_prefix('@').map(|scoped| scoped.split_once('/')) {
        None => word(text, "._-"),
        Some(Some((scope, name))) => word(scope, "._-") && word(name, "._-"),
        Some(None) => false,
    }
}

fn java_artifact(text: &str) -> bool {
    let parts: Vec<&str> = text.split(':').collect();
    (2..=5).contains(&parts.len()) && parts.iter().all(|part| word(part, "._-+"))
}

fn relative_path(text: &str) -> bool {
    let plain = text.chars().all(|c| !c.is_control() && !"\\:*?\"<>|".contains(c));
    let climbs = text.split('/').any(|part| part == "..");
    plain && !climbs && !text.starts_with(['/', '-', '~', ' ']) && !text.ends_with(' ')
}

fn host(text: &str) -> bool {
    let name = match text.rsplit_once(':') {
        Some((name, port)) if !name.contains(':') => {
            if port.is_empty() || !port.bytes().all(|byte| byte.is_ascii_digit()) {
                return false;
            }
            name
        }
        _ => text,
    };
    let address = name.contains(':') && name.chars().all(|c| c.is_ascii_hexdigit() || c == ':');
    address || (word(name, ".-_") && !name.contains(".."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_type_takes_what_its_tools_print_and_nothing_stranger() {
        use ValueType::*;
        let cases: &[(ValueType, &[&str], &[&str])] = &[
            (
                NpmPackage,
                &["react-dom", "@angular/core", "lodash.get", "JSONStream"],
                &["-g", "@scope", "a b", "../x", "@a/b/c"],
            ),
            (PythonModule, &["yaml", "google.cloud.storage", "_ssl"], &["a-b", "a..b", ".a", "a/b"]),
            (PythonDistribution, &["PyYAML", "zope.interface", "a"], &["-r", "a-", "a b"]),
            (CrateName, &["serde_json", "tokio-util"], &["1crate", "a.b", "-p"]),
            (GoModule, &["github.com/spf13/cobra", "gopkg.in/yaml.v3"], &["../x", "/abs", "a//b", "-mod=mod"]),
            (JavaArtifact, &["org.slf4j:slf4j-api", "g:a:jar:1.2"], &["org.slf4j", "a:b c", ":a"]),
            (EnvName, &["DATABASE_URL", "_x"], &["1A", "A-B", "A=B", ""]),
            (Version, &["1.2.3", "v2.0.0-rc.1", "3!1.0"], &["latest", "-1", "1 2"]),
            (Integer, &["137"], &["-1", "1.5", "1234567890123456789"]),
            (RelativePath, &["src/main.rs", "a b/c.txt"], &["/etc/passwd", "../up", "~/x", "-rf", "a/../../b"]),
            (Host, &["registry.example.com:443", "10.0.0.1", "::1"], &["-h", "a b", "a..b", "host:"]),
            (Header, &["openssl/ssl.h", "Python.h"], &["../x.h", "/usr/x.h"]),
            (Library, &["ssl", "libpq.so.5", "stdc++"], &["-lssl", "a/b"]),
            (Command, &["protoc", "g++", "pkg-config"], &["rm -rf", "./x", "-c"]),
            (Text, &["anything; even this"], &["two\nlines", "\u{1b}[31m"]),
        ];
        for (kind, good, bad) in cases {
            good.iter().for_each(|text| assert!(kind.accepts(text), "{kind:?} should take {text}"));
            bad.iter().for_each(|text| assert!(!kind.accepts(text), "{kind:?} took {text}"));
        }
    }

    #[test]
    fn length_is_bounded_and_only_typed_values_select() {
        assert!(!ValueType::CrateName.accepts(&"a".repeat(65)));
        assert!(!ValueType::Text.selects() && !ValueType::TestName.selects());
        assert!(ValueType::NpmPackage.selects());
    }
    #[test]
    fn a_type_is_found_by_the_name_it_has_in_documents() {
        for kind in ValueType::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
            assert_eq!(ValueType::named(kind.as_str()), Some(kind));
        }
        assert_eq!(ValueType::named("shell"), None);
    }

    #[test]
    fn a_package_is_one_by_whichever_name_and_nothing_else_is() {
        assert!(ValueType::PythonDistribution.takes(ValueType::PythonModule));
        assert!(ValueType::EnvName.takes(ValueType::EnvName));
        assert!(!ValueType::EnvName.takes(ValueType::CrateName) && !ValueType::Text.takes(ValueType::Text));
    }
}
