//! `heal audit show`: what the leaves say.

use std::io::{self, Write};

use selfheal_core::audit::{Openings, Row};
use selfheal_memory::audit::AuditRows;
use serde_json::{Map, Value, json};

use super::cli::ShowOptions;
use crate::exit;
use crate::run::{Refusal, user_state};
use crate::store::Place;

/// Prints one JSON object per leaf: its 0-based `index`, and each field that has not been erased.
pub(super) async fn show(options: &ShowOptions) -> Result<i32, Refusal> {
    let store = Place::named(&options.store, user_state())?.open_to_read().await?;
    let incident = options.incident.clone();
    store.read_audit(move |rows| print(rows, incident.as_deref())).await
}

fn print(rows: &dyn AuditRows, incident: Option<&str>) -> Result<i32, Refusal> {
    let count = rows.stored().map_err(Refusal::failed)?.rows;
    let mut out = io::stdout().lock();
    let mut written = Ok(());
    rows.read(0..count, &mut |row| {
        let line = line(row);
        let wanted = incident.is_none_or(|incident| line["incident"] == incident);
        if wanted {
            written = writeln!(out, "{line}");
        }
        written.is_ok()
    })
    .map_err(Refusal::failed)?;
    match written {
        // Whoever reads has read enough.
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Refusal::failed(error)),
        _ => Ok(exit::HEALED),
    }
}

fn line(row: &Row<'_>) -> Value {
    let mut fields = Map::new();
    // Not `leaf`: so an erasure calls the one that it is about.
    fields.insert("index".to_owned(), json!(row.index));
    match Openings::decode(row.openings) {
        Ok(openings) => {
            for opening in openings.iter() {
                fields.insert(opening.name.to_owned(), value(opening.name, opening.value));
            }
        }
        Err(problem) => drop(fields.insert("unreadable".to_owned(), json!(problem.to_string()))),
    }
    Value::Object(fields)
}

/// `detail` is JSON itself; the other fields are text.
fn value(name: &str, text: &str) -> Value {
    match name {
        "detail" => serde_json::from_str(text).unwrap_or_else(|_| json!(text)),
        _ => json!(text),
    }
}
