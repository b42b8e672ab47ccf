//! What is sent to models about a log, by an orchestrator with all its agents and no rule that explains it.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use selfheal_core::error::{Error, ErrorKind, Result};
use selfheal_core::evidence::{Citation, Evidence, EvidenceId};
use selfheal_core::facts::{Fact, Facts};
use selfheal_core::incident::Signal;
use selfheal_core::orchestrator::{Cancellation, Orchestrator};
use selfheal_core::ports::{AnswerForm, LlmProvider, LlmRequest, LlmResponse};
use selfheal_core::resource::{Environment, ResourceRef};
use selfheal_core::spending::Meter;
use selfheal_core::testing::{AllowAll, FakeExecutor, FakeWorld, ManualClock, ScriptedProbe, SeededEntropy};
use selfheal_detect::redact::Redactor;

/// The requests about one log.
#[derive(Debug, Default)]
pub(super) struct Sent {
    pub(super) analyst_bytes: u64,
    pub(super) classifier_bytes: u64,
    /// Numbers of the log's lines that the analyst is shown.
    pub(super) lines: BTreeSet<u64>,
}

/// What is sent about `log`.
pub(super) async fn sent_about(log: &str) -> std::result::Result<Sent, std::io::Error> {
    let ear = Arc::new(Ear::default());
    let orchestrator = Orchestrator::builder()
        .policy(Arc::new(AllowAll))
        .executor(Arc::new(FakeExecutor::new(FakeWorld::default())))
        .probe(Arc::new(ScriptedProbe::healthy(&[false])))
        .model(ear.clone())
        .clock(Arc::new(ManualClock::default()))
        .entropy(Arc::new(SeededEntropy::new(1)))
        .build()
        .map_err(std::io::Error::other)?;
    let evidence = Evidence::new(EvidenceId(1), "job log", 1, log, &Redactor::default());
    let signal = Signal::new(ResourceRef::new("fake", "pipeline", "job"), Environment::Dev)
        .with_facts(Facts::new().with("exit_code", Fact::Number(1)))
        .with_evidence(evidence);
    orchestrator.heal(signal, &Cancellation::new()).await.map_err(std::io::Error::other)?;
    Ok(std::mem::take(&mut *ear.0.lock().unwrap_or_else(PoisonError::into_inner)))
}

/// Hears what is asked, and never answers.
#[derive(Default)]
struct Ear(Mutex<Sent>);

#[async_trait]
impl LlmProvider for Ear {
    async fn complete(&self, request: &LlmRequest, _: &Meter) -> Result<LlmResponse> {
        let AnswerForm::Json { name, schema } = &request.form else { return Err(silent()) };
        let bytes = request.input_bytes() + schema.to_string().len();
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        let mut sent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match name.as_str() {
            "analyst" => {
                sent.analyst_bytes = bytes;
                sent.lines =
                    request.messages.iter().flat_map(|message| message.content().lines()).filter_map(cited).collect();
            }
            "classifier" => sent.classifier_bytes = bytes,
            _ => {}
        }
        Err(silent())
    }
}

fn silent() -> Error {
    Error::new(ErrorKind::Unavailable, "llm.complete", "only listens")
}

/// The number of the line that a line of a prompt quotes.
fn cited(line: &str) -> Option<u64> {
    let citation: Citation = line.split_once('|')?.0.parse().ok()?;
    Some(citation.line)
}
