//! Tools that only read.

use serde::Deserialize;

use super::McpOptions;
use super::reply::Reply;
use crate::people::{self, ApprovalsOptions};
use crate::records::{self, IncidentsOptions, ShowFormat, ShowOptions, What};
use crate::run::{Refusal, block_on};
use crate::say::Voice;

/// Most incidents of one list.
pub(super) const MAX_INCIDENTS: u32 = 100;

/// Incidents of a list for which no number is asked.
pub(super) const USUAL_INCIDENTS: u32 = 20;

/// Which incidents are listed.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Incidents {
    #[serde(default)]
    open: bool,
    limit: Option<u32>,
}

/// Which incident is shown, and how.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Incident {
    id: String,
    #[serde(default)]
    format: Format,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "snake_case")]
enum Format {
    #[default]
    Text,
    Json,
    Adr,
}

/// Whose plan is shown.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Plans {
    id: Option<String>,
}

/// The newest incidents.
pub(super) fn incidents(options: &McpOptions, asked: &Incidents) -> Result<Reply, Refusal> {
    let limit = asked.limit.unwrap_or(USUAL_INCIDENTS);
    if !(1..=MAX_INCIDENTS).contains(&limit) {
        return Err(Refusal::usage(format!("limit: expected 1 to {MAX_INCIDENTS}, got {limit}")));
    }
    let listed = IncidentsOptions::newest(options.store.clone(), asked.open, limit);
    Reply::json(&written(options, What::Incidents(&listed))?)
}

/// What `heal show` tells.
pub(super) fn incident(options: &McpOptions, asked: Incident) -> Result<Reply, Refusal> {
    let of = |format| ShowOptions::of(options.store.clone(), asked.id, format);
    match asked.format {
        Format::Text => Ok(Reply::text(written(options, What::Show(&of(ShowFormat::Text)))?)),
        Format::Adr => Ok(Reply::text(written(options, What::Show(&of(ShowFormat::Adr)))?)),
        Format::Json => Reply::json(&written(options, What::Show(&of(ShowFormat::Json)))?),
    }
}

/// All of the plans that wait for people.
pub(super) fn plans(options: &McpOptions, asked: Plans) -> Result<Reply, Refusal> {
    let asked = ApprovalsOptions::whole(options.store.clone(), asked.id, options.enrolled.clone());
    let mut page = Vec::new();
    block_on(people::listed(&asked, &mut page, None, &Voice::default()))?;
    Reply::json(&page)
}

fn written(options: &McpOptions, what: What<'_>) -> Result<Vec<u8>, Refusal> {
    let mut page = anstream::StripStream::new(Vec::new());
    block_on(records::write(&options.store, what, &mut page, None, &Voice::default()))?;
    Ok(page.into_inner())
}
