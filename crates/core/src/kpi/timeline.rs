//! One incident as a person reads it: what happened when, on which evidence, and how long it took.

use std::sync::Arc;
use std::time::Duration;

use super::account::{Account, Told};
use super::quote::Quote;
use super::split::Part;
use super::words;
use crate::decision::Decision;
use crate::diagnosis::Diagnosis;
use crate::engine::{Event, ReplayError, State};
use crate::evidence::Evidence;
use crate::plan::{Plan, Preview};
use crate::ports::{Approval, History, Rehearsal};
use crate::time::Timestamp;

/// One incident, with every record in plain words.
#[derive(Debug, Clone, PartialEq)]
pub struct Timeline {
    /// How it ended and where the time went. If its history was compacted, that says so, and the entries begin after it:
    /// what was tried before is still in its state.
    pub account: Account,
    /// One per record, in order.
    pub entries: Vec<Entry>,
}

/// One record in plain words.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Its place.
    pub sequence: u64,
    /// When.
    pub at: Timestamp,
    /// The phase in which it happened, by [`name`](crate::engine::Phase::name); `open` for the first.
    pub phase: &'static str,
    /// The event's name as the journal spells it, such as `verified`.
    pub event: &'static str,
    /// What happened, in a sentence. It may quote what tools and people said: whoever shows it takes the effect of control
    /// characters away.
    pub words: String,
    /// To which part the time before it counts.
    pub part: Part,
    /// The time since the record before.
    pub took: Duration,
    /// What belongs to it.
    pub detail: Detail,
}

/// What belongs to an entry beside its words.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Detail {
    /// Nothing.
    #[default]
    None,
    /// What was seen.
    Seen(Vec<Quote>),
    /// What was concluded, and the lines it rests on.
    Concluded {
        /// The conclusion.
        diagnosis: Arc<Diagnosis>,
        /// The lines.
        quotes: Vec<Quote>,
    },
    /// What is to be done.
    Planned(Arc<Plan>),
    /// What would change.
    Changes(Arc<[Preview]>),
    /// What policy said.
    Decided(Arc<Decision>),
    /// What a person said.
    Answered(Approval),
}

impl Timeline {
    /// Of the incident whose `history` this is; `None` if it is empty.
    ///
    /// # Errors
    /// [`ReplayError`] if the records are not one incident's whole history.
    pub fn of(history: History) -> Result<Option<Self>, ReplayError> {
        let mut entries = Vec::with_capacity(history.records.len());
        let account = Account::told(history, |told| entries.push(Entry::of(&told)))?;
        Ok(account.map(|account| Self { account, entries }))
    }
}

impl Entry {
    fn of(told: &Told<'_>) -> Self {
        let (record, left) = (told.record, told.before.as_ref().map(|before| &before.phase));
        Self {
            sequence: record.sequence,
            at: record.at,
            phase: left.map_or("open", |phase| phase.name()),
            event: record.event.name(),
            words: words::of(&record.event, told.before.as_ref(), told.after),
            part: told.part,
            took: told.took,
            detail: detail(&record.event, told.after),
        }
    }
}

fn detail(event: &Event, after: &State) -> Detail {
    match event {
        Event::Opened { incident, .. } => Detail::Seen(Quote::failing(&incident.evidence)),
        Event::Recalled(Some(fix)) => Detail::Planned(Arc::clone(&fix.plan)),
        Event::Analysed(diagnosis) => {
            Detail::Concluded { diagnosis: Arc::clone(diagnosis), quotes: Quote::cited(diagnosis, after) }
        }
        Event::Planned(Some(plan)) => Detail::Planned(Arc::clone(plan)),
        Event::Previewed(previews) => Detail::Changes(Arc::clone(previews)),
        Event::Decided(decision) => Detail::Decided(Arc::clone(decision)),
        Event::Answered(answer) => Detail::Answered(answer.clone()),
        Event::Rehearsed(Rehearsal::Failed { evidence, .. }) => seen(evidence, after),
        Event::Verified(seen_there) if !seen_there.held => seen(&seen_there.evidence, after),
        _ => Detail::None,
    }
}

/// New evidence is numbered when it comes into the state.
fn seen(evidence: &[Evidence], after: &State) -> Detail {
    let numbered = after.fresh.as_ref().filter(|_| !evidence.is_empty());
    numbered.map_or(Detail::None, |(_, pieces)| Detail::Seen(Quote::failing(pieces)))
}
