//! Tools of a test's own making.

use std::sync::{Mutex, PoisonError};

use super::{Invocation, ToolError, ToolOutput, Tools};

/// Answers by a function of the invocation, and remembers what was run.
pub(super) struct Scripted<F> {
    answer: F,
    ran: Mutex<Vec<String>>,
}

impl<F: Fn(&Invocation, &str) -> ToolOutput + Send + Sync> Scripted<F> {
    pub(super) fn new(answer: F) -> Self {
        Self { answer, ran: Mutex::default() }
    }

    /// The command lines that were run, in order.
    pub(super) fn ran(&self) -> Vec<String> {
        self.ran.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl<F: Fn(&Invocation, &str) -> ToolOutput + Send + Sync> Tools for Scripted<F> {
    fn run(&self, invocation: &Invocation) -> Result<ToolOutput, ToolError> {
        let line = format!("{} {}", invocation.program, invocation.args.join(" "));
        self.ran.lock().unwrap_or_else(PoisonError::into_inner).push(line.clone());
        Ok((self.answer)(invocation, &line))
    }
}

pub(super) fn ok(stdout: impl Into<String>) -> ToolOutput {
    ToolOutput { status: Some(0), stdout: stdout.into(), stderr: String::new() }
}

pub(super) fn failed(stdout: impl Into<String>, stderr: impl Into<String>) -> ToolOutput {
    ToolOutput { status: Some(1), stdout: stdout.into(), stderr: stderr.into() }
}

/// A project of these files.
pub(super) fn project(files: &[(&str, &str)]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = dir.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    dir
}

pub(super) fn given(key: &str, values: &[&str]) -> super::Given {
    super::Given::from([(key.to_owned(), values.iter().map(|value| (*value).to_owned()).collect())])
}
