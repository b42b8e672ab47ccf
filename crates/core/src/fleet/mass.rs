//! When much fails at once, healing one by one is the wrong answer, and the healer may be the cause.

use std::collections::BTreeSet;

use super::limits::MassFailure;
use super::view::{View, in_words};
use crate::category::FailureCategory;
use crate::decision::Clearance;
use crate::facts::Fact;
use crate::ledger::Kind;
use crate::resource::ResourceRef;

/// Whether few enough fail for this cause, and enough of the fleet is well.
pub(super) fn clear(view: &View<'_>) -> Clearance {
    let by_cause = view.limits.mass_failure.as_ref().map(|limits| by_cause(view, limits));
    by_cause.unwrap_or(Clearance::Clear).and(by_share(view))
}

fn by_cause(view: &View<'_>, limits: &MassFailure) -> Clearance {
    let span = limits.within_seconds;
    let mut failing: BTreeSet<&ResourceRef> = BTreeSet::from([&view.wanted.incident.resource]);
    let started = view.reserved(span).filter(|(_, start)| is_same(view, &start.category, start.cause.as_deref()));
    failing.extend(started.map(|(_, start)| &start.effected.resource));
    let ended = view.ended(span).filter(|(_, ended)| is_same(view, &ended.category, ended.cause.as_deref()));
    failing.extend(ended.map(|(_, ended)| &ended.resource));
    if let Some(symptom) = view.recent.opening_of(&view.wanted.incident.id).and_then(|opened| opened.symptom.as_ref()) {
        let opened = view.opened(span).filter(|(_, opened)| opened.symptom.as_ref() == Some(symptom));
        failing.extend(opened.map(|(_, opened)| &opened.resource));
    }
    if failing.len() < limits.resources as usize {
        return view.kept(&[Kind::Opened, Kind::Effects, Kind::Ended], span);
    }
    let because = format!("{} resources failed for the same cause in {}", failing.len(), in_words(span));
    Clearance::Stop { because }
}

fn is_same(view: &View<'_>, category: &FailureCategory, cause: Option<&str>) -> bool {
    view.wanted.cause.is_some() && view.wanted.cause == cause && view.wanted.category == category
}

fn by_share(view: &View<'_>) -> Clearance {
    let Some(limits) = &view.limits.unhealthy_share else { return Clearance::Clear };
    let facts = view.wanted.facts;
    let (members, ill) = match (facts.get("fleet_members"), facts.get("fleet_unhealthy")) {
        (None, None) => return Clearance::Clear,
        (Some(Fact::Number(members)), Some(Fact::Number(ill))) if (0..=*members).contains(ill) => (*members, *ill),
        // An observer that sees half of it sees a fleet that isn't there.
        _ => {
            let because =
                "what is known of the fleet is partial or contradicts itself: `fleet_members`, `fleet_unhealthy`";
            return Clearance::Stop { because: because.to_owned() };
        }
    };
    let too_many = i128::from(ill) * 100 > i128::from(members) * i128::from(limits.at_most_percent);
    if members < i64::from(limits.from_members) || !too_many {
        return Clearance::Clear;
    }
    let most = limits.at_most_percent;
    let because =
        format!("{ill} of {members} members of the fleet are unhealthy; past {most} % nothing is healed automatically");
    Clearance::Stop { because }
}
