//! Many healers at once: no place of a budget is taken twice.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use futures_util::future::join_all;
use selfheal_core::action::ActionKind;
use selfheal_core::decision::{Clearance, Decision, Verdict};
use selfheal_core::error::Result;
use selfheal_core::fleet::FleetLimits;
use selfheal_core::ledger::InMemoryLedger;
use selfheal_core::limits::Limits;
use selfheal_core::orchestrator::{Cancellation, Orchestrator, OrchestratorBuilder};
use selfheal_core::ports::{
    Clock, EffectClass, Entry, Ledger, Moment, Note, PolicyEngine, PolicyQuestion, Reach, Scope, Stream,
};
use selfheal_core::testing::{SeededEntropy, unavailable};
use selfheal_core::time::Timestamp;

use super::stage::{Fleet, budget, ill, is_healed, starts};

/// A ledger behind a network: each call takes a while, another each time.
pub(crate) struct Contended {
    inner: Arc<InMemoryLedger>,
    seed: AtomicU64,
    compares: bool,
}

impl Contended {
    pub(crate) fn new(inner: Arc<InMemoryLedger>, seed: u64) -> Self {
        Self { inner, seed: AtomicU64::new(seed), compares: true }
    }

    async fn takes_a_while(&self) {
        let drawn = self.seed.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
        for _ in 0..(drawn ^ drawn >> 29).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 61 {
            tokio::task::yield_now().await;
        }
    }
}

#[async_trait]
impl Ledger for Contended {
    async fn append(&self, stream: &Stream, expected: u64, at: Timestamp, note: &Note) -> Result<()> {
        self.takes_a_while().await;
        let expected = match self.compares {
            true => expected,
            false => self.inner.len(stream).await?,
        };
        let answer = self.inner.append(stream, expected, at, note).await;
        self.takes_a_while().await;
        answer
    }

    async fn read(&self, stream: &Stream, from: u64, most: usize) -> Result<Vec<Entry>> {
        self.takes_a_while().await;
        let answer = self.inner.read(stream, from, most).await;
        self.takes_a_while().await;
        answer
    }

    async fn len(&self, stream: &Stream) -> Result<u64> {
        self.takes_a_while().await;
        self.inner.len(stream).await
    }

    async fn forget(&self, stream: &Stream, before: Timestamp) -> Result<()> {
        self.inner.forget(stream, before).await
    }
}

/// A ledger that nobody reaches.
pub(crate) struct OutOfReach;

#[async_trait]
impl Ledger for OutOfReach {
    async fn append(&self, _: &Stream, _: u64, _: Timestamp, _: &Note) -> Result<()> {
        Err(unavailable("ledger.append"))
    }

    async fn read(&self, _: &Stream, _: u64, _: usize) -> Result<Vec<Entry>> {
        Err(unavailable("ledger.read"))
    }

    async fn len(&self, _: &Stream) -> Result<u64> {
        Err(unavailable("ledger.len"))
    }

    async fn forget(&self, _: &Stream, _: Timestamp) -> Result<()> {
        Err(unavailable("ledger.forget"))
    }
}

/// A clock that stands still, so that nothing leaves a window and nobody's silence is too long.
struct Stopped;

#[async_trait]
impl Clock for Stopped {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(1_000_000_000)
    }

    fn elapsed(&self) -> Duration {
        Duration::ZERO
    }

    async fn sleep_until(&self, _: Timestamp) {
        std::future::pending().await
    }
}

const HEALERS: u64 = 4;
const INCIDENTS: usize = 64;
const PLACES: u32 = 10;

fn healers(fleet: &Fleet, limits: &FleetLimits, seed: u64) -> Vec<Arc<Orchestrator>> {
    let healer = |number: u64| {
        let ledger = Contended::new(fleet.ledger.clone(), seed ^ number << 40);
        Arc::new(host(fleet, limits, number).ledger(Arc::new(ledger)).build().unwrap())
    };
    (1..=HEALERS).map(healer).collect()
}

fn host(fleet: &Fleet, limits: &FleetLimits, number: u64) -> OrchestratorBuilder {
    let host = fleet.healer(limits.clone()).entropy(Arc::new(SeededEntropy::new(number << 32)));
    let host = host.clock(Arc::new(Stopped)).limits(Limits { park_after: Duration::ZERO, ..Limits::default() });
    host.worker(&format!("healer-{number}"))
}

async fn all_at_once(fleet: &Fleet, healers: &[Arc<Orchestrator>]) -> usize {
    let never = Cancellation::new();
    let heals = (0..INCIDENTS).map(|number| {
        let (healer, never) = (&healers[number % healers.len()], &never);
        async move { healer.heal(ill(&format!("resource-{number}")), never).await.unwrap() }
    });
    let reports = join_all(heals).await;
    let waiting = reports.iter().filter(|report| report.outcome().is_none()).count();
    assert_eq!(reports.len() - waiting, fleet.hands.count("apply"), "what is not applied waits");
    reports.iter().filter(|report| is_healed(report)).count()
}

#[tokio::test]
async fn of_64_incidents_at_4_healers_exactly_10_get_the_10_places() {
    for seed in 0..10 {
        let fleet = Fleet::default();
        let healers = healers(&fleet, &starts(Scope::Fleet, PLACES), seed);
        assert_eq!(all_at_once(&fleet, &healers).await, PLACES as usize, "seed {seed}");
        assert_eq!(fleet.hands.count("apply"), PLACES as usize, "seed {seed}");
    }
}

#[tokio::test]
async fn a_budget_in_another_measure_is_as_exact() {
    for seed in 0..3 {
        let fleet = Fleet::default();
        let mut by_resources = budget(Scope::Fleet, 0);
        (by_resources.starts, by_resources.resources) = (None, Some(PLACES));
        let limits = FleetLimits { budgets: vec![by_resources], ..FleetLimits::off() };
        assert_eq!(all_at_once(&fleet, &healers(&fleet, &limits, seed)).await, PLACES as usize, "seed {seed}");
    }
}

/// A budget of policy's own, over what it is told was done lately.
struct Frugal;

#[async_trait]
impl PolicyEngine for Frugal {
    async fn permits(&self, reach: &Reach<'_>) -> Result<BTreeSet<ActionKind>> {
        Ok(reach.every_kind())
    }

    async fn decide(&self, _: &PolicyQuestion<'_>) -> Result<Decision> {
        Ok(Decision::new(Verdict::Allow, "fine", "test"))
    }

    async fn clear(&self, moment: &Moment<'_>) -> Result<Clearance> {
        tokio::task::yield_now().await;
        let window = Duration::from_secs(3_600);
        let done =
            moment.activity.lately(Scope::Fleet, &moment.incident.resource, moment.site, window, moment.at).count();
        let room = moment.effect != EffectClass::Apply || done < PLACES as usize;
        Ok(if room { Clearance::Clear } else { Clearance::Hold { until: None, because: "enough".to_owned() } })
    }
}

#[tokio::test]
async fn a_budget_of_policy_is_as_exact() {
    for seed in 0..3 {
        let fleet = Fleet::default();
        let healer = |number: u64| {
            let ledger = Contended::new(fleet.ledger.clone(), seed ^ number << 40);
            let host = host(&fleet, &FleetLimits::off(), number).ledger(Arc::new(ledger));
            Arc::new(host.policy(Arc::new(Frugal)).build().unwrap())
        };
        let healers: Vec<_> = (1..=HEALERS).map(healer).collect();
        assert_eq!(all_at_once(&fleet, &healers).await, PLACES as usize, "seed {seed}");
    }
}

/// What it rests on: with a ledger that stores whatever the writer knew, places are given twice.
#[tokio::test]
async fn a_ledger_that_does_not_compare_gives_places_twice() {
    let limits = starts(Scope::Fleet, PLACES);
    let mut most = 0;
    for seed in 0..10 {
        let fleet = Fleet::default();
        let healer = |number: u64| {
            let inner = Contended::new(fleet.ledger.clone(), seed ^ number << 40);
            let careless = Contended { compares: false, ..inner };
            Arc::new(host(&fleet, &limits, number).ledger(Arc::new(careless)).build().unwrap())
        };
        let healers: Vec<_> = (1..=HEALERS).map(healer).collect();
        all_at_once(&fleet, &healers).await;
        most = most.max(fleet.hands.count("apply"));
    }
    assert!(most > PLACES as usize, "this test would not notice");
}

/// Four threads, as four processes would.
#[test]
fn the_same_holds_for_healers_that_run_in_parallel() {
    for _ in 0..5 {
        let fleet = Fleet::default();
        let healers = healers(&fleet, &starts(Scope::Fleet, PLACES), 3);
        std::thread::scope(|threads| {
            for (number, healer) in healers.iter().enumerate() {
                threads.spawn(move || {
                    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
                    let never = Cancellation::new();
                    let share = (0..INCIDENTS / 4).map(|incident| {
                        let signal = ill(&format!("resource-{number}-{incident}"));
                        healer.heal(signal, &never)
                    });
                    for report in runtime.block_on(join_all(share)) {
                        report.unwrap();
                    }
                });
            }
        });
        assert_eq!(fleet.hands.count("apply"), PLACES as usize);
    }
}
