//! `--allow-run-command`: commands of runbooks, which are off without it.

use std::sync::Arc;

use selfheal_adapters::local::{CommandExecutor, Pipeline};
use selfheal_core::action::ActionKind;
use selfheal_core::diagnosis::Hypothesis;
use selfheal_core::orchestrator::Report;
use selfheal_core::standard::run_command_spec;
use selfheal_policy::command::Judge;
use selfheal_policy::runbook::ActionKinds;

use crate::cli::RunOptions;
use crate::say::Voice;

/// What runbooks may name: a folder of them is the same with and without the option.
pub(super) fn kinds() -> ActionKinds {
    ActionKinds::default().with(run_command_spec())
}

/// What runs commands. Without the option nothing can: there is no such executor then.
pub(super) fn executor(options: &RunOptions, pipeline: &Arc<Pipeline>) -> Option<Arc<CommandExecutor>> {
    let build = || Arc::new(CommandExecutor::new(Arc::clone(pipeline), Arc::new(Judge)));
    options.allow_run_command.then(build)
}

/// Says so if a person is told of a failure for which a runbook knows a command that is off.
pub(super) fn say_if_off(options: &RunOptions, report: &Report, voice: &Voice) {
    let runs_a_command = |hypothesis: &Hypothesis| {
        let mut actions = hypothesis.remedies.iter().flat_map(|remedy| &remedy.actions);
        actions.any(|action| action.kind == ActionKind::RUN_COMMAND)
    };
    let best = report.diagnosis().and_then(|diagnosis| diagnosis.best());
    if !options.allow_run_command && report.trouble().is_some() && best.is_some_and(runs_a_command) {
        voice.note("a runbook would run a command here (run_command), which is off: see --allow-run-command");
    }
}
