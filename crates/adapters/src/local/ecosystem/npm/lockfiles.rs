use super::client;
use super::project::Project;
use crate::local::ecosystem::snapshot::trial;
use crate::local::ecosystem::{EcosystemError, Given, Row, Tools, tree};

/// The project's lockfile, when `npm ci` refuses it and takes the one that npm writes anew.
pub(super) fn rows(project: &Project, _: &Given, tools: &dyn Tools) -> Result<Vec<Row>, EcosystemError> {
    if project.foreign_lockfile().is_some() || client::check_lock(&project.dir(), tools)?.is_ok() {
        return Ok(Vec::new());
    }
    let lockfile = project.lockfile();
    let mended = trial(&project.changeable(), || {
        Ok(client::resolve(&project.dir(), tools)?.is_ok() && client::check_lock(&project.dir(), tools)?.is_ok())
    })?;
    if !mended {
        return Ok(Vec::new());
    }
    Ok(vec![Row::from([
        ("manifest".to_owned(), tree::slashed(&project.manifests[0])),
        ("lockfile".to_owned(), tree::slashed(&lockfile)),
    ])])
}
