//! The records that people read: which incidents there were, what happened in one, and how well it goes.
//!
//! Everything is composed from a journal; nothing is kept here. What tools, logs and people said passes through
//! [`clean`](crate::say::clean) on its way to a terminal, and through escaping templates on its way to a page.

mod cli;
mod command;
mod find;
mod incidents;
pub(crate) mod json;
mod page;
mod report;
mod show;
mod table;
#[cfg(test)]
mod tests;
pub(crate) mod when;

#[cfg(feature = "mcp")]
pub(crate) use cli::ShowFormat;
pub(crate) use cli::{IncidentsOptions, ReportOptions, ShowOptions};
#[cfg(feature = "mcp")]
pub(crate) use command::write;
pub(crate) use command::{What, main};
pub(crate) use page::Page;
pub(crate) use show::plan;
#[cfg(test)]
use {
    incidents::incidents,
    report::{Leaves, report},
    show::show,
};

use std::io;

use selfheal_core::ports::{History, Journal};

use crate::exit;
use crate::run::Refusal;

/// Why nothing, or no more, is shown.
#[derive(Debug, thiserror::Error)]
enum Stop {
    /// Whoever reads has read enough, or the output can't be written.
    #[error("could not write: {0}")]
    Output(#[from] io::Error),
    /// The journal can't be read.
    #[error(transparent)]
    Journal(#[from] selfheal_core::error::Error),
    /// What was asked for is not there, or not clear.
    #[error("{0}")]
    Asked(String),
}

/// The exit status of a command that only shows something.
fn status(shown: Result<(), Stop>) -> Result<i32, Refusal> {
    match shown {
        Ok(()) => Ok(exit::HEALED),
        // `heal incidents | head` is no failure.
        Err(Stop::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => Ok(exit::HEALED),
        Err(stop) => Err(refused(stop)),
    }
}

fn refused(stop: Stop) -> Refusal {
    match stop {
        Stop::Asked(message) => Refusal::usage(message),
        stop => Refusal::failed(stop),
    }
}

/// The history of the incident that `id` is the id, or the beginning of the id, of.
///
/// # Errors
/// If there is none, or several, or the journal can't be read.
pub(crate) async fn history(journal: &dyn Journal, id: &str) -> Result<History, Refusal> {
    find::find(journal, id).await.map_err(refused)
}
