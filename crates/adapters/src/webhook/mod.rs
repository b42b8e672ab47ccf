//! Escalations by signed webhook, and the check for whoever receives them.
//!
//! A message is an HTTP POST by the [Standard Webhooks] specification: `webhook-id`, `webhook-timestamp` and
//! `webhook-signature` (`v1,` and the base64 HMAC-SHA256 over `id.timestamp.body`). Any receiver that knows the
//! specification can check it; one written in Rust uses [`Verifier`].
//!
//! - **Idempotent.** The same escalation has the same `webhook-id` in every attempt, also after a crash, so that a receiver
//!   recognises what it already has.
//! - **Acknowledged.** A success status means that a machine took it; [`Acknowledgement::Explicit`] asks for who did.
//! - **Private.** `https`, or `http` to this machine only, unless the host says otherwise. Redirects aren't followed. The
//!   secret and the address (which may be a capability) appear in no error and no log line; an error names the origin.
//!
//! # The body
//! [`EscalationMessage`] as JSON. All texts are data: plain, without markup, bounded, and to be escaped by whoever shows
//! them.
//! ```json
//! {"type": "selfheal.escalation.v1",
//!  "data": {"incident": "inc-00000000000000a1",
//!           "resource": {"system": "local", "kind": "pipeline", "name": "checkout"},
//!           "environment": "production", "severity": "error",
//!           "reason": "why the healer stopped", "advice": "what a person should do"}}
//! ```
//! Fields may be added to `data`; a change of what a field means makes another `type`.
//!
//! # Example
//! ```
//! use std::sync::Arc;
//!
//! use selfheal_adapters::webhook::{Endpoint, PlainHttp, SigningSecret, WebhookConfig, WebhookNotifier};
//! use selfheal_core::orchestrator::{SystemClock, SystemEntropy};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let endpoint = Endpoint::parse("http://127.0.0.1:9000/escalations", PlainHttp::ToLoopback)?;
//! let secret = SigningSecret::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")?;
//! let config = WebhookConfig::new(endpoint, secret);
//! let notifier = WebhookNotifier::new(config, Arc::new(SystemClock::default()), Arc::new(SystemEntropy::default()))?;
//! // Orchestrator::builder().notifier(Arc::new(notifier))
//! # Ok(())
//! # }
//! ```
//!
//! [Standard Webhooks]: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md

mod answer;
mod backoff;
mod client;
mod config;
mod endpoint;
mod error;
mod message;
mod notifier;
mod secret;
mod signature;

pub use config::{Acknowledgement, Bounds, WebhookConfig};
pub use endpoint::{Endpoint, PlainHttp};
pub use error::WebhookError;
pub use message::{EscalationData, EscalationMessage, MESSAGE_TYPE};
pub use notifier::WebhookNotifier;
pub use secret::SigningSecret;
pub use signature::{SignedHeaders, Verifier, VerifyError};
