//! The incident that somebody means.

use selfheal_core::incident::IncidentId;
use selfheal_core::ports::{History, Journal, Query, Standing};
use selfheal_core::time::Timestamp;

use super::Stop;

/// How many incidents are asked for at a time.
const AT_A_TIME: usize = 500;

/// Most candidates that are named where a prefix fits several.
const NAMED: usize = 5;

/// The history of the incident that `id` is the id, or the beginning of the id, of.
pub(super) async fn find(journal: &dyn Journal, id: &str) -> Result<History, Stop> {
    if id.is_empty() {
        return Err(Stop::Asked("expected an incident's id, or the beginning of one".to_owned()));
    }
    let history = journal.read(&IncidentId::new(id)).await?;
    if !is_empty(&history) {
        return Ok(history);
    }
    let fitting = fitting(journal, id).await?;
    match fitting.as_slice() {
        [] => {
            Err(Stop::Asked(format!("no incident `{id}` in this store; `heal incidents` lists those that are there")))
        }
        [only] => Ok(journal.read(only).await?),
        [named @ .., last] => {
            let named: Vec<&str> = named.iter().map(IncidentId::as_str).collect();
            let more = if fitting.len() == NAMED { " and perhaps more" } else { "" };
            Err(Stop::Asked(format!("`{id}` fits several incidents: {} and {last}{more}", named.join(", "))))
        }
    }
}

pub(super) fn is_empty(history: &History) -> bool {
    history.snapshot.is_none() && history.records.is_empty()
}

/// The first few ids that begin with `prefix`, with or without what all ids begin with.
async fn fitting(journal: &dyn Journal, prefix: &str) -> Result<Vec<IncidentId>, Stop> {
    let fits = |id: &IncidentId| {
        let id = id.as_str();
        id.starts_with(prefix) || id.strip_prefix("inc-").is_some_and(|bare| bare.starts_with(prefix))
    };
    let mut found = Vec::new();
    let mut list = Listing::new(Query::newest(AT_A_TIME));
    while let Some(standings) = list.next(journal).await? {
        found.extend(standings.into_iter().map(|standing| standing.incident).filter(fits));
        if found.len() >= NAMED {
            found.truncate(NAMED);
            break;
        }
    }
    Ok(found)
}

/// Goes through a long list a piece at a time, so that it is never in memory as a whole.
pub(super) struct Listing {
    query: Query,
    left: usize,
    ended: bool,
}

impl Listing {
    /// All that `query` asks for.
    pub(super) fn new(query: Query) -> Self {
        Self::at_most(usize::MAX, query)
    }

    /// The first `most` of it.
    pub(super) fn at_most(most: usize, query: Query) -> Self {
        Self { query, left: most, ended: false }
    }

    /// Every incident opened since then.
    pub(super) fn since(since: Option<Timestamp>) -> Self {
        Self::new(Query { since, ..Query::newest(AT_A_TIME) })
    }

    /// The next few; `None` past the last.
    pub(super) async fn next(&mut self, journal: &dyn Journal) -> Result<Option<Vec<Standing>>, Stop> {
        let most = self.left.min(AT_A_TIME);
        if self.ended || most == 0 {
            return Ok(None);
        }
        let standings = journal.list(&Query { most, ..self.query.clone() }).await?;
        self.ended = standings.len() < most;
        self.left -= standings.len().min(self.left);
        self.query.after = standings.last().map(|last| (last.opened_at, last.incident.clone()));
        Ok((!standings.is_empty()).then_some(standings))
    }
}
