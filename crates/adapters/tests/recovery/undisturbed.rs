//! What a former process saw counts only while its changes are in place.

use std::os::unix::ffi::OsStringExt;

use selfheal_adapters::local::workspace::Undo;
use selfheal_core::error::{ErrorKind, Retry};
use selfheal_core::ports::{EffectStatus, Undone};

use crate::world::{Journaled, Project, edit, incident, retry_stage};

/// The fix is in place, and a process saw that it heals.
async fn verified(project: &Project, steps: Vec<selfheal_core::plan::Step>) -> Journaled {
    project.write("service.conf", "workers = 0\n");
    let process = project.first_process();
    let plan = process.preview(incident("inc-1"), steps).await;
    process.rehearse(&plan).await.unwrap();
    process.apply(&plan, 0).await.unwrap();
    plan
}

fn fix() -> Vec<selfheal_core::plan::Step> {
    vec![edit("service.conf", 1, "workers = 0", "workers = 4")]
}

async fn assert_nobody_knows(project: &Project, plan: &Journaled) {
    let runs = project.runs();
    let refused = project.next_process(&plan.incident).verify(plan).await.unwrap_err();
    assert_eq!(refused.retry(), Retry::UnknownOutcome, "{refused}");
    assert!(refused.to_string().contains("service.conf"), "{refused}");
    assert_eq!(project.runs(), runs, "the command is not asked either");
}

#[tokio::test]
async fn it_counts_while_they_are() {
    let project = Project::new("grep -q 'workers = [49]' service.conf");
    let plan = verified(&project, fix()).await;
    assert!(project.next_process(&plan.incident).verify(&plan).await.unwrap().is_healthy());
    let runs = project.runs();
    assert!(project.next_process(&plan.incident).verify(&plan).await.unwrap().is_healthy());
    assert_eq!(project.runs(), runs);
}

#[tokio::test]
async fn somebodys_edit_is_not_booked_as_the_fix() {
    let project = Project::new("grep -q 'workers = [49]' service.conf");
    let plan = verified(&project, fix()).await;
    project.next_process(&plan.incident).verify(&plan).await.unwrap();
    project.write("service.conf", "workers = 9\n");
    assert_nobody_knows(&project, &plan).await;
    let undone = project.next_process(&plan.incident).undo(&plan, 0).await.unwrap();
    assert!(matches!(undone, Undone::ForeignChange { .. }), "{undone:?}");
    assert_eq!(project.read("service.conf"), "workers = 9\n");
}

#[tokio::test]
async fn neither_is_what_the_command_did_with_it_for_the_first_time() {
    let project = Project::new("grep -q 'workers = [49]' service.conf");
    let plan = verified(&project, fix()).await;
    project.write("service.conf", "workers = 9\n");
    assert_nobody_knows(&project, &plan).await;
}

#[tokio::test]
async fn what_was_taken_back_behind_the_journal_is_not_taken_for_healed() {
    let project = Project::new("grep -q 'workers = [49]' service.conf");
    let plan = verified(&project, fix()).await;
    project.next_process(&plan.incident).verify(&plan).await.unwrap();
    Undo::recover(&project.dir, &project.state()).unwrap().unwrap();
    assert_eq!(project.read("service.conf"), "workers = 0\n");
    assert_nobody_knows(&project, &plan).await;
    assert_eq!(project.next_process(&plan.incident).probe(&plan, 0).await.unwrap(), EffectStatus::Absent);
}

#[tokio::test]
async fn the_command_is_not_run_as_a_step_on_somebodys_files() {
    let project = Project::new("grep -q 'workers = [49]' service.conf");
    let steps = [fix(), vec![retry_stage()]].concat();
    let plan = verified(&project, steps).await;
    project.write("service.conf", "workers = 9\n");
    let (runs, process) = (project.runs(), project.next_process(&plan.incident));
    let refused = process.apply(&plan, 1).await.unwrap_err();
    assert_eq!(
        (refused.kind(), refused.retry()),
        (ErrorKind::Conflict, Retry::Permanent),
        "nothing was done: {refused}"
    );
    assert_eq!(project.runs(), runs);
}

#[tokio::test]
async fn without_the_kept_plan_nobody_knows_what_should_be_in_place() {
    let project = Project::new("grep -q 'workers = [49]' service.conf");
    let plan = verified(&project, fix()).await;
    std::fs::remove_file(project.kept_file("plan")).unwrap();
    let refused = project.next_process(&plan.incident).verify(&plan).await.unwrap_err();
    assert_eq!(refused.retry(), Retry::UnknownOutcome, "{refused}");
}

#[tokio::test]
async fn a_directory_whose_name_is_no_text_is_mended_and_taken_back_too() {
    let name = std::ffi::OsString::from_vec(b"n\xffot text".to_vec());
    let project = Project::in_directory(&name, "grep -q 'workers = [49]' service.conf");
    let plan = verified(&project, fix()).await;
    assert!(project.next_process(&plan.incident).verify(&plan).await.unwrap().is_healthy());
    assert_eq!(project.next_process(&plan.incident).undo(&plan, 0).await.unwrap(), Undone::Restored);
    assert_eq!(project.read("service.conf"), "workers = 0\n");
}
