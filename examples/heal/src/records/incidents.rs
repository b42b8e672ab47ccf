//! `heal incidents`: which incidents there are, newest first.

use anstyle::Style;
use selfheal_core::engine::Outcome;
use selfheal_core::kpi::Ending;
use selfheal_core::ports::{Journal, Query, Standing};
use selfheal_core::time::Timestamp;
use serde::Serialize;

use super::find::Listing;
use super::page::Page;
use super::table::{self, Column, Row};
use super::{IncidentsOptions, Stop, json, status, when};
use crate::run::Refusal;
use crate::say::style::{BAD, GOOD, WARN};

const COLUMNS: [Column; 7] = [
    Column::fixed("ID"),
    Column::optional("OPENED"),
    Column::spare("AGE"),
    Column::elastic("RESOURCE"),
    Column::spare("ENVIRONMENT"),
    Column::spare("CATEGORY"),
    Column::fixed("STATE"),
];

/// Lists incidents: a table, or one JSON array.
///
/// # Errors
/// A [`Refusal`] if the journal can't be read or the list can't be written.
pub(crate) async fn incidents(
    journal: &dyn Journal,
    options: &IncidentsOptions,
    page: &mut Page<'_>,
) -> Result<i32, Refusal> {
    let since = options.since.as_ref().map(|since| since.before(page.now));
    let query = Query { open: options.open.then_some(true), since, ..Query::newest(1) };
    let most = usize::try_from(options.limit).unwrap_or(usize::MAX);
    status(match options.json {
        true => array(journal, Listing::at_most(most, query), page).await,
        false => listed(journal, Listing::at_most(most, query), most, page).await,
    })
}

async fn listed(journal: &dyn Journal, mut list: Listing, most: usize, page: &mut Page<'_>) -> Result<(), Stop> {
    let mut rows = Vec::new();
    while let Some(standings) = list.next(journal).await? {
        rows.extend(standings.iter().map(|standing| row(standing, page)));
    }
    if rows.is_empty() {
        writeln!(page.out, "no incidents")?;
        return Ok(());
    }
    table::write(page, &COLUMNS, &rows)?;
    if rows.len() == most {
        writeln!(page.out, "the newest {most}; --limit shows more")?;
    }
    Ok(())
}

fn row(standing: &Standing, page: &Page<'_>) -> Row<7> {
    let category = standing.category.as_ref().map_or("-", |category| category.as_str());
    let (state, style) = state(standing, page.now);
    let cells = [
        standing.incident.to_string(),
        when::seconds(standing.opened_at),
        when::age(page.now.since(standing.opened_at)),
        standing.resource.to_string(),
        standing.environment.to_string(),
        category.to_owned(),
        state,
    ];
    Row { cells, style }
}

fn state(standing: &Standing, now: Timestamp) -> (String, Style) {
    let Some(outcome) = &standing.outcome else { return (open(standing, now), WARN) };
    let style = match outcome {
        Outcome::Healed | Outcome::PassedOnRerun => GOOD,
        Outcome::Escalated { .. } => BAD,
        _ => Style::new(),
    };
    (Ending::of_outcome(outcome).name().replace('_', " "), style)
}

/// What an open one is about to do, or waits for, and for how long.
fn open(standing: &Standing, now: Timestamp) -> String {
    let wait = standing.wake_at.map(|wake_at| wake_at.since(now)).filter(|wait| !wait.is_zero());
    match (wait.map(when::age), standing.phase.as_str()) {
        (Some(left), "approval") => format!("open: approval, {left} left"),
        (Some(left), phase) => format!("open: {phase} in {left}"),
        (None, phase) => format!("open: {phase}"),
    }
}

/// One incident of the array.
#[derive(Serialize)]
struct Object<'a> {
    incident: &'a str,
    opened_at: String,
    updated_at: String,
    resource: String,
    environment: &'a str,
    severity: selfheal_core::incident::Severity,
    /// Null until something is believed.
    category: Option<&'a str>,
    phase: &'a str,
    /// `open`, or how it ended: `healed`, `passed_on_rerun`, `proposed`, `escalated`, `interrupted`, `dry_run`.
    state: &'static str,
    /// When an open one can go on.
    wake_at: Option<String>,
    fingerprint: &'a str,
    records: u64,
}

impl<'a> Object<'a> {
    fn of(standing: &'a Standing) -> Self {
        Self {
            incident: standing.incident.as_str(),
            opened_at: when::rfc3339(standing.opened_at),
            updated_at: when::rfc3339(standing.updated_at),
            resource: standing.resource.to_string(),
            environment: standing.environment.as_str(),
            severity: standing.severity,
            category: standing.category.as_ref().map(|category| category.as_str()),
            phase: &standing.phase,
            state: standing.outcome.as_ref().map_or(Ending::Open, Ending::of_outcome).name(),
            wake_at: standing.wake_at.map(when::rfc3339),
            fingerprint: standing.fingerprint.as_str(),
            records: standing.records,
        }
    }
}

async fn array(journal: &dyn Journal, mut list: Listing, page: &mut Page<'_>) -> Result<(), Stop> {
    let mut before = "[";
    while let Some(standings) = list.next(journal).await? {
        for standing in &standings {
            write!(page.out, "{before}")?;
            json::write(page.out, &Object::of(standing))?;
            before = ",\n ";
        }
    }
    writeln!(page.out, "{}", if before == "[" { "[]" } else { "]" })?;
    Ok(())
}
