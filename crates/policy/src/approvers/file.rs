//! The people of a file, read anew each time that answers are counted.

use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use selfheal_core::approval::{People, PeopleSource};
use selfheal_core::error::{Error, ErrorKind, Result};

use super::people::{Approvers, Verifier};

/// An approvers document on disk: who is taken out of it counts no more, from the next look on.
#[derive(Debug, Clone)]
pub struct ApproversFile {
    path: PathBuf,
    verifier: Verifier,
}

impl ApproversFile {
    /// The document at `path`; read when people are asked for, not now.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>, verifier: Verifier) -> Self {
        Self { path: path.into(), verifier }
    }
}

#[async_trait]
impl PeopleSource for ApproversFile {
    async fn people(&self) -> Result<Arc<dyn People>> {
        let read = Approvers::from_file(&self.path, self.verifier);
        let refused =
            |error: crate::error::LoadError| Error::new(ErrorKind::Invalid, "approvers.read", error.to_string());
        Ok(Arc::new(read.map_err(refused)?))
    }
}
