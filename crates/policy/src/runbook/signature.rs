//! How a failure is recognised: facts that hold and patterns that match, and the values found thereby.

use std::collections::BTreeMap;
use std::ops::Range;

use selfheal_core::facts::Facts;
use selfheal_core::value_type::ValueType;

use super::condition::{self, Condition};
use super::pattern::{Hits, PatternId, Patterns};
use super::tables::SystemPackages;
use crate::limits;

/// Most lines cited for one diagnosis.
const CITED: usize = 12;

/// Extracted values by name, in the order found.
pub(crate) type Values = BTreeMap<String, Vec<String>>;

/// A compiled signature.
#[derive(Debug)]
pub(crate) struct Signature {
    pub(crate) facts: BTreeMap<String, Condition>,
    pub(crate) unless: BTreeMap<String, Condition>,
    pub(crate) all: Vec<PatternId>,
    pub(crate) any: Vec<PatternId>,
    pub(crate) none: Vec<PatternId>,
    pub(crate) within: Option<usize>,
    pub(crate) extract: Vec<Extractor>,
    pub(crate) lookups: Vec<Lookup>,
}

#[derive(Debug)]
pub(crate) struct Extractor {
    pub(crate) name: String,
    pub(crate) kind: ValueType,
    pub(crate) patterns: Vec<PatternId>,
    pub(crate) required: bool,
    pub(crate) many: bool,
    pub(crate) upper: bool,
}

#[derive(Debug)]
pub(crate) struct Lookup {
    pub(crate) name: String,
    pub(crate) table: String,
    pub(crate) key: String,
}

/// A signature that holds: what was extracted, and the lines that say so, ascending.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Recognised {
    pub(crate) values: Values,
    pub(crate) lines: Vec<usize>,
    /// The last line that any of its patterns matches, cited or not.
    pub(crate) last: Option<usize>,
}

impl Signature {
    /// Whether it holds of these facts and lines.
    pub(crate) fn recognise(&self, patterns: &Patterns, facts: &Facts, hits: &Hits<'_>) -> Option<Recognised> {
        let excluded = self.none.iter().any(|&id| !hits.of(id).is_empty());
        if excluded || !self.allowed_by(facts) {
            return None;
        }
        let spans = self.spans(hits)?;
        let mut found =
            Recognised { values: Values::new(), lines: self.cited(&spans, hits), last: self.last(&spans, hits) };
        for extractor in &self.extract {
            let extracted = extractor.run(patterns, &spans, hits, &mut found.lines);
            if extracted.is_empty() && extractor.required {
                return None;
            }
            found.values.insert(extractor.name.clone(), extracted);
        }
        for lookup in &self.lookups {
            let package = lookup.run(&found.values);
            found.values.insert(lookup.name.clone(), package.into_iter().collect());
        }
        found.lines.sort_unstable();
        found.lines.dedup();
        Some(found)
    }

    /// Whether its conditions on facts hold, whatever the lines say.
    pub(crate) fn allowed_by(&self, facts: &Facts) -> bool {
        condition::all_hold(&self.facts, facts) && condition::none_holds(&self.unless, facts)
    }

    /// The stretches of lines in which `all` and `any` hold; without `within`, everything.
    fn spans(&self, hits: &Hits<'_>) -> Option<Vec<Range<usize>>> {
        let everything = 0..hits.line_count();
        let Some(within) = self.within else {
            return self.holds_in(&everything, hits).then(|| vec![everything]);
        };
        let mut starts: Vec<usize> = self.all.iter().chain(&self.any).flat_map(|&id| hits.of(id)).copied().collect();
        starts.sort_unstable();
        starts.dedup();
        let windows = starts.into_iter().map(|start| start..start + within);
        let spans: Vec<_> = windows.filter(|window| self.holds_in(window, hits)).collect();
        (!spans.is_empty()).then_some(spans)
    }

    fn holds_in(&self, span: &Range<usize>, hits: &Hits<'_>) -> bool {
        let hit = |&id: &PatternId| first_in(hits.of(id), span).is_some();
        self.all.iter().all(hit) && (self.any.is_empty() || self.any.iter().any(hit))
    }

    /// The first line of each pattern in the first span that has it.
    fn cited(&self, spans: &[Range<usize>], hits: &Hits<'_>) -> Vec<usize> {
        let first = |&id: &PatternId| spans.iter().find_map(|span| first_in(hits.of(id), span));
        self.all.iter().chain(&self.any).filter_map(first).take(CITED).collect()
    }

    fn last(&self, spans: &[Range<usize>], hits: &Hits<'_>) -> Option<usize> {
        let required = self.extract.iter().filter(|extractor| extractor.required).flat_map(|one| &one.patterns);
        let telling = self.all.iter().chain(&self.any).chain(required);
        let within = |line: &&usize| spans.iter().any(|span| span.contains(line));
        telling.filter_map(|&id| hits.of(id).iter().rev().find(within)).max().copied()
    }
}

impl Extractor {
    /// The values its patterns find; a word that isn't of its type is not a value.
    fn run(&self, patterns: &Patterns, spans: &[Range<usize>], hits: &Hits<'_>, cited: &mut Vec<usize>) -> Vec<String> {
        let mut values: Vec<String> = Vec::new();
        let most = if self.many { limits::VALUES } else { 1 };
        for &id in &self.patterns {
            for &line in hits.of(id).iter().filter(|line| spans.iter().any(|span| span.contains(line))) {
                if values.len() == most {
                    return values;
                }
                let value = patterns.capture(id, &self.name, hits.line(line)).map(str::trim);
                let Some(value) = value.filter(|value| self.kind.accepts(value)) else { continue };
                let value = if self.upper { value.to_ascii_uppercase() } else { value.to_owned() };
                if !values.contains(&value) {
                    values.push(value);
                    cited.push(line);
                }
            }
        }
        values
    }
}

impl Lookup {
    fn run(&self, values: &Values) -> Option<String> {
        let keys = values.get(&self.key)?;
        keys.iter().find_map(|key| SystemPackages::shipped().look_up(&self.table, key))
    }
}

fn first_in(lines: &[usize], span: &Range<usize>) -> Option<usize> {
    let at = lines.partition_point(|line| *line < span.start);
    lines.get(at).copied().filter(|line| *line < span.end)
}
