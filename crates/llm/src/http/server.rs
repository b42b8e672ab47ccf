//! What a host chooses about a server, and the bounds of a call.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::address::{Address, PlainHttp};
use crate::key::KeySource;

/// Under which header the key goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum KeyHeader {
    /// `Authorization: Bearer …`: OpenAI and nearly all that speak its protocol.
    #[default]
    Bearer,
    /// `api-key: …`: Azure.
    ApiKey,
    /// `x-api-key: …`: Anthropic.
    XApiKey,
}

/// Bounds of one call. The request's deadline bounds the whole beside them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallBounds {
    /// How long connecting may take, TLS included.
    pub connect: Duration,
    /// The longest silence within a stream, once it began. Keep-alives break it.
    pub idle: Duration,
    /// Bytes of an answer, of a stream as a whole.
    pub answer_bytes: usize,
}

impl Default for CallBounds {
    fn default() -> Self {
        Self { connect: Duration::from_secs(10), idle: Duration::from_secs(30), answer_bytes: 4 << 20 }
    }
}

/// What the host calls the settings of a server, so that errors can say what to set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingNames {
    /// Of the address.
    pub url: String,
    /// Of the key.
    pub key: String,
    /// Of the small model's name.
    pub small_model: String,
    /// Of the large model's name.
    pub large_model: String,
    /// Of the name of the model that turns texts into vectors.
    pub embedding_model: String,
}

impl Default for SettingNames {
    /// The environment variables of `heal`.
    fn default() -> Self {
        Self {
            url: "SELFHEAL_LLM_URL".to_owned(),
            key: "SELFHEAL_LLM_KEY".to_owned(),
            small_model: "SELFHEAL_LLM_MODEL_SMALL".to_owned(),
            large_model: "SELFHEAL_LLM_MODEL_LARGE".to_owned(),
            embedding_model: "SELFHEAL_LLM_MODEL_EMBEDDING".to_owned(),
        }
    }
}

/// A server of language models.
#[derive(Clone)]
#[non_exhaustive]
pub struct Server {
    /// How records name it.
    pub name: String,
    /// Where it is.
    pub address: Address,
    /// Its key; `None` if it asks for none.
    pub key: Option<Arc<dyn KeySource>>,
    /// Under which header the key goes.
    pub key_header: KeyHeader,
    /// Where requests may go unencrypted.
    pub plain_http: PlainHttp,
    /// Root certificates (DER) to trust beside the system's: those of a private authority.
    pub extra_roots: Vec<Vec<u8>>,
    /// Bounds of a call.
    pub bounds: CallBounds,
    /// What errors call the settings.
    pub settings: SettingNames,
}

impl Server {
    /// The server at `address`, named by its origin, without a key.
    #[must_use]
    pub fn new(address: Address) -> Self {
        Self {
            name: address.origin(),
            address,
            key: None,
            key_header: KeyHeader::default(),
            plain_http: PlainHttp::default(),
            extra_roots: Vec::new(),
            bounds: CallBounds::default(),
            settings: SettingNames::default(),
        }
    }

    /// The same with a key, or where to get it.
    #[must_use]
    pub fn with_key(mut self, key: impl KeySource + 'static) -> Self {
        self.key = Some(Arc::new(key));
        self
    }

    /// The same under another name.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server")
            .field("name", &self.name)
            .field("address", &self.address)
            .field("has_key", &self.key.is_some())
            .finish_non_exhaustive()
    }
}
