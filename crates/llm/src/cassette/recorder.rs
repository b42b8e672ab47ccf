//! Records what a provider is asked and answers.

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use selfheal_core::error::Result;
use selfheal_core::ports::{AnswerForm, LlmProvider, LlmRequest, LlmResponse};
use selfheal_core::spending::Meter;
use selfheal_detect::redact::Redactor;
use serde_json::Value;

use super::exchange::{End, Exchange, known, redact};
use super::file::{self, CassetteError, MAX_EXCHANGES};
use crate::failure::Failure;

/// A provider that remembers its conversations until they are [saved](Recorder::save).
pub struct Recorder<P> {
    inner: P,
    redactor: Arc<Redactor>,
    taken: Mutex<Taken>,
}

#[derive(Default)]
struct Taken {
    exchanges: Vec<Exchange>,
    refused: Option<CassetteRefusal>,
}

enum CassetteRefusal {
    TooMany,
    Secret { fingerprint: String },
}

impl<P> Recorder<P> {
    /// Records what `inner` is asked, without what `redactor` takes for secrets.
    #[must_use]
    pub fn new(inner: P, redactor: Arc<Redactor>) -> Self {
        Self { inner, redactor, taken: Mutex::default() }
    }

    /// Writes what was recorded, in an order that depends on the requests alone: those of one incident may end in any order.
    ///
    /// # Errors
    /// [`CassetteError`]; the file is as it was then.
    pub fn save(&self, path: &Path) -> Result<(), CassetteError> {
        let taken = self.taken();
        match &taken.refused {
            Some(CassetteRefusal::TooMany) => return Err(CassetteError::TooLarge { path: path.to_owned() }),
            Some(CassetteRefusal::Secret { fingerprint }) => {
                return Err(CassetteError::Secret { fingerprint: fingerprint.clone() });
            }
            None => {}
        }
        let mut exchanges = taken.exchanges.clone();
        // Stable: the same request keeps its answers in order.
        exchanges.sort_by(|one, other| one.fingerprint.cmp(&other.fingerprint));
        file::write(path, &exchanges)
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self, request: &LlmRequest, answer: &Result<LlmResponse>) -> Result<()> {
        let end = match answer {
            Ok(response) => End::Answered(response.clone()),
            Err(error) => match Failure::of(error) {
                Some(failure) => End::failed(failure, error.message()),
                // A ceiling's refusal, or our own defect: nothing that a model did.
                None => return Ok(()),
            },
        };
        let (fingerprint, known) = known(request, &self.redactor)?;
        let fingerprint = fingerprint.to_string();
        let end = self.redacted(&end).filter(|end| is_still(&request.form, end));
        let mut taken = self.taken();
        match end {
            Some(_) if taken.exchanges.len() == MAX_EXCHANGES => taken.refused = Some(CassetteRefusal::TooMany),
            Some(end) => taken.exchanges.push(Exchange { fingerprint, request: known, end }),
            None => taken.refused = Some(CassetteRefusal::Secret { fingerprint }),
        }
        Ok(())
    }

    fn redacted(&self, end: &End) -> Option<End> {
        let mut value = serde_json::to_value(end).ok()?;
        redact(&mut value, &self.redactor);
        serde_json::from_value(value).ok()
    }
}

/// Whether an answer is in the form that was asked for.
fn is_still(form: &AnswerForm, end: &End) -> bool {
    match (form, end) {
        (AnswerForm::Json { .. }, End::Answered(response)) if response.tool_calls.is_empty() => {
            serde_json::from_str::<Value>(response.content.read()).is_ok()
        }
        _ => true,
    }
}

#[async_trait]
impl<P: LlmProvider> LlmProvider for Recorder<P> {
    async fn complete(&self, request: &LlmRequest, meter: &Meter) -> Result<LlmResponse> {
        let answer = self.inner.complete(request, meter).await;
        self.take(request, &answer)?;
        answer
    }
}
