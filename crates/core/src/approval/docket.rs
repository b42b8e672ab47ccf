//! All that was asked and answered about one incident.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::answer::Reply;
use super::case::{Case, Redemption};
use super::request::{Request, RequestId};
use crate::error::{Error, ErrorKind, Result};
use crate::incident::IncidentId;
use crate::ports::{Entry, Ledger, Note, Stream};

/// Notes about one incident's approvals that are read; with more, nothing is agreed.
pub const MAX_NOTES: usize = 4096;

/// All that was asked and answered about one incident, as the ledger has it.
#[derive(Debug, Clone, PartialEq)]
pub struct Docket {
    entries: Vec<Entry>,
    next: u64,
}

impl Docket {
    /// Of these entries of the incident's stream, in order.
    #[must_use]
    pub fn new(entries: Vec<Entry>) -> Self {
        let next = entries.last().map_or(0, |last| last.sequence + 1);
        Self { entries, next }
    }

    /// What `ledger` has about `incident`.
    ///
    /// # Errors
    /// The ledger's, and [`ErrorKind::LimitReached`] past [`MAX_NOTES`].
    pub async fn read(ledger: &dyn Ledger, incident: &IncidentId) -> Result<Self> {
        let stream = Stream::approvals(incident);
        let entries = ledger.read(&stream, 0, MAX_NOTES + 1).await?;
        if entries.len() > MAX_NOTES {
            let message = format!("expected at most {MAX_NOTES} notes about the approvals of an incident");
            let error = Error::new(ErrorKind::LimitReached, "approvals.read", message);
            return Err(error.with_context("incident", incident.as_str()));
        }
        if entries.is_empty() {
            // What was dropped counts.
            return Ok(Self { entries, next: ledger.len(&stream).await? });
        }
        Ok(Self::new(entries))
    }

    /// The place at which the next note is expected.
    #[must_use]
    pub fn next(&self) -> u64 {
        self.next
    }

    /// The first person on whose behalf the incident was asked about: whoever goes on with it asks for them too.
    #[must_use]
    pub fn requester(&self) -> Option<&str> {
        self.requests().find_map(|request| request.requester.as_deref())
    }

    /// The case of the request `id`; `None` if that was never asked.
    #[must_use]
    pub fn case(&self, id: &RequestId) -> Option<Case> {
        let asked = self.requests().find(|request| request.id() == *id)?;
        let mut case = Case::new(Arc::clone(asked));
        for (place, entry) in self.entries.iter().enumerate() {
            match &entry.note {
                // What is asked after the redemption changes nothing of it.
                Note::Requested(asked) if case.redemption().is_none() => {
                    case.exclude(&asked.healer, asked.requester.as_deref());
                }
                Note::Answered(signed) if signed.answer.request == *id => {
                    case.said(entry.sequence, entry.at, Arc::clone(signed));
                }
                Note::Redeemed { request, by, .. } if request == id => {
                    case.redeemed(Redemption { sequence: entry.sequence, at: entry.at, by: by.clone() });
                }
                Note::Redeemed { request, round, by, .. } if round.checked_add(1) == Some(asked.round) => {
                    case.written_by(self.editors(place, request, by));
                }
                _ => {}
            }
        }
        Some(case)
    }

    /// Every case, in the order in which they were asked.
    #[must_use]
    pub fn cases(&self) -> Vec<Case> {
        let mut seen = BTreeSet::new();
        let ids: Vec<RequestId> = self.requests().map(|request| request.id()).collect();
        ids.iter().filter(|id| seen.insert((*id).clone())).filter_map(|id| self.case(id)).collect()
    }

    /// Those of `by` who edited what `request` asks, before this place: a redemption in which they had a say may have been of that.
    fn editors<'a>(&'a self, place: usize, request: &'a RequestId, by: &'a [String]) -> impl Iterator<Item = &'a str> {
        self.entries[..place].iter().filter_map(move |entry| {
            let Note::Answered(signed) = &entry.note else { return None };
            let answer = &signed.answer;
            let edited = answer.request == *request && matches!(answer.reply, Reply::Edit(_));
            (edited && by.contains(&answer.by)).then_some(answer.by.as_str())
        })
    }

    fn requests(&self) -> impl Iterator<Item = &Arc<Request>> {
        self.entries.iter().filter_map(|entry| match &entry.note {
            Note::Requested(request) => Some(request),
            _ => None,
        })
    }
}
