//! Conditions on a name that is one of a few: kind, environment, namespace, cluster.

use std::collections::BTreeMap;

use super::patterns::{Patterns, PatternsBuilder};
use crate::error::LoadError;
use crate::guardrails::bits::Bits;
use crate::guardrails::document::Word;

#[derive(Debug)]
pub(super) struct NamesBuilder {
    count: usize,
    conditioned: Bits,
    patterns: PatternsBuilder,
    spelt: Vec<String>,
}

/// Which rules allow which name. Names that some document spells out are looked up; others are matched.
#[derive(Debug)]
pub(super) struct Names {
    conditioned: Bits,
    patterns: Patterns,
    known: BTreeMap<String, Bits>,
}

impl NamesBuilder {
    pub(super) fn new(count: usize) -> Self {
        Self { count, conditioned: Bits::none(count), patterns: PatternsBuilder::default(), spelt: Vec::new() }
    }

    pub(super) fn add(
        &mut self,
        document: &str,
        rule: usize,
        words: Option<&Vec<Word>>,
        any_case: bool,
    ) -> Result<(), LoadError> {
        let Some(words) = words else { return Ok(()) };
        self.conditioned.set(rule);
        for word in words {
            self.patterns.glob(document, rule, word, any_case)?;
            self.spelt.push(word.value.clone());
        }
        Ok(())
    }

    /// Looks `usual` names up beforehand too.
    pub(super) fn build<'a>(self, usual: impl IntoIterator<Item = &'a str>) -> Names {
        let spelt = self.spelt;
        let mut names =
            Names { conditioned: self.conditioned, patterns: self.patterns.build(), known: BTreeMap::new() };
        let all = Bits::all(self.count);
        for name in spelt.into_iter().chain(usual.into_iter().map(str::to_owned)) {
            let mut alive = all.clone();
            names.narrow_unknown(&name, &mut alive);
            names.known.insert(name, alive);
        }
        names
    }
}

impl Names {
    /// Keeps the rules that speak of this name.
    pub(super) fn narrow(&self, name: &str, alive: &mut Bits) {
        match self.known.get(name) {
            Some(rules) => alive.and(rules),
            None => self.narrow_unknown(name, alive),
        }
    }

    /// The same on two sides.
    pub(super) fn narrow_both(&self, name: &str, one: &mut Bits, other: &mut Bits) {
        match self.known.get(name) {
            Some(rules) => {
                one.and(rules);
                other.and(rules);
            }
            None => {
                self.narrow_unknown(name, one);
                self.narrow_unknown(name, other);
            }
        }
    }

    /// Keeps the rules that don't ask: the name isn't known.
    pub(super) fn narrow_nameless(&self, alive: &mut Bits) {
        alive.remove(&self.conditioned);
    }

    fn narrow_unknown(&self, name: &str, alive: &mut Bits) {
        if !alive.meets(&self.conditioned) {
            return;
        }
        let mut found = alive.clone();
        found.reset();
        self.patterns.matching(name.as_bytes(), alive, &mut found);
        alive.keep(&self.conditioned, &found);
    }
}
