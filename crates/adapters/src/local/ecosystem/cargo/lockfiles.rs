use super::client::{self, Lock};
use super::project::Project;
use crate::local::ecosystem::snapshot::trial;
use crate::local::ecosystem::{EcosystemError, Given, Row, Tools, tree};

/// The workspace's lockfile, when `--locked` refuses it and cargo can bring it in line.
pub(super) fn rows(project: &Project, _: &Given, tools: &dyn Tools) -> Result<Vec<Row>, EcosystemError> {
    if client::check_lock(&project.dir(), tools)? != Lock::Stale {
        return Ok(Vec::new());
    }
    let mended = trial(&project.changeable(), || client::lock(&project.dir(), tools))?;
    if mended.is_err() {
        return Ok(Vec::new());
    }
    Ok(vec![Row::from([
        ("manifest".to_owned(), tree::slashed(&project.root.join("Cargo.toml"))),
        ("lockfile".to_owned(), tree::slashed(&project.lockfile())),
    ])])
}
