//! File changes: previewed, rehearsed, applied and taken back by processes of their own.

use std::fs;

use selfheal_core::error::ErrorKind;
use selfheal_core::ports::{EffectStatus, Rehearsal, Undone};

use crate::world::{Journaled, Project, edit, incident, mode_of};

const BROKEN: &str = "# settings\nworkers = 0\n";
const MENDED: &str = "# settings\nworkers = 4\n";

fn project() -> Project {
    let project = Project::new("grep -q 'workers = 4' service.conf");
    project.write("service.conf", BROKEN);
    project.write("notes.txt", "one\ntwo\n");
    project
}

async fn previewed(project: &Project) -> Journaled {
    let steps = vec![
        edit("service.conf", 2, "workers = 0", "workers = 2"),
        edit("notes.txt", 1, "one", "1"),
        edit("service.conf", 2, "workers = 2", "workers = 4"),
    ];
    project.first_process().preview(incident("inc-1"), steps).await
}

async fn rehearsed(project: &Project) -> Journaled {
    let plan = previewed(project).await;
    let rehearsal = project.next_process(&plan.incident).rehearse(&plan).await.unwrap();
    assert!(matches!(rehearsal, Rehearsal::Verified { .. }), "{rehearsal:?}");
    plan
}

async fn applied(project: &Project) -> Journaled {
    let plan = rehearsed(project).await;
    for step in 0..plan.steps.len() {
        assert_eq!(project.next_process(&plan.incident).probe(&plan, step).await.unwrap(), EffectStatus::Absent);
        project.next_process(&plan.incident).apply(&plan, step).await.unwrap();
        assert_eq!(project.next_process(&plan.incident).probe(&plan, step).await.unwrap(), EffectStatus::Applied);
    }
    plan
}

#[tokio::test]
async fn every_step_is_done_by_a_process_of_its_own_and_taken_back_by_others() {
    let project = project();
    let plan = applied(&project).await;
    assert_eq!((project.read("service.conf").as_str(), project.read("notes.txt").as_str()), (MENDED, "1\ntwo\n"));
    assert!(project.next_process(&plan.incident).verify(&plan).await.unwrap().is_healthy());
    for step in (0..plan.steps.len()).rev() {
        assert_eq!(project.next_process(&plan.incident).undo(&plan, step).await.unwrap(), Undone::Restored);
        assert_eq!(project.next_process(&plan.incident).undo(&plan, step).await.unwrap(), Undone::Nothing, "twice");
    }
    assert_eq!((project.read("service.conf").as_str(), project.read("notes.txt").as_str()), (BROKEN, "one\ntwo\n"));
}

#[tokio::test]
async fn without_a_verified_rehearsal_no_process_changes_a_file() {
    let project = project();
    let plan = previewed(&project).await;
    let refused = project.next_process(&plan.incident).apply(&plan, 0).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Forbidden);
    assert_eq!(project.read("service.conf"), BROKEN);
}

#[tokio::test]
async fn files_of_which_only_some_got_into_place_are_all_taken_back() {
    let project = project();
    let plan = applied(&project).await;
    // As a kill between the renames of the last step leaves it.
    project.write("service.conf", "# settings\nworkers = 2\n");
    project.write(".selfheal-new-a1", MENDED);
    let process = project.next_process(&plan.incident);
    assert_eq!(process.probe(&plan, 2).await.unwrap(), EffectStatus::Absent);
    for step in (0..plan.steps.len()).rev() {
        process.undo(&plan, step).await.unwrap();
    }
    assert_eq!((project.read("service.conf").as_str(), project.read("notes.txt").as_str()), (BROKEN, "one\ntwo\n"));
    assert!(!project.dir.join(".selfheal-new-a1").exists());
}

#[tokio::test]
async fn what_somebody_else_changed_meanwhile_is_neither_overwritten_nor_taken_back() {
    let project = project();
    let plan = applied(&project).await;
    project.write("service.conf", "somebody's\n");
    let process = project.next_process(&plan.incident);
    assert_eq!(process.probe(&plan, 2).await.unwrap(), EffectStatus::Diverged);
    let what = "service.conf".to_owned();
    assert_eq!(process.undo(&plan, 2).await.unwrap(), Undone::ForeignChange { what });
    assert_eq!(project.read("service.conf"), "somebody's\n");
}

#[tokio::test]
async fn what_the_command_itself_wrote_in_a_former_process_is_taken_back() {
    let project = Project::new("echo done >> service.conf; grep -q 'workers = 4' service.conf");
    project.write("service.conf", "workers = 0\n");
    let process = project.first_process();
    project.write("service.conf", "workers = 0\n");
    let plan = process.preview(incident("inc-1"), vec![edit("service.conf", 1, "workers = 0", "workers = 4")]).await;
    process.rehearse(&plan).await.unwrap();
    process.apply(&plan, 0).await.unwrap();
    process.verify(&plan).await.unwrap();
    drop(process);
    assert_eq!(project.read("service.conf"), "workers = 4\ndone\n");
    assert_eq!(project.next_process(&plan.incident).undo(&plan, 0).await.unwrap(), Undone::Restored);
    assert_eq!(project.read("service.conf"), "workers = 0\n");
}

#[tokio::test]
async fn kept_changes_that_are_not_those_previewed_are_refused_and_nothing_is_changed() {
    let project = project();
    let plan = rehearsed(&project).await;
    let file = project.kept_file("plan");
    let genuine = fs::read(&file).unwrap();
    let text = String::from_utf8(genuine.clone()).unwrap();
    let other = {
        // The material of another plan is whole, and still not this one's.
        let project = Project::new("false");
        project.write("service.conf", &format!("{BROKEN}timeout = 0\n"));
        project.write("notes.txt", "one\nsomething else\n");
        previewed(&project).await;
        fs::read_to_string(project.kept_file("plan")).unwrap()
    };
    for altered in [
        text.replace("workers = 4", "workers = 9"),
        text.replace("\"mode\":", "\"mode\":1"),
        text[..40].to_owned(),
        other,
    ] {
        assert_ne!(altered, text);
        fs::write(&file, &altered).unwrap();
        for step in 0..2 {
            let refused = project.next_process(&plan.incident).apply(&plan, step).await.unwrap_err();
            assert!(matches!(refused.kind(), ErrorKind::Conflict | ErrorKind::Forbidden), "{refused}");
            assert!(refused.to_string().contains("altered"), "{refused}");
        }
    }
    assert_eq!(project.read("service.conf"), BROKEN);
    fs::write(&file, &genuine).unwrap();
    project.next_process(&plan.incident).apply(&plan, 0).await.unwrap();
    // Taking back needs the undo record only.
    fs::write(&file, "nonsense").unwrap();
    assert_eq!(project.next_process(&plan.incident).undo(&plan, 0).await.unwrap(), Undone::Restored);
    assert_eq!(project.read("service.conf"), BROKEN);
}

#[tokio::test]
async fn a_new_plan_takes_the_place_of_the_former_one() {
    let project = project();
    let former = rehearsed(&project).await;
    let process = project.next_process(&former.incident);
    let steps = vec![edit("service.conf", 2, "workers = 0", "workers = 4")];
    let plan = process.preview(incident("inc-1"), steps).await;
    drop(process);
    let process = project.next_process(&plan.incident);
    assert_eq!(process.apply(&plan, 0).await.unwrap_err().kind(), ErrorKind::Forbidden, "another one was rehearsed");
    assert_eq!(process.apply(&former, 0).await.unwrap_err().kind(), ErrorKind::Invalid);
    assert!(process.patch().contains("+workers = 4"), "{}", process.patch());
}

#[tokio::test]
async fn what_is_kept_is_private() {
    let project = project();
    applied(&project).await;
    let kept = project.kept();
    assert!(kept.len() >= 4, "{kept:?}");
    for file in kept {
        assert_eq!(mode_of(&file), 0o600, "{file:?}");
        assert_eq!(mode_of(file.parent().unwrap()), 0o700, "{file:?}");
    }
}
