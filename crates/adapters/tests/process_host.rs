//! Commands run by a host: what passes through, and what needs the host's own executable.
//!
//! This executable is the host: started with `host`, it runs a command and exits with its status. So it has a `main`
//! of its own.
#![allow(clippy::unwrap_used, clippy::panic, reason = "without #[test] the lints do not see that this is a test")]

use std::fs;
use std::io::{Read, Write};
use std::path::Path;
use std::process::{self, ExitCode, Output, Stdio};
use std::time::{Duration, Instant};

use libtest_mimic::{Arguments, Failed, Trial};
use selfheal_adapters::local::process::{
    Cancel, Command, Input, Launcher, MemoryLimit, OomEvidence, OomSource, Passthrough, run,
};

const PROMPTLY: Duration = Duration::from_secs(10);

fn main() -> ExitCode {
    if let Some(status) = Launcher::dispatch(std::env::args_os()) {
        return status;
    }
    let mut args = std::env::args().skip(1);
    if args.next().as_deref() == Some("host") {
        return host(args);
    }
    libtest_mimic::run(&Arguments::from_args(), trials()).exit_code()
}

fn trials() -> Vec<Trial> {
    let trial = |name: &str, test: fn()| {
        Trial::test(name, move || {
            test();
            Ok::<(), Failed>(())
        })
    };
    let mut trials = vec![
        trial("bytes_pass_through_unchanged_and_apart", bytes_pass_through_unchanged_and_apart),
        trial("everything_can_go_to_stderr", everything_can_go_to_stderr),
        trial("a_partial_line_arrives_at_once_and_stdin_is_ours", a_partial_line_arrives_at_once_and_stdin_is_ours),
        trial("it_is_known_whether_there_was_input", it_is_known_whether_there_was_input),
        trial("a_command_without_input_does_not_read_ours", a_command_without_input_does_not_read_ours),
        trial("streams_are_captured_in_the_order_of_arrival", streams_are_captured_in_the_order_of_arrival),
        trial("output_is_appended_to_a_file", output_is_appended_to_a_file),
        trial("a_closed_stdout_does_not_stop_the_command", a_closed_stdout_does_not_stop_the_command),
        trial("a_reader_that_does_not_read_cannot_hold_a_stop", a_reader_that_does_not_read_cannot_hold_a_stop),
        trial("a_large_output_passes_through_a_slow_pipe", a_large_output_passes_through_a_slow_pipe),
        trial("a_background_child_does_not_hang_the_run", a_background_child_does_not_hang_the_run),
    ];
    if cfg!(target_os = "linux") {
        trials.push(trial("a_silent_command_dies_with_its_host", a_silent_command_dies_with_its_host));
    }
    match limited("true", 64 << 20) {
        Err(why) => skip(&format!("memory limits, because {why}")),
        Ok(_) => trials.extend([
            trial("an_oom_kill_is_known", an_oom_kill_is_known),
            trial("an_oom_kill_of_a_child_is_known", an_oom_kill_of_a_child_is_known),
            trial("within_the_limit_nothing_is_killed", within_the_limit_nothing_is_killed),
            trial("a_missing_command_is_told_through_the_launcher", a_missing_command_is_told_through_the_launcher),
            trial("survivors_do_not_keep_the_control_group", survivors_do_not_keep_the_control_group),
        ]),
    }
    trials
}

fn skip(what: &str) {
    let _ = writeln!(std::io::stderr(), "SKIPPED: {what}");
}

/// Runs as the host: `host MODE REPORT CMD [ARG...]`.
fn host(mut args: impl Iterator<Item = String>) -> ExitCode {
    let (mode, report) = (args.next().unwrap(), args.next().unwrap());
    let command = Command {
        args: Vec::new(),
        passthrough: match mode.as_str() {
            "stderr" => Passthrough::AllToStderr,
            "silent" => Passthrough::Silent,
            _ => Passthrough::Streams,
        },
        input: match mode.as_str() {
            "input" => Some(Input::of_this_process()),
            "no-input" => Some(Input::empty()),
            _ => None,
        },
        timeout: (mode == "timeout").then_some(Duration::from_millis(100)),
        launcher: Launcher::this_executable().ok(),
        ..Command::new(args.next().unwrap(), "/")
    };
    let command = Command { args: args.map(Into::into).collect(), ..command };
    let finished = run(&command, &Cancel::new()).unwrap();
    let output = &finished.output;
    let lines: Vec<_> = output.tail_lines(6).into_iter().map(|line| line.text).collect();
    let seen = format!(
        "{} bytes, left open {}, undelivered {}, input given {}, {}",
        output.total_bytes(),
        finished.pipe_left_open,
        finished.undelivered.len(),
        finished.input_given,
        lines.concat(),
    );
    fs::write(report, seen).unwrap();
    u8::try_from(finished.exit.shell_status()).unwrap_or(1).into()
}

struct Host {
    dir: tempfile::TempDir,
    command: process::Command,
}

impl Host {
    fn new(mode: &str, script: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut command = process::Command::new(std::env::current_exe().unwrap());
        command.args(["host", mode]).arg(dir.path().join("report")).args(["sh", "-c", script]);
        Self { dir, command }
    }

    fn output(mut self) -> Output {
        self.command.output().unwrap()
    }

    fn report(&self) -> String {
        fs::read_to_string(self.dir.path().join("report")).unwrap()
    }
}

fn bytes_pass_through_unchanged_and_apart() {
    let output =
        Host::new("streams", "printf 'out\\377\\000\\r\\033[1m'; printf 'err\\200\\n\\n' >&2; exit 5").output();
    assert_eq!(output.stdout, b"out\xff\0\r\x1b[1m");
    assert_eq!(output.stderr, b"err\x80\n\n");
    assert_eq!(output.status.code(), Some(5));
}

fn everything_can_go_to_stderr() {
    let output = Host::new("stderr", "printf out; printf err >&2").output();
    assert!(output.stdout.is_empty());
    assert_eq!(output.stderr.len(), 6);
}

fn it_is_known_whether_there_was_input() {
    let given = |stdin: Stdio, script: &str| {
        let mut host = Host::new("input", script);
        assert!(host.command.stdin(stdin).status().unwrap().success());
        host.report().contains("input given true")
    };
    let file = |text: &str| {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        std::io::Seek::rewind(&mut file).unwrap();
        Stdio::from(file)
    };
    let pipe = |text: &str| {
        let (read, mut write) = std::io::pipe().unwrap();
        write.write_all(text.as_bytes()).unwrap();
        Stdio::from(read)
    };
    for read in ["cat", "true"] {
        assert!(given(file("text"), read) && given(pipe("text"), read), "{read}");
        assert!(!given(file(""), read) && !given(pipe(""), read) && !given(Stdio::null(), read), "{read}");
    }
}

fn a_command_without_input_does_not_read_ours() {
    let mut host = Host::new("no-input", "cat; echo end");
    // Never closed while it runs.
    let mut child = host.command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.as_mut().unwrap().write_all(b"ours").unwrap();
    let mut output = String::new();
    child.stdout.take().unwrap().read_to_string(&mut output).unwrap();
    drop(child.stdin.take());
    assert!(child.wait().unwrap().success());
    assert_eq!(output, "end\n");
}

fn a_partial_line_arrives_at_once_and_stdin_is_ours() {
    let mut host = Host::new("streams", "printf 'name? '; read name; printf \"hello $name\"");
    let mut child = host.command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut question = [0; 6];
    child.stdout.as_mut().unwrap().read_exact(&mut question).unwrap();
    child.stdin.take().unwrap().write_all(b"you\n").unwrap();
    let mut answer = String::new();
    child.stdout.take().unwrap().read_to_string(&mut answer).unwrap();
    child.wait().unwrap();
    assert_eq!((question.as_slice(), answer.as_str()), (b"name? ".as_slice(), "hello you"));
}

fn streams_are_captured_in_the_order_of_arrival() {
    let mut host = Host::new("streams", "echo a; read x; echo b >&2; read x; echo c; read x; echo d >&2");
    let mut child = host.command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut arrived = [0; 2];
    for stream in [0, 1, 0, 1] {
        match stream {
            0 => child.stdout.as_mut().unwrap().read_exact(&mut arrived).unwrap(),
            _ => child.stderr.as_mut().unwrap().read_exact(&mut arrived).unwrap(),
        }
        // After the last line nobody reads any more.
        let _ = child.stdin.as_mut().unwrap().write_all(b"\n");
    }
    child.wait().unwrap();
    assert!(host.report().ends_with(", abcd"), "{}", host.report());
}

fn output_is_appended_to_a_file() {
    let mut host = Host::new("streams", "echo out; echo err >&2");
    let path = host.dir.path().join("log");
    fs::write(&path, "before\n").unwrap();
    let file = fs::OpenOptions::new().append(true).open(&path).unwrap();
    host.command.stdout(file.try_clone().unwrap()).stderr(file).status().unwrap();
    let mut lines: Vec<_> = fs::read_to_string(&path).unwrap().lines().map(str::to_owned).collect();
    lines[1..].sort();
    assert_eq!(lines, ["before", "err", "out"]);
}

fn a_closed_stdout_does_not_stop_the_command() {
    let mut host = Host::new("streams", "head -c 3000000 /dev/zero && echo done >&2");
    let mut child = host.command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(0), b"done\n".as_slice()));
    assert!(host.report().starts_with("3000005 bytes, left open false, undelivered 1"), "{}", host.report());
}

fn a_reader_that_does_not_read_cannot_hold_a_stop() {
    let mut host = Host::new("timeout", "yes");
    let started = Instant::now();
    let mut child = host.command.stdout(Stdio::piped()).spawn().unwrap();
    let status = child.wait().unwrap();
    assert!(started.elapsed() < PROMPTLY);
    assert_eq!(status.code(), Some(128 + 15));
}

fn a_large_output_passes_through_a_slow_pipe() {
    let mut host =
        Host::new("streams", "i=0; while [ $i -lt 3000 ]; do echo $i; i=$((i+1)); done; head -c 5000000 /dev/zero");
    let mut child = host.command.stdout(Stdio::piped()).spawn().unwrap();
    let mut pipe = child.stdout.take().unwrap();
    let mut all = Vec::new();
    let mut buffer = [0; 777];
    while let Ok(count @ 1..) = pipe.read(&mut buffer) {
        all.extend_from_slice(&buffer[..count]);
    }
    child.wait().unwrap();
    let numbers: String = (0..3000).map(|i| format!("{i}\n")).collect();
    assert!(all.strip_prefix(numbers.as_bytes()).is_some_and(|rest| rest == vec![0; 5_000_000]));
}

fn a_background_child_does_not_hang_the_run() {
    let mut host = Host::new("streams", "sleep 600 & echo $!");
    let started = Instant::now();
    let output = host.command.output().unwrap();
    assert!(started.elapsed() < PROMPTLY);
    assert!(host.report().contains("left open true"));
    // It goes on, as it would without the host; here it has done its part.
    let pid = String::from_utf8(output.stdout).unwrap();
    process::Command::new("kill").arg(pid.trim()).status().unwrap();
}

fn a_silent_command_dies_with_its_host() {
    let mut host = Host::new("silent", "echo $$ > \"$0\"; exec sleep 600");
    let pid_file = host.dir.path().join("pid");
    let mut child = host.command.arg(&pid_file).spawn().unwrap();
    let pid = await_line(&pid_file);
    child.kill().unwrap();
    child.wait().unwrap();
    let patience = Instant::now() + PROMPTLY;
    while lives(&pid) && Instant::now() < patience {
        std::thread::yield_now();
    }
    assert!(!lives(&pid));
}

fn await_line(path: &Path) -> String {
    let patience = Instant::now() + PROMPTLY;
    while Instant::now() < patience {
        if let Some(line) = fs::read_to_string(path).ok().filter(|text| text.ends_with('\n')) {
            return line.trim().to_owned();
        }
        std::thread::yield_now();
    }
    panic!("{} was not written", path.display())
}

fn lives(pid: &str) -> bool {
    fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z "))
}

/// What is seen of a silent command with a memory limit.
struct Limited {
    status: i32,
    oom: OomEvidence,
    peak: u64,
    last_line: String,
}

fn limited(script: &str, bytes: u64) -> Result<Limited, String> {
    let command = Command {
        args: vec!["-c".into(), script.into()],
        memory: Some(MemoryLimit { bytes }),
        launcher: Launcher::this_executable().ok(),
        ..Command::new("sh", "/")
    };
    let finished = run(&command, &Cancel::new()).map_err(|error| error.to_string())?;
    Ok(Limited {
        status: finished.exit.shell_status(),
        oom: finished.oom,
        peak: finished.peak_memory_bytes.unwrap_or_default(),
        last_line: finished.output.tail_lines(1).pop().map(|line| line.text).unwrap_or_default(),
    })
}

/// Makes the shell itself hold this much.
fn hold(megabytes: u32) -> String {
    format!("x=$(head -c {megabytes}000000 /dev/zero | tr '\\0' x); echo ${{#x}}")
}

fn an_oom_kill_is_known() {
    let seen = limited(&hold(200), 48 << 20).unwrap();
    assert_eq!((seen.status, seen.oom), (137, OomEvidence::Killed { kills: 1, source: OomSource::OwnGroup }));
    assert!(seen.peak <= 48 << 20 && seen.peak > 40 << 20, "{}", seen.peak);
}

fn an_oom_kill_of_a_child_is_known() {
    let seen = limited(&format!("sh -c '{}'; exit 2", hold(200).replace('\'', "'\\''")), 48 << 20).unwrap();
    assert_eq!((seen.status, seen.oom.killed()), (2, Some(true)));
}

fn within_the_limit_nothing_is_killed() {
    let seen = limited(&hold(10), 256 << 20).unwrap();
    assert_eq!((seen.status, seen.last_line.as_str()), (0, "10000000"));
    assert_eq!(seen.oom, OomEvidence::NotKilled { source: OomSource::OwnGroup });
}

fn a_missing_command_is_told_through_the_launcher() {
    let start = |program: &str| {
        let command = Command {
            memory: Some(MemoryLimit { bytes: 64 << 20 }),
            launcher: Launcher::this_executable().ok(),
            ..Command::new(program, "/")
        };
        run(&command, &Cancel::new()).map(|finished| finished.exit.shell_status())
    };
    assert_eq!(start("no-such-command-anywhere").unwrap_err().shell_status(), Some(127));
    assert_eq!(start("/etc/passwd").unwrap_err().shell_status(), Some(126));
    assert_eq!(limited("exit 125", 64 << 20).unwrap().status, 125);
    assert_eq!(limited("exit 127", 64 << 20).unwrap().status, 127);
}

fn survivors_do_not_keep_the_control_group() {
    // Out of the process group that a silent run kills, and not out of its control group.
    let script = "setsid sleep 600 > /dev/null 2>&1 & grep -ho 'selfheal-[0-9-]*' /proc/self/cgroup | head -n 1";
    let seen = limited(script, 64 << 20).unwrap();
    assert_eq!(seen.status, 0);
    let own = fs::read_to_string("/proc/self/cgroup").unwrap();
    assert!(!own.contains("selfheal-"), "the host stays where it was: {own}");
    // By its whole name: other tests of this process have groups of their own at the same time.
    let name = seen.last_line;
    assert!(name.starts_with(&format!("selfheal-{}-", process::id())), "the command was in a group of its own: {name}");
    let walk = process::Command::new("find").args(["/sys/fs/cgroup", "-name", &name]).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&walk.stdout), "");
}
