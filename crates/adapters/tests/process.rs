//! Commands run silently: what is observed of them, and that they end.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "the lints do not see that helpers of tests are tests")]

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use selfheal_adapters::local::process::{
    Cancel, Captured, Command, Exit, Finished, MemoryLimit, RunError, StopSignal, Stopped, Stream, run,
};

/// Far more than any of these tests needs, far less than what they would wait for in vain.
const PROMPTLY: Duration = Duration::from_secs(10);

fn shell(script: &str) -> Command {
    Command { args: vec!["-c".into(), script.into()], ..Command::new("sh", "/") }
}

fn finished(command: &Command) -> Finished {
    run(command, &Cancel::new()).expect("the command can be run")
}

fn texts(output: &Captured, count: usize) -> Vec<String> {
    output.tail_lines(count).into_iter().map(|line| line.text).collect()
}

#[test]
fn lines_are_captured_with_stream_and_number() {
    let finished = finished(&shell("echo one; echo two >&2; printf three"));
    assert_eq!(finished.exit, Exit::Code(0));
    let lines = finished.output.tail_lines(500);
    let of = |stream| lines.iter().filter(move |line| line.stream == stream).map(|line| line.text.as_str());
    assert_eq!(of(Stream::Stdout).collect::<Vec<_>>(), ["one", "three"]);
    assert_eq!(of(Stream::Stderr).collect::<Vec<_>>(), ["two"]);
    assert_eq!(lines.iter().map(|line| line.number).collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(finished.output.total_bytes(), 13);
}

#[test]
fn exit_status_and_signal_are_told_apart() {
    assert_eq!(finished(&shell("exit 139")).exit, Exit::Code(139));
    let killed = finished(&shell("kill -SEGV $$")).exit;
    assert_eq!(killed, Exit::Signal(11));
    assert_eq!(killed.shell_status(), 139);
}

#[test]
fn peak_memory_is_observed() {
    let finished = finished(&shell("x=$(head -c 20000000 /dev/zero | tr '\\0' x); echo ${#x}"));
    assert!(finished.peak_memory_bytes.is_some_and(|bytes| bytes > 20_000_000), "{:?}", finished.peak_memory_bytes);
}

#[test]
fn a_missing_command_is_not_a_failing_one() {
    let error = run(&Command::new("no-such-command-anywhere", "/"), &Cancel::new()).unwrap_err();
    assert!(matches!(error, RunError::NotFound { .. }), "{error}");
    assert_eq!(error.shell_status(), Some(127));
    assert_eq!(finished(&shell("exit 127")).exit, Exit::Code(127));
}

#[test]
fn what_cannot_be_executed_says_so() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("plain.txt"), "text").unwrap();
    let error = run(&Command::new("./plain.txt", dir.path()), &Cancel::new()).unwrap_err();
    assert!(matches!(error, RunError::NotExecutable { .. }), "{error}");
    assert_eq!(error.shell_status(), Some(126));
}

#[test]
fn a_directory_that_cannot_be_entered_is_not_a_missing_command() {
    let error = run(&Command::new("true", "/no/such/dir"), &Cancel::new()).unwrap_err();
    assert!(matches!(error, RunError::DirUnreadable { .. }), "{error}");
    let error = run(&Command::new("true", "/dev/null"), &Cancel::new()).unwrap_err();
    assert!(matches!(error, RunError::DirUnreadable { .. }), "{error}");
}

fn script(dir: &Path, name: &str, text: &str) {
    let path = dir.join(name);
    fs::write(&path, text).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn a_script_without_an_interpreter_line_is_run_by_the_shell() {
    let dir = tempfile::tempdir().unwrap();
    script(dir.path(), "build", "echo built in $(basename \"$PWD\") with $1\n");
    let command = Command { args: vec!["speed".into()], ..Command::new("./build", dir.path()) };
    let name = dir.path().file_name().unwrap().to_string_lossy().into_owned();
    assert_eq!(texts(&finished(&command).output, 1), [format!("built in {name} with speed")]);
}

#[test]
fn a_missing_interpreter_is_named() {
    let dir = tempfile::tempdir().unwrap();
    script(dir.path(), "build", "#!/opt/nowhere/ruby\nputs 1\n");
    let error = run(&Command::new("./build", dir.path()), &Cancel::new()).unwrap_err();
    assert!(error.to_string().contains("/opt/nowhere/ruby"), "{error}");
}

#[test]
fn variables_are_set_and_removed() {
    let set = |name: &str, value: &str| (OsString::from(name), OsString::from(value));
    let command = Command {
        env: vec![set("SET_FOR_TEST", "a b")],
        env_remove: vec!["HOME".into()],
        ..shell("echo \"$SET_FOR_TEST|${HOME-none}\"")
    };
    assert_eq!(texts(&finished(&command).output, 1), ["a b|none"]);
}

#[test]
fn bytes_that_are_no_text_are_kept_as_they_are() {
    let output = finished(&shell("printf 'a\\377\\000b'; printf '\\200' >&2")).output;
    assert_eq!(output.stream(Stream::Stdout).unwrap(), b"a\xff\0b");
    assert_eq!(output.stream(Stream::Stderr).unwrap(), b"\x80");
    assert_eq!(texts(&output, 2), ["a\u{fffd}\0b", "\u{fffd}"]);
}

#[test]
fn a_silent_command_reads_nothing() {
    assert_eq!(texts(&finished(&shell("cat; echo end")).output, 1), ["end"]);
}

#[cfg(target_os = "linux")]
fn lives(pid: &str) -> bool {
    // A process nobody has reaped yet does not live.
    let state = fs::read_to_string(format!("/proc/{pid}/stat"));
    state.is_ok_and(|stat| !stat.contains(") Z "))
}

#[test]
#[cfg(target_os = "linux")]
fn nothing_of_a_silent_command_survives_it() {
    let started = Instant::now();
    let finished = finished(&shell("sleep 600 & echo $!"));
    assert!(started.elapsed() < PROMPTLY);
    assert_eq!(finished.exit, Exit::Code(0));
    let background = texts(&finished.output, 1).remove(0);
    let patience = Instant::now() + PROMPTLY;
    while lives(&background) && Instant::now() < patience {
        thread::yield_now();
    }
    assert!(!lives(&background));
}

#[test]
fn a_timeout_stops_the_command() {
    let command = Command { timeout: Some(Duration::from_millis(50)), ..shell("sleep 600") };
    let finished = finished(&command);
    assert_eq!(finished.stopped, Some(Stopped::TimedOut));
    assert_eq!(finished.exit, Exit::Signal(15));
    assert!(finished.duration < PROMPTLY);
}

#[test]
fn a_command_that_ignores_the_request_is_killed() {
    let command = Command {
        timeout: Some(Duration::from_millis(50)),
        stop_grace: Duration::from_millis(50),
        ..shell("trap '' TERM; while :; do sleep 600; done")
    };
    let finished = finished(&command);
    assert_eq!(finished.exit, Exit::Signal(9));
    assert!(finished.duration < PROMPTLY);
}

/// Runs the command on another thread, and gives what it returned after `meanwhile`.
fn run_beside(command: &Command, cancel: &Cancel, meanwhile: impl FnOnce()) -> Finished {
    thread::scope(|scope| {
        let running = scope.spawn(|| run(command, cancel));
        meanwhile();
        running.join().expect("no panic").expect("the command can be run")
    })
}

#[test]
fn a_request_reaches_the_command_and_lets_it_clean_up() {
    let dir = tempfile::tempdir().unwrap();
    let ready = dir.path().join("ready");
    let script = format!("trap 'echo cleaned; exit 7' INT; : > {}; while :; do sleep 0.01; done", ready.display());
    let cancel = Cancel::new();
    let finished = run_beside(&shell(&script), &cancel, || {
        await_file(&ready);
        cancel.request(StopSignal::Interrupt);
    });
    assert_eq!(finished.stopped, Some(Stopped::Cancelled(StopSignal::Interrupt)));
    assert_eq!(finished.exit, Exit::Code(7));
    assert_eq!(texts(&finished.output, 1), ["cleaned"]);
}

#[test]
fn a_second_request_kills_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let ready = dir.path().join("ready");
    let script = format!("trap '' TERM; : > {}; while :; do sleep 600; done", ready.display());
    let command = Command { stop_grace: Duration::from_secs(600), ..shell(&script) };
    let cancel = Cancel::new();
    let finished = run_beside(&command, &cancel, || {
        await_file(&ready);
        cancel.request(StopSignal::Terminate);
        cancel.request(StopSignal::Terminate);
    });
    assert!(finished.duration < PROMPTLY);
    assert!(matches!(finished.exit, Exit::Signal(9 | 15)), "{:?}", finished.exit);
}

fn await_file(path: &Path) {
    let patience = Instant::now() + PROMPTLY;
    while !path.exists() && Instant::now() < patience {
        thread::yield_now();
    }
}

#[test]
fn after_a_request_nothing_is_started() {
    let cancel = Cancel::new();
    cancel.request(StopSignal::Terminate);
    let error = run(&shell("exit 0"), &cancel).unwrap_err();
    assert_eq!(error.shell_status(), Some(143));
}

#[test]
fn of_a_huge_output_both_ends_and_the_failures_between_are_kept() {
    let script = "yes 'all is well here' | head -n 2000000; echo 'error: the needle' >&2; \
                  yes 'and well again' | head -n 2000000; echo the end";
    let output = finished(&shell(script)).output;
    assert_eq!(output.total_lines(), 4_000_002);
    let lines = output.tail_lines(500);
    assert_eq!(lines.len(), 500);
    assert_eq!(lines.last().map(|line| (line.number, line.text.as_str())), Some((4_000_002, "the end")));
    assert!(output.stream(Stream::Stdout).is_none(), "not all of it can be kept");
    let regions: Vec<_> = output.regions().collect();
    assert_eq!(regions.len(), 1, "{regions:?}");
    // The streams are read at different times: the exact place among the other one's lines is not known.
    let place = regions[0].text().lines().position(|line| line == "error: the needle");
    let number = regions[0].line + place.expect("a whole line") as u64;
    assert!((1_900_000..2_100_000).contains(&number), "{number}");
}

#[test]
fn an_output_of_failures_only_stays_bounded() {
    let output = finished(&shell("yes 'error: once more' | head -c 33554432")).output;
    assert!(output.regions().count() <= 64);
    assert!(output.regions_dropped() > 0);
    assert!(output.regions().all(|region| region.text().len() <= 8 << 10));
}

#[test]
fn one_huge_line_is_one_line() {
    let output = finished(&shell("head -c 67108864 /dev/zero | tr '\\0' x")).output;
    let lines = output.tail_lines(500);
    assert_eq!((lines.len(), output.total_lines()), (1, 1));
    assert!(lines[0].text.len() < 10_000 && lines[0].text.contains("bytes omitted"));
}

#[test]
fn single_bytes_from_alternating_streams_stay_bounded_and_apart() {
    let script = "i=0; while [ $i -lt 20000 ]; do printf a; printf b >&2; i=$((i+1)); done";
    let output = finished(&shell(script)).output;
    assert_eq!(output.stream(Stream::Stdout).unwrap(), vec![b'a'; 20_000]);
    assert_eq!(output.stream(Stream::Stderr).unwrap(), vec![b'b'; 20_000]);
}

#[test]
fn a_huge_output_is_spilled_within_the_limit() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("log");
    let output = finished(&shell("echo first; yes 'key=hunter2' | head -c 20000000; echo; echo last")).output;
    let spilled = output.write_to(&path, &|text| text.replace("hunter2", "*").into(), 1 << 20).unwrap();
    let text = fs::read_to_string(&path).unwrap();
    assert_eq!(text.len() as u64, spilled.bytes);
    assert!(text.starts_with("first\nkey=*\n") && text.ends_with("\nlast\n"));
    assert!(text.contains(&format!("[... {} bytes omitted ...]", spilled.omitted)));
    assert!(!text.contains("hunter") && text.len() <= (1 << 20) + 64);
}

#[test]
fn a_memory_limit_without_a_launcher_is_refused() {
    let command = Command { memory: Some(MemoryLimit { bytes: 64 << 20 }), ..shell("exit 0") };
    let error = run(&command, &Cancel::new()).unwrap_err();
    assert!(matches!(error, RunError::MemoryLimitUnavailable { .. }), "{error}");
}
