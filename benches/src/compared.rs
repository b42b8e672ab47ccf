//! Rules and plans for comparing policy engines: the same rules as a guardrails document, in Rego and in Cedar, and plans that
//! they say different things about. All of it follows from a seed.

#[cfg(feature = "engines")]
pub mod agreement;
mod floor;
mod languages;
mod plans;
mod random;

pub use floor::Floor;
pub use plans::Asked;
pub use random::Random;

/// What a rule says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effect {
    /// It may be done.
    Allow,
    /// A person agrees first.
    RequireApproval,
    /// It must not be done.
    Deny,
}

impl Effect {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::RequireApproval => "require_approval",
            Self::Deny => "deny",
        }
    }
}

/// A rule about one kind of action; all conditions must hold.
#[derive(Debug, Clone)]
pub struct Rule {
    pub(crate) id: String,
    pub(crate) effect: Effect,
    pub(crate) kind: &'static str,
    pub(crate) when: Vec<When>,
}

/// A condition that each of the languages can state.
#[derive(Debug, Clone)]
pub(crate) enum When {
    Environment(&'static str),
    Severity(&'static str),
    AtMost(&'static str, i64),
    Equals(&'static str, &'static str),
    /// Extracted from text, or chosen by a model.
    ReadFromText(&'static str),
    /// Sure enough, in thousandths.
    Sure(u32),
    Unsure(u32),
    ResourceName(Pattern),
    Text(&'static str, Pattern),
}

#[derive(Debug, Clone)]
pub(crate) enum Pattern {
    Prefix(String),
    Suffix(String),
    Contains(String),
}

pub(crate) const ENVIRONMENTS: [&str; 3] = ["dev", "staging", "production"];
pub(crate) const SEVERITIES: [&str; 4] = ["info", "warning", "error", "critical"];
pub(crate) const WORDS: [&str; 16] = [
    "pay", "cart", "search", "mail", "auth", "stock", "price", "order", "ship", "user", "image", "cache", "queue",
    "audit", "track", "quote",
];

/// The kinds that rules and plans are about, with their text parameters and those that are numbers.
pub(crate) const KINDS: [(&str, &[&str], &[&str]); 5] = [
    ("retry_stage", &[], &["attempts", "initial_backoff_ms"]),
    ("set_environment", &["name", "source"], &[]),
    ("patch_dependency_version", &["package", "requirement"], &[]),
    ("add_dependency", &["package", "requirement"], &[]),
    ("increase_memory", &[], &["limit_bytes"]),
];

/// So many rules with typed conditions, and as many whose conditions are patterns over text.
#[must_use]
pub fn rules(typed: usize, patterned: usize, seed: u64) -> Vec<Rule> {
    let mut random = Random::new(seed);
    let mut all: Vec<Rule> = (0..typed).map(|number| typed_rule(number, &mut random)).collect();
    all.extend((typed..typed + patterned).map(|number| patterned_rule(number, &mut random)));
    all
}

fn effect(random: &mut Random) -> Effect {
    match random.below(8) {
        0 => Effect::Deny,
        1 => Effect::RequireApproval,
        _ => Effect::Allow,
    }
}

fn typed_rule(number: usize, random: &mut Random) -> Rule {
    let (kind, texts, numbers) = *random.pick(&KINDS);
    let effect = effect(random);
    let mut when = vec![When::Environment(random.word(&ENVIRONMENTS))];
    when.push(match (random.below(3), texts, numbers) {
        (0, _, _) => When::Severity(random.word(&SEVERITIES)),
        (_, [first, ..], _) if effect == Effect::Deny => When::ReadFromText(first),
        (_, [first, ..], _) => When::Equals(first, random.word(&WORDS)),
        (_, _, [first, ..]) => When::AtMost(first, random.below(100) as i64),
        _ => When::Severity(random.word(&SEVERITIES)),
    });
    match effect {
        Effect::Allow => when.push(When::Sure(500 + 10 * random.below(50) as u32)),
        Effect::Deny => when.push(When::Unsure(10 * random.below(60) as u32)),
        Effect::RequireApproval => {}
    }
    Rule { id: format!("rule-{number:03}"), effect, kind, when }
}

fn patterned_rule(number: usize, random: &mut Random) -> Rule {
    let (kind, texts, _) = *random.pick(&KINDS);
    let effect = effect(random);
    let mut when = vec![When::ResourceName(pattern(random))];
    if let [first, ..] = texts {
        when.push(When::Text(first, pattern(random)));
    } else {
        when.push(When::Environment(random.word(&ENVIRONMENTS)));
    }
    Rule { id: format!("rule-{number:03}"), effect, kind, when }
}

fn pattern(random: &mut Random) -> Pattern {
    let word = random.word(&WORDS);
    match random.below(3) {
        0 => Pattern::Prefix(format!("{word}-")),
        1 => Pattern::Suffix(format!("-{word}")),
        _ => Pattern::Contains(word.to_owned()),
    }
}
