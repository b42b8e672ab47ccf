//! Shipped tables that turn a missing header, library or command into the package that provides it.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::Deserialize;

use crate::error::LoadError;
use crate::yaml;

const DOCUMENT: &str = "tables/system-packages.yaml";
const TEXT: &str = include_str!("../../catalogue/tables/system-packages.yaml");

/// The tables a runbook may look values up in.
pub(crate) const NAMES: [&str; 3] = ["headers", "libraries", "commands"];

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SystemPackages {
    headers: BTreeMap<String, Package>,
    libraries: BTreeMap<String, Package>,
    commands: BTreeMap<String, Package>,
}

/// One package by its name in Debian's and in Homebrew's archive.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Package {
    debian: String,
    brew: Option<String>,
}

impl SystemPackages {
    /// The shipped tables, read once and only when a runbook needs them.
    pub(crate) fn shipped() -> &'static Self {
        static TABLES: OnceLock<SystemPackages> = OnceLock::new();
        TABLES.get_or_init(|| Self::parse().unwrap_or_default())
    }

    fn parse() -> Result<Self, LoadError> {
        yaml::parse(DOCUMENT, TEXT)
    }

    /// In words, what to install for `key`.
    pub(crate) fn look_up(&self, table: &str, key: &str) -> Option<String> {
        let table = match table {
            "headers" => &self.headers,
            "libraries" => &self.libraries,
            "commands" => &self.commands,
            _ => return None,
        };
        table.get(key).or_else(|| table.get(shared_object_stem(key))).map(Package::in_words)
    }
}

impl Package {
    fn in_words(&self) -> String {
        match &self.brew {
            Some(brew) => format!("{} (Debian, Ubuntu) or {brew} (Homebrew)", self.debian),
            None => format!("{} (Debian, Ubuntu)", self.debian),
        }
    }
}

/// `pq` for `libpq.so.5`: linkers and loaders name the same library differently.
fn shared_object_stem(name: &str) -> &str {
    let name = name.split_once(".so").map_or(name, |(stem, _)| stem);
    name.strip_prefix("lib").unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_tables_parse_and_know_the_usual_ones() {
        let tables = SystemPackages::parse().unwrap();
        assert!(tables.look_up("headers", "openssl/ssl.h").unwrap().contains("libssl-dev"));
        assert_eq!(tables.look_up("libraries", "libpq.so.5"), tables.look_up("libraries", "pq"));
        assert_eq!(tables.look_up("commands", "no-such-command"), None);
        NAMES.iter().for_each(|name| assert_eq!(tables.look_up(name, ""), None));
    }
}
