//! Answers that were given before to exactly the same question.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use selfheal_core::error::Result;
use selfheal_core::ports::{Clock, LlmMessage, LlmProvider, LlmRequest, LlmResponse, TokenUsage};
use selfheal_core::spending::Meter;

use crate::fingerprint::Fingerprint;

/// What a cache keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CacheLimits {
    /// Most answers.
    pub entries: usize,
    /// Most bytes of all answers together.
    pub bytes: usize,
    /// How long an answer is taken for the one that would be given now.
    pub lasts: Duration,
}

impl Default for CacheLimits {
    /// 512 answers, 8 MiB, a quarter of an hour.
    fn default() -> Self {
        Self { entries: 512, bytes: 8 << 20, lasts: Duration::from_secs(15 * 60) }
    }
}

/// Remembers what a provider answered. Put it before a router or a provider, not behind: it doesn't know which model would answer.
///
/// The whole request is the key, so that nobody learns what they didn't know before they asked. Only answers are kept, no failures, and none that whoever
/// asked objects to. A
/// kept answer takes nothing of the ceilings; the meter remembers it as [`CallEnd::Cached`](selfheal_core::spending::CallEnd).
pub struct Cached<P> {
    inner: P,
    clock: Arc<dyn Clock>,
    limits: CacheLimits,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    answers: HashMap<Fingerprint, Answer>,
    /// The oldest first.
    order: VecDeque<Fingerprint>,
    bytes: usize,
}

struct Answer {
    response: Arc<LlmResponse>,
    bytes: usize,
    until: Duration,
}

impl<P> Cached<P> {
    /// A cache before `inner`.
    #[must_use]
    pub fn new(inner: P, clock: Arc<dyn Clock>, limits: CacheLimits) -> Self {
        Self { inner, clock, limits, kept: Mutex::default() }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl<P: LlmProvider> LlmProvider for Cached<P> {
    async fn complete(&self, request: &LlmRequest, meter: &Meter) -> Result<LlmResponse> {
        let key = Fingerprint::of(request)?;
        let found = self.kept().find(key, self.clock.elapsed());
        if let Some(response) = found {
            meter.note_cached("cache", &response.model);
            return Ok(LlmResponse { usage: TokenUsage::default(), ..response.as_ref().clone() });
        }
        if let Some(refused) = refused(request) {
            self.kept().forget(Fingerprint::of(&refused)?);
        }
        let response = self.inner.complete(request, meter).await?;
        self.kept().keep(key, &response, self.clock.elapsed(), self.limits);
        Ok(response)
    }
}

impl Kept {
    fn find(&mut self, key: Fingerprint, now: Duration) -> Option<Arc<LlmResponse>> {
        let answer = self.answers.get(&key)?;
        if answer.until > now {
            return Some(Arc::clone(&answer.response));
        }
        self.forget(key);
        None
    }

    fn forget(&mut self, key: Fingerprint) {
        self.drop_one(key);
        self.order.retain(|kept| *kept != key);
    }

    fn keep(&mut self, key: Fingerprint, response: &LlmResponse, now: Duration, limits: CacheLimits) {
        let bytes = size(response);
        if bytes > limits.bytes || limits.entries == 0 || self.answers.contains_key(&key) {
            return;
        }
        while self.order.len() >= limits.entries || self.bytes + bytes > limits.bytes {
            let Some(oldest) = self.order.pop_front() else { break };
            self.drop_one(oldest);
        }
        let until = now.saturating_add(limits.lasts);
        self.answers.insert(key, Answer { response: Arc::new(response.clone()), bytes, until });
        self.order.push_back(key);
        self.bytes += bytes;
    }

    fn drop_one(&mut self, key: Fingerprint) {
        if let Some(answer) = self.answers.remove(&key) {
            self.bytes -= answer.bytes;
        }
    }
}

/// The question whose answer `request` objects to, if it does: that answer is none to keep.
fn refused(request: &LlmRequest) -> Option<LlmRequest> {
    let [before @ .., LlmMessage::Assistant { .. }, LlmMessage::User { .. }] = request.messages.as_slice() else {
        return None;
    };
    Some(LlmRequest { messages: before.to_vec(), ..request.clone() })
}

fn size(response: &LlmResponse) -> usize {
    let calls = response.tool_calls.iter();
    let called: usize = calls.map(|call| call.id.len() + call.name.len() + call.arguments.read().len()).sum();
    size_of::<Answer>() + size_of::<Fingerprint>() * 2 + response.content.read().len() + response.model.len() + called
}
