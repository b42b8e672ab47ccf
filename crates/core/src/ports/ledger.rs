//! Ledger: what people and healers note beside the histories of single incidents, and share.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::action::ActionKind;
use crate::approval;
use crate::category::FailureCategory;
use crate::error::Result;
use crate::incident::{Fingerprint, IncidentId};
use crate::plan::{BlastRadius, PlanHash};
use crate::resource::{Environment, ResourceRef};
use crate::spending::{Amount, Day};
use crate::time::Timestamp;

/// Names a sequence of entries. Streams are independent: each has its own order.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Stream(Arc<str>);

impl Stream {
    /// The longest name that a ledger takes, in bytes.
    pub const MAX_BYTES: usize = 2048;

    /// What was asked of people about one incident, and what they answered.
    #[must_use]
    pub fn approvals(incident: &IncidentId) -> Self {
        Self(format!("approvals/{incident}").into())
    }

    /// The switches that operators throw: pause, autonomy, overrides.
    #[must_use]
    pub fn switches() -> Self {
        Self("switches".into())
    }

    /// What the healers of the fleet did and how it ended.
    #[must_use]
    pub fn activity() -> Self {
        Self("activity".into())
    }

    /// How the runs of one pipeline ended.
    #[must_use]
    pub fn runs(pipeline: &str) -> Self {
        Self(format!("runs/{pipeline}").into())
    }

    /// What was taken of one day's ceilings on language models.
    #[must_use]
    pub fn spending(day: Day) -> Self {
        Self(format!("spending/{day}").into())
    }

    /// The incident whose approvals these are.
    #[must_use]
    pub fn incident(&self) -> Option<&str> {
        self.0.strip_prefix("approvals/")
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Note {
    /// The longest note that a ledger takes, in bytes of JSON.
    pub const MAX_BYTES: usize = 256 << 10;
}

impl fmt::Display for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One note at its place in a stream.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// 0-based place.
    pub sequence: u64,
    /// When, as the writer's clock told it.
    pub at: Timestamp,
    /// What.
    pub note: Note,
}

/// What can be noted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Note {
    /// People are asked.
    Requested(Arc<approval::Request>),
    /// A person answered.
    Answered(Arc<approval::SignedAnswer>),
    /// The answers to a request were acted upon; they can't be again.
    Redeemed {
        /// Which request.
        request: approval::RequestId,
        /// Which plan of the incident.
        round: u32,
        /// For which plan.
        plan_hash: PlanHash,
        /// Whose answers, in alphabetical order.
        by: Vec<String>,
    },
    /// Healers stop before their next effect.
    Paused {
        /// Where; everywhere if that is not said.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        environment: Option<Environment>,
        /// By whom, and why.
        switched: Switched,
    },
    /// They may go on. Lifts the pause of the same reach and no other.
    Unpaused {
        /// Where.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        environment: Option<Environment>,
        /// By whom, and why.
        switched: Switched,
    },
    /// Healers may act by themselves in an environment, until then.
    AutonomyGranted {
        /// Where.
        environment: Environment,
        /// Until when, unless it is granted again.
        until: Timestamp,
        /// By whom, and why.
        switched: Switched,
    },
    /// They may not any more.
    AutonomyWithdrawn {
        /// Where.
        environment: Environment,
        /// By whom, and why.
        switched: Switched,
    },
    /// A person lets one incident pass the fleet's guards. Policy still decides.
    Overridden {
        /// Which.
        incident: IncidentId,
        /// By whom, and why.
        switched: Switched,
    },
    /// An incident was opened.
    Opened(Arc<Opened>),
    /// A step is about to be applied.
    Effect(Arc<Reserved>),
    /// An incident ended.
    Ended(Arc<Ended>),
    /// A run of a pipeline failed.
    RunFailed,
    /// A run of a pipeline passed.
    RunPassed,
    /// A healer took a part of the day's ceilings on language models, or gave back what it didn't use.
    Allotted {
        /// What all healers together have taken of the day after it.
        total: Amount,
    },
}

/// Who threw a switch, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Switched {
    /// Who, as the host authenticated them.
    pub by: String,
    /// Why.
    pub because: String,
}

/// Where a resource is, beside its own name; from the facts `namespace` and `cluster`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Site {
    /// The namespace, project or folder that holds it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<Arc<str>>,
    /// The cluster, region or machine that holds that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cluster: Option<Arc<str>>,
}

/// A step that was, or is about to be, applied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Effected {
    /// Of which incident.
    pub incident: IncidentId,
    /// On what.
    pub resource: ResourceRef,
    /// Where that is.
    pub site: Site,
    /// In which environment.
    pub environment: Environment,
    /// What.
    pub kind: ActionKind,
    /// How far it reaches.
    pub blast_radius: BlastRadius,
}

/// A start of a step for which a place was taken among what may be done. It may not have been sent in the end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reserved {
    /// What is done.
    pub effected: Arc<Effected>,
    /// What the plan does, whatever its rationale: [`Plan::fingerprint`](crate::plan::Plan::fingerprint).
    pub plan: PlanHash,
    /// Which plan of the incident, counted from 1.
    pub round: u32,
    /// Which step of it, counted from 0.
    pub step: usize,
    /// Which start of the step, counted from 1.
    pub attempt: u32,
    /// What is to be mended.
    pub category: FailureCategory,
    /// The root cause's kind, where one was found.
    pub cause: Option<String>,
}

/// An incident as it was opened, as guards count it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opened {
    /// Which.
    pub incident: IncidentId,
    /// About what.
    pub resource: ResourceRef,
    /// Where that is.
    pub site: Site,
    /// In which environment.
    pub environment: Environment,
    /// Recognises the same failure of another resource; `None` where too little of it could be read.
    pub symptom: Option<Fingerprint>,
}

/// How an incident ended, as guards count it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    /// Which.
    pub incident: IncidentId,
    /// About what.
    pub resource: ResourceRef,
    /// Where that is.
    pub site: Site,
    /// In which environment.
    pub environment: Environment,
    /// Recognises the same failure again.
    pub fingerprint: Fingerprint,
    /// What it was.
    pub category: FailureCategory,
    /// The root cause's kind, where one was found.
    pub cause: Option<String>,
    /// Whether it was healed.
    pub healed: bool,
    /// Whether what healed it was a change. A run that passed when it was repeated mended nothing.
    pub mended: bool,
    /// How many plans were applied, whatever came of them.
    pub plans_applied: u32,
    /// What was done by plans that had to be taken back, or could not be.
    pub made_worse: BTreeSet<ActionKind>,
}

/// Keeps notes in order, and refuses the one of two writers that did not know of the other.
///
/// # To be correct
/// 1. `append` stores the note only if the stream has exactly `expected` entries, counting those that were dropped; otherwise
///    [`ErrorKind::Conflict`](crate::error::ErrorKind::Conflict) and nothing is stored. So of two that know the same, one wins.
/// 2. When it returns `Ok` the note is as durable as the backend promises, and every later `read` of any process returns it.
/// 3. `read` returns the entries from `from` on, in order, at most `most`; an unknown stream is empty. A gap at its beginning is
///    what was dropped.
/// 4. `len` counts all entries that ever were, dropped ones included: it is what the next `append` expects.
/// 5. `forget` drops entries of one stream that are older than `before`, from its beginning up to the first that isn't, and
///    nothing else.
/// 6. An error means that nothing was stored, unless its [`retry`](crate::error::Error::retry) is
///    [`Retry::UnknownOutcome`](crate::error::Retry::UnknownOutcome).
/// 7. A stream's name past [`Stream::MAX_BYTES`] or a note past [`Note::MAX_BYTES`] is
///    [`ErrorKind::LimitReached`](crate::error::ErrorKind::LimitReached), and nothing is stored.
/// 8. A backend with an audit log has a leaf for each entry, in the same transaction.
#[async_trait]
pub trait Ledger: Send + Sync {
    /// Appends at the expected place.
    async fn append(&self, stream: &Stream, expected: u64, at: Timestamp, note: &Note) -> Result<()>;

    /// The entries of a stream from a place on.
    async fn read(&self, stream: &Stream, from: u64, most: usize) -> Result<Vec<Entry>>;

    /// How many entries it ever had.
    async fn len(&self, stream: &Stream) -> Result<u64>;

    /// Drops what is older.
    async fn forget(&self, stream: &Stream, before: Timestamp) -> Result<()>;
}

/// What was done lately, for budgets: the effects noted in [`Stream::activity`], oldest first.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Activity {
    effects: Vec<(Timestamp, Arc<Effected>)>,
    passed: Option<Timestamp>,
}

/// Over what a budget counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// One resource.
    Resource,
    /// Everything in one namespace of one cluster.
    Namespace,
    /// Everything in one cluster.
    Cluster,
    /// Everything.
    Fleet,
}

impl Scope {
    /// Whether both count together. A resource without a namespace or cluster shares that with all others that have none.
    #[must_use]
    pub fn joins(self, one: (&ResourceRef, &Site), other: (&ResourceRef, &Site)) -> bool {
        match self {
            Self::Resource => one.0 == other.0,
            Self::Namespace => one.1 == other.1,
            Self::Cluster => one.1.cluster == other.1.cluster,
            Self::Fleet => true,
        }
    }
}

impl Activity {
    /// Nothing was done.
    pub const NONE: Self = Self { effects: Vec::new(), passed: None };

    /// Of these effects, oldest first.
    #[must_use]
    pub fn new(effects: Vec<(Timestamp, Arc<Effected>)>) -> Self {
        Self { effects, passed: None }
    }

    /// With the time of the latest effect that is not among them because too much happened since; `None` if none is missing.
    #[must_use]
    pub fn kept_since(self, passed: Option<Timestamp>) -> Self {
        Self { passed, ..self }
    }

    /// Until when something may be missing from the last `window` before `now`; `None` if all of it is there. Whoever counts must
    /// not take what is missing for nothing.
    #[must_use]
    pub fn missing_until(&self, window: Duration, now: Timestamp) -> Option<Timestamp> {
        self.passed.filter(|passed| now.since(*passed) < window).map(|passed| passed.after(window))
    }

    /// Adds one that is later than all before.
    pub fn push(&mut self, at: Timestamp, effect: Arc<Effected>) {
        self.effects.push((at, effect));
    }

    /// Drops what is older than `before`.
    pub fn drop_before(&mut self, before: Timestamp) {
        self.effects.retain(|(at, _)| *at >= before);
    }

    /// The effects of the last `window` before `now` that count together with `resource` at `site`.
    pub fn lately<'a>(
        &'a self,
        scope: Scope,
        resource: &'a ResourceRef,
        site: &'a Site,
        window: Duration,
        now: Timestamp,
    ) -> impl Iterator<Item = &'a Effected> {
        self.dated(scope, resource, site, window, now).map(|(_, effect)| effect)
    }

    /// The same, each with its time. They may stand in another order than their times: writers' clocks differ.
    pub fn dated<'a>(
        &'a self,
        scope: Scope,
        resource: &'a ResourceRef,
        site: &'a Site,
        window: Duration,
        now: Timestamp,
    ) -> impl Iterator<Item = (Timestamp, &'a Effected)> {
        // Each is looked at: writers' clocks differ, so that a late one may stand before an early one.
        let recent = self.effects.iter().filter(move |(at, _)| now.since(*at) < window);
        let effects = recent.map(|(at, effect)| (*at, effect.as_ref()));
        effects.filter(move |(_, effect)| scope.joins((&effect.resource, &effect.site), (resource, site)))
    }
}
