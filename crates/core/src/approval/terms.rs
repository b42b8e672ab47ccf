//! Who has to agree, as policy says it.

use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

/// One round of asking: so many distinct people of these roles.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stage {
    /// Distinct people who must agree; at least 1.
    pub k: u32,
    /// A person counts who has one of these roles. Empty: anybody who is enrolled.
    #[serde(default)]
    pub roles: Vec<String>,
}

impl Stage {
    /// One person, whoever is enrolled.
    #[must_use]
    pub fn anybody() -> Self {
        Self { k: 1, roles: Vec::new() }
    }
}

/// What policy asks for where it says [`RequireApproval`](crate::decision::Verdict::RequireApproval).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Terms {
    /// Asked one after the other; all must agree.
    pub stages: Vec<Stage>,
    /// How long an answer is waited for, in milliseconds; `None`: as long as
    /// [`Limits::approval_ttl`](crate::limits::Limits::approval_ttl).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttl_ms: Option<u64>,
}

impl Default for Terms {
    fn default() -> Self {
        Self { stages: vec![Stage::anybody()], ttl_ms: None }
    }
}

impl Terms {
    /// What both ask for: the stages of either, and the shorter time.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        for stage in other.stages {
            if !self.stages.contains(&stage) {
                self.stages.push(stage);
            }
        }
        self.ttl_ms = [self.ttl_ms, other.ttl_ms].into_iter().flatten().min();
        self
    }

    /// When silence escalates, for a request made at `at` where nothing shorter than `ttl` is asked for.
    #[must_use]
    pub fn deadline(&self, at: Timestamp, ttl: std::time::Duration) -> Timestamp {
        let asked = self.ttl_ms.map(std::time::Duration::from_millis);
        at.after(asked.map_or(ttl, |asked| asked.min(ttl)))
    }
}
