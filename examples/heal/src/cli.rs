//! The command line.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use selfheal_core::resource::Environment;

use crate::audit::AuditOptions;
use crate::mcp::McpOptions;
use crate::models::{LlmOptions, ModelsOptions};
use crate::people::{
    ApprovalsOptions, ApproveOptions, ApproverOptions, EditOptions, EnrolledOptions, RejectOptions, RespondOptions,
};
use crate::policy::PolicyOptions;
use crate::records::{IncidentsOptions, ReportOptions, ShowOptions};
use crate::switches::{AutonomyOptions, OverrideOptions, PauseOptions, SwitchesOptions, UnpauseOptions};

/// Heals failing pipelines: diagnoses, rehearses a fix on a copy, applies it under policy, verifies it, or takes it back.
#[derive(Debug, Parser)]
#[command(name = "heal", version, max_term_width = 100)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run a pipeline command, and heal it if it fails.
    Run(Box<RunOptions>),
    /// Go on with what a former run left: after a kill, an approval, or when nobody received its escalation.
    Resume(ResumeOptions),
    /// List the plans that wait for a person, or show all of one.
    Approvals(ApprovalsOptions),
    /// Agree to exactly one plan.
    Approve(ApproveOptions),
    /// Refuse a plan.
    Reject(RejectOptions),
    /// Answer a plan with a remark, neither agreeing nor refusing.
    Respond(RespondOptions),
    /// Agree to less than a plan.
    Edit(EditOptions),
    /// Make or show the key by which you answer.
    Approver(ApproverOptions),
    /// Stop the healers of a store before their next effect.
    Pause(PauseOptions),
    /// Let them go on.
    Unpause(UnpauseOptions),
    /// Grant or withdraw autonomy in an environment.
    Autonomy(AutonomyOptions),
    /// Let one incident pass the guards of the fleet.
    Override(OverrideOptions),
    /// Show which switches are on.
    Switches(SwitchesOptions),
    /// Check, explain, test and replay policy documents.
    Policy(PolicyOptions),
    /// List incidents.
    Incidents(IncidentsOptions),
    /// Show what happened in one incident.
    Show(ShowOptions),
    /// Report how well it goes.
    Report(ReportOptions),
    /// Verify, show, export or erase what the audit log tells.
    Audit(AuditOptions),
    /// Serve incidents and plans to bots and editors (Model Context Protocol, on stdin and stdout).
    Mcp(McpOptions),
    /// Check the language models that are configured.
    Llm(LlmOptions),
    /// Show a heal, an action that policy blocks, and a fix that is taken back: three real runs, no network.
    Demo(DemoOptions),
}

/// Exit status: 0 passed or healed; 20 escalated to a person; 21 waiting for a person (an approval, or a pause); 22 proposed; 2
/// usage, bad input or busy directory; 127 command not found; 130/143 interrupted; 125 the healer itself failed. A failure that
/// the healer doesn't step into yet (--recovery-policy) ends with CMD's own status.
#[derive(Debug, Args)]
pub(crate) struct RunOptions {
    /// The directory to run in.
    #[arg(long, default_value = ".", value_name = "DIR")]
    pub(crate) dir: PathBuf,
    /// The pipeline's name, by which failures are remembered [default: the directory's name].
    #[arg(long, visible_alias = "pipeline", value_name = "PIPELINE")]
    pub(crate) name: Option<String>,
    /// Where the pipeline runs: dev, staging or production; policy differs by it.
    #[arg(long, default_value = "dev", value_name = "ENVIRONMENT", value_parser = environment)]
    pub(crate) env: Environment,
    /// A guardrails document; replaces what the default one allows, never what it denies. May be repeated.
    #[arg(long, value_name = "FILE")]
    pub(crate) policy: Vec<PathBuf>,
    /// A PipelineRecoveryPolicy: from which failure on the healer steps in, with which strategies. May be repeated.
    #[arg(long, value_name = "FILE")]
    pub(crate) recovery_policy: Vec<PathBuf>,
    /// Healing policies (JSON): what is healed without asking, and how often. May be repeated.
    #[arg(long, value_name = "FILE")]
    pub(crate) healing_policy: Vec<PathBuf>,
    /// Bounds over all healers of the store: budgets, cool-downs, halts.
    #[arg(long, value_name = "FILE")]
    pub(crate) fleet: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) enrolled: EnrolledOptions,
    #[command(flatten)]
    pub(crate) models: ModelsOptions,
    /// A folder of runbooks besides the shipped ones. May be repeated.
    #[arg(long, value_name = "DIR")]
    pub(crate) runbooks: Vec<PathBuf>,
    /// A file of NAME=value lines: variables that the command may be given if it lacks them. May be repeated.
    #[arg(long, value_name = "FILE")]
    pub(crate) env_file: Vec<EnvFile>,
    /// Limit the command's memory, such as 64M; needs a writable memory cgroup (Linux).
    #[arg(long, value_name = "SIZE", value_parser = size)]
    pub(crate) memory: Option<u64>,
    /// How far that limit may be raised.
    #[arg(long, value_name = "SIZE", value_parser = size, requires = "memory")]
    pub(crate) memory_max: Option<u64>,
    /// Most starts of the command, the first one and rehearsals included.
    #[arg(long, default_value_t = 100, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(crate) max_attempts: u32,
    /// Let runbooks run commands that only read (the kind run_command): a check, a wait. Each takes a guardrails rule that names
    /// the kind, and a person who agrees.
    #[arg(long)]
    pub(crate) allow_run_command: bool,
    /// Never run the command again (a deployment, a publication): diagnose only.
    #[arg(long)]
    pub(crate) no_rerun: bool,
    /// The folder that remembers what was done, or the URL of a Postgres database (postgres://…) [default: in the git
    /// directory, or the user's state directory].
    #[arg(long, value_name = "PATH")]
    pub(crate) store: Option<StoreArgument>,
    /// Stop any further run of the command after this many seconds [default: ten times its first run, at least 600].
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) rerun_timeout: Option<u64>,
    /// Tell of escalations by a webhook, signed by the rules of Standard Webhooks. May be repeated: the next is tried when
    /// nobody acknowledges.
    #[arg(long, value_name = "URL", requires = "webhook_secret")]
    pub(crate) webhook: Vec<String>,
    /// The file of the secret by which webhooks are signed: `whsec_` and base64.
    #[arg(long, value_name = "FILE")]
    pub(crate) webhook_secret: Option<PathBuf>,
    /// Rehearse the fix and show it as a patch; leave the directory alone.
    #[arg(long)]
    pub(crate) propose: bool,
    /// Write the fix as a patch to this file.
    #[arg(long, value_name = "FILE")]
    pub(crate) patch: Option<PathBuf>,
    /// Say what would be done; rehearse and apply nothing.
    #[arg(long, conflicts_with = "propose")]
    pub(crate) dry_run: bool,
    /// Print one JSON object on stdout; everything else goes to stderr.
    #[arg(long)]
    pub(crate) json: bool,
    /// The command and its arguments.
    #[arg(last = true, required = true, value_name = "CMD")]
    pub(crate) command: Vec<OsString>,
}

/// Which store is meant.
#[derive(Debug, Args, Clone)]
pub(crate) struct StoreOptions {
    /// The directory whose store is meant, if none is named.
    #[arg(long, default_value = ".", value_name = "DIR")]
    pub(crate) dir: PathBuf,
    /// The store: a folder, or the URL of a Postgres database [default: in DIR's git directory, or the user's state directory].
    #[arg(long, value_name = "PATH")]
    pub(crate) store: Option<StoreArgument>,
}

impl StoreOptions {
    /// What another command needs to mean the same store, given where this one was.
    pub(crate) fn again(&self) -> Vec<OsString> {
        let absolute = |path: &PathBuf| std::path::absolute(path).unwrap_or_else(|_| path.clone()).into_os_string();
        match &self.store {
            Some(StoreArgument::Folder(folder)) => vec!["--store".into(), absolute(folder)],
            // Its URL may hold a password.
            Some(StoreArgument::Postgres(_)) => vec!["--store".into(), "postgres://…".into()],
            None if self.dir == std::path::Path::new(".") => Vec::new(),
            None => vec!["--dir".into(), absolute(&self.dir)],
        }
    }
}

/// A store as it is named on the command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum StoreArgument {
    /// A folder.
    Folder(PathBuf),
    /// The URL of a Postgres database.
    Postgres(String),
}

impl From<OsString> for StoreArgument {
    fn from(text: OsString) -> Self {
        let url = text.to_str().filter(|text| text.starts_with("postgres://") || text.starts_with("postgresql://"));
        match url {
            Some(url) => Self::Postgres(url.to_owned()),
            None => Self::Folder(text.into()),
        }
    }
}

/// A file of variables. What is said of it, and plans that take a variable from it, name it as the user did, wherever it is
/// opened from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct EnvFile {
    /// As it was given.
    pub(crate) name: OsString,
    /// Where it is opened.
    pub(crate) path: PathBuf,
}

impl From<OsString> for EnvFile {
    fn from(name: OsString) -> Self {
        Self { path: PathBuf::from(&name), name }
    }
}

/// Exit status: that of `heal run` for one incident. With --all: 0 if nothing of it was escalated or waits for a person; what
/// another process works on, and what another machine left, doesn't count.
#[derive(Debug, Args)]
pub(crate) struct ResumeOptions {
    /// The incident, as `heal incidents --open` names it, or the beginning of its id. One whose escalation nobody received is
    /// told again at once.
    #[arg(required_unless_present = "all", conflicts_with = "all", value_name = "ID")]
    pub(crate) incident: Option<String>,
    /// All open incidents of this store that this machine can go on with.
    #[arg(long)]
    pub(crate) all: bool,
    #[command(flatten)]
    pub(crate) enrolled: EnrolledOptions,
    #[command(flatten)]
    pub(crate) store: StoreOptions,
    /// Print one JSON object per incident on stdout; everything else goes to stderr.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct DemoOptions {
    /// Print one JSON object on stdout; everything else goes to stderr.
    #[arg(long)]
    pub(crate) json: bool,
}

pub(crate) fn environment(text: &str) -> Result<Environment, String> {
    match text {
        "dev" => Ok(Environment::Dev),
        "staging" => Ok(Environment::Staging),
        "production" => Ok(Environment::Production),
        _ => Err("expected dev, staging or production".to_owned()),
    }
}

/// Bytes from `64M`, `1G`, `512K`, `1048576`; powers of 1024.
fn size(text: &str) -> Result<u64, String> {
    let expected = || format!("expected a size such as 64M or 1G, got `{text}`");
    let bare = text.strip_suffix(['B', 'b']).unwrap_or(text);
    let bare = bare.strip_suffix(['i']).unwrap_or(bare);
    let (digits, shift) = match bare.char_indices().last().ok_or_else(expected)? {
        (at, 'K' | 'k') => (&bare[..at], 10),
        (at, 'M' | 'm') => (&bare[..at], 20),
        (at, 'G' | 'g') => (&bare[..at], 30),
        (at, 'T' | 't') => (&bare[..at], 40),
        _ => (bare, 0),
    };
    let number: u64 = digits.parse().map_err(|_| expected())?;
    let bytes = number.checked_mul(1 << shift).ok_or_else(expected)?;
    match bytes {
        // Less holds no process; the kernel would kill the command before it began.
        0..1_048_576 => Err(format!("{text} is less than 1M, in which no command can run")),
        _ => Ok(bytes),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_powers_of_1024() {
        assert_eq!(size("64M"), Ok(64 << 20));
        assert_eq!(size("64MiB"), Ok(64 << 20));
        assert_eq!(size("1g"), Ok(1 << 30));
        assert_eq!(size("1048576"), Ok(1 << 20));
        for bad in ["", "M", "-1M", "64X", "1.5G", "99999999999T", "12"] {
            assert!(size(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn the_command_line_is_consistent() {
        use clap::CommandFactory;
        Arguments::command().debug_assert();
    }
}
