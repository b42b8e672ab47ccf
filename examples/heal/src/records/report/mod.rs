//! `heal report`: how well it goes, over many incidents.

mod bars;
mod html;
mod json;
mod text;
mod words;

use std::fs;

use anstream::adapter::strip_bytes;
use selfheal_core::kpi::{Account, Figures, Kpis, Rate};
use selfheal_core::ports::Journal;
use selfheal_core::time::Timestamp;

use super::cli::ReportFormat;
use super::find::{Listing, is_empty};
use super::page::Page;
use super::{ReportOptions, Stop, status};
use crate::run::Refusal;

/// What a report is about.
struct Report {
    figures: Figures,
    since: Option<Timestamp>,
}

/// Writes a report. `audit_coverage` says how many records have a leaf in the audit log, of how many.
///
/// # Errors
/// A [`Refusal`] if the journal can't be read or the report can't be written. An incident that can't be read is counted as such.
pub(crate) async fn report(
    journal: &dyn Journal,
    audit_coverage: Option<Rate>,
    options: &ReportOptions,
    page: &mut Page<'_>,
) -> Result<i32, Refusal> {
    status(written(journal, audit_coverage, options, page).await)
}

async fn written(
    journal: &dyn Journal,
    audit_coverage: Option<Rate>,
    options: &ReportOptions,
    page: &mut Page<'_>,
) -> Result<(), Stop> {
    let since = options.since.as_ref().map(|since| since.before(page.now));
    let kpis = folded(journal, since).await?;
    let report = Report { figures: kpis.figures(page.now, audit_coverage), since };
    let Some(path) = &options.output else { return write(&report, options.format(), page) };
    let mut text = Vec::new();
    write(&report, options.format(), &mut Page::new(&mut text, None, page.now))?;
    let plain = strip_bytes(&text).into_vec();
    fs::write(path, plain).map_err(|error| Stop::Asked(format!("{}: can't be written: {error}", path.display())))
}

/// One incident at a time, so that any number of them takes bounded memory.
async fn folded(journal: &dyn Journal, since: Option<Timestamp>) -> Result<Kpis, Stop> {
    let mut kpis = Kpis::default();
    let mut list = Listing::since(since);
    while let Some(standings) = list.next(journal).await? {
        for standing in standings {
            let history = journal.read(&standing.incident).await?;
            // It may have been forgotten since it was listed.
            if is_empty(&history) {
                continue;
            }
            match Account::of(history) {
                Ok(account) => account.iter().for_each(|account| kpis.add(account)),
                Err(_) => kpis.add_unreadable(),
            }
        }
    }
    Ok(kpis)
}

fn write(report: &Report, format: ReportFormat, page: &mut Page<'_>) -> Result<(), Stop> {
    match format {
        ReportFormat::Text => text::tell(page, report)?,
        ReportFormat::Json => json::write(page, report)?,
        ReportFormat::Html => page.out.write_all(html::page(report).as_bytes())?,
    }
    Ok(())
}
