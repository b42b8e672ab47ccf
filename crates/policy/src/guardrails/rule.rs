//! One rule, compiled: of which steps it speaks.

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use regex::bytes::{RegexSet, RegexSetBuilder};
use selfheal_core::action::Reversibility;
use selfheal_core::decision::Verdict;
use serde_saphyr::Spanned;

use super::document::RuleDocument;
use super::subject::Subject;
use crate::error::LoadError;
use crate::limits;

/// A compiled rule.
#[derive(Debug)]
pub(crate) struct Rule {
    /// `document/rule`.
    pub(crate) id: String,
    pub(crate) effect: Verdict,
    pub(crate) because: String,
    kinds: GlobSet,
    environments: Option<Named>,
    targets: Option<GlobSet>,
    rehearsed: Option<bool>,
    reversibility: Option<Vec<Reversibility>>,
    text: Option<RegexSet>,
}

#[derive(Debug)]
struct Named {
    globs: GlobSet,
    words: String,
}

impl Rule {
    pub(crate) fn compile(document: &str, policy: &str, rule: &RuleDocument) -> Result<Self, LoadError> {
        let loosens = match rule.effect {
            Verdict::Deny => rule.when.rehearsed == Some(true),
            _ => rule.when.rehearsed == Some(false),
        };
        if loosens {
            let problem = "expected 'rehearsed: true' where a rule permits and 'rehearsed: false' where it denies: \
                           less evidence must never allow more";
            return Err(LoadError::located(document, rule.id.referenced, problem));
        }
        if rule.kinds.is_empty() || rule.because.trim().is_empty() {
            let problem = "expected at least one of 'kinds' and a reason in 'because'";
            return Err(LoadError::located(document, rule.id.referenced, problem));
        }
        // Deny rules see through upper and lower case, since some file systems do.
        let any_case = rule.effect == Verdict::Deny;
        let globs = |words: &Vec<Word>| globs(document, words, any_case);
        let environments = rule.environments.as_ref().map(|words| named(document, words)).transpose()?;
        Ok(Self {
            id: format!("{policy}/{}", rule.id.value),
            effect: rule.effect,
            because: rule.because.clone(),
            kinds: globs(&rule.kinds)?,
            environments,
            targets: rule.targets.as_ref().map(globs).transpose()?,
            rehearsed: rule.when.rehearsed,
            reversibility: rule.when.reversibility.clone(),
            text: rule.when.text_matches.as_ref().map(|words| texts(document, words)).transpose()?,
        })
    }

    /// Whether it speaks of any part of the step: enough to restrict it. A rule that asks for an approval once the
    /// step is rehearsed restricts it before as well, or the unrehearsed step would get further.
    pub(crate) fn touches(&self, subject: &Subject<'_>) -> bool {
        match self.effect {
            Verdict::RequireApproval | Verdict::Propose if self.rehearsed == Some(true) => {
                self.speaks(&subject.once_rehearsed())
            }
            _ => self.speaks(subject),
        }
    }

    /// Whether it speaks of every part of the step as it stands: needed to permit it.
    pub(crate) fn covers(&self, subject: &Subject<'_>) -> bool {
        self.covers_targets(subject) && self.speaks(subject)
    }

    fn speaks(&self, subject: &Subject<'_>) -> bool {
        let target = |globs: &GlobSet| subject.targets.iter().any(|target| globs.is_match(target.as_ref()));
        self.targets.as_ref().is_none_or(target) && self.unmet(subject).is_empty() && self.text_matches(subject)
    }

    /// Whether it could permit the step under other circumstances.
    pub(crate) fn nearly_covers(&self, subject: &Subject<'_>) -> bool {
        self.effect != Verdict::Deny && self.kinds.is_match(subject.kind) && self.covers_targets(subject)
    }

    /// What would have to be otherwise for it to speak, in words.
    pub(crate) fn unmet(&self, subject: &Subject<'_>) -> Vec<String> {
        let mut unmet = Vec::new();
        if !self.kinds.is_match(subject.kind) {
            unmet.push("another kind of action".to_owned());
        }
        if let Some(named) = self.environments.as_ref().filter(|named| !named.globs.is_match(subject.environment)) {
            unmet.push(format!("the environment {}", named.words));
        }
        if self.rehearsed.is_some_and(|asked| asked != subject.rehearsed) {
            unmet.push("a verified rehearsal".to_owned());
        }
        if self.reversibility.as_ref().is_some_and(|allowed| !allowed.contains(&subject.reversibility)) {
            unmet.push("a change that can be undone".to_owned());
        }
        unmet
    }

    fn covers_targets(&self, subject: &Subject<'_>) -> bool {
        let all = |globs: &GlobSet| subject.targets.iter().all(|target| globs.is_match(target.as_ref()));
        self.targets.as_ref().is_none_or(all)
    }

    fn text_matches(&self, subject: &Subject<'_>) -> bool {
        let any = |set: &RegexSet| subject.texts.iter().any(|text| set.is_match(text.as_bytes()));
        self.text.as_ref().is_none_or(any)
    }
}

type Word = Spanned<String>;

/// `*` matches separators too: a rule about `*` means everything.
fn globs(document: &str, words: &[Word], any_case: bool) -> Result<GlobSet, LoadError> {
    let mut set = GlobSetBuilder::new();
    for word in words {
        let refuse = |problem: globset::Error| {
            LoadError::located(document, word.referenced, format!("expected a glob: {problem}"))
        };
        set.add(GlobBuilder::new(&word.value).case_insensitive(any_case).build().map_err(refuse)?);
    }
    set.build().map_err(|problem| LoadError::whole(document, problem))
}

fn named(document: &str, words: &[Word]) -> Result<Named, LoadError> {
    let names: Vec<&str> = words.iter().map(|word| word.value.as_str()).collect();
    Ok(Named { globs: globs(document, words, false)?, words: names.join(" or ") })
}

fn texts(document: &str, words: &[Word]) -> Result<RegexSet, LoadError> {
    for word in words {
        let one = regex_set([&word.value]);
        one.map_err(|problem| {
            LoadError::located(document, word.referenced, format!("expected a regular expression: {problem}"))
        })?;
    }
    regex_set(words.iter().map(|word| &word.value)).map_err(|problem| LoadError::whole(document, problem))
}

fn regex_set<'a>(patterns: impl IntoIterator<Item = &'a String>) -> Result<RegexSet, regex::Error> {
    RegexSetBuilder::new(patterns).unicode(false).size_limit(limits::PATTERN_PROGRAM_BYTES).build()
}
