//! The channels by which people are told, in the order in which they are tried.

use std::sync::Arc;

use selfheal_core::ports::Notifier;

use super::Refusal;
use crate::cli::RunOptions;

/// One notifier per `--webhook`.
///
/// # Errors
/// If an address or the secret can't be used.
#[cfg(feature = "webhook")]
pub(super) fn channels(options: &RunOptions) -> Result<Vec<Arc<dyn Notifier>>, Refusal> {
    use selfheal_adapters::webhook::{Endpoint, PlainHttp, SigningSecret, WebhookConfig, WebhookNotifier};
    use selfheal_core::orchestrator::{SystemClock, SystemEntropy};

    if options.webhook.is_empty() {
        return Ok(Vec::new());
    }
    // A file: an option could be read by every user, and the command would inherit a variable.
    let file =
        options.webhook_secret.as_ref().ok_or_else(|| Refusal::usage("--webhook: expected --webhook-secret too"))?;
    let refuse =
        |error: &dyn std::fmt::Display| Refusal::usage(format!("--webhook-secret {}: {error}", file.display()));
    let secret = std::fs::read_to_string(file).map_err(|error| refuse(&error))?;
    let secret = SigningSecret::parse(&secret).map_err(|error| refuse(&error))?;
    let (clock, entropy) = (Arc::new(SystemClock::default()), Arc::new(SystemEntropy::default()));
    let channel = |address: &String| {
        let refuse = |error| Refusal::usage(format!("--webhook: {error}"));
        let endpoint = Endpoint::parse(address, PlainHttp::ToLoopback).map_err(refuse)?;
        let config = WebhookConfig::new(endpoint, secret.clone());
        let notifier = WebhookNotifier::new(config, clock.clone(), entropy.clone()).map_err(refuse)?;
        Ok(Arc::new(notifier) as Arc<dyn Notifier>)
    };
    options.webhook.iter().map(channel).collect()
}

/// Without the feature there is nobody to tell but the caller.
#[cfg(not(feature = "webhook"))]
pub(super) fn channels(options: &RunOptions) -> Result<Vec<Arc<dyn Notifier>>, Refusal> {
    match options.webhook.is_empty() {
        true => Ok(Vec::new()),
        false => Err(Refusal::usage("--webhook: this `heal` was built without the feature `webhook`")),
    }
}
