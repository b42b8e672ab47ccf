//! SIGKILL at any moment: the next `heal` in the directory puts it in order, and says so.

use crate::common::{Gate, Service, World, send};

const REHEARSAL: u32 = 2;
const FINAL: u32 = 3;

fn killed_at(at: u32) -> (Service, std::collections::BTreeMap<std::path::PathBuf, (u32, Vec<u8>)>) {
    let service = Service::new();
    let before = service.world.snapshot();
    let gate = Gate::new(&service.world);
    let mut heal = service.start(&[], at);
    let stopped = gate.reached();
    send("KILL", heal.id());
    heal.wait().unwrap();
    if at == FINAL {
        // It runs in the user's own directory, as if it had been started there without the healer.
        stopped.let_go();
    }
    stopped.wait_until_gone();
    (service, before)
}

#[test]
fn while_the_fix_is_verified_the_next_heal_takes_it_back_to_the_byte() {
    let (service, before) = killed_at(FINAL);
    assert_ne!(service.world.snapshot(), before, "the fix was in place when the healer was killed");
    let next = service.world.heal(&[], &["true"]);
    assert_eq!(next.status, Some(0));
    next.assert_says("service.conf");
    next.assert_says("interrupted");
    assert_eq!(service.world.snapshot(), before);
    let after = service.world.heal(&[], &["true"]);
    assert!(after.stderr.is_empty(), "it is said once: {after}");
}

#[test]
fn what_somebody_wrote_since_is_left_alone_and_what_was_there_before_is_saved() {
    let (service, before) = killed_at(FINAL);
    service.world.write("service.conf", "# mine\nworkers = 7\n");
    let next = service.world.heal(&[], &["true"]);
    assert_eq!(service.world.read("service.conf"), "# mine\nworkers = 7\n");
    let saved = next.said().split_whitespace().find(|word| word.contains("/saved/")).map(str::to_owned);
    let (_, (_, content)) = before.iter().find(|(path, _)| path.ends_with("service.conf")).unwrap();
    assert_eq!(&std::fs::read(saved.unwrap()).unwrap(), content);
}

#[test]
fn while_the_fix_is_rehearsed_the_directory_is_untouched_and_the_copy_goes_with_the_next_heal() {
    let (service, before) = killed_at(REHEARSAL);
    assert_eq!(service.world.snapshot(), before);
    assert!(!service.world.leftovers().is_empty(), "the killed healer could not remove its copy");
    let next = service.heal_json(&[]);
    assert_eq!(next.json()["outcome"], "healed", "{next}");
    assert_eq!(service.world.leftovers(), Vec::<std::path::PathBuf>::new());
}

#[test]
fn the_copy_goes_also_if_the_next_command_passes() {
    let (service, _) = killed_at(REHEARSAL);
    assert_eq!(service.world.heal(&[], &["true"]).status, Some(0));
    assert_eq!(service.world.leftovers(), Vec::<std::path::PathBuf>::new());
}

#[test]
fn a_record_that_cannot_be_read_stops_the_next_heal_before_the_command() {
    let (service, _) = killed_at(FINAL);
    let record = undo_record(&service.world);
    std::fs::write(&record, "{").unwrap();
    let starts = service.world.starts();
    let next = service.heal_json(&[]);
    assert_eq!(next.status, Some(2), "{next}");
    next.assert_says(&record.display().to_string());
    assert_eq!(service.world.starts(), starts, "the command ran");
}

#[test]
fn what_could_not_be_taken_back_is_taken_back_by_the_next_heal() {
    let service = Service::new();
    let world = &service.world;
    // The run in place takes the directory away, which makes the undo impossible.
    let away = world.path("away");
    let script = world.read("start.sh").replace(
        "echo started",
        "if [ \"$(wc -l <\"$OUTSIDE/starts\")\" -eq 3 ]; then mv \"$PWD\" \"$OUTSIDE/../away\"; exit 1; fi; echo started",
    );
    world.script("start.sh", &script);
    let before = world.snapshot();
    let ended = service.heal_json(&[]);
    assert_eq!(ended.status, Some(20), "{ended}");
    assert!(ended.json()["escalation"].as_str().unwrap().contains("could not be taken back"), "{ended}");
    std::fs::rename(&away, world.dir()).unwrap();
    assert_ne!(world.snapshot(), before);
    let next = world.heal(&[], &["true"]);
    next.assert_says("service.conf");
    assert_eq!(world.snapshot(), before);
}

fn undo_record(world: &World) -> std::path::PathBuf {
    let folders = std::fs::read_dir(world.path("state/selfheal")).unwrap();
    let records = folders.map(|folder| folder.unwrap().path().join("undo.json"));
    records.into_iter().find(|record| record.exists()).expect("a record")
}
