//! The past as the guards count it: without the environments where none of them stands.

use std::time::Duration;

use super::limits::FleetLimits;
use super::wanted::Wanted;
use crate::ledger::Recent;
use crate::ports::{Ended, Note, Opened, Reserved};
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

    /// What was noted about the incident's own resource, oldest first.
    pub(super) fn of_resource(&self, seconds: u64) -> impl DoubleEndedIterator<Item = &'a Note> {
        let resource = &self.wanted.incident.resource;
        let notes = self.recent.within(Duration::from_secs(seconds), self.wanted.at).map(|(_, note)| note);
        notes.filter(move |note| match note {
            Note::Opened(opened) => opened.resource == *resource,
            Note::Effect(reserved) => reserved.effected.resource == *resource,
            Note::Ended(ended) => ended.resource == *resource,
            _ => false,
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
