//! Facts: what was observed with our own eyes, as opposed to read in somebody's text.

use std::fmt;

use litemap::LiteMap;

/// A trusted observation, such as `exit_code = 137` or `oom_killed = true`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(untagged)]
pub enum Fact {
    /// Yes or no.
    Flag(bool),
    /// A count, a status, a size in bytes.
    Number(i64),
    /// A name.
    Text(String),
    /// Several names.
    Names(Vec<String>),
}

impl fmt::Display for Fact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(value) => write!(f, "{value}"),
            Self::Number(value) => write!(f, "{value}"),
            Self::Text(value) => f.write_str(value),
            Self::Names(values) => f.write_str(&values.join(",")),
        }
    }
}

/// Facts by name. An absent fact is unknown, which is different from `false`.
// Not a tree: they stay as long as the incident, there are few, and a tree reserves room for eleven.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Facts(LiteMap<String, Fact>);

impl Facts {
    /// No facts yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The same facts and `name = fact`.
    #[must_use]
    pub fn with(mut self, name: &str, fact: Fact) -> Self {
        self.0.insert(name.to_owned(), fact);
        self
    }

    /// The fact called `name`, if it is known.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Fact> {
        self.0.get(name)
    }

    /// All facts, ordered by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Fact)> {
        self.0.iter().map(|(name, fact)| (name.as_str(), fact))
    }

    /// These facts, with those of `newer` over them.
    #[must_use]
    pub fn updated(&self, newer: &Self) -> Self {
        let mut facts = self.0.clone();
        facts.extend(newer.0.iter().map(|(name, fact)| (name.clone(), fact.clone())));
        Self(facts)
    }
}
