//! What is said at the moment of an effect: freezes, windows for maintenance, budgets.

use std::sync::Arc;

use selfheal_core::action::ActionKind;
use selfheal_core::decision::{Clearance, Verdict};
use selfheal_core::incident::IncidentId;
use selfheal_core::plan::BlastRadius;
use selfheal_core::ports::{Activity, EffectClass, Effected, PolicyEngine, Site};
use selfheal_core::resource::{Environment, ResourceRef};
use selfheal_core::time::Timestamp;
use selfheal_policy::guardrails::Guardrails;

use crate::scene::{Case, allowing_but, at, case, guardrails};

async fn clear(guardrails: &Guardrails, case: &Case, effect: EffectClass) -> Clearance {
    guardrails.clear(&case.moment(effect)).await.unwrap()
}

fn until(clearance: &Clearance) -> Option<Timestamp> {
    match clearance {
        Clearance::Hold { until, .. } => *until,
        other => panic!("not held: {other:?}"),
    }
}

const WEEKEND: &str = "freeze:\n  - {id: weekend, zone: Europe/Berlin, weekly: [{from: 'fri 18:00', until: 'mon 06:00'}], environments: [production], because: 'nobody is there'";

fn production(instant: &str) -> Case {
    case(Environment::Production, "retry_stage", &[]).at(instant)
}

#[tokio::test]
async fn a_freeze_holds_every_effect_until_it_ends() {
    let frozen = guardrails(&allowing_but(&format!("{WEEKEND}}}")));
    let saturday = production("2026-11-21T12:00:00Z");
    for effect in [EffectClass::Rehearse, EffectClass::Apply, EffectClass::Retry, EffectClass::Undo] {
        let held = clear(&frozen, &saturday, effect).await;
        assert_eq!(until(&held), Some(at("2026-11-23T05:00:00Z")), "{effect:?}");
        let Clearance::Hold { because, .. } = held else { unreachable!() };
        assert!(because.contains("p/weekend") && because.contains("2026-11-23 06:00 Europe/Berlin"), "{because}");
    }
    assert_eq!(clear(&frozen, &production("2026-11-23T05:00:00Z"), EffectClass::Apply).await, Clearance::Clear);
    let dev = case(Environment::Dev, "retry_stage", &[]).at("2026-11-21T12:00:00Z");
    assert_eq!(clear(&frozen, &dev, EffectClass::Apply).await, Clearance::Clear);
}

#[tokio::test]
async fn a_freeze_lets_pass_what_it_exempts() {
    let frozen = guardrails(&allowing_but(&format!("{WEEKEND}, exempt: [undo, rehearse]}}")));
    let saturday = production("2026-11-21T12:00:00Z");
    assert_eq!(clear(&frozen, &saturday, EffectClass::Undo).await, Clearance::Clear);
    assert_eq!(clear(&frozen, &saturday, EffectClass::Rehearse).await, Clearance::Clear);
    assert!(until(&clear(&frozen, &saturday, EffectClass::Retry).await).is_some());
}

#[test]
fn a_plan_is_decided_during_a_freeze_and_told_that_it_will_wait() {
    let saturday = production("2026-11-21T12:00:00Z");
    let decision = saturday.decision(&guardrails(&allowing_but(&format!("{WEEKEND}}}"))));
    assert_eq!(decision.verdict, Verdict::Allow);
    assert!(decision.rationale.contains("now it would wait: frozen until 2026-11-23 06:00"), "{}", decision.rationale);
    assert!(decision.rules.iter().any(|voice| voice.rule == "p/weekend"));
    let strict = guardrails(&allowing_but(&format!("{WEEKEND}, effect: deny}}")));
    assert_eq!(saturday.decision(&strict).verdict, Verdict::Deny);
    assert_eq!(production("2026-11-23T12:00:00Z").decision(&strict).verdict, Verdict::Allow);
}

#[tokio::test]
async fn effects_wait_for_maintenance_that_no_freeze_covers() {
    let sections = format!(
        "{WEEKEND}}}\nmaintenance:\n  - {{id: mornings, zone: Europe/Berlin, weekly: [{{days: [sat, sun, tue], from: '06:00', until: '08:00'}}], because: 'few use it then'}}"
    );
    let guardrails = guardrails(&allowing_but(&sections));
    let friday = clear(&guardrails, &production("2026-11-20T12:00:00Z"), EffectClass::Apply).await;
    assert_eq!(until(&friday), Some(at("2026-11-24T05:00:00Z")), "on Saturday and Sunday it is frozen");
    assert_eq!(clear(&guardrails, &production("2026-11-24T06:59:00Z"), EffectClass::Apply).await, Clearance::Clear);
}

fn done(minutes_ago: &[u64], now: Timestamp, name: &str) -> Activity {
    let when = |ago: &u64| Timestamp::from_millis(now.as_millis() - ago * 60_000);
    Activity::new(minutes_ago.iter().map(|ago| (when(ago), effected(name))).collect())
}

fn effected(name: &str) -> Arc<Effected> {
    Arc::new(Effected {
        incident: IncidentId::new("earlier"),
        resource: ResourceRef::new("local", "pipeline", name),
        site: Site::default(),
        environment: Environment::Dev,
        kind: ActionKind::RETRY_STAGE,
        blast_radius: BlastRadius { resources: 1, changes: 2, ..BlastRadius::default() },
    })
}

fn busy(minutes_ago: &[u64], name: &str) -> Case {
    let now = at("2026-11-23T12:00:00Z");
    Case { activity: done(minutes_ago, now, name), at: now, ..case(Environment::Dev, "retry_stage", &[]) }
}

#[tokio::test]
async fn a_budget_holds_until_enough_has_left_its_window() {
    let limits = "rate_limits:\n  - {id: calm, scope: resource, per: 1h, at_most: {effects: 2}, because: 'b'}";
    let guardrails = guardrails(&allowing_but(limits));
    let apply = async |case: Case| clear(&guardrails, &case, EffectClass::Apply).await;
    assert_eq!(apply(busy(&[50], "shop")).await, Clearance::Clear);
    assert_eq!(until(&apply(busy(&[50, 20], "shop")).await), Some(at("2026-11-23T12:10:00Z")));
    assert_eq!(until(&apply(busy(&[50, 20, 10], "shop")).await), Some(at("2026-11-23T12:40:00Z")));
    assert_eq!(apply(busy(&[90, 20], "shop")).await, Clearance::Clear, "what is older doesn't count");
    assert_eq!(apply(busy(&[50, 20], "cart")).await, Clearance::Clear, "another resource has its own");
    assert_eq!(until(&apply(busy(&[50], "shop").and_again()).await), Some(at("2026-11-23T12:10:00Z")));
}

#[tokio::test]
async fn a_budget_binds_retries_but_not_taking_back_unless_it_says_so() {
    let limits = "rate_limits:\n  - {id: calm, scope: fleet, per: 1h, at_most: {effects: 1}, because: 'b'";
    let usual = guardrails(&allowing_but(&format!("{limits}}}")));
    let case = busy(&[10], "cart");
    assert!(until(&clear(&usual, &case, EffectClass::Retry).await).is_some());
    assert_eq!(clear(&usual, &case, EffectClass::Undo).await, Clearance::Clear);
    let strict = guardrails(&allowing_but(&format!("{limits}, exempt: []}}")));
    assert!(until(&clear(&strict, &case, EffectClass::Undo).await).is_some());
}

#[tokio::test]
async fn a_plan_that_is_more_than_a_budget_ever_allows_is_denied_and_stopped() {
    let limits = "budgets:\n  - {id: small, scope: fleet, per: 1d, at_most: {effects: 1}, because: 'b'}";
    let guardrails = guardrails(&allowing_but(limits));
    let twice = busy(&[], "shop").and_again();
    let decision = twice.decision(&guardrails);
    assert_eq!(decision.verdict, Verdict::Deny);
    assert!(decision.rules[0].rule == "p/small" && decision.rationale.contains("p/small"), "{decision:?}");
    assert!(matches!(clear(&guardrails, &twice, EffectClass::Apply).await, Clearance::Stop { .. }));
    let later = busy(&[10], "shop").decision(&guardrails);
    assert!(later.verdict == Verdict::Allow && later.rationale.contains("now it would wait"), "{}", later.rationale);
}

#[tokio::test]
async fn budgets_count_resources_once_and_changes_always() {
    let limits = "budgets:\n  - {id: wide, scope: fleet, per: 1h, at_most: {resources: 2, changes: 5}, because: 'b'}";
    let guardrails = guardrails(&allowing_but(limits));
    let apply = async |case: Case| clear(&guardrails, &case, EffectClass::Apply).await;
    assert_eq!(apply(busy(&[10, 20], "cart")).await, Clearance::Clear);
    assert!(until(&apply(busy(&[10, 20, 30], "cart")).await).is_some(), "three times two changes");
    let mut two_others = busy(&[10], "cart");
    two_others.activity.push(two_others.at, effected("till"));
    assert!(until(&apply(two_others).await).is_some(), "cart, till and shop are three resources");
}
