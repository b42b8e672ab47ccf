//! Kills `heal` at every durable boundary, and looks at what became of the directory and of the record.
//!
//! A scenario first runs undisturbed: that lists the fail points on its way. Then it runs in a fresh world for each of them,
//! is killed there by SIGKILL, and goes on: with `heal resume --all`, or with `heal run` again as somebody would who just
//! starts the pipeline anew. That next process is killed too, at each of its own fail points. What must hold between the
//! processes and in the end stands in `invariants`.
//!
//! `SELFHEAL_KILL_MATRIX` says how much of it is done:
//!
//! | value | what |
//! |---|---|
//! | not set | a sample, always the same: for every change |
//! | `once` | every fail point of every scenario, both ways to go on |
//! | `twice` | the same, and a drawn fail point of the process that goes on |
//! | `full` | the same, and all fail points of the process that goes on; takes hours |
//! | a scenario, such as `edit_file` | all of one scenario, as `full` |
//! | `edit_file/12/resume`, `edit_file/12/3/again` | one case, as a violation names it |
//!
//! What takes long is quicker optimised:
//!
//! ```text
//! SELFHEAL_KILL_MATRIX=once cargo test --release -p heal --features failpoints --test kill
//! ```
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may panic")]

mod aftermath;
mod case;
#[allow(dead_code, unused_imports, clippy::print_stderr, reason = "shared with the end-to-end tests")]
#[path = "../e2e/common/mod.rs"]
mod common;
mod extent;
mod healer;
mod invariants;
mod matrix;
mod power;
mod projects;
mod record;
mod scenarios;
mod trace;

use std::collections::BTreeSet;
use std::io::Write;

use selfheal_core::standard::standard_specs;

#[test]
fn whoever_is_killed_where_nothing_is_lost_and_nothing_is_done_twice() {
    let matrix = matrix::Matrix::run(&extent::Extent::asked_for());
    // Past the capture of the test harness: the figures are what one runs it for.
    writeln!(std::io::stderr(), "{matrix}").unwrap();
    assert!(matrix.kills > 0, "nobody was killed: is `heal` built with the feature `failpoints`?");
    assert!(matrix.violations.is_empty(), "{}", matrix.violations.join("\n"));
}

#[test]
fn every_kind_of_the_executor_has_a_scenario() {
    let kinds: BTreeSet<String> = standard_specs().iter().map(|spec| spec.kind.as_str().to_owned()).collect();
    let covered =
        scenarios::all().iter().flat_map(|scenario| scenario.kinds).map(|kind| kind.as_str().to_owned()).collect();
    let missing: Vec<&String> = kinds.difference(&covered).collect();
    assert!(missing.is_empty(), "no scenario for {missing:?}");
}
