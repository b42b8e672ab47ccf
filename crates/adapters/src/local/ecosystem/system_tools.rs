use std::io::{self, Read};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

use super::tools::{Invocation, ToolError, ToolOutput, Tools};

/// Most bytes kept of each stream; the rest is read and dropped.
const MAX_STREAM_BYTES: u64 = 16 << 20;
/// How long a stream may stay open after the tool ended, held by something it left behind.
const DRAIN: Duration = Duration::from_secs(2);

/// [`Tools`] as ordinary child processes, each in a process group of its own.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemTools;

impl Tools for SystemTools {
    fn run(&self, invocation: &Invocation) -> Result<ToolOutput, ToolError> {
        let mut child = spawn(invocation)?;
        let stdout = drain(child.stdout.take());
        let stderr = drain(child.stderr.take());
        let status = wait(&mut child, invocation.timeout);
        kill_group(&child);
        let status = status.map_err(|source| ToolError::Start { program: invocation.program.clone(), source })?;
        let Some(status) = status else {
            let _ = child.wait();
            return Err(ToolError::TimedOut { program: invocation.program.clone(), after: invocation.timeout });
        };
        Ok(ToolOutput {
            status: status.code(),
            stdout: stdout.recv_timeout(DRAIN).unwrap_or_default(),
            stderr: stderr.recv_timeout(DRAIN).unwrap_or_default(),
        })
    }
}

fn spawn(invocation: &Invocation) -> Result<Child, ToolError> {
    let program = invocation.program.clone();
    Command::new(&invocation.program)
        .args(&invocation.args)
        .current_dir(&invocation.dir)
        .envs(invocation.env.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .spawn()
        .map_err(|source| match source.kind() {
            io::ErrorKind::NotFound => ToolError::Missing { program },
            _ => ToolError::Start { program, source },
        })
}

fn drain(stream: Option<impl Read + Send + 'static>) -> Receiver<String> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        let mut kept = Vec::new();
        if let Some(mut stream) = stream {
            let _ = stream.by_ref().take(MAX_STREAM_BYTES).read_to_end(&mut kept);
            let _ = io::copy(&mut stream, &mut io::sink());
        }
        let _ = sender.send(String::from_utf8_lossy(&kept).into_owned());
    });
    receiver
}

/// The status, or `None` when the time is up. Polls: the standard library has no wait with a limit.
fn wait(child: &mut Child, timeout: Duration) -> io::Result<Option<ExitStatus>> {
    let deadline = Instant::now() + timeout;
    let mut pause = Duration::from_millis(1);
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if Instant::now() >= deadline {
            return Ok(None);
        }
        thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(20));
    }
}

fn kill_group(child: &Child) {
    let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    if let Some(pid) = pid {
        let _ = kill_process_group(pid, Signal::KILL);
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
        let output = SystemTools.run(&sh("echo out; echo err >&2; exit 3")).unwrap();
        assert_eq!(output.status, Some(3));
        assert_eq!((output.stdout.as_str(), output.stderr.as_str()), ("out\n", "err\n"));
    }

    #[test]
    fn a_missing_program_is_named() {
        let invocation = Invocation::new("no-such-tool-here", "/");
        let error = SystemTools.run(&invocation).unwrap_err();
        assert!(matches!(error, ToolError::Missing { program } if program == "no-such-tool-here"));
    }

    #[test]
    fn a_tool_that_hangs_is_killed_with_its_children() {
        let mut invocation = sh("sleep 600 & sleep 600");
        invocation.timeout = Duration::from_millis(50);
        let error = SystemTools.run(&invocation).unwrap_err();
        assert!(matches!(error, ToolError::TimedOut { .. }));
    }

    #[test]
    fn a_child_left_behind_does_not_hold_the_answer() {
        let output = SystemTools.run(&sh("sleep 600 & echo done")).unwrap();
        assert_eq!(output.stdout, "done\n");
    }
}
