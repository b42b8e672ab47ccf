//! Guardrails that follow their files.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};

use async_trait::async_trait;
use selfheal_core::action::ActionKind;
use selfheal_core::decision::{Clearance, Decision};
use selfheal_core::error::Result;
use selfheal_core::ports::{Moment, PolicyEngine, PolicyQuestion, Reach};

use super::Guardrails;
use crate::error::LoadError;

/// Guardrails that a host can load again while healers run. A load that fails leaves in force what was.
///
/// Each question is answered by one state of the documents as a whole. Plans that wait for people are decided anew where the
/// version is another than they were asked under.
#[derive(Debug)]
pub struct Reloading {
    files: Vec<PathBuf>,
    current: RwLock<Arc<Guardrails>>,
}

impl Reloading {
    /// Loads these files, as [`Guardrails::from_files`].
    ///
    /// # Errors
    /// As [`Guardrails::from_files`].
    pub fn new(files: Vec<PathBuf>) -> std::result::Result<Self, LoadError> {
        let current = RwLock::new(Arc::new(Guardrails::from_files(&files)?));
        Ok(Self { files, current })
    }

    /// Loads the files again and returns the version that is in force now.
    ///
    /// # Errors
    /// As [`Guardrails::from_files`]; what was in force stays in force.
    pub fn reload(&self) -> std::result::Result<String, LoadError> {
        let loaded = Arc::new(Guardrails::from_files(&self.files)?);
        let version = loaded.version().to_owned();
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = loaded;
        Ok(version)
    }

    /// What is in force.
    #[must_use]
    pub fn current(&self) -> Arc<Guardrails> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }
}

#[async_trait]
impl PolicyEngine for Reloading {
    async fn permits(&self, reach: &Reach<'_>) -> Result<BTreeSet<ActionKind>> {
        self.current().permits(reach).await
    }

    fn leaves_out(&self, reach: &Reach<'_>, kind: &ActionKind) -> Option<String> {
        self.current().leaves_out(reach, kind)
    }

    async fn decide(&self, question: &PolicyQuestion<'_>) -> Result<Decision> {
        self.current().decide(question).await
    }

    async fn clear(&self, moment: &Moment<'_>) -> Result<Clearance> {
        self.current().clear(moment).await
    }
}
