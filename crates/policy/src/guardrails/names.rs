//! Names that a document uses: those that nothing can have are refused, and those that nobody seems to have are told.

use std::collections::BTreeSet;

use selfheal_core::action::ActionKind;

use super::document::{ExampleDocument, Word};
use super::sections::Expanded;
use crate::error::LoadError;
use crate::spelling::slip_of;

/// The environments that core names itself.
const ENVIRONMENTS: [&str; 3] = ["dev", "staging", "production"];

/// The kind that no executor has unless a host switches it on.
static SHIPPED_OFF: ActionKind = ActionKind::RUN_COMMAND;

/// What a name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Named {
    Kind,
    Environment,
}

/// The names that are known to be used: shipped ones, and those of the document's own examples.
#[derive(Debug)]
pub(crate) struct Known<'a> {
    kinds: BTreeSet<&'a str>,
    environments: BTreeSet<&'a str>,
}

impl<'a> Known<'a> {
    pub(crate) fn with(examples: &'a [ExampleDocument]) -> Self {
        let given = || examples.iter().map(|example| &example.given);
        let earlier = given().flat_map(|given| given.activity.iter().filter_map(|earlier| earlier.kind.as_deref()));
        let shipped = ActionKind::ALL.iter().chain([&SHIPPED_OFF]).map(ActionKind::as_str);
        Self {
            kinds: shipped.chain(given().map(|given| given.kind.as_str())).chain(earlier).collect(),
            environments: ENVIRONMENTS.into_iter().chain(given().map(|given| given.environment.as_str())).collect(),
        }
    }

    fn of(&self, named: Named) -> &BTreeSet<&'a str> {
        match named {
            Named::Kind => &self.kinds,
            Named::Environment => &self.environments,
        }
    }

    /// Whether the name, or the glob, is one of something that is known to be used.
    pub(crate) fn has(&self, named: Named, word: &Word) -> bool {
        let glob = globset::GlobBuilder::new(&word.value).case_insensitive(true).build();
        let Ok(glob) = glob.map(|glob| glob.compile_matcher()) else { return true };
        self.of(named).iter().any(|name| glob.is_match(name))
    }

    /// The name of which this one is a slip.
    pub(crate) fn slip(&self, named: Named, word: &Word) -> Option<&'a str> {
        if word.value.contains(['*', '?', '[', '{']) || self.has(named, word) {
            return None;
        }
        slip_of(&word.value, self.of(named).iter().copied())
    }
}

/// Every kind and environment that the document writes.
pub(crate) fn written(expanded: &Expanded) -> impl Iterator<Item = (Named, &Word)> {
    let windows = expanded.freezes.iter().chain(&expanded.maintenance);
    let rules = expanded.rules.iter().map(|rule| (Some(&rule.kinds), rule.environments.as_ref()));
    let windows = windows.map(|window| (window.kinds.as_ref(), window.environments.as_ref()));
    let budgets = expanded.budgets.iter().map(|budget| (budget.kinds.as_ref(), budget.environments.as_ref()));
    rules.chain(windows).chain(budgets).flat_map(|(kinds, environments)| {
        let kinds = kinds.into_iter().flatten().map(|word| (Named::Kind, word));
        kinds.chain(environments.into_iter().flatten().map(|word| (Named::Environment, word)))
    })
}

/// Refuses a name that is a slip of another: what speaks about it would never speak.
pub(crate) fn meant(path: &str, expanded: &Expanded, examples: &[ExampleDocument]) -> Result<(), LoadError> {
    let known = Known::with(examples);
    written(expanded).try_for_each(|(named, word)| match known.slip(named, word) {
        None => Ok(()),
        Some(name) => {
            let problem = format!("expected '{name}', found '{}', which no example has; did you mean it?", word.value);
            Err(LoadError::located(path, word.referenced, problem))
        }
    })
}

/// Refuses a glob that is written as an exception: there is none here, it would stand for itself.
pub(crate) fn no_exception<'a>(document: &str, mut words: impl Iterator<Item = &'a Word>) -> Result<(), LoadError> {
    let exception = words.find(|word| word.value.starts_with('!'));
    exception.map_or(Ok(()), |word| {
        let problem = format!("expected a glob without '!', which excepts nothing here, found '{}'", word.value);
        Err(LoadError::located(document, word.referenced, problem))
    })
}

/// Refuses a glob over resources that none can match: they are written `system/kind/name`.
pub(crate) fn resources(document: &str, words: &[Word]) -> Result<(), LoadError> {
    let can_match = |glob: &str| match glob.matches('/').count() {
        _ if glob.trim_start_matches('{').starts_with('*') => true,
        0 => false,
        1 => glob.contains('*'),
        _ => true,
    };
    words.iter().find(|word| !can_match(&word.value)).map_or(Ok(()), |word| {
        let name = &word.value;
        let problem = format!("expected a resource as 'system/kind/name', such as '*/*/{name}', found '{name}'");
        Err(LoadError::located(document, word.referenced, problem))
    })
}
