//! What an operator switches for all healers of a store: pause, autonomy, overrides. Each is a note in the ledger, and so a leaf of
//! the audit log.

mod cli;
mod lasting;
mod listing;
mod throwing;
mod who;

pub(crate) use cli::{AutonomyOptions, OverrideOptions, PauseOptions, SwitchesOptions, UnpauseOptions};
pub(crate) use listing::list;
pub(crate) use throwing::{autonomy, override_guards, pause, unpause};
