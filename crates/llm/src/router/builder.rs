//! Which backends there are, and which tier asks which.

use std::collections::BTreeSet;
use std::sync::Arc;

use selfheal_core::ports::{Clock, Entropy, LlmProvider, ModelTier};

use super::Router;
use super::backend::Backend;
use super::limits::BackendLimits;
use super::time::Time;

/// Most backends of a router.
const MAX_BACKENDS: usize = 16;

/// Collects backends.
#[must_use]
pub struct RouterBuilder {
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    backends: Vec<Backend>,
    small: Option<Vec<String>>,
    large: Option<Vec<String>>,
}

/// Why a router can't be built.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RouterError {
    /// A tier has nobody to ask.
    #[error("the {} tier has no backend; expected at least one", tier.as_str())]
    NoBackend {
        /// Which tier.
        tier: ModelTier,
    },
    /// A tier names a backend that there isn't.
    #[error("the {} tier names {name:?}, which is no backend", tier.as_str())]
    Unknown {
        /// Which tier.
        tier: ModelTier,
        /// Which name.
        name: String,
    },
    /// Two backends, or two places of a tier, have one name.
    #[error("{name:?} is named twice")]
    Twice {
        /// Which name.
        name: String,
    },
    /// There are more than a router takes.
    #[error("{found} backends; expected at most {MAX_BACKENDS}")]
    TooMany {
        /// How many there are.
        found: usize,
    },
    /// A bound makes no sense.
    #[error("{field} of {name:?}: expected {expected}")]
    Limits {
        /// Of which backend.
        name: String,
        /// Which bound.
        field: &'static str,
        /// What it may be.
        expected: &'static str,
    },
}

impl RouterBuilder {
    pub(super) fn new(clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> Self {
        Self { clock, entropy, backends: Vec::new(), small: None, large: None }
    }

    /// Adds a backend; `name` stands in the records of its failures.
    pub fn backend(mut self, name: &str, provider: Arc<dyn LlmProvider>, limits: BackendLimits) -> Self {
        self.backends.push(Backend::new(name.into(), provider, limits));
        self
    }

    /// Which backends a tier asks, the preferred one first. Without this it asks all, in the order in which they were added.
    pub fn tier(mut self, tier: ModelTier, names: &[&str]) -> Self {
        let names = Some(names.iter().map(|name| (*name).to_owned()).collect());
        match tier {
            ModelTier::Small => self.small = names,
            ModelTier::Large => self.large = names,
        }
        self
    }

    /// Builds it.
    ///
    /// # Errors
    /// [`RouterError`] names what is wrong.
    pub fn build(self) -> Result<Router, RouterError> {
        if self.backends.len() > MAX_BACKENDS {
            return Err(RouterError::TooMany { found: self.backends.len() });
        }
        no_name_twice(self.backends.iter().map(|backend| backend.name.as_ref()))?;
        for backend in &self.backends {
            if let Some((field, expected)) = backend.limits.defect() {
                return Err(RouterError::Limits { name: backend.name.to_string(), field, expected });
            }
        }
        let small = self.route(ModelTier::Small, self.small.as_deref())?;
        let large = self.route(ModelTier::Large, self.large.as_deref())?;
        Ok(Router { backends: self.backends, small, large, time: Time(self.clock), entropy: self.entropy })
    }

    fn route(&self, tier: ModelTier, names: Option<&[String]>) -> Result<Vec<usize>, RouterError> {
        let place = |name: &String| {
            let place = self.backends.iter().position(|backend| backend.name.as_ref() == name);
            place.ok_or_else(|| RouterError::Unknown { tier, name: name.clone() })
        };
        let route: Vec<usize> = match names {
            Some(names) => {
                no_name_twice(names.iter().map(String::as_str))?;
                names.iter().map(place).collect::<Result<_, _>>()?
            }
            None => (0..self.backends.len()).collect(),
        };
        if route.is_empty() { Err(RouterError::NoBackend { tier }) } else { Ok(route) }
    }
}

fn no_name_twice<'a>(names: impl Iterator<Item = &'a str>) -> Result<(), RouterError> {
    let mut seen = BTreeSet::new();
    let twice = names.into_iter().find(|name| !seen.insert(*name));
    twice.map_or(Ok(()), |name| Err(RouterError::Twice { name: name.to_owned() }))
}
