//! Answers that are no plain yes.

use super::waiting;
use crate::common::{BROKEN, MENDED, Office, edit_line};

#[test]
fn what_is_refused_is_not_done_and_the_reason_is_told() {
    let office = waiting("require_approval");
    let (incident, plan) = office.waiting();
    let refused = office.ask("ada", &["reject", &incident, "--plan", &plan, "--because", "the sale is on"]);
    assert_eq!(refused.status, Some(0), "{refused}");
    let resumed = office.ask("bob", &["resume", &incident, "--json"]);
    assert_eq!(resumed.status, Some(20), "{resumed}");
    assert!(resumed.json()["reason"].as_str().unwrap().contains("the sale is on"), "{resumed}");
    assert_eq!((office.service.conf(), office.service.world.starts()), (BROKEN.to_owned(), 2));
    office.assert_verifies();
}

#[test]
fn one_refusal_outweighs_agreement() {
    let office = waiting("{require_approval: {k: 2}}");
    let (incident, plan) = office.waiting();
    assert_eq!(office.approve("ada").status, Some(0));
    let refused = office.ask("cleo", &["reject", &incident, "--plan", &plan, "--because", "no", "--json"]);
    assert_eq!(refused.json()["standing"]["is"], "rejected", "{refused}");
    assert_eq!(office.ask("bob", &["resume", &incident]).status, Some(20));
}

#[test]
fn a_remark_is_evidence_for_the_next_plan() {
    let office = waiting("require_approval");
    let (incident, plan) = office.waiting();
    let lines = office.ask("ada", &["respond", &incident, "--plan", &plan, "look at\n\u{1b}[31mworkers"]);
    assert_eq!(lines.status, Some(1), "{lines}");
    lines.assert_says("in one line");
    let remark = "look at workers\u{202e} again";
    let answered = office.ask("ada", &["respond", &incident, "--plan", &plan, remark]);
    assert_eq!(answered.status, Some(0), "{answered}");
    assert!(!answered.said().contains('\u{1b}') && !answered.said().contains('\u{202e}'), "{answered}");
    assert_eq!(office.ask("bob", &["resume", &incident]).status, Some(20));
    let shown = office.ask("bob", &["show", &incident]);
    let shown = String::from_utf8(shown.stdout).unwrap();
    assert!(shown.contains("ada answered: look at"), "{shown}");
    assert!(!shown.contains('\u{1b}') && !shown.contains('\u{202e}'), "{shown}");
}

/// A plan of bob's that edits `other.conf` besides.
fn waiting_with_two_steps() -> Office {
    let office = Office::of(&[("ada", "sre"), ("bob", ""), ("cleo", "lead")]);
    let world = &office.service.world;
    world.write("other.conf", BROKEN);
    let one = edit_line("error: workers must be at least 1", "workers = 0", "workers = 4");
    let (head, action) = one.split_once("      - kind").unwrap();
    let (action, tail) = action.split_once("    criteria").unwrap();
    let second = action.replace("service.conf", "other.conf");
    let two = format!("{head}      - kind{action}      - kind{second}    criteria{tail}");
    world.aside("runbooks/workers.yaml", &two);
    let asked = office.run("bob", &["--policy", &office.policy("require_approval")]);
    assert_eq!(asked.status, Some(21), "{asked}");
    office
}

#[test]
fn what_is_left_of_a_narrowed_plan_is_asked_of_somebody_else() {
    let office = waiting_with_two_steps();
    let (incident, plan) = office.waiting();
    let narrowed = office.ask("ada", &["edit", &incident, "--plan", &plan, "--drop", "2"]);
    assert_eq!(narrowed.status, Some(0), "{narrowed}");
    narrowed.assert_says("ada would agree to less");
    let resumed = office.ask("cleo", &["resume", &incident, "--json"]);
    assert_eq!(
        (resumed.status, resumed.json()["outcome"].as_str()),
        (Some(21), Some("awaiting_approval")),
        "{resumed}"
    );
    let (_, left) = office.waiting();
    assert_ne!(left, plan);
    assert_eq!(office.ask("cleo", &["approve", &incident, "--plan", &plan]).status, Some(1));
    let own = office.ask("ada", &["approve", &incident, "--plan", &left]);
    assert_eq!(own.status, Some(1), "{own}");
    own.assert_says("made of another by an edit");
    // Who lets it go on asked for nothing.
    assert_eq!(office.ask("cleo", &["approve", &incident, "--plan", &left]).status, Some(0));
    let healed = office.ask("bob", &["resume", &incident]);
    assert_eq!(healed.status, Some(0), "{healed}");
    assert_eq!(
        (office.service.conf(), office.service.world.read("other.conf")),
        (MENDED.to_owned(), BROKEN.to_owned())
    );
    office.assert_verifies();
}

#[test]
fn who_asked_may_refuse_it() {
    let office = waiting("require_approval");
    let (incident, plan) = office.waiting();
    let empty = office.ask("bob", &["reject", &incident, "--plan", &plan, "--because", ""]);
    assert_eq!(empty.status, Some(1), "{empty}");
    empty.assert_says("expected a reason");
    let refused = office.ask("bob", &["reject", &incident, "--plan", &plan, "--because", "not now"]);
    assert_eq!(refused.status, Some(0), "{refused}");
    assert_eq!(office.ask("ada", &["resume", &incident]).status, Some(20));
}

#[test]
fn an_edit_can_only_narrow() {
    let office = waiting("require_approval");
    let (incident, plan) = office.waiting();
    for (edit, said) in [
        (["--drop", "1"], "drops every step"),
        (["--drop", "2"], "there is no step 2"),
        (["--set", "1.line=3"], "expected it to stay 2"),
        (["--set", "1.line=1"], "expected it to stay 2"),
        (["--set", "1.line=two"], "expected a whole number"),
        (["--set", "1.length=1"], "it has expected, line, path, replacement"),
        (["--set", "3.line=1"], "there is no step 3"),
        (["--set", "1.line=2"], "changes nothing"),
        (["--set", "1.path=other.conf"], "of two texts none is less"),
        (["--set", "1.replacement=workers = 2"], "of two texts none is less"),
    ] {
        let refused = office.ask("ada", &[&["edit", &incident, "--plan", &plan], &edit[..]].concat());
        assert_eq!(refused.status, Some(1), "{edit:?}: {refused}");
        refused.assert_says(said);
    }
    for usage in [&["--set", "line=1"][..], &["--set", "0.line=1"], &["--drop", "0"], &[]] {
        let refused = office.ask("ada", &[&["edit", &incident, "--plan", &plan], usage].concat());
        assert_eq!(refused.status, Some(2), "{usage:?}: {refused}");
    }
    assert_eq!(office.service.conf(), BROKEN);
}
