//! Autonomy that lapses, an override of one incident, and who may throw a switch how.

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use selfheal_core::action::ActionKind;
use selfheal_core::decision::{Clearance, Decision, Verdict};
use selfheal_core::engine::Trouble;
use selfheal_core::error::{ErrorKind, Result};
use selfheal_core::fleet::FleetLimits;
use selfheal_core::ledger::switches::{self, MAX_GRANT, MAX_WORDS};
use selfheal_core::ports::{Moment, PolicyEngine, PolicyQuestion, Reach, Scope, Switched};
use selfheal_core::resource::Environment;
use selfheal_core::time::Timestamp;

use super::races::Contended;
use super::stage::{Fleet, HOUR, MINUTE, ada, halted, is_healed, starts};
use crate::scene::Answers;

fn granted_only() -> FleetLimits {
    let environments = BTreeSet::from([Environment::Production]);
    FleetLimits { autonomy_must_be_granted: environments, ..FleetLimits::off() }
}

#[tokio::test]
async fn without_a_grant_people_are_asked_and_with_one_they_are_not_until_it_lapses() {
    let fleet = Fleet::default();
    let asking = || fleet.healer(granted_only()).approver(Arc::new(Answers::new(&[Answers::later])));
    let is_asked = |report: &selfheal_core::orchestrator::Report| {
        let decision = report.state.proposal.as_ref().and_then(|proposal| proposal.decision.clone());
        decision.is_some_and(|decision| decision.verdict == Verdict::RequireApproval)
    };
    assert!(is_asked(&fleet.heal("a", asking()).await));

    let until = fleet.now().after(HOUR);
    switches::grant(fleet.ledger(), &Environment::Production, until, &ada(), fleet.now()).await.unwrap();
    assert!(is_healed(&fleet.heal("b", asking()).await));
    fleet.clock.advance_to(until);
    let report = fleet.heal("c", asking()).await;
    assert!(is_asked(&report));
    let decision = report.state.proposal.as_ref().unwrap().decision.clone().unwrap();
    assert!(decision.rationale.starts_with("healers have no autonomy in production"), "{}", decision.rationale);
    assert_eq!(decision.to_be_allowed, ["an operator grants autonomy in production"]);

    let renewed = fleet.now().after(HOUR);
    switches::grant(fleet.ledger(), &Environment::Production, renewed, &ada(), fleet.now()).await.unwrap();
    switches::withdraw(fleet.ledger(), &Environment::Production, &ada(), fleet.now()).await.unwrap();
    assert!(is_asked(&fleet.heal("d", asking()).await));
    assert_eq!(fleet.hands.count("apply"), 1);
}

#[tokio::test]
async fn what_people_agreed_to_needs_no_grant() {
    let fleet = Fleet::default();
    let healer = fleet.healer(granted_only()).approver(Arc::new(Answers::new(&[Answers::yes])));
    assert!(is_healed(&fleet.heal("a", healer).await));
}

/// Freezes for two hours from its first question on.
struct Freeze(Timestamp);

#[async_trait]
impl PolicyEngine for Freeze {
    async fn permits(&self, reach: &Reach<'_>) -> Result<BTreeSet<ActionKind>> {
        Ok(reach.every_kind())
    }

    async fn decide(&self, _: &PolicyQuestion<'_>) -> Result<Decision> {
        Ok(Decision::new(Verdict::Allow, "fine", "test"))
    }

    async fn clear(&self, moment: &Moment<'_>) -> Result<Clearance> {
        let frozen = moment.step.is_some() && moment.at < self.0;
        let because = "frozen".to_owned();
        Ok(if frozen { Clearance::Hold { until: Some(self.0), because } } else { Clearance::Clear })
    }
}

#[tokio::test]
async fn a_grant_that_lapses_while_the_effect_is_held_holds_it() {
    let fleet = Fleet::default();
    let (until, thaw) = (fleet.now().after(HOUR), fleet.now().after(2 * HOUR));
    switches::grant(fleet.ledger(), &Environment::Production, until, &ada(), fleet.now()).await.unwrap();
    let healer = || fleet.healer(granted_only()).policy(Arc::new(Freeze(thaw)));
    let report = fleet.heal("a", healer()).await;
    assert_eq!(fleet.held(&report).await, Some((Some(thaw), "frozen".to_owned())));
    fleet.clock.advance_to(thaw);
    let limits = || selfheal_core::limits::Limits { park_after: std::time::Duration::ZERO, ..Default::default() };
    let report = fleet.go_on(&report.incident().id, healer().limits(limits())).await;
    let because = fleet.held(&report).await.expect("held").1;
    assert_eq!(because, "the autonomy of healers in production has lapsed; an operator may grant it again");
    let again = fleet.now().after(HOUR);
    switches::grant(fleet.ledger(), &Environment::Production, again, &ada(), fleet.now()).await.unwrap();
    assert!(is_healed(&fleet.go_on(&report.incident().id, healer()).await));
}

#[tokio::test]
async fn without_a_ledger_nothing_was_granted() {
    let fleet = Fleet::default();
    let scene = crate::scene::Scene::broken();
    let environments = BTreeSet::from([Environment::Dev]);
    let limits = FleetLimits { autonomy_must_be_granted: environments, ..FleetLimits::off() };
    let report = scene.heal(scene.knowing(&[&[("mode", "good")]]).fleet(limits)).await;
    assert!(matches!(report.trouble(), Some(Trouble::Refused { .. })), "{:?}", report.trouble());
    assert_eq!(fleet.hands.count("apply"), 0);
}

#[tokio::test]
async fn an_override_lets_one_incident_pass_the_guards_but_neither_a_pause_nor_policy() {
    let fleet = Fleet::default();
    let limits = starts(Scope::Fleet, 1);
    assert!(is_healed(&fleet.heal("a", fleet.healer(limits.clone())).await));
    let held = fleet.heal("b", fleet.healer(limits.clone())).await;
    let id = &held.incident().id;
    assert!(fleet.held(&held).await.is_some());
    switches::override_incident(fleet.ledger(), id, &ada(), fleet.now()).await.unwrap();

    let frozen = || fleet.healer(limits.clone()).policy(Arc::new(Freeze(fleet.now().after(10 * MINUTE))));
    let held = fleet.go_on(id, frozen()).await;
    assert_eq!(fleet.held(&held).await.expect("held by policy").1, "frozen");
    switches::pause(fleet.ledger(), None, &ada(), fleet.now()).await.unwrap();
    let parking = selfheal_core::limits::Limits { park_after: std::time::Duration::ZERO, ..Default::default() };
    let held = fleet.go_on(id, fleet.healer(limits.clone()).limits(parking)).await;
    assert!(fleet.held(&held).await.expect("paused").1.starts_with("paused by ada"));
    switches::unpause(fleet.ledger(), None, &ada(), fleet.now()).await.unwrap();

    assert!(is_healed(&fleet.go_on(id, fleet.healer(limits.clone())).await));
    assert!(fleet.held(&fleet.heal("c", fleet.healer(limits)).await).await.is_some(), "it counted all the same");
    let read = switches::read(fleet.ledger()).await.unwrap();
    assert_eq!(read.overridden(id).map(|thrown| thrown.switched.clone()), Some(ada()));
}

#[tokio::test]
async fn an_override_passes_a_halt_too() {
    let fleet = Fleet::default();
    let limits = FleetLimits {
        mass_failure: Some(selfheal_core::fleet::MassFailure { resources: 2, within_seconds: HOUR.as_secs() }),
        ..FleetLimits::off()
    };
    assert!(is_healed(&fleet.heal("a", fleet.healer(limits.clone())).await));
    assert!(!halted(&fleet.heal("b", fleet.healer(limits.clone())).await).is_empty());
    let third = fleet.healer(limits.clone()).build().unwrap().accept(super::stage::ill("c")).await.unwrap();
    switches::override_incident(fleet.ledger(), &third, &ada(), fleet.now()).await.unwrap();
    assert!(is_healed(&fleet.go_on(&third, fleet.healer(limits)).await));
}

#[tokio::test]
async fn a_switch_is_thrown_by_somebody_for_a_reason_and_autonomy_ends() {
    let fleet = Fleet::default();
    let by = |by: &str, because: &str| Switched { by: by.to_owned(), because: because.to_owned() };
    for nobody in [by("", "because"), by("ada", " "), by("ada", &"x".repeat(MAX_WORDS + 1))] {
        let refused = switches::pause(fleet.ledger(), None, &nobody, fleet.now()).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Invalid, "{refused}");
    }
    for until in [fleet.now(), fleet.now().after(MAX_GRANT + MINUTE)] {
        let refused = switches::grant(fleet.ledger(), &Environment::Dev, until, &ada(), fleet.now()).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Invalid, "{refused}");
    }
    assert_eq!(switches::read(fleet.ledger()).await.unwrap(), switches::Switches::default());
}

#[tokio::test]
async fn switches_thrown_at_the_same_time_are_all_kept() {
    let fleet = Fleet::default();
    let contended = Contended::new(fleet.ledger.clone(), 11);
    let at = fleet.now();
    let throws = (0..16u32).map(|number| {
        let environment = Environment::Other(format!("zone-{number}"));
        let contended = &contended;
        async move { switches::pause(contended, Some(&environment), &ada(), at).await }
    });
    let thrown = futures_util::future::join_all(throws).await;
    assert!(thrown.iter().all(|thrown| thrown.is_ok()), "{thrown:?}");
    assert_eq!(switches::read(fleet.ledger()).await.unwrap().pauses().count(), 16);
}
