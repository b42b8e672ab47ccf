//! Faults at fail points, when a test says so: `SELFHEAL_FAILPOINTS_TRACE=FILE` lists the places that are passed,
//! `SELFHEAL_FAILPOINTS_KILL=PLACE:N` ends the process by SIGKILL when it passes PLACE for the Nth time,
//! `SELFHEAL_FAILPOINTS_STOP=PLACE:N` stops it there by SIGSTOP until it gets SIGCONT.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::{Mutex, PoisonError};

use rustix::process::{Signal, getpid, kill_process};

static PASSED: Mutex<BTreeMap<&str, u64>> = Mutex::new(BTreeMap::new());

/// Installs the hook if a test asks for it.
pub(crate) fn install() {
    if std::env::vars_os().any(|(name, _)| name.to_string_lossy().starts_with("SELFHEAL_FAILPOINTS_")) {
        selfheal_core::failpoint::install(pass);
    }
}

fn pass(name: &'static str) {
    let place = format!("{name}:{}", count(name));
    let asked = |variable| std::env::var(variable).is_ok_and(|value| value == place);
    let signal = match () {
        () if asked("SELFHEAL_FAILPOINTS_KILL") => Some(Signal::KILL),
        () if asked("SELFHEAL_FAILPOINTS_STOP") => Some(Signal::STOP),
        () => None,
    };
    trace(&place, signal);
    if let Some(signal) = signal {
        let _ = kill_process(getpid(), signal);
    }
}

fn count(name: &'static str) -> u64 {
    let mut passed = PASSED.lock().unwrap_or_else(PoisonError::into_inner);
    let count = passed.entry(name).or_default();
    *count += 1;
    *count
}

/// A line: process, place, and the signal if one follows.
fn trace(place: &str, signal: Option<Signal>) {
    let Some(file) = std::env::var_os("SELFHEAL_FAILPOINTS_TRACE") else { return };
    let sent = signal.map_or("", |signal| if signal == Signal::KILL { " killed" } else { " stopped" });
    let line = format!("{} {place}{sent}\n", std::process::id());
    let opened = std::fs::OpenOptions::new().create(true).append(true).open(file);
    let _ = opened.and_then(|mut file| file.write_all(line.as_bytes()));
}
