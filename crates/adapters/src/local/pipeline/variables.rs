//! The variables that may be given to the command, and whether their values are those that were seen.

use std::ffi::OsString;

use selfheal_core::error::{Error, ErrorKind, Result};
use selfheal_core::plan::Fence;

use super::{ConfiguredVariable, Pipeline};
use crate::local::kept::ValueKey;

impl Pipeline {
    /// What is observed of a variable before it may be given: its present value, by a version that tells nothing of it to who
    /// doesn't hold the incident's key.
    pub(in crate::local) fn variable_fence(&self, name: &str, source: &str) -> Result<Fence> {
        let variable = self.configured(name, source)?;
        let version = self.value_key()?.version_of(name, &variable.value)?;
        Ok(Fence { what: format!("the value of {name} in {source}"), version: Some(version) })
    }

    /// The version of the variable, if its value is the one of `fence`.
    ///
    /// # Errors
    /// [`ErrorKind::Conflict`] if it is another one now, or can't be told any more.
    pub(in crate::local) fn unchanged_variable(
        &self,
        name: &str,
        source: &str,
        fence: Option<&Fence>,
    ) -> Result<String> {
        let seen = fence.and_then(|fence| fence.version.clone());
        let now = self.configured(name, source).and_then(|_| self.version(name));
        match (seen, now) {
            (Some(seen), Ok(Some(now))) if seen == now => Ok(now),
            _ => Err(changed(name)),
        }
    }

    /// Fails if the command was given a variable whose value is no longer what it was given.
    pub(super) fn check_given(&self) -> Result<()> {
        let given: Vec<(String, String)> =
            self.session().kept.variables().map(|(name, version)| (name.to_owned(), version.to_owned())).collect();
        for (name, version) in given {
            if !self.config.variables.contains_key(&name) {
                let message = format!("the command was given {name}, for which no source is configured any more");
                return Err(Error::new(ErrorKind::NotFound, "pipeline.start", message));
            }
            if self.version(&name)?.is_none_or(|now| now != version) {
                return Err(changed(&name));
            }
        }
        Ok(())
    }

    pub(super) fn variable(&self, name: &str) -> Option<(OsString, OsString)> {
        self.config.variables.get(name).map(|variable| (name.into(), variable.value.clone()))
    }

    fn configured(&self, name: &str, source: &str) -> Result<&ConfiguredVariable> {
        let found = self.config.variables.get(name).filter(|variable| variable.source == source);
        found.ok_or_else(|| {
            let message = format!("no configured source called {source} has the variable {name}");
            Error::new(ErrorKind::NotFound, "executor.preview", message)
        })
    }

    /// The present version of a variable; `None` without a key, or without the variable.
    fn version(&self, name: &str) -> Result<Option<String>> {
        let Some(key) = self.session().kept.value_key.clone() else { return Ok(None) };
        let value = self.config.variables.get(name).map(|variable| &variable.value);
        value.map(|value| key.version_of(name, value)).transpose()
    }

    /// The key of the present incident, durable before anything is told by it.
    fn value_key(&self) -> Result<ValueKey> {
        if let Some(key) = self.session().kept.value_key.clone() {
            return Ok(key);
        }
        let key = ValueKey::random()?;
        self.change(|kept| {
            kept.value_key = Some(key.clone());
            true
        })?;
        Ok(key)
    }
}

fn changed(name: &str) -> Error {
    Error::new(ErrorKind::Conflict, "executor.apply", format!("the value of {name} changed since it was seen"))
}
