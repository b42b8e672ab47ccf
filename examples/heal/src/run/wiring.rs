//! Wiring core's ports to the local adapters, the shipped documents and the store.

use std::sync::Arc;

use selfheal_adapters::local::ecosystem::SystemTools;
use selfheal_adapters::local::{LocalCandidates, LocalContext, LocalExecutor, LocalLog, Pipeline};
use selfheal_core::approval::Desk;
use selfheal_core::diagnosis::Hypothesis;
use selfheal_core::limits::Limits;
use selfheal_core::orchestrator::{Orchestrator, Report};
use selfheal_core::ports::{Case, Runbooks};
use selfheal_policy::runbook::Catalogue;

use super::consulting::with_model;
use super::inputs::Inputs;
use super::policies::OptionSays;
use super::progress::LiveLine;
use super::{Refusal, commands};
use crate::cli::RunOptions;
use crate::say::Voice;
use crate::signals::Stop;
use crate::store::Store;

/// The orchestrator of one run, and the executor that knows its patch.
pub(super) struct Host {
    pub(super) orchestrator: Orchestrator,
    pub(super) executor: Arc<LocalExecutor>,
    pub(super) tools: Arc<SystemTools>,
    runbooks: Arc<Catalogue>,
}

impl Host {
    pub(super) fn new(
        options: &RunOptions,
        inputs: &Inputs,
        pipeline: &Arc<Pipeline>,
        stop: &Stop,
        store: &Store,
        voice: &Voice,
    ) -> Result<Self, Refusal> {
        let tools = Arc::new(SystemTools::new(stop.process.clone()));
        let executor = Arc::new(LocalExecutor::new(Arc::clone(pipeline), tools.clone()));
        let runbooks = inputs.runbooks()?;
        let mut builder = Orchestrator::builder()
            .runbooks(runbooks.clone())
            .policy(inputs.policy()?)
            .autonomy(inputs.autonomy())
            .log_source(Arc::new(LocalLog::new(Arc::clone(pipeline))))
            .context(Arc::new(LocalContext::new(Arc::clone(pipeline))))
            .candidates(Arc::new(LocalCandidates::new(Arc::clone(pipeline), tools.clone())))
            .probe(Arc::new(executor.probe()))
            .executor(executor.clone())
            .approver(Arc::new(desk(inputs, store)))
            .ledger(store.ledger())
            .progress(Arc::new(LiveLine(voice.clone())))
            .journal(store.journal())
            .redactor(Arc::clone(&inputs.redactor))
            .worker(&worker())
            .limits(limits(options, inputs))
            .fleet(inputs.fleet.clone().unwrap_or_default());
        if let Some(model) = inputs.model()? {
            builder = with_model(builder, model, &runbooks, pipeline, &tools);
        }
        if let Some(memory) = store.memory() {
            builder = builder.memory(memory);
        }
        for channel in &inputs.channels {
            builder = builder.notifier(Arc::clone(channel));
        }
        if let Some(executor) = commands::executor(options, pipeline) {
            builder = builder.executor(executor);
        }
        if options.no_rerun {
            builder = builder.policy(Arc::new(OptionSays::NO_RERUN));
        }
        if options.propose {
            builder = builder.policy(Arc::new(OptionSays::PROPOSE));
        }
        Ok(Self { orchestrator: builder.build().map_err(Refusal::failed)?, executor, tools, runbooks })
    }

    /// What stands in the way where the last plan got to, if that is something else than what was diagnosed first: a fix that
    /// was right and not enough.
    pub(super) async fn obstacle(&self, report: &Report) -> Option<Hypothesis> {
        let state = &report.state;
        state.fresh.as_ref()?;
        let facts = state.current_facts();
        let case = Case { facts: &facts, evidence: state.current_evidence() };
        let latest = self.runbooks.explain(&case).await.ok()?.into_iter().next()?;
        let first = report.diagnosis().and_then(|diagnosis| diagnosis.best());
        Some(latest).filter(|latest| first.is_none_or(|first| first.cause != latest.cause))
    }
}

/// How people are asked, on behalf of whoever runs this.
fn desk(inputs: &Inputs, store: &Store) -> Desk {
    let desk = Desk::new(store.ledger(), Arc::new(inputs.enrolled.clone())).redacting(Arc::clone(&inputs.redactor));
    match &inputs.requester {
        Some(name) => desk.on_behalf_of(name),
        None => desk,
    }
}

/// Nobody sits out a pause in front of a terminal: what is held for so long is left in the journal.
fn limits(options: &RunOptions, inputs: &Inputs) -> Limits {
    let hold_backoff = Limits::default().park_after * 4;
    Limits { dry_run: options.dry_run, hold_backoff, models: inputs.model_limits(), ..Limits::default() }
}

/// Names this process to the other workers of a store.
fn worker() -> String {
    let host = rustix::system::uname();
    let random = selfheal_core::ports::Entropy::next_u64(&selfheal_core::orchestrator::SystemEntropy::default());
    format!("heal-{}-{}-{random:08x}", host.nodename().to_string_lossy(), std::process::id())
}
