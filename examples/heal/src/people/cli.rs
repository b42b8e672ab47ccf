//! The options of the commands by which people look at plans and answer.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::narrowing::Setting;
use crate::cli::StoreOptions;

/// Oldest first; exit status 0, whether or not anything waits.
#[derive(Debug, Args)]
pub(crate) struct ApprovalsOptions {
    #[command(flatten)]
    pub(super) store: StoreOptions,
    /// Show all of this incident's plan: steps, diffs, what is taken back and how, the rules that asked, who answered.
    #[arg(value_name = "ID")]
    pub(super) incident: Option<String>,
    #[command(flatten)]
    pub(super) enrolled: EnrolledOptions,
    /// Print one JSON array on stdout.
    #[arg(long)]
    pub(super) json: bool,
    /// All of each plan, whether or not one is named.
    #[arg(skip)]
    pub(super) details: bool,
}

#[cfg(feature = "mcp")]
impl ApprovalsOptions {
    /// All of what waits, or of what this incident waits for, as JSON.
    pub(crate) fn whole(store: StoreOptions, incident: Option<String>, enrolled: EnrolledOptions) -> Self {
        Self { store, incident, enrolled, json: true, details: true }
    }
}

/// Where it is said who may approve.
#[derive(Debug, Args, Clone, Default)]
pub(crate) struct EnrolledOptions {
    /// The document that says who may approve [default: what SELFHEAL_APPROVERS names, else approvers.yaml in the store, else
    /// ~/.config/selfheal/approvers.yaml].
    #[arg(long, value_name = "FILE")]
    pub(crate) approvers: Option<PathBuf>,
}

/// Exactly which plan is answered.
#[derive(Debug, Args)]
pub(crate) struct Which {
    /// The incident, as `heal approvals` names it, or the beginning of its id.
    #[arg(value_name = "ID")]
    pub(super) incident: String,
    /// The hash of the plan that you looked at, or at least its first 12 digits: another plan is never meant.
    #[arg(long, value_name = "HASH")]
    pub(super) plan: String,
    #[command(flatten)]
    pub(super) store: StoreOptions,
    #[command(flatten)]
    pub(super) enrolled: EnrolledOptions,
    /// Print one JSON object on stdout.
    #[arg(long)]
    pub(super) json: bool,
}

#[cfg(feature = "mcp")]
impl Which {
    /// The plan with this hash, of this incident.
    pub(crate) fn exactly(incident: String, plan: String, store: StoreOptions, enrolled: EnrolledOptions) -> Self {
        Self { incident, plan, store, enrolled, json: true }
    }
}

/// Who you are is told by your key, see `heal approver`. Exit status: 0 taken, 1 refused, 2 wrong usage.
#[derive(Debug, Args)]
pub(crate) struct ApproveOptions {
    #[command(flatten)]
    pub(super) which: Which,
}

/// The healer may propose something else. Exit status: 0 taken, 1 refused, 2 wrong usage.
#[derive(Debug, Args)]
pub(crate) struct RejectOptions {
    #[command(flatten)]
    pub(super) which: Which,
    /// Why, in one line; it stands in the record.
    #[arg(long, value_name = "TEXT")]
    pub(super) because: String,
}

/// The remark goes to whoever plans next, as evidence, never as an order. Exit status: 0 taken, 1 refused, 2 wrong usage.
#[derive(Debug, Args)]
pub(crate) struct RespondOptions {
    #[command(flatten)]
    pub(super) which: Which,
    /// The remark, in one line.
    #[arg(value_name = "TEXT")]
    pub(super) text: String,
}

/// What is left is a new plan: it is previewed, audited, rehearsed and asked about again; you, who wrote it, don't agree to it. Exit
/// status: 0 taken, 1 refused, 2 wrong usage.
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("narrower").required(true).multiple(true))]
pub(crate) struct EditOptions {
    #[command(flatten)]
    pub(super) which: Which,
    /// Leave out step N, as `heal approvals ID` numbers it. May be repeated.
    #[arg(long, value_name = "N", group = "narrower", value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(super) drop: Vec<u32>,
    /// Give a number of step N a value that asks for less, where its kind says which way that is: fewer attempts, less memory. May
    /// be repeated.
    #[arg(long, value_name = "N.PARAM=VALUE", group = "narrower")]
    pub(super) set: Vec<Setting>,
}

/// Your key as an approver.
#[derive(Debug, Args)]
pub(crate) struct ApproverOptions {
    #[command(subcommand)]
    pub(super) command: ApproverCommand,
}

#[derive(Debug, Subcommand)]
pub(super) enum ApproverCommand {
    /// Make your key, and print the line by which you are enrolled. Only you can read it; it never leaves this machine.
    Init(InitOptions),
    /// Print that line again, and where the key lies.
    Show,
}

#[derive(Debug, Args)]
pub(super) struct InitOptions {
    /// The name in the line; whoever enrols you decides by which name you are known [default: your user name].
    #[arg(long, value_name = "NAME")]
    pub(super) name: Option<String>,
}
