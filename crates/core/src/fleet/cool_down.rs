//! After a heal a healer keeps off: what it did needs time to show.

use std::time::Duration;

use super::view::{View, in_words};
use crate::decision::Clearance;
use crate::ledger::Kind;
use crate::ports::Ended;
use crate::time::Timestamp;

/// Whether the resource, and others with the same cause, had their rest.
pub(super) fn clear(view: &View<'_>) -> Clearance {
    let rest = &view.limits.cool_down;
    let resource = &view.wanted.incident.resource;
    let healed = |ended: &Ended| ended.resource == *resource && ended.mended;
    let failed = |ended: &Ended| ended.resource == *resource && !ended.healed && ended.plans_applied > 0;
    let after = |at, seconds, what| hold(at, seconds, &format!("{resource} {what}"));
    let ends = [
        last(view, rest.after_heal_seconds, healed).map(|at| after(at, rest.after_heal_seconds, "was just healed")),
        last(view, rest.after_failed_heal_seconds, failed)
            .map(|at| after(at, rest.after_failed_heal_seconds, "was just acted upon without success")),
        same_cause(view, rest.same_cause_seconds),
    ];
    let longest = rest.after_heal_seconds.max(rest.after_failed_heal_seconds);
    let kept = view.kept(&[Kind::Ended], longest).and(view.kept(&[Kind::Effects], rest.same_cause_seconds));
    ends.into_iter().flatten().fold(kept, Clearance::and)
}

/// When the last incident ended of which `counts` holds.
fn last(view: &View<'_>, seconds: u64, counts: impl Fn(&Ended) -> bool) -> Option<Timestamp> {
    view.ended(seconds).filter(|(_, ended)| counts(ended)).map(|(at, _)| at).max()
}

fn same_cause(view: &View<'_>, seconds: u64) -> Option<Clearance> {
    let (wanted, cause) = (view.wanted, view.wanted.cause?);
    let others = view.reserved(seconds).filter(|(_, start)| {
        start.effected.incident != wanted.incident.id
            && start.category == *wanted.category
            && start.cause.as_deref() == Some(cause)
    });
    let (at, start) = others.max_by_key(|(at, _)| *at)?;
    Some(hold(at, seconds, &format!("{} was just acted upon for the same cause ({cause})", start.effected.resource)))
}

fn hold(at: Timestamp, seconds: u64, what: &str) -> Clearance {
    let because = format!("{what}; healers keep off for {}", in_words(seconds));
    Clearance::Hold { until: Some(at.after(Duration::from_secs(seconds))), because }
}
