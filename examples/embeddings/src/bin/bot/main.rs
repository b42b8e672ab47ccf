//! A chat bot: reads a failure log, answers with a diagnosis and a proposal, and can't change anything.
#![allow(clippy::print_stdout, reason = "the bot's answer")]

mod hands_off;

use std::error::Error as StdError;
use std::io::{IsTerminal, Read};
use std::sync::Arc;

use selfheal_core::evidence::{Evidence, EvidenceId};
use selfheal_core::incident::Signal;
use selfheal_core::orchestrator::{Cancellation, Orchestrator, Report};
use selfheal_core::resource::{Environment, ResourceRef};
use selfheal_detect::redact::Redactor;
use selfheal_policy::runbook::Catalogue;

use hands_off::HandsOff;

/// More of a pasted log is not read.
const MOST_BYTES: u64 = 1 << 20;

const SAMPLE: &str = "npm error code ETIMEDOUT\n\
    npm error network request to https://registry.npmjs.org/left-pad failed, reason: connect ETIMEDOUT\n";

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn StdError>> {
    let hands_off = Arc::new(HandsOff::default());
    let healer = Orchestrator::builder()
        .runbooks(Arc::new(Catalogue::shipped()?))
        .candidates(hands_off.clone())
        .executor(hands_off.clone())
        .policy(hands_off.clone())
        .probe(hands_off)
        .build()?;
    let evidence = Evidence::new(EvidenceId(1), "message", 1, &asked()?, &Redactor::builder().build());
    let signal = Signal::new(ResourceRef::new("chat", "pipeline", "yours"), Environment::Dev).with_evidence(evidence);
    answer(&healer.heal(signal, &Cancellation::new()).await?);
    Ok(())
}

fn asked() -> std::io::Result<String> {
    let mut log = Vec::new();
    if !std::io::stdin().is_terminal() {
        std::io::stdin().take(MOST_BYTES).read_to_end(&mut log)?;
    }
    Ok(if log.is_empty() { SAMPLE.to_owned() } else { String::from_utf8_lossy(&log).into_owned() })
}

fn answer(report: &Report) {
    let Some(best) = report.diagnosis().and_then(|diagnosis| diagnosis.best()) else {
        println!("I don't know this failure.");
        return;
    };
    println!("diagnosis: {}: {}", best.category, best.cause.summary.read());
    let evidence = &report.incident().evidence;
    for line in best.citations.iter().filter_map(|cited| evidence.iter().find_map(|piece| piece.line(*cited))).take(3) {
        println!("  because: {line}");
    }
    let proposed = report.tried().iter().flat_map(|tried| tried.proposal.previews.iter());
    proposed.for_each(|preview| println!("proposal: {}", preview.summary));
    if let Some(advice) = best.advice_in_words() {
        println!("or yourself: {advice}");
    }
}
