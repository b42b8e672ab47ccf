//! One healer per directory.

use crate::common::{Ended, Gate, STOP_HERE, World};

#[test]
fn the_second_is_told_who_holds_the_directory() {
    let world = World::new();
    world.script("slow.sh", &format!("#!/bin/sh\n{STOP_HERE}"));
    let gate = Gate::new(&world);
    let first = world.start(&[], &["./slow.sh"]);
    let holder = first.id().to_string();
    let stopped = gate.reached();

    let second = world.heal(&[], &["sh", "-c", "echo start >>\"$OUTSIDE/starts\""]);
    assert_eq!(second.status, Some(2), "{second}");
    second.assert_says(&holder);
    second.assert_says("./slow.sh");
    assert_eq!(world.starts(), 0, "the second command ran");

    stopped.let_go();
    assert_eq!(Ended::wait(first).status, Some(0));
    assert_eq!(world.heal(&[], &["true"]).status, Some(0), "free again");
}
