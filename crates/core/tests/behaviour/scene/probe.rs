//! A probe that looks at the world.

use std::sync::Mutex;

use async_trait::async_trait;
use selfheal_core::criterion::Observation;
use selfheal_core::error::{Error, Result};
use selfheal_core::facts::Facts;
use selfheal_core::ports::{HealthProbe, ProbeRequest};
use selfheal_core::testing::FakeWorld;

use super::evidence;

type Meddler = Box<dyn Fn() -> Option<Error> + Send + Sync>;

/// Healthy if every wanted key has its value; otherwise it says `error: KEY is VALUE` of the first that hasn't.
pub(crate) struct WorldProbe {
    world: FakeWorld,
    wanted: Vec<(&'static str, &'static str)>,
    meddler: Mutex<Option<Meddler>>,
}

impl WorldProbe {
    pub(crate) fn new(world: FakeWorld, wanted: &[(&'static str, &'static str)]) -> Self {
        Self { world, wanted: wanted.to_vec(), meddler: Mutex::default() }
    }

    /// Asks `meddler` before each observation whether it fails.
    pub(crate) fn before(&self, meddler: impl Fn() -> Option<Error> + Send + Sync + 'static) {
        *self.meddler.lock().unwrap() = Some(Box::new(meddler));
    }
}

#[async_trait]
impl HealthProbe for WorldProbe {
    async fn observe(&self, _: &ProbeRequest<'_>) -> Result<Observation> {
        if let Some(error) = self.meddler.lock().unwrap().as_ref().and_then(|meddler| meddler()) {
            return Err(error);
        }
        let wrong = self.wanted.iter().find(|(key, value)| self.world.get(key).as_deref() != Some(value));
        Ok(match wrong {
            None => Observation::Healthy { facts: Facts::new() },
            Some((key, _)) => {
                let line = format!("error: {key} is {}", self.world.get(key).unwrap_or_default());
                Observation::Unhealthy { facts: Facts::new(), evidence: vec![evidence(&line)] }
            }
        })
    }
}
