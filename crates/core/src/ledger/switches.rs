//! The switches that operators throw: pause, autonomy, overrides. Durable, and seen by every healer before its next effect.
//!
//! ```
//! use selfheal_core::ledger::{InMemoryLedger, switches};
//! use selfheal_core::ports::Switched;
//! use selfheal_core::resource::Environment;
//! use selfheal_core::time::Timestamp;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> selfheal_core::error::Result<()> {
//! let ledger = InMemoryLedger::default();
//! let ada = Switched { by: "ada".into(), because: "the database is being moved".into() };
//! switches::pause(&ledger, None, &ada, Timestamp::from_millis(1)).await?;
//!
//! let read = switches::read(&ledger).await?;
//! assert_eq!(read.paused(&Environment::Production).map(|thrown| thrown.switched.by.as_str()), Some("ada"));
//! # Ok(())
//! # }
//! ```

use std::collections::BTreeMap;
use std::time::Duration;

use super::appending::append;
use super::reading::{Fold, Mark, catch_up, go_on};
use crate::error::{Error, ErrorKind, Result};
use crate::incident::IncidentId;
use crate::ports::{Entry, Ledger, Note, Stream, Switched};
use crate::resource::Environment;
use crate::time::Timestamp;

/// Longest name and reason of whoever throws a switch, in bytes.
pub const MAX_WORDS: usize = 1_024;

/// Longest time for which autonomy is granted: what nobody renews lapses.
pub const MAX_GRANT: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// Overrides that are remembered; past that the oldest no longer hold.
const MAX_OVERRIDES: usize = 1_024;

/// A switch as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Thrown {
    /// Since when.
    pub at: Timestamp,
    /// By whom, and why.
    pub switched: Switched,
}

/// Leave to act without asking people, until it lapses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// Until when.
    pub until: Timestamp,
    /// Since when, by whom and why.
    pub thrown: Thrown,
}

/// How all switches stand.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Switches {
    next: u64,
    last: Option<Mark>,
    everywhere: Option<Thrown>,
    in_environment: BTreeMap<Environment, Thrown>,
    autonomy: BTreeMap<Environment, Grant>,
    /// With their places: which is the oldest must not hang on anybody's clock.
    overrides: BTreeMap<IncidentId, (u64, Thrown)>,
}

impl Switches {
    /// What stops healers in `environment`: the pause of everything, or else its own.
    #[must_use]
    pub fn paused(&self, environment: &Environment) -> Option<&Thrown> {
        self.everywhere.as_ref().or_else(|| self.in_environment.get(environment))
    }

    /// Every pause that stands, that of everything (`None`) first.
    pub fn pauses(&self) -> impl Iterator<Item = (Option<&Environment>, &Thrown)> {
        let everywhere = self.everywhere.iter().map(|thrown| (None, thrown));
        everywhere.chain(self.in_environment.iter().map(|(environment, thrown)| (Some(environment), thrown)))
    }

    /// The grant that holds in `environment` at `now`; one that lapsed doesn't.
    #[must_use]
    pub fn autonomy(&self, environment: &Environment, now: Timestamp) -> Option<&Grant> {
        self.autonomy.get(environment).filter(|grant| grant.until > now)
    }

    /// Every grant that was not withdrawn, lapsed ones included.
    pub fn grants(&self) -> impl Iterator<Item = (&Environment, &Grant)> {
        self.autonomy.iter()
    }

    /// Who let this incident pass the fleet's guards.
    #[must_use]
    pub fn overridden(&self, incident: &IncidentId) -> Option<&Thrown> {
        self.overrides.get(incident).map(|(_, thrown)| thrown)
    }

    fn turn(&mut self, Entry { sequence, at, note }: Entry) {
        let thrown = |switched| Thrown { at, switched };
        match note {
            Note::Paused { environment: None, switched } => self.everywhere = Some(thrown(switched)),
            Note::Paused { environment: Some(environment), switched } => {
                self.in_environment.insert(environment, thrown(switched));
            }
            Note::Unpaused { environment: None, .. } => self.everywhere = None,
            Note::Unpaused { environment: Some(environment), .. } => drop(self.in_environment.remove(&environment)),
            Note::AutonomyGranted { environment, until, switched } => {
                self.autonomy.insert(environment, Grant { until, thrown: thrown(switched) });
            }
            Note::AutonomyWithdrawn { environment, .. } => drop(self.autonomy.remove(&environment)),
            Note::Overridden { incident, switched } => self.override_one(incident, (sequence, thrown(switched))),
            // Of another stream.
            _ => {}
        }
    }

    fn override_one(&mut self, incident: IncidentId, thrown: (u64, Thrown)) {
        self.overrides.insert(incident, thrown);
        if self.overrides.len() > MAX_OVERRIDES {
            let oldest = self.overrides.iter().min_by_key(|(_, (place, _))| *place).map(|(id, _)| id.clone());
            oldest.and_then(|oldest| self.overrides.remove(&oldest));
        }
    }
}

impl Fold for Switches {
    fn next(&self) -> u64 {
        self.next
    }

    fn last(&self) -> Option<Mark> {
        self.last
    }

    fn take(&mut self, entry: Entry) {
        self.next = entry.sequence + 1;
        self.last = Some(Mark::of(&entry));
        self.turn(entry);
    }
}

/// How the switches stand now. Whoever can't read them must not go on as if none was thrown.
///
/// # Errors
/// What the ledger answers.
pub async fn read(ledger: &dyn Ledger) -> Result<Switches> {
    let mut switches = Switches::default();
    update(ledger, &mut switches).await?;
    Ok(switches)
}

/// Takes what was thrown since `switches` were read.
///
/// # Errors
/// What the ledger answers.
pub(crate) async fn update(ledger: &dyn Ledger, switches: &mut Switches) -> Result<()> {
    if go_on(ledger, &Stream::switches(), switches).await? {
        return Ok(());
    }
    let mut anew = Switches::default();
    catch_up(ledger, &Stream::switches(), &mut anew).await?;
    *switches = anew;
    Ok(())
}

/// Stops every healer before its next effect, in one environment or everywhere: nothing is rehearsed, applied, repeated or taken
/// back until it is lifted.
///
/// # Errors
/// [`ErrorKind::Invalid`] if the name or the reason is missing or longer than [`MAX_WORDS`]; what the ledger answers.
pub async fn pause(
    ledger: &dyn Ledger,
    environment: Option<&Environment>,
    switched: &Switched,
    at: Timestamp,
) -> Result<()> {
    throw(ledger, at, switched, |switched| Note::Paused { environment: environment.cloned(), switched }).await
}

/// Lifts the pause of one environment, or the one of everything; each lifts only what it names.
///
/// # Errors
/// As [`pause`].
pub async fn unpause(
    ledger: &dyn Ledger,
    environment: Option<&Environment>,
    switched: &Switched,
    at: Timestamp,
) -> Result<()> {
    throw(ledger, at, switched, |switched| Note::Unpaused { environment: environment.cloned(), switched }).await
}

/// Lets healers act by themselves in `environment`, as far as policy allows, until `until`. Granting again renews it.
///
/// # Errors
/// As [`pause`]; [`ErrorKind::Invalid`] if `until` is not after `at`, or more than [`MAX_GRANT`] after it.
pub async fn grant(
    ledger: &dyn Ledger,
    environment: &Environment,
    until: Timestamp,
    switched: &Switched,
    at: Timestamp,
) -> Result<()> {
    if until <= at || until > at.after(MAX_GRANT) {
        let days = MAX_GRANT.as_secs() / 86_400;
        return Err(invalid(&format!("autonomy is granted until a time to come, at most {days} days ahead")));
    }
    let note = |switched| Note::AutonomyGranted { environment: environment.clone(), until, switched };
    throw(ledger, at, switched, note).await
}

/// Takes the grant of `environment` back.
///
/// # Errors
/// As [`pause`].
pub async fn withdraw(
    ledger: &dyn Ledger,
    environment: &Environment,
    switched: &Switched,
    at: Timestamp,
) -> Result<()> {
    throw(ledger, at, switched, |switched| Note::AutonomyWithdrawn { environment: environment.clone(), switched }).await
}

/// Lets one incident pass the fleet's guards. It passes neither policy nor a pause.
///
/// # Errors
/// As [`pause`].
pub async fn override_incident(
    ledger: &dyn Ledger,
    incident: &IncidentId,
    switched: &Switched,
    at: Timestamp,
) -> Result<()> {
    throw(ledger, at, switched, |switched| Note::Overridden { incident: incident.clone(), switched }).await
}

async fn throw(
    ledger: &dyn Ledger,
    at: Timestamp,
    switched: &Switched,
    note: impl FnOnce(Switched) -> Note,
) -> Result<()> {
    for (what, words) in [("who throws the switch", &switched.by), ("why it is thrown", &switched.because)] {
        if words.trim().is_empty() || words.len() > MAX_WORDS {
            return Err(invalid(&format!("expected {what}, in 1 to {MAX_WORDS} bytes, got {}", words.len())));
        }
    }
    append(ledger, &Stream::switches(), at, &note(switched.clone())).await?;
    crate::failpoint::hit("switches.thrown");
    Ok(())
}

fn invalid(message: &str) -> Error {
    Error::new(ErrorKind::Invalid, "switches", message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::InMemoryLedger;

    fn ada() -> Switched {
        Switched { by: "ada".to_owned(), because: "the database is being moved".to_owned() }
    }

    fn at(second: u64) -> Timestamp {
        Timestamp::from_millis(second * 1_000)
    }

    #[tokio::test]
    async fn a_pause_in_a_store_that_was_put_back_to_an_earlier_day_is_seen() {
        let (ledger, restored) = (InMemoryLedger::default(), InMemoryLedger::default());
        for second in 0..3 {
            unpause(&ledger, None, &ada(), at(second)).await.unwrap();
        }
        let mut seen = read(&ledger).await.unwrap();
        pause(&restored, None, &ada(), at(9)).await.unwrap();
        update(&restored, &mut seen).await.unwrap();
        assert!(seen.paused(&Environment::Production).is_some());
        unpause(&restored, None, &ada(), at(10)).await.unwrap();
        update(&restored, &mut seen).await.unwrap();
        assert!(seen.paused(&Environment::Production).is_none());
    }

    #[tokio::test]
    async fn of_too_many_overrides_the_one_that_was_given_first_goes_whatever_a_clock_said() {
        let mut switches = Switches::default();
        let named = |number: usize| IncidentId::new(&format!("inc-{number}"));
        for number in 0..=MAX_OVERRIDES {
            // The last one's clock is behind all others.
            let second = if number == MAX_OVERRIDES { 0 } else { 100 };
            let note = Note::Overridden { incident: named(number), switched: ada() };
            switches.take(Entry { sequence: number as u64, at: at(second), note });
        }
        assert!(switches.overridden(&named(0)).is_none());
        assert!(switches.overridden(&named(MAX_OVERRIDES)).is_some());
    }
}
