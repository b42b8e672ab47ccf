use std::path::Path;

use serde_json::Value;

use crate::local::ecosystem::tools::Invocation;
use crate::local::ecosystem::{EcosystemError, ToolOutput, Tools};

/// What cargo says when it would have to write a lockfile that it may not.
const WOULD_LOCK: &str = "because --locked was passed";

/// The state of a lockfile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Lock {
    Fits,
    Stale,
    /// The requirements can't be met at all; what cargo said.
    Unresolvable(String),
}

/// The manifests as cargo reads them, without resolving anything.
pub(super) fn manifests(dir: &Path, tools: &dyn Tools) -> Result<Value, EcosystemError> {
    let args = ["metadata", "--no-deps", "--offline", "--format-version", "1"];
    let output = run(&args, dir, tools)?;
    parse_metadata(&output)
}

/// The resolved graph, which downloads what it needs and builds nothing.
pub(super) fn graph(dir: &Path, tools: &dyn Tools) -> Result<Value, EcosystemError> {
    parse_metadata(&run(&["metadata", "--format-version", "1"], dir, tools)?)
}

fn parse_metadata(output: &ToolOutput) -> Result<Value, EcosystemError> {
    if !output.success() {
        return Err(EcosystemError::failed("cargo metadata", &output.stderr));
    }
    serde_json::from_str(&output.stdout).map_err(|_| EcosystemError::failed("cargo metadata", "its answer isn't JSON"))
}

/// Whether the lockfile fits the manifests. Writes nothing.
pub(super) fn check_lock(dir: &Path, tools: &dyn Tools) -> Result<Lock, EcosystemError> {
    let mut output = run(&["update", "--workspace", "--locked", "--offline"], dir, tools)?;
    if !output.success() && !output.stderr.contains(WOULD_LOCK) {
        output = run(&["update", "--workspace", "--locked"], dir, tools)?;
    }
    match output.stderr {
        _ if output.success() => Ok(Lock::Fits),
        said if said.contains(WOULD_LOCK) => Ok(Lock::Stale),
        said => unresolvable("cargo update --workspace --locked", said).map(Lock::Unresolvable),
    }
}

/// Brings the lockfile in line with the manifests; locked versions stay where they still fit. What is here already
/// is preferred: the registry is asked only when that doesn't do. `Err` inside tells why nothing does.
pub(super) fn lock(dir: &Path, tools: &dyn Tools) -> Result<Result<(), String>, EcosystemError> {
    if run(&["update", "--workspace", "--offline"], dir, tools)?.success() {
        return Ok(Ok(()));
    }
    lock_online(dir, tools)
}

/// As [`lock`], with all that the registry has.
pub(super) fn lock_online(dir: &Path, tools: &dyn Tools) -> Result<Result<(), String>, EcosystemError> {
    let output = run(&["update", "--workspace"], dir, tools)?;
    if output.success() {
        return Ok(Ok(()));
    }
    unresolvable("cargo update --workspace", output.stderr).map(Err)
}

/// `cargo add`; `None` when the registry has no such crate.
pub(super) fn add(args: &[String], dir: &Path, tools: &dyn Tools) -> Result<Option<()>, EcosystemError> {
    let output = tools.run(&Invocation::new("cargo", dir).args(["add"]).args(args.iter().cloned()))?;
    if output.success() {
        return Ok(Some(()));
    }
    match EcosystemError::failed("cargo add", &output.stderr) {
        error if error.is_transient() => Err(error),
        _ => Ok(None),
    }
}

fn run(args: &[&str], dir: &Path, tools: &dyn Tools) -> Result<ToolOutput, EcosystemError> {
    let invocation = Invocation::new("cargo", dir).args(args.iter().copied()).env("CARGO_TERM_COLOR", "never");
    Ok(tools.run(&invocation)?)
}

fn unresolvable(operation: &str, said: String) -> Result<String, EcosystemError> {
    let error = EcosystemError::failed(operation, &said);
    if error.is_transient() { Err(error) } else { Ok(said) }
}
