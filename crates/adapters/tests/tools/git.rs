//! Commits and diffs.

use selfheal_core::error::ErrorKind;

use super::scene::Project;

#[tokio::test]
async fn commits_are_told_with_the_files_that_they_changed() {
    let project = Project::new().with_history();
    let said = project.look("recent_commits", &[]).await.unwrap();
    let lines: Vec<&str> = said.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    assert!(lines[0].ends_with("2026-01-02 Ada: say two"), "{said}");
    assert!(lines[1].starts_with("a.txt | 2 +-"), "{said}");
    assert!(said.contains("first words") && !said.contains("ada@example.com"));
}

#[tokio::test]
async fn what_is_not_committed_comes_before_the_last_commit() {
    let project = Project::new().with_history();
    project.write("a.txt", "three\n");
    project.write("new.txt", "");
    let said = project.look("recent_diff", &[]).await.unwrap();
    let places =
        ["Not committed:\n", "-two\n+three\n", "new, not in git: new.txt\n", "The last commit:\n", "-one\n+two\n"]
            .map(|part| said.find(part).unwrap_or_else(|| panic!("{part} in {said}")));
    assert!(places.is_sorted(), "{said}");
}

#[tokio::test]
async fn only_the_directory_of_the_pipeline_is_told_of() {
    let project = Project::new().with_history();
    project.write("sub/b.txt", "b\n");
    project.sh("git add sub; git commit -qm 'below'; echo four > a.txt; git commit -qam 'beside'; echo five > a.txt");
    project.write("sub/b.txt", "B\n");
    let sub = project.dir.join("sub");
    let commits = project.look_in(&sub, "recent_commits", &[]).await.unwrap();
    assert!(commits.contains("below") && !commits.contains("beside"), "{commits}");
    let diff = project.look_in(&sub, "recent_diff", &[]).await.unwrap();
    assert!(diff.contains("-b\n+B\n") && !diff.contains("a.txt"), "{diff}");
}

#[tokio::test]
async fn a_shallow_checkout_says_what_it_does_not_have() {
    let origin = Project::new().with_history();
    let project = Project::new();
    project.sh(&format!("git clone -q --depth 1 file://{} .", origin.dir.display()));
    assert!(project.look("recent_commits", &[]).await.unwrap().contains("say two"));
    let diff = project.look("recent_diff", &[]).await.unwrap();
    assert!(diff.contains("can't be told") && !diff.contains("+two"), "{diff}");
}

#[tokio::test]
async fn a_change_inside_a_key_does_not_show_it() {
    let project = Project::new().with_history();
    let line = |nth: u32| format!("MIIEpAIBAAKCAQEA1c7z9z5Pad7OejecsQ0bu3aumQ0nT9mJ2rYyMTUxNjE3OT{nth:02}\n");
    let key = |skip: u32| (0..40).filter(|nth| *nth != skip).map(line).collect::<String>();
    let text = |skip| format!("k = '''-----BEGIN PRIVATE KEY-----\n{}-----END PRIVATE KEY-----'''\n", key(skip));
    project.write("settings.py", &text(99));
    project.sh("git add .; git commit -qm key");
    project.write("settings.py", &text(20));
    let said = project.look("recent_diff", &[]).await.unwrap();
    assert!(said.contains("settings.py") && said.contains("-<secret:private-key>"), "{said}");
    assert!(!said.contains("MIIE"), "{said}");
}

#[tokio::test]
async fn a_module_is_a_repository_too() {
    let (part, project) = (Project::new().with_history(), Project::new().with_history());
    let from = part.dir.display();
    project.sh(&format!("git -c protocol.file.allow=always submodule --quiet add '{from}' part; git commit -qm part"));
    let said = project.look_in(&project.dir.join("part"), "recent_commits", &[]).await.unwrap();
    assert!(said.contains("say two") && !said.contains(" Ada: part"), "{said}");
}

#[tokio::test]
async fn worktrees_are_repositories_too() {
    let origin = Project::new().with_history();
    let tree = origin.beside("trees").join("tree");
    origin.sh(&format!("git worktree add -q {} -b side", tree.display()));
    std::fs::write(tree.join("a.txt"), "in the worktree\n").unwrap();
    let diff = origin.look_in(&tree, "recent_diff", &[]).await.unwrap();
    assert!(diff.contains("-two\n+in the worktree\n"), "{diff}");
}

#[tokio::test]
async fn a_repository_with_long_object_names_is_read() {
    let project = Project::new();
    project.sh("git init -q --object-format=sha256; echo one > a.txt; git add .; git commit -qm first");
    assert!(project.look("recent_commits", &[]).await.unwrap().contains("first"));
}

#[tokio::test]
async fn without_a_repository_or_a_commit_it_is_said() {
    let project = Project::new();
    let none = project.look("recent_commits", &[]).await.unwrap_err();
    project.sh("git init -q");
    let empty = project.look("recent_diff", &[]).await.unwrap_err();
    assert_eq!((none.kind(), empty.kind()), (ErrorKind::NotFound, ErrorKind::NotFound));
    assert!(empty.to_string().contains("no commit"), "{empty}");
}

#[tokio::test]
async fn much_is_bounded_with_what_people_wrote_first() {
    let project = Project::new().with_history();
    project.write("package-lock.json", &"  \"locked\": 1,\n".repeat(20_000));
    for number in 0..30 {
        project.write(&format!("src/{number:02}.txt"), &format!("word {number}\n").repeat(200));
    }
    project.write("image.bin", "\0\u{1}\u{2}");
    project.sh("git add .; git commit -qm 'a great deal'");
    let said = project.look("recent_diff", &[]).await.unwrap();
    assert!(said.len() <= 16 << 10, "{}", said.len());
    assert!(said.contains("src/00.txt") && !said.contains("locked"), "{said}");
    assert!(project.look("recent_commits", &[]).await.unwrap().len() <= 16 << 10);
}

#[tokio::test]
async fn too_much_to_compare_is_told_by_its_extent() {
    let project = Project::new().with_history();
    for number in 0..6 {
        project.write(&format!("{number}.txt"), &"0123456789\n".repeat(90_000));
    }
    project.sh("git add .; git commit -qm 'several megabytes'");
    let said = project.look("recent_diff", &[]).await.unwrap();
    assert!(said.contains("0.txt | 90000 +") && said.len() < 2000, "{said}");
}

#[tokio::test]
async fn what_secret_files_hold_is_not_compared() {
    let project = Project::new().with_history();
    project.write(".env", "TOKEN=old\n");
    project.sh("git add -f .env; git commit -qm 'by mistake'; echo TOKEN=new > .env");
    let said = project.look("recent_diff", &[]).await.unwrap();
    assert!(said.contains(".env") && !said.contains("TOKEN"), "{said}");
}
