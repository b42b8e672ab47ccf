//! A guardrails document as it is written: `schema: selfheal.dev/guardrails/v1`.

use selfheal_core::action::Reversibility;
use selfheal_core::decision::Verdict;
use serde::Deserialize;
use serde_saphyr::Spanned;

/// The schema this crate reads.
pub const SCHEMA: &str = "selfheal.dev/guardrails/v1";

type Word = Spanned<String>;

/// Rules, and examples that must come out as they say.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct GuardrailsDocument {
    pub(crate) schema: Word,
    pub(crate) name: Word,
    pub(crate) version: u32,
    pub(crate) rules: Vec<RuleDocument>,
    #[serde(default)]
    pub(crate) examples: Vec<ExampleDocument>,
}

/// What may, or must not, happen to which targets. A list that is left out restricts nothing.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RuleDocument {
    pub(crate) id: Word,
    pub(crate) effect: Verdict,
    pub(crate) kinds: Vec<Word>,
    pub(crate) environments: Option<Vec<Word>>,
    pub(crate) targets: Option<Vec<Word>>,
    #[serde(default)]
    pub(crate) when: WhenDocument,
    pub(crate) because: String,
}

/// Further conditions; all that are given must hold.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WhenDocument {
    pub(crate) rehearsed: Option<bool>,
    pub(crate) reversibility: Option<Vec<Reversibility>>,
    pub(crate) text_matches: Option<Vec<Word>>,
}

/// A case and the verdict that its author expects.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExampleDocument {
    pub(crate) name: Word,
    pub(crate) given: GivenDocument,
    pub(crate) expect: Verdict,
}

/// The case of an example.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct GivenDocument {
    pub(crate) kind: String,
    pub(crate) environment: String,
    #[serde(default)]
    pub(crate) target: Option<String>,
    #[serde(default)]
    pub(crate) rehearsed: bool,
    pub(crate) reversibility: Reversibility,
    #[serde(default)]
    pub(crate) text: Option<String>,
}
