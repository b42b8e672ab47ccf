use std::path::Path;

use serde_json::Value;

use super::project::Project;
use crate::local::ecosystem::snapshot::trial;
use crate::local::ecosystem::tools::Invocation;
use crate::local::ecosystem::{EcosystemError, Pin, ToolOutput, Tools};

/// Resolve only: no scripts, nothing installed, nothing sent to audit.
const RESOLVE: &[&str] = &["install", "--package-lock-only", "--ignore-scripts", "--no-audit", "--no-fund", "--json"];
/// Compares lockfile and manifest as `npm ci` does, and installs nothing.
const CHECK_LOCK: &[&str] = &["ci", "--dry-run", "--ignore-scripts", "--no-audit", "--no-fund", "--json"];

/// What npm reported as its error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failure {
    /// npm's code: `ERESOLVE`, `EUSAGE`, `ETARGET`, `E404`…
    pub(super) code: String,
    pub(super) text: String,
}

/// Resolves the project as its manifests stand, which writes the lockfile.
pub(super) fn resolve(dir: &Path, tools: &dyn Tools) -> Result<Result<(), Failure>, EcosystemError> {
    run(RESOLVE, dir, tools)
}

/// Resolves the project with `pins` in its manifests, checks the lockfile that came of it where the project has one,
/// and puts everything back. `npm install` only warns of a peer conflict that a lockfile brings; `npm ci` does not.
pub(super) fn resolve_with(
    project: &Project,
    pins: &[Pin],
    tools: &dyn Tools,
) -> Result<Result<(), Failure>, EcosystemError> {
    trial(&project.changeable(), || {
        super::editing::write_pins(&project.scratch, pins)?;
        let has_lock = project.scratch.join(project.lockfile()).exists();
        match resolve(&project.dir(), tools)? {
            Ok(()) if has_lock => check_lock(&project.dir(), tools),
            verdict => Ok(verdict),
        }
    })
}

/// Whether the lockfile fits the manifests.
pub(super) fn check_lock(dir: &Path, tools: &dyn Tools) -> Result<Result<(), Failure>, EcosystemError> {
    run(CHECK_LOCK, dir, tools)
}

/// `npm view SPEC FIELD... --json`; `None` when the registry has no such package or version.
pub(super) fn view(
    spec: &str,
    fields: &[&str],
    dir: &Path,
    tools: &dyn Tools,
) -> Result<Option<Value>, EcosystemError> {
    let invocation = Invocation::new("npm", dir).args(["view", spec]).args(fields.iter().copied()).args(["--json"]);
    let output = tools.run(&invocation)?;
    if output.success() {
        return Ok(json(&output.stdout));
    }
    match failure(&output) {
        failure if failure.code == "E404" => Ok(None),
        failure => Err(EcosystemError::failed(format!("npm view {spec}"), &failure.to_string())),
    }
}

fn run(args: &[&str], dir: &Path, tools: &dyn Tools) -> Result<Result<(), Failure>, EcosystemError> {
    let output = tools.run(&Invocation::new("npm", dir).args(args.iter().copied()))?;
    if output.success() {
        return Ok(Ok(()));
    }
    let failure = failure(&output);
    let error = EcosystemError::failed(format!("npm {}", args[0]), &failure.to_string());
    if error.is_transient() { Err(error) } else { Ok(Err(failure)) }
}

/// The error object that `--json` prints: on stdout, by older versions on stderr.
fn failure(output: &ToolOutput) -> Failure {
    let error = [&output.stdout, &output.stderr]
        .into_iter()
        .find_map(|stream| json(stream)?.get("error").cloned())
        .unwrap_or_default();
    let field = |name: &str| error[name].as_str().unwrap_or_default().to_owned();
    let text = match (field("summary"), field("detail")) {
        (summary, detail) if summary.is_empty() && detail.is_empty() => output.stderr.clone(),
        (summary, detail) => format!("{summary}\n{detail}"),
    };
    Failure { code: field("code"), text }
}

/// The JSON value in a stream: what stands before its first line that opens one is talk.
fn json(stream: &str) -> Option<Value> {
    let opens = |line: &str| line.starts_with(['{', '[', '"']);
    let mut start = 0;
    for line in stream.split_inclusive('\n') {
        if opens(line) {
            let mut values = serde_json::Deserializer::from_str(&stream[start..]).into_iter();
            return values.next()?.ok();
        }
        start += line.len();
    }
    None
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.code, self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_found_behind_talk() {
        assert_eq!(json("add x 1.0.0\n{\"a\": 1}\ntrailing").unwrap()["a"], 1);
        assert_eq!(json("\"1.3.0\"\n").unwrap(), "1.3.0");
        assert_eq!(json("npm warn\n"), None);
    }

    #[test]
    fn the_error_is_found_on_either_stream() {
        let error = r#"{"error":{"code":"ERESOLVE","summary":"s","detail":"d"}}"#;
        for (stdout, stderr) in [(error, ""), ("", error)] {
            let output = ToolOutput { status: Some(1), stdout: stdout.into(), stderr: stderr.into() };
            assert_eq!(failure(&output), Failure { code: "ERESOLVE".into(), text: "s\nd".into() });
        }
    }
}
