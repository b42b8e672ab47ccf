//! What is said of models on the command line.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// Which models are asked for what no runbook explains.
#[derive(Debug, Args, Clone, Default)]
pub(crate) struct ModelsOptions {
    /// The document of the language models to ask [default: $SELFHEAL_MODELS, the variables SELFHEAL_LLM_URL, SELFHEAL_LLM_KEY,
    /// SELFHEAL_LLM_MODEL_SMALL and SELFHEAL_LLM_MODEL_LARGE, or models.yaml in the user's configuration; without any: none].
    #[arg(long, value_name = "FILE")]
    pub(crate) models: Option<PathBuf>,
    /// Ask no language model, whatever is configured.
    #[arg(long, conflicts_with = "models")]
    pub(crate) no_models: bool,
}

impl ModelsOptions {
    /// None are asked.
    pub(crate) const NONE: Self = Self { models: None, no_models: true };
}

/// The language models that are configured.
#[derive(Debug, Args)]
pub(crate) struct LlmOptions {
    #[command(subcommand)]
    pub(super) command: LlmCommand,
}

#[derive(Debug, Subcommand)]
pub(super) enum LlmCommand {
    /// Ask every model a few short questions, and say what its server can do. Exit status: 0 if all that is configured can be used, 1 if not, 2
    /// if what is configured is wrong, or nothing is.
    Check(CheckOptions),
}

#[derive(Debug, Args)]
pub(super) struct CheckOptions {
    #[command(flatten)]
    pub(super) models: ModelsOptions,
    /// Most seconds that one question may take.
    #[arg(long, default_value_t = 20, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=600))]
    pub(super) timeout: u64,
    /// Print one JSON object.
    #[arg(long)]
    pub(super) json: bool,
}
