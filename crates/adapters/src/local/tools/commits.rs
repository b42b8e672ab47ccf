//! `recent_commits`: what was done last.

use selfheal_core::error::Result;

use super::Scene;
use super::arguments::Arguments;
use super::git::Repository;

/// The last ten, each with at most fifteen files. A merge is told by what it brought.
const LOG: &[&str] = &[
    "log",
    "-n",
    "10",
    "--first-parent",
    "-m",
    "--no-color",
    "--no-show-signature",
    "--no-notes",
    "--no-mailmap",
    "--no-ext-diff",
    "--no-textconv",
    "--ignore-submodules=all",
    "--stat=100",
    "--stat-count=15",
    "--date=short",
    "--format=%n%h %cd %an: %s",
    "HEAD",
];

pub(super) fn look(scene: &Scene, _: &Arguments) -> Result<String> {
    let repository = Repository::of(&scene.pipeline.config().dir, &scene.patience)?;
    let said = repository.ask(LOG)?.unwrap_or_default();
    let commits = said.trim();
    Ok(if commits.is_empty() { "no commit touched the directory".to_owned() } else { commits.to_owned() })
}
