//! What many incidents together forbid, though each of them alone might be healed.
//!
//! A healer that is right nineteen times does its harm the twentieth time, everywhere at once. So before an effect is sent it is
//! looked at beside all that the healers of the fleet did lately, as a [ledger](crate::ports::Ledger) keeps it. The answer is a
//! [`Clearance`]: some guards make an effect wait, others hand the incident to a person.
//!
//! | guard | asked before | answers | against |
//! |---|---|---|---|
//! | budgets per resource, namespace, cluster, fleet | apply, retry | hold until there is room | an automaton that empties a fleet in seconds |
//! | cool-down per resource and per cause | apply | hold | a heal on a heal that nobody saw the effect of |
//! | dependency order | apply | hold | mending what only suffers |
//! | flapping, plans that take turns | rehearse, apply | stop | two parties that undo each other |
//! | relapse | rehearse, apply | stop | a symptom that is mended for ever |
//! | mass failure by cause, unhealthy share | rehearse, apply, retry | stop | one fault, a thousand heals |
//! | heals that made things worse | rehearse, apply | stop | a remedy that is wrong this time |
//!
//! Taking back is never guarded here, and neither is the rest of a plan whose first step was applied: half a change is worse than
//! a budget that is kept. A pause and policy hold those too. For all steps of a plan places are taken in the ledger before the
//! first is sent, each at the place after what was looked at; so of two healers that see the last place only one gets it.
//!
//! A person may let one incident pass these guards ([`override_incident`](crate::ledger::switches::override_incident)). Without a
//! ledger there are none.

mod breaker;
mod budgets;
mod cool_down;
mod dependencies;
mod flapping;
mod limits;
mod mass;
mod relapses;
mod view;
mod wanted;
mod watch;

pub use limits::{
    Budget, CoolDown, Dependencies, Flapping, FleetLimits, InvalidFleetLimits, MAX_WINDOW, MadeWorse, MassFailure,
    Relapses, UnhealthyShare,
};
pub use wanted::Wanted;
pub(crate) use watch::{Look, Taken, Watch};

use crate::decision::Clearance;
use crate::ledger::Recent;
use crate::ports::EffectClass;
use view::View;

/// What the guards say to `wanted`, by what was done lately. Pure: the same past gives the same answer.
#[must_use]
pub fn clear(limits: &FleetLimits, recent: &Recent, wanted: &Wanted<'_>) -> Clearance {
    if limits.unguarded.contains(&wanted.incident.environment) {
        return Clearance::Clear;
    }
    let view = View { limits, recent, wanted };
    match wanted.effect {
        EffectClass::Rehearse => is_ill_advised(&view),
        EffectClass::Apply if wanted.step > 0 => Clearance::Clear,
        EffectClass::Apply => is_ill_advised(&view)
            .and(dependencies::clear(&view))
            .and(cool_down::clear(&view))
            .and(budgets::clear(&view)),
        EffectClass::Retry => mass::clear(&view).and(budgets::clear(&view)),
        EffectClass::Undo => Clearance::Clear,
    }
}

/// What no waiting mends.
fn is_ill_advised(view: &View<'_>) -> Clearance {
    mass::clear(view).and(flapping::clear(view)).and(relapses::clear(view)).and(breaker::clear(view))
}
