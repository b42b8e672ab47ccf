//! Whether the kernel killed something of the command for want of memory.

use super::counters::{oom_kills, oom_kills_of_system};
use super::group::Group;
use super::hierarchy::{OwnGroup, Version};

/// Whether the kernel killed a process for want of memory while the command ran, and how that is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OomEvidence {
    /// It killed so many.
    Killed {
        /// The number of processes.
        kills: u64,
        /// The counter that says so.
        source: OomSource,
    },
    /// It killed none.
    NotKilled {
        /// The counter that says so.
        source: OomSource,
    },
    /// No counter here tells.
    Unknown,
}

/// A kernel counter of processes killed for want of memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OomSource {
    /// That of the command's own control group: certain.
    OwnGroup,
    /// That of the control group the healer itself is in. It counts everything else in the group as well, for
    /// instance a parallel step of the same CI job.
    SharedGroup,
    /// That of the whole system.
    System,
}

impl OomEvidence {
    /// `None` where it is not known.
    pub fn killed(self) -> Option<bool> {
        match self {
            Self::Killed { .. } => Some(true),
            Self::NotKilled { .. } => Some(false),
            Self::Unknown => None,
        }
    }
}

/// The counters before a command ran.
#[derive(Debug)]
pub(in super::super) struct OomBaseline {
    own: Option<OwnGroup>,
    before: Counts,
}

#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    shared: Option<u64>,
    system: Option<u64>,
}

impl OomBaseline {
    pub(in super::super) fn take() -> Self {
        let own = OwnGroup::find().ok();
        Self { before: Counts::read(own.as_ref()), own }
    }

    /// What has changed since, by the most certain counter there is.
    pub(in super::super) fn compare(&self, confined_to: Option<&Group>) -> OomEvidence {
        if let Some(kills) = confined_to.and_then(Group::oom_kills) {
            return evidence(kills, OomSource::OwnGroup);
        }
        let version = self.own.as_ref().map(|own| own.version);
        self.before.until(Counts::read(self.own.as_ref()), version)
    }
}

impl Counts {
    fn read(own: Option<&OwnGroup>) -> Self {
        Self { shared: own.and_then(|own| oom_kills(&own.dir, own.version)), system: oom_kills_of_system() }
    }

    fn until(self, after: Self, version: Option<Version>) -> OomEvidence {
        let grown = |before: Option<u64>, after: Option<u64>| Some(after?.saturating_sub(before?));
        let shared = grown(self.shared, after.shared);
        match (shared, grown(self.system, after.system)) {
            (Some(kills @ 1..), _) => evidence(kills, OomSource::SharedGroup),
            (_, Some(0)) => evidence(0, OomSource::System),
            // Version 2 counts the groups below as well; in version 1 the command may have made one and died there.
            (Some(0), _) if version == Some(Version::V2) => evidence(0, OomSource::SharedGroup),
            // Somebody else's container may have been the victim.
            _ => OomEvidence::Unknown,
        }
    }
}

fn evidence(kills: u64, source: OomSource) -> OomEvidence {
    match kills {
        0 => OomEvidence::NotKilled { source },
        kills => OomEvidence::Killed { kills, source },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn since_zero(shared: Option<u64>, system: Option<u64>, version: Version) -> OomEvidence {
        let zero = Counts { shared: Some(0), system: Some(0) };
        zero.until(Counts { shared, system }, Some(version))
    }

    #[test]
    fn the_nearest_counter_that_tells_decides() {
        let killed = since_zero(Some(1), Some(4), Version::V1);
        assert_eq!(killed, evidence(1, OomSource::SharedGroup));
        assert_eq!(since_zero(Some(0), Some(0), Version::V1).killed(), Some(false));
        assert_eq!(since_zero(None, Some(0), Version::V1).killed(), Some(false));
    }

    #[test]
    fn a_kill_elsewhere_in_the_system_is_not_pinned_on_the_command() {
        assert_eq!(since_zero(None, Some(2), Version::V1), OomEvidence::Unknown);
        assert_eq!(since_zero(Some(0), Some(2), Version::V1), OomEvidence::Unknown);
        assert_eq!(since_zero(Some(0), Some(2), Version::V2).killed(), Some(false));
    }

    #[test]
    fn no_counter_is_no_knowledge() {
        assert_eq!(since_zero(None, None, Version::V2), OomEvidence::Unknown);
    }
}
