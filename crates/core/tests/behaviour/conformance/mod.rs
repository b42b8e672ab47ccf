//! The suites pass what keeps its obligations, and have power: each names the obligation that a planted bug breaks.

mod executor;
mod journal;
mod ledger;
mod llm;
mod log_source;
mod memory;
mod policy;

use selfheal_core::testing::conformance::Verdict;

/// The number of the obligation that was found broken.
fn broken(verdict: Verdict) -> Option<u8> {
    verdict.err().map(|violation| violation.obligation)
}
