//! What a resource depends on is mended first.

use std::collections::BTreeSet;

use super::view::View;
use crate::decision::Clearance;
use crate::facts::Fact;
use crate::incident::IncidentId;
use crate::ledger::Kind;
use crate::resource::ResourceRef;

/// Dependencies that are looked at; of more, the first.
const MOST: usize = 256;

/// Whether what the resource depends on is well.
pub(super) fn clear(view: &View<'_>) -> Clearance {
    let Some(limits) = &view.limits.dependencies else { return Clearance::Clear };
    let needed = needed(view);
    let own = &view.wanted.incident.resource;
    let needs = |resource: &ResourceRef| resource != own && needed.contains(resource.to_string().as_str());
    if needed.is_empty() {
        return Clearance::Clear;
    }
    let over: BTreeSet<&IncidentId> =
        view.ended(limits.open_within_seconds).map(|(_, ended)| &ended.incident).collect();
    let mut open = view.opened(limits.open_within_seconds).map(|(_, opened)| opened);
    if let Some(open) = open.find(|opened| needs(&opened.resource) && !over.contains(&opened.incident)) {
        return hold(&open.resource, &format!("has an open incident ({})", open.incident));
    }
    // Its latest end counts: what failed and was healed since is well.
    let ends = view.ended(limits.failed_within_seconds).rev().map(|(_, ended)| ended);
    let mut seen = BTreeSet::new();
    let mut latest = ends.filter(|ended| needs(&ended.resource) && seen.insert(&ended.resource));
    match latest.find(|ended| !ended.healed) {
        Some(failed) => hold(&failed.resource, "failed lately and was not healed"),
        None => view
            .kept(&[Kind::Opened, Kind::Ended], limits.open_within_seconds)
            .and(view.kept(&[Kind::Ended], limits.failed_within_seconds)),
    }
}

fn needed<'a>(view: &View<'a>) -> BTreeSet<&'a str> {
    match view.wanted.facts.get("depends_on") {
        Some(Fact::Names(names)) => names.iter().take(MOST).map(String::as_str).collect(),
        Some(Fact::Text(name)) => BTreeSet::from([name.as_str()]),
        _ => BTreeSet::new(),
    }
}

fn hold(resource: &ResourceRef, what: &str) -> Clearance {
    Clearance::Hold { until: None, because: format!("it depends on {resource}, which {what}") }
}
