//! Links and git directories that lead out of the project: what lies there is never written, on no copy either.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use crate::common::{BROKEN, Ended, Service, World, cargo, edit_line, have, skip};

fn git(world: &World, dir: &Path, args: &[&str]) -> String {
    let mut git = world.command("git");
    git.args(["-c", "user.name=t", "-c", "user.email=t@example.org"]).args(args).current_dir(dir);
    let ended = Ended::of(git);
    assert_eq!(ended.status, Some(0), "git {args:?}: {ended}");
    String::from_utf8(ended.stdout).unwrap()
}

#[test]
fn a_lockfile_that_is_a_link_is_left_alone_where_it_lies() {
    let world = World::new();
    let package = |name: &str, more: &str| {
        format!("[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2021\"\n{more}")
    };
    world.write("hello/Cargo.toml", package("hello", ""));
    world.write("hello/src/lib.rs", "");
    world.write("src/main.rs", "fn main() {}\n");
    world.write("Cargo.toml", package("greeter", "[workspace]\n"));
    cargo(&world, world.dir(), &["generate-lockfile", "--offline"]);
    world.write("Cargo.toml", package("greeter", "[dependencies]\nhello = { path = \"hello\" }\n[workspace]\n"));
    let (lockfile, shared) = (world.dir().join("Cargo.lock"), world.path("shared.lock"));
    fs::rename(&lockfile, &shared).unwrap();
    symlink(&shared, &lockfile).unwrap();
    let before = fs::read(&shared).unwrap();
    for options in [&["--dry-run"][..], &[]] {
        let ended = world.heal_json(options, &["cargo", "build", "--locked", "--offline"]);
        assert_eq!(ended.status, Some(20), "{options:?}: {ended}");
        assert_eq!(fs::read(&shared).unwrap(), before, "{options:?}: {ended}");
    }
    assert_eq!(fs::read_link(&lockfile).unwrap(), shared);
}

#[test]
fn a_file_behind_a_link_out_of_the_project_is_not_edited() {
    let service = Service::new();
    let world = &service.world;
    let shared = world.path("shared");
    fs::create_dir(&shared).unwrap();
    fs::rename(world.dir().join("service.conf"), shared.join("service.conf")).unwrap();
    symlink(&shared, world.dir().join("conf")).unwrap();
    let script = world.read("start.sh").replace("service.conf", "conf/service.conf");
    world.script("start.sh", &script);
    let runbook = edit_line("error: workers must be at least 1", "workers = 0", "workers = 4");
    world.aside("runbooks/workers.yaml", &runbook.replace("service.conf", "conf/service.conf"));
    for options in [&["--dry-run"][..], &[]] {
        let ended = service.heal_json(options);
        assert_eq!(ended.status, Some(20), "{options:?}: {ended}");
        assert_eq!(fs::read_to_string(shared.join("service.conf")).unwrap(), BROKEN, "{options:?}: {ended}");
    }
}

#[test]
fn a_rehearsal_in_a_worktree_commits_to_a_repository_of_its_own() {
    if !have("git") {
        return skip("git is not here");
    }
    let service = Service::new();
    let world = &service.world;
    let commit = "git -c user.name=t -c user.email=t@example.org commit -q --allow-empty -m ran >&2\n\
                  git rev-parse HEAD >>\"$OUTSIDE/heads\"\n";
    let script = world.read("start.sh").replace("echo started", &format!("{commit}echo started"));
    world.script("start.sh", &script);
    git(world, world.dir(), &["init", "-q"]);
    git(world, world.dir(), &["add", "-A"]);
    git(world, world.dir(), &["commit", "-qm", "all"]);
    let tree = world.path("tree");
    git(world, world.dir(), &["worktree", "add", "-q", "-b", "side", tree.to_str().unwrap()]);
    let mut heal = world.bare();
    heal.arg("--json").arg("--dir").arg(&tree).args(service.options(&[])).args(["--", "./start.sh"]);
    let ended = Ended::of(heal);
    assert_eq!(ended.status, Some(0), "{ended}");
    let heads = fs::read_to_string(world.path("outside/heads")).unwrap();
    assert_eq!(heads.lines().count(), 2, "git works on the copy and in the directory: {ended}");
    let commits = git(world, &tree, &["log", "--format=%s"]);
    assert_eq!(commits, "ran\nall\n", "only the run in the directory is kept");
}

#[test]
fn a_rehearsal_in_a_submodule_works_on_the_copy_of_its_files() {
    if !have("git") {
        return skip("git is not here");
    }
    let service = Service::new();
    let world = &service.world;
    git(world, world.dir(), &["init", "-q"]);
    git(world, world.dir(), &["add", "-A"]);
    git(world, world.dir(), &["commit", "-qm", "all"]);
    let main = world.path("main");
    fs::create_dir(&main).unwrap();
    git(world, &main, &["init", "-q"]);
    let source = world.dir().to_str().unwrap();
    git(world, &main, &["-c", "protocol.file.allow=always", "submodule", "--quiet", "add", source, "sub"]);
    let sub = main.join("sub");
    let script = fs::read_to_string(sub.join("start.sh")).unwrap();
    let restore = "git checkout -q -- notes.txt && git rev-parse --show-toplevel >>\"$OUTSIDE/tops\"\n";
    let mine = script.replace("echo started", &format!("{restore}echo started"));
    fs::write(sub.join("start.sh"), mine).unwrap();
    fs::write(sub.join("notes.txt"), "old").unwrap();
    git(world, &sub, &["add", "notes.txt"]);
    fs::write(sub.join("notes.txt"), "not committed").unwrap();
    let mut heal = world.bare();
    heal.arg("--json").arg("--dir").arg(&sub).args(service.options(&["--propose"])).args(["--", "./start.sh"]);
    let ended = Ended::of(heal);
    let tops = fs::read_to_string(world.path("outside/tops")).expect("git works on the copy");
    assert!(tops.lines().all(|top| Path::new(top) != sub), "{tops}: {ended}");
    assert_eq!(fs::read_to_string(sub.join("notes.txt")).unwrap(), "not committed", "{ended}");
}
