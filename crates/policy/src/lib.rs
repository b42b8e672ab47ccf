//! Declarative documents: runbooks and guardrails.
//!
//! A **runbook** says how a kind of failure is recognised in facts and log lines, what it means, and which typed
//! actions may be tried; [`runbook::Catalogue`] is core's [`Runbooks`](selfheal_core::ports::Runbooks) port over the
//! shipped ones and a host's. A **guardrails** document says which actions may be taken where;
//! [`guardrails::Guardrails`] is core's [`PolicyEngine`](selfheal_core::ports::PolicyEngine) port. Both are YAML, read
//! within budgets and refused with file, line and what was expected.
//!
//! ```
//! use selfheal_core::facts::{Fact, Facts};
//! use selfheal_policy::runbook::Catalogue;
//!
//! let catalogue = Catalogue::shipped()?;
//! let facts = Facts::new().with("exit_code", Fact::Number(1));
//! let log = ["npm error code ETARGET", "npm error notarget No matching version found for is-number@^99.0.0."];
//! let found = catalogue.recognise(&facts, &log);
//! assert_eq!(found[0].runbook().id(), "npm-no-matching-version");
//! assert_eq!(found[0].summary(), "no published version of is-number satisfies ^99.0.0");
//! # Ok::<(), selfheal_policy::error::LoadError>(())
//! ```

pub mod approvers;
pub mod asked;
pub mod cases;
#[cfg(feature = "commands")]
pub mod command;
mod digest;
pub mod documents;
pub mod engines;
pub mod error;
pub mod fleet;
pub mod guardrails;
pub mod limits;
pub mod recovery;
pub mod runbook;
mod spelling;
mod warning;
mod yaml;
