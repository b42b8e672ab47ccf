//! The bounds of the guards.

use std::collections::BTreeSet;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::ledger::HORIZON;
use crate::ports::Scope;
use crate::resource::Environment;

/// Longest window that can be counted over: a day less than what a ledger keeps.
pub const MAX_WINDOW: Duration = Duration::from_secs(HORIZON.as_secs() - 24 * 60 * 60);

/// Budgets at most.
const MAX_BUDGETS: usize = 64;

/// Largest bound of a budget: what is counted must fit into what is kept of a ledger.
const MAX_COUNT: u32 = 8_192;

/// When healers have to stop because of what happens around an incident. A guard that is set to `null` is off; one that is left
/// out has its default. By default no guard stands in `dev`: a developer's machine is nobody's fleet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FleetLimits {
    /// Environments where no guard stands and whose incidents count for none. Operators' switches hold there too.
    pub unguarded: BTreeSet<Environment>,
    /// Environments where people are asked about every plan, unless an operator granted autonomy there and that has not lapsed.
    pub autonomy_must_be_granted: BTreeSet<Environment>,
    /// How much may be done in how long. All must have room.
    pub budgets: Vec<Budget>,
    /// How long a healer keeps off after a heal.
    pub cool_down: CoolDown,
    /// When a resource that fails and heals, and fails again, is left to a person.
    pub flapping: Option<Flapping>,
    /// When a failure that comes back after each heal is left to a person.
    pub relapses: Option<Relapses>,
    /// When one cause of too many failures is left to a person.
    pub mass_failure: Option<MassFailure>,
    /// When a fleet is too ill for automatic heals.
    pub unhealthy_share: Option<UnhealthyShare>,
    /// When a kind of action that made things worse is not used any more.
    pub made_worse: Option<MadeWorse>,
    /// When a resource waits for those it depends on.
    pub dependencies: Option<Dependencies>,
}

/// So much may be done in so long. At least one of the bounds must be there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Budget {
    /// What shares it.
    pub scope: Scope,
    /// The length of the sliding window.
    pub per_seconds: u64,
    /// Starts of steps, repeated starts included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub starts: Option<u32>,
    /// Resources that are touched, each counted once and as far as its widest step reaches.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resources: Option<u32>,
    /// Files or objects that are changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changes: Option<u32>,
    /// Where it holds, and what counts for it; everywhere if it is empty.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub environments: BTreeSet<Environment>,
}

/// How long a healer keeps off; 0 is not at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CoolDown {
    /// A resource that was healed.
    pub after_heal_seconds: u64,
    /// A resource on which a plan was applied and did not heal.
    pub after_failed_heal_seconds: u64,
    /// Every resource that fails for a cause for which another one was just acted upon.
    pub same_cause_seconds: u64,
}

/// Which share of the last 21 states may be changes between well and ill, newer ones weighing more
/// (<https://www.naemon.io/documentation/usersguide/flapping.html>); and that two plans may not take turns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Flapping {
    /// Older changes don't count.
    pub within_seconds: u64,
    /// A resource flaps from this share of changes on.
    pub high_percent: u32,
    /// It does no longer below this share.
    pub low_percent: u32,
}

/// How often a failure may come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Relapses {
    /// So often.
    pub at_most: u32,
    /// So soon after it was healed.
    pub within_seconds: u64,
}

/// How many resources may fail for one cause.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MassFailure {
    /// From so many resources on, people are told instead; at least 2.
    pub resources: u32,
    /// In so long.
    pub within_seconds: u64,
}

/// How large a part of a fleet may be ill, by the facts `fleet_members` and `fleet_unhealthy`. Kubernetes' node controller slows
/// down from 55 % of a zone on (`--unhealthy-zone-threshold`), machine health checks stop past 40 % in their examples
/// (`maxUnhealthy`); a fleet of fewer than three has no share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UnhealthyShare {
    /// Past this share people are told instead.
    pub at_most_percent: u32,
    /// In fleets of so many members and more.
    pub from_members: u32,
}

/// How often a kind of action may have to be taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MadeWorse {
    /// From so many incidents on it is not used any more.
    pub incidents: u32,
    /// In so long.
    pub within_seconds: u64,
    /// Of what shares this.
    pub scope: Scope,
}

/// When a dependency, by the fact `depends_on` (names as `system/kind/name`), is in the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dependencies {
    /// After it failed and was not healed.
    pub failed_within_seconds: u64,
    /// While an incident of it is open that was opened so lately.
    pub open_within_seconds: u64,
}

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;

impl Default for FleetLimits {
    fn default() -> Self {
        let budget = |scope, starts, resources| Budget {
            scope,
            per_seconds: HOUR,
            starts: Some(starts),
            resources: Some(resources),
            changes: None,
            environments: BTreeSet::new(),
        };
        Self {
            unguarded: BTreeSet::from([Environment::Dev]),
            autonomy_must_be_granted: BTreeSet::new(),
            budgets: vec![
                budget(Scope::Resource, 20, 10),
                budget(Scope::Namespace, 60, 20),
                budget(Scope::Cluster, 120, 40),
                budget(Scope::Fleet, 240, 80),
            ],
            cool_down: CoolDown::default(),
            flapping: Some(Flapping { within_seconds: 6 * HOUR, high_percent: 50, low_percent: 25 }),
            relapses: Some(Relapses { at_most: 3, within_seconds: 6 * HOUR }),
            mass_failure: Some(MassFailure { resources: 10, within_seconds: 15 * MINUTE }),
            unhealthy_share: Some(UnhealthyShare { at_most_percent: 40, from_members: 3 }),
            made_worse: Some(MadeWorse { incidents: 5, within_seconds: HOUR, scope: Scope::Cluster }),
            dependencies: Some(Dependencies { failed_within_seconds: HOUR, open_within_seconds: 24 * HOUR }),
        }
    }
}

impl Default for CoolDown {
    fn default() -> Self {
        Self { after_heal_seconds: MINUTE, after_failed_heal_seconds: 5 * MINUTE, same_cause_seconds: 0 }
    }
}

/// A bound of [`FleetLimits`] that can't be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("fleet limit `{field}`: expected {expected}")]
pub struct InvalidFleetLimits {
    /// Which.
    pub field: &'static str,
    /// What it must be.
    pub expected: &'static str,
}

impl FleetLimits {
    /// No guard at all; operators' switches only.
    #[must_use]
    pub fn off() -> Self {
        Self {
            unguarded: BTreeSet::new(),
            autonomy_must_be_granted: BTreeSet::new(),
            budgets: Vec::new(),
            cool_down: CoolDown { after_heal_seconds: 0, after_failed_heal_seconds: 0, same_cause_seconds: 0 },
            flapping: None,
            relapses: None,
            mass_failure: None,
            unhealthy_share: None,
            made_worse: None,
            dependencies: None,
        }
    }

    /// Whether all of it can be kept.
    ///
    /// # Errors
    /// [`InvalidFleetLimits`] names the first bound that can't.
    pub fn check(&self) -> Result<(), InvalidFleetLimits> {
        require(self.budgets.len() <= MAX_BUDGETS, "budgets", "at most 64")?;
        self.budgets.iter().try_for_each(Budget::check)?;
        for (field, window) in self.windows() {
            require((1..=MAX_WINDOW.as_secs()).contains(&window), field, "1 second to 30 days")?;
        }
        for (field, seconds) in self.cool_down.each() {
            require(seconds <= MAX_WINDOW.as_secs(), field, "at most 30 days")?;
        }
        for (field, percent) in self.percents() {
            require((1..=100).contains(&percent), field, "1 to 100")?;
        }
        let hysteresis = self.flapping.is_none_or(|flapping| flapping.low_percent <= flapping.high_percent);
        require(hysteresis, "flapping.low_percent", "at most `high_percent`")?;
        require(self.mass_failure.is_none_or(|mass| mass.resources >= 2), "mass_failure.resources", "at least 2")?;
        let members = self.unhealthy_share.is_none_or(|share| share.from_members >= 1);
        require(members, "unhealthy_share.from_members", "at least 1")?;
        require(self.made_worse.is_none_or(|worse| worse.incidents >= 1), "made_worse.incidents", "at least 1")
    }

    fn windows(&self) -> impl Iterator<Item = (&'static str, u64)> {
        [
            ("flapping.within_seconds", self.flapping.map(|guard| guard.within_seconds)),
            ("relapses.within_seconds", self.relapses.map(|guard| guard.within_seconds)),
            ("mass_failure.within_seconds", self.mass_failure.map(|guard| guard.within_seconds)),
            ("made_worse.within_seconds", self.made_worse.map(|guard| guard.within_seconds)),
            ("dependencies.failed_within_seconds", self.dependencies.map(|guard| guard.failed_within_seconds)),
            ("dependencies.open_within_seconds", self.dependencies.map(|guard| guard.open_within_seconds)),
        ]
        .into_iter()
        .filter_map(|(field, window)| Some((field, window?)))
    }

    fn percents(&self) -> impl Iterator<Item = (&'static str, u32)> {
        [
            ("flapping.high_percent", self.flapping.map(|guard| guard.high_percent)),
            ("flapping.low_percent", self.flapping.map(|guard| guard.low_percent)),
            ("unhealthy_share.at_most_percent", self.unhealthy_share.map(|guard| guard.at_most_percent)),
        ]
        .into_iter()
        .filter_map(|(field, percent)| Some((field, percent?)))
    }
}

impl CoolDown {
    fn each(self) -> [(&'static str, u64); 3] {
        [
            ("cool_down.after_heal_seconds", self.after_heal_seconds),
            ("cool_down.after_failed_heal_seconds", self.after_failed_heal_seconds),
            ("cool_down.same_cause_seconds", self.same_cause_seconds),
        ]
    }
}

impl Budget {
    fn check(&self) -> Result<(), InvalidFleetLimits> {
        let bounds = [self.starts, self.resources, self.changes];
        require(bounds.iter().any(Option::is_some), "budgets", "one of `starts`, `resources`, `changes` in each")?;
        let countable = bounds.iter().flatten().all(|bound| *bound <= MAX_COUNT);
        require(countable, "budgets", "bounds of at most 8192")?;
        let window = (1..=MAX_WINDOW.as_secs()).contains(&self.per_seconds);
        require(window, "budgets.per_seconds", "1 second to 30 days")
    }
}

fn require(holds: bool, field: &'static str, expected: &'static str) -> Result<(), InvalidFleetLimits> {
    if holds { Ok(()) } else { Err(InvalidFleetLimits { field, expected }) }
}
