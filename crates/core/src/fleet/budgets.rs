//! So much may be done in so long, per resource, namespace, cluster and fleet.

use std::collections::BTreeMap;
use std::time::Duration;

use super::limits::Budget;
use super::view::{View, in_words};
use crate::decision::Clearance;
use crate::ledger::Kind;
use crate::ports::{Reserved, Scope};
use crate::resource::ResourceRef;
use crate::time::Timestamp;

/// Whether there is room for all starts that are still without a place.
pub(super) fn clear(view: &View<'_>) -> Clearance {
    let wanted: Vec<Reserved> = view.wanted.starts().into_iter().filter(|start| !view.recent.has(start)).collect();
    let budgets = view.limits.budgets.iter().filter(|budget| budget.holds_for(view));
    budgets.fold(Clearance::Clear, |cleared, budget| {
        cleared.and(budget.clear(view, &wanted)).and(budget.kept(view, &wanted))
    })
}

/// What was used, or is wanted, of a budget.
#[derive(Debug, Default)]
struct Used<'a> {
    starts: u32,
    changes: u32,
    widest: BTreeMap<&'a ResourceRef, u32>,
}

impl<'a> Used<'a> {
    fn of(starts: impl Iterator<Item = &'a Reserved>) -> Self {
        let mut used = Self::default();
        for start in starts {
            used.starts = used.starts.saturating_add(1);
            let radius = &start.effected.blast_radius;
            // A step that is started again changes what it changed before.
            if start.attempt == 1 {
                used.changes = used.changes.saturating_add(radius.changes);
            }
            let widest = used.widest.entry(&start.effected.resource).or_default();
            *widest = (*widest).max(radius.resources).max(1);
        }
        used
    }

    fn resources(&self) -> u32 {
        self.widest.values().fold(0, |sum, resources| sum.saturating_add(*resources))
    }
}

impl Budget {
    fn holds_for(&self, view: &View<'_>) -> bool {
        self.environments.is_empty() || self.environments.contains(&view.wanted.incident.environment)
    }

    /// Whether all that counts is known.
    fn kept(&self, view: &View<'_>, wanted: &[Reserved]) -> Clearance {
        if wanted.is_empty() { Clearance::Clear } else { view.kept(&[Kind::Effects], self.per_seconds) }
    }

    fn clear(&self, view: &View<'_>, wanted: &[Reserved]) -> Clearance {
        if wanted.is_empty() {
            return Clearance::Clear;
        }
        let mut before: Vec<(Timestamp, &Reserved)> = self.counted(view).collect();
        // Writers' clocks differ: what leaves the window first need not stand first.
        before.sort_by_key(|(at, _)| *at);
        let used = |gone: usize| Used::of(before[gone..].iter().map(|(_, start)| *start).chain(wanted));
        if self.excess(&used(0)).is_none() {
            return Clearance::Clear;
        }
        let Some(because) = self.excess(&used(before.len())) else {
            return self.hold(&before, &used);
        };
        Clearance::Stop { because: format!("the plan alone is too large: {because}") }
    }

    /// Until so many have left the window that the rest fits.
    fn hold<'a>(&self, before: &[(Timestamp, &'a Reserved)], used: &impl Fn(usize) -> Used<'a>) -> Clearance {
        let places: Vec<usize> = (1..=before.len()).collect();
        let gone = places.partition_point(|gone| self.excess(&used(*gone)).is_some());
        let until = before.get(gone).map(|(at, _)| at.after(Duration::from_secs(self.per_seconds)));
        let because = self.excess(&used(0)).unwrap_or_default();
        Clearance::Hold { until, because }
    }

    fn counted<'a>(&self, view: &View<'a>) -> impl Iterator<Item = (Timestamp, &'a Reserved)> {
        let own = (&view.wanted.incident.resource, view.wanted.site);
        view.reserved(self.per_seconds).filter(move |(_, start)| {
            let effected = &start.effected;
            let elsewhere = !self.environments.is_empty() && !self.environments.contains(&effected.environment);
            !elsewhere && self.scope.joins((&effected.resource, &effected.site), own)
        })
    }

    /// Which bound does not hold.
    fn excess(&self, used: &Used<'_>) -> Option<String> {
        let bounds = [
            (self.starts, used.starts, "starts of steps"),
            (self.resources, used.resources(), "resources touched"),
            (self.changes, used.changes, "files or objects changed"),
        ];
        let (most, found, what) = bounds.into_iter().find(|(most, found, _)| most.is_some_and(|most| *found > most))?;
        let (most, span) = (most.unwrap_or_default(), in_words(self.per_seconds));
        Some(format!(
            "with this it would be {found} {what} in {span} {}; at most {most} are left to healers",
            place(self.scope)
        ))
    }
}

fn place(scope: Scope) -> &'static str {
    match scope {
        Scope::Resource => "on this resource",
        Scope::Namespace => "in this namespace",
        Scope::Cluster => "in this cluster",
        Scope::Fleet => "in the whole fleet",
    }
}
