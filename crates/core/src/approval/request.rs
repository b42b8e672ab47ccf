//! What people are asked.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::Terms;
use crate::audit::Hash;
use crate::engine::{Phase, State};
use crate::incident::IncidentId;
use crate::plan::PlanHash;
use crate::ports::ApprovalQuestion;
use crate::resource::{Environment, ResourceRef};
use crate::time::Timestamp;

/// A request for approval of exactly one plan, as it was previewed, under exactly one version of the policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// Whose plan.
    pub incident: IncidentId,
    /// What it acts on.
    pub resource: ResourceRef,
    /// Where that runs.
    pub environment: Environment,
    /// Which plan of the incident, counted from 1: the same plan proposed again is another request.
    pub round: u32,
    /// The plan with its previews, observed versions included.
    pub plan_hash: PlanHash,
    /// Under which policy it was decided that people must agree.
    pub policy_version: String,
    /// Who has to agree.
    pub terms: Terms,
    /// On whose behalf the healer runs; this person's answer doesn't count. `None`: nobody's in particular.
    pub requester: Option<String>,
    /// The healer itself; its answer doesn't count.
    pub healer: String,
    /// When silence escalates.
    pub deadline: Timestamp,
}

/// Names a request by its content: SHA-256 over all that is agreed to and under which terms, until when. Who asks is not in it,
/// so that another process can go on with what was asked.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RequestId(Arc<str>);

impl RequestId {
    /// 64 hex digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Request {
    /// What `question` asks, on behalf of `requester`.
    #[must_use]
    pub fn of(question: &ApprovalQuestion<'_>, requester: Option<String>) -> Self {
        Self {
            incident: question.incident.id.clone(),
            resource: question.incident.resource.clone(),
            environment: question.incident.environment.clone(),
            round: question.round,
            plan_hash: question.plan_hash.clone(),
            policy_version: question.decision.policy_version.clone(),
            terms: question.decision.approval.clone().unwrap_or_default(),
            requester,
            healer: question.healer.to_owned(),
            deadline: question.deadline,
        }
    }

    /// The request that an incident waits for, as its history tells it; `None` if it waits for none.
    #[must_use]
    pub fn awaited(state: &State) -> Option<Self> {
        let Phase::AwaitingApproval { deadline } = state.phase else { return None };
        let proposal = state.proposal.as_ref()?;
        let question = ApprovalQuestion {
            incident: &state.incident,
            round: state.counters.plans,
            plan: &proposal.plan,
            previews: &proposal.previews,
            plan_hash: proposal.hash.as_ref()?,
            decision: proposal.decision.as_ref()?,
            healer: "",
            at: Timestamp::default(),
            deadline,
            until: deadline,
            specs: &[],
        };
        Some(Self::of(&question, None))
    }

    /// What answers name it by.
    #[must_use]
    pub fn id(&self) -> RequestId {
        let agreed_to = (&self.incident, &self.resource, &self.environment, self.round, &self.plan_hash);
        let under = (&self.policy_version, &self.terms, self.deadline);
        // The types can always be written. A defect here must not make two requests the same.
        let json = serde_json::to_string(&("selfheal-approval-request-v1", agreed_to, under))
            .unwrap_or_else(|error| format!("{error}: {self:?}"));
        RequestId(Hash::of(json.as_bytes()).to_string().into())
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::confidence::Confidence;
    use crate::diagnosis::Source;
    use crate::plan::Plan;

    pub(in crate::approval) fn request() -> Request {
        let plan =
            Plan { steps: Vec::new(), rationale: String::new(), source: Source::Nothing, confidence: Confidence::NONE };
        Request {
            incident: IncidentId::new("inc-1"),
            resource: ResourceRef::new("fake", "thing", "one"),
            environment: Environment::Production,
            round: 1,
            plan_hash: PlanHash::of(&plan, &[]),
            policy_version: "v1".to_owned(),
            terms: Terms::default(),
            requester: Some("rita".to_owned()),
            healer: "healer".to_owned(),
            deadline: Timestamp::from_millis(1_000),
        }
    }

    #[test]
    fn who_asks_does_not_make_another_request_and_everything_else_does() {
        let id = request().id();
        assert_eq!(Request { healer: "another".to_owned(), requester: None, ..request() }.id(), id);
        let terms = Terms { ttl_ms: Some(1), ..Terms::default() };
        for other in [
            Request { incident: IncidentId::new("inc-2"), ..request() },
            Request { resource: ResourceRef::new("fake", "thing", "two"), ..request() },
            Request { environment: Environment::Dev, ..request() },
            Request { round: 2, ..request() },
            Request { policy_version: "v2".to_owned(), ..request() },
            Request { terms, ..request() },
            Request { deadline: Timestamp::from_millis(1_001), ..request() },
        ] {
            assert_ne!(other.id(), id);
        }
    }
}
