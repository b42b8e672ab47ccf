//! Approvals that the people who are enrolled could never give.

use selfheal_core::approval::Stage;

use super::Warning;
use crate::approvers::Approvers;
use crate::guardrails::document::RuleDocument;

pub(super) fn warnings(document: &str, rules: &[RuleDocument], people: &Approvers) -> Vec<Warning> {
    let stages = |rule: &'_ RuleDocument| rule.effect.terms.clone().map(|terms| terms.stages).unwrap_or_default();
    let short = |rule: &RuleDocument| {
        let stage = stages(rule).into_iter().find(|stage| enrolled(stage, people) < stage.k)?;
        let (id, asked) = (&rule.id.value, asked(&stage));
        let there = match enrolled(&stage, people) {
            0 => "nobody is".to_owned(),
            1 => "1 is".to_owned(),
            more => format!("{more} are"),
        };
        Some(Warning::at(
            document,
            rule.id.referenced,
            format!("'{id}' asks {asked}, and {there} enrolled: nobody could agree"),
        ))
    };
    rules.iter().filter_map(short).collect()
}

fn enrolled(stage: &Stage, people: &Approvers) -> u32 {
    let counts = |roles: &std::collections::BTreeSet<String>| {
        stage.roles.is_empty() || stage.roles.iter().any(|role| roles.contains(role))
    };
    u32::try_from(people.iter().filter(|(_, person)| counts(&person.roles)).count()).unwrap_or(u32::MAX)
}

fn asked(stage: &Stage) -> String {
    let people = if stage.k == 1 { "1 person".to_owned() } else { format!("{} people", stage.k) };
    match stage.roles.is_empty() {
        true => people,
        false => format!("{people} of role {}", stage.roles.join(" or ")),
    }
}
