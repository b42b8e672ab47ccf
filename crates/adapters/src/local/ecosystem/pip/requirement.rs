use std::sync::LazyLock;

use regex::Regex;

use crate::local::ecosystem::pattern::pattern;

/// Name, extras, specifier, and what follows: PEP 508 without URLs.
static NAMED: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"^\s*(?P<name>[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*(?P<extras>\[[^\]]*\])?\s*(?P<spec>\(?\s*(?:(?:===|==|~=|!=|<=|>=|<|>)\s*[A-Za-z0-9.*+!_-]+\s*,?\s*)*\)?)\s*(?P<rest>(?:;.*|\s#.*|--hash.*|\\.*)?)$",
    )
});

/// A requirement on a named distribution, as it is written: `requests[socks]>=2,<3 ; python_version > "3.8"`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Requirement {
    pub(super) name: String,
    pub(super) extras: String,
    pub(super) specifier: String,
    /// The environment marker, without its semicolon.
    pub(super) marker: String,
    /// Where the specifier stands in the text; empty, behind name and extras, where there is none.
    pub(super) span: std::ops::Range<usize>,
}

impl Requirement {
    /// Reads one logical line; `None` for options, paths, URLs and what isn't understood.
    pub(super) fn parse(line: &str) -> Option<Self> {
        let found = NAMED.captures(line)?;
        let name = found.name("name")?;
        let extras = found.name("extras").map_or("", |extras| extras.as_str());
        let written = found.name("spec")?;
        let specifier = written.as_str().trim().trim_end_matches(',').trim();
        let end_of_name = found.name("extras").map_or(name.end(), |extras| extras.end());
        let span = match specifier.is_empty() {
            true => end_of_name..end_of_name,
            false => written.start()..written.start() + written.as_str().trim_end().len(),
        };
        let rest = found.name("rest").map_or("", |rest| rest.as_str());
        Some(Self {
            name: name.as_str().to_owned(),
            extras: extras.to_owned(),
            specifier: specifier.trim_matches(['(', ')']).trim().to_owned(),
            marker: marker(rest),
            span,
        })
    }

    /// The requirement with another specifier, for pip.
    pub(super) fn with(&self, specifier: &str) -> String {
        let marker = match self.marker.is_empty() {
            true => String::new(),
            false => format!(" ; {}", self.marker),
        };
        format!("{}{}{specifier}{marker}", self.name, self.extras)
    }
}

fn marker(rest: &str) -> String {
    let Some(rest) = rest.trim_start().strip_prefix(';') else {
        return String::new();
    };
    let rest = rest.split(" #").next().unwrap_or_default();
    let rest = rest.split("--hash").next().unwrap_or_default();
    rest.trim().trim_end_matches('\\').trim().to_owned()
}

/// A name as indexes compare it (PEP 503): lower case, runs of `-_.` as one `-`.
pub(super) fn normalized(name: &str) -> String {
    let parts: Vec<_> = name.split(['-', '_', '.']).filter(|part| !part.is_empty()).collect();
    parts.join("-").to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requirements_are_read_with_their_place() {
        for (line, name, specifier, marker) in [
            ("requests", "requests", "", ""),
            ("requests==2.31.0", "requests", "==2.31.0", ""),
            ("Django >= 4.2, <5  # why", "Django", ">= 4.2, <5", ""),
            ("a[x,y]~=1.4 ; python_version < \"3.9\"  # c", "a", "~=1.4", "python_version < \"3.9\""),
            ("zope.interface (>=5)", "zope.interface", ">=5", ""),
            ("a==1.0 --hash=sha256:00", "a", "==1.0", ""),
            ("a==1.*", "a", "==1.*", ""),
        ] {
            let read = Requirement::parse(line).unwrap_or_else(|| panic!("{line}"));
            assert_eq!((read.name.as_str(), read.specifier.as_str(), read.marker.as_str()), (name, specifier, marker));
        }
    }

    #[test]
    fn options_paths_and_urls_are_not_requirements() {
        for line in [
            "-r x.txt",
            "--index-url https://x",
            "./local",
            "git+https://x/y",
            "a @ https://x/a.whl",
            "",
            "# c",
            "http://x/a.whl",
            "../a",
            "{{ template }}",
        ] {
            assert!(Requirement::parse(line).is_none(), "{line}");
        }
    }

    #[test]
    fn names_compare_as_the_index_does() {
        assert_eq!(normalized("Ruamel_YAML.clib"), "ruamel-yaml-clib");
    }
}
