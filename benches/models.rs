//! What language models cost a heal: the time of one novel incident, of one that comes again, of 1,000 at once; and that a day full
//! of incidents makes no more calls than its ceiling.
//!
//! `cargo bench -p selfheal-benches --bench models [-- --quick]`

#![allow(clippy::print_stdout, reason = "a bench prints its figures")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use selfheal_benches::Failed;
use selfheal_benches::incident::{InMemoryPorts, signals};
use selfheal_benches::novel::{Models, Pace, builder, generous};
use selfheal_benches::slow::{self, slowed};
use selfheal_benches::timing::{Sample, Spread, interleaved, timed};
use selfheal_core::engine::Outcome;
use selfheal_core::error::Result as PortResult;
use selfheal_core::evidence::Untrusted;
use selfheal_core::incident::Signal;
use selfheal_core::journal::InMemoryJournal;
use selfheal_core::ledger::InMemoryLedger;
use selfheal_core::limits::Limits;
use selfheal_core::orchestrator::{Cancellation, Orchestrator, Report};
use selfheal_core::ports::{LlmProvider, LlmRequest, LlmResponse, TokenUsage};
use selfheal_core::spending::{CallEnd, Ceilings, Meter, PlannedCall, Price};
use selfheal_core::testing::{ManualClock, SeededEntropy};
use selfheal_core::time::Timestamp;
use selfheal_memory::InMemory;
use tokio::runtime::{Builder, Runtime};

const PUBLISHED: Pace = Pace { small: Duration::from_millis(300), large: Duration::from_millis(900) };
const AT_ONCE: usize = 1_000;
const CALL: Duration = Duration::from_millis(20);
/// Questions of one incident that wait for each other: analyst (the classifier beside it), strategist, auditor.
const IN_A_ROW: u32 = 3;
const OF_A_DAY: usize = 10_000;
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

fn main() -> Result<(), Failed> {
    let quick = std::env::args().any(|argument| argument == "--quick");
    let runtime = Builder::new_current_thread().enable_time().build()?;
    println!("small models {} ms, large ones {} ms", PUBLISHED.small.as_millis(), PUBLISHED.large.as_millis());
    novel(&runtime, if quick { 3 } else { 10 })?;
    recurring(&runtime, if quick { 100 } else { 1_000 })?;
    at_once(if quick { 3 } else { 10 })?;
    a_day(&runtime)
}

/// Until the auditor is asked, and until it is healed.
fn novel(runtime: &Runtime, rounds: usize) -> Result<(), Failed> {
    for (name, looks_up) in [("the log tells", false), ("something is looked up first", true)] {
        let (mut asked, mut healed) = (Vec::new(), Vec::new());
        for _ in 0..rounds {
            let models = Models::new(PUBLISHED);
            let models = Arc::new(if looks_up { models.looking_up() } else { models });
            let orchestrator = builder(&InMemoryPorts::straight(), models.clone()).build()?;
            let started = now();
            heal(runtime, &orchestrator, one()?)?;
            healed.push(now().duration_since(started));
            asked.push(models.auditor_asked().ok_or("the auditor was not asked")?.duration_since(started));
        }
        let line = |what: &str, times: Vec<Duration>, bound: &str| {
            let spread = Spread::of(times);
            println!("  {what:42} {:7.1} ms, most {:7.1} ms{bound}", millis(&spread, 0.5), millis(&spread, 1.0));
        };
        println!("a novel incident, {name}");
        line("until the auditor is asked", asked, if looks_up { "" } else { " (at most 2200)" });
        line("until it is healed", healed, "");
    }
    Ok(())
}

/// The same failure again, with what memory learned from the first time.
fn recurring(runtime: &Runtime, rounds: usize) -> Result<(), Failed> {
    let models = Arc::new(Models::new(Pace { small: Duration::ZERO, large: Duration::ZERO }));
    let ports = InMemoryPorts { memory: Arc::new(InMemory::default()), ..InMemoryPorts::straight() };
    let orchestrator =
        builder(&ports, models.clone()).limits(generous(1)).journal(Arc::new(InMemoryJournal::default())).build()?;
    heal(runtime, &orchestrator, one()?)?;
    let calls = models.calls();
    let mut times = Vec::with_capacity(rounds);
    for _ in 0..rounds {
        let signal = one()?;
        let (took, report) = timed(|| heal(runtime, &orchestrator, signal));
        if !report?.diagnosis_skipped() {
            return Err("expected the proven fix to be taken from memory".into());
        }
        times.push(took);
    }
    let spread = Spread::of(times);
    println!(
        "a recurring incident: {:.3} ms, p99 {:.3} ms (at most 10), {} calls of models",
        millis(&spread, 0.5),
        millis(&spread, 0.99),
        models.calls() - calls
    );
    Ok(())
}

/// All at the same moment, which is when the healer's own work weighs most.
fn at_once(rounds: usize) -> Result<(), Failed> {
    let one_thread = Builder::new_current_thread().enable_time().build()?;
    let all_threads = Builder::new_multi_thread().enable_time().build()?;
    let port_calls = port_calls(&one_thread)?;
    let short = Pace { small: CALL, large: CALL };
    let of_models = CALL * IN_A_ROW;
    let published = PUBLISHED.large * 2 + PUBLISHED.small;
    let rows = [
        ("only models take time", &one_thread, short, Duration::ZERO, of_models),
        ("the same on all processors", &all_threads, short, Duration::ZERO, of_models),
        ("every port takes time", &one_thread, short, CALL, of_models + CALL * port_calls),
        ("the same on all processors", &all_threads, short, CALL, of_models + CALL * port_calls),
        ("models of 300 and 900 ms", &one_thread, PUBLISHED, Duration::ZERO, published),
    ];
    let mut samples: Vec<Sample<'_>> = Vec::new();
    for (_, runtime, models, ports, _) in rows {
        samples.push(Box::new(move || all(runtime, models, ports)));
    }
    let spreads = interleaved(rounds, &mut samples)?;
    println!(
        "{AT_ONCE} novel incidents at once, calls of {} ms unless said otherwise, {rounds} samples",
        CALL.as_millis()
    );
    for ((name, _, _, _, ideal), spread) in rows.iter().zip(&spreads) {
        let ratio = spread.median().as_secs_f64() / ideal.as_secs_f64();
        println!(
            "  {name:28} {:7.1} ms, ideal {:6.1} ms: {ratio:.3} (at most 1.25)",
            millis(spread, 0.5),
            ideal.as_secs_f64() * 1e3
        );
    }
    Ok(())
}

/// Calls of ports in one incident; the rehearsal's is beside the auditor's.
fn port_calls(runtime: &Runtime) -> Result<u32, Failed> {
    let pace = slow::Pace::new(Duration::ZERO);
    let models = Arc::new(Models::new(Pace { small: Duration::ZERO, large: Duration::ZERO }));
    let orchestrator = builder(&slowed(InMemoryPorts::straight(), &pace), models).limits(generous(1)).build()?;
    heal(runtime, &orchestrator, one()?)?;
    Ok(u32::try_from(pace.calls())?.saturating_sub(1))
}

fn all(runtime: &Runtime, models: Pace, ports: Duration) -> Result<Duration, Failed> {
    let models = Arc::new(Models::new(models));
    let straight = InMemoryPorts::straight();
    let ports = if ports.is_zero() { straight } else { slowed(straight, &slow::Pace::new(ports)) };
    let orchestrator = Arc::new(builder(&ports, models).limits(generous(AT_ONCE)).build()?);
    let signals = signals(AT_ONCE);
    let (took, ended) = timed(|| {
        runtime.block_on(async {
            let spawn = |signal| {
                let orchestrator = Arc::clone(&orchestrator);
                tokio::spawn(async move { orchestrator.heal(signal, &Cancellation::new()).await })
            };
            let tasks: Vec<_> = signals.into_iter().map(spawn).collect();
            for task in tasks {
                expect_healed(&task.await??)?;
            }
            Ok::<_, Failed>(())
        })
    });
    ended.map(|()| took)
}

/// A day of incidents with models whose answers are never of use.
fn a_day(runtime: &Runtime) -> Result<(), Failed> {
    let clock = Arc::new(ManualClock::default());
    let useless = Arc::new(Useless::default());
    let orchestrator = builder(&InMemoryPorts::straight(), useless.clone())
        .ledger(Arc::new(InMemoryLedger::default()))
        .clock(clock.clone())
        .entropy(Arc::new(SeededEntropy::new(1)))
        .limits(Limits::default())
        .build()?;
    let ceiling = Ceilings::default().per_day;
    for (number, signal) in (0_u32..).zip(signals(OF_A_DAY)) {
        clock.advance_to(Timestamp::default().after(DAY / u32::try_from(OF_A_DAY)? * number));
        runtime.block_on(orchestrator.heal(signal, &Cancellation::new()))?;
    }
    let calls = useless.0.load(Ordering::Relaxed);
    println!("a day of {OF_A_DAY} incidents with useless models: {calls} calls, ceiling {}", ceiling.calls);
    match calls <= ceiling.calls && clock_day(&clock) {
        true => Ok(()),
        false => Err("more calls than the ceiling allows, or more than a day".into()),
    }
}

fn clock_day(clock: &ManualClock) -> bool {
    selfheal_core::ports::Clock::now(clock).since(Timestamp::default()) < DAY
}

/// Answers, and says nothing.
#[derive(Default)]
struct Useless(AtomicU64);

#[async_trait]
impl LlmProvider for Useless {
    async fn complete(&self, request: &LlmRequest, meter: &Meter) -> PortResult<LlmResponse> {
        let planned = PlannedCall {
            provider: "useless",
            model: "useless",
            input_tokens: request.input_bytes() as u64,
            output_tokens: u64::from(request.max_output_tokens),
            price: Price::default(),
        };
        let call = meter.begin(&planned).await?;
        self.0.fetch_add(1, Ordering::Relaxed);
        let usage = TokenUsage { input: 1, output: 1 };
        call.ended(CallEnd::Answered { usage });
        let content =
            Untrusted::new(r#"{"answer": "as a language model I would rather talk about gardens"}"#.to_owned());
        Ok(LlmResponse { content, tool_calls: Vec::new(), usage, model: "useless".to_owned() })
    }
}

fn one() -> Result<Signal, Failed> {
    signals(1).pop().ok_or_else(|| "no signal".into())
}

fn heal(runtime: &Runtime, orchestrator: &Orchestrator, signal: Signal) -> Result<Report, Failed> {
    let report = runtime.block_on(orchestrator.heal(signal, &Cancellation::new()))?;
    expect_healed(&report)?;
    Ok(report)
}

fn expect_healed(report: &Report) -> Result<(), Failed> {
    match report.outcome() {
        Some(Outcome::Healed) => Ok(()),
        other => Err(format!("expected a heal, got {other:?}").into()),
    }
}

fn millis(spread: &Spread, share: f64) -> f64 {
    spread.at(share).as_secs_f64() * 1e3
}

#[allow(clippy::disallowed_methods, reason = "a bench measures wall time")]
fn now() -> Instant {
    Instant::now()
}
