//! Where the time of one incident went.

use std::ops::AddAssign;
use std::time::Duration;

use serde::Serialize;

use crate::engine::{Event, Phase};
use crate::time::Timestamp;

/// A part of an incident's time; what counts where is in the [module's table](super).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// Until the incident was opened.
    Detect,
    /// Finding out what is wrong, and what would mend it.
    Diagnose,
    /// Whether it may be done.
    Decide,
    /// Doing it, or taking it back.
    Execute,
    /// Observing whether it helped.
    Verify,
    /// Nobody worked: approvals, backoffs, absent workers and people.
    Waiting,
    /// Before a snapshot.
    Compacted,
}

impl Part {
    /// All parts, in the order in which they are shown.
    pub const ALL: [Self; 7] =
        [Self::Detect, Self::Diagnose, Self::Decide, Self::Execute, Self::Verify, Self::Waiting, Self::Compacted];

    /// The name, such as `diagnose`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Detect => "detect",
            Self::Diagnose => "diagnose",
            Self::Decide => "decide",
            Self::Execute => "execute",
            Self::Verify => "verify",
            Self::Waiting => "waiting",
            Self::Compacted => "compacted",
        }
    }

    /// To what the time counts that ended with `event`, spent in `left`.
    pub(super) fn of(left: &Phase, event: &Event) -> Self {
        if matches!(event, Event::Resumed { .. }) {
            return Self::Waiting;
        }
        match left {
            Phase::Recalling | Phase::Classifying | Phase::Analysing | Phase::Planning | Phase::Previewing => {
                Self::Diagnose
            }
            Phase::Auditing | Phase::Rehearsing | Phase::Gating => Self::Decide,
            Phase::Applying { .. } | Phase::Probing { .. } | Phase::Compensating { .. } => Self::Execute,
            Phase::Verifying { .. } | Phase::Learning { .. } | Phase::Closed { .. } => Self::Verify,
            Phase::BackingOff { then, .. } if matches!(then.awake(), Phase::Verifying { .. }) => Self::Verify,
            Phase::BackingOff { .. } | Phase::AwaitingApproval { .. } | Phase::Escalating { .. } => Self::Waiting,
        }
    }
}

/// Time by part; serialised as milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Split([Duration; Part::ALL.len()]);

impl Split {
    /// The time of one part.
    #[must_use]
    pub fn of(&self, part: Part) -> Duration {
        self.0[part as usize]
    }

    /// The sum of all parts.
    #[must_use]
    pub fn total(&self) -> Duration {
        self.0.iter().sum()
    }

    /// Each part with its time, in order.
    pub fn parts(&self) -> impl Iterator<Item = (Part, Duration)> {
        Part::ALL.into_iter().zip(self.0)
    }

    fn add(&mut self, part: Part, time: Duration) {
        let slot = &mut self.0[part as usize];
        *slot = slot.saturating_add(time);
    }
}

impl AddAssign for Split {
    fn add_assign(&mut self, other: Self) {
        other.parts().for_each(|(part, time)| self.add(part, time));
    }
}

impl Serialize for Split {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.parts().map(|(part, time)| (part.name(), millis(time))))
    }
}

/// Whole milliseconds, which is what records count in.
pub(super) fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// Gives each stretch of time to its part, so that nothing is counted twice or lost.
pub(super) struct Stopwatch {
    last: Timestamp,
    pub(super) split: Split,
}

impl Stopwatch {
    pub(super) fn started(at: Timestamp) -> Self {
        Self { last: at, split: Split::default() }
    }

    /// The time until `at`, which counts to `part`. Workers' clocks differ: one that went back counts as having stood still.
    pub(super) fn lap(&mut self, at: Timestamp, part: Part) -> Duration {
        let time = at.since(self.last);
        self.last = self.last.max(at);
        self.split.add(part, time);
        time
    }
}
