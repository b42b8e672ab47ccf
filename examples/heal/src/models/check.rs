//! `heal llm check`: what the servers of the configured models can do, and how they will be asked.

use std::io::{self, Write};
use std::sync::Arc;
use std::time::Duration;

use selfheal_core::orchestrator::SystemClock;
use selfheal_core::ports::ModelTier;
use selfheal_core::spending::{Amount, Budget, Meter};
use selfheal_llm::config::{Client, Configured};
use selfheal_llm::{Ability, Finding, Outcome, ServerReport};
use serde_json::json;

use super::cli::{CheckOptions, LlmCommand};
use super::{LlmOptions, Models};
use crate::exit;
use crate::run::Refusal;
use crate::say::{Voice, clean};

/// Most questions to all servers together.
const MAX_CALLS: u64 = 400;

/// What was found out about all.
struct Found {
    servers: Vec<Checked>,
    /// About the model that turns texts into vectors, if one is configured.
    embeddings: Option<Finding>,
}

/// What was found out about one server.
struct Checked {
    configured: Configured,
    report: ServerReport,
}

/// Runs `heal llm`; the exit status.
pub(crate) fn main(options: &LlmOptions) -> i32 {
    let LlmCommand::Check(options) = &options.command;
    let voice = Voice::default();
    match check(options) {
        Ok(found) => {
            // Whoever reads no more has read enough.
            let _ = print(&found, options.json);
            match missing(&found) {
                None => exit::HEALED,
                Some(what) => {
                    voice.error(&what);
                    exit::FOUND
                }
            }
        }
        Err(refusal) => {
            voice.error(&refusal.message);
            refusal.status
        }
    }
}

/// Writes to stdout.
fn print(found: &Found, as_json: bool) -> io::Result<()> {
    let mut out = anstream::AutoStream::auto(io::stdout().lock());
    match as_json {
        true => writeln!(out, "{}", json_of(found)),
        false => lines(found).iter().try_for_each(|line| writeln!(out, "{}", clean::line(line))),
    }
}

fn check(options: &CheckOptions) -> Result<Found, Refusal> {
    let none = "no language model is configured; set SELFHEAL_LLM_URL (ending in /v1), SELFHEAL_LLM_KEY, \
                SELFHEAL_LLM_MODEL_SMALL and SELFHEAL_LLM_MODEL_LARGE, or name a document by --models";
    let models = Models::find(&options.models)?.ok_or_else(|| Refusal::usage(none))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Refusal::failed)?;
    runtime.block_on(async {
        let (meter, patience) = (meter(), Duration::from_secs(options.timeout));
        let mut servers = Vec::new();
        for configured in models.clients()? {
            let report = match &configured.client {
                Client::Chat(chat) => chat.check(&meter, patience).await,
                Client::Messages(messages) => messages.check(&meter, patience).await,
            };
            servers.push(Checked { configured, report });
        }
        let embeddings = match models.embedder()? {
            Some(embedder) => Some(embedder.check(&meter, patience).await),
            None => None,
        };
        Ok(Found { servers, embeddings })
    })
}

fn meter() -> Meter {
    let most = Amount { calls: MAX_CALLS, tokens: u64::MAX, micro_usd: u64::MAX };
    Meter::new(most, Arc::new(Budget::of_this_process(most)), Arc::new(SystemClock::default()))
}

/// What is configured and can't be used, if something is.
fn missing(found: &Found) -> Option<String> {
    let usable = |checked: &Checked, tier| {
        let model = checked.configured.model(tier);
        model.is_some_and(|model| checked.report.json_by(model).is_some())
    };
    let tiers = [ModelTier::Small, ModelTier::Large];
    let tier = tiers.into_iter().find(|tier| !found.servers.iter().any(|checked| usable(checked, *tier)));
    let tier = tier.map(|tier| format!("no model of the {} tier gives answers that can be used", tier.as_str()));
    let vectors = || found.embeddings.as_ref().filter(|finding| !finding.works());
    tier.or_else(|| vectors().map(|finding| format!("`{}` gives no vectors", finding.model)))
}

fn lines(found: &Found) -> Vec<String> {
    let mut lines: Vec<String> = found.servers.iter().flat_map(of_server).collect();
    lines.extend(found.embeddings.iter().map(line));
    lines
}

fn of_server(checked: &Checked) -> Vec<String> {
    let mut lines = vec![checked.configured.name.clone()];
    lines.extend(checked.report.findings.iter().map(line));
    for tier in checked.configured.tiers() {
        let Some(model) = checked.configured.model(*tier) else { continue };
        let how = match checked.report.json_by(model) {
            Some(ability) => format!("is asked for {ability}"),
            None if checked.report.can(Ability::Chat, model) => "can't be used: it gives no JSON".to_owned(),
            None => "can't be used: it doesn't answer".to_owned(),
        };
        lines.push(format!("  {} tier: {model} {how}", tier.as_str()));
    }
    lines
}

fn line(finding: &Finding) -> String {
    let (mark, why) = match &finding.outcome {
        Outcome::Works => ("yes", String::new()),
        Outcome::Ignored => ("no", ": the request is taken, and not heeded".to_owned()),
        Outcome::Fails { why, .. } => ("no", format!(": {why}")),
    };
    let whose = if finding.model.is_empty() { String::new() } else { format!(" ({})", finding.model) };
    format!("  {:<3} {}{whose}, {} ms{why}", mark, finding.ability, finding.took.as_millis())
}

fn json_of(found: &Found) -> serde_json::Value {
    let server = |checked: &Checked| {
        let tiers: serde_json::Map<String, serde_json::Value> = checked
            .configured
            .tiers()
            .iter()
            .filter_map(|tier| {
                let model = checked.configured.model(*tier)?;
                let by = checked.report.json_by(model).map(Ability::as_str);
                Some((tier.as_str().to_owned(), json!({ "model": model, "json_by": by })))
            })
            .collect();
        let findings: Vec<_> = checked.report.findings.iter().map(finding).collect();
        json!({ "provider": checked.configured.name, "tiers": tiers, "findings": findings })
    };
    json!({
        "usable": missing(found).is_none(),
        "servers": found.servers.iter().map(server).collect::<Vec<_>>(),
        "embeddings": found.embeddings.as_ref().map(finding),
    })
}

fn finding(finding: &Finding) -> serde_json::Value {
    let why = match &finding.outcome {
        Outcome::Fails { why, .. } => Some(why.as_str()),
        Outcome::Works | Outcome::Ignored => None,
    };
    json!({
        "ability": finding.ability,
        "model": finding.model,
        "works": finding.works(),
        "why": why,
        "took_ms": u64::try_from(finding.took.as_millis()).unwrap_or(u64::MAX),
    })
}
