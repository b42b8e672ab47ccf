//! The provider.

use async_trait::async_trait;
use futures_util::Stream;
use selfheal_core::error::Result;
use selfheal_core::ports::{LlmProvider, LlmRequest, LlmResponse, ModelTier};
use selfheal_core::spending::Meter;

use super::assembly::MessageAssembly;
use super::compose::compose;
use super::config::MessagesConfig;
use super::manner::Manner;
use super::reading;
use super::wire::Answer;
use crate::ApiKey;
use crate::answer::{Learned, Opened, Piece, Streaming, Wire, complete, pieces};
use crate::http::{About, Begun, Caller, Headers, SetupError};

/// The version of the protocol.
const HEADERS: Headers = &[("anthropic-version", "2023-06-01")];

/// Messages of a server that speaks Anthropic's protocol. JSON is asked for by a function that the model has to call.
///
/// What a model doesn't take is found out from the server's objections, and remembered. Finding out costs a call each, counted
/// as any other.
#[derive(Debug)]
pub struct Messages {
    pub(super) config: MessagesConfig,
    pub(super) caller: Caller,
    learned: Learned<Manner>,
}

/// An answer that began, and how it was asked for.
struct Asked<'a> {
    begun: Begun<'a>,
    answer_tool: Option<String>,
}

impl Messages {
    /// The provider by `config`. Must be used within a tokio runtime that has IO and time.
    ///
    /// # Errors
    /// [`SetupError`].
    pub fn new(config: MessagesConfig) -> std::result::Result<Self, SetupError> {
        config.check()?;
        Ok(Self { caller: Caller::new(&config.server, &config.models, HEADERS)?, config, learned: Learned::default() })
    }

    /// The answer to `request` while it comes, within its deadline. Text that is no JSON isn't repaired.
    pub fn stream<'a>(
        &'a self,
        request: &'a LlmRequest,
        meter: &'a Meter,
    ) -> impl Stream<Item = Result<Piece>> + Send + 'a {
        pieces(self, request, meter)
    }

    /// The names of the models that the server lists, in its order; at most 1000.
    ///
    /// # Errors
    /// As of [`complete`](LlmProvider::complete).
    pub async fn list_models(&self, meter: &Meter) -> Result<Vec<String>> {
        self.caller.list_models(meter).await
    }

    pub(super) fn model(&self, tier: ModelTier) -> &str {
        self.caller.model(tier)
    }

    async fn send<'a>(&self, request: &LlmRequest, meter: &'a Meter, as_stream: bool) -> Result<Asked<'a>> {
        let mut manner = self.learned.of(request).unwrap_or(Manner::FIRST);
        loop {
            let composed = compose(&self.config, request, manner, as_stream)?;
            let objection = match self.caller.call("/messages", request, composed.body, meter).await? {
                Ok(begun) => {
                    self.learned.learn(request, manner);
                    return Ok(Asked { begun, answer_tool: composed.answer_tool });
                }
                Err(objection) => objection,
            };
            // Each manner asks for less than the one before, so this ends.
            let Some(next) = manner.after(&objection, self.model(request.tier)) else {
                return Err(self.caller.explain(&objection, request.tier, meter).await);
            };
            tracing::debug!(
                model = self.model(request.tier),
                said = objection.excerpt,
                ?next,
                "another manner is tried"
            );
            manner = next;
        }
    }

    fn streaming<'a>(&self, request: &LlmRequest, asked: Asked<'a>) -> Streaming<'a> {
        let Begun { reply, call } = asked.begun;
        let about = self.caller.about(request.tier).to_owned();
        let assembly = MessageAssembly::new(about, asked.answer_tool, reply.key.clone());
        Streaming::new(reply.events(&self.config.server.bounds), Box::new(assembly), call)
    }
}

#[async_trait]
impl Wire for Messages {
    type Told = ();

    fn streams(&self) -> bool {
        self.config.stream
    }

    async fn open<'a>(&self, request: &LlmRequest, meter: &'a Meter, as_stream: bool) -> Result<(Opened<'a>, ())> {
        let asked = self.send(request, meter, as_stream).await?;
        if asked.begun.reply.is_event_stream() {
            return Ok((Opened::Stream(self.streaming(request, asked)), ()));
        }
        let Asked { begun, answer_tool } = asked;
        let read = |answer: Answer, about: About<'_>, key: Option<&ApiKey>| {
            reading::said(answer, answer_tool.as_deref(), about, key)
        };
        Ok((Opened::Whole(self.caller.whole(begun, request, read).await?), ()))
    }

    // A function that has to be called is all that there is to tell.
    fn found(&self, _: &LlmRequest, (): (), _: bool) {}
}

#[async_trait]
impl LlmProvider for Messages {
    async fn complete(&self, request: &LlmRequest, meter: &Meter) -> Result<LlmResponse> {
        complete(self, request, meter).await
    }
}
