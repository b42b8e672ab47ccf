//! Says what a request comes to by brute force, from the rules and not from the code.

use std::collections::BTreeMap;

use selfheal_core::approval::{People, Reply, Request, SignedAnswer, Stage};
use selfheal_core::ports::{Approval, Entry, Note};
use selfheal_core::testing::FakePeople;
use selfheal_core::time::Timestamp;

use crate::scene::REQUESTER;

/// What people decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Open,
    Agreed,
    Refused,
    Edited,
    Responded,
}

impl Verdict {
    pub(crate) fn of(approval: &Approval) -> Self {
        match approval {
            Approval::Given { .. } => Self::Agreed,
            Approval::Refused { .. } => Self::Refused,
            Approval::Edited { .. } => Self::Edited,
            Approval::Responded { .. } => Self::Responded,
            Approval::Outdated { .. } | Approval::Pending => Self::Open,
        }
    }
}

/// What `entries` before the place `before` come to for `request`, by these people, at `at`, if `healer` asks.
pub(crate) fn verdict(
    request: &Request,
    entries: &[Entry],
    before: u64,
    people: &FakePeople,
    at: Timestamp,
    healer: &str,
) -> Verdict {
    let asked_by = |by: &str| {
        entries
            .iter()
            .filter(|entry| entry.sequence < before)
            .any(|entry| matches!(&entry.note, Note::Requested(asked) if asked.healer == by))
    };
    let mut latest: BTreeMap<&str, (u64, &SignedAnswer)> = BTreeMap::new();
    let mut said = Vec::new();
    for entry in entries.iter().filter(|entry| entry.sequence < before) {
        let Note::Answered(signed) = &entry.note else { continue };
        let by = signed.answer.by.as_str();
        let asked_for_it = by == REQUESTER && matches!(signed.answer.reply, Reply::Accept | Reply::Edit(_));
        let outsider = !asked_for_it && by != healer && !asked_by(by);
        if outsider && counts(request, signed, entry.at, people, at) && !said.contains(&&signed.answer) {
            said.push(&signed.answer);
            latest.insert(by, (entry.sequence, signed));
        }
    }
    let others = latest.values().filter(|(_, signed)| signed.answer.reply != Reply::Accept);
    if let Some((_, first)) = others.min_by_key(|(sequence, _)| *sequence) {
        return match first.answer.reply {
            Reply::Edit(_) => Verdict::Edited,
            Reply::Respond { .. } => Verdict::Responded,
            _ => Verdict::Refused,
        };
    }
    let names: Vec<&str> = latest.keys().copied().collect();
    let places: Vec<&Stage> = request.terms.stages.iter().flat_map(|stage| (0..stage.k).map(move |_| stage)).collect();
    if can_sit(&places, &names, people) { Verdict::Agreed } else { Verdict::Open }
}

fn counts(request: &Request, signed: &SignedAnswer, given: Timestamp, people: &FakePeople, at: Timestamp) -> bool {
    let answer = &signed.answer;
    let Some(person) = people.person(&answer.by) else { return false };
    let genuine = FakePeople::signed(person.key.as_deref().unwrap(), answer.clone()) == *signed;
    let same = answer.incident == request.incident
        && answer.round == request.round
        && answer.plan_hash == request.plan_hash
        && answer.request == request.id();
    let enrolled = person.until.is_none_or(|until| given < until && at < until);
    let fits = |stage: &Stage| stage.roles.is_empty() || stage.roles.iter().any(|role| person.roles.contains(role));
    genuine && same && enrolled && given <= request.deadline && request.terms.stages.iter().any(fits)
}

/// Tries everybody on every place.
fn can_sit(places: &[&Stage], names: &[&str], people: &FakePeople) -> bool {
    let Some((place, others)) = places.split_first() else { return true };
    names.iter().any(|name| {
        let roles = people.person(name).unwrap().roles;
        let fits = place.roles.is_empty() || place.roles.iter().any(|role| roles.contains(role));
        let rest: Vec<&str> = names.iter().copied().filter(|other| other != name).collect();
        fits && can_sit(others, &rest, people)
    })
}
