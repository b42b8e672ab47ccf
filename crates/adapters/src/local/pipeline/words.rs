//! The words of the command: for people, and for what they name.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use selfheal_detect::redact::Redactor;

use super::Pipeline;
use super::credentials::Credentials;
use crate::local::workspace::Relocation;

/// A command line, for people: without what `redactor` knows as a secret, and without what its options give away as one.
#[must_use]
pub fn command_line<'a>(words: impl IntoIterator<Item = &'a OsString>, redactor: &Redactor) -> String {
    let words = words.into_iter().map(|word| word.to_string_lossy());
    let mut credentials = Credentials::default();
    // A value is found in a word before its quotes are escaped, and a name and its value in the line.
    let shown = words.map(|word| quoted(&credentials.hidden_in(&redactor.redact(&word))));
    redactor.redact(&shown.collect::<Vec<_>>().join(" ")).into_owned()
}

impl Pipeline {
    /// The command line, for people; redacted.
    #[must_use]
    pub fn command_line(&self) -> String {
        command_line(std::iter::once(&self.config.program).chain(&self.config.args), &self.config.redactor)
    }

    /// The program, for what is kept: its arguments may hold what nobody recognises as a secret.
    pub(in crate::local) fn program(&self) -> String {
        let program = Path::new(&self.config.program);
        let name = program.file_name().unwrap_or(&self.config.program).to_string_lossy();
        self.config.redactor.redact(&name).into_owned()
    }

    /// Why the command can't be rehearsed on a copy, if it names the directory by absolute path.
    pub(in crate::local) fn bound_to_its_place(&self) -> Option<String> {
        let here = Relocation::new(&self.config.dir, Path::new("/"));
        let names_it = |text: &OsStr| here.is_named_in(text.as_encoded_bytes());
        let words = || std::iter::once(&self.config.program).chain(&self.config.args);
        if let Some(word) = words().find(|word| names_it(word)) {
            let dir = self.config.dir.display();
            let word = self.config.redactor.redact(&word.to_string_lossy()).into_owned();
            return Some(format!("the command names its directory {dir} by absolute path (`{word}`)"));
        }
        // A script of the project that the command names may do so inside.
        let scripts = words().map(|word| self.config.dir.join(word)).filter(|path| path.is_file());
        let named = |path: &PathBuf| {
            std::fs::metadata(path).is_ok_and(|found| found.len() <= 1 << 20)
                && std::fs::read(path).is_ok_and(|text| here.is_named_in(&text))
        };
        scripts.into_iter().find(named).map(|path| format!("{} names its directory by absolute path", path.display()))
    }
}

fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,@%+".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}
