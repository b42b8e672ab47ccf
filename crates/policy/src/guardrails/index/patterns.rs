//! Many patterns over one text at once: a pass over the literals that they can't match without, then only those patterns
//! that could, and only for rules that are still in question.

use std::collections::BTreeMap;

use aho_corasick::{AhoCorasick, AhoCorasickKind, Span};
use globset::GlobBuilder;
use regex::bytes::{Regex, RegexBuilder};

use super::plain::Plain;
use super::wildcard::Wildcard;
use crate::error::LoadError;
use crate::guardrails::bits::Bits;
use crate::guardrails::document::Word;
use crate::limits;
use crate::runbook::literal;

/// Collects patterns with the rules that they belong to.
#[derive(Debug, Default)]
pub(super) struct PatternsBuilder {
    members: BTreeMap<Source, Member>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Source {
    Glob { text: String, any_case: bool },
    Regex(String),
}

/// Patterns that were checked and indexed.
#[derive(Debug)]
pub(super) struct Patterns {
    members: Vec<Member>,
    literals: Option<AhoCorasick>,
    /// The member of each literal, by the literal's number.
    owners: Vec<usize>,
    /// Members without a literal long enough to tell anything.
    always: Vec<usize>,
}

#[derive(Debug)]
struct Member {
    matcher: Matcher,
    literals: Option<Vec<Vec<u8>>>,
    rules: Vec<usize>,
}

#[derive(Debug)]
enum Matcher {
    Plain(Plain),
    Wildcard(Wildcard),
    Regex(Regex),
}

/// Tables of an automaton up to so many bytes of literals are laid out for speed.
const FAST_LITERAL_BYTES: usize = 8_192;

impl PatternsBuilder {
    /// Adds a glob, in which `*` matches separators too: a rule about `*` means everything.
    pub(super) fn glob(&mut self, document: &str, rule: usize, word: &Word, any_case: bool) -> Result<(), LoadError> {
        let source = Source::Glob { text: word.value.clone(), any_case };
        self.add(document, rule, word, source, |text| glob(text, any_case))
    }

    /// Adds a regular expression over bytes.
    pub(super) fn regex(&mut self, document: &str, rule: usize, word: &Word) -> Result<(), LoadError> {
        self.add(document, rule, word, Source::Regex(word.value.clone()), regex)
    }

    fn add(
        &mut self,
        document: &str,
        rule: usize,
        word: &Word,
        source: Source,
        compile: impl Fn(&str) -> Result<Member, String>,
    ) -> Result<(), LoadError> {
        let refuse = |problem: String| LoadError::located(document, word.referenced, problem);
        if let Some(known) = self.members.get_mut(&source) {
            known.rules.push(rule);
            return Ok(());
        }
        if word.value.len() > limits::PATTERN_BYTES || self.members.len() >= limits::RULE_PATTERNS {
            let (bytes, most) = (limits::PATTERN_BYTES, limits::RULE_PATTERNS);
            return Err(refuse(format!("expected at most {most} patterns of at most {bytes} bytes")));
        }
        let member = compile(&word.value).map_err(refuse)?;
        self.members.insert(source, Member { rules: vec![rule], ..member });
        Ok(())
    }

    pub(super) fn build(self) -> Patterns {
        let members: Vec<Member> = self.members.into_values().collect();
        let (mut literals, mut owners, mut always) = (Vec::new(), Vec::new(), Vec::new());
        for (index, member) in members.iter().enumerate() {
            match &member.literals {
                None => always.push(index),
                Some(set) => {
                    owners.extend(std::iter::repeat_n(index, set.len()));
                    literals.extend(set.iter());
                }
            }
        }
        let small = literals.iter().map(|literal| literal.len()).sum::<usize>() <= FAST_LITERAL_BYTES;
        let kind = small.then_some(AhoCorasickKind::DFA);
        let automaton = AhoCorasick::builder().ascii_case_insensitive(true).kind(kind).build(literals).ok();
        if automaton.is_none() || owners.is_empty() {
            always = (0..members.len()).collect();
        }
        Patterns { literals: automaton.filter(|_| !owners.is_empty()), members, owners, always }
    }
}

impl Patterns {
    /// Adds to `found` every rule in `alive` of which a pattern matches `text`.
    pub(super) fn matching(&self, text: &[u8], alive: &Bits, found: &mut Bits) {
        self.always.iter().for_each(|member| self.members[*member].matching(text, alive, found));
        if let Some(literals) = &self.literals {
            for hit in literals.find_overlapping_iter(text) {
                let member = &self.members[self.owners[hit.pattern().as_usize()]];
                member.found(text, hit.span(), alive, found);
            }
        }
    }
}

impl Member {
    /// However short the text is: that it was found is all there is to it.
    fn plain(plain: Plain) -> Self {
        Self { literals: Some(vec![plain.text().to_vec()]), matcher: Matcher::Plain(plain), rules: Vec::new() }
    }

    fn matching(&self, text: &[u8], alive: &Bits, found: &mut Bits) {
        if self.is_asked(alive, found) && self.matcher.is_match(text) {
            self.rules.iter().for_each(|rule| found.set(*rule));
        }
    }

    /// The same, of which a literal was found at `at`.
    fn found(&self, text: &[u8], at: Span, alive: &Bits, found: &mut Bits) {
        if self.is_asked(alive, found) && self.matcher.is_match_at(text, at) {
            self.rules.iter().for_each(|rule| found.set(*rule));
        }
    }

    fn is_asked(&self, alive: &Bits, found: &Bits) -> bool {
        self.rules.iter().any(|rule| alive.has(*rule) && !found.has(*rule))
    }
}

impl Matcher {
    fn is_match(&self, text: &[u8]) -> bool {
        match self {
            Self::Plain(plain) => plain.is_match(text),
            Self::Wildcard(wildcard) => wildcard.is_match(text),
            Self::Regex(regex) => regex.is_match(text),
        }
    }

    /// Where a literal was found, a plain text needs no more than a look at its ends.
    fn is_match_at(&self, text: &[u8], at: Span) -> bool {
        match self {
            Self::Plain(plain) => plain.holds_at(text, at.start, at.end),
            Self::Wildcard(_) | Self::Regex(_) => self.is_match(text),
        }
    }
}

fn glob(text: &str, any_case: bool) -> Result<Member, String> {
    let glob = GlobBuilder::new(text).case_insensitive(any_case).build();
    let glob = glob.map_err(|problem| format!("expected a glob: {}", problem.kind()))?;
    // A name may hold a line break, and globs don't care; the regex that they become would, without the flag.
    let member = regex(&format!("(?s){}", glob.regex()))?;
    let Some(wildcard) = Wildcard::of(text, any_case) else { return Ok(member) };
    Ok(match wildcard.plain() {
        Some(plain) => Member::plain(plain),
        None => Member { matcher: Matcher::Wildcard(wildcard), ..member },
    })
}

fn regex(text: &str) -> Result<Member, String> {
    let hir = regex_syntax::ParserBuilder::new().unicode(false).utf8(false).nest_limit(64).build().parse(text);
    let hir = hir.map_err(|problem| format!("expected a regular expression: {}", reason(&problem)))?;
    if let Some(plain) = Plain::of(&hir) {
        return Ok(Member::plain(plain));
    }
    let compiled =
        RegexBuilder::new(text).unicode(false).nest_limit(64).size_limit(limits::PATTERN_PROGRAM_BYTES).build();
    let compiled = compiled.map_err(|problem| format!("expected a regular expression: {problem}"))?;
    Ok(Member { matcher: Matcher::Regex(compiled), literals: literal::required(&hir), rules: Vec::new() })
}

/// The reason alone; the library's own rendering draws the pattern over several lines.
fn reason(problem: &regex_syntax::Error) -> String {
    match problem {
        regex_syntax::Error::Parse(problem) => problem.kind().to_string(),
        regex_syntax::Error::Translate(problem) => problem.kind().to_string(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_saphyr::{Location, Spanned};

    use super::*;

    fn word(text: &str) -> Word {
        Spanned::new(text.to_owned(), Location::UNKNOWN, Location::UNKNOWN)
    }

    fn of_globs(globs: &[String], any_case: bool) -> Patterns {
        let mut builder = PatternsBuilder::default();
        globs.iter().enumerate().for_each(|(rule, glob)| builder.glob("t", rule, &word(glob), any_case).unwrap());
        builder.build()
    }

    proptest! {
        #[test]
        fn the_index_finds_what_each_glob_alone_would(
            globs in prop::collection::vec("[*]{0,2}[a-cA./]{0,4}[*]{0,2}[b{}?/]{0,1}[abc]{0,3}[*]?", 1..8),
            path in "[a-cAB./\\n]{0,12}",
            any_case in any::<bool>(),
        ) {
            let build = |glob: &String| GlobBuilder::new(glob).case_insensitive(any_case).build();
            let globs: Vec<String> = globs.into_iter().filter(|glob| build(glob).is_ok()).collect();
            let count = globs.len();
            let mut found = Bits::none(count);
            of_globs(&globs, any_case).matching(path.as_bytes(), &Bits::all(count), &mut found);
            for (index, text) in globs.iter().enumerate() {
                let alone = build(text).unwrap().compile_matcher().is_match(&path);
                prop_assert_eq!(found.has(index), alone, "{} on {}", text, path);
            }
        }
    }

    #[test]
    fn a_line_break_in_a_name_hides_nothing() {
        let patterns = of_globs(&["**/secret/**".to_owned(), "{infra,ci}/*".to_owned()], false);
        for path in ["a\nb/secret/key", "infra/a\nb"] {
            let mut found = Bits::none(2);
            patterns.matching(path.as_bytes(), &Bits::all(2), &mut found);
            assert_eq!(found.iter().count(), 1, "{path:?}");
        }
    }

    #[test]
    fn only_rules_that_are_in_question_are_looked_at() {
        let patterns = of_globs(&["src/*".to_owned(), "src/main*".to_owned()], false);
        let (mut alive, mut found) = (Bits::none(2), Bits::none(2));
        alive.set(1);
        patterns.matching(b"src/main.rs", &alive, &mut found);
        assert_eq!(found.iter().collect::<Vec<_>>(), [1]);
    }
}
