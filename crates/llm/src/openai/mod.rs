//! Servers that speak OpenAI's protocol: OpenAI, Azure, NIM, vLLM, Ollama, llama.cpp, gateways.
//!
//! # Example
//! ```
//! use selfheal_llm::ApiKey;
//! use selfheal_llm::http::{Address, Model, Server, TierModels};
//! use selfheal_llm::openai::{Chat, ChatConfig};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let server = Server::new(Address::parse("http://localhost:11434/v1")?).with_key(ApiKey::new("unused")?);
//! let models = TierModels { small: Model::free("qwen3:4b"), large: Model::free("qwen3:32b") };
//! let provider = Chat::new(ChatConfig::new(server, models))?;
//! // Orchestrator::builder().… with Arc::new(provider)
//! # Ok(())
//! # }
//! ```
//! Azure: the address of the deployment with its `api-version`, and [`KeyHeader::ApiKey`](crate::http::KeyHeader::ApiKey).

mod assembly;
mod chat;
mod compose;
mod config;
mod dialect;
mod embeddings;
mod examination;
mod reading;
mod vectors;
mod wire;

pub use chat::Chat;
pub use config::{ChatConfig, JsonForm};
pub use embeddings::{Embeddings, EmbeddingsConfig, Encoding};
