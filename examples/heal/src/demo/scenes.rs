//! The three projects of the demo. Each really fails.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A project, the command that fails in it, and what is to be expected.
pub(super) struct Scene {
    pub(super) title: &'static str,
    pub(super) story: &'static str,
    pub(super) dir: PathBuf,
    pub(super) command: Vec<OsString>,
    pub(super) runbooks: Option<PathBuf>,
    pub(super) expected: &'static str,
    /// Whether the files must be afterwards as they were before.
    pub(super) untouched: bool,
}

/// Writes all three below `root`.
///
/// # Errors
/// If a file can't be written, or cargo can't be run.
pub(super) fn set_up(root: &Path) -> io::Result<Vec<Scene>> {
    Ok(vec![stale_lockfile(root)?, weakened_test(root)?, seat_taken(root)?])
}

fn stale_lockfile(root: &Path) -> io::Result<Scene> {
    let dir = root.join("greeter");
    let manifest = |dependencies: &str| {
        format!(
            "[package]\nname = \"greeter\"\nversion = \"0.1.0\"\nedition = \"2021\"\n\n[dependencies]\n{dependencies}\n[workspace]\n"
        )
    };
    let library = |name: &str| format!("[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2021\"\n");
    write(&dir.join("hello/Cargo.toml"), &library("hello"))?;
    write(&dir.join("hello/src/lib.rs"), "pub fn hello() -> &'static str {\n    \"hello\"\n}\n")?;
    write(&dir.join("goodbye/Cargo.toml"), &library("goodbye"))?;
    write(&dir.join("goodbye/src/lib.rs"), "pub fn goodbye() -> &'static str {\n    \"goodbye\"\n}\n")?;
    write(&dir.join("src/main.rs"), "fn main() {\n    println!(\"{}, {}\", hello::hello(), goodbye::goodbye());\n}\n")?;
    write(&dir.join("Cargo.toml"), &manifest("hello = { path = \"hello\" }\n"))?;
    cargo(&dir, &["generate-lockfile", "--offline"])?;
    // A dependency was added, and nobody committed the lockfile.
    write(&dir.join("Cargo.toml"), &manifest("hello = { path = \"hello\" }\ngoodbye = { path = \"goodbye\" }\n"))?;
    Ok(Scene {
        title: "A heal",
        story: "a dependency was added and Cargo.lock was not committed: `cargo build --locked` refuses",
        dir,
        command: words("cargo build --locked --offline"),
        runbooks: None,
        expected: "healed",
        untouched: false,
    })
}

fn weakened_test(root: &Path) -> io::Result<Scene> {
    let dir = root.join("shop");
    write(
        &dir.join("Cargo.toml"),
        "[package]\nname = \"shop\"\nversion = \"0.1.0\"\nedition = \"2021\"\n\n[workspace]\n",
    )?;
    // The defect: only the first price counts.
    write(&dir.join("src/lib.rs"), "pub fn total(prices: &[u32]) -> u32 {\n    prices.iter().take(1).sum()\n}\n")?;
    write(
        &dir.join("tests/total.rs"),
        "#[test]\nfn adds_all_prices() {\n    assert_eq!(shop::total(&[2, 2]), 4);\n}\n",
    )?;
    let runbooks = root.join("careless-runbooks");
    write(&runbooks.join("weaken-the-test.yaml"), include_str!("runbooks/weaken-the-test.yaml"))?;
    Ok(Scene {
        title: "An unsafe action, blocked",
        story: "a test fails, and a careless runbook wants to change what the test expects",
        dir,
        command: words("cargo test --offline --quiet"),
        runbooks: Some(runbooks),
        expected: "escalated",
        untouched: true,
    })
}

fn seat_taken(root: &Path) -> io::Result<Scene> {
    let dir = root.join("service");
    // One seat at a licence server that lies outside of the project: the rehearsal takes it, and the run in place finds none.
    let seat = root.join("licence-server-seat");
    let script = format!(
        "#!/bin/sh\n\
         workers=$(sed -n 's/^workers = //p' service.conf)\n\
         [ \"$workers\" -ge 1 ] || {{ echo 'error: workers must be at least 1' >&2; exit 1; }}\n\
         mkdir '{}' 2>/dev/null || {{ echo 'error: no seat is free at the licence server' >&2; exit 1; }}\n\
         echo \"service started with $workers workers\"\n",
        seat.display()
    );
    write(&dir.join("start.sh"), &script)?;
    write(&dir.join("service.conf"), "# how many requests are served at once\nworkers = 0\n")?;
    let runbooks = root.join("service-runbooks");
    write(&runbooks.join("raise-the-workers.yaml"), include_str!("runbooks/raise-the-workers.yaml"))?;
    Ok(Scene {
        title: "A fix that does not hold, taken back",
        story: "the fix passes on the copy, but there the command takes the only seat of a licence server; in place it fails",
        dir,
        command: words("sh start.sh"),
        runbooks: Some(runbooks),
        expected: "escalated",
        untouched: true,
    })
}

fn words(line: &str) -> Vec<OsString> {
    line.split(' ').map(OsString::from).collect()
}

fn write(path: &Path, text: &str) -> io::Result<()> {
    path.parent().map_or(Ok(()), std::fs::create_dir_all)?;
    std::fs::write(path, text)
}

fn cargo(dir: &Path, args: &[&str]) -> io::Result<()> {
    let mut command = Command::new("cargo");
    command.args(args).current_dir(dir).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    let output = command.output()?;
    match output.status.success() {
        true => Ok(()),
        false => Err(io::Error::other(String::from_utf8_lossy(&output.stderr).into_owned())),
    }
}
