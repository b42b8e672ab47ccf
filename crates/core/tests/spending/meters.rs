//! The meter of one incident.

use std::sync::Arc;

use proptest::prelude::*;
use selfheal_core::error::ErrorKind;
use selfheal_core::ports::TokenUsage;
use selfheal_core::spending::{Amount, Budget, CallEnd, Meter, PlannedCall, Price};
use selfheal_core::testing::ManualClock;

use crate::ledgers::{Fault, SlowLedger};

const PRICE: Price = Price { input_per_million: 2_000_000, output_per_million: 4_000_000 };

fn planned(input_tokens: u64, output_tokens: u64) -> PlannedCall<'static> {
    PlannedCall { provider: "p", model: "m", input_tokens, output_tokens, price: PRICE }
}

fn left() -> Amount {
    Amount { calls: 20, tokens: 10_000, micro_usd: 30_000 }
}

fn meter(left: Amount, day: Amount) -> Meter {
    Meter::new(left, Arc::new(Budget::of_this_process(day)), Arc::new(ManualClock::default()))
}

fn answered(input: u32, output: u32) -> CallEnd {
    CallEnd::Answered { usage: TokenUsage { input, output } }
}

#[tokio::test]
async fn what_a_call_did_not_take_is_given_back() {
    let meter = meter(left(), left());
    meter.begin(&planned(100, 100)).await.unwrap().ended(answered(40, 10));
    assert_eq!(meter.left(), Amount { calls: 19, tokens: 9_950, micro_usd: 30_000 - 120 });
    meter.begin(&planned(100, 100)).await.unwrap().ended(CallEnd::Refused { why: "429".to_owned() });
    assert_eq!(meter.left(), Amount { calls: 18, tokens: 9_950, micro_usd: 30_000 - 120 });
}

#[tokio::test]
async fn a_call_that_is_given_up_counts_as_the_most_it_could_take() {
    let meter = meter(left(), left());
    drop(meter.begin(&planned(100, 100)).await.unwrap());
    assert_eq!(meter.left(), Amount { calls: 19, tokens: 9_800, micro_usd: 30_000 - 600 });
    let [made] = &meter.drain()[..] else { panic!("one call was made") };
    assert!(matches!(made.end, CallEnd::Failed { .. }));
    assert_eq!(made.spent.tokens, 200);
}

#[tokio::test]
async fn a_cache_costs_nothing_and_shows() {
    let meter = meter(left(), left());
    meter.note_cached("cache", "m");
    assert_eq!(meter.left(), left());
    assert_eq!(meter.drain()[0].end, CallEnd::Cached);
}

#[tokio::test]
async fn what_the_day_refuses_is_not_taken_of_the_incident() {
    let day = Amount { tokens: 10, ..left() };
    let meter = meter(left(), day);
    assert_eq!(meter.begin(&planned(100, 100)).await.err().unwrap().kind(), ErrorKind::LimitReached);
    assert_eq!((meter.left(), meter.drain()), (left(), Vec::new()));
}

#[tokio::test]
async fn a_call_that_is_given_up_before_it_was_let_through_takes_nothing() {
    let ledger = Arc::new(SlowLedger::default());
    let budget = Arc::new(Budget::shared(left(), ledger.clone()));
    let meter = Meter::new(left(), budget, Arc::new(ManualClock::default()));
    let call = planned(100, 100);
    tokio::select! {
        biased;
        _ = meter.begin(&call) => panic!("the ledger is slow"),
        () = std::future::ready(()) => {}
    }
    assert_eq!(meter.left(), left());
    ledger.fail(Some(Fault::Down));
    assert_eq!(meter.begin(&planned(1, 1)).await.err().unwrap().kind(), ErrorKind::Unavailable);
    assert_eq!(meter.left(), left());
}

#[tokio::test]
async fn a_long_reason_is_cut() {
    let meter = meter(left(), left());
    meter.begin(&planned(1, 1)).await.unwrap().ended(CallEnd::Failed { why: "ä".repeat(10_000) });
    let made = meter.drain();
    assert!(matches!(&made[0].end, CallEnd::Failed { why } if why.len() <= 512));
}

/// What happens to calls next.
#[derive(Debug, Clone)]
enum Step {
    Begin(u32, u32),
    /// The oldest one ends, having used so many hundredths.
    Answer(u32),
    Refuse,
    Fail,
    Drop,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => (0u32..2_000, 0u32..500).prop_map(|(input, output)| Step::Begin(input, output)),
        2 => (0u32..=100).prop_map(Step::Answer),
        1 => Just(Step::Refuse),
        1 => Just(Step::Fail),
        1 => Just(Step::Drop),
    ];
    proptest::collection::vec(step, 1..100)
}

proptest! {
    #[test]
    fn however_calls_interleave_both_ceilings_hold_and_what_is_left_is_what_was_not_spent(
        steps in steps(), day_tokens in 0u64..20_000,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let day = Amount { tokens: day_tokens, ..left() };
        let (made, rest) = runtime.block_on(async {
            let meter = meter(left(), day);
            let mut under_way = std::collections::VecDeque::new();
            for step in steps {
                if let Step::Begin(input, output) = step {
                    if let Ok(call) = meter.begin(&planned(input.into(), output.into())).await {
                        under_way.push_back((call, input, output));
                    }
                    continue;
                }
                let Some((call, input, output)) = under_way.pop_front() else { continue };
                match step {
                    Step::Answer(part) => call.ended(answered(input * part / 100, output * part / 100)),
                    Step::Refuse => call.ended(CallEnd::Refused { why: String::new() }),
                    Step::Fail => call.ended(CallEnd::Failed { why: String::new() }),
                    Step::Drop | Step::Begin(..) => drop(call),
                }
            }
            drop(under_way);
            (meter.drain(), meter.left())
        });
        let spent = made.iter().fold(Amount::NONE, |sum, call| sum.and(call.spent));
        prop_assert_eq!(spent.beyond(left()), None);
        prop_assert_eq!(spent.beyond(day), None);
        prop_assert_eq!(rest, left().without(spent));
    }
}
