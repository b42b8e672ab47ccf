//! What hosts and adapters test with: fakes that do what they are told, mocks, and a conformance suite per main port.
//!
//! Behind the feature `testing`.

pub mod conformance;
mod fakes;
mod mocks;
mod people;
mod tokio_clock;
mod world;

pub use fakes::{
    AllowAll, ManualClock, ScriptedCandidates, ScriptedModel, ScriptedPolicy, ScriptedProbe, ScriptedRunbooks,
    SeededEntropy,
};
pub use mocks::{MockExecutor, MockLlmProvider, MockLogSource, MockMemoryStore, MockPolicyEngine};
pub use people::FakePeople;
pub use tokio_clock::TokioClock;
pub use world::{FakeExecutor, FakeWorld, SET_VALUE, set_value, wrong_value};

use crate::error::{Error, ErrorKind};

/// A port that is out of reach, retryably.
#[must_use]
pub fn unavailable(operation: &'static str) -> Error {
    Error::new(ErrorKind::Unavailable, operation, "out of reach").with_retry(crate::error::Retry::Retryable)
}
