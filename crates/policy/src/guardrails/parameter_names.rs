//! Parameters that a document names: a misspelt one is a condition that nothing fulfils, or a least class that nothing is held to.

use std::collections::BTreeSet;

use globset::GlobBuilder;
use selfheal_core::action::ActionSpec;
use selfheal_core::standard::{run_command_spec, standard_specs};
use serde_saphyr::Location;

use super::document::{ExampleDocument, RuleDocument, Sources};
use crate::error::LoadError;
use crate::spelling::slip_of;

/// A parameter where a document names it.
#[derive(Debug)]
pub(crate) struct Used<'d> {
    pub(crate) name: &'d str,
    pub(crate) at: Location,
    /// The kinds whose parameter it is, or globs over them.
    kinds: Vec<&'d str>,
}

/// What a name turns out to be.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Of one of the kinds.
    Known,
    /// None of theirs, but close to this one.
    Slip(String),
    /// None of theirs.
    Unknown,
}

/// The parameters of the kinds that selfheal ships, and those that examples show.
#[derive(Debug)]
pub(crate) struct Known<'d> {
    specs: Vec<ActionSpec>,
    /// Kind and parameter.
    shown: BTreeSet<(&'d str, &'d str)>,
}

impl<'d> Known<'d> {
    pub(crate) fn with(examples: &'d [ExampleDocument]) -> Self {
        let shown = examples.iter().flat_map(|example| {
            let given = &example.given;
            given.parameters.keys().map(|name| (given.kind.as_str(), name.as_str()))
        });
        Self { specs: standard_specs().into_iter().chain([run_command_spec()]).collect(), shown: shown.collect() }
    }

    pub(crate) fn standing(&self, used: &Used<'_>) -> Standing {
        let names: BTreeSet<&str> = used.kinds.iter().flat_map(|kind| self.of(kind)).collect();
        if used.name == "*" || names.contains(used.name) {
            return Standing::Known;
        }
        slip_of(used.name, names).map_or(Standing::Unknown, |meant| Standing::Slip(meant.to_owned()))
    }

    /// A kind that is none, with the one that it is a slip of.
    fn kind_slip<'u>(&self, used: &Used<'u>) -> Option<(&'u str, &str)> {
        let own = self.specs.iter().map(|spec| spec.kind.as_str());
        let kinds: BTreeSet<&str> = own.chain(self.shown.iter().map(|(kind, _)| *kind)).collect();
        let plain = |kind: &&&str| !kind.contains(['*', '?', '[', '{']) && !kinds.contains(**kind);
        used.kinds.iter().filter(plain).find_map(|kind| Some((*kind, slip_of(kind, kinds.iter().copied())?)))
    }

    /// Whether every parameter that its kinds have is known.
    fn settles(&self, used: &Used<'_>) -> bool {
        used.kinds.iter().all(|kind| self.specs.iter().any(|spec| spec.kind.as_str() == *kind))
    }

    fn of(&self, kind: &str) -> BTreeSet<&str> {
        let glob = GlobBuilder::new(kind).case_insensitive(true).build().map(|glob| glob.compile_matcher());
        let meant = |own: &str| glob.as_ref().is_ok_and(|glob| glob.is_match(own));
        let specs = self.specs.iter().filter(|spec| meant(spec.kind.as_str()));
        let own = specs.flat_map(|spec| spec.parameters.iter().map(|parameter| parameter.name.as_ref()));
        own.chain(self.shown.iter().filter(|(kind, _)| meant(kind)).map(|(_, name)| *name)).collect()
    }
}

/// Every parameter that the document names; `sources` are what it says of all rules.
pub(crate) fn used<'d>(sources: &'d Sources, rules: &'d [RuleDocument]) -> impl Iterator<Item = Used<'d>> {
    let by_rule = rules.iter().flat_map(|rule| {
        let kinds = || rule.kinds.iter().map(|word| word.value.as_str()).collect();
        let when = &rule.when;
        let tested = when.parameters.iter().map(move |(name, test)| Used { name, at: test.referenced, kinds: kinds() });
        let kinds = move || rule.kinds.iter().map(|word| word.value.as_str()).collect();
        tested.chain(keys(&when.provenance, kinds)).chain(keys(&when.provenance_below, kinds))
    });
    keys(sources, || vec!["*"]).chain(by_rule)
}

/// Of `kind.parameter` or `parameter`; `*` is any.
fn keys<'d>(sources: &'d Sources, kinds: impl Fn() -> Vec<&'d str>) -> impl Iterator<Item = Used<'d>> {
    sources.iter().map(move |(key, class)| {
        let (kinds, name) = match key.split_once('.') {
            Some((kind, name)) => (vec![kind], name),
            None => (kinds(), key.as_str()),
        };
        Used { name, at: class.referenced, kinds }
    })
}

/// Refuses a name that is a slip of a parameter, where nothing else can be meant.
pub(crate) fn meant(
    path: &str,
    sources: &Sources,
    rules: &[RuleDocument],
    examples: &[ExampleDocument],
) -> Result<(), LoadError> {
    let known = Known::with(examples);
    used(sources, rules).try_for_each(|used| {
        let refuse = |problem: String| Err(LoadError::located(path, used.at, problem));
        if let Some((kind, meant)) = known.kind_slip(&used) {
            return refuse(format!("expected '{meant}', found '{kind}', which no example has; did you mean it?"));
        }
        match known.standing(&used) {
            Standing::Slip(meant) if known.settles(&used) => {
                let (kinds, name) = (used.kinds.join(", "), used.name);
                refuse(format!(
                    "expected '{meant}', found '{name}', which is no parameter of {kinds}; did you mean it?"
                ))
            }
            _ => Ok(()),
        }
    })
}
