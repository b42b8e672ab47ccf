//! People are asked, and what they answer is what happens.

use std::collections::BTreeMap;
use std::time::Duration;

use selfheal_core::action::Value;
use selfheal_core::approval::{Edit, EditError, Refusal, Reply, Standing};
use selfheal_core::engine::{Event, Outcome, Phase, TriedResult, Trouble};
use selfheal_core::ports::{Approval, ApprovalQuestion, Approver, Clock};

use crate::scene::{Office, escalated};

const TWO_STEPS: &[&[(&str, &str)]] = &[&[("mode", "good"), ("size", "big")]];
const TWO_PLANS: &[&[(&str, &str)]] = &[&[("mode", "worse")], &[("mode", "good")]];

fn drop(step: usize) -> Reply {
    Reply::Edit(Edit { drop: [step].into(), ..Edit::default() })
}

fn set(parameter: &str, value: &str) -> Reply {
    let value = (parameter.to_owned(), Value::Text(value.to_owned()));
    Reply::Edit(Edit { set: [(0, BTreeMap::from([value]))].into(), ..Edit::default() })
}

fn reject() -> Reply {
    Reply::Reject { because: "not on a Friday".to_owned() }
}

#[tokio::test]
async fn what_they_agree_to_is_applied() {
    let office = Office::knowing(TWO_STEPS);
    let parked = office.open().await;
    assert_eq!((parked.outcome(), parked.state.phase.name()), (None, "approval"));
    office.say("ada", Reply::Accept).await.unwrap();
    assert_eq!(office.go_on().await.outcome(), Some(&Outcome::Healed));
    assert_eq!(office.scene.executor.count("preview"), 1, "what was approved is what is applied");
}

#[tokio::test]
async fn who_asked_cannot_agree_and_it_goes_on_waiting() {
    let office = Office::knowing(TWO_STEPS);
    office.open().await;
    assert!(matches!(office.say("rita", Reply::Accept).await, Err(Refusal::Requester { .. })));
    assert_eq!(office.go_on().await.outcome(), None);
}

#[tokio::test]
async fn a_narrower_plan_is_audited_and_asked_about_again_and_the_former_answers_do_not_fit_it() {
    let office = Office::knowing(TWO_STEPS);
    office.open().await;
    let first = office.asked().await;
    office.say("ada", drop(1)).await.unwrap();
    let parked = office.go_on().await;
    assert!(matches!(parked.state.phase, Phase::AwaitingApproval { .. }), "{:?}", parked.state.phase);
    let second = office.asked().await;
    assert_ne!(second.plan_hash, first.plan_hash);
    assert_eq!(office.policy.audited.lock().unwrap().last(), Some(&1));
    assert_eq!(office.scene.executor.count("rehearse"), 2);

    let stale = office.say_to(&first, "bob", Reply::Accept).await;
    assert!(matches!(stale, Err(Refusal::OtherPlan { .. })), "{stale:?}");
    assert_eq!(office.go_on().await.outcome(), None);
    office.say("bob", Reply::Accept).await.unwrap();
    assert_eq!(office.go_on().await.outcome(), Some(&Outcome::Healed));
    assert_eq!(office.scene.world.get("size"), None, "the step that was dropped did not happen");
}

#[tokio::test]
async fn who_narrowed_a_plan_does_not_agree_to_what_is_left() {
    let office = Office::knowing(TWO_STEPS);
    office.open().await;
    office.say("ada", drop(1)).await.unwrap();
    office.go_on().await;
    let own = office.say("ada", Reply::Accept).await;
    assert!(matches!(own, Err(Refusal::Author { .. })), "{own:?}");
    assert_eq!(office.go_on().await.outcome(), None);
    assert_eq!(office.scene.executor.count("apply 0"), 0);
    office.say("bob", Reply::Accept).await.unwrap();
    assert_eq!(office.go_on().await.outcome(), Some(&Outcome::Healed));
}

#[tokio::test]
async fn nobody_writes_another_value_into_a_plan() {
    let office = Office::knowing(&[&[("mode", "bd")]]);
    office.open().await;
    for (parameter, value) in [("value", "good"), ("key", "password")] {
        let refused = office.say("ada", set(parameter, value)).await;
        assert!(matches!(refused, Err(Refusal::Edit(EditError::Value { .. }))), "{refused:?}");
    }
    assert_eq!(office.go_on().await.outcome(), None, "it waits as before");
}

#[tokio::test]
async fn a_remark_goes_to_the_strategist_as_text_that_nobody_trusts() {
    let office = Office::knowing(TWO_PLANS);
    office.open().await;
    office.say("ada", Reply::Respond { text: "the mode was good on Monday".to_owned() }).await.unwrap();
    let parked = office.go_on().await;
    let remark = parked.state.all_evidence().find(|piece| piece.origin() == "remark by ada").unwrap();
    assert_eq!(&**remark.text().read(), "the mode was good on Monday");
    assert_eq!(parked.tried()[0].result, TriedResult::Rejected);
    assert_eq!(parked.state.counters.plans, 2, "the next plan waits");
    office.say("ada", Reply::Accept).await.unwrap();
    assert_eq!(office.go_on().await.outcome(), Some(&Outcome::Healed));
}

#[tokio::test]
async fn after_a_refusal_the_next_plan_is_asked_about_and_after_the_last_a_person_is_told() {
    let office = Office::knowing(TWO_PLANS);
    office.open().await;
    office.say("ada", reject()).await.unwrap();
    let next = office.go_on().await;
    assert_eq!((next.outcome(), next.state.counters.plans), (None, 2));
    office.say("bob", reject()).await.unwrap();
    let because = "bob refused it: not on a Friday".to_owned();
    assert_eq!(office.go_on().await.outcome().cloned(), escalated(Trouble::Refused { because }));
    assert_eq!(office.scene.executor.count("apply 0"), 0);
}

#[tokio::test]
async fn silence_escalates_and_a_late_answer_is_refused() {
    let office = Office::knowing(TWO_STEPS);
    let parked = office.open().await;
    let Phase::AwaitingApproval { deadline } = parked.state.phase else { panic!("{:?}", parked.state.phase) };
    office.scene.clock.sleep_until(deadline.after(Duration::from_millis(1))).await;
    let late = office.say("ada", Reply::Accept).await;
    assert!(matches!(late, Err(Refusal::Late { .. })), "{late:?}");
    assert_eq!(office.go_on().await.outcome().cloned(), escalated(Trouble::NobodyAnswered));
    assert_eq!(office.scene.executor.count("apply 0"), 0);
}

#[tokio::test]
async fn what_was_answered_in_time_is_acted_upon_though_nobody_looked_before_the_deadline() {
    let replies = [Reply::Accept, drop(1), reject(), Reply::Respond { text: "look again".to_owned() }];
    for (reply, phase) in replies.into_iter().zip(["closed", "approval", "closed", "closed"]) {
        let office = Office::knowing(TWO_STEPS);
        let parked = office.open().await;
        let Phase::AwaitingApproval { deadline } = parked.state.phase else { panic!("{:?}", parked.state.phase) };
        office.say("ada", reply.clone()).await.unwrap();
        office.scene.clock.sleep_until(deadline.after(Duration::from_secs(60))).await;
        let report = office.go_on().await;
        assert_eq!(report.state.phase.name(), phase, "{reply:?}");
        let healed = report.outcome() == Some(&Outcome::Healed);
        assert_eq!(healed, reply == Reply::Accept, "{reply:?}: {:?}", report.trouble());
        assert_ne!(report.trouble(), Some(&Trouble::NobodyAnswered), "{reply:?}");
    }
}

#[tokio::test]
async fn a_policy_that_changed_after_the_deadline_takes_back_what_was_answered_in_time() {
    let office = Office::knowing(TWO_STEPS);
    let parked = office.open().await;
    let Phase::AwaitingApproval { deadline } = parked.state.phase else { panic!("{:?}", parked.state.phase) };
    office.say("ada", Reply::Accept).await.unwrap();
    *office.policy.version.lock().unwrap() = "v2";
    office.scene.clock.sleep_until(deadline.after(Duration::from_secs(60))).await;
    assert!(office.go_on().await.trouble().is_some());
    assert_eq!(office.scene.executor.count("apply 0"), 0);
}

#[tokio::test]
async fn under_another_policy_it_is_decided_and_asked_about_again() {
    let office = Office::knowing(TWO_STEPS);
    office.open().await;
    let first = office.asked().await;
    office.say("ada", Reply::Accept).await.unwrap();
    *office.policy.version.lock().unwrap() = "v2";
    let parked = office.go_on().await;
    assert_eq!(parked.outcome(), None, "what was agreed to under another policy counts no more");
    let outdated = |event: &Event| matches!(event, Event::Answered(Approval::Outdated { .. }));
    assert_eq!(office.scene.events().await.iter().filter(|event| outdated(event)).count(), 1);
    let second = office.asked().await;
    assert_eq!((second.plan_hash.clone(), second.policy_version.as_str()), (first.plan_hash.clone(), "v2"));
    let stale = office.say_to(&first, "bob", Reply::Accept).await;
    assert!(matches!(stale, Err(Refusal::OtherRequest { .. })), "{stale:?}");
    office.say("bob", Reply::Accept).await.unwrap();
    assert_eq!(office.go_on().await.outcome(), Some(&Outcome::Healed));
}

#[tokio::test]
async fn rights_are_looked_at_again_when_the_answers_are_redeemed() {
    let office = Office::knowing(TWO_STEPS);
    office.open().await;
    let taken = office.say("ada", Reply::Accept).await.unwrap();
    assert_eq!(taken.standing, Standing::Agreed { by: vec!["ada".to_owned()] });
    office.people.remove("ada");
    assert_eq!(office.go_on().await.outcome(), None);
    office.say("bob", Reply::Accept).await.unwrap();
    assert_eq!(office.go_on().await.outcome(), Some(&Outcome::Healed));
}

#[tokio::test]
async fn an_agreement_that_was_redeemed_by_a_healer_that_died_is_not_lost() {
    let office = Office::knowing(TWO_STEPS);
    let parked = office.open().await;
    office.say("ada", Reply::Accept).await.unwrap();
    let Phase::AwaitingApproval { deadline } = parked.state.phase else { panic!("{:?}", parked.state.phase) };
    let proposal = parked.state.proposal.as_ref().unwrap();
    let question = ApprovalQuestion {
        incident: &parked.state.incident,
        round: parked.state.counters.plans,
        plan: &proposal.plan,
        previews: &proposal.previews,
        plan_hash: proposal.hash.as_ref().unwrap(),
        decision: proposal.decision.as_ref().unwrap(),
        healer: "the one that died",
        at: office.scene.clock.now(),
        deadline,
        until: deadline,
        specs: &[],
    };
    let lost = office.desk().ask(&question).await.unwrap();
    assert!(matches!(lost, Approval::Given { .. }));
    assert!(matches!(office.say("bob", reject()).await, Err(Refusal::Redeemed { .. })));
    assert_eq!(office.go_on().await.outcome(), Some(&Outcome::Healed));
}
