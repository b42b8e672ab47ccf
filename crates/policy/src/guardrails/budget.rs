//! Budgets: so much within so long, over what healers did lately and what is to be done now.

use std::collections::BTreeSet;
use std::time::Duration;

use selfheal_core::plan::BlastRadius;
use selfheal_core::ports::{Activity, EffectClass, Effected, Scope, Site};
use selfheal_core::resource::ResourceRef;
use selfheal_core::time::Timestamp;

use super::document::{AtMostDocument, BudgetDocument};
use super::duration;
use super::place::Where;
use crate::error::LoadError;
use crate::limits;

/// A budget.
#[derive(Debug)]
pub(crate) struct Budget {
    /// `document/budget`.
    pub(crate) id: String,
    pub(crate) because: String,
    pub(crate) exempt: Vec<EffectClass>,
    scope: Scope,
    per: Duration,
    at_most: AtMostDocument,
    on: Where,
}

/// A step that is to be applied.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Need<'a> {
    pub(crate) kind: &'a str,
    pub(crate) target: &'a ResourceRef,
    pub(crate) reach: BlastRadius,
}

/// What the budget is asked with.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Demand<'a> {
    pub(crate) needs: &'a [Need<'a>],
    pub(crate) environment: &'a str,
    pub(crate) site: &'a Site,
    pub(crate) activity: &'a Activity,
    pub(crate) at: Timestamp,
}

/// Whether there is room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Room {
    /// Now.
    Enough,
    /// Not before.
    Later(Timestamp),
    /// Never: the plan alone is more.
    Never,
}

#[derive(Debug, Clone, Default)]
struct Used<'a> {
    effects: u64,
    changes: u64,
    lines_added: u64,
    lines_removed: u64,
    targets: BTreeSet<&'a ResourceRef>,
    beside: u64,
}

impl<'a> Used<'a> {
    fn add(&mut self, target: &'a ResourceRef, reach: BlastRadius) {
        self.effects += 1;
        self.changes += u64::from(reach.changes);
        self.lines_added += u64::from(reach.lines_added);
        self.lines_removed += u64::from(reach.lines_removed);
        self.targets.insert(target);
        self.beside += u64::from(reach.resources.saturating_sub(1));
    }

    fn fits(&self, most: &AtMostDocument) -> bool {
        let fits = |most: Option<u32>, used: u64| most.is_none_or(|most| used <= u64::from(most));
        fits(most.effects, self.effects)
            && fits(most.resources, self.targets.len() as u64 + self.beside)
            && fits(most.changes, self.changes)
            && fits(most.lines_added, self.lines_added)
            && fits(most.lines_removed, self.lines_removed)
    }
}

impl Budget {
    pub(crate) fn compile(document: &str, policy: &str, written: &BudgetDocument) -> Result<Self, LoadError> {
        let per = duration::parse(&written.per.value).and_then(|per| match per <= limits::BUDGET_WINDOW {
            true => Ok(per),
            false => Err(format!("expected at most {} days", limits::BUDGET_WINDOW.as_secs() / 86_400)),
        });
        let per = per.map_err(|problem| LoadError::located(document, written.per.referenced, problem))?;
        if written.at_most == AtMostDocument::default() {
            let problem = "expected 'at_most' to limit effects, resources, changes, lines_added or lines_removed";
            return Err(LoadError::located(document, written.id.referenced, problem));
        }
        let (kinds, environments) = (written.kinds.as_ref(), written.environments.as_ref());
        Ok(Self {
            id: format!("{policy}/{}", written.id.value),
            because: written.because.clone(),
            // Taking back what was done is not more of it, and a rehearsal leaves the target alone.
            exempt: written.exempt.clone().unwrap_or_else(|| vec![EffectClass::Rehearse, EffectClass::Undo]),
            scope: written.scope,
            per,
            at_most: written.at_most,
            on: Where::compile(document, kinds, environments, written.resources.as_ref())?,
        })
    }

    /// Whether there is room for what is demanded, beside what was done lately.
    pub(crate) fn room(&self, demand: &Demand<'_>) -> Room {
        let covered = |need: &&Need<'_>| self.on.covers(need.kind, demand.environment, need.target);
        let needs: Vec<&Need<'_>> = demand.needs.iter().filter(covered).collect();
        // Places are one budget each: where resources count by themselves, so do the needs.
        let targets: BTreeSet<&ResourceRef> = match self.scope {
            Scope::Resource => needs.iter().map(|need| need.target).collect(),
            _ => needs.first().map(|need| need.target).into_iter().collect(),
        };
        let rooms = targets.into_iter().map(|target| {
            let here = |need: &&&Need<'_>| self.scope != Scope::Resource || need.target == target;
            let mut own = Used::default();
            needs.iter().filter(here).for_each(|need| own.add(need.target, need.reach));
            self.beside(demand, target, &own)
        });
        rooms
            .max_by_key(|room| match room {
                Room::Enough => (0, Timestamp::default()),
                Room::Later(at) => (1, *at),
                Room::Never => (2, Timestamp::default()),
            })
            .unwrap_or(Room::Enough)
    }

    fn beside(&self, demand: &Demand<'_>, target: &ResourceRef, own: &Used<'_>) -> Room {
        if !own.fits(&self.at_most) {
            return Room::Never;
        }
        let done = demand.activity.dated(self.scope, target, demand.site, self.per, demand.at);
        let counted =
            |effect: &Effected| self.on.covers(effect.kind.as_str(), effect.environment.as_str(), &effect.resource);
        let mut done: Vec<(Timestamp, &Effected)> = done.filter(|(_, effect)| counted(effect)).collect();
        done.sort_by_key(|(at, _)| *at);
        let fits = |gone: usize| {
            let mut used = own.clone();
            done[gone..].iter().for_each(|(_, effect)| used.add(&effect.resource, effect.blast_radius));
            used.fits(&self.at_most)
        };
        // What isn't kept can't be counted, and is not nothing.
        let missing = demand.activity.missing_until(self.per, demand.at);
        if fits(0) {
            return missing.map_or(Room::Enough, Room::Later);
        }
        // Fewer use less: the first number that may be gone is found by halving.
        let gone = (1..=done.len()).collect::<Vec<_>>().partition_point(|gone| !fits(*gone));
        done.get(gone).map_or(Room::Never, |(at, _)| Room::Later(missing.max(Some(at.after(self.per))).unwrap_or(*at)))
    }

    /// What it limits, for people.
    pub(crate) fn in_words(&self) -> String {
        let most = &self.at_most;
        let named = [
            ("effects", most.effects),
            ("resources", most.resources),
            ("changes", most.changes),
            ("lines added", most.lines_added),
            ("lines removed", most.lines_removed),
        ];
        let parts = named.into_iter().filter_map(|(name, most)| most.map(|most| format!("{most} {name}")));
        let scope = match self.scope {
            Scope::Resource => "resource",
            Scope::Namespace => "namespace",
            Scope::Cluster => "cluster",
            Scope::Fleet => "fleet",
        };
        let per = jiff::SignedDuration::try_from(self.per).map_or_else(|_| String::new(), |per| format!("{per:#}"));
        format!("at most {} per {scope} in {per}", parts.collect::<Vec<_>>().join(", "))
    }
}
