//! What a signature asks of an observed fact.

use std::collections::BTreeMap;

use selfheal_core::action::Value;
use selfheal_core::facts::{Fact, Facts};
use serde::Deserialize;

/// A value, or any of several.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub(crate) enum Condition {
    One(Value),
    AnyOf(Vec<Value>),
}

impl Condition {
    /// Whether the observed fact is one of the values asked for; of several names, whether one is. What could
    /// not be observed is neither `true` nor `false`.
    pub(crate) fn holds(&self, observed: Option<&Fact>) -> bool {
        let Some(fact) = observed else { return false };
        match self {
            Self::One(value) => is(fact, value),
            Self::AnyOf(values) => values.iter().any(|value| is(fact, value)),
        }
    }
}

/// Whether every condition holds of the fact it names.
pub(crate) fn all_hold(conditions: &BTreeMap<String, Condition>, facts: &Facts) -> bool {
    conditions.iter().all(|(name, condition)| condition.holds(facts.get(name)))
}

/// Whether no condition holds of the fact it names.
pub(crate) fn none_holds(conditions: &BTreeMap<String, Condition>, facts: &Facts) -> bool {
    !conditions.iter().any(|(name, condition)| condition.holds(facts.get(name)))
}

fn is(fact: &Fact, value: &Value) -> bool {
    match (fact, value) {
        (Fact::Flag(observed), Value::Flag(asked)) => observed == asked,
        (Fact::Number(observed), Value::Integer(asked)) => observed == asked,
        (Fact::Text(observed), Value::Text(asked)) => observed == asked,
        (Fact::Names(observed), Value::Text(asked)) => observed.contains(asked),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unobserved_fact_is_neither_true_nor_false() {
        let any = Condition::AnyOf(vec![Value::Integer(1), Value::Integer(137)]);
        assert!(any.holds(Some(&Fact::Number(137))));
        assert!(!any.holds(Some(&Fact::Number(2))));
        assert!(Condition::One(Value::Text("go".into())).holds(Some(&Fact::Names(vec!["npm".into(), "go".into()]))));
        assert!(!Condition::One(Value::Flag(true)).holds(None));
        assert!(!Condition::One(Value::Flag(false)).holds(None));
    }
}
