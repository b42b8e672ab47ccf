//! Edits narrow a plan or are refused.

use std::collections::BTreeMap;

use selfheal_core::action::{Action, ActionKind, ActionSpec, Narrower, Parameter, ParameterType, Provenance, Value};
use selfheal_core::approval::{Edit, EditError};
use selfheal_core::criterion::SuccessCriterion;
use selfheal_core::plan::{Compensation, Plan, Step, StepRetry};

use crate::scene::{plan, thing};

/// Fewer attempts are less, more to spare is less, and of two lines none is.
fn spec() -> ActionSpec {
    ActionSpec::new(ActionKind::RETRY_STAGE)
        .requires("attempts", ParameterType::Integer)
        .requires("spare", ParameterType::Integer)
        .accepts("line", ParameterType::Integer)
        .accepts("quiet", ParameterType::Flag)
        .narrowing("attempts", Narrower::Lower)
        .narrowing("spare", Narrower::Higher)
}

/// One retry of at most five starts.
fn retrying() -> Plan {
    let given = |value| Parameter::configured("runbook", value);
    let parameters = [
        ("attempts", Value::Integer(5)),
        ("line", Value::Integer(7)),
        ("quiet", Value::Flag(false)),
        ("spare", Value::Integer(3)),
    ];
    let parameters = parameters.map(|(name, value)| (name.to_owned(), given(value))).into();
    let action = Action::for_tests(&spec(), thing(), parameters).unwrap();
    let retry = StepRetry::of(&action);
    Plan {
        steps: vec![Step { action, criteria: Vec::new(), compensation: Compensation::NothingToUndo, retry }],
        ..plan()
    }
}

fn set(step: usize, parameter: &str, value: Value) -> Edit {
    Edit { set: BTreeMap::from([(step, BTreeMap::from([(parameter.to_owned(), value)]))]), ..Edit::default() }
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

#[test]
fn a_step_that_is_dropped_leaves_behind_what_had_to_be_observed() {
    let mut whole = plan();
    whole.steps[1].criteria = vec![SuccessCriterion::Probe("size".to_owned())];
    let left = Edit { drop: [1].into(), ..Edit::default() }.apply(&whole, "ada", &[]).unwrap();
    assert_eq!(left.steps.len(), 1);
    assert_eq!(left.steps[0].action, whole.steps[0].action);
    let names = ["healthy", "size"].map(|name| SuccessCriterion::Probe(name.to_owned()));
    assert_eq!(left.steps[0].criteria, names);
    assert_eq!(left.rationale, "both are wrong; narrowed by ada");
}

#[test]
fn a_number_moves_only_the_way_in_which_its_kind_says_that_it_is_less() {
    let moved = |parameter: &str, to| {
        let left = set(0, parameter, Value::Integer(to)).apply(&retrying(), "ada", &[spec()]);
        left.map(|plan| plan.steps[0].action.integer(parameter)).map_err(|error| error.to_string())
    };
    assert_eq!(moved("spare", 4), Ok(Some(4)));
    assert_eq!(moved("spare", 2), Err("step 1, parameter `spare`: expected a number of at least 3".to_owned()));
    for line in [6, 8] {
        let stays = "step 1, parameter `line`: expected it to stay 7: its kind does not say that another value is less";
        assert_eq!(moved("line", line), Err(stays.to_owned()));
    }
    let unknown = set(0, "attempts", Value::Integer(2)).apply(&retrying(), "ada", &[]).unwrap_err();
    assert!(unknown.to_string().contains("expected it to stay 5"), "a kind that nobody knows: {unknown}");
}

#[test]
fn a_number_becomes_smaller_or_is_refused_and_starts_follow_it() {
    let fewer = set(0, "attempts", Value::Integer(2)).apply(&retrying(), "ada", &[spec()]).unwrap();
    assert_eq!(fewer.steps[0].action.integer("attempts"), Some(2));
    assert_eq!(fewer.steps[0].retry.attempts, 2);
    for value in [Value::Integer(6), Value::Integer(-1), Value::Flag(true), text("2")] {
        let refused = set(0, "attempts", value).apply(&retrying(), "ada", &[spec()]).unwrap_err();
        assert_eq!(refused.to_string(), "step 1, parameter `attempts`: expected a number from 0 to 5");
    }
}

#[test]
fn a_number_that_is_edited_is_worth_no_more_to_policy_than_before() {
    let made = |provenance: Provenance| {
        let mut plan = retrying();
        let action = serde_json::to_value(&plan.steps[0].action).unwrap();
        let mut action = action.as_object().unwrap().clone();
        action["parameters"]["attempts"]["provenance"] = serde_json::to_value(provenance).unwrap();
        plan.steps[0].action = serde_json::from_value(action.into()).unwrap();
        let left = set(0, "attempts", Value::Integer(2)).apply(&plan, "ada", &[spec()]).unwrap();
        left.steps[0].action.parameters().get("attempts").unwrap().provenance.clone()
    };
    let (by, was) = (|| "approver ada".to_owned(), || "somebody".to_owned());
    let set = || "versions".to_owned();
    for (old, new) in [
        (Provenance::Configured { by: was() }, Provenance::Configured { by: by() }),
        (Provenance::Observed { by: was() }, Provenance::Observed { by: by() }),
        (Provenance::Extracted { by: was(), set: set() }, Provenance::Extracted { by: by(), set: set() }),
        (Provenance::Model { by: was() }, Provenance::Model { by: by() }),
    ] {
        assert_eq!(made(old), new);
    }
}

#[test]
fn a_text_and_a_flag_stay_what_they_are() {
    let other = set(0, "value", text("better")).apply(&plan(), "ada", &[]).unwrap_err();
    let stays = "its kind does not say that another value is less";
    assert_eq!(other.to_string(), "step 1, parameter `value`: expected it to stay as it is: of two texts none is less");
    let flag = set(0, "quiet", Value::Flag(true)).apply(&retrying(), "ada", &[spec()]).unwrap_err();
    assert_eq!(flag.to_string(), format!("step 1, parameter `quiet`: expected it to stay false: {stays}"));
}

#[test]
fn what_narrows_nothing_is_refused_with_what_was_expected() {
    let both = Edit { drop: [0].into(), ..set(0, "value", text("x")) };
    let cases = [
        (Edit::default(), "the edit changes nothing; expected a step to drop or another value"),
        (set(0, "value", text("good")), "the edit changes nothing; expected a step to drop or another value"),
        (Edit { drop: [0, 1].into(), ..Edit::default() }, "the edit drops every step; reject the plan instead"),
        (Edit { drop: [2].into(), ..Edit::default() }, "the plan has 2 steps; there is no step 3"),
        (set(usize::MAX, "value", text("x")), "the plan has 2 steps; there is no step 18446744073709551615"),
        (both, "step 1 is dropped and changed; expected one of both"),
        (set(1, "vlaue", text("x")), "step 2 has no parameter `vlaue`; it has key, value"),
        (
            set(0, "value", Value::Integer(1)),
            "step 1, parameter `value`: expected it to stay as it is: of two texts none is less",
        ),
        (set(0, "quiet", Value::Flag(true)), "step 1 has no parameter `quiet`; it has key, value"),
    ];
    for (edit, problem) in cases {
        assert_eq!(
            edit.apply(&plan(), "ada", &[]).map_err(|error: EditError| error.to_string()),
            Err(problem.to_owned())
        );
    }
}
