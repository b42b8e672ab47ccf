//! `--memory`: an OOM kill is known, and more memory is given within the bounds.

use crate::common::{World, have, skip};

const HUNGRY: &str =
    "data = bytearray(96 << 20)\nfor at in range(0, len(data), 4096):\n    data[at] = 1\nprint('done')\n";

#[test]
fn an_oom_kill_is_known_and_healed_within_the_maximum() {
    if !have("python3") {
        return skip("python3 is not here");
    }
    let world = World::new();
    world.write("build.py", HUNGRY);
    let ended = world.heal_json(&["--memory", "32M", "--memory-max", "512M"], &["python3", "build.py"]);
    if ended.said().contains("memory limit") && ended.status == Some(2) {
        return skip("no memory cgroup is writable here");
    }
    assert_eq!((ended.status, ended.json()["category"].as_str()), (Some(0), Some("oom_killed")), "{ended}");
    assert_eq!(
        (ended.json()["outcome"].as_str(), ended.json()["actions"][0]["kind"].as_str()),
        (Some("healed"), Some("increase_memory"))
    );

    let tight =
        world.heal_json(&["--memory", "32M", "--memory-max", "48M", "--name", "tight"], &["python3", "build.py"]);
    assert_eq!((tight.status, tight.json()["category"].as_str()), (Some(20), Some("oom_killed")), "{tight}");
    assert_eq!(tight.json()["command_exit"], 137);
}
