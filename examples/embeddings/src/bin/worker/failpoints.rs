//! Faults at fail points, when a test says so: `SELFHEAL_FAILPOINTS_TRACE=FILE` lists the places that are passed,
//! `SELFHEAL_FAILPOINTS_KILL=N` ends the process by SIGKILL at the Nth, `SELFHEAL_FAILPOINTS_STOP=N` stops it there by SIGSTOP
//! until it gets SIGCONT.

use std::io::Write;
use std::sync::atomic::{AtomicU64, Ordering};

use rustix::process::{Signal, getpid, kill_process};

static PASSED: AtomicU64 = AtomicU64::new(0);

/// Installs the hook if a test asks for it.
pub(crate) fn install() {
    if std::env::vars_os().any(|(name, _)| name.to_string_lossy().starts_with("SELFHEAL_FAILPOINTS_")) {
        selfheal_core::failpoint::install(pass);
    }
}

fn pass(name: &'static str) {
    let number = PASSED.fetch_add(1, Ordering::SeqCst) + 1;
    let asked = |variable| std::env::var(variable).is_ok_and(|value| value.parse() == Ok(number));
    let signal = match () {
        () if asked("SELFHEAL_FAILPOINTS_KILL") => Some(Signal::KILL),
        () if asked("SELFHEAL_FAILPOINTS_STOP") => Some(Signal::STOP),
        () => None,
    };
    trace(name, number, signal);
    if let Some(signal) = signal {
        let _ = kill_process(getpid(), signal);
    }
}

/// A line: process, number, name, and the signal if one follows.
fn trace(name: &str, number: u64, signal: Option<Signal>) {
    let Some(file) = std::env::var_os("SELFHEAL_FAILPOINTS_TRACE") else { return };
    let sent = signal.map_or("", |signal| if signal == Signal::KILL { " killed" } else { " stopped" });
    let line = format!("{} {number} {name}{sent}\n", std::process::id());
    let opened = std::fs::OpenOptions::new().create(true).append(true).open(file);
    let _ = opened.and_then(|mut file| file.write_all(line.as_bytes()));
}
