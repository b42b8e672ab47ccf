//! `heal policy test`: declared cases, run.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use selfheal_policy::cases::{Cases, Outcome};
use selfheal_policy::documents;
use selfheal_policy::error::LoadError;
use selfheal_policy::recovery::Names;
use serde::Serialize;

use super::cli::TestOptions;
use super::input::Input;
use crate::exit;
use crate::records::Page;
use crate::run::Refusal;
use crate::say::style::{BAD, DIM, GOOD};

/// How files of cases end.
const ENDINGS: [&str; 2] = [".test.yaml", ".test.yml"];

/// Deepest folder that is looked into, below the one that is named.
const DEPTH: usize = 32;

/// Most entries of folders that are looked at.
const ENTRIES: usize = 100_000;

/// Runs `heal policy test`; the exit status.
///
/// # Errors
/// If the folder can't be read, is too large, or holds no case.
pub(super) async fn test(options: &TestOptions) -> Result<i32, Refusal> {
    let mut ran = Vec::new();
    for file in files(&options.dir)? {
        ran.push(Ran::of(&file).await?);
    }
    let none = || Refusal::usage(format!("{}: there is no `*.test.yaml` in it", options.dir.display()));
    if ran.is_empty() {
        return Err(none());
    }
    let report = Report::of(ran);
    super::print(options.json, &report, |page| report.write(page))?;
    Ok(if report.ok { exit::HEALED } else { exit::FOUND })
}

/// The files of cases below `dir`, in alphabetical order. Links are not followed, hidden folders not entered.
fn files(dir: &Path) -> Result<Vec<PathBuf>, Refusal> {
    let refuse = |path: &Path, error: io::Error| Refusal::usage(format!("{}: {error}", path.display()));
    if fs::metadata(dir).map_err(|error| refuse(dir, error))?.is_file() {
        return Ok(vec![dir.to_owned()]);
    }
    let (mut found, mut seen) = (Vec::new(), 0);
    let mut folders = vec![(dir.to_owned(), 0)];
    while let Some((folder, depth)) = folders.pop() {
        for entry in folder.read_dir().map_err(|error| refuse(&folder, error))? {
            let entry = entry.map_err(|error| refuse(&folder, error))?;
            seen += 1;
            if seen > ENTRIES {
                return Err(Refusal::usage(format!(
                    "{}: expected at most {ENTRIES} entries; name a smaller folder",
                    dir.display()
                )));
            }
            let kind = entry.file_type().map_err(|error| refuse(&entry.path(), error))?;
            let name = entry.file_name().to_string_lossy().into_owned();
            match kind {
                kind if kind.is_dir() && depth < DEPTH && !name.starts_with('.') => {
                    folders.push((entry.path(), depth + 1))
                }
                kind if kind.is_file() && ENDINGS.iter().any(|ending| name.ends_with(ending)) => {
                    found.push(entry.path())
                }
                _ => {}
            }
        }
    }
    found.sort();
    Ok(found)
}

/// One file that was run.
#[derive(Serialize)]
struct Ran {
    file: String,
    /// Why none of it was run.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
    cases: Vec<RanCase>,
}

#[derive(Serialize)]
struct RanCase {
    name: String,
    passed: bool,
    #[serde(flatten)]
    outcome: Outcome,
}

impl Ran {
    async fn of(path: &Path) -> Result<Self, Refusal> {
        let file = path.display().to_string();
        let Input { text, .. } = Input::read(path).map_err(Refusal::usage)?;
        Ok(match Self::cases(path, &file, &text).await {
            Ok(cases) => Self { file, problem: None, cases },
            Err(error) => Self { file, problem: Some(error.to_string()), cases: Vec::new() },
        })
    }

    async fn cases(path: &Path, file: &str, text: &str) -> Result<Vec<RanCase>, LoadError> {
        let cases = Cases::from_text(file, text)?;
        let beside = path.parent().unwrap_or(Path::new(""));
        let policies = cases.policies.iter().map(|policy| relative(file, beside, policy));
        let policies: Vec<PathBuf> = policies.collect::<Result<_, _>>()?;
        let engine = documents::engine(&policies, &Names::default())?;
        let mut ran = Vec::new();
        for case in &cases.cases {
            let outcome = case.run(engine.as_ref()).await;
            ran.push(RanCase { name: case.name.clone(), passed: outcome.holds(), outcome });
        }
        Ok(ran)
    }
}

/// Cases mean the same wherever they were checked out.
fn relative(file: &str, beside: &Path, policy: &str) -> Result<PathBuf, LoadError> {
    match Path::new(policy).is_absolute() {
        true => {
            Err(LoadError::whole(file, format!("policies: expected a path relative to this file, found '{policy}'")))
        }
        false => Ok(beside.join(policy)),
    }
}

#[derive(Serialize)]
struct Report {
    ok: bool,
    passed: usize,
    failed: usize,
    /// Files of which no case could be run.
    broken: usize,
    files: Vec<Ran>,
}

impl Report {
    fn of(files: Vec<Ran>) -> Self {
        let cases = || files.iter().flat_map(|file| &file.cases);
        let (passed, all) = (cases().filter(|case| case.passed).count(), cases().count());
        let broken = files.iter().filter(|file| file.problem.is_some()).count();
        Self { ok: passed == all && broken == 0, passed, failed: all - passed, broken, files }
    }

    fn write(&self, page: &mut Page<'_>) -> io::Result<()> {
        for file in &self.files {
            file.write(page)?;
        }
        let broken = if self.broken > 0 { format!(", {} files could not be run", self.broken) } else { String::new() };
        let style = if self.ok { GOOD } else { BAD };
        page.line_in(style, &format!("{} passed, {} failed{broken}", self.passed, self.failed))
    }
}

impl Ran {
    fn write(&self, page: &mut Page<'_>) -> io::Result<()> {
        page.line_in(DIM, &self.file)?;
        if let Some(problem) = &self.problem {
            page.line_in(BAD, &format!("  FAIL  {problem}"))?;
        }
        for case in &self.cases {
            let (style, word) = if case.passed { (GOOD, "pass") } else { (BAD, "FAIL") };
            page.line_in(style, &format!("  {word}  {}", case.name))?;
            for difference in &case.outcome.differences {
                let (what, expected, got) = (difference.what, &difference.expected, &difference.got);
                page.line_in(BAD, &format!("        - {what}: {expected}"))?;
                page.line_in(GOOD, &format!("        + {what}: {got}"))?;
            }
            if !case.passed {
                page.line_in(DIM, &format!("        because {}", case.outcome.because))?;
            }
        }
        Ok(())
    }
}
