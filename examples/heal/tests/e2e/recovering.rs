//! What a killed healer left is put in order only by the journal that knows it, and nothing is done on a guess.

use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};

use rusqlite::Connection;

use crate::common::{BROKEN, Ended, Gate, MENDED, Service, World, send};

const REHEARSAL: u32 = 2;
const FINAL: u32 = 3;

fn kill(mut heal: Child, gate: Gate, at: u32) {
    let stopped = gate.reached();
    send("KILL", heal.id());
    heal.wait().unwrap();
    // On a copy the command dies with its healer.
    if at == FINAL {
        stopped.let_go();
    }
    stopped.wait_until_gone();
}

/// A service whose healer was killed at start number `at`.
fn killed_at(at: u32) -> Service {
    let service = Service::new();
    let gate = Gate::new(&service.world);
    kill(service.start(&[], at), gate, at);
    service
}

/// The private state of the only directory that has some.
fn state(world: &World) -> PathBuf {
    let folders = fs::read_dir(world.path("state/selfheal")).unwrap().map(|folder| folder.unwrap().path());
    let states: Vec<PathBuf> = folders.filter(|folder| folder.is_dir()).collect();
    let [state] = &states[..] else { panic!("{states:?}") };
    state.clone()
}

fn runs(world: &World) -> Vec<PathBuf> {
    fs::read_dir(state(world).join("runs")).unwrap().map(|file| file.unwrap().path()).collect()
}

fn set_version(store: &Path, version: u32) -> u32 {
    let journal = Connection::open(store.join("journal.db")).unwrap();
    let former = journal.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
    journal.pragma_update(None, "user_version", version).unwrap();
    former
}

#[test]
fn a_journal_that_can_not_be_asked_stops_the_next_heal_and_nothing_is_touched() {
    let service = killed_at(FINAL);
    let (world, store) = (&service.world, service.world.path("store"));
    let (before, kept, starts) = (world.snapshot(), runs(world), world.starts());
    let version = set_version(&store, 999);
    let refused = world.heal(&[], &["true"]);
    assert_eq!(refused.status, Some(2), "{refused}");
    refused.assert_says("Nothing is touched");
    refused.assert_says(&state(world).join("undo.json").display().to_string());
    assert_eq!((world.snapshot(), runs(world), world.starts()), (before, kept, starts));
    set_version(&store, version);
    let mended = world.heal(&[], &["true"]);
    mended.assert_says("taken back: service.conf");
    assert_eq!((mended.status, service.conf().as_str()), (Some(0), BROKEN), "{mended}");
}

#[test]
fn neither_does_a_store_that_is_not_there_count_as_one_that_knows_nothing() {
    let service = killed_at(FINAL);
    let (world, store, away) = (&service.world, service.world.path("store"), service.world.path("away"));
    fs::rename(&store, &away).unwrap();
    let elsewhere = |world: &World| {
        let mut heal = world.bare();
        heal.arg("--dir").arg(world.dir()).args(["--", "true"]);
        Ended::of(heal)
    };
    let refused = elsewhere(world);
    assert_eq!((refused.status, service.conf().as_str()), (Some(2), MENDED), "{refused}");
    refused.assert_says(&store.display().to_string());
    assert!(!store.exists(), "it is not made anew");
    fs::rename(&away, &store).unwrap();
    let ended = elsewhere(world);
    assert_eq!((ended.status, service.conf().as_str()), (Some(0), BROKEN), "by the journal that knows it: {ended}");
    let open = world.ask(&["incidents", "--open", "--json", "--store", &store.display().to_string()]);
    assert_eq!(open.stdout.trim_ascii(), b"[]", "{open}");
}

#[test]
fn an_incident_of_another_store_that_changed_nothing_is_left_alone() {
    let service = killed_at(REHEARSAL);
    let (world, store) = (&service.world, service.world.path("store"));
    fs::rename(&store, world.path("away")).unwrap();
    let mut heal = world.bare();
    heal.arg("--dir").arg(world.dir()).args(["--", "true"]);
    let ended = Ended::of(heal);
    assert_eq!((ended.status, ended.said().as_str()), (Some(0), ""), "{ended}");
    fs::rename(world.path("away"), &store).unwrap();
    let resumed = world.ask(&["resume", "--all", "--json", "--store", &store.display().to_string()]);
    assert_eq!((resumed.status, service.conf().as_str()), (Some(0), MENDED), "{resumed}");
}

#[test]
fn a_record_that_is_lost_for_good_is_named_and_without_it_life_goes_on() {
    let service = killed_at(FINAL);
    let world = &service.world;
    fs::remove_dir_all(world.path("store")).unwrap();
    let refused = world.heal(&[], &["true"]);
    assert_eq!((refused.status, service.conf().as_str()), (Some(2), MENDED), "{refused}");
    fs::remove_file(state(world).join("undo.json")).unwrap();
    let ended = world.heal(&[], &["true"]);
    assert_eq!((ended.status, service.conf().as_str()), (Some(0), MENDED), "{ended}");
}

#[test]
fn what_a_journal_that_was_asked_does_not_know_is_taken_back() {
    let service = killed_at(FINAL);
    let world = &service.world;
    fs::remove_dir_all(world.path("store")).unwrap();
    // A journal that begins anew, as after a restore from before.
    let mut other = world.bare();
    other.arg("--dir").arg(world.path("home")).arg("--store").arg(world.path("store")).args(["--", "false"]);
    assert_eq!(Ended::of(other).status, Some(20));
    let ended = world.heal(&[], &["true"]);
    assert_eq!((ended.status, service.conf().as_str()), (Some(0), BROKEN), "{ended}");
    assert!(world.heal(&[], &["true"]).said().is_empty(), "it is said once");
}

#[test]
fn what_a_kill_kept_from_becoming_a_manifest_goes() {
    let service = killed_at(REHEARSAL);
    let folder = state(&service.world).join("runs");
    for name in ["inc-1.json.new", ".new-a1b2c3"] {
        fs::write(folder.join(name), "a command line").unwrap();
    }
    assert_eq!(service.world.heal(&[], &["true"]).status, Some(0));
    assert_eq!(runs(&service.world), Vec::<PathBuf>::new());
}

#[test]
fn a_store_is_the_same_however_it_is_named() {
    let service = killed_at(REHEARSAL);
    let world = &service.world;
    // One that was killed before anything of it was journaled.
    let [manifest] = &runs(world)[..] else { panic!("one") };
    let id = manifest.file_stem().unwrap().to_str().unwrap();
    let text = fs::read_to_string(manifest).unwrap().replace(id, "inc-00000000000000b0");
    fs::write(manifest.with_file_name("inc-00000000000000b0.json"), text).unwrap();
    let resumed = world.ask(&["resume", "--all", "--store", "../store"]);
    assert_eq!((resumed.status, service.conf().as_str()), (Some(0), MENDED), "{resumed}");
    assert_eq!(runs(world), Vec::<PathBuf>::new());
}

#[test]
fn a_directory_whose_name_is_no_text_is_healed_and_resumed() {
    let service = Service::new();
    let world = &service.world;
    let dir = world.path("").join(OsString::from_vec(b"n\xffo text".to_vec()));
    fs::rename(world.dir(), &dir).unwrap();
    let gate = Gate::new(world);
    let mut heal = world.bare();
    heal.arg("--dir").arg(&dir).arg("--store").arg(world.path("store")).env("STOP_AT", REHEARSAL.to_string());
    heal.args(service.options(&["--", "./start.sh"])).stdout(Stdio::null()).stderr(Stdio::null());
    kill(heal.spawn().unwrap(), gate, REHEARSAL);
    let mut resume = world.command(env!("CARGO_BIN_EXE_heal"));
    resume.args(["resume", "--all", "--json", "--store"]).arg(world.path("store")).current_dir(world.path(""));
    let resumed = Ended::of(resume);
    assert_eq!((resumed.status, resumed.json()["outcome"].as_str()), (Some(0), Some("healed")), "{resumed}");
    assert_eq!(fs::read_to_string(dir.join("service.conf")).unwrap(), MENDED);
}

#[test]
fn credentials_of_the_command_line_are_in_no_record() {
    let world = World::new();
    let script = "echo 'error: the database is not there' >&2; exit 1";
    let ended = world.heal(&[], &["sh", "-c", script, "x", "-u", "bob:Zx9kQw3mPp", "-pYy8jRt5nLq", "plain-Ww7hTs4bKd"]);
    assert_eq!(ended.status, Some(20), "{ended}");
    for secret in ["Zx9kQw3mPp", "Yy8jRt5nLq"] {
        assert_eq!(world.files_that_tell(secret), Vec::<PathBuf>::new(), "{secret}");
        assert!(!ended.said().contains(secret), "{ended}");
    }
    let recorded =
        world.files_that_tell("plain-Ww7hTs4bKd").into_iter().filter(|file| file.starts_with(world.path("store")));
    assert_eq!(recorded.collect::<Vec<_>>(), Vec::<PathBuf>::new(), "no argument is recorded");
}

#[test]
fn what_a_command_is_called_can_not_act_on_the_terminal() {
    let world = World::new();
    let mut heal = world.run(&[], &["sh", "-c", "echo 'error: no'; exit 1", "\u{1b}]0;pwn\u{7}\u{202e}"]);
    heal.env("CLICOLOR_FORCE", "1");
    let ended = Ended::of(heal);
    assert!(ended.said().contains("pwn"), "{ended}");
    for acts in ["\u{1b}]", "\u{7}", "\u{202e}"] {
        assert!(!ended.said().contains(acts), "{acts:?}");
    }
}
