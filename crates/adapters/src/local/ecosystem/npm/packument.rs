use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::rc::Rc;

use nodejs_semver::{Range, Version};
use serde_json::Value;

use super::{client, range};
use crate::local::ecosystem::tools::Invocation;
use crate::local::ecosystem::{EcosystemError, Tools};

const FIELDS: &[&str] = &["name", "version", "peerDependencies", "engines.node", "deprecated", "dist-tags.latest"];

/// A major that no package reaches.
const FAR_FUTURE: u64 = 1_000_000;

/// A published version and what it asks of others.
#[derive(Debug, Clone)]
pub(super) struct Release {
    pub(super) version: Version,
    pub(super) peers: BTreeMap<String, String>,
    engine: Option<String>,
    deprecated: bool,
}

/// What the registry knows of a package: its stable releases, ascending.
#[derive(Debug, Clone, Default)]
pub(super) struct Packument {
    pub(super) releases: Vec<Release>,
    pub(super) versions: Vec<Version>,
    pub(super) latest: Option<Version>,
}

/// Asks the registry, once per package.
pub(super) struct Registry<'t> {
    dir: PathBuf,
    tools: &'t dyn Tools,
    node: Option<Version>,
    known: RefCell<BTreeMap<String, Rc<Packument>>>,
}

impl<'t> Registry<'t> {
    pub(super) fn new(dir: PathBuf, tools: &'t dyn Tools) -> Self {
        let node = tools.run(&Invocation::new("node", &dir).args(["--version"])).ok();
        let node = node.and_then(|output| Version::parse(output.stdout.trim().trim_start_matches('v')).ok());
        Self { dir, tools, node, known: RefCell::default() }
    }

    /// The package's stable releases; empty when the registry doesn't have it.
    pub(super) fn packument(&self, package: &str) -> Result<Rc<Packument>, EcosystemError> {
        if let Some(known) = self.known.borrow().get(package) {
            return Ok(Rc::clone(known));
        }
        // npm takes `*` for the tag `latest`; a range leaves pre-releases out, which no fix should choose by itself.
        let answer = client::view(&format!("{package}@>=0.0.0"), FIELDS, &self.dir, self.tools)?;
        let packument = Rc::new(Packument::parse(answer.as_ref()));
        self.known.borrow_mut().insert(package.to_owned(), Rc::clone(&packument));
        Ok(packument)
    }

    /// The releases that could be chosen: not deprecated, running on this Node.js, not past `latest` unless the
    /// project is there already.
    pub(super) fn choices<'p>(&self, packument: &'p Packument, present: Option<&Version>) -> Vec<&'p Release> {
        let ceiling = packument.latest.iter().chain(present).max();
        packument
            .releases
            .iter()
            .filter(|release| !release.deprecated && self.runs(release))
            .filter(|release| ceiling.is_none_or(|ceiling| release.version <= *ceiling))
            .collect()
    }

    fn runs(&self, release: &Release) -> bool {
        let engine = release.engine.as_deref().and_then(range::parse);
        match (&self.node, engine) {
            (Some(node), Some(engine)) => engine.satisfies(node),
            _ => true,
        }
    }
}

impl Packument {
    fn parse(answer: Option<&Value>) -> Self {
        let list = match answer {
            Some(Value::Array(list)) => list.iter().collect(),
            Some(one) => vec![one],
            None => Vec::new(),
        };
        let latest = list.iter().find_map(|one| one["dist-tags.latest"].as_str());
        let mut releases: Vec<Release> = list.iter().filter_map(|one| Release::parse(one)).collect();
        releases.sort_by(|a, b| a.version.cmp(&b.version));
        Self {
            latest: latest.and_then(|latest| Version::parse(latest).ok()),
            versions: releases.iter().map(|release| release.version.clone()).collect(),
            releases,
        }
    }

    pub(super) fn release(&self, version: &Version) -> Option<&Release> {
        self.releases.iter().find(|release| release.version == *version)
    }

    /// The version npm installs for a requirement: `latest` when it fits, else the highest that does.
    pub(super) fn installs(&self, requirement: &str) -> Option<&Version> {
        let range = range::parse(requirement)?;
        let latest = self.latest.as_ref().filter(|latest| range.satisfies(latest));
        latest.or_else(|| range::best(&range, &self.versions))
    }
}

/// The answer to `npm view PACKAGE versions`, a list in ascending order or a single one.
pub(super) fn newest_first(answer: Option<&Value>) -> Vec<String> {
    let listed = match answer {
        Some(Value::Array(list)) => list.iter().rev().collect(),
        Some(one) => vec![one],
        None => Vec::new(),
    };
    listed.into_iter().filter_map(|version| version.as_str().map(str::to_owned)).collect()
}

impl Release {
    fn parse(value: &Value) -> Option<Self> {
        let peers = value["peerDependencies"].as_object().into_iter().flatten();
        Some(Self {
            version: Version::parse(value["version"].as_str()?).ok()?,
            peers: peers.filter_map(|(peer, range)| Some((peer.clone(), range.as_str()?.to_owned()))).collect(),
            engine: value["engines.node"].as_str().map(str::to_owned),
            deprecated: value.get("deprecated").is_some(),
        })
    }

    /// Whether its peer range on `peer`, if it has one, takes a version that `wanted` takes too.
    pub(super) fn accepts(&self, peer: &str, wanted: &Range, versions: &[Version]) -> bool {
        let Some(range) = self.peers.get(peer) else {
            return true;
        };
        let Some(range) = range::parse(range) else {
            return false;
        };
        range::best(wanted, versions).is_some_and(|best| range.satisfies(best))
    }

    /// Whether it says up to which version of `peer` it works. Old releases that say nothing only seem to fit.
    pub(super) fn limits(&self, peer: &str) -> bool {
        let range = self.peers.get(peer).and_then(|range| range::parse(range));
        range.is_some_and(|range| !range.satisfies(&Version::from((FAR_FUTURE, 0_u64, 0_u64))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn one_version_and_many_are_both_read() {
        let one = json!({"name": "a", "version": "1.0.0", "peerDependencies": {"b": "^1"}});
        assert_eq!(Packument::parse(Some(&one)).releases[0].peers["b"], "^1");
        let many = json!([{"version": "2.0.0", "dist-tags.latest": "1.0.0"}, {"version": "1.0.0"}]);
        let packument = Packument::parse(Some(&many));
        assert_eq!(packument.versions.len(), 2);
        assert_eq!(packument.installs(">=1").unwrap().to_string(), "1.0.0");
        assert_eq!(packument.installs("^2").unwrap().to_string(), "2.0.0");
    }
}
