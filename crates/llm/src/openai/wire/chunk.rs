//! What comes back in a stream, piece by piece.

use serde::Deserialize;
use serde_json::Value;

use super::completion::{Content, Usage, or_default};

/// A piece of an answer, or an error.
#[derive(Deserialize)]
pub(in crate::openai) struct Chunk {
    #[serde(default, deserialize_with = "or_default")]
    pub(in crate::openai) choices: Vec<ChunkChoice>,
    #[serde(default)]
    pub(in crate::openai) usage: Option<Usage>,
    #[serde(default)]
    pub(in crate::openai) error: Option<Value>,
}

#[derive(Deserialize)]
pub(in crate::openai) struct ChunkChoice {
    #[serde(default, deserialize_with = "or_default")]
    pub(in crate::openai) delta: Delta,
    #[serde(default)]
    pub(in crate::openai) finish_reason: Option<String>,
}

#[derive(Deserialize, Default)]
pub(in crate::openai) struct Delta {
    #[serde(default, deserialize_with = "or_default")]
    pub(in crate::openai) content: Content,
    #[serde(default, deserialize_with = "or_default")]
    pub(in crate::openai) refusal: String,
    #[serde(default, deserialize_with = "or_default")]
    pub(in crate::openai) tool_calls: Vec<CallDelta>,
}

/// A piece of a call; `index` says of which.
#[derive(Deserialize)]
pub(in crate::openai) struct CallDelta {
    #[serde(default)]
    pub(in crate::openai) index: Option<u64>,
    #[serde(default, deserialize_with = "or_default")]
    pub(in crate::openai) id: String,
    #[serde(default, deserialize_with = "or_default")]
    pub(in crate::openai) function: FunctionDelta,
}

#[derive(Deserialize, Default)]
pub(in crate::openai) struct FunctionDelta {
    #[serde(default, deserialize_with = "or_default")]
    pub(in crate::openai) name: String,
    #[serde(default, deserialize_with = "or_default")]
    pub(in crate::openai) arguments: Value,
}
