//! What the tools of the field do with their arguments: one file per family.
//!
//! A file is a table where subcommands and options decide, and code where more does (paths, refspecs, URLs, SQL). The
//! manuals of the tools are the source. What isn't listed is judged by its verb, and never known to only read.

mod aws;
mod backup;
mod ci;
mod cli;
mod cloud;
mod cluster;
pub(super) mod cmdlets;
mod containers;
mod database;
pub(super) mod files;
mod forge;
pub(super) mod git;
mod host;
mod http;
mod infrastructure;
mod kubectl;
mod limits;
mod messaging;
mod migrations;
mod network;
mod packages;
mod reading;
pub(super) mod remote;
mod services;
mod shown;
mod table;
mod vaults;
mod vcs;
mod verbs;
pub(super) mod windows;

pub(super) use cli::Cli;
pub(super) use reading::is_reader;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::assessment::DestructionKind;
use super::findings::Judgement;
use super::run::Invocation;
use table::Tool;

/// Judges programs that code is needed for; `None` leaves it to the tables.
type Judge = fn(&Invocation<'_>) -> Option<Judgement>;

const JUDGES: &[Judge] = &[
    reading::judge,
    windows::judge,
    cmdlet,
    shown::judge,
    files::judge,
    host::judge,
    git::judge,
    kubectl::judge,
    database::judge,
    http::judge,
    aws::judge,
    cloud::judge,
    network::judge,
    containers::judge,
    infrastructure::judge,
    forge::judge,
    backup::judge,
    packages::judge,
    services::judge,
    vaults::judge,
];

/// A command of PowerShell, where its own shell isn't named. Its short names mean other programs here.
fn cmdlet(call: &Invocation<'_>) -> Option<Judgement> {
    super::run::is_cmdlet(call.program).then(|| cmdlets::judge(call)).flatten()
}

/// Every listed tool by name.
static TOOLS: LazyLock<BTreeMap<&'static str, &'static Tool>> = LazyLock::new(|| listed().collect());

fn listed() -> impl Iterator<Item = (&'static str, &'static Tool)> {
    let families = [
        cluster::TOOLS,
        infrastructure::TOOLS,
        cloud::TOOLS,
        containers::TOOLS,
        migrations::TOOLS,
        messaging::TOOLS,
        backup::TOOLS,
        vaults::TOOLS,
        forge::TOOLS,
        packages::TOOLS,
        ci::TOOLS,
        services::TOOLS,
        network::TOOLS,
        host::TOOLS,
        vcs::TOOLS,
    ];
    let tools = families.into_iter().flatten();
    tools.flat_map(|tool| tool.names.iter().map(move |name| (*name, tool)))
}

/// Judges a program by its arguments and its input.
pub(super) fn judge(call: &Invocation<'_>) -> Judgement {
    if let Some(judgement) = JUDGES.iter().find_map(|judge| judge(call)) {
        return judgement;
    }
    let name = call.program.trim_end_matches(".sh").trim_end_matches(".exe");
    match TOOLS.get(name) {
        Some(tool) => tool.judge(&Invocation { program: name, ..*call }),
        None => by_verb(call),
    }
}

/// Programs whose words are names: pages of a manual, targets of a build, files. A verb among them says nothing.
const NAMES_ONLY: &[&str] = &[
    "man",
    "info",
    "whatis",
    "apropos",
    "tldr",
    "cheat",
    "help",
    "locate",
    "apt-cache",
    "make",
    "gmake",
    "ninja",
    "cmake",
    "meson",
    "just",
    "task",
    "mage",
    "go",
    "tox",
    "nox",
    "invoke",
    "pre-commit",
    "pytest",
    "jest",
    "vitest",
    "mocha",
    "eslint",
    "prettier",
    "tsc",
    "ruff",
    "black",
    "mypy",
    "golangci-lint",
    "logger",
    "wall",
    "say",
    "notify-send",
    "vim",
    "vi",
    "nano",
    "emacs",
    "code",
    "less",
    "more",
    "open",
    "xdg-open",
    "awk",
    "gawk",
    "sed",
    "sort",
    "uniq",
    "tee",
    "touch",
    "mkdir",
    "ls",
    "grep",
    "rg",
    "ag",
    "ack",
    "bat",
    "fzf",
    "yq",
    "jq",
    "xmllint",
    "shellcheck",
    "shfmt",
    "hadolint",
    "yamllint",
    "gcc",
    "g++",
    "clang",
    "cc",
    "javac",
    "rustc",
    "node",
    "python",
    "ruby",
    "perl",
    "php",
    "git-lfs",
    "gitstats",
    "figlet",
    "cowsay",
    "banner",
    "zip",
    "gzip",
    "tar",
    "time",
    "watch",
    "complete",
    "bind",
    "EXPLAIN",
    "SELECT",
    "INSERT",
    "SHOW",
    "CREATE",
    "DESCRIBE",
    "USE",
    "GRANT",
    "SET",
    "WITH",
    "alias",
    "unset",
    "export",
    "cd",
    "read",
    "mapfile",
];

/// A program that nobody listed.
fn by_verb(call: &Invocation<'_>) -> Judgement {
    if NAMES_ONLY.contains(&call.program) {
        return table::not_listed(call);
    }
    let cli = Cli::read(call.args, &[]);
    if table::only_shows(&cli) {
        return table::not_listed(call);
    }
    verbs::judge(call.program, &cli, DestructionKind::Service)
        .or_else(|| verbs::judge_options(call.program, &cli, DestructionKind::Service))
        .unwrap_or_else(|| table::not_listed(call))
}

/// What a command prints, if that is a secret.
pub(super) fn secret_output(call: &Invocation<'_>) -> Option<String> {
    vaults::printed(call)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tool_is_listed_once() {
        assert_eq!(listed().count(), TOOLS.len(), "of two rows of one name only one would be read");
    }
}
