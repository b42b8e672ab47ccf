//! A run whose command failed: it is counted, joined to an incident that is open, or a new incident is healed.

use std::ffi::OsString;
use std::sync::Arc;
use std::time::{Duration, Instant};

use selfheal_adapters::local::process::Finished;
use selfheal_adapters::local::{Pipeline, observation};
use selfheal_core::engine::State;
use selfheal_core::facts::Fact;
use selfheal_core::incident::{IncidentId, Signal};
use selfheal_core::orchestrator::{Report, SystemClock, SystemEntropy, Timings};
use selfheal_core::ports::{Clock, Entropy};
use selfheal_core::time::Timestamp;

use super::consulted::Consulted;
use super::inputs::Inputs;
use super::manifest::Manifest;
use super::repeats::Former;
use super::resume::When;
use super::waiting::Waiting;
use super::{
    DIRECTORY, Ended, Refusal, RunResult, conclude, failures, finish, how, interrupted, log, repeats, resume,
    say_if_timed_out, wiring,
};
use crate::cli::{RunOptions, StoreOptions};
use crate::say::Voice;
use crate::signals::Stop;
use crate::store::Store;

/// What is at hand once the command failed.
pub(super) struct Failed<'a> {
    pub(super) options: &'a RunOptions,
    pub(super) inputs: Inputs,
    pub(super) store: &'a Store,
    pub(super) stop: &'a Stop,
    pub(super) pipeline: Arc<Pipeline>,
    pub(super) run: Arc<Finished>,
    pub(super) started: Instant,
    pub(super) failed_at: (Instant, Timestamp),
    pub(super) voice: &'a Voice,
}

impl Failed<'_> {
    /// When the command failed, by both clocks.
    pub(super) fn now() -> (Instant, Timestamp) {
        (Instant::now(), SystemClock::default().now())
    }

    /// Does what a failure asks for.
    ///
    /// # Errors
    /// A [`Refusal`] if the healer itself fails.
    pub(super) async fn dealt_with(mut self) -> Result<RunResult, Refusal> {
        let failed = format!("`{}` failed with {}", self.pipeline.command_line(), how(&self.run));
        let name = &self.pipeline.resource().name;
        if let Some(patience) = failures::failed(&self.inputs, self.store, name).await? {
            self.voice.note(&format!("{failed}: {patience}"));
            return Ok(RunResult::not_yet(&self.pipeline, self.first_exit(), patience, self.started.elapsed()));
        }
        match repeats::former(&self).await? {
            Some(Former::Asks(state)) => {
                let id = &state.incident.id;
                self.voice.note(&format!("{failed} as it did for {id}, which waits; no other incident is opened"));
                self.joined(*state).await
            }
            Some(Former::Held(state, requester)) => {
                let id = &state.incident.id;
                self.voice.note(&format!("{failed} as it did for {id}, which was held; going on with that"));
                self.inputs.requester = requester;
                self.gone_on_with(*state).await
            }
            None => {
                self.voice.note(&format!("{failed}; looking into it"));
                self.opened().await
            }
        }
    }

    /// Nothing is done: people are asked already.
    async fn joined(&self, former: State) -> Result<RunResult, Refusal> {
        let ended = Ended {
            first_exit: self.first_exit(),
            waiting: self.waiting_of(&former).await?,
            report: Report { state: former, timings: Timings::default() },
            consulted: None,
            obstacle: None,
            detect: self.failed_at.0.elapsed(),
            tools: Duration::ZERO,
            total: self.started.elapsed(),
        };
        Ok(RunResult::of(self.options, &self.pipeline, self.stop.status(), ended))
    }

    /// The incident of the same failure that was held goes on, on behalf of who saw it first.
    async fn gone_on_with(&self, former: State) -> Result<RunResult, Refusal> {
        let pipeline = Arc::new(self.inputs.resumed(self.options, self.stop, &former)?);
        let host = self.host(&pipeline)?;
        let detect = self.failed_at.0.elapsed();
        let report = resume::looked_at(&host, self.store, &former, When::Now, self.stop).await?;
        self.ended(&host, &pipeline, report, detect).await
    }

    async fn opened(&self) -> Result<RunResult, Refusal> {
        let host = self.host(&self.pipeline)?;
        let incident = self.announced()?;
        // The evidence is read from the log by the orchestrator.
        let facts = observation::facts(&self.run, self.pipeline.memory_limit())
            .with(DIRECTORY, Fact::Text(self.inputs.dir.display().to_string()));
        let signal = Signal::new(self.pipeline.resource(), self.options.env.clone())
            .with_incident(incident.clone())
            .with_observed_at(self.failed_at.1)
            .with_facts(facts);
        let detect = self.failed_at.0.elapsed();
        let report = host.orchestrator.heal(signal, &self.stop.healer).await;
        let report = report.map_err(|error| interrupted(&incident, error))?;
        log::keep(&self.inputs, &self.run, incident.as_str(), self.voice);
        self.ended(&host, &self.pipeline, report, detect).await
    }

    fn host(&self, pipeline: &Arc<Pipeline>) -> Result<wiring::Host, Refusal> {
        wiring::Host::new(self.options, &self.inputs, pipeline, self.stop, self.store, self.voice)
    }

    /// Names the incident, and keeps what another process needs to go on with it before anything of it is journaled.
    fn announced(&self) -> Result<IncidentId, Refusal> {
        let incident = IncidentId::from_random(SystemEntropy::default().next_u64());
        let inputs = &self.inputs;
        let manifest = Manifest::new(incident.clone(), self.options, &inputs.dir, inputs.store.identity());
        let kept = manifest.on_behalf_of(inputs.requester.clone()).keep(&inputs.state);
        kept.map_err(|error| Refusal::failed(format!("what is needed to resume can't be kept: {error}")))?;
        Ok(incident)
    }

    async fn ended(
        &self,
        host: &wiring::Host,
        pipeline: &Arc<Pipeline>,
        report: Report,
        detect: Duration,
    ) -> Result<RunResult, Refusal> {
        say_if_timed_out(pipeline, self.voice);
        let obstacle = host.obstacle(&report).await;
        failures::ended(&self.inputs, self.store, &report, self.voice).await;
        let ended = Ended {
            first_exit: self.first_exit(),
            waiting: self.waiting_of(&report.state).await?,
            consulted: Consulted::about(&report.state, self.store).await,
            report,
            obstacle,
            detect,
            tools: host.tools.spent(),
            total: self.started.elapsed(),
        };
        conclude(&self.inputs, &ended.report, self.voice);
        Ok(finish(self.options, host, pipeline, self.stop, ended, self.voice))
    }

    async fn waiting_of(&self, state: &State) -> Result<Option<Waiting>, Refusal> {
        Waiting::of(state, &self.inputs, self.store, &again(self.options)).await
    }

    fn first_exit(&self) -> i32 {
        self.run.exit.shell_status()
    }
}

/// What another command needs to mean the same store.
fn again(options: &RunOptions) -> Vec<OsString> {
    StoreOptions { dir: options.dir.clone(), store: options.store.clone() }.again()
}
