//! Figures over many incidents, folded one at a time.

use super::account::{Account, Ending};
use super::figures::{Figures, Rates};
use super::groups::{Group, Groups};
use super::policy::Policy;
use super::predictions::Predictions;
use super::rate::Rate;
use super::repeats::Repeats;
use super::trend::Trend;
use super::unended::Open;
use crate::diagnosis::Source;
use crate::engine::{Outcome, Phase, TriedResult};
use crate::time::Timestamp;

/// Folds incidents. It keeps counts, at most 100,000 predictions and no incident, so that a report over any number of them takes
/// bounded memory.
///
/// ```
/// use selfheal_core::kpi::{Account, Kpis};
/// use selfheal_core::ports::{Journal, Query};
/// use selfheal_core::time::Timestamp;
///
/// async fn healed(journal: &dyn Journal, now: Timestamp) -> Result<Option<f64>, Box<dyn std::error::Error>> {
///     let mut kpis = Kpis::default();
///     for standing in journal.list(&Query::newest(1_000)).await? {
///         let history = journal.read(&standing.incident).await?;
///         Account::of(history)?.iter().for_each(|account| kpis.add(account));
///     }
///     Ok(kpis.figures(now, None).rates.healed.share())
/// }
/// ```
#[derive(Debug, Clone, Default)]
pub struct Kpis {
    overall: Group,
    by_category: Groups,
    by_environment: Groups,
    trend: Trend,
    policy: Policy,
    predictions: Predictions,
    repeats: Repeats,
    open: Open,
    applied: u64,
    rolled_back: u64,
    stuck: u64,
    from_memory: u64,
    unacknowledged: u64,
    compacted: u64,
    unreadable: u64,
}

impl Kpis {
    /// Counts an incident.
    pub fn add(&mut self, account: &Account) {
        let (state, ending) = (&account.state, account.ending());
        self.overall.add(account);
        self.by_category.add(account.category().as_str(), account);
        self.by_environment.add(state.incident.environment.as_str(), account);
        self.trend.add(state.incident.opened_at, ending);
        self.policy.add(state);
        self.predictions.add(state);
        self.repeats.add(account);
        if ending == Ending::Open {
            self.open.add(account);
        }
        self.applied += u64::from(account.was_applied());
        self.rolled_back += u64::from(account.has(TriedResult::RolledBack));
        self.stuck += u64::from(account.has(TriedResult::Stuck));
        let recalled = state.diagnosis().is_some_and(|diagnosis| diagnosis.source == Source::Memory);
        self.from_memory += u64::from(recalled && ending == Ending::Healed);
        let unheard = matches!(state.phase, Phase::Closed { outcome: Outcome::Escalated { acknowledged: false, .. } });
        self.unacknowledged += u64::from(unheard && ending == Ending::Escalated);
        self.compacted += u64::from(account.compacted.is_some());
    }

    /// Counts an incident whose history can't be read: it is in no other figure.
    pub fn add_unreadable(&mut self) {
        self.unreadable += 1;
    }

    /// What it comes to at `now`. `audit_coverage` is how many records have a leaf in the audit log, of how many.
    #[must_use]
    pub fn figures(&self, now: Timestamp, audit_coverage: Option<Rate>) -> Figures {
        let endings = self.overall.endings;
        Figures {
            at: now,
            incidents: endings.all(),
            endings,
            compacted: self.compacted,
            unreadable: self.unreadable,
            repair: self.overall.repair.clone(),
            rates: self.rates(),
            policy: self.policy.figures(),
            calibration: self.predictions.figures(),
            repeats: self.repeats.figures(endings.all()),
            open: self.open.figures(now),
            by_category: self.by_category.figures(),
            by_environment: self.by_environment.figures(),
            over_time: self.trend.periods(),
            audit_coverage,
        }
    }

    fn rates(&self) -> Rates {
        let endings = &self.overall.endings;
        let of_ended = |ending: Ending| Rate::new(endings[ending], endings.judged());
        Rates {
            healed: of_ended(Ending::Healed),
            passed_on_rerun: of_ended(Ending::PassedOnRerun),
            proposed: of_ended(Ending::Proposed),
            escalated: of_ended(Ending::Escalated),
            interrupted: of_ended(Ending::Interrupted),
            rolled_back: Rate::new(self.rolled_back, self.applied),
            stuck: Rate::new(self.stuck, self.applied),
            healed_from_memory: Rate::new(self.from_memory, endings[Ending::Healed]),
            escalations_unacknowledged: Rate::new(self.unacknowledged, endings[Ending::Escalated]),
        }
    }
}
