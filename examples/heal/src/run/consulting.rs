//! What a language model may choose from and look up, where one is configured.

use std::sync::Arc;

use selfheal_adapters::local::ecosystem::SystemTools;
use selfheal_adapters::local::{Pipeline, read_tools};
use selfheal_core::orchestrator::OrchestratorBuilder;
use selfheal_core::ports::LlmProvider;
use selfheal_policy::runbook::Catalogue;

/// The same orchestrator, which asks `model` what the runbooks leave open: it chooses among their remedies, and may look up what
/// the log doesn't say.
pub(super) fn with_model(
    builder: OrchestratorBuilder,
    model: Arc<dyn LlmProvider>,
    runbooks: &Arc<Catalogue>,
    pipeline: &Arc<Pipeline>,
    tools: &Arc<SystemTools>,
) -> OrchestratorBuilder {
    let builder = builder.model(model).repertoire(runbooks.clone());
    read_tools(pipeline, tools.clone()).into_iter().fold(builder, OrchestratorBuilder::read_tool)
}
