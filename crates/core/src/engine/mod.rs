//! The engine: a pure function from state and event to the next state and its effect.
//!
//! No IO, no clock, no chance: time comes in with each event, jitter from a seed in the state, bounds as
//! [`Limits`](crate::limits::Limits). Replaying the same events gives the same state, which is what makes
//! crash recovery, simulation and production the same code.
//!
//! The effect is a function of the state ([`State::effect`]), so a state that was read back from a journal
//! knows what it was about to do.

mod backoff;
mod consultation;
mod event;
mod phase;
mod replay;
mod state;
mod transition;

pub use backoff::delay as backoff;
pub use consultation::{Agent, Consultation, ConsultationEnd, Lookup, Opinion};
pub use event::{Event, Verification};
pub use phase::{Effect, Outcome, Phase, Trouble};
pub use replay::{ReplayError, each_state, replay};
pub use state::{Attack, Counters, Proposal, SCHEMA_VERSION, State, Tried, TriedResult, Within};
pub use transition::{IllegalEvent, transition};
