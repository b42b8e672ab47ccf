//! Looks at the ledger before each effect, and takes places there.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Mutex, MutexGuard};

use super::{FleetLimits, Wanted, clear};
use crate::decision::Clearance;
use crate::error::{Error, ErrorKind, Result, Retry};
use crate::failpoint;
use crate::incident::Incident;
use crate::ledger::switches::{self, Switches, Thrown};
use crate::ledger::{History, Recent};
use crate::ports::{Activity, Entry, Ledger, Note, Stream};
use crate::resource::Environment;
use crate::time::Timestamp;

/// Tries to note something while others note first.
const TRIES: u32 = 64;

/// One worker's eyes on what all workers share.
pub(crate) struct Watch {
    limits: FleetLimits,
    ledger: Arc<dyn Ledger>,
    turn: Mutex<()>,
    seen: Mutex<Seen>,
}

/// What was read so far; only what is new is read again.
struct Seen {
    switches: Switches,
    recent: Recent,
}

/// What stands in the way of an effect, at one place of the ledger.
#[derive(Debug)]
pub(crate) struct Look {
    /// Where the ledger ended.
    pub(crate) place: u64,
    /// Who stopped all healers.
    pub(crate) paused: Option<Thrown>,
    /// Whether healers may act here without asking.
    pub(crate) has_autonomy: bool,
    /// What the guards say.
    pub(crate) guards: Clearance,
    /// What was done lately, without what is still to come of this plan.
    pub(crate) activity: Activity,
}

/// Whether places were taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Taken {
    /// All of them.
    All,
    /// Somebody noted something since one looked: look again.
    Beaten,
}

impl Watch {
    pub(crate) fn new(limits: FleetLimits, ledger: Arc<dyn Ledger>) -> Self {
        let seen = Seen { switches: Switches::default(), recent: Recent::default() };
        Self { limits, ledger, turn: Mutex::default(), seen: Mutex::new(seen) }
    }

    /// The turn among the incidents of this worker that want places; first come, first served. Without it they would beat each
    /// other again and again.
    pub(crate) async fn turn(&self) -> MutexGuard<'_, ()> {
        self.turn.lock().await
    }

    /// Looks at switches and guards as they are now.
    pub(crate) async fn look(&self, wanted: &Wanted<'_>) -> Result<Look> {
        let mut seen = self.seen.lock().await;
        seen.update(self.ledger.as_ref()).await?;
        let environment = &wanted.incident.environment;
        let guards = match seen.switches.overridden(&wanted.incident.id) {
            Some(_) => Clearance::Clear,
            None => clear(&self.limits, &seen.recent, wanted),
        };
        Ok(Look {
            place: seen.recent.place(),
            paused: seen.switches.paused(environment).cloned(),
            has_autonomy: self.has_autonomy_by(&seen.switches, environment, wanted.at),
            guards,
            activity: seen.recent.activity(|taken| wanted.is_to_come(taken)),
        })
    }

    /// How fixes of the incident's resource did lately.
    pub(crate) async fn history(&self, incident: &Incident, window: Duration, now: Timestamp) -> Result<History> {
        let mut seen = self.seen.lock().await;
        seen.update(self.ledger.as_ref()).await?;
        Ok(seen.recent.history_of(incident, window, now))
    }

    /// What was done lately.
    pub(crate) async fn activity(&self) -> Result<Activity> {
        let mut seen = self.seen.lock().await;
        seen.update(self.ledger.as_ref()).await?;
        Ok(seen.recent.activity(|_| false))
    }

    /// Whether healers may act in `environment` without asking people, as far as policy lets them.
    pub(crate) async fn has_autonomy(&self, environment: &Environment, now: Timestamp) -> Result<bool> {
        let mut seen = self.seen.lock().await;
        seen.update(self.ledger.as_ref()).await?;
        Ok(self.has_autonomy_by(&seen.switches, environment, now))
    }

    fn has_autonomy_by(&self, switches: &Switches, environment: &Environment, now: Timestamp) -> bool {
        let asked = self.limits.autonomy_must_be_granted.contains(environment);
        !asked || switches.autonomy(environment, now).is_some()
    }

    /// Takes places for the starts that `wanted` still has none for, if nothing was noted since the ledger ended at `place`.
    pub(crate) async fn take(&self, wanted: &Wanted<'_>, place: u64) -> Result<Taken> {
        let mut seen = self.seen.lock().await;
        let missing: Vec<_> = wanted.starts().into_iter().filter(|start| !seen.recent.has(start)).collect();
        if seen.recent.place() != place && !missing.is_empty() {
            return Ok(Taken::Beaten);
        }
        for start in missing {
            failpoint::hit("fleet.reserving");
            match seen.append(self.ledger.as_ref(), wanted.at, Note::Effect(Arc::new(start))).await? {
                Taken::All => failpoint::hit("fleet.reserved"),
                Taken::Beaten => return Ok(Taken::Beaten),
            }
        }
        Ok(Taken::All)
    }

    /// Notes something, wherever the ledger ends.
    pub(crate) async fn note(&self, at: Timestamp, note: Note) -> Result<()> {
        let mut seen = self.seen.lock().await;
        for _ in 0..TRIES {
            seen.update(self.ledger.as_ref()).await?;
            if seen.append(self.ledger.as_ref(), at, note.clone()).await? == Taken::All {
                seen.recent.forget_the_old(self.ledger.as_ref(), at).await;
                return Ok(());
            }
        }
        Err(Error::new(ErrorKind::Conflict, "fleet.note", format!("others noted first {TRIES} times in a row")))
    }
}

impl Seen {
    async fn update(&mut self, ledger: &dyn Ledger) -> Result<()> {
        switches::update(ledger, &mut self.switches).await?;
        self.recent.update(ledger).await
    }

    async fn append(&mut self, ledger: &dyn Ledger, at: Timestamp, note: Note) -> Result<Taken> {
        let sequence = self.recent.place();
        match ledger.append(&Stream::activity(), sequence, at, &note).await {
            Ok(()) => {
                self.recent.add(Entry { sequence, at, note });
                Ok(Taken::All)
            }
            // Whether it is there is seen when one looks again.
            Err(error) if error.kind() == ErrorKind::Conflict || error.retry() == Retry::UnknownOutcome => {
                Ok(Taken::Beaten)
            }
            Err(error) => Err(error),
        }
    }
}
