//! A file of cases as it is written.

use std::collections::BTreeSet;

use selfheal_core::decision::Verdict;
use serde::Deserialize;
use serde_saphyr::Spanned;

use super::bounded;
use super::outcome::ClearanceWord;
use crate::asked::AskedDocument;
use crate::error::LoadError;

/// The schema this crate reads.
pub const SCHEMA: &str = "selfheal.dev/policy-test/v1";

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CasesDocument {
    schema: Spanned<String>,
    #[serde(default = "none")]
    pub(super) policies: Spanned<Vec<String>>,
    pub(super) cases: Spanned<Vec<CaseDocument>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CaseDocument {
    pub(super) name: Spanned<String>,
    pub(super) given: AskedDocument,
    pub(super) expect: Spanned<ExpectDocument>,
}

/// What is left out is not looked at.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ExpectDocument {
    pub(super) verdict: Option<Verdict>,
    #[serde(default)]
    pub(super) rules: BTreeSet<String>,
    pub(super) clearance: Option<ClearanceWord>,
}

impl CasesDocument {
    pub(super) fn check(&self, path: &str) -> Result<(), LoadError> {
        if self.schema.value != SCHEMA {
            let problem = format!("expected schema '{SCHEMA}', found '{}'", self.schema.value);
            return Err(LoadError::located(path, self.schema.referenced, problem));
        }
        bounded(path, self)?;
        let mut names = BTreeSet::new();
        self.cases.value.iter().try_for_each(|case| {
            if !names.insert(case.name.value.as_str()) {
                let problem = format!("expected a unique name, found '{}' again", case.name.value);
                return Err(LoadError::located(path, case.name.referenced, problem));
            }
            case.expect.value.check().map_err(|problem| LoadError::located(path, case.expect.referenced, problem))
        })
    }
}

impl ExpectDocument {
    /// A case that can't fail proves nothing.
    fn check(&self) -> Result<(), &'static str> {
        match self.verdict.is_none() && self.clearance.is_none() && self.rules.is_empty() {
            true => Err("expected `verdict`, `rules` or `clearance`"),
            false => Ok(()),
        }
    }
}

fn none() -> Spanned<Vec<String>> {
    Spanned::new(Vec::new(), serde_saphyr::Location::UNKNOWN, serde_saphyr::Location::UNKNOWN)
}
