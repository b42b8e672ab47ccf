//! The options of `heal audit`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::cli::StoreOptions;

/// The audit log: what was decided and done, provably unaltered.
#[derive(Debug, Args)]
pub(crate) struct AuditOptions {
    #[command(subcommand)]
    pub(super) command: AuditCommand,
}

#[derive(Debug, Subcommand)]
pub(super) enum AuditCommand {
    /// Verify that nothing was altered; offline, on a store or an export of one. Exit status 1 if something was.
    Verify(VerifyOptions),
    /// Print what the leaves say, as JSON lines.
    Show(ShowOptions),
    /// Write the whole log as JSON lines that verify elsewhere.
    Export(ExportOptions),
    /// Erase what a field of a leaf says. Earlier proofs stay valid, and the erasure itself is a leaf.
    Erase(EraseOptions),
}

#[derive(Debug, Args)]
pub(super) struct VerifyOptions {
    #[command(flatten)]
    pub(super) store: StoreOptions,
    /// A signed checkpoint, or a file of them, that was kept elsewhere: the log must contain what it vouches for.
    #[arg(long, value_name = "FILE")]
    pub(super) checkpoint: Option<PathBuf>,
    /// Print one JSON object on stdout.
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Args)]
pub(super) struct ShowOptions {
    #[command(flatten)]
    pub(super) store: StoreOptions,
    /// Only leaves about this incident.
    #[arg(long, value_name = "ID")]
    pub(super) incident: Option<String>,
    /// JSON lines are what is printed anyway.
    #[arg(long, hide = true)]
    pub(super) json: bool,
}

#[derive(Debug, Args)]
pub(super) struct ExportOptions {
    #[command(flatten)]
    pub(super) store: StoreOptions,
    /// Write it to this file instead of stdout.
    #[arg(long, value_name = "FILE")]
    pub(super) output: Option<PathBuf>,
    /// JSON lines are what is written anyway.
    #[arg(long, hide = true)]
    pub(super) json: bool,
}

#[derive(Debug, Args)]
pub(super) struct EraseOptions {
    #[command(flatten)]
    pub(super) store: StoreOptions,
    /// The leaf, as `heal audit show` numbers it.
    #[arg(value_name = "LEAF")]
    pub(super) leaf: u64,
    /// The field of it.
    #[arg(value_name = "FIELD")]
    pub(super) field: String,
    /// Who asked for it.
    #[arg(long, value_name = "NAME")]
    pub(super) by: String,
    /// Why.
    #[arg(long, value_name = "TEXT")]
    pub(super) because: String,
}
