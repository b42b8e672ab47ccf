//! The provider.

use async_trait::async_trait;
use futures_util::Stream;
use selfheal_core::error::Result;
use selfheal_core::ports::{AnswerForm, LlmMessage, LlmProvider, LlmRequest, LlmResponse, ModelTier};
use selfheal_core::spending::Meter;

use super::assembly::ChatAssembly;
use super::compose::compose;
use super::config::ChatConfig;
use super::dialect::Dialect;
use super::reading;
use super::wire::Completion;
use crate::ApiKey;
use crate::answer::{Learned, Opened, Piece, Streaming, Wire, complete, pieces};
use crate::fingerprint::Fingerprint;
use crate::http::{About, Begun, Caller, Headers, Objection, SetupError};

/// The protocol has none of its own.
const HEADERS: Headers = &[];

/// Most dialects that are tried for one request.
const MAX_DIALECTS: usize = 8;

/// Chat completions of a server that speaks OpenAI's protocol.
///
/// What a server doesn't understand is found out from its objections, and remembered per model: which form of JSON, which field
/// bounds the answer, whether it takes a temperature, a system message. Finding out costs a call each, counted as any other.
#[derive(Debug)]
pub struct Chat {
    pub(super) config: ChatConfig,
    pub(super) caller: Caller,
    learned: Learned<Dialect>,
    /// The last question whose answer wasn't in the form that the server was told.
    slips: Learned<Fingerprint>,
}

/// An answer that began, and how it was asked for.
struct Asked<'a> {
    begun: Begun<'a>,
    dialect: Dialect,
    answer_tool: Option<String>,
}

impl Chat {
    /// The provider by `config`. Must be used within a tokio runtime that has IO and time.
    ///
    /// # Errors
    /// [`SetupError`].
    pub fn new(config: ChatConfig) -> std::result::Result<Self, SetupError> {
        config.check()?;
        let caller = Caller::new(&config.server, &config.models, HEADERS)?;
        Ok(Self { caller, config, learned: Learned::default(), slips: Learned::default() })
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
    /// As of [`complete`](LlmProvider::complete); some servers have models and no list.
    pub async fn list_models(&self, meter: &Meter) -> Result<Vec<String>> {
        self.caller.list_models(meter).await
    }

    /// The same server, asked otherwise; nothing that was learned of it goes along.
    pub(super) fn with(&self, config: ChatConfig) -> Self {
        Self { caller: self.caller.clone(), config, learned: Learned::default(), slips: Learned::default() }
    }

    pub(super) fn model(&self, tier: ModelTier) -> &str {
        self.caller.model(tier)
    }

    /// Sends `request` in the dialect that the server is known to understand, or in one after the other.
    async fn send<'a>(&self, request: &LlmRequest, meter: &'a Meter, as_stream: bool) -> Result<Asked<'a>> {
        let mut dialect = self.dialect(request);
        let mut tried = vec![dialect];
        let mut first: Option<Box<Objection>> = None;
        loop {
            let composed = compose(&self.config, request, dialect, as_stream)?;
            let called = self.caller.call("/chat/completions", request, composed.body, meter).await?;
            let objection = match called {
                Ok(begun) => {
                    self.learned.learn(request, dialect);
                    return Ok(Asked { begun, dialect, answer_tool: composed.answer_tool });
                }
                Err(objection) => objection,
            };
            let mut others = dialect.after(&objection, self.model(request.tier), wants_json(request)).into_iter();
            let next = others.find(|other| !tried.contains(other)).filter(|_| tried.len() < MAX_DIALECTS);
            let Some(next) = next else {
                // The first one is about the request as it was meant.
                return Err(self.caller.explain(&first.unwrap_or(objection), request.tier, meter).await);
            };
            tracing::debug!(
                model = self.model(request.tier),
                said = objection.excerpt,
                ?next,
                "another dialect is tried"
            );
            first = first.or(Some(objection));
            dialect = next;
            tried.push(next);
        }
    }

    /// The dialect that the model is known to understand, or the first to try.
    fn dialect(&self, request: &LlmRequest) -> Dialect {
        let is_openai = || self.config.server.address.origin() == "https://api.openai.com";
        self.learned.of(request).unwrap_or_else(|| Dialect::first(self.config.form, is_openai()))
    }

    fn streaming<'a>(&self, request: &LlmRequest, asked: Asked<'a>) -> Streaming<'a> {
        let Begun { reply, call } = asked.begun;
        let about = self.caller.about(request.tier).to_owned();
        let assembly = ChatAssembly::new(about, asked.answer_tool, reply.key.clone());
        Streaming::new(reply.events(&self.config.server.bounds), Box::new(assembly), call)
    }
}

/// What tells questions apart: a conversation as it began, whatever was said since.
fn question(request: &LlmRequest) -> Option<Fingerprint> {
    let began = request.messages.iter().take_while(|message| !matches!(message, LlmMessage::Assistant { .. }));
    Fingerprint::of(&LlmRequest { messages: began.cloned().collect(), ..request.clone() }).ok()
}

fn wants_json(request: &LlmRequest) -> bool {
    matches!(request.form, AnswerForm::Json { .. })
}

#[async_trait]
impl Wire for Chat {
    type Told = Dialect;

    fn streams(&self) -> bool {
        self.config.stream
    }

    async fn open<'a>(&self, request: &LlmRequest, meter: &'a Meter, as_stream: bool) -> Result<(Opened<'a>, Dialect)> {
        let asked = self.send(request, meter, as_stream).await?;
        let dialect = asked.dialect;
        // Some servers answer whole, whatever they are asked for.
        if asked.begun.reply.is_event_stream() {
            return Ok((Opened::Stream(self.streaming(request, asked)), dialect));
        }
        let Asked { begun, answer_tool, .. } = asked;
        let read = |completion: Completion, about: About<'_>, key: Option<&ApiKey>| {
            reading::said(completion, answer_tool.as_deref(), about, key)
        };
        Ok((Opened::Whole(self.caller.whole(begun, request, read).await?), dialect))
    }

    fn found(&self, request: &LlmRequest, told: Dialect, kept: bool) {
        if kept {
            return self.slips.forget(request);
        }
        // Of several requests at once, only the first to tell takes it a step down.
        let Some(weaker) = told.weaker().filter(|_| self.dialect(request) == told) else { return };
        let Some(question) = question(request) else { return };
        match self.slips.of(request) {
            None => self.slips.learn(request, question),
            // What is quoted in a question may talk a model out of the form; another question then shows whose doing it was.
            Some(before) if before == question => {}
            Some(_) => {
                tracing::debug!(model = self.model(request.tier), ?weaker, "the model isn't held to the form");
                self.slips.forget(request);
                self.learned.learn(request, weaker);
            }
        }
    }
}

#[async_trait]
impl LlmProvider for Chat {
    async fn complete(&self, request: &LlmRequest, meter: &Meter) -> Result<LlmResponse> {
        complete(self, request, meter).await
    }
}
