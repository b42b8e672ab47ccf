//! The operator's switches: a pause holds every effect, autonomy lapses, an override is recorded.

use std::process::Stdio;

use crate::common::{BROKEN, Ended, Gate, MENDED, Office, send};

const WHY: [&str; 2] = ["--because", "the database is being moved"];

fn pause(office: &Office, more: &[&str]) {
    let paused = office.ask("ada", &[&["pause"], &WHY[..], more].concat());
    assert_eq!(paused.status, Some(0), "{paused}");
}

fn unpause(office: &Office, more: &[&str]) {
    let lifted = office.ask("ada", &[&["unpause", "--because", "it is moved"], more].concat());
    assert_eq!(lifted.status, Some(0), "{lifted}");
}

fn held(ended: &Ended) -> String {
    let told = ended.json();
    assert_eq!((ended.status, told["outcome"].as_str()), (Some(21), Some("held")), "{ended}");
    told["incident"].as_str().unwrap().to_owned()
}

#[test]
fn a_paused_healer_plans_and_sends_nothing_until_it_is_lifted() {
    let office = Office::new();
    pause(&office, &[]);
    let passing = office.service.world.heal(&[], &["true"]);
    assert_eq!(passing.status, Some(0), "the command runs as ever: {passing}");
    let ended = office.run("bob", &["--json"]);
    let incident = held(&ended);
    assert!(ended.json()["reason"].as_str().unwrap().contains("the database is being moved"), "{ended}");
    assert_eq!(ended.json()["actions"][0]["result"], "proposed");
    assert_eq!((office.service.conf(), office.service.world.starts()), (BROKEN.to_owned(), 1));

    let before = office.ask("bob", &["show", &incident, "--json"]).json()["records"].clone();
    for again in [&["resume", &incident, "--json"][..], &["resume", "--all", "--json"]] {
        held(&office.ask("bob", again));
    }
    assert_eq!(office.ask("bob", &["show", &incident, "--json"]).json()["records"], before, "looking is not recorded");

    unpause(&office, &[]);
    let healed = office.ask("bob", &["resume", "--all", "--json"]);
    assert_eq!((healed.status, healed.json()["outcome"].as_str()), (Some(0), Some("healed")), "{healed}");
    assert_eq!((office.service.conf(), office.service.world.starts()), (MENDED.to_owned(), 3));
    office.assert_verifies();
}

#[test]
fn a_pause_in_the_middle_lets_what_runs_end_and_sends_nothing_more() {
    let office = Office::new();
    let gate = Gate::new(&office.service.world);
    let mut heal = office.command("bob");
    // The second start is the rehearsal.
    heal.args(office.run_arguments(&["--json"])).env("STOP_AT", "2").stdout(Stdio::piped()).stderr(Stdio::piped());
    let heal = heal.spawn().unwrap();
    let stopped = gate.reached();
    pause(&office, &[]);
    stopped.let_go();
    let incident = held(&Ended::wait(heal));
    stopped.wait_until_gone();
    assert_eq!((office.service.conf(), office.service.world.starts()), (BROKEN.to_owned(), 2));
    unpause(&office, &[]);
    let healed = office.ask("bob", &["resume", &incident]);
    assert_eq!(healed.status, Some(0), "{healed}");
    assert_eq!((office.service.conf(), office.service.world.starts()), (MENDED.to_owned(), 3), "applied once");
}

#[test]
fn not_even_a_rollback_is_sent_and_a_killed_healer_changes_nothing_about_that() {
    let office = Office::new();
    let gate = Gate::new(&office.service.world);
    let mut heal = office.command("bob");
    // The third start verifies the fix in its place.
    heal.args(office.run_arguments(&[])).env("STOP_AT", "3").stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut heal = heal.spawn().unwrap();
    let stopped = gate.reached();
    pause(&office, &[]);
    send("KILL", heal.id());
    heal.wait().unwrap();
    stopped.let_go();
    stopped.wait_until_gone();
    let left = office.ask("bob", &["incidents", "--open", "--json"]).json()[0]["incident"].as_str().unwrap().to_owned();
    let at_once = office.run("bob", &[]);
    assert_eq!((at_once.status, office.service.world.starts()), (Some(2), 3), "{at_once}");
    held(&office.ask("bob", &["resume", &left, "--json"]));
    assert_eq!(office.service.conf(), MENDED, "taking it back is an effect too");
    at_once.assert_says(&format!("heal resume {left}"));
    assert_eq!(office.run("bob", &[]).status, Some(2), "and again");
    unpause(&office, &[]);
    assert_eq!(office.ask("bob", &["resume", &left]).status, Some(20));
    assert_eq!(office.service.conf(), BROKEN);
}

#[test]
fn a_pause_of_one_environment_holds_there_alone() {
    let office = Office::new();
    pause(&office, &["--environment", "staging"]);
    assert_eq!(office.run("bob", &["--env", "dev"]).status, Some(0));
    office.service.world.write("service.conf", BROKEN);
    held(&office.run("bob", &["--env", "staging", "--json"]));
    let other = office.ask("ada", &["unpause", "--because", "x"]);
    other.assert_says("there was no pause of everything");
    unpause(&office, &["--environment", "staging"]);
}

#[test]
fn who_threw_a_switch_is_told_by_their_key_or_else_by_the_user() {
    let office = Office::of(&[("ada", "sre")]);
    pause(&office, &[]);
    let mut by = Vec::new();
    for who in ["ada", "carl"] {
        assert_eq!(office.ask(who, &[&["pause"], &WHY[..]].concat()).status, Some(0));
        let switches = office.ask("bob", &["switches", "--json"]).json();
        by.push(switches["pauses"][0]["by"].as_str().unwrap().to_owned());
        assert_eq!(switches["pauses"][0]["because"], WHY[1]);
    }
    assert_eq!(by[0], "ada");
    assert!(by[1].starts_with("user:carl ("), "{by:?}");
    let told = office.ask("bob", &["audit", "show"]);
    let told = String::from_utf8(told.stdout).unwrap();
    assert_eq!(told.matches("\"stream\":\"switches\"").count(), 3, "{told}");
    office.assert_verifies();
    let shown = String::from_utf8(office.ask("bob", &["switches"]).stdout).unwrap();
    assert!(shown.trim_start().starts_with("paused everywhere, by user:carl ("), "{shown}");
}

#[test]
fn autonomy_that_must_be_granted_is_asked_for_until_it_is_and_again_once_it_is_withdrawn() {
    let office = Office::new();
    let fleet = office
        .service
        .world
        .aside("fleet.yaml", "autonomy_must_be_granted: [staging]\ncool_down: {after_heal_seconds: 0}\n");
    let run = |office: &Office| {
        office.service.world.write("service.conf", BROKEN);
        office.run("bob", &["--env", "staging", "--fleet", &fleet]).status
    };
    assert_eq!(run(&office), Some(21), "nobody granted it");
    let granted =
        office.ask("ada", &["autonomy", "grant", "staging", "--for", "8h", "--because", "the day shift is here"]);
    assert_eq!(granted.status, Some(0), "{granted}");
    assert_eq!(run(&office), Some(0));
    let shown = String::from_utf8(office.ask("bob", &["switches"]).stdout).unwrap();
    assert!(shown.contains("autonomy in staging for another 7 h 59 min"), "{shown}");
    assert_eq!(office.ask("ada", &["autonomy", "withdraw", "staging", "--because", "it goes home"]).status, Some(0));
    assert_eq!(run(&office), Some(21));
    for bad in ["0s", "31d", "forever"] {
        let refused = office.ask("ada", &["autonomy", "grant", "staging", "--for", bad, "--because", "x"]);
        assert_eq!(refused.status, Some(2), "{bad}: {refused}");
    }
}

#[test]
fn where_people_are_enrolled_only_they_let_healers_do_more() {
    let office = Office::of(&[("ada", "sre"), ("olga", "operator")]);
    let ask = |who: &str, arguments: &[&str]| {
        let ended = office.ask(who, &[arguments, &["--because", "x"]].concat());
        if ended.status == Some(1) {
            ended.assert_says("this lets healers do more: expected a person of role operator");
        }
        ended.status
    };
    let grant = ["autonomy", "grant", "production", "--for", "8h"];
    for (who, looser) in [("nobody", Some(1)), ("ada", Some(1)), ("olga", Some(0))] {
        assert_eq!(ask(who, &["pause"]), Some(0), "anybody may stop them: {who}");
        assert_eq!(ask(who, &["unpause"]), looser, "{who}");
        assert_eq!(ask(who, &grant), looser, "{who}");
        assert_eq!(ask(who, &["override", "inc-ffff"]), looser.map(|status| if status == 0 { 2 } else { 1 }), "{who}");
        assert_eq!(ask(who, &["autonomy", "withdraw", "production"]), Some(0), "{who}");
    }
}

#[test]
fn where_nobody_is_an_operator_everybody_who_is_enrolled_is() {
    let office = Office::of(&[("ada", "sre")]);
    pause(&office, &[]);
    let refused = office.ask("carl", &["unpause", "--because", "x"]);
    assert_eq!(refused.status, Some(1), "{refused}");
    refused.assert_says("you have no key");
    unpause(&office, &[]);
}

#[test]
fn a_failure_that_comes_again_while_healers_are_paused_opens_one_incident() {
    let office = Office::new();
    pause(&office, &[]);
    let incident = held(&office.run("bob", &["--json"]));
    assert_eq!(held(&office.run("bob", &["--json"])), incident);
    unpause(&office, &[]);
    assert_eq!(office.ask("bob", &["resume", "--all"]).status, Some(0));
    assert_eq!(office.service.conf(), MENDED);
}

#[test]
fn a_failure_that_comes_again_while_a_guard_holds_its_fix_opens_one_incident_and_goes_on_with_it() {
    let office = Office::new();
    let bounds = "budgets: [{scope: resource, per_seconds: 3600, starts: 1}]\ncool_down: {after_heal_seconds: 0}\n";
    let fleet = office.service.world.aside("fleet.yaml", bounds);
    let options = ["--env", "staging", "--fleet", &fleet, "--json"];
    assert_eq!(office.run("bob", &options).status, Some(0));
    office.service.world.write("service.conf", BROKEN);
    let incident = held(&office.run("bob", &options));
    let again = office.run("carl", &options);
    assert_eq!(held(&again), incident);
    again.assert_says(&format!("as it did for {incident}, which was held"));
    let elsewhere =
        held(&office.run("bob", &["--env", "staging", "--fleet", &fleet, "--json", "--max-attempts", "50"]));
    assert_ne!(elsewhere, incident, "other options, another incident");
    assert_eq!(office.ask("ada", &["override", &incident, "--because", "I look at it"]).status, Some(0));
    let healed = office.run("bob", &options);
    assert_eq!((healed.status, healed.json()["incident"].as_str()), (Some(0), Some(incident.as_str())), "{healed}");
    assert_eq!(office.service.conf(), MENDED);
    office.assert_verifies();
}

#[test]
fn what_the_guards_of_the_fleet_hold_a_person_may_let_pass() {
    let office = Office::new();
    let bounds = "budgets: [{scope: resource, per_seconds: 3600, starts: 1}]\ncool_down: {after_heal_seconds: 0}\n";
    let fleet = office.service.world.aside("fleet.yaml", bounds);
    let options = ["--env", "staging", "--fleet", &fleet, "--json"];
    assert_eq!(office.run("bob", &options).status, Some(0));
    office.service.world.write("service.conf", BROKEN);
    let incident = held(&office.run("bob", &options));
    held(&office.ask("bob", &["resume", &incident, "--json"]));
    let overridden = office.ask("ada", &["override", &incident, "--because", "I look at it"]);
    assert_eq!(overridden.status, Some(0), "{overridden}");
    let switches = office.ask("bob", &["switches", "--json"]).json();
    assert_eq!(switches["overrides"][0]["reach"], incident.as_str());
    let healed = office.ask("bob", &["resume", &incident]);
    assert_eq!(healed.status, Some(0), "{healed}");
    assert_eq!(office.ask("ada", &["override", "inc-ffff", "--because", "x"]).status, Some(2));
}

#[test]
fn a_broken_fleet_document_is_refused_before_the_command_runs() {
    let office = Office::new();
    let fleet = office.service.world.aside("fleet.yaml", "budgets: []\nbudget: []\n");
    let refused = office.run("bob", &["--fleet", &fleet]);
    assert_eq!((refused.status, office.service.world.starts()), (Some(2), 0), "{refused}");
    refused.assert_says("fleet.yaml:2:1");
}
