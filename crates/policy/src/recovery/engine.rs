//! Core's [`PolicyEngine`] port over another engine, tightened.

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use selfheal_core::action::ActionKind;
use selfheal_core::decision::{Clearance, Decision};
use selfheal_core::error::Result;
use selfheal_core::ports::{Moment, PolicyEngine, PolicyQuestion, Reach};

use super::policies::RecoveryPolicies;

/// An engine with recovery policies laid over it. They are no engine by themselves: where they say nothing, something else has to
/// allow.
pub struct Tightened {
    engine: Arc<dyn PolicyEngine>,
    policies: RecoveryPolicies,
}

impl Tightened {
    pub(crate) fn new(engine: Arc<dyn PolicyEngine>, policies: RecoveryPolicies) -> Self {
        Self { engine, policies }
    }

    /// The policies that tighten.
    #[must_use]
    pub fn policies(&self) -> &RecoveryPolicies {
        &self.policies
    }
}

#[async_trait]
impl PolicyEngine for Tightened {
    async fn permits(&self, reach: &Reach<'_>) -> Result<BTreeSet<ActionKind>> {
        let mut permitted = self.engine.permits(reach).await?;
        if let Some(allowed) = self.policies.allowed_kinds(&reach.resource.name) {
            permitted.retain(|kind| allowed.contains(kind));
        }
        Ok(permitted)
    }

    fn leaves_out(&self, reach: &Reach<'_>, kind: &ActionKind) -> Option<String> {
        self.policies.leaves_out(&reach.resource.name, kind).or_else(|| self.engine.leaves_out(reach, kind))
    }

    async fn decide(&self, question: &PolicyQuestion<'_>) -> Result<Decision> {
        let decision = self.engine.decide(question).await?;
        Ok(if self.policies.is_empty() { decision } else { decision.and(self.policies.say(question)) })
    }

    async fn clear(&self, moment: &Moment<'_>) -> Result<Clearance> {
        self.engine.clear(moment).await
    }
}
