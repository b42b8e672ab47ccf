//! What many incidents cost while they wait: 1,000 at once on one thread, every port call taking 20 ms.
//!
//! `cargo bench -p selfheal-benches --bench waiting [-- --quick]`

#![allow(clippy::print_stdout, reason = "a bench prints its figures")]

use std::mem::size_of_val;
use std::sync::Arc;
use std::time::Duration;

use peak_alloc::PeakAlloc;
use selfheal_benches::Failed;
use selfheal_benches::incident::{InMemoryPorts, signals};
use selfheal_benches::slow::{Pace, slowed};
use selfheal_benches::timing::{Sample, Spread, interleaved, timed};
use selfheal_core::engine::Outcome;
use selfheal_core::incident::Signal;
use selfheal_core::limits::Limits;
use selfheal_core::orchestrator::{Cancellation, Orchestrator};
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;

#[global_allocator]
static LIVE: PeakAlloc = PeakAlloc;

const INCIDENTS: usize = 1_000;
const CALL: Duration = Duration::from_millis(20);

fn main() -> Result<(), Failed> {
    let rounds = if std::env::args().any(|argument| argument == "--quick") { 3 } else { 20 };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    let calls = calls_of_one(&runtime)?;
    let mut peak = 0;
    let spreads = {
        let plain: Sample<'_> = Box::new(|| plain(&runtime, calls));
        let healed: Sample<'_> = Box::new(|| healed(&runtime, &mut peak));
        interleaved(rounds, &mut [plain, healed])?
    };
    print(rounds, calls, &spreads, peak);
    Ok(())
}

fn orchestrator(pace: &Arc<Pace>) -> Result<Orchestrator, Failed> {
    let limits = Limits { concurrent_incidents: INCIDENTS, ..Limits::default() };
    Ok(slowed(InMemoryPorts::straight(), pace).builder().limits(limits).build()?)
}

/// How many calls one incident waits for, one after the other.
fn calls_of_one(runtime: &Runtime) -> Result<usize, Failed> {
    let pace = Pace::new(Duration::ZERO);
    let orchestrator = orchestrator(&pace)?;
    for signal in signals(1) {
        let cancel = Cancellation::new();
        let healing = orchestrator.heal(signal, &cancel);
        println!("the future of one incident: {} bytes", size_of_val(&healing));
        runtime.block_on(healing)?;
    }
    Ok(pace.calls())
}

fn healed(runtime: &Runtime, peak: &mut usize) -> Result<Duration, Failed> {
    let pace = Pace::new(CALL);
    let orchestrator = Arc::new(orchestrator(&pace)?);
    // Before the signals are made: what an incident's evidence takes counts as the incident's.
    let before = LIVE.current_usage();
    LIVE.reset_peak_usage();
    let signals = signals(INCIDENTS);
    // One for all, as a host that hears one request to stop has it.
    let cancel = Cancellation::new();
    let (took, ended) = timed(|| {
        runtime.block_on(async {
            let mut tasks = Vec::with_capacity(INCIDENTS);
            tasks.extend(signals.into_iter().map(|signal| spawn(&orchestrator, signal, &cancel)));
            all(tasks).await
        })
    });
    *peak = (*peak).max(LIVE.peak_usage().saturating_sub(before));
    ended.map(|()| took)
}

fn spawn(orchestrator: &Arc<Orchestrator>, signal: Signal, cancel: &Cancellation) -> JoinHandle<bool> {
    let (orchestrator, cancel) = (Arc::clone(orchestrator), cancel.clone());
    tokio::spawn(async move {
        let report = orchestrator.heal(signal, &cancel).await;
        report.is_ok_and(|report| report.outcome() == Some(&Outcome::Healed))
    })
}

async fn all(tasks: Vec<JoinHandle<bool>>) -> Result<(), Failed> {
    for task in tasks {
        if !task.await? {
            return Err("an incident was not healed".into());
        }
    }
    Ok(())
}

/// The timer's own share: as many tasks that only sleep.
fn plain(runtime: &Runtime, calls: usize) -> Result<Duration, Failed> {
    let sleeper = || {
        tokio::spawn(async move {
            for _ in 0..calls {
                tokio::time::sleep(CALL).await;
            }
            true
        })
    };
    let (took, ended) = timed(|| runtime.block_on(async { all((0..INCIDENTS).map(|_| sleeper()).collect()).await }));
    ended.map(|()| took)
}

fn print(rounds: usize, calls: usize, spreads: &[Spread], peak: usize) {
    let ideal = CALL.as_secs_f64() * calls as f64;
    println!(
        "{INCIDENTS} incidents at once on one thread, {calls} calls of {} ms each; {rounds} samples\n",
        CALL.as_millis()
    );
    println!("{:28} {:>9} {:>9} {:>13}", "", "median", "p90", "median/ideal");
    println!("{:28} {:6.1} ms", "ideal", ideal * 1e3);
    for (name, spread) in ["tasks that only sleep", "orchestrator"].iter().zip(spreads) {
        let seconds = |share| spread.at(share).as_secs_f64();
        println!("{name:28} {:6.1} ms {:6.1} ms {:13.3}", seconds(0.5) * 1e3, seconds(0.9) * 1e3, seconds(0.5) / ideal);
    }
    println!("\npeak live bytes per incident, its signal and evidence included: {} (at most 8192)", peak / INCIDENTS);
}
