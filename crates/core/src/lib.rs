//! The vocabulary, ports, agents, engine and orchestrator of selfheal.
//!
//! Something failed: a pipeline, a job, a service. This crate turns that signal into a diagnosis, a plan of typed
//! actions, and, if policy allows it, into a fix that was previewed, rehearsed, applied, *observed* to help, and
//! otherwise taken back. It does no IO of its own: a host plugs in what it has through ports. It needs no language
//! model, and nothing is called healed that no probe saw to be well.
//!
//! # A host in twenty lines
//! The fakes come from `testing` (feature `testing`); a real host gives its own ports, or those of the crates
//! `selfheal-policy` (runbooks and guardrails as documents), `selfheal-memory` and `selfheal-adapters`.
//! ```
//! use std::sync::Arc;
//!
//! use selfheal_core::engine::Outcome;
//! use selfheal_core::incident::Signal;
//! use selfheal_core::orchestrator::{Cancellation, Orchestrator};
//! use selfheal_core::resource::{Environment, ResourceRef};
//! use selfheal_core::testing::{AllowAll, FakeExecutor, FakeWorld, ScriptedProbe, ScriptedRunbooks, wrong_value};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let world = FakeWorld::default();
//! world.set("mode", "bad");
//!
//! let healer = Orchestrator::builder()
//!     .runbooks(Arc::new(ScriptedRunbooks::new(vec![vec![wrong_value("mode", "good")]]))) // what is known
//!     .executor(Arc::new(FakeExecutor::new(world.clone()))) // what can be done
//!     .policy(Arc::new(AllowAll)) // what may be done
//!     .probe(Arc::new(ScriptedProbe::healthy(&[true]))) // what healed means
//!     .build()?;
//!
//! let failed = Signal::new(ResourceRef::new("fake", "service", "checkout"), Environment::Dev);
//! let report = healer.heal(failed, &Cancellation::new()).await?;
//!
//! assert_eq!(report.outcome(), Some(&Outcome::Healed));
//! assert_eq!(world.get("mode").as_deref(), Some("good"));
//! assert_eq!(report.tried()[0].proposal.previews[0].summary, "mode becomes good");
//! # Ok(())
//! # }
//! ```
//!
//! # Contents
//! | what | where |
//! |---|---|
//! | what failed | [`incident`], [`resource`], [`evidence`] (untrusted text) and its [typed words](value_type), [`facts`] (trusted observations), [`category`] |
//! | what is believed | [`diagnosis`], [`confidence`] |
//! | what is to be done | [`action`] and the [`standard`] kinds, [`plan`], [`criterion`] |
//! | what may be done | [`allowed`], [`decision`]; who agrees: [`approval`] |
//! | what a host plugs in | [`ports`], each with its obligations; [`mod@error`], [`time`] |
//! | who works | [`agents`]: classifier, analyst, strategist, auditor, scholar |
//! | what happens next | [`engine`]: a pure function from state and event to state and effect |
//! | what survives a crash | the [`Journal`](ports::Journal) port; [`journal`]: one in memory, and how much is kept |
//! | what people and healers share | the [`Ledger`](ports::Ledger) port; [`mod@ledger`]: one in memory, and what is read out of its streams |
//! | what can be proved afterwards | [`audit`]: a transparency log of salted commitments, its proofs and its verification |
//! | what people ask afterwards | [`kpi`]: timelines in plain words, where the time went, figures over many incidents |
//! | what many incidents together forbid | [`fleet`]: budgets, cool-downs, flapping, relapses, mass failure; operators' [`switches`](ledger::switches) |
//! | who makes it happen | [`orchestrator`]: performs effects, journals first; all bounds are in [`limits`] |
//! | how to test a host | `testing`: fakes, mocks, and a conformance suite per main port; [`failpoint`] for kill tests |

pub mod action;
pub mod agents;
pub mod allowed;
pub mod approval;
pub mod audit;
pub mod category;
pub mod confidence;
pub mod criterion;
pub mod decision;
pub mod diagnosis;
pub mod engine;
pub mod error;
pub mod evidence;
pub mod facts;
pub mod failpoint;
pub mod fleet;
pub mod incident;
pub mod journal;
pub mod kpi;
pub mod ledger;
pub mod limits;
pub mod orchestrator;
pub mod plan;
pub mod ports;
pub mod resource;
pub mod spending;
pub mod standard;
#[cfg(feature = "testing")]
pub mod testing;
pub mod time;
#[cfg(doctest)]
mod unwritable;
pub mod value_type;
