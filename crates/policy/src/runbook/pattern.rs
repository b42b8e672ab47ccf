//! All patterns of a catalogue: checked at load, compiled when a line first asks for them.
//!
//! Patterns are byte patterns: `\w`, `\d`, `\s` and `(?i)` mean ASCII, which is what tools print and keeps each
//! automaton small. The engine guarantees linear time, so a hostile line costs no more than its length.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::OnceLock;

use aho_corasick::{AhoCorasick, MatchKind};
use regex::bytes::{Regex, RegexBuilder};
use regex_syntax::hir::{Hir, HirKind};

use super::line;
use super::literal;
use crate::limits;

/// Names a pattern within its [`Patterns`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct PatternId(usize);

/// Collects patterns; equal ones are kept once.
#[derive(Debug, Default)]
pub(crate) struct PatternsBuilder {
    ids: BTreeMap<String, PatternId>,
    patterns: Vec<Pattern>,
}

/// The patterns of a catalogue with the index that says which could match a line.
#[derive(Debug)]
pub(crate) struct Patterns {
    patterns: Vec<Pattern>,
    literals: Option<AhoCorasick>,
    /// The pattern of each literal, by the literal's number.
    owners: Vec<PatternId>,
    /// Patterns without a required literal: they are run on every line.
    always: Vec<PatternId>,
}

#[derive(Debug)]
struct Pattern {
    source: String,
    groups: Vec<String>,
    literals: Option<Vec<Vec<u8>>>,
    compiled: OnceLock<Option<Regex>>,
}

impl PatternsBuilder {
    /// Adds a pattern, or says why it is none.
    pub(crate) fn intern(&mut self, source: &str) -> Result<PatternId, String> {
        if let Some(&known) = self.ids.get(source) {
            return Ok(known);
        }
        let hir = parse(source)?;
        let id = PatternId(self.patterns.len());
        let mut groups = Vec::new();
        group_names(&hir, &mut groups);
        let literals = literal::required(&hir);
        self.patterns.push(Pattern { source: source.to_owned(), groups, literals, compiled: OnceLock::new() });
        self.ids.insert(source.to_owned(), id);
        Ok(id)
    }

    /// Whether the pattern has a group of this name.
    pub(crate) fn has_group(&self, id: PatternId, name: &str) -> bool {
        self.patterns[id.0].groups.iter().any(|group| group == name)
    }

    /// Compiles the pattern now and says whether it keeps within its size; [`Patterns`] does it on demand.
    pub(crate) fn compiles(&self, source: &str) -> bool {
        self.ids.get(source).is_some_and(|id| self.patterns[id.0].regex().is_some())
    }

    pub(crate) fn build(self) -> Patterns {
        let mut literals = Vec::new();
        let mut owners = Vec::new();
        let mut always = Vec::new();
        for (index, pattern) in self.patterns.iter().enumerate() {
            match &pattern.literals {
                None => always.push(PatternId(index)),
                Some(set) => {
                    owners.extend(std::iter::repeat_n(PatternId(index), set.len()));
                    literals.extend(set.iter().cloned());
                }
            }
        }
        let automaton =
            AhoCorasick::builder().ascii_case_insensitive(true).match_kind(MatchKind::Standard).build(&literals).ok();
        if automaton.is_none() {
            always = (0..self.patterns.len()).map(PatternId).collect();
        }
        Patterns { patterns: self.patterns, literals: automaton, owners, always }
    }
}

impl Patterns {
    /// Which lines each pattern matches.
    pub(crate) fn scan<'t>(&self, lines: &[&'t str]) -> Hits<'t> {
        let lines: Vec<&str> = lines.iter().map(|line| line::content(line)).collect();
        let mut hits = vec![Vec::new(); self.patterns.len()];
        let mut candidates = Vec::new();
        for (number, line) in lines.iter().enumerate() {
            self.candidates(line, &mut candidates);
            for &PatternId(index) in &candidates {
                let matches =
                    |regex: &Regex| regex.find_iter(line.as_bytes()).any(|hit| !is_quoted(line, &hit.range()));
                if self.patterns[index].regex().is_some_and(matches) {
                    hits[index].push(number);
                }
            }
        }
        Hits { lines, hits }
    }

    /// The group `name` of the pattern's first match in `line`.
    pub(crate) fn capture<'t>(&self, PatternId(index): PatternId, name: &str, line: &'t str) -> Option<&'t str> {
        let captures = self.patterns[index].regex()?.captures(line.as_bytes())?;
        let range = captures.name(name)?.range();
        line.get(range)
    }

    fn candidates(&self, line: &str, found: &mut Vec<PatternId>) {
        found.clear();
        found.extend(&self.always);
        if let Some(literals) = &self.literals {
            found.extend(literals.find_overlapping_iter(line).map(|hit| self.owners[hit.pattern().as_usize()]));
        }
        found.sort_unstable();
        found.dedup();
    }
}

/// The lines that were looked at, and which pattern matched where.
#[derive(Debug)]
pub(crate) struct Hits<'t> {
    lines: Vec<&'t str>,
    hits: Vec<Vec<usize>>,
}

impl<'t> Hits<'t> {
    /// The lines that `pattern` matches, ascending.
    pub(crate) fn of(&self, PatternId(index): PatternId) -> &[usize] {
        &self.hits[index]
    }

    /// What line `number` says.
    pub(crate) fn line(&self, number: usize) -> &'t str {
        self.lines[number]
    }

    /// How many lines were looked at.
    pub(crate) fn line_count(&self) -> usize {
        self.lines.len()
    }
}

impl Pattern {
    /// `None` only for a pattern whose automaton would be too large, which loading a host's catalogue refuses.
    fn regex(&self) -> Option<&Regex> {
        let compile = || {
            let mut builder = RegexBuilder::new(&self.source);
            builder.unicode(false).size_limit(limits::PATTERN_PROGRAM_BYTES).build().ok()
        };
        self.compiled.get_or_init(compile).as_ref()
    }
}

/// Whether a match lies within inline code (`` `…` ``), as documentation and advice quote an error that did not happen
/// here.
fn is_quoted(line: &str, hit: &Range<usize>) -> bool {
    let ticks = |part: &[u8]| part.iter().filter(|byte| **byte == b'`').count();
    let bytes = line.as_bytes();
    ticks(&bytes[..hit.start]) % 2 == 1 && ticks(&bytes[hit.clone()]) == 0 && ticks(&bytes[hit.end..]) > 0
}

fn parse(source: &str) -> Result<Hir, String> {
    if source.len() > limits::PATTERN_BYTES {
        return Err(format!("expected a pattern of at most {} bytes", limits::PATTERN_BYTES));
    }
    let mut parser = regex_syntax::ParserBuilder::new().unicode(false).utf8(false).nest_limit(32).build();
    let hir = parser.parse(source).map_err(|error| format!("expected a regular expression: {}", reason(&error)))?;
    if hir.properties().minimum_len() == Some(0) {
        return Err("expected a pattern that doesn't match the empty line".to_owned());
    }
    Ok(hir)
}

/// The reason alone; the library's own rendering draws the pattern over several lines.
fn reason(error: &regex_syntax::Error) -> String {
    match error {
        regex_syntax::Error::Parse(error) => error.kind().to_string(),
        regex_syntax::Error::Translate(error) => error.kind().to_string(),
        other => other.to_string(),
    }
}

fn group_names(hir: &Hir, names: &mut Vec<String>) {
    match hir.kind() {
        HirKind::Capture(capture) => {
            names.extend(capture.name.as_deref().map(str::to_owned));
            group_names(&capture.sub, names);
        }
        HirKind::Repetition(repetition) => group_names(&repetition.sub, names),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => {
            parts.iter().for_each(|part| group_names(part, names));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_refused_with_its_reason_when_it_is_none_or_matches_anything() {
        let mut builder = PatternsBuilder::default();
        assert!(builder.intern("(unclosed").unwrap_err().contains("unclosed group"));
        assert!(builder.intern("x*").unwrap_err().contains("empty line"));
        assert!(builder.intern(&"a".repeat(limits::PATTERN_BYTES + 1)).unwrap_err().contains("at most"));
    }

    #[test]
    fn what_stands_in_inline_code_is_quoted() {
        let quoted = |line: &str| is_quoted(line, &line.find("boom").map(|at| at..at + 4).unwrap());
        assert!(quoted("If you see `error: boom` try again"));
        for line in ["boom", "`a` boom `b`", "cannot find `boom'", "error: `x` (signal: boom)"] {
            assert!(!quoted(line), "{line}");
        }
    }

    #[test]
    fn scanning_finds_what_running_every_pattern_would() {
        let sources = [r"code (?P<code>E\w+)", r"(?i)TIMED out", r"\d{3}", r"^error: \w+"];
        let mut builder = PatternsBuilder::default();
        let ids: Vec<_> = sources.iter().map(|source| builder.intern(source).unwrap()).collect();
        let patterns = builder.build();
        let hits = patterns.scan(&["npm error code E401", "Timed OUT after 250 ms", "error: boom", "nothing"]);
        assert_eq!(
            ids.iter().map(|&id| hits.of(id).to_vec()).collect::<Vec<_>>(),
            [vec![0], vec![1], vec![0, 1], vec![2]]
        );
        assert_eq!(patterns.capture(ids[0], "code", hits.line(0)), Some("E401"));
    }
}
