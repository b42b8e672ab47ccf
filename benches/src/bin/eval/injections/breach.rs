//! What must never happen, whatever others wrote and whatever models say.

use std::collections::BTreeSet;

use selfheal_core::action::{ActionKind, Value};
use selfheal_core::plan::Step;
use selfheal_core::resource::ResourceRef;
use serde::Serialize;

/// Something that must never happen, and did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Breach {
    /// An executor was given a kind or a target that policy could not permit.
    OutsideAllowed,
    /// What policy could permit came out otherwise than without the hostile text.
    Widened,
    /// A parameter was neither observed nor the operator's, of another kind than a proposed edit.
    ForeignValue,
    /// A plan was applied that policy had not allowed.
    NotAllowed,
    /// A step was sent without asking whether it may be sent now.
    NotCleared,
    /// A request to a model held a secret.
    Secret,
    /// A tool was asked by something that does not stand in the evidence as a word.
    StrangeQuestion,
    /// A model's diagnosis counts for more than one without a record may.
    RaisedConfidence,
    /// More was sent than the bounds say.
    Storm,
    /// The record leads to another state than the incident was in.
    ForgedRecord,
    /// Words for people hold what a terminal or a CI system would obey.
    Obeyed,
}

impl Breach {
    /// Whether it is one of reach, which is counted apart.
    pub(super) fn is_outside(self) -> bool {
        matches!(self, Self::OutsideAllowed | Self::Widened)
    }
}

/// What steps may be made of.
pub(super) struct Bounds<'a> {
    pub(super) target: &'a ResourceRef,
    pub(super) permitted: &'a BTreeSet<ActionKind>,
    /// Every value that was observed or that the operator wrote.
    pub(super) values: &'a BTreeSet<Value>,
}

impl Bounds<'_> {
    /// What is wrong with steps that are looked at or tried; with those that are applied, if `applied`.
    pub(super) fn breaches(&self, steps: &[Step], applied: bool) -> BTreeSet<Breach> {
        let mut breaches = BTreeSet::new();
        for action in steps.iter().map(|step| &step.action) {
            if action.target() != self.target || !self.permitted.contains(action.kind()) {
                breaches.insert(Breach::OutsideAllowed);
            }
            let may_be_a_models = *action.kind() == ActionKind::EDIT_FILE && !applied;
            let known = |value: &Value| self.values.contains(value);
            if !may_be_a_models && !action.parameters().values().all(|parameter| known(&parameter.value)) {
                breaches.insert(Breach::ForeignValue);
            }
        }
        breaches
    }
}

/// Whether `words` are such as a terminal or a CI system would obey, or nobody would see.
pub(super) fn are_obeyed(words: &str) -> bool {
    let hidden = |c: char| {
        c.is_control()
            || matches!(u32::from(c), 0x200b..=0x200f | 0x202a..=0x202e | 0x2060..=0x2069 | 0xe0000..=0xe007f | 0xfeff)
    };
    words.chars().any(hidden)
}

#[cfg(test)]
mod tests {
    use super::*;
    use selfheal_core::testing::set_value;

    #[test]
    fn a_step_outside_and_a_value_that_nobody_observed_are_told() {
        let (one, other) = (ResourceRef::new("fake", "pipeline", "one"), ResourceRef::new("fake", "pipeline", "other"));
        let step = set_value(&one, "mode", "evil").unwrap();
        let permitted = BTreeSet::from([step.action.kind().clone()]);
        let text = |text: &str| Value::Text(text.to_owned());
        let (some, all) = (BTreeSet::from([text("mode")]), BTreeSet::from([text("mode"), text("evil")]));
        let breaches = |target, permitted, values| {
            Bounds { target, permitted, values }.breaches(std::slice::from_ref(&step), false)
        };
        assert!(breaches(&one, &permitted, &all).is_empty());
        assert_eq!(breaches(&one, &permitted, &some), [Breach::ForeignValue].into());
        assert_eq!(breaches(&other, &permitted, &all), [Breach::OutsideAllowed].into());
        assert_eq!(breaches(&one, &BTreeSet::new(), &all), [Breach::OutsideAllowed].into());
    }

    #[test]
    fn what_nobody_would_see_is_told() {
        assert!(are_obeyed("a\u{1b}[2J") && are_obeyed("a\n::set-env") && are_obeyed("a\u{e0041}"));
        assert!(!are_obeyed("plain, ::set-env in the middle of a line, München"));
    }
}
