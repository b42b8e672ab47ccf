//! What a host chooses about a server of messages.

use serde_json::{Map, Value};

use crate::http::{KeyHeader, Server, SetupError, TierModels};

/// A server of messages and its models.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct MessagesConfig {
    /// The server.
    pub server: Server,
    /// Its models.
    pub models: TierModels,
    /// How freely the model chooses its words. Left out where a model objects to it.
    pub temperature: Option<f32>,
    /// Whether answers come as a stream: a server that hangs is noticed sooner.
    pub stream: bool,
    /// Further fields of every request, such as `metadata`.
    pub extra: Map<String, Value>,
}

/// Fields that the adapter sets.
const RESERVED: [&str; 8] =
    ["max_tokens", "messages", "model", "stream", "system", "temperature", "tool_choice", "tools"];

impl MessagesConfig {
    /// The server's models with temperature 0, not streamed. The key goes as `x-api-key`, and an address without a path means its
    /// `/v1`.
    #[must_use]
    pub fn new(mut server: Server, models: TierModels) -> Self {
        server.key_header = KeyHeader::XApiKey;
        server.address = server.address.versioned();
        Self { server, models, temperature: Some(0.0), stream: false, extra: Map::new() }
    }

    pub(super) fn check(&self) -> Result<(), SetupError> {
        match RESERVED.into_iter().find(|name| self.extra.contains_key(*name)) {
            Some(name) => Err(SetupError::ReservedField(name.to_owned())),
            None => Ok(()),
        }
    }
}
