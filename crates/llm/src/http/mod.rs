//! What the adapters to servers have in common: where a server is, its key, bounds, and what its objections mean.
//!
//! - **The key goes to one place.** Redirects aren't followed, plain `http` to another machine is refused, and a key never appears in an
//!   error or a log line, not even where a server echoes it.
//! - **Everything is bounded**: the time by the request's deadline, the silence within a stream, the bytes of an answer.
//! - **Errors say what to set**, and carry a [`Failure`](crate::Failure) for whoever decides about another attempt.
//!
//! A proxy of the environment (`HTTPS_PROXY`) is used, except for a server on this machine.

mod address;
mod caller;
mod client;
mod error;
mod events;
pub(crate) mod excerpt;
mod judge;
mod link;
mod listing;
mod models;
mod objection;
mod retry_after;
mod server;

pub use address::{Address, PlainHttp};
pub use error::SetupError;
pub use models::{Model, TierModels};
pub use server::{CallBounds, KeyHeader, Server, SettingNames};

pub(crate) use caller::{Begun, Caller, Headers};
pub(crate) use events::{Event, Events};
pub(crate) use judge::{About, AboutOwned};
pub(crate) use link::broken_off;
#[cfg(feature = "openai")]
pub(crate) use link::{Link, Trouble};
pub(crate) use objection::Objection;
