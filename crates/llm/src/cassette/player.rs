//! Answers as it was recorded.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use selfheal_core::error::{Error, ErrorKind, Result};
use selfheal_core::ports::{LlmProvider, LlmRequest, LlmResponse};
use selfheal_core::spending::{CallEnd, Meter, PlannedCall, Price};
use selfheal_detect::redact::Redactor;
use serde_json::Value;

use super::difference::nearest;
use super::exchange::{End, known};
use super::file::{self, CassetteError};

/// A provider that never calls out: each request is answered as it was when it was recorded. The same request again is answered as it
/// was then again; past the last recording, by the last.
pub struct Player {
    known: BTreeMap<String, Track>,
    redactor: Arc<Redactor>,
}

struct Track {
    request: Value,
    ends: Vec<End>,
    played: AtomicUsize,
}

impl Player {
    /// Reads a cassette. `redactor` must be like the one that it was recorded with: what that took out stands in no request.
    ///
    /// # Errors
    /// [`CassetteError`].
    pub fn load(path: &Path, redactor: Arc<Redactor>) -> Result<Self, CassetteError> {
        let mut known: BTreeMap<String, Track> = BTreeMap::new();
        for exchange in file::read(path)? {
            let track = Track { request: exchange.request, ends: Vec::new(), played: AtomicUsize::new(0) };
            known.entry(exchange.fingerprint).or_insert(track).ends.push(exchange.end);
        }
        Ok(Self { known, redactor })
    }

    /// How many recorded exchanges were not played: left over from what is not asked any more.
    #[must_use]
    pub fn unplayed(&self) -> usize {
        let left = |track: &Track| track.ends.len().saturating_sub(track.played.load(Ordering::Relaxed));
        self.known.values().map(left).sum()
    }

    fn track(&self, request: &LlmRequest) -> Result<&Track> {
        let (fingerprint, asked) = known(request, &self.redactor)?;
        self.known.get(&fingerprint.to_string()).ok_or_else(|| {
            let told = nearest(&asked, self.known.values().map(|track| &track.request));
            Error::new(ErrorKind::NotFound, "llm.replay", format!("this request was not recorded; {told}"))
        })
    }
}

impl Track {
    fn next(&self) -> Option<&End> {
        let place = self.played.fetch_add(1, Ordering::Relaxed);
        self.ends.get(place).or(self.ends.last())
    }
}

#[async_trait]
impl LlmProvider for Player {
    async fn complete(&self, request: &LlmRequest, meter: &Meter) -> Result<LlmResponse> {
        let track = self.track(request)?;
        let planned = PlannedCall {
            provider: "cassette",
            model: "recorded",
            input_tokens: request.input_bytes() as u64,
            output_tokens: u64::from(request.max_output_tokens),
            price: Price::default(),
        };
        let call = meter.begin(&planned).await?;
        let answer = match track.next() {
            Some(end) => end.again(),
            None => Err(Error::new(ErrorKind::Internal, "llm.replay", "a request without an end")),
        };
        call.ended(match &answer {
            Ok(response) => CallEnd::Answered { usage: response.usage },
            Err(error) => CallEnd::Failed { why: error.message().to_owned() },
        });
        answer
    }
}
