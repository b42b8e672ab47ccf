//! Several workers on one Postgres: any of them may be killed or paused, and nothing is lost and nothing done twice.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "says what happened")]

#[cfg(test)]
mod conformance;
mod executor;
#[cfg(feature = "failpoints")]
mod failpoints;
mod knowledge;
mod ledger;
mod run;
mod site;
mod things;

use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, Subcommand};
use selfheal_core::error::ErrorKind;
use selfheal_core::incident::{IncidentId, Signal};
use selfheal_core::resource::{Environment, ResourceRef};

use executor::SYSTEM;
use knowledge::facts;
use site::Site;
use things::Thing;

/// Whatever goes wrong is told and ends the program.
type Failure = Box<dyn std::error::Error>;

#[derive(Debug, Parser)]
#[command(about = "Heals things, beside other workers on the same Postgres")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Breaks things and opens an incident for each, for whichever worker comes.
    Open {
        #[command(flatten)]
        site: Site,
        /// How many.
        count: u32,
        /// How many more that nothing helps: what is tried is taken back, and a person is told.
        #[arg(long, default_value_t = 0)]
        incurable: u32,
    },
    /// Works on what is open until it gets SIGTERM.
    Run {
        #[command(flatten)]
        site: Site,
        /// Leave once nothing was open for so many milliseconds.
        #[arg(long)]
        until_idle_ms: Option<u64>,
    },
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    #[cfg(feature = "failpoints")]
    failpoints::install();
    match carry_out(Arguments::parse().command).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn carry_out(command: Command) -> Result<(), Failure> {
    match command {
        Command::Open { site, count, incurable } => open(&site, count, incurable).await,
        Command::Run { site, until_idle_ms } => {
            let journal = site.journal().await?;
            let healer = site.healer(journal.clone())?;
            run::run(&healer, &journal, until_idle_ms.map(Duration::from_millis)).await?;
            Ok(journal.close().await?)
        }
    }
}

async fn open(site: &Site, count: u32, incurable: u32) -> Result<(), Failure> {
    let (things, journal) = (site.things(), site.journal().await?);
    let healer = site.healer(journal.clone())?;
    let curable = (1..=count).map(|number| (format!("thing-{number:03}"), Thing::found(false)));
    let incurable = (1..=incurable).map(|number| (format!("incurable-{number:03}"), Thing::found(true)));
    for (name, thing) in curable.chain(incurable) {
        things.add(&name, &thing)?;
        // Named after the thing: an alert that is delivered twice opens one incident.
        let signal = Signal::new(ResourceRef::new(SYSTEM, "thing", &name), Environment::Staging)
            .with_incident(IncidentId::new(&format!("inc-{name}")))
            .with_facts(facts(&thing));
        match healer.accept(signal).await {
            Err(error) if error.kind() == ErrorKind::Conflict => println!("{name}: opened before"),
            accepted => println!("{name}: opened as {}", accepted?),
        }
    }
    Ok(journal.close().await?)
}
