//! A catalogue: the runbooks that are known, the shipped ones and a host's.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use selfheal_core::facts::Facts;

use super::definition::{Checker, Runbook};
use super::diagnosis::Match;
use super::document::RunbookDocument;
use super::kinds::ActionKinds;
use super::offer::{self, Known};
use super::pattern::{Patterns, PatternsBuilder};
use super::sample::Sample;
use super::shipped;
use crate::error::LoadError;
use crate::limits;
use crate::yaml;

/// Runbooks ready to recognise failures.
#[derive(Debug)]
pub struct Catalogue {
    pub(crate) runbooks: Vec<Runbook>,
    pub(crate) known: Vec<Known>,
    patterns: Patterns,
}

/// Collects runbooks from several places.
#[derive(Debug, Default)]
pub struct CatalogueBuilder {
    kinds: ActionKinds,
    documents: BTreeMap<String, Document>,
}

#[derive(Debug)]
struct Document {
    name: String,
    parsed: RunbookDocument,
    /// Where the samples are; `None` for a shipped one, whose samples this crate's tests run.
    samples: Option<PathBuf>,
}

impl Catalogue {
    /// A builder without runbooks.
    pub fn builder() -> CatalogueBuilder {
        CatalogueBuilder::default()
    }

    /// The shipped runbooks.
    ///
    /// # Errors
    /// None in a build whose tests passed; a host may treat one like an error of its own documents.
    pub fn shipped() -> Result<Self, LoadError> {
        Self::builder().with_shipped()?.build()
    }

    /// The runbooks, the most specific first.
    pub fn runbooks(&self) -> &[Runbook] {
        &self.runbooks
    }

    /// The runbooks that recognise these facts and lines, the best first: by priority, then by how close to the
    /// end their evidence lies, then by id. One that yields to a later failure is left out.
    ///
    /// `lines` are free of escape sequences and of secrets. Only the last [`limits::LINES`] are read.
    pub fn recognise(&self, facts: &Facts, lines: &[&str]) -> Vec<Match<'_>> {
        let skipped = lines.len().saturating_sub(limits::LINES);
        let hits = self.patterns.scan(&lines[skipped..]);
        let found: Vec<Match<'_>> = self
            .runbooks
            .iter()
            .filter_map(|runbook| {
                let recognised = runbook.signature.recognise(&self.patterns, facts, &hits)?;
                Some(Match::new(runbook, recognised, skipped))
            })
            .collect();
        let mut matches = without_yielding(found);
        matches.sort_by(|a, b| b.rank().cmp(&a.rank()).then_with(|| a.runbook().id().cmp(b.runbook().id())));
        matches
    }

    fn check_sample(&self, id: &str, sample: &Sample) -> Result<(), LoadError> {
        let lines: Vec<&str> = sample.log.lines().collect();
        let matches = self.recognise(&sample.facts, &lines);
        let found = matches.iter().find(|found| found.runbook().id() == id);
        let refuse = |problem: String| Err(LoadError::whole(&sample.name, problem));
        match (sample.matches, found) {
            (true, None) => refuse(format!("expected runbook '{id}' to recognise this sample")),
            (false, Some(found)) => refuse(format!(
                "expected runbook '{id}' not to recognise this sample, but it does on lines {:?}",
                found.lines().iter().map(|line| line + 1).collect::<Vec<_>>()
            )),
            (true, Some(found)) => {
                let wrong = sample.expected.iter().find(|(name, value)| !found.values(name).contains(value));
                wrong.map_or(Ok(()), |(name, value)| {
                    refuse(format!("expected {name}={value}, extracted {:?}", found.values(name)))
                })
            }
            (false, None) => Ok(()),
        }
    }
}

fn without_yielding(found: Vec<Match<'_>>) -> Vec<Match<'_>> {
    let yields: Vec<bool> = found.iter().map(|one| one.yields(&found)).collect();
    found.into_iter().zip(yields).filter(|(_, yields)| !yields).map(|(one, _)| one).collect()
}

impl CatalogueBuilder {
    /// Registers a host's own action kind, so that runbooks added later may name it.
    #[must_use]
    pub fn with_kinds(mut self, kinds: ActionKinds) -> Self {
        self.kinds = kinds;
        self
    }

    /// Adds the shipped runbooks.
    ///
    /// # Errors
    /// When one doesn't parse.
    pub fn with_shipped(mut self) -> Result<Self, LoadError> {
        for (name, text) in shipped::RUNBOOKS {
            self.add(name, yaml::parse(name, text)?, None)?;
        }
        Ok(self)
    }

    /// Adds every `*.yaml` of a folder; `samples/<id>/` in it holds the runbooks' sample logs.
    ///
    /// A runbook with the id of a shipped one replaces it; the same id in two of a host's documents is refused.
    ///
    /// # Errors
    /// When the folder or a file can't be read, or a document isn't one: with file, line and what was expected.
    pub fn with_directory(mut self, folder: &Path) -> Result<Self, LoadError> {
        for path in yaml_files(folder)? {
            let parsed: RunbookDocument = yaml::parse_file(&path)?;
            let samples = folder.join("samples").join(&parsed.id.value);
            self.add(&path.display().to_string(), parsed, Some(samples))?;
        }
        Ok(self)
    }

    fn add(&mut self, name: &str, parsed: RunbookDocument, samples: Option<PathBuf>) -> Result<(), LoadError> {
        let id = parsed.id.clone();
        let known = self.documents.get(&id.value);
        if let Some(known) = known.filter(|known| known.samples.is_some() || samples.is_none()) {
            let problem = format!("expected a unique id, but '{}' is also that of {}", id.value, known.name);
            return Err(LoadError::located(name, id.referenced, problem));
        }
        if self.documents.len() >= limits::RUNBOOKS {
            return Err(LoadError::whole(name, format!("expected at most {} runbooks", limits::RUNBOOKS)));
        }
        self.documents.insert(id.value, Document { name: name.to_owned(), parsed, samples });
        Ok(())
    }

    /// Checks every document and, of a host's, every pattern and sample.
    ///
    /// # Errors
    /// The first problem found: with file, line and what was expected.
    pub fn build(self) -> Result<Catalogue, LoadError> {
        let mut patterns = PatternsBuilder::default();
        let mut runbooks = Vec::with_capacity(self.documents.len());
        for document in self.documents.values() {
            let mut checker = Checker { document: &document.name, kinds: &self.kinds, patterns: &mut patterns };
            let runbook = checker.check(&document.parsed)?;
            if document.samples.is_some() {
                checker.compile(&document.parsed)?;
            }
            runbooks.push(runbook);
        }
        runbooks.sort_by(|a, b| b.priority.cmp(&a.priority).then_with(|| a.id.cmp(&b.id)));
        let catalogue = Catalogue { known: offer::known(&runbooks), runbooks, patterns: patterns.build() };
        for (id, document) in &self.documents {
            for sample in document.samples.as_deref().map_or(Ok(Vec::new()), Sample::read_all)? {
                catalogue.check_sample(id, &sample)?;
            }
        }
        Ok(catalogue)
    }
}

fn yaml_files(folder: &Path) -> Result<Vec<PathBuf>, LoadError> {
    let unreadable = |error: std::io::Error| LoadError::whole(folder.display().to_string(), error);
    let entries = folder.read_dir().map_err(unreadable)?;
    let mut paths =
        entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<Vec<_>, _>>().map_err(unreadable)?;
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml"));
    paths.sort();
    Ok(paths)
}
