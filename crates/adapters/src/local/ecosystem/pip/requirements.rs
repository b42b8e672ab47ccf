//! What a pipeline may install: requirements files with all they include, and `pyproject.toml`.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::requirement::{Requirement, normalized};
use super::{editing, pyproject};
use crate::local::ecosystem::{EcosystemError, Given, given, tree};

/// Most sets looked at in one tree, and most files of one set.
const MAX_SETS: usize = 6;
const MAX_FILES: usize = 16;

/// Options that say where distributions come from; pip gets them as they are. No other option is passed on.
const INDEX_OPTIONS: &[&str] =
    &["-i", "--index-url", "--extra-index-url", "--no-index", "-f", "--find-links", "--trusted-host", "--pre"];

/// A requirement and the file that states it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Declared {
    pub(super) requirement: Requirement,
    pub(super) manifest: PathBuf,
    /// Stated in a constraints file: it limits, and requires nothing.
    pub(super) constraint: bool,
}

/// What one `pip install` would be given.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct RequirementSet {
    /// The file it starts from, relative to the project.
    pub(super) manifest: PathBuf,
    pub(super) declared: Vec<Declared>,
    pub(super) options: Vec<String>,
    pub(super) files: BTreeSet<PathBuf>,
    /// A file that a tool generated or that is locked by hashes: its lines can't be changed by themselves.
    pub(super) locked: Option<PathBuf>,
}

impl Declared {
    pub(super) fn is(&self, name: &str) -> bool {
        normalized(&self.requirement.name) == normalized(name)
    }
}

impl RequirementSet {
    /// The sets of a project: those that `given` names under `manifest`, else every file that no other includes,
    /// `requirements.txt` first, then `pyproject.toml`, at last that with its extras.
    pub(super) fn all(scratch: &Path, given: &Given) -> Result<Vec<Self>, EcosystemError> {
        let files = tree::files(scratch);
        let named = given::names(given, &["manifest"], |path| path.len() <= 512);
        let mut starts: Vec<PathBuf> = files
            .into_iter()
            .filter(|file| is_requirements(file) || is_pyproject(file))
            .filter(|file| named.is_empty() || named.contains(&tree::slashed(file)))
            .collect();
        starts.sort_by_key(|file| (file.components().count(), is_pyproject(file), !is_main(file), file.clone()));
        let sets = starts.iter().map(|start| Self::from(scratch, start)).collect::<Result<Vec<_>, _>>()?;
        let included: BTreeSet<PathBuf> =
            sets.iter().flat_map(|set| set.files.iter().filter(|file| **file != set.manifest).cloned()).collect();
        let mut sets: Vec<Self> =
            sets.into_iter().filter(|set| !named.is_empty() || !included.contains(&set.manifest)).collect();
        let extended = sets.iter().map(|set| set.with_extras(scratch)).collect::<Result<Vec<_>, _>>()?;
        sets.extend(extended.into_iter().flatten());
        sets.retain(|set| !set.declared.is_empty() || is_main(&set.manifest));
        sets.truncate(MAX_SETS);
        Ok(sets)
    }

    /// The set of a `pyproject.toml` with its extras; `None` for any other, and where there are no extras.
    fn with_extras(&self, scratch: &Path) -> Result<Option<Self>, EcosystemError> {
        if !is_pyproject(&self.manifest) {
            return Ok(None);
        }
        let extras = pyproject::extras(scratch, &self.manifest)?;
        let mut set = self.clone();
        set.declare(extras, &self.manifest, false);
        Ok((set != *self).then_some(set))
    }

    /// Several sets installed together.
    pub(super) fn together(sets: &[Self]) -> Self {
        let mut all = Self::default();
        for set in sets {
            all.declared.extend(set.declared.iter().cloned());
            all.options.extend(set.options.iter().cloned());
            all.files.extend(set.files.iter().cloned());
            all.locked = all.locked.or_else(|| set.locked.clone());
        }
        all.manifest = sets.first().map(|set| set.manifest.clone()).unwrap_or_default();
        all
    }

    /// The set with the limits of a constraints file.
    pub(super) fn limited_by(&self, scratch: &Path, file: &Path) -> Result<Self, EcosystemError> {
        let mut set = self.clone();
        set.include(scratch, file, true)?;
        Ok(set)
    }

    fn from(scratch: &Path, start: &Path) -> Result<Self, EcosystemError> {
        let mut set = Self { manifest: start.to_path_buf(), ..Self::default() };
        set.include(scratch, start, false)?;
        Ok(set)
    }

    fn include(&mut self, scratch: &Path, file: &Path, constraint: bool) -> Result<(), EcosystemError> {
        if self.files.len() >= MAX_FILES || !self.files.insert(file.to_path_buf()) {
            return Ok(());
        }
        if is_pyproject(file) {
            let requirements = pyproject::requirements(scratch, file)?;
            self.declare(requirements, file, false);
            return Ok(());
        }
        let text = tree::manifest_text(scratch, file)?;
        if editing::is_locked(&text) {
            self.locked.get_or_insert_with(|| file.to_path_buf());
        }
        for line in logical_lines(&text) {
            self.line(scratch, file, &line, constraint)?;
        }
        Ok(())
    }

    fn line(&mut self, scratch: &Path, file: &Path, line: &str, constraint: bool) -> Result<(), EcosystemError> {
        let beside = |path: &str| normal(&tree::directory(file).join(path));
        if let Some(path) = option(line, &["-r", "--requirement"]).and_then(beside) {
            return self.include_if_there(scratch, &path, constraint);
        }
        if let Some(path) = option(line, &["-c", "--constraint"]).and_then(beside) {
            return self.include_if_there(scratch, &path, true);
        }
        let project = option(line, &["-e", "--editable"]).unwrap_or(line);
        let directory = project.split('[').next().unwrap_or_default().trim();
        if directory == "." || directory == "./" {
            let manifest = tree::directory(file).join("pyproject.toml");
            return self.include_if_there(scratch, &manifest, false);
        }
        if INDEX_OPTIONS.iter().any(|known| option(line, &[known]).is_some() || line == *known) {
            self.options.push(line.to_owned());
        }
        self.declare(Requirement::parse(line).into_iter().collect(), file, constraint);
        Ok(())
    }

    fn include_if_there(&mut self, scratch: &Path, file: &Path, constraint: bool) -> Result<(), EcosystemError> {
        match tree::inside(scratch, file) {
            Ok(_) => self.include(scratch, file, constraint),
            Err(_) => Ok(()),
        }
    }

    fn declare(&mut self, requirements: Vec<Requirement>, file: &Path, constraint: bool) {
        self.declared.extend(requirements.into_iter().map(|requirement| Declared {
            requirement,
            manifest: file.to_path_buf(),
            constraint,
        }));
    }
}

/// Lines as pip reads them: a backslash joins, comments and blank lines go.
fn logical_lines(text: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut open = String::new();
    for line in text.trim_start_matches('\u{feff}').lines() {
        let line = if line.trim_start().starts_with('#') { "" } else { line };
        match line.strip_suffix('\\') {
            Some(part) => open.push_str(part),
            None => {
                open.push_str(line);
                let whole = std::mem::take(&mut open);
                let whole = whole.split(" #").next().unwrap_or_default().trim();
                lines.extend((!whole.is_empty()).then(|| whole.to_owned()));
            }
        }
    }
    lines.extend((!open.trim().is_empty()).then(|| open.trim().to_owned()));
    lines
}

/// The value of `-r file`, `-rfile`, `--requirement file` or `--requirement=file`.
fn option<'l>(line: &'l str, names: &[&str]) -> Option<&'l str> {
    names.iter().find_map(|name| {
        let rest = line.strip_prefix(name)?;
        let long = name.starts_with("--");
        let value = rest.strip_prefix('=').or_else(|| rest.strip_prefix(' ')).or((!long).then_some(rest))?;
        Some(value.trim()).filter(|value| !value.is_empty())
    })
}

/// `a/../b` without its detour; `None` when it leaves the project.
fn normal(path: &Path) -> Option<PathBuf> {
    use std::path::Component;
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::Normal(part) => plain.push(part),
            Component::CurDir => {}
            Component::ParentDir if plain.pop() => {}
            _ => return None,
        }
    }
    Some(plain)
}

/// `requirements.txt`, `requirements-dev.txt`, `dev-requirements.txt`, `requirements/base.txt`.
pub(super) fn is_requirements(file: &Path) -> bool {
    let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let in_directory = tree::directory(file).file_name().is_some_and(|directory| directory == "requirements");
    name.ends_with(".txt") && (name.contains("requirements") || in_directory)
}

/// `constraints.txt`, `ci-constraints.txt`, `constraints/base.txt`.
pub(super) fn constraint_files(scratch: &Path) -> Vec<PathBuf> {
    let named = |part: &OsStr| part.to_str().is_some_and(|part| part.contains("constraint"));
    let in_directory = |file: &Path| tree::directory(file).file_name().is_some_and(named);
    let mut files = tree::files(scratch);
    files.retain(|file| file.extension().is_some_and(|kind| kind == "txt"));
    files.retain(|file| file.file_name().is_some_and(named) || in_directory(file));
    files
}

pub(super) fn is_pyproject(file: &Path) -> bool {
    file.file_name().is_some_and(|name| name == "pyproject.toml")
}

fn is_main(file: &Path) -> bool {
    file.file_name().is_some_and(|name| name == "requirements.txt")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::local::ecosystem::scripted::project;

    #[test]
    fn includes_constraints_and_options_are_followed() {
        let dir = project(&[
            (
                "requirements.txt",
                "--extra-index-url https://i.example/simple\n--no-binary :all:\na==1 # why\n\\\nb>=2,\\\n  <3\n./local\n",
            ),
            ("requirements-dev.txt", "-r requirements.txt\n-c limits/c.txt\nc\n-r ../../outside.txt\n"),
            ("limits/c.txt", "d==4\n"),
        ]);
        let sets = RequirementSet::all(dir.path(), &Given::new()).unwrap();
        assert_eq!(sets.len(), 1, "what another includes doesn't stand alone");
        let names: Vec<_> = sets[0]
            .declared
            .iter()
            .map(|one| (one.requirement.with(&one.requirement.specifier), one.constraint))
            .collect();
        let expected = [("a==1", false), ("b>=2,  <3", false), ("d==4", true), ("c", false)];
        assert_eq!(names, expected.map(|(text, constraint)| (text.to_owned(), constraint)));
        assert_eq!(sets[0].options, ["--extra-index-url https://i.example/simple"]);
    }

    #[test]
    fn extras_are_a_further_set() {
        let toml = "[project]\nname='x'\ndependencies=['a']\noptional-dependencies.test=['b==1']\n";
        let dir = project(&[("pyproject.toml", toml)]);
        let sets = RequirementSet::all(dir.path(), &Given::new()).unwrap();
        assert_eq!(sets.iter().map(|set| set.declared.len()).collect::<Vec<_>>(), [1, 2]);
    }

    #[test]
    fn a_constraints_file_limits_what_it_is_put_beside() {
        let dir = project(&[("requirements.txt", "a\n"), ("ci/constraints.txt", "b==1\n"), ("notes.txt", "c\n")]);
        let sets = RequirementSet::all(dir.path(), &Given::new()).unwrap();
        let files = constraint_files(dir.path());
        assert_eq!(files, [PathBuf::from("ci/constraints.txt")]);
        let limited = sets[0].limited_by(dir.path(), &files[0]).unwrap();
        let constraints: Vec<_> = limited.declared.iter().map(|one| one.constraint).collect();
        assert_eq!(constraints, [false, true]);
    }

    #[test]
    fn an_editable_project_brings_its_dependencies() {
        let dir = project(&[
            ("requirements.txt", "-e .[dev]\n"),
            ("pyproject.toml", "[project]\nname='x'\ndependencies=['a>=1']\n"),
        ]);
        let sets = RequirementSet::all(dir.path(), &Given::new()).unwrap();
        assert_eq!(sets[0].declared[0].manifest, Path::new("pyproject.toml"));
    }
}
