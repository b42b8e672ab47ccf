//! The options of the commands that read records.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::when::Since;
use crate::cli::StoreOptions;

/// Newest first; a table, or with `--json` one array of objects.
#[derive(Debug, Args)]
pub(crate) struct IncidentsOptions {
    #[command(flatten)]
    pub(crate) store: StoreOptions,
    /// Only those that have not ended.
    #[arg(long)]
    pub(super) open: bool,
    /// Only those opened since then: `7d`, `36h`, `2026-11-01` (UTC) or an RFC 3339 time.
    #[arg(long, value_name = "WHEN")]
    pub(super) since: Option<Since>,
    /// At most so many.
    #[arg(long, default_value_t = 50, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub(super) limit: u32,
    /// Print one JSON array on stdout.
    #[arg(long)]
    pub(super) json: bool,
}

#[cfg(feature = "mcp")]
impl IncidentsOptions {
    /// The newest few, as JSON.
    pub(crate) fn newest(store: StoreOptions, open: bool, limit: u32) -> Self {
        Self { store, open, since: None, limit, json: true }
    }
}

/// What happened in one incident, on which evidence, and who allowed it.
#[derive(Debug, Args)]
pub(crate) struct ShowOptions {
    #[command(flatten)]
    pub(crate) store: StoreOptions,
    /// The incident's id, or the beginning of it.
    #[arg(value_name = "ID")]
    pub(super) id: String,
    /// Text, one JSON object, or a decision record in Markdown.
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: ShowFormat,
    /// The same as `--format json`.
    #[arg(long, conflicts_with = "format")]
    json: bool,
}

impl ShowOptions {
    /// One incident, written like this.
    #[cfg(feature = "mcp")]
    pub(crate) fn of(store: StoreOptions, id: String, format: ShowFormat) -> Self {
        Self { store, id, format, json: false }
    }

    pub(super) fn format(&self) -> ShowFormat {
        if self.json { ShowFormat::Json } else { self.format }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum ShowFormat {
    /// For a terminal.
    #[default]
    Text,
    /// One object.
    Json,
    /// A decision record in Markdown, in plain language.
    Adr,
}

/// How well it goes: time to repair, rates, what policy refused, what comes again.
#[derive(Debug, Args)]
pub(crate) struct ReportOptions {
    #[command(flatten)]
    pub(crate) store: StoreOptions,
    /// Only incidents opened since then: `7d`, `36h`, `2026-11-01` (UTC) or an RFC 3339 time.
    #[arg(long, value_name = "WHEN")]
    pub(super) since: Option<Since>,
    /// Text, one JSON object, or a self-contained page.
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: ReportFormat,
    /// The same as `--format json`.
    #[arg(long, conflicts_with = "format")]
    json: bool,
    /// Write it to this file instead of stdout.
    #[arg(long, value_name = "FILE")]
    pub(super) output: Option<PathBuf>,
}

impl ReportOptions {
    pub(super) fn format(&self) -> ReportFormat {
        if self.json { ReportFormat::Json } else { self.format }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(super) enum ReportFormat {
    /// For a terminal.
    #[default]
    Text,
    /// One object.
    Json,
    /// A page with plots, without scripts or anything from elsewhere.
    Html,
}
