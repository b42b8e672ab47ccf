//! `heal report`: how well it goes, over many incidents.

mod bars;
mod html;
mod json;
mod leaves;
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
pub(crate) use leaves::Leaves;

/// What a report is about.
struct Report {
    figures: Figures,
    since: Option<Timestamp>,
}

/// Writes a report. `audited` counts the leaves of the audit log, if there is one.
///
/// # Errors
/// A [`Refusal`] if the journal can't be read or the report can't be written. An incident that can't be read is counted as such.
pub(crate) async fn report(
    journal: &dyn Journal,
    audited: Option<&Leaves>,
    options: &ReportOptions,
    page: &mut Page<'_>,
) -> Result<i32, Refusal> {
    status(written(journal, audited, options, page).await)
}

async fn written(
    journal: &dyn Journal,
    audited: Option<&Leaves>,
    options: &ReportOptions,
    page: &mut Page<'_>,
) -> Result<(), Stop> {
    let since = options.since.as_ref().map(|since| since.before(page.now));
    let figures = folded(journal, since, audited, page.now).await?;
    let report = Report { figures, since };
    let Some(path) = &options.output else { return write(&report, options.format(), page) };
    let mut text = Vec::new();
    write(&report, options.format(), &mut Page::new(&mut text, None, page.now))?;
    let plain = strip_bytes(&text).into_vec();
    fs::write(path, plain).map_err(|error| Stop::Asked(format!("{}: can't be written: {error}", path.display())))
}

/// One incident at a time, so that any number of them takes bounded memory.
async fn folded(
    journal: &dyn Journal,
    since: Option<Timestamp>,
    audited: Option<&Leaves>,
    now: Timestamp,
) -> Result<Figures, Stop> {
    let mut kpis = Kpis::default();
    let mut coverage = Rate::default();
    let mut list = Listing::since(since);
    while let Some(standings) = list.next(journal).await? {
        for standing in standings {
            let history = journal.read(&standing.incident).await?;
            // It may have been forgotten since it was listed.
            if is_empty(&history) {
                continue;
            }
            let leaves = audited.map_or(0, |audited| audited.of(&standing.incident));
            coverage = Rate::new(coverage.count + leaves.min(standing.records), coverage.of + standing.records);
            match Account::of(history) {
                Ok(account) => account.iter().for_each(|account| kpis.add(account)),
                Err(_) => kpis.add_unreadable(),
            }
        }
    }
    Ok(kpis.figures(now, audited.map(|_| coverage)))
}

fn write(report: &Report, format: ReportFormat, page: &mut Page<'_>) -> Result<(), Stop> {
    match format {
        ReportFormat::Text => text::tell(page, report)?,
        ReportFormat::Json => json::write(page, report)?,
        ReportFormat::Html => page.out.write_all(html::page(report).as_bytes())?,
    }
    Ok(())
}
