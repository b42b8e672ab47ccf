//! The commands that read records: opening the store, and the page they are written on.

use std::io::{self, Write};
use std::sync::Arc;

use selfheal_core::journal::InMemoryJournal;
use selfheal_core::orchestrator::SystemClock;
use selfheal_core::ports::{Clock, Journal};

use super::incidents::incidents;
use super::report::{Leaves, report};
use super::show::show;
use super::{IncidentsOptions, Page, ReportOptions, ShowOptions};
use crate::cli::StoreOptions;
use crate::run::{Refusal, block_on, user_state};
use crate::say::Voice;
use crate::store::Place;

/// Which record is asked for.
pub(crate) enum What<'a> {
    /// A list of incidents.
    Incidents(&'a IncidentsOptions),
    /// One incident.
    Show(&'a ShowOptions),
    /// How well it goes.
    Report(&'a ReportOptions),
}

/// Shows what is asked for; the exit status.
pub(crate) fn main(store: &StoreOptions, what: What<'_>) -> i32 {
    let voice = Voice::default();
    let mut out = anstream::AutoStream::auto(io::stdout().lock());
    block_on(write(store, what, &mut out, Page::stdout_width(), &voice)).unwrap_or_else(|refusal| {
        voice.error(&refusal.message);
        refusal.status
    })
}

/// Writes what is asked for to `out`, in lines of `width` columns if that is said; the exit status.
///
/// # Errors
/// A [`Refusal`] if there is no such store or incident, or if it can't be read or written.
pub(crate) async fn write(
    options: &StoreOptions,
    what: What<'_>,
    out: &mut dyn Write,
    width: Option<usize>,
    voice: &Voice,
) -> Result<i32, Refusal> {
    let place = Place::named(options, user_state())?;
    let store = match place.exists() {
        true => Some(place.open_to_read().await?),
        false => None,
    };
    // That there is no store yet is no failure for who asks what there is.
    let journal: Arc<dyn Journal> = match &store {
        Some(store) => store.journal(),
        None if matches!(what, What::Show(_)) => {
            return Err(Refusal::usage(format!("there is no store at {place}")));
        }
        None => {
            voice.note(&format!("there is no store at {place} yet"));
            Arc::new(InMemoryJournal::default())
        }
    };
    let mut page = Page::new(out, width, SystemClock::default().now());
    match what {
        What::Incidents(options) => incidents(journal.as_ref(), options, &mut page).await,
        What::Show(options) => show(journal.as_ref(), options, &mut page).await,
        What::Report(options) => {
            let leaves = match &store {
                Some(store) => Some(store.read_audit(|rows| Leaves::count(rows).map_err(Refusal::failed)).await?),
                None => None,
            };
            report(journal.as_ref(), leaves.as_ref(), options, &mut page).await
        }
    }
}
