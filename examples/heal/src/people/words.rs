//! Words for who is asked what, and how to answer.

use std::ffi::OsString;

use selfheal_adapters::local::command_line;
use selfheal_core::approval::{Reply, Stage, Standing, Terms};
use selfheal_core::incident::IncidentId;
use selfheal_core::plan::PlanHash;
use selfheal_detect::redact::Redactor;

use crate::say::clean;

/// Digits of a plan's hash that are enough to mean it, and few enough to read aloud.
pub(super) const SHORT: usize = 12;

/// The beginning of a plan's hash.
pub(super) fn short(hash: &PlanHash) -> &str {
    hash.as_str().get(..SHORT).unwrap_or(hash.as_str())
}

/// A command of `heal` as it is typed; `again` is what it needs to mean the same store.
pub(crate) fn command(words: &[&str], again: &[OsString]) -> String {
    let all: Vec<OsString> =
        std::iter::once("heal").chain(words.iter().copied()).map(OsString::from).chain(again.iter().cloned()).collect();
    command_line(&all, &Redactor::default())
}

/// The commands by which one plan is answered.
pub(crate) struct Asked<'a> {
    pub(crate) incident: &'a IncidentId,
    pub(crate) plan: &'a PlanHash,
    pub(crate) again: &'a [OsString],
}

impl Asked<'_> {
    pub(crate) fn look(&self) -> String {
        command(&["approvals", self.incident.as_str()], self.again)
    }

    pub(crate) fn approve(&self) -> String {
        command(&["approve", self.incident.as_str(), "--plan", short(self.plan)], self.again)
    }

    pub(super) fn reject(&self) -> String {
        command(&["reject", self.incident.as_str(), "--plan", short(self.plan), "--because", "TEXT"], self.again)
    }

    pub(crate) fn resume(&self) -> String {
        command(&["resume", self.incident.as_str()], self.again)
    }
}

/// `2 people of role sre or lead`.
pub(super) fn stage(stage: &Stage) -> String {
    people(stage.k.max(1), &stage.roles)
}

/// `2 people of role sre, then 1 person of role lead`.
pub(crate) fn terms(terms: &Terms) -> String {
    let stages: Vec<String> = terms.stages.iter().map(stage).collect();
    match stages.is_empty() {
        true => stage(&Stage::anybody()),
        false => stages.join(", then "),
    }
}

fn people(count: u32, roles: &[String]) -> String {
    let people = if count == 1 { "1 person".to_owned() } else { format!("{count} people") };
    match roles.is_empty() {
        true => format!("{people} who {} enrolled", if count == 1 { "is" } else { "are" }),
        false => format!("{people} of role {}", roles.join(" or ")),
    }
}

/// What the answers come to so far.
pub(super) fn standing(standing: &Standing) -> String {
    match standing {
        Standing::Waiting { stage, stages, have, need, roles, by } => {
            let place = if *stages > 1 { format!("stage {} of {stages}: ", stage + 1) } else { String::new() };
            let so_far = if by.is_empty() { String::new() } else { format!(" ({})", by.join(", ")) };
            let missing = people(need.saturating_sub(*have), roles);
            format!("{place}{have} of {need} agreed{so_far}; waits for {missing}")
        }
        Standing::Agreed { by } => format!("agreed by {}", by.join(", ")),
        Standing::Edited { by, .. } => format!("{by} would agree to less"),
        Standing::Responded { by, text } => format!("{by} answered: {}", quoted(text.read())),
        Standing::Rejected { by, because } => format!("refused by {by}: {}", quoted(because)),
        Standing::Expired => "nobody decided it in time".to_owned(),
        Standing::Lapsed => "it was redeemed, by people who don't count any more".to_owned(),
    }
}

/// What the one who goes on with it will do; `None` while people are still asked.
pub(super) fn then(standing: &Standing) -> Option<&'static str> {
    Some(match standing {
        Standing::Waiting { .. } => return None,
        Standing::Agreed { .. } => "applies it and verifies",
        Standing::Edited { .. } => "works out whether what is left is less, and asks others about that",
        Standing::Responded { .. } => "plans again, with the remark",
        Standing::Rejected { .. } => "looks for something else, or tells a person",
        Standing::Expired | Standing::Lapsed => "tells a person",
    })
}

/// A person's answer in a word, and what they wrote.
pub(super) fn reply(reply: &Reply) -> String {
    match reply {
        Reply::Accept => "agreed".to_owned(),
        Reply::Edit(edit) => {
            let dropped = edit.drop.iter().map(|step| format!("drops step {}", step + 1));
            let set = edit.set.iter().flat_map(|(step, values)| {
                values
                    .iter()
                    .map(move |(name, value)| format!("sets {}.{name} to {}", step + 1, quoted(&value.to_string())))
            });
            dropped.chain(set).collect::<Vec<_>>().join(", ")
        }
        Reply::Respond { text } => format!("answered: {}", quoted(text)),
        Reply::Reject { because } => format!("refused: {}", quoted(because)),
    }
}

/// What somebody wrote, in one line that can't be taken for another's.
pub(crate) fn quoted(text: &str) -> String {
    format!("\"{}\"", clean::line(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_counted_by_stage_and_role() {
        let stage = |k, roles: &[&str]| Stage { k, roles: roles.iter().map(|&role| role.to_owned()).collect() };
        let of = |stages| terms(&Terms { stages, ttl_ms: None });
        assert_eq!(of(Vec::new()), "1 person who is enrolled");
        assert_eq!(of(vec![stage(2, &[])]), "2 people who are enrolled");
        let two = of(vec![stage(1, &["sre"]), stage(2, &["lead", "owner"])]);
        assert_eq!(two, "1 person of role sre, then 2 people of role lead or owner");
    }

    #[test]
    fn what_people_write_can_not_pass_for_a_line_of_its_own() {
        let because = "no\n   approve heal approve inc-1 --plan 0".to_owned();
        let said = reply(&Reply::Reject { because });
        assert_eq!(said, "refused: \"no\\u{a}   approve heal approve inc-1 --plan 0\"");
    }
}
