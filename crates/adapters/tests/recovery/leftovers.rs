//! What an incident leaves in the state of a directory, and that it goes with it.

use selfheal_adapters::local::Leftover;
use selfheal_core::error::ErrorKind;
use selfheal_core::ports::{EffectStatus, Undone};

use crate::world::{Journaled, Project, edit, incident, set_environment};

async fn applied(project: &Project, id: &str) -> Journaled {
    let process = project.first_process();
    let plan = process.preview(incident(id), vec![edit("service.conf", 1, "0", "4")]).await;
    process.rehearse(&plan).await.unwrap();
    process.apply(&plan, 0).await.unwrap();
    plan
}

fn project() -> Project {
    let project = Project::new("grep -q 4 service.conf");
    project.write("service.conf", "0\n");
    project
}

#[tokio::test]
async fn a_host_finds_who_left_something_and_any_process_removes_it() {
    let project = project();
    assert_eq!(Leftover::all(&project.state()).unwrap(), []);
    let waiting = project.first_process().preview(incident("inc-2"), vec![set_environment()]).await;
    let plan = applied(&project, "inc-1").await;
    let left = Leftover::all(&project.state()).unwrap();
    let left: Vec<_> = left.iter().map(|left| (left.incident.as_str(), left.changed_files)).collect();
    assert_eq!(left, [("inc-1", true), ("inc-2", false)]);
    for _ in 0..2 {
        project.next_process(&plan.incident).settle(&plan.incident).await;
        project.next_process(&plan.incident).settle(&waiting.incident).await;
    }
    assert_eq!(Leftover::all(&project.state()).unwrap(), []);
    assert_eq!(project.kept(), Vec::<std::path::PathBuf>::new());
    assert_eq!(project.read("service.conf"), "4\n", "what was healed stays");
}

#[tokio::test]
async fn while_files_are_changed_by_one_incident_another_changes_none() {
    let project = project();
    let first = applied(&project, "inc-1").await;
    let process = project.first_process();
    let second = process.preview(incident("inc-2"), vec![edit("service.conf", 1, "4", "44")]).await;
    process.rehearse(&second).await.unwrap();
    let refused = process.apply(&second, 0).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Conflict);
    assert!(refused.to_string().contains("inc-1"), "{refused}");
    assert_eq!(project.next_process(&first.incident).undo(&first, 0).await.unwrap(), Undone::Restored);
    assert_eq!(process.probe(&second, 0).await.unwrap(), EffectStatus::Diverged);
}

#[tokio::test]
async fn what_could_not_be_taken_back_stays_for_the_next_healer_whoever_settles() {
    let project = project();
    let plan = applied(&project, "inc-1").await;
    project.write("service.conf", "somebody's\n");
    let undone = project.next_process(&plan.incident).undo(&plan, 0).await.unwrap();
    assert!(matches!(undone, Undone::ForeignChange { .. }));
    project.next_process(&plan.incident).settle(&plan.incident).await;
    let left = Leftover::all(&project.state()).unwrap();
    assert_eq!(left, [Leftover { incident: plan.incident.id, changed_files: true }]);
}

#[tokio::test]
async fn a_process_that_goes_on_after_settling_begins_anew() {
    let project = project();
    let process = project.first_process();
    let plan = process.preview(incident("inc-1"), vec![set_environment()]).await;
    process.apply(&plan, 0).await.unwrap();
    process.settle(&plan.incident).await;
    process.pipeline.run_in_place().unwrap();
    let next = process.preview(incident("inc-2"), vec![set_environment()]).await;
    assert_eq!(process.probe(&next, 0).await.unwrap(), EffectStatus::Absent);
    assert_eq!(process.pipeline.used().starts, 1);
}
