//! What the loop costs around its visits: one incident with one rejected plan and one failed apply.
//!
//! `cargo bench -p selfheal-benches --bench orchestrator [-- --quick]`

#![allow(clippy::print_stdout, reason = "a bench prints its figures")]

use std::sync::Arc;
use std::time::Duration;

use selfheal_benches::Failed;
use selfheal_benches::floor::{self, Crew, Inputs, Step, of_agents, of_ports};
use selfheal_benches::incident::{InMemoryPorts, signals};
use selfheal_benches::ports::Visited;
use selfheal_benches::timing::{Sample, Spread, interleaved, timed};
use selfheal_core::engine::Outcome;
use selfheal_core::incident::{Fingerprint, Signal};
use selfheal_core::journal::InMemoryJournal;
use selfheal_core::orchestrator::{Cancellation, Orchestrator};
use tokio::runtime::Runtime;

/// Incidents per sample, healed one after the other.
const BATCH: usize = 32;

fn main() -> Result<(), Failed> {
    let rounds = if std::env::args().any(|argument| argument == "--quick") { 200 } else { 2_000 };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    let bench = Bench::record(runtime)?;
    let spreads = interleaved(rounds, &mut bench.variants())?;
    bench.print(rounds, &spreads);
    Ok(())
}

struct Bench {
    runtime: Runtime,
    signals: Vec<Signal>,
    inputs: Vec<Inputs>,
    visits: Vec<&'static str>,
}

impl Bench {
    /// Heals a batch once and keeps what the ports were asked.
    fn record(runtime: Runtime) -> Result<Self, Failed> {
        let ports = InMemoryPorts::with_detours(BATCH);
        let visited = Arc::new(Visited::default());
        let orchestrator = ports.builder().progress(visited.clone()).build()?;
        let signals = signals(BATCH);
        let mut inputs = Vec::with_capacity(BATCH);
        for signal in &signals {
            let report = runtime.block_on(orchestrator.heal(signal.clone(), &Cancellation::new()))?;
            if report.outcome() != Some(&Outcome::Healed) {
                return Err(format!("expected a heal, got {:?}", report.outcome()).into());
            }
            inputs.push(Inputs::recorded(report, ports.executor.as_ref())?);
        }
        let visits: Vec<&str> = visited.names().drain(..).take(visited.names().len() / BATCH).collect();
        same_path(&visits, &of_ports())?;
        same_path(&visits, &of_agents())?;
        Ok(Self { runtime, signals, inputs, visits })
    }

    fn variants(&self) -> Vec<Sample<'_>> {
        let (of_ports, of_agents) = (of_ports(), of_agents());
        vec![
            Box::new(move || self.plain(&of_ports, &InMemoryPorts::with_detours(BATCH))),
            Box::new(move || self.plain(&of_agents, &Crew::new(&InMemoryPorts::with_detours(BATCH)))),
            Box::new(|| self.healed(InMemoryPorts::with_detours(BATCH).builder().build()?)),
            Box::new(|| {
                let journal = Arc::new(InMemoryJournal::default());
                self.healed(InMemoryPorts::with_detours(BATCH).builder().journal(journal).build()?)
            }),
            Box::new(|| self.fingerprints()),
        ]
    }

    fn plain<C>(&self, steps: &[Step<C>], context: &C) -> Result<Duration, Failed> {
        let (took, done) = timed(|| {
            self.runtime.block_on(async {
                for inputs in &self.inputs {
                    floor::run(steps, context, inputs).await?;
                }
                Ok(())
            })
        });
        done.map(|()| took)
    }

    fn healed(&self, orchestrator: Orchestrator) -> Result<Duration, Failed> {
        let signals = self.signals.clone();
        let cancel = Cancellation::new();
        let (took, done) = timed(|| {
            self.runtime.block_on(async {
                for signal in signals {
                    orchestrator.heal(signal, &cancel).await?;
                }
                Ok(())
            })
        });
        done.map(|()| took)
    }

    fn fingerprints(&self) -> Result<Duration, Failed> {
        let (took, _) = timed(|| {
            for signal in &self.signals {
                std::hint::black_box(Fingerprint::of(&signal.resource, &signal.facts, &signal.evidence));
            }
        });
        Ok(took)
    }

    fn print(&self, rounds: usize, spreads: &[Spread]) {
        println!("path: {} visits: {}", self.visits.len(), self.visits.join(", "));
        println!("{rounds} interleaved samples of {BATCH} incidents; µs per incident\n");
        println!("{:44} {:>8} {:>8} {:>8} {:>9}", "", "p10", "median", "p90", "per visit");
        let names = [
            "plain loop, bare port calls",
            "plain loop, same visits",
            "orchestrator, journal off",
            "orchestrator, journal in memory",
            "of which in each: fingerprint of the evidence",
        ];
        for (name, spread) in names.iter().zip(spreads) {
            let micros = |share| spread.at(share).as_secs_f64() * 1e6 / BATCH as f64;
            let visits = self.visits.len() as f64;
            println!(
                "{name:44} {:8.2} {:8.2} {:8.2} {:9.3}",
                micros(0.1),
                micros(0.5),
                micros(0.9),
                micros(0.5) / visits
            );
        }
        let seconds = |variant: usize| spreads[variant].median().as_secs_f64();
        let added = (seconds(2) - seconds(1)) * 1e6 / BATCH as f64;
        println!("\norchestrator / plain loop of the same visits: {:.2} (at most 2)", seconds(2) / seconds(1));
        println!("  the fingerprint left out of both: {:.2}", (seconds(2) - seconds(4)) / (seconds(1) - seconds(4)));
        println!("  engine and orchestrator add {:.2} µs per visit", added / self.visits.len() as f64);
        println!("orchestrator / plain loop of bare port calls: {:.2}", seconds(2) / seconds(0));
    }
}

fn same_path<C>(visits: &[&str], steps: &[Step<C>]) -> Result<(), Failed> {
    let plain: Vec<&str> = steps.iter().map(Step::name).collect();
    if plain == visits { Ok(()) } else { Err(format!("expected the visits {visits:?}, got {plain:?}").into()) }
}
