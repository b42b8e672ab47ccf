//! `registry_versions`: the versions of a package that its registry has.

use std::time::Duration;

use selfheal_core::error::{ErrorKind, Result};

use super::arguments::{Arguments, invalid};
use super::patience::Patience;
use super::{Scene, refused};
use crate::local::ecosystem::{self, EcosystemError, Invocation, ToolError, ToolOutput, Tools};
use crate::local::staging::ecosystem_error;

/// Most versions that are named.
const MAX_VERSIONS: usize = 60;

pub(super) fn look(scene: &Scene, arguments: &Arguments) -> Result<String> {
    let package = arguments.text("package");
    let dir = &scene.pipeline.config().dir;
    let used = ecosystem::ecosystems(dir);
    let all = ecosystem::all();
    let asked: Vec<_> = all.iter().filter(|one| used.contains(&one.name()) && one.is_package(package)).collect();
    if asked.is_empty() {
        return Err(invalid("expected the name of a package of an ecosystem that the project uses"));
    }
    let tools = Hurried { tools: scene.tools.as_ref(), patience: &scene.patience };
    // Not in the project: a tool's configuration there may name programs.
    let room = tempfile::tempdir().map_err(|error| refused(ErrorKind::Unavailable, format!("no room: {error}")))?;
    let told: Vec<_> = asked.iter().map(|one| (one.name(), one.versions(package, room.path(), &tools))).collect();
    answer(told)
}

/// What each ecosystem said; an error only if none could say anything.
fn answer(told: Vec<(&str, std::result::Result<Vec<String>, EcosystemError>)>) -> Result<String> {
    let mut words = String::new();
    let mut failed = None;
    for (ecosystem, versions) in told {
        match versions {
            Ok(versions) if versions.is_empty() => words.push_str(&format!("{ecosystem}: no such package\n")),
            Ok(versions) => words.push_str(&in_words(ecosystem, &versions)),
            Err(error) => failed = Some(error),
        }
    }
    match failed {
        Some(error) if words.is_empty() => Err(ecosystem_error(error)),
        _ => Ok(words),
    }
}

fn in_words(ecosystem: &str, versions: &[String]) -> String {
    let more = match versions.len().saturating_sub(MAX_VERSIONS) {
        0 => String::new(),
        more => format!("[{more} older ones]\n"),
    };
    let shown = &versions[..versions.len().min(MAX_VERSIONS)];
    format!("{ecosystem}, newest first:\n{}\n{more}", shown.join("\n"))
}

/// The same tools, with less patience.
struct Hurried<'a> {
    tools: &'a dyn Tools,
    patience: &'a Patience,
}

impl Tools for Hurried<'_> {
    fn run(&self, invocation: &Invocation) -> std::result::Result<ToolOutput, ToolError> {
        let late = |_| ToolError::TimedOut { program: invocation.program.clone(), after: Duration::ZERO };
        let timeout = invocation.timeout.min(self.patience.left().map_err(late)?);
        self.tools.run(&Invocation { timeout, ..invocation.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_registry_that_answers_is_enough() {
        let unreachable = || EcosystemError::Unreachable { operation: "npm view".to_owned(), summary: "no".to_owned() };
        let both =
            answer(vec![("cargo", Ok(vec!["2.0.0".to_owned(), "1.0.0".to_owned()])), ("npm", Err(unreachable()))]);
        assert_eq!(both.unwrap(), "cargo, newest first:\n2.0.0\n1.0.0\n");
        assert_eq!(answer(vec![("pip", Ok(Vec::new()))]).unwrap(), "pip: no such package\n");
        assert!(answer(vec![("npm", Err(unreachable()))]).is_err());
    }

    #[test]
    fn old_versions_are_counted() {
        let many: Vec<String> = (0..70).map(|minor| format!("1.{minor}.0")).collect();
        assert!(in_words("npm", &many).ends_with("1.59.0\n[10 older ones]\n"));
    }
}
