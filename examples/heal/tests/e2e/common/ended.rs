//! A run of `heal` that ended.

use std::fmt;
use std::process::{Child, Command, Output};

use serde_json::Value;

/// What it returned and wrote.
pub(crate) struct Ended {
    /// `None` if a signal ended it.
    pub(crate) status: Option<i32>,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: Vec<u8>,
}

impl Ended {
    pub(crate) fn of(mut command: Command) -> Self {
        command.output().unwrap().into()
    }

    pub(crate) fn wait(child: Child) -> Self {
        child.wait_with_output().unwrap().into()
    }

    /// What it said on stderr.
    pub(crate) fn said(&self) -> String {
        String::from_utf8_lossy(&self.stderr).into_owned()
    }

    /// The only line of stdout, which is one JSON object.
    pub(crate) fn json(&self) -> Value {
        let text = String::from_utf8(self.stdout.clone()).unwrap();
        assert_eq!(text.lines().count(), 1, "one object and nothing else: {self}");
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {self}"))
    }

    /// The status, `outcome`, `category` and `attempts`.
    pub(crate) fn gist(&self) -> (i32, String, String, u64) {
        let json = self.json();
        let text = |key: &str| json[key].as_str().unwrap_or_default().to_owned();
        (self.status.unwrap_or(-1), text("outcome"), text("category"), json["attempts"].as_u64().unwrap_or_default())
    }

    pub(crate) fn assert_gist(&self, status: i32, outcome: &str, category: &str, attempts: u64) {
        assert_eq!(self.gist(), (status, outcome.to_owned(), category.to_owned(), attempts), "{self}");
    }

    /// Asserts that the healer said `text`.
    pub(crate) fn assert_says(&self, text: &str) {
        assert!(self.said().contains(text), "expected `{text}`: {self}");
    }
}

impl From<Output> for Ended {
    fn from(output: Output) -> Self {
        Self { status: output.status.code(), stdout: output.stdout, stderr: output.stderr }
    }
}

impl fmt::Display for Ended {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (stdout, stderr) = (String::from_utf8_lossy(&self.stdout), String::from_utf8_lossy(&self.stderr));
        write!(out, "status {:?}\n--- stdout\n{stdout}\n--- stderr\n{stderr}", self.status)
    }
}
