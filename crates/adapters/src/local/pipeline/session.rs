//! What the healer gave the command for the present incident, and what it did: in memory, and kept for another process.

use std::sync::{Arc, MutexGuard, PoisonError};
use std::time::Duration;

use selfheal_core::error::{Error, Result};
use selfheal_core::facts::Fact;
use selfheal_core::incident::{Fingerprint, Incident, IncidentId};

use super::Pipeline;
use crate::local::kept::{IncidentFolder, KeptSession, Leftover};
use crate::local::observation::{DURATION_MS, INPUT_GIVEN};
use crate::local::process::Finished;
use crate::local::workspace::{Undo, UndoError};

/// The session of one incident, or of the runs before one that has no name yet.
#[derive(Debug)]
pub(in crate::local) struct Session {
    owner: Owner,
    pub(in crate::local) kept: KeptSession,
    /// Whether all that this incident did since it began is in `kept`.
    complete: bool,
    /// The last run in the directory itself.
    pub(super) output: Option<Arc<Finished>>,
    pub(super) first: First,
    pub(super) command_time: Duration,
}

/// Whose a session is.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Owner {
    /// The first incident's that is worked on; until then it is only in memory.
    Nobody,
    Incident(IncidentId),
    /// An incident's that has ended: nothing is kept of it any more.
    Past,
}

/// The first run: the failure that the incident is about.
#[derive(Debug, Default, Clone)]
pub(super) struct First {
    pub(super) time: Option<Duration>,
    pub(super) run: Option<Arc<Finished>>,
    /// What a former process made of it.
    pub(super) failure: Option<Fingerprint>,
}

impl Session {
    /// One that nobody has asked anything of.
    pub(super) fn new() -> Self {
        Self::of(Owner::Nobody, KeptSession::new(&IncidentId::new("")), true)
    }

    /// That of an incident that another process opened.
    pub(super) fn resumed(incident: &Incident, folder: &IncidentFolder) -> Result<Self> {
        let found = folder.session()?;
        let complete = found.is_some();
        let mut kept = found.unwrap_or_else(|| KeptSession::new(&incident.id));
        kept.starts = kept.starts.max(1);
        kept.input_given |= incident.facts.get(INPUT_GIVEN) == Some(&Fact::Flag(true));
        let time = match incident.facts.get(DURATION_MS) {
            Some(Fact::Number(ms)) => u64::try_from(*ms).ok().map(Duration::from_millis),
            _ => None,
        };
        let first = First { time, run: None, failure: Some(incident.fingerprint.clone()) };
        Ok(Self { first, ..Self::of(Owner::Incident(incident.id.clone()), kept, complete) })
    }

    fn of(owner: Owner, kept: KeptSession, complete: bool) -> Self {
        Self { owner, kept, complete, output: None, first: First::default(), command_time: Duration::ZERO }
    }

    /// Whether what is not kept of this incident didn't happen.
    pub(in crate::local) fn is_complete(&self) -> bool {
        self.complete
    }

    /// The incident that it belongs to, if it does.
    fn incident(&self) -> Option<&IncidentId> {
        match &self.owner {
            Owner::Incident(incident) => Some(incident),
            Owner::Nobody | Owner::Past => None,
        }
    }

    /// Whether no incident has begun in it.
    pub(super) fn is_free(&self) -> bool {
        self.owner == Owner::Nobody
    }

    /// The runs so far were those that led to `incident`, unless they belong to another one.
    fn entered(&mut self, incident: &IncidentId, found: Option<KeptSession>) {
        let complete = found.is_some();
        let mut kept = found.unwrap_or_else(|| KeptSession::new(incident));
        let owner = Owner::Incident(incident.clone());
        if !self.is_free() {
            *self = Self::of(owner, kept, complete);
            return;
        }
        kept.starts += self.kept.starts;
        kept.input_given |= self.kept.input_given;
        kept.timed_out_ms = kept.timed_out_ms.or(self.kept.timed_out_ms);
        (self.owner, self.kept, self.complete) = (owner, kept, complete);
    }
}

impl Pipeline {
    pub(in crate::local) fn session(&self) -> MutexGuard<'_, Session> {
        self.session.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes the session that of `incident`: what another process kept of it is loaded, what belongs to another incident is
    /// put away.
    pub(in crate::local) fn enter(&self, incident: &IncidentId) -> Result<()> {
        let mut session = self.session();
        if session.incident() != Some(incident) {
            let found = self.folder(incident).session()?;
            session.entered(incident, found);
        }
        Ok(())
    }

    /// Keeps the session from here on: nothing of the incident happened before that matters any more.
    pub(in crate::local) fn begin_keeping(&self) -> Result<()> {
        if self.session().complete {
            return Ok(());
        }
        self.change(|_| true)?;
        self.session().complete = true;
        Ok(())
    }

    /// Changes the session, durably once it belongs to an incident: after an error it is as it was. Nothing is written if
    /// `change` returns `false`.
    pub(in crate::local) fn change(&self, change: impl FnOnce(&mut KeptSession) -> bool) -> Result<()> {
        let mut session = self.session();
        let mut next = session.kept.clone();
        if !change(&mut next) {
            return Ok(());
        }
        if let Some(incident) = session.incident() {
            self.folder(incident).keep_session(&next)?;
        }
        session.kept = next;
        Ok(())
    }

    /// Works with the undo record of `incident`.
    pub(in crate::local) fn undo<T>(
        &self,
        incident: &IncidentId,
        work: impl FnOnce(&mut Undo) -> Result<T, UndoError>,
    ) -> Result<T, UndoError> {
        let mut held = self.undo.lock().unwrap_or_else(PoisonError::into_inner);
        let mut undo = match held.take() {
            Some((owner, undo)) if owner == *incident => undo,
            _ => Undo::open(&self.config.dir, &self.config.state, incident.as_str())?,
        };
        let worked = work(&mut undo);
        *held = Some((incident.clone(), undo));
        worked
    }

    /// Removes what is kept of `incident`.
    pub(in crate::local) fn settle(&self, incident: &IncidentId) -> Result<()> {
        *self.undo.lock().unwrap_or_else(PoisonError::into_inner) = None;
        let mut session = self.session();
        if session.incident() == Some(incident) {
            session.owner = Owner::Past;
        }
        drop(session);
        Leftover::forget(&self.config.state, incident)
    }

    /// The incident that the session belongs to, if it does.
    pub(in crate::local) fn incident(&self) -> Option<IncidentId> {
        self.session().incident().cloned()
    }

    pub(in crate::local) fn folder(&self, incident: &IncidentId) -> IncidentFolder {
        IncidentFolder::of(&self.config.state, incident)
    }
}

/// An error after which nobody knows whether the effect took place.
pub(in crate::local) fn in_doubt(error: Error) -> Error {
    error.with_retry(selfheal_core::error::Retry::UnknownOutcome)
}
