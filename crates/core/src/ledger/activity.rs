//! What the healers of a fleet did lately, folded from [`Stream::activity`](crate::ports::Stream::activity).

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use super::reading::Fold;
use crate::incident::IncidentId;
use crate::ports::{Activity, Ended, Entry, Note, Opened, Reserved};
use crate::time::Timestamp;

/// How far back anything is counted. Older entries may be dropped from the stream.
pub const HORIZON: Duration = Duration::from_secs(31 * 24 * 60 * 60);

/// Entries that are looked at; of more, the latest.
pub const MOST_ENTRIES: usize = 16_384;

/// The latest openings, effects and ends of incidents, of all healers, in the order in which they were noted.
#[derive(Debug, Clone, Default)]
pub struct Recent {
    next: u64,
    entries: VecDeque<Entry>,
}

impl Recent {
    /// Of these entries, in order.
    #[must_use]
    pub fn of(entries: impl IntoIterator<Item = Entry>) -> Self {
        let mut recent = Self::default();
        entries.into_iter().for_each(|entry| recent.take(entry));
        recent
    }

    /// What was noted in the last `window` before `now`, oldest first. Each is looked at: writers' clocks differ, so that a late
    /// one may stand before an early one; one from the future counts.
    pub fn within(&self, window: Duration, now: Timestamp) -> impl DoubleEndedIterator<Item = (Timestamp, &Note)> {
        let recent = self.entries.iter().filter(move |entry| now.since(entry.at) < window);
        recent.map(|entry| (entry.at, &entry.note))
    }

    /// The effects of that.
    pub fn reserved(
        &self,
        window: Duration,
        now: Timestamp,
    ) -> impl DoubleEndedIterator<Item = (Timestamp, &Reserved)> {
        self.within(window, now).filter_map(|(at, note)| match note {
            Note::Effect(reserved) => Some((at, reserved.as_ref())),
            _ => None,
        })
    }

    /// The incidents that were opened then.
    pub fn opened(&self, window: Duration, now: Timestamp) -> impl DoubleEndedIterator<Item = (Timestamp, &Opened)> {
        self.within(window, now).filter_map(|(at, note)| match note {
            Note::Opened(opened) => Some((at, opened.as_ref())),
            _ => None,
        })
    }

    /// The incidents that ended then.
    pub fn ended(&self, window: Duration, now: Timestamp) -> impl DoubleEndedIterator<Item = (Timestamp, &Ended)> {
        self.within(window, now).filter_map(|(at, note)| match note {
            Note::Ended(ended) => Some((at, ended.as_ref())),
            _ => None,
        })
    }

    /// How `incident` was opened.
    #[must_use]
    pub fn opening_of(&self, incident: &IncidentId) -> Option<&Opened> {
        self.entries.iter().rev().find_map(|entry| match &entry.note {
            Note::Opened(opened) if opened.incident == *incident => Some(opened.as_ref()),
            _ => None,
        })
    }

    /// Whether a place was taken for exactly this start.
    #[must_use]
    pub fn has(&self, start: &Reserved) -> bool {
        let place = |start: &Reserved| (start.round, start.step, start.attempt);
        self.entries.iter().rev().any(|entry| match &entry.note {
            Note::Effect(taken) => taken.effected.incident == start.effected.incident && place(taken) == place(start),
            _ => false,
        })
    }

    /// The effects, as policy counts them, without those for which `left_out` says so.
    #[must_use]
    pub fn activity(&self, left_out: impl Fn(&Reserved) -> bool) -> Activity {
        let effects = self.entries.iter().filter_map(|entry| match &entry.note {
            Note::Effect(reserved) if !left_out(reserved) => Some((entry.at, Arc::clone(&reserved.effected))),
            _ => None,
        });
        Activity::new(effects.collect())
    }

    /// How many entries there are, as far as it was read.
    #[must_use]
    pub fn place(&self) -> u64 {
        self.next
    }

    /// Takes the entry that was appended at [`place`](Self::place).
    pub fn add(&mut self, entry: Entry) {
        self.take(entry);
    }

    /// Goes on at `place`, where the entries before it were dropped unread.
    pub(crate) fn skip_to(&mut self, place: u64) {
        self.next = self.next.max(place);
    }
}

impl Fold for Recent {
    fn next(&self) -> u64 {
        self.next
    }

    fn take(&mut self, entry: Entry) {
        self.next = entry.sequence + 1;
        while self.entries.front().is_some_and(|oldest| entry.at.since(oldest.at) > HORIZON) {
            self.entries.pop_front();
        }
        if matches!(entry.note, Note::Opened(_) | Note::Effect(_) | Note::Ended(_)) {
            self.entries.push_back(entry);
        }
        if self.entries.len() > MOST_ENTRIES {
            self.entries.pop_front();
        }
    }
}
