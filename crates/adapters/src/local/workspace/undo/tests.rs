//! Changes are made and taken back; what others did is left alone.

use std::os::unix::fs::PermissionsExt;

use super::*;

struct Place {
    root: tempfile::TempDir,
    dir: PathBuf,
    state: StateDir,
}

fn place() -> Place {
    let root = tempfile::tempdir().unwrap();
    let dir = root.path().canonicalize().unwrap().join("project");
    fs::create_dir(&dir).unwrap();
    fs::write(dir.join("a.json"), "old").unwrap();
    fs::set_permissions(dir.join("a.json"), fs::Permissions::from_mode(0o640)).unwrap();
    let state = StateDir::of(&dir, Some(&root.path().join("state"))).unwrap();
    Place { root, dir, state }
}

impl Place {
    fn changes(&self) -> Vec<FileChange> {
        let state = |text: &str| Some(FileState { content: text.as_bytes().to_vec(), mode: 0o640 });
        vec![
            FileChange { path: "a.json".into(), before: state("old"), after: state("new") },
            FileChange { path: "b.lock".into(), before: None, after: state("lock") },
        ]
    }

    fn undo(&self) -> Undo {
        Undo::open(&self.dir, &self.state, "inc-1").unwrap()
    }

    fn read(&self, name: &str) -> Option<String> {
        fs::read_to_string(self.dir.join(name)).ok()
    }
}

#[test]
fn takes_back_to_the_byte_and_the_mode() {
    let place = place();
    let mut undo = place.undo();
    undo.apply("s1", &place.changes()).unwrap();
    assert_eq!((place.read("a.json").as_deref(), place.read("b.lock").as_deref()), (Some("new"), Some("lock")));
    assert!(undo.take_back("s1").unwrap());
    assert_eq!((place.read("a.json").as_deref(), place.read("b.lock")), (Some("old"), None));
    assert_eq!(fs::metadata(place.dir.join("a.json")).unwrap().permissions().mode() & 0o777, 0o640);
    assert!(!undo.take_back("s1").unwrap(), "a second time there is nothing to take back");
}

#[test]
fn a_file_that_changed_since_the_preview_stops_everything_before_the_first_change() {
    let place = place();
    fs::write(place.dir.join("b.lock"), "somebody's").unwrap();
    let mut undo = place.undo();
    assert!(
        matches!(undo.apply("s1", &place.changes()), Err(UndoError::Fence { path }) if path == Path::new("b.lock"))
    );
    assert_eq!(place.read("a.json").as_deref(), Some("old"));
}

#[test]
fn the_next_healer_takes_back_what_a_kill_left_and_leaves_what_changed_since_alone() {
    let place = place();
    let mut undo = place.undo();
    undo.apply("s1", &place.changes()).unwrap();
    drop(undo);
    fs::write(place.dir.join("b.lock"), "somebody's").unwrap();
    fs::write(place.dir.join(".selfheal-new-x1"), "not put into place").unwrap();
    let recovery = Undo::recover(&place.dir, &place.state).unwrap().unwrap();
    assert_eq!(recovery.restored, [PathBuf::from("a.json")]);
    assert_eq!(recovery.left_alone, [(PathBuf::from("b.lock"), None)]);
    assert_eq!((place.read("a.json").as_deref(), place.read("b.lock").as_deref()), (Some("old"), Some("somebody's")));
    assert_eq!(place.read(".selfheal-new-x1"), None);
    assert_eq!(Undo::recover(&place.dir, &place.state).unwrap(), None, "done once");
}

#[test]
fn what_was_there_before_is_saved_when_the_file_is_left_alone() {
    let place = place();
    place.undo().apply("s1", &place.changes()).unwrap();
    fs::write(place.dir.join("a.json"), "edited on top of the fix").unwrap();
    let recovery = Undo::recover(&place.dir, &place.state).unwrap().unwrap();
    let (path, saved) = &recovery.left_alone[0];
    assert_eq!(path, Path::new("a.json"));
    assert_eq!(fs::read_to_string(saved.as_ref().unwrap()).unwrap(), "old");
}

#[test]
fn a_directory_made_anew_at_the_same_path_is_another_one() {
    let place = place();
    place.undo().apply("s1", &place.changes()).unwrap();
    fs::rename(&place.dir, place.root.path().join("moved")).unwrap();
    fs::create_dir(&place.dir).unwrap();
    fs::write(place.dir.join("a.json"), "theirs").unwrap();
    let recovery = Undo::recover(&place.dir, &place.state).unwrap().unwrap();
    assert!(recovery.restored.is_empty() && recovery.left_alone.is_empty());
    assert_eq!(place.read("a.json").as_deref(), Some("theirs"));
}

#[test]
fn what_a_directory_made_anew_has_of_the_change_is_told_and_left_alone() {
    let place = place();
    place.undo().apply("s1", &place.changes()).unwrap();
    let changed = place.read("a.json").unwrap();
    fs::rename(&place.dir, place.root.path().join("moved")).unwrap();
    fs::create_dir(&place.dir).unwrap();
    fs::write(place.dir.join("a.json"), &changed).unwrap();
    let mut undo = place.undo();
    assert!(matches!(undo.take_back("s1"), Err(UndoError::Foreign { path }) if path == Path::new("a.json")));
    Undo::forget(&place.state, "inc-1").unwrap();
    let recovery = Undo::recover(&place.dir, &place.state).unwrap().unwrap();
    let (path, saved) = &recovery.left_alone[0];
    assert_eq!((path.as_path(), recovery.restored.len()), (Path::new("a.json"), 0));
    assert_eq!(fs::read_to_string(saved.as_ref().unwrap()).unwrap(), "old");
    assert_eq!(place.read("a.json"), Some(changed));
}

#[cfg(target_os = "linux")]
#[test]
fn a_change_that_fails_in_the_middle_leaves_no_file_changed() {
    let place = place();
    // So deep that a file with a short name can be made there, and the one that is to take its place can't.
    const PATH_MAX: usize = 4096;
    let mut deep = place.dir.clone();
    while PATH_MAX - deep.as_os_str().len() > 12 {
        let room = PATH_MAX - deep.as_os_str().len() - 12;
        deep.push("d".repeat(room.clamp(1, 200)));
    }
    fs::create_dir_all(&deep).unwrap();
    let mut changes = place.changes();
    changes[1].path = deep.strip_prefix(&place.dir).unwrap().join("b");
    let mut undo = place.undo();
    assert!(matches!(undo.apply("s1", &changes), Err(UndoError::Io { what: "write", .. })));
    assert_eq!(place.read("a.json").as_deref(), Some("old"));
}

#[test]
fn after_a_foreign_change_the_record_stays_for_the_next_healer() {
    let place = place();
    let mut undo = place.undo();
    undo.apply("s1", &place.changes()).unwrap();
    fs::write(place.dir.join("b.lock"), "somebody's").unwrap();
    assert!(matches!(undo.take_back("s1"), Err(UndoError::Foreign { .. })));
    Undo::forget(&place.state, "inc-1").unwrap();
    assert_eq!(Undo::recover(&place.dir, &place.state).unwrap().unwrap().restored, [PathBuf::from("a.json")]);
}

#[test]
fn what_the_command_wrote_is_no_foreign_change_and_what_others_wrote_is() {
    let place = place();
    let mut undo = place.undo();
    undo.apply("s1", &place.changes()).unwrap();
    fs::write(place.dir.join("b.lock"), "the command's").unwrap();
    undo.command_ended().unwrap();
    fs::write(place.dir.join("a.json"), "somebody's").unwrap();
    assert!(matches!(undo.take_back("s1"), Err(UndoError::Foreign { path }) if path == Path::new("a.json")));
    assert_eq!((place.read("a.json").as_deref(), place.read("b.lock")), (Some("somebody's"), None));
}

#[test]
fn nothing_outside_the_project_is_touched() {
    let place = place();
    fs::create_dir(place.root.path().join("elsewhere")).unwrap();
    std::os::unix::fs::symlink(place.root.path().join("elsewhere"), place.dir.join("link")).unwrap();
    for path in ["../x", "/etc/x", ".git/config", "link/x", ""] {
        let change = FileChange { path: path.into(), before: None, after: place.changes()[1].after.clone() };
        let mut undo = place.undo();
        assert!(undo.apply("s1", &[change]).is_err(), "{path:?}");
    }
    assert_eq!(fs::read_dir(place.root.path().join("elsewhere")).unwrap().count(), 0);
}

#[test]
fn another_process_goes_on_where_the_killed_one_stopped() {
    let place = place();
    place.undo().apply("s1", &place.changes()).unwrap();
    // Only the first file got into place.
    fs::remove_file(place.dir.join("b.lock")).unwrap();
    fs::write(place.dir.join(".selfheal-new-x1"), "not put into place").unwrap();
    assert_eq!(Undo::owner(&place.state).unwrap().as_deref(), Some("inc-1"));
    let mut undo = place.undo();
    assert_eq!(place.read(".selfheal-new-x1"), None);
    assert!(undo.take_back("s1").unwrap());
    assert_eq!((place.read("a.json").as_deref(), place.read("b.lock")), (Some("old"), None));
    assert!(!place.undo().take_back("s1").unwrap(), "yet another process finds nothing left");
    assert_eq!(Undo::owner(&place.state).unwrap(), None);
}

#[test]
fn steps_are_taken_back_one_by_one_also_if_they_changed_the_same_file() {
    let place = place();
    let state = |text: &str| Some(FileState { content: text.as_bytes().to_vec(), mode: 0o640 });
    let change = |before, after| [FileChange { path: "a.json".into(), before: state(before), after: state(after) }];
    place.undo().apply("s1", &change("old", "new")).unwrap();
    place.undo().apply("s2", &change("new", "newer")).unwrap();
    assert!(place.undo().take_back("s2").unwrap());
    assert!(!place.undo().take_back("s2").unwrap(), "a second time it doesn't go further");
    assert_eq!(place.read("a.json").as_deref(), Some("new"));
    assert!(place.undo().take_back("s1").unwrap());
    assert_eq!(place.read("a.json").as_deref(), Some("old"));
}

#[test]
fn another_incident_neither_changes_files_nor_forgets_what_is_not_its_own() {
    let place = place();
    place.undo().apply("s1", &place.changes()).unwrap();
    let mut other = Undo::open(&place.dir, &place.state, "inc-2").unwrap();
    let refused = other.apply("s1", &[]);
    assert!(matches!(refused, Err(UndoError::Occupied { incident }) if incident == "inc-1"));
    assert!(!other.take_back("s1").unwrap());
    Undo::forget(&place.state, "inc-2").unwrap();
    assert!(place.undo().take_back("s1").unwrap());
}

#[test]
fn a_record_of_a_newer_version_is_refused_and_stays() {
    let place = place();
    place.undo().apply("s1", &place.changes()).unwrap();
    let path = place.state.path().join("undo.json");
    let newer = fs::read_to_string(&path).unwrap().replace("\"version\": 1", "\"version\": 2");
    fs::write(&path, &newer).unwrap();
    assert!(matches!(Undo::open(&place.dir, &place.state, "inc-1"), Err(UndoError::Unreadable { .. })));
    assert!(Undo::recover(&place.dir, &place.state).is_err());
    assert!(Undo::forget(&place.state, "inc-1").is_err());
    assert_eq!(fs::read_to_string(&path).unwrap(), newer);
}
