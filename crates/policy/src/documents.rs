//! Which kind of policy document a text is, and what all of a host's documents say together.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use selfheal_core::ports::PolicyEngine;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_saphyr::Spanned;

use crate::error::LoadError;
use crate::guardrails::Guardrails;
use crate::recovery::{Names, RecoveryPolicies};
use crate::{approvers, cases, fleet, guardrails, limits, yaml};

/// A kind of policy document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum DocumentKind {
    /// Rules over actions.
    Guardrails,
    /// Recovery policies or healing policies, which only tighten.
    Recovery,
    /// Who may approve.
    Approvers,
    /// Bounds over all healers of a store.
    Fleet,
    /// Declared cases of policies.
    Cases,
}

impl fmt::Display for DocumentKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Guardrails => "guardrails",
            Self::Recovery => "recovery policies",
            Self::Approvers => "approvers",
            Self::Fleet => "fleet bounds",
            Self::Cases => "cases",
        })
    }
}

/// By what a document tells its kind.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Mark {
    Schema { schema: String },
    Other(IgnoredAny),
}

/// Where it says so: what may be either loses its place.
#[derive(Debug, Deserialize)]
struct Placed {
    schema: Spanned<String>,
}

impl DocumentKind {
    /// The kind of a text, by its `schema` or its shape; `name` stands for its path in errors.
    ///
    /// # Errors
    /// If it is no policy document: with line and what was expected.
    pub fn of(name: &str, text: &str) -> Result<Self, LoadError> {
        match yaml::parse_stream::<Mark>(name, text).map(|marks| marks.into_iter().next()) {
            Ok(Some(Mark::Schema { schema })) => Self::by_schema(name, &schema, text),
            Ok(Some(Mark::Other(IgnoredAny))) if fleet::from_text(name, text).is_ok() => Ok(Self::Fleet),
            // Whatever else it is, what reads recovery policies says best what is wrong with it. Several objects, one a line, are
            // no YAML and may be healing policies.
            Ok(_) => RecoveryPolicies::shaped(name, text).map(|()| Self::Recovery).map_err(|_| unknown(name)),
            Err(broken) => RecoveryPolicies::shaped(name, text).map(|()| Self::Recovery).map_err(|_| broken),
        }
    }

    fn by_schema(name: &str, schema: &str, text: &str) -> Result<Self, LoadError> {
        let known = [
            (guardrails::SCHEMA, Self::Guardrails),
            (approvers::SCHEMA, Self::Approvers),
            (cases::SCHEMA, Self::Cases),
        ];
        let found = known.iter().find(|(own, _)| *own == schema).map(|(_, kind)| *kind);
        found.ok_or_else(|| {
            let names = known.map(|(own, _)| own).join(", ");
            let problem = format!("expected the schema of a policy document, one of {names}, found '{schema}'");
            let placed: Result<Placed, LoadError> = yaml::parse(name, text);
            placed.map_or_else(
                |_| LoadError::whole(name, &problem),
                |placed| LoadError::located(name, placed.schema.referenced, &problem),
            )
        })
    }
}

fn unknown(name: &str) -> LoadError {
    let problem = "expected a policy document: one with `schema` (guardrails, approvers, cases), with `apiVersion` and `kind` \
                   (recovery policies), with `resource_kind` and `issue_type` (healing policies), or bounds of the fleet";
    LoadError::whole(name, problem)
}

/// The documents of files, of any kinds, as one engine: guardrails, tightened by recovery and healing policies. Without guardrails
/// among them the shipped ones hold.
///
/// # Errors
/// The first document that can't be used, or is of a kind that decides about no plan: with file, line and what was expected.
pub fn engine<P: AsRef<Path>>(files: &[P], names: &Names) -> Result<Arc<dyn PolicyEngine>, LoadError> {
    let mut guardrails = Vec::new();
    let mut recovery = Vec::new();
    for file in files.iter().map(AsRef::as_ref) {
        let name = file.display().to_string();
        let text = yaml::read_bounded(file, limits::DOCUMENT_BYTES as u64)?;
        match DocumentKind::of(&name, &text)? {
            DocumentKind::Guardrails => guardrails.push(file),
            DocumentKind::Recovery => recovery.push(file),
            other => {
                let problem = format!("expected guardrails, recovery policies or healing policies, found {other}");
                return Err(LoadError::whole(name, problem));
            }
        }
    }
    let base = judging_commands(Guardrails::from_files(&guardrails)?);
    let tightened = RecoveryPolicies::from_files(&recovery, names)?;
    Ok(if tightened.is_empty() { base } else { Arc::new(tightened.over(base)) })
}

#[cfg(feature = "commands")]
fn judging_commands(guardrails: Guardrails) -> Arc<dyn PolicyEngine> {
    Arc::new(crate::command::CommandGuard::of(Arc::new(guardrails)))
}

/// Where no judge is built in, none can be given to an executor of commands either.
#[cfg(not(feature = "commands"))]
fn judging_commands(guardrails: Guardrails) -> Arc<dyn PolicyEngine> {
    Arc::new(guardrails)
}
