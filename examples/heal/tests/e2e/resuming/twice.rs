//! Two at once, and one that is stopped itself.

use std::process::{Child, Stdio};

use super::*;

/// `heal resume` of the only open incident, which stops at start number `at`.
fn start_resuming(service: &Service, at: u32) -> (Child, Stopped) {
    for pipe in ["alive", "hold"] {
        std::fs::remove_file(service.world.path("outside").join(pipe)).unwrap();
    }
    let gate = Gate::new(&service.world);
    let mut heal = service.world.command(env!("CARGO_BIN_EXE_heal"));
    heal.args(["resume", &left(service), "--json", "--store", &store(service)]).current_dir(service.world.dir());
    heal.env("STOP_AT", at.to_string()).stdout(Stdio::piped()).stderr(Stdio::piped());
    (heal.spawn().unwrap(), gate.reached())
}

#[test]
fn the_second_is_told_who_is_at_it() {
    let service = killed_at(REHEARSAL);
    let id = left(&service);
    let (first, stopped) = start_resuming(&service, REHEARSAL + 1);
    let holder = format!("process {}", first.id());
    let second = ask(&service, &["resume", &id]);
    assert_eq!(second.status, Some(2), "{second}");
    second.assert_says(&holder);
    let all = ask(&service, &["resume", "--all"]);
    assert_eq!(all.status, Some(0), "{all}");
    all.assert_says(&format!("{id} is left alone"));
    all.assert_says(&holder);
    stopped.let_go();
    assert_eq!(Ended::wait(first).status, Some(0));
    stopped.wait_until_gone();
    assert_settled(&service, MENDED);
}

#[test]
fn a_signal_stops_it_and_the_files_are_as_they_were() {
    for (at, result) in [(REHEARSAL + 1, "rejected"), (FINAL + 1, "rolled_back")] {
        let service = killed_at(REHEARSAL);
        let (heal, stopped) = start_resuming(&service, at);
        send("INT", heal.id());
        let ended = Ended::wait(heal);
        stopped.wait_until_gone();
        assert_eq!(ended.status, Some(130), "{ended}");
        assert_eq!(ended.json()["actions"][0]["result"], result);
        assert_settled(&service, BROKEN);
    }
}

#[test]
fn killed_itself_it_is_gone_on_with_by_the_next() {
    let service = killed_at(REHEARSAL);
    let (mut heal, stopped) = start_resuming(&service, FINAL + 1);
    assert_eq!(service.conf(), MENDED);
    kill(&mut heal, stopped, true);
    let resumed = ask(&service, &["resume", "--all", "--json"]);
    assert_eq!(resumed.status, Some(20), "{resumed}");
    assert_settled(&service, BROKEN);
}
