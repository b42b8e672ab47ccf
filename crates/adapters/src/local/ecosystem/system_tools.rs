use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::tools::{Invocation, ToolError, ToolOutput, Tools};
use crate::local::process::{Cancel, CaptureLimits, Command, Exit, Finished, RunError, Stopped, Stream, run};

/// Most bytes of a tool's output that are kept; a tool that says more has its middle left out.
const CAPTURE: CaptureLimits = CaptureLimits { head_bytes: 24 << 20, tail_bytes: 4 << 20 };

/// [`Tools`] as child processes of this machine, silent and each in a process group of its own, stopped by a [`Cancel`].
#[derive(Debug, Clone, Default)]
pub struct SystemTools {
    cancel: Cancel,
    spent_us: Arc<AtomicU64>,
}

impl SystemTools {
    /// Tools that stop when `cancel` asks for it.
    #[must_use]
    pub fn new(cancel: Cancel) -> Self {
        Self { cancel, spent_us: Arc::default() }
    }

    /// Time that tools ran so far, over all clones.
    #[must_use]
    pub fn spent(&self) -> Duration {
        Duration::from_micros(self.spent_us.load(Ordering::Relaxed))
    }
}

impl Tools for SystemTools {
    fn run(&self, invocation: &Invocation) -> Result<ToolOutput, ToolError> {
        let started = Instant::now();
        let finished = run(&command(invocation), &self.cancel);
        let spent = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.spent_us.fetch_add(spent, Ordering::Relaxed);
        let finished = finished.map_err(|error| tool_error(invocation, error))?;
        match finished.stopped {
            Some(Stopped::TimedOut) => {
                Err(ToolError::TimedOut { program: invocation.program.clone(), after: invocation.timeout })
            }
            _ => Ok(output(&finished)),
        }
    }
}

fn command(invocation: &Invocation) -> Command {
    Command {
        args: invocation.args.iter().map(Into::into).collect(),
        env: invocation.env.iter().map(|(name, value)| (name.into(), value.into())).collect(),
        timeout: Some(invocation.timeout),
        stop_grace: Duration::ZERO,
        capture: CAPTURE,
        ..Command::new(&invocation.program, PathBuf::from(&invocation.dir))
    }
}

fn output(finished: &Finished) -> ToolOutput {
    let text = |stream| match finished.output.stream(stream) {
        Some(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        None => String::new(),
    };
    ToolOutput {
        status: match finished.exit {
            Exit::Code(code) => Some(code),
            Exit::Signal(_) => None,
        },
        stdout: text(Stream::Stdout),
        stderr: text(Stream::Stderr),
    }
}

fn tool_error(invocation: &Invocation, error: RunError) -> ToolError {
    let program = invocation.program.clone();
    match error {
        RunError::NotFound { .. } => ToolError::Missing { program },
        RunError::Io { source, .. }
        | RunError::NotExecutable { source, .. }
        | RunError::DirUnreadable { source, .. } => ToolError::Start { program, source },
        other => ToolError::Start { program, source: std::io::Error::other(other.to_string()) },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sh(script: &str) -> Invocation {
        Invocation::new("sh", std::env::temp_dir()).args(["-c", script])
    }

    #[test]
    fn streams_and_status_come_back() {
        let output = SystemTools::default().run(&sh("echo out; echo err >&2; exit 3")).unwrap();
        assert_eq!(output.status, Some(3));
        assert_eq!((output.stdout.as_str(), output.stderr.as_str()), ("out\n", "err\n"));
    }

    #[test]
    fn a_missing_program_is_named() {
        let invocation = Invocation::new("no-such-tool-here", "/");
        let error = SystemTools::default().run(&invocation).unwrap_err();
        assert!(matches!(error, ToolError::Missing { program } if program == "no-such-tool-here"));
    }

    #[test]
    fn a_tool_that_hangs_is_killed_with_its_children() {
        let mut invocation = sh("sleep 600 & sleep 600");
        invocation.timeout = Duration::from_millis(50);
        let error = SystemTools::default().run(&invocation).unwrap_err();
        assert!(matches!(error, ToolError::TimedOut { .. }));
    }

    #[test]
    fn a_child_left_behind_does_not_hold_the_answer() {
        let output = SystemTools::default().run(&sh("sleep 600 & echo done")).unwrap();
        assert_eq!(output.stdout, "done\n");
    }
}
