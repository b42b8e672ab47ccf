//! The day's ceiling over all processes that share a ledger.

use std::sync::Arc;

use proptest::prelude::*;
use selfheal_core::error::{ErrorKind, Retry};
use selfheal_core::ports::{Ledger, Note, Stream};
use selfheal_core::spending::{Amount, Budget, Day};
use selfheal_core::time::Timestamp;

use crate::ledgers::{Fault, SlowLedger};

const DAY_MS: u64 = 24 * 60 * 60 * 1000;
const NOON: Timestamp = Timestamp::from_millis(20_000 * DAY_MS + DAY_MS / 2);

fn all(n: u64) -> Amount {
    Amount { calls: n, tokens: n, micro_usd: n }
}

fn calls(calls: u64) -> Amount {
    Amount { calls, ..Amount::NONE }
}

/// What the ledger says that all have.
async fn total(ledger: &SlowLedger) -> Amount {
    let entries = ledger.read(&Stream::spending(Day::of(NOON)), 0, usize::MAX).await.unwrap();
    let Note::Allotted { total } = entries.last().unwrap().note else { panic!("no allotment") };
    total
}

#[tokio::test]
async fn sixteen_processes_that_want_more_get_exactly_the_ceiling() {
    let ledger = Arc::new(SlowLedger::default());
    let mut processes = tokio::task::JoinSet::new();
    for _ in 0..16 {
        let budget = Budget::shared(calls(1000), ledger.clone());
        processes.spawn(async move {
            let mut got = 0;
            while budget.take(NOON, calls(1)).await.is_ok() {
                got += 1;
                tokio::task::yield_now().await;
            }
            got
        });
    }
    let got: Vec<u64> = processes.join_all().await;
    assert_eq!(got.iter().sum::<u64>(), 1000, "{got:?}");
}

#[tokio::test]
async fn many_calls_of_one_process_take_few_parts() {
    let ledger = Arc::new(SlowLedger::default());
    let budget = Arc::new(Budget::shared(calls(5_000), ledger.clone()));
    let mut incidents = tokio::task::JoinSet::new();
    for _ in 0..1_000 {
        let budget = Arc::clone(&budget);
        incidents.spawn(async move { budget.take(NOON, calls(1)).await.is_ok() });
    }
    assert!(incidents.join_all().await.into_iter().all(|let_through| let_through));
    let parts = ledger.len(&Stream::spending(Day::of(NOON))).await.unwrap();
    assert!(parts <= 15, "{parts} parts");
}

#[tokio::test]
async fn idle_holders_do_not_use_the_day_up_among_themselves() {
    let ledger = Arc::new(SlowLedger::default());
    for process in 0..100 {
        let budget = Budget::shared(all(2_000), ledger.clone());
        assert!(budget.take(NOON, all(1)).await.is_ok(), "process {process}");
    }
}

#[tokio::test]
async fn what_is_not_used_is_given_back_when_nothing_is_under_way() {
    let ledger = Arc::new(SlowLedger::default());
    let (one, other) = (Budget::shared(all(100), ledger.clone()), Budget::shared(all(100), ledger.clone()));
    let day = one.take(NOON, all(60)).await.unwrap();
    assert_eq!(other.take(NOON, all(60)).await.unwrap_err().kind(), ErrorKind::LimitReached);
    one.give_back(day, all(30));
    one.settle(NOON).await.unwrap();
    assert_eq!(total(&ledger).await, all(30));
    assert!(other.take(NOON, all(60)).await.is_ok());
    let entries = ledger.len(&Stream::spending(day)).await.unwrap();
    one.settle(NOON).await.unwrap();
    assert_eq!(ledger.len(&Stream::spending(day)).await.unwrap(), entries, "there is nothing more to give back");
}

#[tokio::test]
async fn what_was_used_beyond_what_was_taken_counts_too() {
    let ledger = Arc::new(SlowLedger::default());
    let budget = Budget::shared(all(10), ledger.clone());
    let day = budget.take(NOON, all(8)).await.unwrap();
    budget.overrun(day, all(5));
    assert_eq!(budget.take(NOON, all(1)).await.unwrap_err().kind(), ErrorKind::LimitReached);
    budget.settle(NOON).await.unwrap();
    assert_eq!(total(&ledger).await, all(13));
    budget.settle(NOON).await.unwrap();
    assert_eq!(total(&ledger).await, all(13), "it is counted once");
}

#[tokio::test]
async fn nothing_is_let_through_while_nobody_can_tell() {
    let ledger = Arc::new(SlowLedger::default());
    let budget = Budget::shared(all(100), ledger.clone());
    for (fault, retry) in [(Fault::Down, Retry::Retryable), (Fault::Unheard, Retry::UnknownOutcome)] {
        ledger.fail(Some(fault));
        let refused = budget.take(NOON, all(1)).await.unwrap_err();
        assert_eq!((refused.kind(), refused.retry()), (ErrorKind::Unavailable, retry));
    }
    ledger.fail(None);
    assert!(budget.take(NOON, all(1)).await.is_ok(), "once it answers again, calls are let through");
}

#[tokio::test]
async fn a_stream_that_does_not_tell_lets_nothing_through() {
    let ledger = Arc::new(SlowLedger::default());
    let stream = Stream::spending(Day::of(NOON));
    ledger.append(&stream, 0, NOON, &Note::RunPassed).await.unwrap();
    let budget = Budget::shared(all(100), ledger.clone());
    assert_eq!(budget.take(NOON, all(1)).await.unwrap_err().kind(), ErrorKind::Unavailable);
    ledger.forget(&stream, NOON.after(std::time::Duration::from_secs(1))).await.unwrap();
    assert_eq!(budget.take(NOON, all(1)).await.unwrap_err().kind(), ErrorKind::Unavailable);
}

#[tokio::test]
async fn a_new_day_has_its_own_ceiling_and_a_clock_that_steps_back_opens_none() {
    let (ledger, tomorrow) = (Arc::new(SlowLedger::default()), Timestamp::from_millis(NOON.as_millis() + DAY_MS));
    for budget in [Budget::shared(all(10), ledger.clone()), Budget::of_this_process(all(10))] {
        let today = budget.take(NOON, all(10)).await.unwrap();
        assert!(budget.take(NOON, all(1)).await.is_err());
        budget.take(tomorrow, all(10)).await.unwrap();
        budget.give_back(today, all(10));
        for now in [tomorrow, NOON, Timestamp::default()] {
            assert_eq!(budget.take(now, all(1)).await.unwrap_err().kind(), ErrorKind::LimitReached, "{now:?}");
        }
    }
}

#[tokio::test]
async fn days_long_past_are_dropped() {
    let ledger = Arc::new(SlowLedger::default());
    let budget = Budget::shared(all(10), ledger.clone());
    for day in 0..30 {
        budget.take(Timestamp::from_millis(NOON.as_millis() + day * DAY_MS), all(1)).await.unwrap();
    }
    let mut kept = 0;
    for day in 0..30 {
        let stream = Stream::spending(Day::of(Timestamp::from_millis(NOON.as_millis() + day * DAY_MS)));
        kept += ledger.read(&stream, 0, usize::MAX).await.unwrap().len();
    }
    assert!(kept <= 8, "{kept} entries");
}

/// What a process does next.
#[derive(Debug, Clone)]
enum Step {
    Take(u64),
    /// Ends its oldest call, having used so many hundredths of what it took.
    End(u64),
    Settle,
    Die,
}

fn steps() -> impl Strategy<Value = Vec<(usize, Step)>> {
    let step = prop_oneof![
        5 => (1u64..30).prop_map(Step::Take),
        4 => (0u64..=100).prop_map(Step::End),
        1 => Just(Step::Settle),
        1 => Just(Step::Die),
    ];
    proptest::collection::vec((0usize..3, step), 1..200)
}

/// A process with the calls that are under way.
struct Process {
    budget: Budget,
    under_way: Vec<(Day, u64)>,
}

proptest! {
    /// Calls that a process was in when it died count as the most that they could take.
    #[test]
    fn whatever_processes_do_they_never_have_more_than_the_ceiling(steps in steps(), ceiling in 1u64..200) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let spent = runtime.block_on(async {
            let ledger = Arc::new(SlowLedger::default());
            let start = || Process { budget: Budget::shared(all(ceiling), ledger.clone()), under_way: Vec::new() };
            let mut processes = [start(), start(), start()];
            let (mut spent, mut most) = (0, 0);
            for (which, step) in steps {
                let process = &mut processes[which];
                match step {
                    Step::Take(n) => {
                        if let Ok(day) = process.budget.take(NOON, all(n)).await {
                            process.under_way.push((day, n));
                        }
                    }
                    Step::End(hundredths) if !process.under_way.is_empty() => {
                        let (day, taken) = process.under_way.remove(0);
                        let used = taken * hundredths / 100;
                        process.budget.give_back(day, all(taken - used));
                        spent += used;
                    }
                    Step::End(_) => {}
                    Step::Settle => process.budget.settle(NOON).await.unwrap(),
                    Step::Die => {
                        spent += process.under_way.iter().map(|(_, taken)| taken).sum::<u64>();
                        *process = start();
                    }
                }
                let under_way: u64 = processes.iter().flat_map(|process| &process.under_way).map(|(_, n)| n).sum();
                most = most.max(spent + under_way);
            }
            most
        });
        prop_assert!(spent <= ceiling, "{spent} of {ceiling}");
    }
}
