//! The least that deciding takes: a loop over the rules about a step's kind.

use std::collections::BTreeMap;

use selfheal_core::action::{Parameter, Provenance, Value};
use selfheal_core::ports::PolicyQuestion;

use super::{Effect, Pattern, Rule, SEVERITIES, When};

/// The rules by the kind that they are about.
#[derive(Debug)]
pub struct Floor<'r>(BTreeMap<&'static str, Vec<(usize, &'r Rule)>>);

impl<'r> Floor<'r> {
    /// Of these rules.
    #[must_use]
    pub fn of(rules: &'r [Rule]) -> Self {
        let mut by_kind: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for (index, rule) in rules.iter().enumerate() {
            by_kind.entry(rule.kind).or_default().push((index, rule));
        }
        Self(by_kind)
    }

    /// The strictest over all steps (of a verified plan), and which rules spoke of which step.
    #[must_use]
    pub fn verdict(&self, question: &PolicyQuestion<'_>) -> (Effect, Vec<(usize, usize)>) {
        let (mut verdict, mut spoke) = (Effect::Allow, Vec::new());
        for (index, step) in question.plan.steps.iter().enumerate() {
            let about = self.0.get(step.action.kind().as_str()).map(Vec::as_slice).unwrap_or_default();
            let mut said = None;
            for (rule, found) in
                about.iter().filter(|(_, rule)| rule.speaks(question, index)).map(|(place, rule)| (place, rule))
            {
                spoke.push((index, *rule));
                said = said.max(Some(found.effect));
            }
            verdict = verdict.max(said.unwrap_or(Effect::Deny));
        }
        (verdict, spoke)
    }
}

impl Rule {
    fn speaks(&self, question: &PolicyQuestion<'_>, step: usize) -> bool {
        self.when.iter().all(|condition| condition.holds(question, step))
    }
}

impl When {
    fn holds(&self, question: &PolicyQuestion<'_>, step: usize) -> bool {
        let parameters = question.plan.steps[step].action.parameters();
        let text = |name: &str| match parameters.get(name) {
            Some(Parameter { value: Value::Text(text), .. }) => text.as_str(),
            _ => "",
        };
        let lower = question.assurance.lower.value();
        match self {
            Self::Environment(name) => question.incident.environment.as_str() == *name,
            Self::Severity(name) => SEVERITIES[question.incident.severity as usize] == *name,
            Self::AtMost(name, most) => {
                matches!(parameters.get(name), Some(Parameter { value: Value::Integer(number), .. }) if number <= most)
            }
            Self::Equals(name, expected) => text(name) == *expected,
            Self::ReadFromText(name) => {
                let provenance = parameters.get(name).map(|parameter| &parameter.provenance);
                matches!(provenance, Some(Provenance::Extracted { .. } | Provenance::Model { .. }))
            }
            Self::Sure(permille) => lower * 1e3 >= f64::from(*permille),
            Self::Unsure(permille) => lower * 1e3 < f64::from(*permille),
            Self::ResourceName(pattern) => pattern.matches(&question.incident.resource.name),
            Self::Text(name, pattern) => pattern.matches(text(name)),
        }
    }
}

impl Pattern {
    fn matches(&self, text: &str) -> bool {
        match self {
            Self::Prefix(word) => text.starts_with(word.as_str()),
            Self::Suffix(word) => text.ends_with(word.as_str()),
            Self::Contains(word) => text.contains(word.as_str()),
        }
    }
}
