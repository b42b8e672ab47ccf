//! What the healers of a fleet did lately, folded from [`Stream::activity`].

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use super::reading::{Fold, Mark, PAGE, catch_up, go_on};
use super::ring::{MOST_OF_A_KIND, Noted, Ring};
use crate::error::Result;
use crate::incident::{Incident, IncidentId};
use crate::ports::{Activity, Ended, Entry, Ledger, Note, Opened, Reserved, Stream};
use crate::resource::ResourceRef;
use crate::time::Timestamp;

/// How far back anything is counted. Older entries may be dropped from the stream.
pub const HORIZON: Duration = Duration::from_secs(31 * 24 * 60 * 60);

/// Entries that are read at most; of more, the latest. As many as are kept of all kinds.
pub const MOST_ENTRIES: usize = 3 * MOST_OF_A_KIND;

/// Old entries are dropped a day's worth at a time: each time is a line of the audit log.
const FORGET_AT_ONCE: Duration = Duration::from_secs(24 * 60 * 60);

/// Latest entries whose writers' clocks say what time it is: one clock that is ahead must not make everybody forget.
const CLOCKS: usize = 63;

/// The latest openings, effects and ends of incidents, of all healers, in the order in which they were noted.
#[derive(Debug, Clone, Default)]
pub struct Recent {
    next: u64,
    last: Option<Mark>,
    /// The time of the oldest entry that the stream has.
    first: Option<Timestamp>,
    clocks: VecDeque<Timestamp>,
    opened: Ring<Opened>,
    effects: Ring<Reserved>,
    ended: Ring<Ended>,
}

/// What is kept, and counted, apart from the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Openings of incidents.
    Opened,
    /// Starts of steps.
    Effects,
    /// Ends of incidents.
    Ended,
}

/// How fixes of one resource did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct History {
    /// Incidents in which something was done and nothing was healed.
    pub failures: u32,
    /// Heals that the same failure followed.
    pub relapses: u32,
}

impl Recent {
    /// Of these entries, in order.
    #[must_use]
    pub fn of(entries: impl IntoIterator<Item = Entry>) -> Self {
        let mut recent = Self::default();
        entries.into_iter().for_each(|entry| recent.take(entry));
        recent
    }

    /// The effects of the last `window` before `now`, oldest first. One that its writer's clock dates to the future counts.
    pub fn reserved(
        &self,
        window: Duration,
        now: Timestamp,
    ) -> impl DoubleEndedIterator<Item = (Timestamp, &Reserved)> {
        self.effects.within(window, now).map(|noted| (noted.at, noted.what.as_ref()))
    }

    /// The incidents that were opened then.
    pub fn opened(&self, window: Duration, now: Timestamp) -> impl DoubleEndedIterator<Item = (Timestamp, &Opened)> {
        self.opened.within(window, now).map(|noted| (noted.at, noted.what.as_ref()))
    }

    /// The incidents that ended then.
    pub fn ended(&self, window: Duration, now: Timestamp) -> impl DoubleEndedIterator<Item = (Timestamp, &Ended)> {
        self.ended.within(window, now).map(|noted| (noted.at, noted.what.as_ref()))
    }

    /// Whether `resource` was well after each of its openings and ends of then. A run that passed when it was repeated may fail the
    /// same way again.
    #[must_use]
    pub fn states_of(&self, resource: &ResourceRef, window: Duration, now: Timestamp) -> Vec<bool> {
        let opened = self.opened.within(window, now).filter(|noted| noted.what.resource == *resource);
        let ended = self.ended.within(window, now).filter(|noted| noted.what.resource == *resource);
        let failed = opened.map(|noted| (noted.sequence, false));
        let mut states: Vec<(u64, bool)> =
            failed.chain(ended.map(|noted| (noted.sequence, noted.what.mended))).collect();
        states.sort_unstable();
        states.into_iter().map(|(_, is_well)| is_well).collect()
    }

    /// Until when the last `window` before `now` reaches behind what is kept of this kind; `None` if it is kept whole.
    #[must_use]
    pub fn missing_until(&self, kind: Kind, window: Duration, now: Timestamp) -> Option<Timestamp> {
        let passed = match kind {
            Kind::Opened => self.opened.passed(),
            Kind::Effects => self.effects.passed(),
            Kind::Ended => self.ended.passed(),
        };
        passed.filter(|passed| now.since(*passed) < window).map(|passed| passed.after(window))
    }

    /// How fixes of the resource of `incident` did in other incidents of the last `window` before `now`.
    #[must_use]
    pub fn history_of(&self, incident: &Incident, window: Duration, now: Timestamp) -> History {
        let own = |ended: &&Ended| ended.resource == incident.resource && ended.incident != incident.id;
        // A note whose outcome was lost may stand twice.
        let mut counted = BTreeSet::new();
        let own = |ended: &&Ended| own(ended) && counted.insert(ended.incident.clone());
        let mut history = History::default();
        for ended in self.ended(window, now).map(|(_, ended)| ended).filter(own) {
            history.failures += u32::from(!ended.healed && ended.plans_applied > 0);
            history.relapses += u32::from(ended.mended && ended.fingerprint == incident.fingerprint);
        }
        history
    }

    /// How `incident` was opened.
    #[must_use]
    pub fn opening_of(&self, incident: &IncidentId) -> Option<&Opened> {
        let opened = self.opened.iter().rev().map(|noted| noted.what.as_ref());
        opened.into_iter().find(|opened| opened.incident == *incident)
    }

    /// Whether a place was taken for exactly this start.
    #[must_use]
    pub fn has(&self, start: &Reserved) -> bool {
        let place = |start: &Reserved| (start.round, start.step, start.attempt);
        let mut taken = self.effects.iter().rev().map(|noted| &noted.what);
        taken.any(|taken| taken.effected.incident == start.effected.incident && place(taken) == place(start))
    }

    /// The effects, as policy counts them, without those for which `left_out` says so.
    #[must_use]
    pub fn activity(&self, left_out: impl Fn(&Reserved) -> bool) -> Activity {
        let counted = self.effects.iter().filter(|noted| !left_out(&noted.what));
        let effects = counted.map(|noted| (noted.at, Arc::clone(&noted.what.effected)));
        Activity::new(effects.collect()).kept_since(self.effects.passed())
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

    /// Takes what was noted since.
    pub(crate) async fn update(&mut self, ledger: &dyn Ledger) -> Result<()> {
        if !go_on(ledger, &Stream::activity(), self).await? {
            *self = Self::read(ledger).await?;
        }
        Ok(())
    }

    async fn read(ledger: &dyn Ledger) -> Result<Self> {
        let stream = Stream::activity();
        // Before it is read: what is appended between the two must not be passed over.
        let len = ledger.len(&stream).await?;
        let from = len.saturating_sub(MOST_ENTRIES as u64);
        let first = ledger.read(&stream, 0, 1).await?.into_iter().next();
        let mut recent = Self { next: from, ..Self::default() };
        if let Some(unread) = first.as_ref().filter(|first| first.sequence < from) {
            let page = ledger.read(&stream, from, PAGE).await?;
            recent.pass(median(page.iter().map(|entry| entry.at)).unwrap_or(unread.at));
            page.into_iter().for_each(|entry| recent.take(entry));
        }
        catch_up(ledger, &stream, &mut recent).await?;
        recent.first = first.map(|first| first.at).or(recent.first);
        recent.next = recent.next.max(len);
        Ok(recent)
    }

    /// What lies before is not read, of whatever kind it is.
    fn pass(&mut self, at: Timestamp) {
        self.opened.pass(at);
        self.effects.pass(at);
        self.ended.pass(at);
    }

    /// Drops what no guard counts any more. That it is kept too long costs room and nothing else.
    pub(crate) async fn forget_the_old(&mut self, ledger: &dyn Ledger, now: Timestamp) {
        let Some(before) = self.too_old(now) else { return };
        let stream = Stream::activity();
        let left = async {
            ledger.forget(&stream, before).await?;
            ledger.read(&stream, 0, 1).await
        };
        match left.await {
            Ok(left) => self.first = left.first().map(|first| first.at),
            Err(error) => tracing::debug!(%error, "old activity is kept for now"),
        }
    }

    /// Before when entries may go, if enough have come of that age.
    fn too_old(&self, now: Timestamp) -> Option<Timestamp> {
        let agreed = median(self.clocks.iter().copied())?.min(now);
        let before = Timestamp::from_millis(agreed.as_millis().saturating_sub(millis(HORIZON)));
        self.first.filter(|first| first.after(FORGET_AT_ONCE) < before).map(|_| before)
    }
}

impl Fold for Recent {
    fn next(&self) -> u64 {
        self.next
    }

    fn last(&self) -> Option<Mark> {
        self.last
    }

    fn take(&mut self, entry: Entry) {
        self.last = Some(Mark::of(&entry));
        let Entry { sequence, at, note } = entry;
        self.next = sequence + 1;
        self.first.get_or_insert(at);
        if self.clocks.len() == CLOCKS {
            self.clocks.pop_front();
        }
        self.clocks.push_back(at);
        match note {
            Note::Opened(what) => self.opened.push(Noted { sequence, at, what }),
            Note::Effect(what) => self.effects.push(Noted { sequence, at, what }),
            Note::Ended(what) => self.ended.push(Noted { sequence, at, what }),
            // Of another stream.
            _ => {}
        }
    }
}

fn median(times: impl Iterator<Item = Timestamp>) -> Option<Timestamp> {
    let mut times: Vec<Timestamp> = times.collect();
    times.sort_unstable();
    times.get(times.len() / 2).copied()
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
