//! The past as the guards count it: without the environments where none of them stands.

use std::time::Duration;

use super::limits::FleetLimits;
use super::wanted::Wanted;
use crate::decision::Clearance;
use crate::ledger::{Kind, Recent};
use crate::plan::PlanHash;
use crate::ports::{Ended, Opened, Reserved};
use crate::resource::Environment;
use crate::time::Timestamp;

/// What one question is answered from.
pub(super) struct View<'a> {
    pub(super) limits: &'a FleetLimits,
    pub(super) recent: &'a Recent,
    pub(super) wanted: &'a Wanted<'a>,
}

impl<'a> View<'a> {
    pub(super) fn reserved(&self, seconds: u64) -> impl DoubleEndedIterator<Item = (Timestamp, &'a Reserved)> {
        let limits = self.limits;
        let reserved = self.recent.reserved(Duration::from_secs(seconds), self.wanted.at);
        reserved.filter(move |(_, reserved)| is_guarded(limits, &reserved.effected.environment))
    }

    pub(super) fn opened(&self, seconds: u64) -> impl DoubleEndedIterator<Item = (Timestamp, &'a Opened)> {
        let limits = self.limits;
        let opened = self.recent.opened(Duration::from_secs(seconds), self.wanted.at);
        opened.filter(move |(_, opened)| is_guarded(limits, &opened.environment))
    }

    pub(super) fn ended(&self, seconds: u64) -> impl DoubleEndedIterator<Item = (Timestamp, &'a Ended)> {
        let limits = self.limits;
        let ended = self.recent.ended(Duration::from_secs(seconds), self.wanted.at);
        ended.filter(move |(_, ended)| is_guarded(limits, &ended.environment))
    }

    /// Whether the incident's own resource was well, after each of its openings and ends.
    pub(super) fn states(&self, seconds: u64) -> Vec<bool> {
        let resource = &self.wanted.incident.resource;
        self.recent.states_of(resource, Duration::from_secs(seconds), self.wanted.at)
    }

    /// The plans that were applied to it, a plan of several steps several times.
    pub(super) fn plans(&self, seconds: u64) -> impl Iterator<Item = &'a PlanHash> {
        let resource = &self.wanted.incident.resource;
        let starts = self.reserved(seconds).map(|(_, start)| start);
        starts.filter(move |start| start.effected.resource == *resource).map(|start| &start.plan)
    }

    /// A hold where more of one of these kinds happened than is kept to count; of several, until all of it is whole again.
    pub(super) fn kept(&self, kinds: &[Kind], seconds: u64) -> Clearance {
        let window = Duration::from_secs(seconds);
        let missing = kinds.iter().filter_map(|kind| self.recent.missing_until(*kind, window, self.wanted.at));
        missing.max().map_or(Clearance::Clear, |until| Clearance::Hold {
            until: Some(until),
            because: format!("more happened in the last {} than is kept to count", in_words(seconds)),
        })
    }
}

fn is_guarded(limits: &FleetLimits, environment: &Environment) -> bool {
    !limits.unguarded.contains(environment)
}

/// `seconds` in words, in the largest unit that divides them.
pub(super) fn in_words(seconds: u64) -> String {
    let units = [(86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second")];
    let fits = |(size, _): &(u64, &str)| seconds >= *size && seconds.is_multiple_of(*size);
    let (size, unit) = units.into_iter().find(fits).unwrap_or((1, "second"));
    match seconds / size {
        1 => format!("1 {unit}"),
        many => format!("{many} {unit}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::in_words;

    #[test]
    fn a_span_is_told_in_the_largest_unit_that_divides_it() {
        let told = [0, 1, 90, 60, 3_600, 7_200, 86_400].map(in_words);
        assert_eq!(told, ["0 seconds", "1 second", "90 seconds", "1 minute", "1 hour", "2 hours", "1 day"]);
    }
}
