//! `heal show`: what happened in one incident.

mod adr;
mod json;
mod markdown;
mod plans;
mod text;

use std::io;

use selfheal_core::engine::Proposal;
use selfheal_core::kpi::Timeline;
use selfheal_core::ports::Journal;

use super::cli::ShowFormat;
use super::find::find;
use super::page::Page;
use super::{ShowOptions, Stop, status};
use crate::run::Refusal;

/// Shows one plan: what it does and changes, what policy said, how its rehearsal ended.
///
/// # Errors
/// If it can't be written.
pub(crate) fn plan(page: &mut Page<'_>, proposal: &Proposal) -> io::Result<()> {
    text::plan(page, proposal)
}

/// Shows the incident whose id, or beginning of an id, was given.
///
/// # Errors
/// A [`Refusal`] if there is no such incident or several, if its records can't be read, or if it can't be written.
pub(crate) async fn show(journal: &dyn Journal, options: &ShowOptions, page: &mut Page<'_>) -> Result<i32, Refusal> {
    status(shown(journal, options, page).await)
}

async fn shown(journal: &dyn Journal, options: &ShowOptions, page: &mut Page<'_>) -> Result<(), Stop> {
    let history = find(journal, &options.id).await?;
    let unreadable = |why: String| Stop::Asked(format!("the records of `{}` can't be read: {why}", options.id));
    let timeline = Timeline::of(history).map_err(|error| unreadable(error.to_string()))?;
    let timeline = timeline.ok_or_else(|| unreadable("there are none any more".to_owned()))?;
    match options.format() {
        ShowFormat::Text => text::tell(page, &timeline)?,
        ShowFormat::Json => json::write(page, &timeline)?,
        ShowFormat::Adr => adr::write(page, &timeline)?,
    }
    Ok(())
}
