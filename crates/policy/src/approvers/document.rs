//! An approvers document as it is written: `schema: selfheal.dev/approvers/v1`.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error, SeqAccess, Visitor};
use serde_saphyr::Spanned;

/// The schema this crate reads.
pub const SCHEMA: &str = "selfheal.dev/approvers/v1";

pub(super) type Word = Spanned<String>;

/// Who is enrolled.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ApproversDocument {
    pub(super) schema: Word,
    pub(super) people: Vec<PersonDocument>,
    #[serde(default)]
    pub(super) self_approval: SelfApproval,
}

/// One person.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PersonDocument {
    pub(super) name: Word,
    pub(super) key: Word,
    #[serde(default)]
    pub(super) roles: Vec<Word>,
    pub(super) until: Option<Word>,
}

/// Where those who ask may agree themselves: in `dev`, or nowhere. `true` is another way to say `[dev]`.
#[derive(Debug, Default)]
pub(super) struct SelfApproval(pub(super) bool);

impl<'de> Deserialize<'de> for SelfApproval {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SelfApprovalVisitor)
    }
}

struct SelfApprovalVisitor;

impl<'de> Visitor<'de> for SelfApprovalVisitor {
    type Value = SelfApproval;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("`[dev]`, true or false")
    }

    fn visit_bool<E: Error>(self, allowed: bool) -> Result<Self::Value, E> {
        Ok(SelfApproval(allowed))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut environments: A) -> Result<Self::Value, A::Error> {
        let mut allowed = false;
        while let Some(environment) = environments.next_element::<String>()? {
            if environment != "dev" {
                let problem = format!("nobody approves what they asked for in {environment}; expected `dev` alone");
                return Err(A::Error::custom(problem));
            }
            allowed = true;
        }
        Ok(SelfApproval(allowed))
    }
}
