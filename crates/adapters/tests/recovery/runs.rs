//! Runs in place: whether one happened, what it saw, and how many there may be.

use std::fs;

use selfheal_core::error::ErrorKind;
use selfheal_core::incident::IncidentId;
use selfheal_core::ports::{EffectStatus, Rehearsal};

use crate::world::{Journaled, Project, edit, incident, retry_stage, set_environment};

async fn previewed(project: &Project) -> Journaled {
    project.first_process().preview(incident("inc-1"), vec![retry_stage()]).await
}

#[tokio::test]
async fn a_run_that_ended_before_the_kill_happened_and_is_not_repeated() {
    let project = Project::new("test -f again || { touch again; false; }");
    let plan = previewed(&project).await;
    let next = || project.next_process(&plan.incident);
    assert_eq!(next().probe(&plan, 0).await.unwrap(), EffectStatus::Absent);
    next().apply(&plan, 0).await.unwrap();
    assert_eq!(next().probe(&plan, 0).await.unwrap(), EffectStatus::Applied);
    assert!(next().verify(&plan).await.unwrap().is_healthy());
    assert!(next().verify(&plan).await.unwrap().is_healthy());
    assert_eq!(project.runs(), 2, "the first, and the rerun");
}

#[tokio::test]
async fn a_rerun_that_was_judged_is_not_taken_for_the_next_one() {
    let project = Project::new("false");
    let plan = previewed(&project).await;
    let next = || project.next_process(&plan.incident);
    next().apply(&plan, 0).await.unwrap();
    assert!(!next().verify(&plan).await.unwrap().is_healthy());
    assert_eq!(next().probe(&plan, 0).await.unwrap(), EffectStatus::Absent, "the second start was not made yet");
    next().apply(&plan, 0).await.unwrap();
    assert_eq!(next().probe(&plan, 0).await.unwrap(), EffectStatus::Applied);
}

#[tokio::test]
async fn of_a_run_during_which_the_kill_struck_nobody_knows() {
    // The command itself sees what is on disk while it runs.
    let project = Project::new("cd \"$(cat where)\" && cp incidents/*/session.json during.json; false");
    project.write("where", &project.state().path().display().to_string());
    let plan = previewed(&project).await;
    project.next_process(&plan.incident).apply(&plan, 0).await.unwrap();
    fs::rename(project.state().path().join("during.json"), project.kept_file("session.json")).unwrap();
    assert_eq!(project.next_process(&plan.incident).probe(&plan, 0).await.unwrap(), EffectStatus::Diverged);
}

#[tokio::test]
async fn without_what_was_kept_nobody_knows_either() {
    let project = Project::new("false");
    let plan = previewed(&project).await;
    project.next_process(&plan.incident).apply(&plan, 0).await.unwrap();
    fs::remove_file(project.kept_file("session.json")).unwrap();
    assert_eq!(project.next_process(&plan.incident).probe(&plan, 0).await.unwrap(), EffectStatus::Diverged);
}

#[tokio::test]
async fn a_session_that_cannot_be_read_is_refused_and_stays() {
    let project = Project::new("false");
    let plan = previewed(&project).await;
    let session = project.kept_file("session.json");
    let process = project.next_process(&plan.incident);
    let newer = fs::read_to_string(&session).unwrap().replace("\"version\":1", "\"version\":2");
    fs::write(&session, &newer).unwrap();
    drop(process);
    let first = project.first_process();
    assert_eq!(first.probe(&plan, 0).await.unwrap_err().kind(), ErrorKind::Invalid);
    assert_eq!(fs::read_to_string(&session).unwrap(), newer);
}

#[tokio::test]
async fn a_copy_is_compared_with_the_failure_that_the_journal_knows() {
    let project = Project::new("cat service.conf; echo 'error: not there yet'; grep -q 4 service.conf");
    project.write("service.conf", "0\n");
    let process = project.first_process();
    let plan = process.preview(process.opened("inc-1").await, vec![edit("service.conf", 1, "0", "3")]).await;
    drop(process);
    let rehearsal = project.next_process(&plan.incident).rehearse(&plan).await.unwrap();
    assert!(matches!(rehearsal, Rehearsal::Failed { .. }), "the copy is faithful: {rehearsal:?}");
    let mut other = plan;
    other.incident.id = IncidentId::new("inc-2");
    other.incident.fingerprint = incident("inc-2").fingerprint;
    let process = project.next_process(&other.incident);
    let plan = process.preview(other.incident, other.steps).await;
    let rehearsal = process.rehearse(&plan).await.unwrap();
    assert!(matches!(rehearsal, Rehearsal::Unsupported { .. }), "{rehearsal:?}");
}

#[tokio::test]
async fn starts_of_all_processes_count_together() {
    let project = Project::new("false");
    let plan = previewed(&project).await;
    for _ in 0..4 {
        project.next_process(&plan.incident).apply(&plan, 0).await.unwrap();
    }
    let process = project.next_process(&plan.incident);
    assert_eq!(process.pipeline.used().starts, 5);
    assert_eq!(process.apply(&plan, 0).await.unwrap_err().kind(), ErrorKind::LimitReached);
    assert_eq!(project.runs(), 5);
}

#[tokio::test]
async fn a_change_outdates_what_a_former_process_saw() {
    let project = Project::new("test -n \"$PASSPHRASE\"");
    let process = project.first_process();
    let plan = process.preview(incident("inc-1"), vec![retry_stage(), set_environment()]).await;
    process.apply(&plan, 0).await.unwrap();
    drop(process);
    project.next_process(&plan.incident).apply(&plan, 1).await.unwrap();
    assert!(project.next_process(&plan.incident).verify(&plan).await.unwrap().is_healthy());
    assert_eq!(project.runs(), 3);
}
