//! From another place, on another machine, with something missing.

use std::fs;

use super::*;

/// `heal` in `dir`, with the default store.
fn at(world: &World, dir: &str, arguments: &[&str]) -> Ended {
    let mut heal = world.command(env!("CARGO_BIN_EXE_heal"));
    heal.args(arguments).current_dir(dir);
    Ended::of(heal)
}

/// A healer in the project's own default store, killed at the rehearsal.
fn killed_in_default_store(service: &Service) {
    let gate = Gate::new(&service.world);
    let mut heal = service.world.bare();
    heal.current_dir(service.world.dir()).env("STOP_AT", REHEARSAL.to_string());
    let mut heal = heal.args(service.options(&["--", "./start.sh"])).spawn().unwrap();
    kill(&mut heal, gate.reached(), false);
}

#[test]
fn outside_of_git_the_default_store_is_the_users() {
    let service = Service::new();
    killed_in_default_store(&service);
    let resumed = at(&service.world, "/", &["resume", "--all", "--json"]);
    assert_eq!((resumed.status, resumed.json()["outcome"].as_str()), (Some(0), Some("healed")), "{resumed}");
    assert_eq!(service.conf(), MENDED);
}

#[test]
fn inside_of_git_it_is_in_the_git_directory_and_dir_names_it() {
    if !have("git") {
        return skip("git is not here");
    }
    let service = Service::new();
    let dir = service.world.dir().display().to_string();
    let mut git = service.world.command("git");
    git.args(["init", "-q", &dir]);
    assert_eq!(Ended::of(git).status, Some(0));
    killed_in_default_store(&service);
    assert!(service.world.dir().join(".git/.selfheal/journal.db").exists());
    let elsewhere = at(&service.world, "/", &["resume", "--all"]);
    assert_eq!((elsewhere.status, service.conf().as_str()), (Some(0), BROKEN), "another store: {elsewhere}");
    let resumed = at(&service.world, "/", &["resume", "--all", "--json", "--dir", &dir]);
    assert_eq!((resumed.status, service.conf().as_str()), (Some(0), MENDED), "{resumed}");
}

#[test]
fn where_the_directory_is_not_there_it_is_left_to_who_has_it() {
    let service = killed_at(REHEARSAL);
    let (id, away) = (left(&service), service.world.path("away"));
    fs::rename(service.world.dir(), &away).unwrap();
    let root = service.world.path("").display().to_string();
    let one = at(&service.world, &root, &["resume", &id, "--store", &store(&service)]);
    assert_eq!(one.status, Some(2), "{one}");
    one.assert_says("is not there");
    let all = at(&service.world, &root, &["resume", "--all", "--store", &store(&service)]);
    assert_eq!(all.status, Some(0), "{all}");
    all.assert_says(&format!("{id} is left alone"));
    fs::rename(&away, service.world.dir()).unwrap();
    assert_eq!(ask(&service, &["resume", &id]).status, Some(0));
    assert_settled(&service, MENDED);
}

#[test]
fn a_store_on_another_machine_shows_everything_and_resumes_nothing() {
    let service = killed_at(FINAL);
    let there = Service::new();
    let copy = there.world.path("store");
    fs::create_dir(&copy).unwrap();
    for file in fs::read_dir(store(&service)).unwrap().map(|file| file.unwrap().path()).filter(|file| file.is_file()) {
        fs::copy(&file, copy.join(file.file_name().unwrap())).unwrap();
    }
    assert_eq!(ask(&there, &["show", &left(&there)]).status, Some(0));
    // The directory of that name is there too, but not what is known of the run.
    let resumed = ask(&there, &["resume", &left(&there)]);
    assert_eq!(resumed.status, Some(2), "{resumed}");
    assert_eq!(service.conf(), MENDED, "left as it was");
    assert_eq!(ask(&service, &["resume", &left(&service)]).status, Some(20));
    assert_settled(&service, BROKEN);
}

#[test]
fn a_file_it_was_started_with_that_is_gone_is_named_with_what_to_do() {
    let service = Service::new();
    let file = service.world.aside("ci.env", "PORT=1\n");
    let service = killed(service, &["--env-file", &file], FINAL);
    let content = fs::read(&file).unwrap();
    fs::remove_file(&file).unwrap();
    let id = left(&service);
    let resumed = ask(&service, &["resume", &id]);
    assert_eq!((resumed.status, service.conf().as_str()), (Some(2), MENDED), "{resumed}");
    [&file, "put that back", "heal run"].iter().for_each(|text| resumed.assert_says(text));
    fs::write(&file, content).unwrap();
    assert_eq!(ask(&service, &["resume", &id]).status, Some(20));
    assert_settled(&service, BROKEN);
}

#[test]
fn what_is_gone_does_not_keep_the_next_run_from_taking_back() {
    let service = Service::new();
    let file = service.world.aside("ci.env", "PORT=1\n");
    let service = killed(service, &["--env-file", &file], FINAL);
    fs::remove_file(&file).unwrap();
    let next = service.world.heal(&[], &["true"]);
    assert_eq!(next.status, Some(0), "{next}");
    next.assert_says("taken back: service.conf");
    assert_settled(&service, BROKEN);
}

/// It is another directory by its inode, with the very files that the healer left.
#[test]
fn a_directory_that_was_put_back_from_a_copy_is_not_said_to_be_as_before_when_it_is_not() {
    let service = killed_at(FINAL);
    let (dir, copy) = (service.world.dir(), service.world.path("copy"));
    let copied = std::process::Command::new("cp").arg("-a").args([dir, &copy]).status().unwrap();
    assert!(copied.success());
    fs::remove_dir_all(dir).unwrap();
    fs::rename(&copy, dir).unwrap();
    let root = service.world.path("").display().to_string();
    let resumed = at(&service.world, &root, &["resume", &left(&service), "--json", "--store", &store(&service)]);
    assert_eq!(resumed.status, Some(20), "{resumed}");
    match resumed.json()["actions"][0]["result"].as_str() {
        Some("rolled_back") => assert_eq!(service.conf(), BROKEN, "{resumed}"),
        _ => assert!(resumed.json()["escalation"].as_str().unwrap().contains("service.conf"), "{resumed}"),
    }
}
