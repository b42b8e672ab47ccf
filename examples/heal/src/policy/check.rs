//! `heal policy check`: what is wrong or odd with documents.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use selfheal_core::orchestrator::SystemClock;
use selfheal_core::ports::Clock;
use selfheal_memory::audit::verify_signature;
use selfheal_policy::approvers::Approvers;
use selfheal_policy::cases::Cases;
use selfheal_policy::documents::DocumentKind;
use selfheal_policy::error::{LoadError, Place};
use selfheal_policy::guardrails::{self, Beside, Guardrails, Warning};
use selfheal_policy::recovery::{self, Names, RecoveryPolicies};
use serde::Serialize;

use super::cli::CheckOptions;
use super::input::{Input, is_stdin};
use crate::exit;
use crate::records::Page;
use crate::run::Refusal;
use crate::say::style::{BAD, GOOD, WARN};

/// Runs `heal policy check`; the exit status.
///
/// # Errors
/// If the report can't be written.
pub(super) fn check(options: &CheckOptions) -> Result<i32, Refusal> {
    if options.files.iter().filter(|file| is_stdin(file)).count() > 1 {
        return Err(Refusal::usage("expected `-` (stdin) at most once"));
    }
    let mut checked: Vec<Checked> = options.files.iter().map(|file| Checked::read(file)).collect();
    let people = people(&checked);
    let beside = Beside { people: people.as_ref(), now: Some(SystemClock::default().now()) };
    checked.iter_mut().for_each(|one| one.load(&beside));
    together(&mut checked);
    let status = status(&checked, options.strict);
    let report = Report { ok: status == exit::HEALED, files: checked.iter().map(Checked::report).collect() };
    super::print(options.json, &report, |page| checked.iter().try_for_each(|one| one.write(page)))?;
    Ok(status)
}

/// One file, with what is known of it so far.
struct Checked {
    path: PathBuf,
    name: String,
    /// `None` if it can't be read.
    text: Option<String>,
    kind: Option<DocumentKind>,
    /// What it holds, in words: `7 rules`.
    holds: Vec<Count>,
    problems: Vec<Finding>,
    warnings: Vec<Finding>,
}

#[derive(Debug, Clone, Serialize)]
struct Count {
    what: &'static str,
    count: usize,
}

/// Something at a place of the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Finding {
    /// 1-based; null where the whole file is meant.
    line: Option<u64>,
    column: Option<u64>,
    problem: String,
}

#[derive(Serialize)]
struct Report<'a> {
    ok: bool,
    files: Vec<FileReport<'a>>,
}

#[derive(Serialize)]
struct FileReport<'a> {
    file: &'a str,
    kind: Option<String>,
    ok: bool,
    holds: &'a [Count],
    problems: &'a [Finding],
    warnings: &'a [Finding],
}

impl Checked {
    fn read(path: &Path) -> Self {
        let (name, text, problems) = match Input::read(path) {
            Ok(Input { name, text }) => (name, Some(text), Vec::new()),
            Err(unreadable) => (unreadable.name, None, vec![Finding::whole(unreadable.problem)]),
        };
        let kind = text.as_ref().map(|text| DocumentKind::of(&name, text));
        let (kind, problems) = match kind {
            Some(Err(error)) => (None, vec![Finding::of(error.place(), error.problem())]),
            known => (known.and_then(Result::ok), problems),
        };
        Self { path: path.to_owned(), name, text, kind, holds: Vec::new(), problems, warnings: Vec::new() }
    }

    fn load(&mut self, beside: &Beside<'_>) {
        let (Some(text), Some(kind)) = (&self.text, self.kind) else { return };
        match Loaded::of(&self.name, text, kind, beside) {
            Ok(Loaded { holds, warnings }) => {
                self.holds = holds;
                self.warnings = warnings;
            }
            Err(error) => self.problems.push(Finding::of(error.place(), error.problem())),
        }
    }

    fn ok(&self) -> bool {
        self.problems.is_empty()
    }

    fn report(&self) -> FileReport<'_> {
        FileReport {
            file: &self.name,
            kind: self.kind.map(|kind| kind.to_string()),
            ok: self.ok(),
            holds: &self.holds,
            problems: &self.problems,
            warnings: &self.warnings,
        }
    }

    fn write(&self, page: &mut Page<'_>) -> io::Result<()> {
        for finding in &self.problems {
            page.line_in(BAD, &format!("{}{finding}", self.name))?;
        }
        for finding in &self.warnings {
            let Finding { problem, .. } = finding;
            page.line_in(WARN, &format!("{}{}: warning: {problem}", self.name, finding.place()))?;
        }
        if !self.ok() {
            return Ok(());
        }
        let mut holds: Vec<String> = self.holds.iter().map(ToString::to_string).collect();
        if !self.warnings.is_empty() {
            holds.push(Count { what: "warning", count: self.warnings.len() }.to_string());
        }
        page.line_in(GOOD, &format!("{}: ok, {}", self.name, holds.join(", ")))
    }
}

/// What a document holds.
struct Loaded {
    holds: Vec<Count>,
    warnings: Vec<Finding>,
}

impl Loaded {
    fn of(name: &str, text: &str, kind: DocumentKind, beside: &Beside<'_>) -> Result<Self, LoadError> {
        let holding = |holds| Ok(Self { holds, warnings: Vec::new() });
        let approvers = |count| {
            let nobody = "nobody is enrolled: what needs an approval can't be agreed to".to_owned();
            let warnings = if count == 0 { vec![Finding::whole(nobody)] } else { Vec::new() };
            Ok(Self { holds: vec![Count { what: "person", count }], warnings })
        };
        let one = |what, count| holding(vec![Count { what, count }]);
        match kind {
            DocumentKind::Guardrails => {
                Guardrails::from_text(name, text)?;
                let odd = guardrails::lint(name, text, beside)?;
                let holds =
                    vec![Count { what: "rule", count: odd.rules }, Count { what: "example", count: odd.examples }];
                Ok(Self { holds, warnings: findings(&odd.warnings) })
            }
            DocumentKind::Recovery => {
                let names = Names::default();
                let count = RecoveryPolicies::from_text(name, text, &names)?.len();
                let odd = recovery::lint(name, text, &names)?;
                Ok(Self { holds: vec![Count { what: "policy", count }], warnings: findings(&odd) })
            }
            DocumentKind::Approvers => approvers(Approvers::from_text(name, text, verify_signature)?.iter().count()),
            DocumentKind::Fleet => {
                one("budget of the fleet", selfheal_policy::fleet::from_text(name, text)?.budgets.len())
            }
            DocumentKind::Cases => one("case", Cases::from_text(name, text)?.cases.len()),
        }
    }
}

fn findings(odd: &[Warning]) -> Vec<Finding> {
    odd.iter().map(|odd| Finding::of(odd.place(), odd.problem())).collect()
}

impl Finding {
    fn whole(problem: String) -> Self {
        Self { line: None, column: None, problem }
    }

    fn of(place: &Place, problem: &str) -> Self {
        let (line, column) = place.position.unzip();
        Self { line, column, problem: problem.to_owned() }
    }

    /// `:3:7`, to follow the file's name.
    fn place(&self) -> String {
        self.line.zip(self.column).map_or_else(String::new, |(line, column)| format!(":{line}:{column}"))
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place(), self.problem)
    }
}

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, count } = self;
        match (*what, *count) {
            (what, 1) => write!(f, "1 {what}"),
            ("policy", count) => write!(f, "{count} policies"),
            ("person", count) => write!(f, "{count} people"),
            ("budget of the fleet", count) => write!(f, "{count} budgets of the fleet"),
            (what, count) => write!(f, "{count} {what}s"),
        }
    }
}

/// The people whom rules may ask, if a document that says so is among the files.
fn people(checked: &[Checked]) -> Option<Approvers> {
    let document = checked.iter().find(|one| one.kind == Some(DocumentKind::Approvers))?;
    Approvers::from_text(&document.name, document.text.as_deref()?, verify_signature).ok()
}

/// Documents that are right one by one may still contradict each other: `heal run` would refuse them together.
fn together(checked: &mut [Checked]) {
    let error = {
        let of = |kind| checked.iter().filter(move |one| one.kind == Some(kind) && one.ok());
        let guardrails: Vec<(&str, &str)> =
            of(DocumentKind::Guardrails).filter_map(|one| Some((one.name.as_str(), one.text.as_deref()?))).collect();
        let recovery: Vec<&Path> =
            of(DocumentKind::Recovery).filter(|one| !is_stdin(&one.path)).map(|one| one.path.as_path()).collect();
        let clash = (guardrails.len() > 1).then(|| Guardrails::from_texts(&guardrails).err()).flatten();
        clash.or_else(|| RecoveryPolicies::from_files(&recovery, &Names::default()).err())
    };
    let Some(error) = error else { return };
    if let Some(own) = checked.iter_mut().find(|one| one.name == error.place().document) {
        let problem = format!("together with the other files: {}", error.problem());
        own.problems.push(Finding::of(error.place(), &problem));
    }
}

fn status(checked: &[Checked], strict: bool) -> i32 {
    if checked.iter().any(|one| one.text.is_none()) {
        return exit::USAGE;
    }
    let wrong = checked.iter().any(|one| !one.ok() || (strict && !one.warnings.is_empty()));
    if wrong { exit::FOUND } else { exit::HEALED }
}
