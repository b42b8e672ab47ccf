//! The port: signs, sends, repeats within bounds.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use reqwest::Client;
use reqwest::header::CONTENT_TYPE;
use selfheal_core::error::Result;
use selfheal_core::failpoint;
use selfheal_core::ports::{Clock, Entropy, Escalation, Notifier};

use super::answer::{Again, Failed, acknowledged_by, judge, transport};
use super::config::{Acknowledgement, WebhookConfig};
use super::error::WebhookError;
use super::message::Message;
use super::{backoff, client, signature};

/// Tells a receiver by signed webhook; see the [module](super) for what is sent.
///
/// Errors are retryable if the receiver can't be reached, takes too long, answers 408, 429 or 5xx, or nobody acknowledged
/// yet; everything else is permanent. Waits go through the clock; the timeout of an attempt is real time, as the network's is.
#[derive(Clone)]
pub struct WebhookNotifier {
    config: WebhookConfig,
    client: Client,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
}

impl WebhookNotifier {
    /// A notifier by `config`. Must be used within a tokio runtime that has IO and time.
    ///
    /// # Errors
    /// [`WebhookError::Tls`] or [`WebhookError::Client`].
    pub fn new(
        config: WebhookConfig,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> std::result::Result<Self, WebhookError> {
        Ok(Self { client: client::build(&config)?, config, clock, entropy })
    }

    async fn attempt(&self, message: &Message) -> std::result::Result<(), Failed> {
        let timestamp_s = self.clock.now().as_millis() / 1000;
        let signature = signature::sign(&self.config.secrets, &message.id, timestamp_s, &message.body);
        let request = self.client.post(self.config.endpoint.url().clone());
        let request = request
            .header(CONTENT_TYPE, "application/json")
            .header("webhook-id", &message.id)
            .header("webhook-timestamp", timestamp_s)
            .header("webhook-signature", signature)
            .body(message.body.clone());
        let response = request.send().await.map_err(transport)?;
        judge(response.status(), response.headers(), self.clock.now())?;
        if self.config.acknowledgement == Acknowledgement::Explicit {
            let by = acknowledged_by(response).await?;
            tracing::info!(by = ?by, id = message.id, "escalation acknowledged");
        }
        Ok(())
    }

    /// How long to wait before the next attempt of this call; `None` if there is to be none.
    fn wait(&self, attempt: u32, again: Again) -> Option<Duration> {
        let bounds = &self.config.bounds;
        if attempt >= bounds.attempts {
            return None;
        }
        let own = backoff::wait(bounds, attempt, self.entropy.next_u64());
        match again {
            Again::No => None,
            Again::Soon => Some(own),
            Again::After(asked) if asked <= bounds.longest_wait => Some(own.max(asked)),
            Again::After(_) => None,
        }
    }
}

#[async_trait]
impl Notifier for WebhookNotifier {
    async fn notify(&self, escalation: &Escalation) -> Result<()> {
        let message = Message::of(escalation)?;
        failpoint::hit("webhook.message_made");
        let mut attempt = 1;
        loop {
            let Err(failed) = self.attempt(&message).await else { break };
            let error = failed.error.with_context("receiver", self.config.endpoint.origin());
            let Some(wait) = self.wait(attempt, failed.again) else { return Err(error) };
            tracing::debug!(%error, attempt, wait_ms = wait.as_millis(), "escalation not delivered; trying again");
            self.clock.sleep_until(self.clock.now().after(wait)).await;
            attempt += 1;
        }
        failpoint::hit("webhook.acknowledged");
        Ok(())
    }
}

impl std::fmt::Debug for WebhookNotifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WebhookNotifier").field("config", &self.config).finish_non_exhaustive()
    }
}
