//! One request, and how it ended.

use std::time::Duration;

use selfheal_core::error::Result;
use selfheal_core::ports::{LlmRequest, LlmResponse};
use selfheal_detect::redact::Redactor;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::failure::{Failure, FailureClass};
use crate::fingerprint::{Fingerprint, canonical};

/// One line of a cassette.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Exchange {
    /// The fingerprint of the request, in hex.
    pub(super) fingerprint: String,
    /// The request, redacted, without its deadline.
    pub(super) request: Value,
    pub(super) end: End,
}

/// How it ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum End {
    Answered(LlmResponse),
    Failed {
        class: FailureClass,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_after_ms: Option<u64>,
        message: String,
    },
}

impl End {
    pub(super) fn failed(failure: Failure, message: &str) -> Self {
        let retry_after_ms = failure.retry_after.map(|wait| u64::try_from(wait.as_millis()).unwrap_or(u64::MAX));
        Self::Failed { class: failure.class, retry_after_ms, message: message.to_owned() }
    }

    pub(super) fn again(&self) -> Result<LlmResponse> {
        match self {
            Self::Answered(response) => Ok(response.clone()),
            Self::Failed { class, retry_after_ms, message } => {
                let retry_after = retry_after_ms.map(Duration::from_millis);
                Err(Failure { class: *class, retry_after }.error(message.clone()))
            }
        }
    }
}

/// The request as a cassette knows it.
pub(super) fn known(request: &LlmRequest, redactor: &Redactor) -> Result<(Fingerprint, Value)> {
    let mut value = canonical(request)?;
    redact(&mut value, redactor);
    Ok((Fingerprint::of_canonical(&value), value))
}

/// Redacts every text within; keys are ours.
pub(super) fn redact(value: &mut Value, redactor: &Redactor) {
    match value {
        Value::String(text) => {
            if let std::borrow::Cow::Owned(redacted) = redactor.redact(text) {
                *text = redacted;
            }
        }
        Value::Array(elements) => elements.iter_mut().for_each(|element| redact(element, redactor)),
        Value::Object(entries) => entries.values_mut().for_each(|entry| redact(entry, redactor)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
