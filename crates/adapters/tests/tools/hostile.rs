//! Repositories whose configuration names programs: none of them is started, and nothing changes.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use selfheal_core::error::ErrorKind;

use super::scene::Project;

/// A repository whose configuration starts a program that leaves a mark, wherever git lets it.
struct Trapped {
    project: Project,
    marks: PathBuf,
}

impl Trapped {
    fn new() -> Self {
        let project = Project::new().with_history();
        let marks = project.beside("marks");
        let trapped = Self { project, marks };
        trapped.project.write(".gitattributes", "* diff=evil filter=evil\n");
        trapped.project.sh("git add .; git commit -qm attributes; git rm -q --cached .gitattributes; git reset -q");
        trapped.sign_last_commit();
        trapped.configure();
        trapped.project.write("a.txt", "changed\n");
        trapped
    }

    /// A program that marks that it ran.
    fn program(&self, name: &str, then: &str) -> String {
        let path = self.project.beside("programs").join(name);
        let mark = self.marks.join(name);
        std::fs::write(&path, format!("#!/bin/sh\ntouch '{}'\n{then}\n", mark.display())).unwrap();
        std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
        path.display().to_string()
    }

    fn sign_last_commit(&self) {
        let signed = "git cat-file commit HEAD | sed 's/^committer.*/&\\ngpgsig -----BEGIN PGP SIGNATURE-----\\n \\n x\\n \
            -----END PGP SIGNATURE-----/' > ../signed; git reset -q --soft $(git hash-object -t commit -w ../signed)";
        self.project.sh(signed);
    }

    fn configure(&self) {
        let settings = [
            ("core.fsmonitor", self.program("fsmonitor", "")),
            ("core.pager", self.program("pager", "cat")),
            ("core.sshCommand", self.program("ssh", "")),
            ("core.hooksPath", self.project.beside("programs").display().to_string()),
            ("diff.external", self.program("external", "")),
            ("diff.evil.command", self.program("driver", "")),
            ("diff.evil.textconv", self.program("textconv", "cat \"$1\"")),
            ("filter.evil.clean", self.program("clean", "cat")),
            ("filter.evil.smudge", self.program("smudge", "cat")),
            ("log.showSignature", "true".to_owned()),
            ("gpg.program", self.program("gpg", "")),
            ("alias.log", format!("!{}", self.program("alias", ""))),
            ("pager.log", self.program("pager-log", "cat")),
            ("pager.diff", self.program("pager-diff", "cat")),
        ];
        for (name, value) in settings {
            self.project.sh(&format!("git config {name} '{value}'"));
        }
        std::fs::remove_dir_all(&self.marks).unwrap();
        std::fs::create_dir(&self.marks).unwrap();
    }

    fn marks(&self) -> Vec<String> {
        let entries = self.marks.read_dir().unwrap();
        let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

/// Every file below `dir` with its content.
fn contents(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut all = BTreeMap::new();
    for entry in dir.read_dir().unwrap().flatten() {
        match entry.file_type().unwrap().is_dir() {
            true if entry.file_name() == ".selfheal" => {}
            true => all.extend(contents(&entry.path())),
            false => drop(all.insert(entry.path(), std::fs::read(entry.path()).unwrap())),
        }
    }
    all
}

#[tokio::test]
async fn no_program_of_the_repository_runs_and_nothing_changes() {
    let trapped = Trapped::new();
    let before = contents(&trapped.project.dir);
    let commits = trapped.project.look("recent_commits", &[]).await.unwrap();
    let diff = trapped.project.look("recent_diff", &[]).await.unwrap();
    assert!(commits.contains("attributes") && diff.contains("+changed"), "{commits}{diff}");
    assert_eq!(trapped.marks(), [""; 0]);
    assert!(before == contents(&trapped.project.dir));
}

/// The traps are real ones.
#[test]
fn git_itself_would_have_run_them() {
    let trapped = Trapped::new();
    for command in ["git diff HEAD", "git -c diff.external= diff --no-ext-diff HEAD", "git log -1"] {
        trapped.project.attempt(command);
    }
    let sprung = trapped.marks();
    for name in ["clean", "driver", "fsmonitor", "gpg", "textconv"] {
        assert!(sprung.iter().any(|mark| mark == name), "{name} is not in {sprung:?}");
    }
}

#[tokio::test]
async fn an_object_that_is_missing_is_fetched_from_nowhere() {
    let trapped = Trapped::new();
    let program = trapped.program("upload-pack", "");
    trapped
        .project
        .sh("f=$(git rev-parse HEAD~2:a.txt); rm -f .git/objects/$(echo $f | cut -c1-2)/$(echo $f | cut -c3-)");
    trapped.project.sh(&format!(
        "git config core.repositoryformatversion 1; git config extensions.partialClone origin; \
         git config remote.origin.promisor true; git config remote.origin.url /nowhere; \
         git config remote.origin.uploadpack '{program}'; git reset -q --soft HEAD~1; rm -f ../marks/*"
    ));
    let said = trapped.project.look("recent_diff", &[]).await;
    assert!(said.is_err(), "{said:?}");
    assert_eq!(trapped.marks(), [""; 0]);
    trapped.project.attempt("git -c core.fsmonitor=false diff --no-ext-diff --no-textconv HEAD~1 HEAD");
    assert!(trapped.marks().contains(&"upload-pack".to_owned()), "the trap is no real one");
}

/// Ways in which files of a project lead to the repository at `../other`.
const ELSEWHERE: &[&str] = &[
    "echo \"gitdir: $OTHER/.git\" > .git",
    "ln -s $OTHER/.git .git",
    "git init -q; git commit -q --allow-empty -m own; echo $OTHER/.git > .git/commondir",
    "git clone -q --shared $OTHER . 2> /dev/null",
    "git clone -q $OTHER . 2> /dev/null; rm -rf .git/objects; ln -s $OTHER/.git/objects .git/objects",
    "git clone -q $OTHER . 2> /dev/null; cd .git/objects; for d in ??; do rm -rf $d; ln -s $OTHER/.git/objects/$d $d; done",
    "mkdir -p evil/worktrees/x; cp -r $OTHER/.git/HEAD evil; echo $OTHER/.git > evil/worktrees/x/commondir
     cp $OTHER/.git/HEAD evil/worktrees/x/HEAD; echo $PWD/.git > evil/worktrees/x/gitdir
     echo \"gitdir: $PWD/evil/worktrees/x\" > .git",
    "cd $OTHER; git worktree add -q ../theirs; cd ../project; cp ../theirs/.git .git",
];

#[tokio::test]
async fn another_repository_is_not_told_of_by_whatever_way_it_is_reached() {
    for way in ELSEWHERE {
        let project = Project::new();
        let other = project.beside("other");
        project.sh("cd ../other; git init -q; echo one > plan.txt; git add .; git commit -qm 'confidential'");
        project.sh(&format!("OTHER={}; {way}", other.display()));
        assert!(project.attempt("git log --format=%s --all | grep -q confidential"), "{way} leads nowhere");
        for tool in ["recent_commits", "recent_diff"] {
            let said = project.look(tool, &[]).await;
            assert!(said.as_ref().is_err_and(|error| error.kind() == ErrorKind::Forbidden), "{way}: {said:?}");
        }
    }
}

#[tokio::test]
async fn a_work_tree_that_lies_elsewhere_by_configuration_is_not_looked_at() {
    let project = Project::new().with_history();
    let elsewhere = project.beside("elsewhere");
    std::fs::write(elsewhere.join("a.txt"), "of somebody else\n").unwrap();
    project.sh(&format!("git config core.worktree '{}'", elsewhere.display()));
    let diff = project.look("recent_diff", &[]).await.unwrap();
    assert!(diff.contains("Not committed: nothing changed") && !diff.contains("somebody"), "{diff}");
}
