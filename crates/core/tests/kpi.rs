//! What is read from the records of real runs: timelines, splits and figures.
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail like tests")]

use std::sync::Arc;
use std::time::Duration;

use selfheal_core::decision::Verdict;
use selfheal_core::diagnosis::Hypothesis;
use selfheal_core::engine::{Event, TriedResult, replay};
use selfheal_core::evidence::{Citation, Evidence, EvidenceId};
use selfheal_core::incident::Signal;
use selfheal_core::journal::InMemoryJournal;
use selfheal_core::kpi::{Account, Detail, Ending, Entry, Kpis, Part, Rate, Timeline};
use selfheal_core::limits::Limits;
use selfheal_core::orchestrator::{Cancellation, Orchestrator};
use selfheal_core::ports::{History, Journal, Query, Snapshot};
use selfheal_core::resource::{Environment, ResourceRef};
use selfheal_core::testing::{
    FakeExecutor, FakeWorld, ManualClock, ScriptedPolicy, ScriptedProbe, ScriptedRunbooks, SeededEntropy, wrong_value,
};
use selfheal_core::time::Timestamp;
use selfheal_detect::redact::Redactor;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// One run: what is known, allowed and observed.
struct Run {
    known: Vec<Hypothesis>,
    verdict: Verdict,
    healthy: &'static [bool],
    environment: Environment,
    log: &'static str,
    limits: Limits,
}

impl Default for Run {
    fn default() -> Self {
        Self {
            known: vec![known_by(2)],
            verdict: Verdict::Allow,
            healthy: &[true],
            environment: Environment::Dev,
            log: "starting\nerror: mode is bad",
            limits: Limits::default(),
        }
    }
}

fn known_by(line: u64) -> Hypothesis {
    let citation = Citation { evidence: EvidenceId(1), line };
    Hypothesis { citations: vec![citation], ..wrong_value("mode", "good") }
}

async fn journaled(runs: &[Run]) -> Arc<InMemoryJournal> {
    let clock = Arc::new(ManualClock::default());
    let journal = Arc::new(InMemoryJournal::with_clock(clock.clone()));
    for (run, seed) in runs.iter().zip(1..) {
        let host = Orchestrator::builder()
            .runbooks(Arc::new(ScriptedRunbooks::new(vec![run.known.clone()])))
            .executor(Arc::new(FakeExecutor::new(FakeWorld::default())))
            .policy(Arc::new(ScriptedPolicy::new(vec![run.verdict])))
            .probe(Arc::new(ScriptedProbe::healthy(run.healthy)))
            .entropy(Arc::new(SeededEntropy::new(seed)))
            .clock(clock.clone())
            .limits(run.limits.clone())
            .journal(journal.clone());
        let evidence = Evidence::new(EvidenceId(1), "log", 1, run.log, &Redactor::builder().build());
        let signal = Signal::new(ResourceRef::new("fake", "thing", "one"), run.environment.clone());
        let host = host.build().unwrap();
        host.heal(signal.with_evidence(evidence), &Cancellation::new()).await.unwrap();
    }
    journal
}

async fn histories(runs: &[Run]) -> Vec<History> {
    let journal = journaled(runs).await;
    let mut histories = Vec::new();
    for standing in journal.list(&Query::newest(100)).await.unwrap() {
        histories.push(journal.read(&standing.incident).await.unwrap());
    }
    histories
}

async fn history(run: Run) -> History {
    histories(&[run]).await.remove(0)
}

async fn account(run: Run) -> Account {
    Account::of(history(run).await).unwrap().unwrap()
}

async fn figures(runs: &[Run]) -> selfheal_core::kpi::Figures {
    let mut kpis = Kpis::default();
    for history in histories(runs).await {
        kpis.add(&Account::of(history).unwrap().unwrap());
    }
    kpis.figures(Timestamp::default().after(DAY), None)
}

/// The time before record `n` becomes 2ⁿ ms, so that a sum says which records are in it.
fn spaced(mut history: History) -> History {
    let mut at = Timestamp::default();
    for record in &mut history.records {
        at = at.after(Duration::from_millis(1 << record.sequence));
        record.at = at;
    }
    history
}

#[tokio::test]
async fn time_counts_to_the_phase_that_was_left_and_nothing_is_lost() {
    let history = spaced(history(Run::default()).await);
    let timeline = Timeline::of(history.clone()).unwrap().unwrap();
    let events: Vec<&str> = timeline.entries.iter().map(|entry| entry.event).collect();
    let [detect, diagnose, decide, execute, verify] = [
        &["opened"][..],
        &["recalled", "classified", "analysed", "planned", "previewed"],
        &["decided", "intended", "rehearsed", "decided"],
        &["intended", "applied"],
        &["intended", "verified", "learned"],
    ];
    assert_eq!(events, [detect, diagnose, decide, execute, verify].concat());
    let split = timeline.account.split;
    let mut first = 0;
    for (part, records) in Part::ALL.into_iter().zip([detect, diagnose, decide, execute, verify]) {
        let next = first + records.len();
        assert_eq!(split.of(part), Duration::from_millis((1 << next) - (1 << first)), "{part:?}");
        first = next;
    }
    assert_eq!(split.total(), history.records.last().unwrap().at.since(Timestamp::default()));
}

#[tokio::test]
async fn waits_and_absent_workers_are_waiting_and_the_stability_window_is_verifying() {
    let limits = Limits { stability_observations: 2, stability_interval: Duration::from_secs(30), ..Limits::default() };
    let steady = account(Run { limits, ..Run::default() }).await;
    assert_eq!(steady.split.of(Part::Verify), Duration::from_secs(30));

    let mut crashed = history(Run::default()).await;
    crashed.records.truncate(4);
    let (at, sequence) = (Timestamp::default().after(DAY), crashed.records.len() as u64);
    let resumed = Event::Resumed { epoch: 2, worker: "second".into() };
    crashed.records.push(selfheal_core::ports::Record { schema: 1, sequence, at, event: resumed });
    let account = Account::of(crashed).unwrap().unwrap();
    assert_eq!((account.split.of(Part::Waiting), account.ending()), (DAY, Ending::Open));
}

#[tokio::test]
async fn a_clock_that_goes_back_stands_still_and_the_parts_still_add_up() {
    let mut history = spaced(history(Run::default()).await);
    let latest = history.records[5].at;
    history.records[6].at = Timestamp::default();
    history.records[7].at = latest.after(Duration::from_millis(3));
    history.records.truncate(8);
    let split = Account::of(history).unwrap().unwrap().split;
    assert_eq!(split.total(), latest.after(Duration::from_millis(3)).since(Timestamp::default()));
}

#[tokio::test]
async fn a_compacted_history_tells_what_its_state_knows_and_says_what_is_gone() {
    let whole = spaced(history(Run::default()).await);
    let (at, records) = (whole.records.last().unwrap().at, whole.records.len() as u64);
    let state = replay(whole).unwrap().0.unwrap();
    let snapshot = Some(Box::new(Snapshot { records, at, state }));
    let timeline = Timeline::of(History { snapshot, records: Vec::new() }).unwrap().unwrap();
    let account = timeline.account;
    assert_eq!((account.compacted.unwrap().records, timeline.entries), (records, Vec::new()));
    assert_eq!(account.split.of(Part::Compacted), account.split.total());
    assert_eq!(account.split.total(), at.since(Timestamp::default()));
    assert_eq!((account.ending(), account.state.tried.len()), (Ending::Healed, 1));
}

#[tokio::test]
async fn a_timeline_says_what_happened_and_quotes_the_cited_lines() {
    let timeline = Timeline::of(history(Run::default()).await).unwrap().unwrap();
    let entry = |event: &str| timeline.entries.iter().find(|entry| entry.event == event).unwrap();
    assert_eq!(entry("opened").words, "fake/thing/one failed in dev");
    let Detail::Concluded { quotes, .. } = &entry("analysed").detail else { panic!("no conclusion") };
    assert_eq!((quotes[0].line.read().as_str(), quotes[0].citation.line), ("error: mode is bad", 2));
    assert!(matches!(&entry("decided").detail, Detail::Decided(decision) if decision.verdict == Verdict::Allow));
    assert!(matches!(&entry("previewed").detail, Detail::Changes(previews) if previews.len() == 1));
    assert_eq!(entry("applied").words, "step 1 of 1 was applied: mode becomes good");
    assert_eq!(entry("learned").words, "remembered for the next time; closed: healed");
    let events: Vec<&str> = timeline.entries.iter().map(|entry| entry.event).collect();
    assert_eq!(events.len() as u64, timeline.account.records);
}

#[tokio::test]
async fn what_nothing_explains_is_shown_by_its_failing_lines() {
    let unknown = Run { known: Vec::new(), log: "step 1 ok\nerror: flux capacitor exploded\n", ..Run::default() };
    let timeline = Timeline::of(history(unknown).await).unwrap().unwrap();
    let quoted = |entry: &Entry| match &entry.detail {
        Detail::Concluded { quotes, .. } => quotes.iter().any(|quote| quote.line.read().contains("flux capacitor")),
        _ => false,
    };
    assert!(timeline.entries.iter().any(quoted), "{:#?}", timeline.entries);
    let last = timeline.entries.last().unwrap();
    assert!(last.words.contains("nothing known explains this failure"), "{}", last.words);
}

#[tokio::test]
async fn rates_come_with_their_numbers_and_dry_runs_are_in_none() {
    let dry_run = Limits { dry_run: true, ..Limits::default() };
    let runs = [
        Run::default(),
        Run::default(),
        Run { known: Vec::new(), log: "error: of another kind", ..Run::default() },
        Run { verdict: Verdict::Propose, environment: Environment::Production, ..Run::default() },
        Run { healthy: &[false], ..Run::default() },
        Run { limits: dry_run, ..Run::default() },
    ];
    let figures = figures(&runs).await;
    assert_eq!((figures.incidents, figures.endings[Ending::DryRun]), (6, 1));
    let rates = figures.rates;
    assert_eq!(rates.healed, Rate { count: 2, of: 5 });
    assert_eq!(rates.healed.share(), Some(0.4));
    assert_eq!(rates.escalated, Rate { count: 2, of: 5 });
    assert_eq!(rates.proposed, Rate { count: 1, of: 5 });
    assert_eq!(rates.rolled_back, Rate { count: 1, of: 3 });
    assert_eq!(rates.escalations_unacknowledged, Rate { count: 2, of: 2 });
    let named = |groups: &[selfheal_core::kpi::GroupFigures]| -> Vec<(String, u64)> {
        groups.iter().map(|group| (group.name.clone(), group.incidents)).collect()
    };
    assert_eq!(named(&figures.by_category), [("missing_configuration".into(), 5), ("unknown".into(), 1)]);
    assert_eq!(named(&figures.by_environment), [("dev".into(), 5), ("production".into(), 1)]);
    assert_eq!(figures.over_time.iter().map(|period| period.endings.all()).sum::<u64>(), 6);
}

#[tokio::test]
async fn nothing_has_no_rate_and_no_mean() {
    let figures = figures(&[]).await;
    assert_eq!(figures.rates.healed.share(), None);
    assert_eq!(figures.repair.spread.mean(), None);
    let json = serde_json::to_value(&figures).unwrap();
    assert!(json["rates"]["healed"]["share"].is_null() && json["repair"]["mean_ms"].is_null(), "{json}");
}

#[tokio::test]
async fn denials_are_counted_by_plan_and_by_rule() {
    let figures = figures(&[Run::default(), Run { verdict: Verdict::Deny, ..Run::default() }]).await;
    assert_eq!(figures.policy.denied, Rate { count: 1, of: 2 });
    assert_eq!(figures.policy.rejected, Rate { count: 1, of: 2 });
    assert_eq!(figures.policy.rules[0].rule, "(no rule allows it)");
}

#[tokio::test]
async fn a_failure_that_comes_again_is_a_repeat_and_another_one_is_not() {
    let other = || Run { log: "error: something else", ..Run::default() };
    let figures = figures(&[Run::default(), Run::default(), Run::default(), other()]).await;
    assert_eq!(figures.repeats.incidents, Rate { count: 2, of: 4 });
    assert_eq!((figures.repeats.different, figures.repeats.most_frequent[0].count), (1, 3));
}

#[tokio::test]
async fn the_mean_time_to_repair_is_of_the_healed_and_its_parts_add_up_to_it() {
    let mut kpis = Kpis::default();
    for _ in 0..3 {
        kpis.add(&Account::of(spaced(history(Run::default()).await)).unwrap().unwrap());
    }
    kpis.add(&account(Run { known: Vec::new(), ..Run::default() }).await);
    let repair = kpis.figures(Timestamp::default(), None).repair;
    assert_eq!(repair.spread.count(), 3);
    let all = u32::try_from(repair.spread.count()).unwrap() * repair.spread.mean().unwrap();
    assert_eq!(repair.split.total(), all);
    assert_eq!(repair.spread.quantile(0.9), repair.spread.mean(), "three times the same");
}

#[tokio::test]
async fn an_open_incident_is_in_no_rate_and_its_age_is_told() {
    let mut unfinished = history(Run::default()).await;
    unfinished.records.truncate(5);
    let account = Account::of(unfinished).unwrap().unwrap();
    assert!(!account.was_applied() && !account.has(TriedResult::Applied));
    let mut kpis = Kpis::default();
    kpis.add(&account);
    let figures = kpis.figures(Timestamp::default().after(DAY), Some(Rate::new(5, 5)));
    assert_eq!((figures.rates.healed.of, figures.open.count), (0, 1));
    assert_eq!(u128::from(figures.open.oldest[0].open_ms), DAY.as_millis());
    assert_eq!(figures.audit_coverage, Some(Rate { count: 5, of: 5 }));
}
