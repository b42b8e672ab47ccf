//! A runbook is refused or loads, and what loads recognises failures.
#![no_main]

use std::path::PathBuf;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use selfheal_core::facts::{Fact, Facts};
use selfheal_policy::runbook::Catalogue;
use tempfile::TempDir;

/// Runbooks are read from a folder, which should lie in memory.
static FOLDER: LazyLock<Option<(TempDir, PathBuf)>> = LazyLock::new(|| {
    let memory = PathBuf::from("/dev/shm");
    let base = if memory.is_dir() { memory } else { std::env::temp_dir() };
    let folder = tempfile::tempdir_in(base).ok()?;
    let file = folder.path().join("fuzzed.yaml");
    Some((folder, file))
});

fuzz_target!(|text: &str| {
    let Some((folder, file)) = &*FOLDER else { return };
    if std::fs::write(file, text).is_err() {
        return;
    }
    let loaded = Catalogue::builder().with_directory(folder.path()).and_then(|builder| builder.build());
    let Ok(catalogue) = loaded else { return };
    let facts = Facts::new().with("exit_code", Fact::Number(1));
    let lines = ["npm error code ETARGET", "npm error notarget No matching version found for is-number@^99.0.0.", ""];
    let _ = catalogue.recognise(&facts, &lines);
});
