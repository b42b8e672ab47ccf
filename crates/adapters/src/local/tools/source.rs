//! `source`: the lines around a place that a log names.

use std::path::{Path, PathBuf};

use selfheal_core::error::Result;

use super::Scene;
use super::arguments::{Arguments, invalid};
use super::files::{self, Found};
use crate::local::ecosystem::tree;

/// Largest part of a file that is read, in bytes.
const MAX_FILE_BYTES: u64 = 4 << 20;

/// Lines shown before and after the place.
const AROUND: usize = 30;

pub(super) fn look(scene: &Scene, arguments: &Arguments) -> Result<String> {
    let config = scene.pipeline.config();
    let dir = &config.dir;
    let (named, line) = (files::below(dir, arguments.text("path"))?, arguments.number("line")?);
    let found = files::read(dir, &located(dir, named)?, MAX_FILE_BYTES, &config.redactor)?;
    around(&found, line)
}

/// The file that is meant. A tool that ran in a directory further down names it from there: then it is the only one whose path
/// ends so.
fn located(dir: &Path, named: PathBuf) -> Result<PathBuf> {
    if files::is_there(dir, &named) {
        return Ok(named);
    }
    let fitting: Vec<PathBuf> = tree::files(dir).into_iter().filter(|path| path.ends_with(&named)).collect();
    match fitting.len() {
        0 | 1 => Ok(fitting.into_iter().next().unwrap_or(named)),
        several => Err(invalid(format!("expected a path that one file has, found {several} that end so"))),
    }
}

fn around(found: &Found, line: usize) -> Result<String> {
    let lines: Vec<&str> = found.text.lines().collect();
    if line > lines.len() {
        let of = if found.cut { "of which were read" } else { "in all" };
        return Err(invalid(format!("expected a line of the file, which has {} {of}", lines.len())));
    }
    let shown = line.saturating_sub(AROUND).max(1)..=(line + AROUND).min(lines.len());
    let (first, last) = (shown.start(), shown.end());
    let all = if found.cut { "a longer file".to_owned() } else { lines.len().to_string() };
    let mut answer = format!("{} (lines {first} to {last} of {all})\n", found.path.display());
    for number in shown {
        answer.push_str(&format!("{number}| {}\n", lines[number - 1]));
    }
    Ok(answer)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(lines: usize) -> Found {
        let text = (1..=lines).map(|number| format!("line {number}\n")).collect();
        Found { path: "src/a.rs".into(), text, cut: false }
    }

    #[test]
    fn lines_are_numbered_and_bounded_by_the_file() {
        assert_eq!(around(&file(2), 1).unwrap(), "src/a.rs (lines 1 to 2 of 2)\n1| line 1\n2| line 2\n");
        let middle = around(&file(500), 100).unwrap();
        assert!(middle.starts_with("src/a.rs (lines 70 to 130 of 500)\n70| line 70\n"), "{middle}");
        assert!(around(&file(2), 3).unwrap_err().to_string().contains("has 2 in all"));
        assert!(around(&Found { cut: true, ..file(2) }, 3).is_err());
    }
}
