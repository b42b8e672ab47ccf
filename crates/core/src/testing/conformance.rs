//! One conformance suite per main port. An adapter's test makes a fresh fixture per case and runs the suite;
//! a [`Violation`] names the numbered obligation of the port's "To be correct" list.

/// Runs each case on a store of its own, and returns with the first that fails.
macro_rules! each_on_its_own {
    ($fresh:ident: $($case:ident),* $(,)?) => {$(
        let (store, _guard) = $fresh().await;
        $case(store.as_ref()).await?;
    )*};
}

mod executor;
mod journal;
mod ledger;
mod llm;
mod log_source;
mod memory;
mod policy;

pub use executor::{ExecutorFixture, executor};
pub use journal::journal;
pub use ledger::ledger;
pub use llm::llm_provider;
pub use log_source::{LogFixture, log_source};
pub use memory::memory_store;
pub use policy::policy_engine;

use crate::error::Error;

/// An obligation that an adapter does not keep.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{port}, obligation {obligation}: {detail}")]
pub struct Violation {
    /// The port.
    pub port: &'static str,
    /// The number in its "To be correct" list.
    pub obligation: u8,
    /// What was seen.
    pub detail: String,
}

/// The result of a suite.
pub type Verdict = Result<(), Violation>;

struct Suite(&'static str);

impl Suite {
    fn check(&self, obligation: u8, holds: bool, detail: &str) -> Verdict {
        if holds { Ok(()) } else { Err(self.violation(obligation, detail)) }
    }

    fn call<T>(&self, obligation: u8, what: &str, answer: Result<T, Error>) -> Result<T, Violation> {
        answer.map_err(|error| self.violation(obligation, &format!("{what} failed: {error}")))
    }

    fn violation(&self, obligation: u8, detail: &str) -> Violation {
        Violation { port: self.0, obligation, detail: detail.to_owned() }
    }
}
