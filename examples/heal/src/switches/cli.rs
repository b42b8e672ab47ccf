//! The options of the operator's switches.

use clap::{Args, Subcommand};
use selfheal_core::resource::Environment;

use super::lasting::Lasting;
use crate::cli::{StoreOptions, environment};

/// Nothing that the healers of this store would do is sent any more: no rehearsal, no fix, no rollback. Commands run as ever.
/// Exit status: 0 done, 2 wrong usage. Anybody who may write to the store may pause.
#[derive(Debug, Args)]
pub(crate) struct PauseOptions {
    /// Only in this environment [default: everywhere].
    #[arg(long = "environment", visible_alias = "env", value_name = "ENVIRONMENT", value_parser = environment)]
    pub(super) environment: Option<Environment>,
    #[command(flatten)]
    pub(super) why: Why,
}

/// Lifts the pause of the same reach. What it held goes on with `heal resume`. Where people are enrolled, it takes the key of one:
/// with the role operator, if anybody has that. Exit status: 0 done, 1 refused, 2 wrong usage.
#[derive(Debug, Args)]
pub(crate) struct UnpauseOptions {
    /// The pause of this environment [default: the one of everywhere].
    #[arg(long = "environment", visible_alias = "env", value_name = "ENVIRONMENT", value_parser = environment)]
    pub(super) environment: Option<Environment>,
    #[command(flatten)]
    pub(super) why: Why,
}

/// Whether healers may act by themselves in an environment for which that must be granted; see `heal run --fleet`.
#[derive(Debug, Args)]
pub(crate) struct AutonomyOptions {
    #[command(subcommand)]
    pub(super) command: AutonomyCommand,
}

#[derive(Debug, Subcommand)]
pub(super) enum AutonomyCommand {
    /// Let them, for a time; it lapses unless it is granted again. Where people are enrolled, it takes the key of one: with the
    /// role operator, if anybody has that.
    Grant(GrantOptions),
    /// Not any more.
    Withdraw(WithdrawOptions),
}

#[derive(Debug, Args)]
pub(super) struct GrantOptions {
    /// Where.
    #[arg(value_name = "ENVIRONMENT", value_parser = environment)]
    pub(super) environment: Environment,
    /// For how long: `90m`, `8h`, `7d`; at most 30 days.
    #[arg(long = "for", value_name = "TIME")]
    pub(super) lasting: Lasting,
    #[command(flatten)]
    pub(super) why: Why,
}

#[derive(Debug, Args)]
pub(super) struct WithdrawOptions {
    /// Where.
    #[arg(value_name = "ENVIRONMENT", value_parser = environment)]
    pub(super) environment: Environment,
    #[command(flatten)]
    pub(super) why: Why,
}

/// Its budgets, cool-downs and halts don't hold this incident any more. Policy still decides, and a pause still holds. Where
/// people are enrolled, it takes the key of one: with the role operator, if anybody has that.
#[derive(Debug, Args)]
pub(crate) struct OverrideOptions {
    /// The incident, or the beginning of its id.
    #[arg(value_name = "ID")]
    pub(super) incident: String,
    #[command(flatten)]
    pub(super) why: Why,
}

/// Which store, and why; it stands in the audit log with who did it.
#[derive(Debug, Args)]
pub(super) struct Why {
    /// Why.
    #[arg(long, value_name = "TEXT")]
    pub(super) because: String,
    #[command(flatten)]
    pub(super) store: StoreOptions,
    /// Print one JSON object on stdout.
    #[arg(long)]
    pub(super) json: bool,
}

/// What is on, by whom, since when, and why.
#[derive(Debug, Args)]
pub(crate) struct SwitchesOptions {
    #[command(flatten)]
    pub(super) store: StoreOptions,
    /// Print one JSON object on stdout.
    #[arg(long)]
    pub(super) json: bool,
}
