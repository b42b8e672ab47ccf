//! Servers that speak Anthropic's protocol: Anthropic, and gateways before it.
//!
//! # Example
//! ```
//! use selfheal_llm::ApiKey;
//! use selfheal_llm::anthropic::{Messages, MessagesConfig};
//! use selfheal_llm::http::{Address, Model, Server, TierModels};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let server = Server::new(Address::parse("https://api.anthropic.com/v1")?).with_key(ApiKey::new("unused")?);
//! let models = TierModels { small: Model::free("claude-haiku"), large: Model::free("claude-opus") };
//! let provider = Messages::new(MessagesConfig::new(server, models))?;
//! # Ok(())
//! # }
//! ```

mod assembly;
mod compose;
mod config;
mod examination;
mod manner;
mod messages;
mod reading;
mod wire;

pub use config::MessagesConfig;
pub use messages::Messages;
