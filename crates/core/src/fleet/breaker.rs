//! A kind of action that had to be taken back again and again is not used any more for a while.

use std::collections::BTreeSet;

use super::view::{View, in_words};
use crate::action::ActionKind;
use crate::decision::Clearance;
use crate::ledger::Kind;
use crate::ports::Ended;

/// Whether no kind of the plan made things worse too often around here.
pub(super) fn clear(view: &View<'_>) -> Clearance {
    let Some(limits) = &view.limits.made_worse else { return Clearance::Clear };
    let wanted = view.wanted;
    let own = (&wanted.incident.resource, wanted.site);
    let around = |ended: &Ended| {
        ended.environment == wanted.incident.environment && limits.scope.joins((&ended.resource, &ended.site), own)
    };
    let ended = || view.ended(limits.within_seconds).map(|(_, ended)| ended);
    let times = |kind: &ActionKind| {
        let worse = ended().filter(|ended| around(ended) && ended.made_worse.contains(kind));
        // A note whose outcome was lost may stand twice.
        worse.map(|ended| &ended.incident).collect::<BTreeSet<_>>().len()
    };
    let kinds = wanted.plan.steps.iter().map(|step| step.action.kind());
    match kinds.map(|kind| (kind, times(kind))).find(|(_, times)| *times >= limits.incidents as usize) {
        Some((kind, times)) => {
            let span = in_words(limits.within_seconds);
            let because = format!("{kind} had to be taken back in {times} incidents around here in {span}");
            Clearance::Stop { because }
        }
        None => view.kept(&[Kind::Ended], limits.within_seconds),
    }
}
