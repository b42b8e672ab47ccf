//! The document that says which models there are.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;

/// Which servers and models there are, per tier, and what they may cost.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Document {
    /// Version of this form: 1.
    pub version: u32,
    /// The servers, by the names that models refer to.
    pub providers: BTreeMap<String, Provider>,
    /// Models for classification and second opinions; the next is asked where one can't answer.
    pub small: Vec<Model>,
    /// Models for analysis and choice of a fix.
    pub large: Vec<Model>,
    /// The model that turns texts into vectors, if one does.
    #[serde(default)]
    pub embeddings: Option<EmbeddingModel>,
    /// How long one question may take; what is left out has its default.
    #[serde(default)]
    pub deadlines: Deadlines,
    /// What may be spent; what is left out has its default.
    #[serde(default)]
    pub ceilings: Ceilings,
}

/// How a server is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Protocol {
    /// OpenAI's chat completions: OpenAI, NIM, vLLM, Ollama, llama.cpp, gateways.
    Openai,
    /// The same as Azure serves it: `url` is a deployment's, with its `api-version`.
    Azure,
    /// Anthropic's messages.
    Anthropic,
}

/// A server.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provider {
    /// How it is spoken to.
    pub protocol: Protocol,
    /// Its base URL; of an OpenAI-compatible server it ends in `/v1`.
    pub url: String,
    /// The environment variable that holds the key; none for a server that needs none.
    #[serde(default)]
    pub key_env: Option<String>,
    /// The file that holds the key, instead.
    #[serde(default)]
    pub key_file: Option<PathBuf>,
    /// Whether the key, and what is asked, may be sent over plain HTTP to another machine.
    #[serde(default)]
    pub plain_http: bool,
    /// Calls per minute that it is asked at most.
    #[serde(default)]
    pub calls_per_minute: Option<u32>,
    /// Calls under way at once.
    #[serde(default)]
    pub concurrent_calls: Option<usize>,
    /// Whether answers are read as they are written, so that a server that falls silent is noticed early.
    #[serde(default)]
    pub stream: bool,
}

/// A model of a server.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// Which of `providers`.
    pub provider: String,
    /// Its name there.
    pub model: String,
    /// US dollars for a million tokens read.
    #[serde(default)]
    pub usd_per_million_input: Option<f64>,
    /// US dollars for a million tokens written.
    #[serde(default)]
    pub usd_per_million_output: Option<f64>,
    /// Tokens that it can read and write together.
    #[serde(default)]
    pub context_tokens: Option<u32>,
}

/// A model that turns texts into vectors, of a server that speaks OpenAI's protocol.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EmbeddingModel {
    /// Which of `providers`.
    pub provider: String,
    /// Its name there.
    pub model: String,
}

/// How long one question may take, retries and other providers included: 1 to 600 seconds. A model on one's own processor may need
/// more than the default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deadlines {
    /// To a small model.
    #[serde(default)]
    pub small_seconds: Option<u64>,
    /// To a large one.
    #[serde(default)]
    pub large_seconds: Option<u64>,
}

/// What may be spent.
#[derive(Debug, Clone, Copy, PartialEq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ceilings {
    /// For one incident.
    #[serde(default)]
    pub per_incident: Ceiling,
    /// For one day (UTC), over all incidents of a store.
    #[serde(default)]
    pub per_day: Ceiling,
}

/// The most of each.
#[derive(Debug, Clone, Copy, PartialEq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ceiling {
    /// Calls, retries included.
    #[serde(default)]
    pub calls: Option<u64>,
    /// Tokens, read and written.
    #[serde(default)]
    pub tokens: Option<u64>,
    /// US dollars. Needs the price of every model.
    #[serde(default)]
    pub usd: Option<f64>,
}
