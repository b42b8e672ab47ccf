//! What each tool answers, for which failures that helps, and what it is asked by.

use selfheal_core::category::FailureCategory as Category;
use selfheal_core::ports::{ArgumentSpec, ReadToolSpec};

/// Failures that a change of the project may explain.
const OF_CHANGES: &[Category] = &[
    Category::DEPENDENCY_FAILURE,
    Category::TEST_FAILURE,
    Category::FLAKY_TEST,
    Category::MISSING_CONFIGURATION,
    Category::MISSING_SYSTEM_DEPENDENCY,
    Category::COMPILE_ERROR,
    Category::QUALITY_GATE,
    Category::PERMISSION_DENIED,
    Category::CONFIGURATION_DRIFT,
    Category::UNKNOWN,
];

/// Failures of what the project is built from.
const OF_PACKAGES: &[Category] = &[
    Category::DEPENDENCY_FAILURE,
    Category::COMPILE_ERROR,
    Category::MISSING_SYSTEM_DEPENDENCY,
    Category::QUALITY_GATE,
    Category::UNKNOWN,
];

/// Failures of what the command is given.
const OF_SETTINGS: &[Category] = &[
    Category::MISSING_CONFIGURATION,
    Category::STALE_SECRET,
    Category::PERMISSION_DENIED,
    Category::CONFIGURATION_DRIFT,
    Category::CONNECTION_TIMEOUT,
    Category::UNKNOWN,
];

/// Failures of the machine, or of what runs on it.
const OF_MACHINE: &[Category] = &[
    Category::OOM_KILLED,
    Category::DISK_FULL,
    Category::HIGH_CPU,
    Category::JOB_TIMEOUT,
    Category::FLAKY_TEST,
    Category::SERVICE_DOWN,
    Category::CONNECTION_TIMEOUT,
    Category::NETWORK_TIMEOUT,
    Category::UNKNOWN,
];

pub(super) fn recent_commits() -> ReadToolSpec {
    spec("recent_commits", "The last ten commits, newest first, with the files that each changed.", OF_CHANGES, &[])
}

pub(super) fn recent_diff() -> ReadToolSpec {
    let answers = "What is changed and not committed, and what the last commit changed, as diffs.";
    spec("recent_diff", answers, OF_CHANGES, &[])
}

pub(super) fn source() -> ReadToolSpec {
    let answers = "The lines of a file of the project around a line, each with its number.";
    let path = argument("path", "a path that the log names");
    spec("source", answers, OF_CHANGES, &[path, argument("line", "a line number that the log names")])
}

pub(super) fn manifest() -> ReadToolSpec {
    let answers = "What the project says of its dependencies, and which versions of tools it asks for.";
    spec("manifest", answers, OF_PACKAGES, &[])
}

pub(super) fn registry_versions() -> ReadToolSpec {
    let answers = "Which versions of a package its registry has, newest first.";
    spec(
        "registry_versions",
        answers,
        &[Category::DEPENDENCY_FAILURE, Category::UNKNOWN],
        &[argument("package", "the name of a package of npm, PyPI or crates.io")],
    )
}

pub(super) fn environment_names() -> ReadToolSpec {
    let answers = "The names of the environment variables that are set, and of those configured for the pipeline.";
    spec("environment_names", answers, OF_SETTINGS, &[])
}

pub(super) fn resources() -> ReadToolSpec {
    let answers = "Memory, load, free disk space, the largest processes, and the ports that something listens on.";
    spec("resources", answers, OF_MACHINE, &[])
}

fn spec(name: &str, description: &str, categories: &[Category], arguments: &[ArgumentSpec]) -> ReadToolSpec {
    ReadToolSpec {
        name: name.to_owned(),
        description: description.to_owned(),
        categories: categories.to_vec(),
        arguments: arguments.to_vec(),
    }
}

fn argument(name: &str, description: &str) -> ArgumentSpec {
    ArgumentSpec { name: name.to_owned(), description: description.to_owned(), required: true }
}
