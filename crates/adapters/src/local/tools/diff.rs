//! `recent_diff`: what is changed and not committed, and what the last commit changed.

use std::path::Path;

use selfheal_core::error::Result;

use super::Scene;
use super::answer::{self, bounded};
use super::arguments::Arguments;
use super::git::Repository;
use super::{armour, secret};

/// Most bytes of what is changed and not committed, while a commit follows.
const UNCOMMITTED_BYTES: usize = answer::MAX_BYTES * 6 / 10;

/// Most bytes of one file's changes.
const FILE_BYTES: usize = 3 << 10;

/// Most files that are named as new.
const MAX_NEW: usize = 20;

/// Files that tools write: what changed in them follows from what changed elsewhere.
const WRITTEN_BY_TOOLS: &[&str] = &[
    "Cargo.lock",
    "Gemfile.lock",
    "Pipfile.lock",
    "bun.lock",
    "composer.lock",
    "go.sum",
    "gradle.lockfile",
    "npm-shrinkwrap.json",
    "package-lock.json",
    "pnpm-lock.yaml",
    "poetry.lock",
    "uv.lock",
    "yarn.lock",
];

const PLAIN: &[&str] = &["--no-color", "--no-ext-diff", "--no-textconv", "--ignore-submodules=all", "-M", "-l200"];

pub(super) fn look(scene: &Scene, _: &Arguments) -> Result<String> {
    let repository = Repository::of(&scene.pipeline.config().dir, &scene.patience)?;
    let uncommitted = uncommitted(scene, &repository)?;
    let has_parent = repository.has_parent();
    // Late, nothing is known of it.
    scene.patience.left()?;
    let committed = match has_parent {
        true => told("The last commit", &changes(scene, &repository, &["HEAD^1", "HEAD"])?),
        false => "What the last commit changed can't be told: the one before it is not here.\n".to_owned(),
    };
    Ok(bounded(&uncommitted, UNCOMMITTED_BYTES) + &committed)
}

fn uncommitted(scene: &Scene, repository: &Repository) -> Result<String> {
    if !repository.has_index() {
        return Ok(String::new());
    }
    let mut told = told("Not committed", &changes(scene, repository, &["HEAD"])?);
    let new = repository.ask(&["ls-files", "--others", "--exclude-standard", "--directory", "--no-empty-directory"])?;
    let new = new.unwrap_or_default();
    for path in new.lines().take(MAX_NEW) {
        told.push_str(&format!("new, not in git: {path}\n"));
    }
    Ok(told)
}

/// The changes between two states, the most telling file first; only their extent if they are too many.
fn changes(scene: &Scene, repository: &Repository, states: &[&str]) -> Result<String> {
    let of = |form: &[&str]| repository.ask(&[&["diff"], form, PLAIN, states].concat());
    match of(&["-U3"])? {
        Some(diff) => Ok(arranged(&diff, |section| armour::hidden(&scene.redacted(section)))),
        None => Ok(of(&["--stat=100", "--stat-count=60"])?.unwrap_or_default()),
    }
}

fn told(what: &str, changes: &str) -> String {
    match changes.is_empty() {
        true => format!("{what}: nothing changed.\n"),
        false => format!("{what}:\n{changes}"),
    }
}

/// The files' changes, each `clean` and then bounded, with those that tools wrote last and those of secrets left out.
fn arranged(diff: &str, clean: impl Fn(&str) -> String) -> String {
    let mut files = sections(diff);
    files.sort_by_key(|section| paths(section).any(is_written_by_tools));
    let show = |section: &str| match paths(section).any(|path| secret::is_secret(Path::new(path))) {
        true => {
            format!("{}\n[what a file of this name holds is not shown]\n", section.lines().next().unwrap_or_default())
        }
        false => bounded(&clean(section), FILE_BYTES),
    };
    files.into_iter().map(show).collect()
}

fn sections(diff: &str) -> Vec<&str> {
    let mut starts: Vec<usize> = diff.match_indices("\ndiff --git ").map(|(at, _)| at + 1).collect();
    starts.insert(0, 0);
    let ends = starts.iter().skip(1).copied().chain([diff.len()]);
    starts.iter().zip(ends).map(|(start, end)| &diff[*start..end]).filter(|section| !section.is_empty()).collect()
}

/// The paths that a file's changes name before the first hunk.
fn paths(section: &str) -> impl Iterator<Item = &str> {
    let head = section.lines().take_while(|line| !line.starts_with("@@"));
    head.flat_map(|line| {
        let named = ["--- ", "+++ ", "rename from ", "rename to "].iter().find_map(|mark| line.strip_prefix(mark));
        // `diff --git a/x b/x`: of a binary file, or one without changes, that is all.
        let last =
            line.strip_prefix("diff --git ").and_then(|both| both.rsplit_once(" b/").or(both.rsplit_once("\"b/")));
        named.or(last.map(|(_, path)| path))
    })
    .map(|path| path.trim_matches('"'))
    .map(|path| path.strip_prefix("a/").or(path.strip_prefix("b/")).unwrap_or(path))
}

fn is_written_by_tools(path: &str) -> bool {
    path.rsplit('/').next().is_some_and(|name| WRITTEN_BY_TOOLS.contains(&name) || name.ends_with(".min.js"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIFF: &str = "\
diff --git a/Cargo.lock b/Cargo.lock
--- a/Cargo.lock
+++ b/Cargo.lock
@@ -1 +1 @@
-old
+diff --git is only a word here
diff --git a/src/a.rs b/src/a.rs
--- a/src/a.rs
+++ b/src/a.rs
@@ -1 +1 @@
-a
+b
diff --git a/x.env b/x.env
--- a/x.env
+++ b/x.env
@@ -1 +1 @@
-TOKEN=1
+TOKEN=2
diff --git a/logo.key b/logo.key
Binary files a/logo.key and b/logo.key differ
";

    #[test]
    fn what_people_wrote_comes_first_and_secrets_never() {
        let shown = arranged(DIFF, str::to_owned);
        let order: Vec<&str> = shown.lines().filter(|line| line.starts_with("diff --git a/")).collect();
        assert_eq!(
            order,
            [
                "diff --git a/src/a.rs b/src/a.rs",
                "diff --git a/x.env b/x.env",
                "diff --git a/logo.key b/logo.key",
                "diff --git a/Cargo.lock b/Cargo.lock"
            ]
        );
        assert!(!shown.contains("TOKEN") && !shown.contains("Binary files"));
        assert!(shown.contains("+b\n") && shown.contains("-old\n"));
    }

    #[test]
    fn one_file_does_not_take_all_the_room() {
        let long = format!("diff --git a/big b/big\n--- a/big\n+++ b/big\n@@ -1 +1 @@\n{}", "+line\n".repeat(5000));
        let shown = arranged(&format!("{long}{DIFF}"), str::to_owned);
        assert!(shown.len() < FILE_BYTES + DIFF.len() && shown.contains("+b\n"));
    }
}
