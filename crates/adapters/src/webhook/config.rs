//! What a host chooses about a webhook, and its bounds.

use std::time::Duration;

use super::endpoint::Endpoint;
use super::secret::SigningSecret;

/// What counts as an acknowledgement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Acknowledgement {
    /// Any 2xx status: a machine took the escalation and answers for it.
    #[default]
    Accepted2xx,
    /// A 2xx status whose JSON body says that it reached somebody: `{"acknowledged": true, "by": "…"}` with a name that
    /// isn't empty. Anything else is "not yet": the orchestrator asks again later with the same `webhook-id`.
    Explicit,
}

/// Bounds of one call of the notifier. It takes at most `attempts · (timeout + longest_wait)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bounds {
    /// Attempts within one call, at least 1. The orchestrator repeats the call later, durably.
    pub attempts: u32,
    /// From connecting to the end of the answer, per attempt.
    pub timeout: Duration,
    /// The wait after the first failed attempt; it doubles each time, with jitter.
    pub first_wait: Duration,
    /// The longest wait between two attempts. A receiver that asks for more (`Retry-After`) isn't asked again in this call.
    pub longest_wait: Duration,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            attempts: 3,
            timeout: Duration::from_secs(10),
            first_wait: Duration::from_millis(500),
            longest_wait: Duration::from_secs(10),
        }
    }
}

/// Where escalations go and how.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct WebhookConfig {
    /// The receiver.
    pub endpoint: Endpoint,
    /// Every message is signed with each of them; two while a secret is changed.
    pub secrets: Vec<SigningSecret>,
    /// What counts as an acknowledgement.
    pub acknowledgement: Acknowledgement,
    /// Bounds of one call.
    pub bounds: Bounds,
    /// Root certificates (DER) to trust beside the system's: those of a private authority.
    pub extra_roots: Vec<Vec<u8>>,
}

impl WebhookConfig {
    /// To `endpoint`, signed with `secret`; any 2xx acknowledges; default bounds.
    #[must_use]
    pub fn new(endpoint: Endpoint, secret: SigningSecret) -> Self {
        Self {
            endpoint,
            secrets: vec![secret],
            acknowledgement: Acknowledgement::default(),
            bounds: Bounds::default(),
            extra_roots: Vec::new(),
        }
    }
}
