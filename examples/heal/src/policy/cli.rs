//! The options of `heal policy`.

use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, Subcommand, ValueEnum};
use selfheal_core::ports::RehearsalEvidence;
use selfheal_core::resource::Environment;
use selfheal_core::time::Timestamp;

use crate::cli::StoreOptions;
use crate::records::when::Since;

/// What policy documents say, before anything fails.
#[derive(Debug, Args)]
pub(crate) struct PolicyOptions {
    #[command(subcommand)]
    pub(super) command: PolicyCommand,
}

#[derive(Debug, Subcommand)]
pub(super) enum PolicyCommand {
    /// Read documents, run their examples, and tell what is wrong or odd with them, by file, line and column.
    Check(CheckOptions),
    /// Show what policy says about a plan, by which rules, and what would have to change.
    Explain(ExplainOptions),
    /// Run the declared cases of every `*.test.yaml` under a folder.
    Test(TestOptions),
    /// Ask what other documents would have said about the plans of a store.
    Replay(ReplayOptions),
}

/// Guardrails, recovery policies, healing policies, approvers, bounds of the fleet and cases are told apart by what they say. Exit
/// status: 0 nothing is wrong, 1 something is, 2 a file can't be read.
#[derive(Debug, Args)]
pub(super) struct CheckOptions {
    /// The documents; `-` is stdin.
    #[arg(required = true, value_name = "FILE")]
    pub(super) files: Vec<PathBuf>,
    /// What is odd is wrong: warnings set the exit status too.
    #[arg(long)]
    pub(super) strict: bool,
    /// Print one JSON object on stdout.
    #[arg(long)]
    pub(super) json: bool,
}

/// Exit status: 0 whatever policy says, 2 if the plan or a document can't be read.
#[derive(Debug, Args)]
pub(super) struct ExplainOptions {
    /// The plan, JSON or YAML; `-` is stdin. As `heal show --json` prints it (the last plan of the incident), as the library writes
    /// it, or in short: {steps: [{kind, target, parameters: {name: value}, changes: [{what, diff}]}]}.
    #[arg(value_name = "PLAN")]
    pub(super) plan: PathBuf,
    /// A policy document; the shipped guardrails hold where none of them is guardrails. May be repeated.
    #[arg(long, value_name = "FILE")]
    pub(super) policy: Vec<PathBuf>,
    /// Where it would be done [default: what the plan says, else dev].
    #[arg(long, visible_alias = "env", value_name = "ENVIRONMENT", value_parser = environment)]
    pub(super) environment: Option<Environment>,
    /// What is known of its rehearsal [default: what the plan says, else pending].
    #[arg(long, value_enum, value_name = "EVIDENCE")]
    pub(super) rehearsal: Option<Evidence>,
    /// When it would be done, an RFC 3339 time [default: what the plan says, else now].
    #[arg(long, value_name = "TIME")]
    pub(super) at: Option<At>,
    /// Print one JSON object on stdout.
    #[arg(long)]
    pub(super) json: bool,
}

/// Exit status: 0 every case holds, 1 one doesn't or a file is wrong, 2 there is no case.
#[derive(Debug, Args)]
pub(super) struct TestOptions {
    /// The folder, or one file of cases.
    #[arg(value_name = "DIR")]
    pub(super) dir: PathBuf,
    /// Print one JSON object on stdout.
    #[arg(long)]
    pub(super) json: bool,
}

/// Nothing is written. Exit status: 0 whatever would change, 2 if the store or a document can't be read.
#[derive(Debug, Args)]
pub(super) struct ReplayOptions {
    #[command(flatten)]
    pub(super) store: StoreOptions,
    /// A policy document; the shipped guardrails hold where none of them is guardrails. May be repeated.
    #[arg(long, value_name = "FILE")]
    pub(super) policy: Vec<PathBuf>,
    /// Only incidents opened since then: days (`30`), `36h`, `2026-11-01` (UTC) or an RFC 3339 time.
    #[arg(long, value_name = "WHEN", value_parser = since)]
    pub(super) since: Option<Since>,
    /// Print one JSON object on stdout.
    #[arg(long)]
    pub(super) json: bool,
}

/// What is known of a rehearsal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub(super) enum Evidence {
    /// Not rehearsed yet.
    Pending,
    /// It passed on a copy.
    Verified,
    /// A copy could show nothing of it.
    InPlace,
    /// It can't be rehearsed.
    Unsupported,
}

impl From<Evidence> for RehearsalEvidence {
    fn from(evidence: Evidence) -> Self {
        match evidence {
            Evidence::Pending => Self::Pending,
            Evidence::Verified => Self::Verified,
            Evidence::InPlace => Self::InPlace,
            Evidence::Unsupported => Self::Unsupported,
        }
    }
}

/// A time of the calendar.
#[derive(Debug, Clone, Copy)]
pub(super) struct At(pub(super) Timestamp);

impl FromStr for At {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parsed = text.parse::<jiff::Timestamp>().ok();
        let millis = parsed.and_then(|at| u64::try_from(at.as_millisecond()).ok());
        let expected = || format!("expected an RFC 3339 time such as 2026-12-24T10:00:00+01:00, got `{text}`");
        millis.map(|millis| Self(Timestamp::from_millis(millis))).ok_or_else(expected)
    }
}

/// A host's own environments are asked about too.
fn environment(name: &str) -> Result<Environment, String> {
    match name {
        "dev" => Ok(Environment::Dev),
        "staging" => Ok(Environment::Staging),
        "production" => Ok(Environment::Production),
        "" => Err("expected the name of an environment".to_owned()),
        other => Ok(Environment::Other(other.to_owned())),
    }
}

fn since(text: &str) -> Result<Since, String> {
    let days = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if days { format!("{text}d").parse() } else { text.parse() }
}
