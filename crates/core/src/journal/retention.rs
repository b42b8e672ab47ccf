//! How much of what is over is kept.

use crate::engine::{State, each_state};
use crate::error::{Error, ErrorKind, Result};
use crate::incident::IncidentId;
use crate::ports::{History, Journal, Query, Snapshot, Standing};
use crate::time::Timestamp;

/// Incidents that are listed at once.
const PAGE: usize = 256;

/// How many closed incidents are kept, newest first by opening time. Open ones are always kept whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// So many with every record: their timelines can be shown.
    pub closed_with_records: usize,
    /// So many in all; the older ones of them with their final state only.
    pub closed_in_all: usize,
}

impl Default for Retention {
    fn default() -> Self {
        Self { closed_with_records: 1_000, closed_in_all: 10_000 }
    }
}

/// What [`retain`] did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Pruned {
    /// Incidents of which the final state is left.
    pub compacted: usize,
    /// Incidents of which nothing is left.
    pub forgotten: usize,
}

/// Compacts and forgets what is past `retention`; a journal with an audit log says so there.
///
/// It can be broken off anywhere and called again. What was compacted before is recognised from its neighbours: past the first
/// bound it goes on until a whole page (256 incidents) had nothing left to compact, so that a journal that is tidied
/// regularly is not read through each time.
///
/// # Errors
/// Whatever the journal fails with; [`ErrorKind::Invalid`] if an incident's records can't be replayed: it is left as it is.
pub async fn retain(journal: &dyn Journal, retention: &Retention) -> Result<Pruned> {
    let mut pruned = Pruned::default();
    // From the far end, so that nothing is compacted that is forgotten right afterwards.
    let mut pages = Pages::beyond(retention.closed_in_all);
    while let Some(page) = pages.next(journal).await? {
        for standing in &page {
            journal.forget(&standing.incident).await?;
            pruned.forgotten += 1;
        }
    }
    let mut pages = Pages::beyond(retention.closed_with_records);
    while let Some(page) = pages.next(journal).await? {
        let mut compacted = 0;
        for standing in &page {
            compacted += usize::from(compact(journal, standing).await?);
        }
        pruned.compacted += compacted;
        if compacted == 0 {
            break;
        }
    }
    Ok(pruned)
}

/// The closed incidents, newest first, page by page.
struct Pages {
    skip: usize,
    after: Option<(Timestamp, IncidentId)>,
}

impl Pages {
    fn beyond(kept: usize) -> Self {
        Self { skip: kept, after: None }
    }

    /// The next page of those past the newest; `None` at the end.
    async fn next(&mut self, journal: &dyn Journal) -> Result<Option<Vec<Standing>>> {
        while self.skip > 0 {
            let skipped = self.page(journal, self.skip.min(PAGE)).await?.len();
            if skipped == 0 {
                return Ok(None);
            }
            self.skip -= skipped;
        }
        let page = self.page(journal, PAGE).await?;
        Ok((!page.is_empty()).then_some(page))
    }

    async fn page(&mut self, journal: &dyn Journal, most: usize) -> Result<Vec<Standing>> {
        let page = journal.list(&Query { after: self.after.clone(), ..Query::closed(most) }).await?;
        if let Some(last) = page.last() {
            self.after = Some((last.opened_at, last.incident.clone()));
        }
        Ok(page)
    }
}

/// Whether there was something to compact.
async fn compact(journal: &dyn Journal, standing: &Standing) -> Result<bool> {
    let history = journal.read(&standing.incident).await?;
    let Some(at) = history.records.last().map(|record| record.at) else { return Ok(false) };
    let Some((state, records)) = last_state(&standing.incident, history)? else { return Ok(false) };
    journal.compact(&Snapshot { records, at, state }).await?;
    Ok(true)
}

fn last_state(incident: &IncidentId, history: History) -> Result<Option<(State, u64)>> {
    let mut last = None;
    let records = each_state(history, |_, state| last = Some(state.clone())).map_err(|error| {
        Error::new(ErrorKind::Invalid, "journal.retain", error.to_string()).with_context("incident", incident.as_str())
    })?;
    Ok(last.map(|state| (state, records)))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use super::*;
    use crate::engine::{Event, SCHEMA_VERSION, replay, transition};
    use crate::facts::Facts;
    use crate::incident::{Fingerprint, Incident, Severity};
    use crate::journal::InMemoryJournal;
    use crate::limits::Limits;
    use crate::ports::{Claim, Lease, Record};
    use crate::resource::{Environment, ResourceRef};

    /// An incident that was opened at `at`, and closed unless it is to stay open.
    async fn incident(journal: &InMemoryJournal, at: u64, open: bool) -> IncidentId {
        let (id, resource) = (IncidentId::new(&format!("inc-{at:04}")), ResourceRef::new("fake", "thing", "a"));
        let at = Timestamp::from_millis(at);
        let incident = Incident {
            id: id.clone(),
            fingerprint: Fingerprint::of(&resource, &Facts::new(), &[]),
            resource,
            environment: Environment::Dev,
            severity: Severity::Error,
            facts: Facts::new(),
            evidence: Vec::new(),
            observed_at: at,
            opened_at: at,
        };
        let allowed = Arc::new(crate::allowed::Allowed::nothing(incident.resource.clone()));
        let limits = Arc::new(Limits::default());
        let opened = Event::Opened { incident: Arc::new(incident), seed: 1, limits, allowed };
        let last = if open { Event::Recalled(None) } else { Event::Cancelled };
        let claim = Claim { worker: "w".into(), ttl: Duration::from_secs(1), holder_is_gone: false };
        let (lease, mut state) = (Lease::first(id.clone(), &claim), None);
        for (sequence, event) in (0..).zip([opened, last]) {
            let record = Record { schema: SCHEMA_VERSION, sequence, at, event: event.clone() };
            let (after, _) = transition(state, at, event).unwrap();
            journal.append(&lease, &record, &after).await.unwrap();
            state = Some(after);
        }
        id
    }

    async fn records(journal: &InMemoryJournal, id: &IncidentId) -> usize {
        journal.read(id).await.unwrap().records.len()
    }

    #[tokio::test]
    async fn the_oldest_closed_are_forgotten_the_older_compacted_and_the_open_kept_whole() {
        let journal = InMemoryJournal::default();
        let open = incident(&journal, 1, true).await;
        let mut closed = Vec::new();
        for at in 2..8 {
            closed.push(incident(&journal, at, false).await);
        }
        let retention = Retention { closed_with_records: 2, closed_in_all: 4 };
        let compacted = &closed[2];
        let whole = replay(journal.read(compacted).await.unwrap()).unwrap();
        let pruned = retain(&journal, &retention).await.unwrap();
        assert_eq!(pruned, Pruned { compacted: 2, forgotten: 2 });
        assert_eq!(records(&journal, &open).await, 2);
        let left = journal.list(&Query::newest(99)).await.unwrap();
        assert_eq!(
            left.iter().map(|one| &one.incident).collect::<Vec<_>>(),
            [&closed[5], &closed[4], &closed[3], &closed[2], &open]
        );
        assert_eq!(records(&journal, &closed[5]).await, 2);
        assert_eq!(records(&journal, compacted).await, 0);
        assert_eq!(replay(journal.read(compacted).await.unwrap()).unwrap(), whole);
        assert_eq!(retain(&journal, &retention).await.unwrap(), Pruned::default(), "once is enough");
    }
}
