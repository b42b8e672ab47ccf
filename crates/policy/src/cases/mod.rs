//! Declared cases: plans, and what policy documents are expected to say about them.
//!
//! ```yaml
//! schema: selfheal.dev/policy-test/v1
//! policies: [guardrails.yaml, shop-recovery.yaml]     # beside this file; none: the shipped guardrails
//! cases:
//!   - name: a rehearsed patch heals in staging
//!     given: {kind: patch_dependency_version, environment: staging, target: package.json, rehearsed: true}
//!     expect: {verdict: allow, rules: [team/rehearsed]}
//!   - name: not during the sale
//!     given: {kind: retry_stage, environment: production, at: '2026-11-27T10:00:00Z'}
//!     expect: {clearance: hold}
//! ```
//!
//! `given` is any form of an [asked](crate::asked) plan. `rules` are those that must speak; others may. `clearance` is what is said of
//! the moment: clear, hold or stop.

mod document;
mod outcome;

pub use document::SCHEMA;
pub use outcome::{ClearanceWord, Difference, Outcome};

use document::{CasesDocument, ExpectDocument};
use selfheal_core::ports::PolicyEngine;

use crate::asked::{Asked, Said};
use crate::error::LoadError;
use crate::{limits, yaml};

/// The cases of one file.
#[derive(Debug)]
pub struct Cases {
    /// The policy documents that they are about, as the file names them: relative to itself.
    pub policies: Vec<String>,
    /// In the file's order, at least one.
    pub cases: Vec<DeclaredCase>,
}

/// A plan, and what is expected to be said about it.
#[derive(Debug)]
pub struct DeclaredCase {
    /// Its name, unique in its file.
    pub name: String,
    asked: Asked,
    expect: ExpectDocument,
}

impl Cases {
    /// Reads a file of cases; `path` stands for it in errors.
    ///
    /// # Errors
    /// If it isn't one, has no case, or one that expects nothing: with line and what was expected.
    pub fn from_text(path: &str, text: &str) -> Result<Self, LoadError> {
        let document: CasesDocument = yaml::parse(path, text)?;
        document.check(path)?;
        let case = |case: document::CaseDocument| {
            Ok(DeclaredCase {
                asked: Asked::of(path, case.given, &Said { now: BEGIN, ..Said::default() })?,
                name: case.name.value,
                expect: case.expect.value,
            })
        };
        Ok(Self {
            policies: document.policies.value,
            cases: document.cases.value.into_iter().map(case).collect::<Result<_, LoadError>>()?,
        })
    }
}

/// When a case is asked about that doesn't say: long enough after the beginning of time for things to have been done before.
const BEGIN: selfheal_core::time::Timestamp = selfheal_core::time::Timestamp::from_millis(1_000_000_000_000);

impl DeclaredCase {
    /// What `engine` says, compared with what is expected. An engine that fails has said no.
    pub async fn run(&self, engine: &dyn PolicyEngine) -> Outcome {
        let decided = engine.decide(&self.asked.question()).await;
        let cleared = engine.clear(&self.asked.moment()).await;
        Outcome::of(&self.expect, decided, cleared)
    }
}

/// Refuses what is longer than any list of cases or policies has to be.
fn bounded(path: &str, document: &CasesDocument) -> Result<(), LoadError> {
    let (cases, policies) = (&document.cases, &document.policies);
    if cases.value.is_empty() || cases.value.len() > limits::CASES {
        let problem = format!("expected 1 to {} cases", limits::CASES);
        return Err(LoadError::located(path, cases.referenced, problem));
    }
    if policies.value.len() > limits::CASE_POLICIES {
        let problem = format!("expected at most {} policies", limits::CASE_POLICIES);
        return Err(LoadError::located(path, policies.referenced, problem));
    }
    Ok(())
}
