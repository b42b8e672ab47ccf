//! A failure that comes back after each heal has a cause that healing doesn't reach.

use std::collections::BTreeSet;

use super::view::{View, in_words};
use crate::decision::Clearance;
use crate::ledger::Kind;

/// Whether this failure may be healed once more. Each heal of the same failure in the window was followed by the failure again.
pub(super) fn clear(view: &View<'_>) -> Clearance {
    let Some(limits) = &view.limits.relapses else { return Clearance::Clear };
    let fingerprint = &view.wanted.incident.fingerprint;
    let heals =
        view.ended(limits.within_seconds).filter(|(_, ended)| ended.mended && ended.fingerprint == *fingerprint);
    // A note whose outcome was lost may stand twice.
    let relapses = heals.map(|(_, ended)| &ended.incident).collect::<BTreeSet<_>>().len();
    if relapses <= limits.at_most as usize {
        return view.kept(&[Kind::Ended], limits.within_seconds);
    }
    let span = in_words(limits.within_seconds);
    let because = format!("the same failure came back {relapses} times in {span}, after each time it was healed");
    Clearance::Stop { because }
}
