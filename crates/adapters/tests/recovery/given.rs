//! What the command was given: a variable by name, memory, input.

use std::collections::BTreeMap;
use std::fs;

use selfheal_core::error::ErrorKind;
use selfheal_core::facts::Fact;
use selfheal_core::ports::{EffectStatus, Undone};

use crate::world::{
    Project, SECRET, edit, incident, increase_memory, resource, retry_stage, set_environment, variables_with,
};

#[tokio::test]
async fn a_variable_given_by_a_killed_process_is_known_given_again_and_taken_back() {
    let project = Project::new("test -n \"$PASSPHRASE\"");
    let plan = project.first_process().preview(incident("inc-1"), vec![set_environment()]).await;
    let next = || project.next_process(&plan.incident);
    assert_eq!(next().probe(&plan, 0).await.unwrap(), EffectStatus::Absent);
    next().apply(&plan, 0).await.unwrap();
    assert_eq!(next().probe(&plan, 0).await.unwrap(), EffectStatus::Applied);
    assert!(next().verify(&plan).await.unwrap().is_healthy());
    assert_eq!(next().undo(&plan, 0).await.unwrap(), Undone::Restored);
    assert_eq!(next().probe(&plan, 0).await.unwrap(), EffectStatus::Absent);
    assert_eq!(next().undo(&plan, 0).await.unwrap(), Undone::Nothing);
    assert!(!next().verify(&plan).await.unwrap().is_healthy(), "what was seen before no longer counts");
}

#[tokio::test]
async fn no_file_holds_the_value_of_a_variable() {
    let project = Project::new("echo \"it is $PASSPHRASE\"; exit 1");
    let process = project.first_process();
    let plan = process.preview(incident("inc-1"), vec![set_environment()]).await;
    process.apply(&plan, 0).await.unwrap();
    assert!(!process.verify(&plan).await.unwrap().is_healthy());
    let kept = project.kept();
    assert!(!kept.is_empty());
    for file in kept {
        let text = fs::read(&file).unwrap();
        assert!(!text.windows(SECRET.len()).any(|part| part == SECRET.as_bytes()), "{file:?}");
    }
}

#[tokio::test]
async fn a_variable_that_is_not_configured_any_more_stops_further_runs() {
    let project = Project::new("test -n \"$PASSPHRASE\"");
    let process = project.first_process();
    let plan = process.preview(incident("inc-1"), vec![set_environment()]).await;
    process.apply(&plan, 0).await.unwrap();
    let refused = project.next_process_with(&plan.incident, BTreeMap::new()).verify(&plan).await.unwrap_err();
    assert!(refused.to_string().contains("PASSPHRASE"), "{refused}");
    assert_eq!(project.runs(), 1);
}

#[tokio::test]
async fn a_variable_whose_value_is_another_since_it_was_seen_is_not_given() {
    let project = Project::new("test -n \"$PASSPHRASE\"");
    let plan = project.first_process().preview(incident("inc-1"), vec![set_environment()]).await;
    let changed = project.next_process_with(&plan.incident, variables_with("another"));
    let refused = changed.apply(&plan, 0).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Conflict);
    assert!(refused.to_string().contains("PASSPHRASE changed since it was seen"), "{refused}");
    assert_eq!(changed.probe(&plan, 0).await.unwrap(), EffectStatus::Absent);
    project.next_process(&plan.incident).apply(&plan, 0).await.unwrap();
    let refused = project.next_process_with(&plan.incident, variables_with("another")).verify(&plan).await.unwrap_err();
    assert_eq!((refused.kind(), project.runs()), (ErrorKind::Conflict, 1));
}

#[tokio::test]
async fn the_same_value_is_another_version_in_another_incident() {
    let project = Project::new("false");
    let mut versions = Vec::new();
    for id in ["inc-1", "inc-1", "inc-2"] {
        let plan = project.first_process().preview(incident(id), vec![set_environment()]).await;
        versions.push(plan.previews[0].fences[0].version.clone().unwrap());
    }
    assert_eq!(versions[0], versions[1]);
    assert_ne!(versions[0], versions[2]);
}

#[tokio::test]
async fn a_raised_memory_limit_stays_raised_until_it_is_taken_back() {
    let project = Project::new("false");
    let steps = vec![increase_memory(1 << 30), increase_memory(2 << 30)];
    let plan = project.first_process().preview(incident("inc-1"), steps).await;
    let next = || project.next_process(&plan.incident);
    for step in 0..2 {
        assert_eq!(next().probe(&plan, step).await.unwrap(), EffectStatus::Absent);
        next().apply(&plan, step).await.unwrap();
        assert_eq!(next().probe(&plan, step).await.unwrap(), EffectStatus::Applied);
    }
    assert_eq!(next().pipeline.memory_limit(), Some(2 << 30));
    next().undo(&plan, 1).await.unwrap();
    assert_eq!(next().pipeline.memory_limit(), Some(1 << 30));
    next().undo(&plan, 0).await.unwrap();
    assert_eq!(next().pipeline.memory_limit(), None);
}

#[tokio::test]
async fn another_incident_starts_with_nothing_and_the_first_keeps_what_it_had() {
    let project = Project::new("test -n \"$PASSPHRASE\"");
    let process = project.first_process();
    let first = process.preview(incident("inc-1"), vec![set_environment()]).await;
    process.apply(&first, 0).await.unwrap();
    let second = project.first_process().preview(incident("inc-2"), vec![set_environment()]).await;
    for process in [&process, &project.next_process(&second.incident)] {
        assert_eq!(process.probe(&second, 0).await.unwrap(), EffectStatus::Absent);
        assert!(!process.verify(&second).await.unwrap().is_healthy());
    }
    assert_eq!(process.probe(&first, 0).await.unwrap(), EffectStatus::Applied, "in the same process again");
    assert_eq!(project.next_process(&first.incident).probe(&first, 0).await.unwrap(), EffectStatus::Applied);
}

#[tokio::test]
async fn a_command_whose_input_is_gone_is_not_run_again() {
    let project = Project::new("grep -q 4 service.conf");
    project.write("service.conf", "0\n");
    let mut opened = incident("inc-1");
    opened.facts = opened.facts.with("input_given", Fact::Flag(true));
    let steps = vec![edit("service.conf", 1, "0", "4")];
    let plan = project.first_process().preview(opened.clone(), steps).await;
    let process = project.next_process(&opened);
    for refused in [process.rehearse(&plan).await.map(drop), process.verify(&plan).await.map(drop)] {
        let refused = refused.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Unsupported);
        assert!(refused.to_string().contains("input"), "{refused}");
    }
    let rerun = process.preview(opened, vec![retry_stage()]).await;
    assert!(process.apply(&rerun, 0).await.is_err());
    assert_eq!(project.runs(), 1);
    assert_eq!(process.pipeline.resource(), resource());
}
