//! Dies at a fail point when a test says so: `SELFHEAL_FAILPOINTS_TRACE=FILE` lists the places that are passed,
//! `SELFHEAL_FAILPOINTS_KILL=N` ends the process by SIGKILL at the Nth. `SELFHEAL_CLOCKS_AHEAD=SECONDS` sets its clocks ahead.
//!
//! Only with the feature `failpoints`, which is for tests.

use std::io::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

static PASSED: AtomicU64 = AtomicU64::new(0);

/// Installs the hook if a test asks for it.
pub(crate) fn install() {
    if std::env::var_os("SELFHEAL_FAILPOINTS_TRACE").is_some() || std::env::var_os("SELFHEAL_FAILPOINTS_KILL").is_some()
    {
        selfheal_core::failpoint::install(pass);
    }
    if let Some(seconds) = std::env::var("SELFHEAL_CLOCKS_AHEAD").ok().and_then(|seconds| seconds.parse().ok()) {
        selfheal_core::failpoint::set_clocks_ahead(Duration::from_secs(seconds));
    }
}

fn pass(name: &'static str) {
    let number = PASSED.fetch_add(1, Ordering::SeqCst) + 1;
    let kill = std::env::var("SELFHEAL_FAILPOINTS_KILL").ok().and_then(|number| number.parse().ok()) == Some(number);
    if let Some(file) = std::env::var_os("SELFHEAL_FAILPOINTS_TRACE") {
        let line = format!("{} {number} {name}{}\n", std::process::id(), if kill { " killed" } else { "" });
        let traced = std::fs::OpenOptions::new().create(true).append(true).open(file);
        let _ = traced.and_then(|mut file| file.write_all(line.as_bytes()));
    }
    if kill {
        let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
        loop {
            std::thread::park();
        }
    }
}
