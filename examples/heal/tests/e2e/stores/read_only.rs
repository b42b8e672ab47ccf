//! A store that this user may only read.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::{Kept, MARK};
use crate::common::World;

#[test]
fn is_refused_before_the_command_and_can_be_read() {
    let kept = Kept::new();
    let world = World::new();
    let store = world.path("kept");
    fs::create_dir(&store).unwrap();
    for (name, content) in kept.content() {
        let copy = store.join(name.file_name().unwrap());
        fs::write(&copy, content).unwrap();
        fs::set_permissions(copy, fs::Permissions::from_mode(0o444)).unwrap();
    }
    fs::set_permissions(&store, fs::Permissions::from_mode(0o555)).unwrap();
    let (dir, store) = (world.dir().display().to_string(), store.display().to_string());
    let run = [&["run", "--dir", &dir, "--store", &store, "--"][..], &MARK].concat();
    let Some(ended) = world.ask_as_nobody(&run) else { return };
    assert!(ended.status == Some(2) && !world.path("outside/marks").exists(), "{ended}");
    ended.assert_says(&store);
    for command in [&["incidents"][..], &["report"], &["audit", "verify"], &["audit", "export"], &["audit", "show"]] {
        let Some(ended) = world.ask_as_nobody(&[command, &["--dir", &dir, "--store", &store]].concat()) else { return };
        assert_eq!(ended.status, Some(0), "{command:?}: {ended}");
    }
}
