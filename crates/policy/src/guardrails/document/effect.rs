//! What a rule says, and whom it asks.

use std::fmt;
use std::time::Duration;

use selfheal_core::approval::{Stage, Terms};
use selfheal_core::decision::Verdict;
use serde::Deserialize;
use serde::de::{Error, IgnoredAny, MapAccess, Visitor};

use crate::guardrails::duration;
use crate::limits;

/// A plain word (`allow`, `propose`, `deny`, `require_approval`), or `require_approval` with whom to ask.
#[derive(Debug, Clone)]
pub(crate) struct EffectDocument {
    pub(crate) verdict: Verdict,
    pub(crate) terms: Option<Terms>,
}

impl EffectDocument {
    pub(crate) const DENY: Self = Self { verdict: Verdict::Deny, terms: None };
}

/// `{stages: [{k, roles}], ttl}`, or `{k, roles, ttl}` for one stage.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ApprovalDocument {
    stages: Option<Vec<Stage>>,
    k: Option<u32>,
    roles: Option<Vec<String>>,
    ttl: Option<String>,
}

impl ApprovalDocument {
    fn terms(self) -> Result<Terms, String> {
        let short = self.k.is_some() || self.roles.is_some();
        let stages = match self.stages {
            Some(_) if short => return Err("expected either 'stages' or 'k' and 'roles'".to_owned()),
            Some(stages) => stages,
            None => vec![Stage { k: self.k.unwrap_or(1), roles: self.roles.unwrap_or_default() }],
        };
        if stages.is_empty() || stages.len() > limits::STAGES {
            return Err(format!("expected 1 to {} stages", limits::STAGES));
        }
        if let Some(stage) = stages.iter().find(|stage| stage.k == 0 || stage.k > limits::APPROVERS) {
            return Err(format!("expected a 'k' of 1 to {} people, found {}", limits::APPROVERS, stage.k));
        }
        if stages.iter().flat_map(|stage| &stage.roles).any(|role| role.trim().is_empty()) {
            return Err("expected the name of a role, found a blank one".to_owned());
        }
        let ttl = self.ttl.as_deref().map(duration::parse).transpose()?;
        let millis = |ttl: Duration| u64::try_from(ttl.as_millis()).unwrap_or(u64::MAX);
        Ok(Terms { stages, ttl_ms: ttl.map(millis) })
    }
}

impl<'de> Deserialize<'de> for EffectDocument {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(EffectVisitor)
    }
}

struct EffectVisitor;

const WORDS: &[&str] = &["allow", "propose", "deny", "require_approval"];

impl<'de> Visitor<'de> for EffectVisitor {
    type Value = EffectDocument;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("allow, propose, deny, require_approval or {require_approval: {k, roles, stages, ttl}}")
    }

    fn visit_str<E: Error>(self, word: &str) -> Result<EffectDocument, E> {
        let verdict = match word {
            "allow" => Verdict::Allow,
            "propose" => Verdict::Propose,
            "deny" => Verdict::Deny,
            "require_approval" => Verdict::RequireApproval,
            other => return Err(E::unknown_variant(other, WORDS)),
        };
        Ok(EffectDocument { verdict, terms: None })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<EffectDocument, A::Error> {
        match map.next_key::<String>()?.as_deref() {
            Some("require_approval") => {}
            Some(other) => return Err(A::Error::unknown_field(other, &["require_approval"])),
            None => return Err(A::Error::missing_field("require_approval")),
        }
        let terms = map.next_value::<ApprovalDocument>()?.terms().map_err(A::Error::custom)?;
        match map.next_entry::<String, IgnoredAny>()? {
            Some((other, _)) => Err(A::Error::unknown_field(&other, &["require_approval"])),
            None => Ok(EffectDocument { verdict: Verdict::RequireApproval, terms: Some(terms) }),
        }
    }
}
