//! Calls to the models of a server: begun at the meter, and ended there.

use selfheal_core::error::{Error, Result};
use selfheal_core::ports::{LlmRequest, ModelTier, TokenUsage};
use selfheal_core::spending::{Call, CallEnd, Meter, PlannedCall};
use serde::de::DeserializeOwned;

use super::error::SetupError;
use super::judge::About;
use super::link::{Link, Reply, Trouble};
use super::models::TierModels;
use super::objection::Objection;
use super::server::Server;
use crate::answer::{Counted, Said, end_of, failed};
use crate::key::ApiKey;

/// Headers of a protocol.
pub(crate) type Headers = &'static [(&'static str, &'static str)];

/// A server and its models. Clones share connections.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    pub(super) link: Link,
    models: TierModels,
    pub(super) headers: Headers,
}

/// A call whose answer began with success.
pub(crate) struct Begun<'a> {
    pub(crate) reply: Reply,
    pub(crate) call: Call<'a>,
}

impl Caller {
    pub(crate) fn new(server: &Server, models: &TierModels, headers: Headers) -> Result<Self, SetupError> {
        models.check()?;
        Ok(Self { link: Link::new(server.clone())?, models: models.clone(), headers })
    }

    pub(crate) fn server(&self) -> &Server {
        &self.link.server
    }

    pub(crate) fn model(&self, tier: ModelTier) -> &str {
        &self.models.of(tier).name
    }

    pub(crate) fn about(&self, tier: ModelTier) -> About<'_> {
        let server = self.server();
        About { server, model: self.model(tier), model_setting: server.settings.model(tier) }
    }

    /// Sends `body`, the `request` in the protocol's form.
    ///
    /// # Errors
    /// The meter's refusal, or a failure; an objection isn't one, as another form of the request may do.
    pub(crate) async fn call<'a>(
        &self,
        endpoint: &str,
        request: &LlmRequest,
        body: Vec<u8>,
        meter: &'a Meter,
    ) -> Result<std::result::Result<Begun<'a>, Box<Objection>>> {
        let call = meter.begin(&self.planned(request, body.len())).await?;
        match self.link.post(endpoint, self.headers, body).await {
            Ok(reply) => Ok(Ok(Begun { reply, call })),
            Err(Trouble::Objection(objection)) => {
                call.ended(end_of(&objection.error(self.about(request.tier))));
                Ok(Err(objection))
            }
            Err(Trouble::Failed(error)) => {
                call.ended(end_of(&error));
                Err(error)
            }
        }
    }

    /// Reads an answer that comes whole, and ends its call.
    pub(crate) async fn whole<T: DeserializeOwned + Counted>(
        &self,
        begun: Begun<'_>,
        request: &LlmRequest,
        read: impl FnOnce(T, About<'_>, Option<&ApiKey>) -> Result<Said>,
    ) -> Result<Said> {
        let key = begun.reply.key.clone();
        let answer: Result<T> = begun.reply.json(self.server()).await;
        let is_counted = answer.as_ref().is_ok_and(|answer| answer.counted() != TokenUsage::default());
        let said = answer.and_then(|answer| read(answer, self.about(request.tier), key.as_ref()));
        begun.call.ended(match &said {
            Ok(said) => CallEnd::Answered { usage: said.usage(request) },
            Err(error) if is_counted => failed(error),
            Err(error) => end_of(error),
        });
        said
    }

    /// What an objection means; where a model is missing, with those that there are.
    pub(crate) async fn explain(&self, objection: &Objection, tier: ModelTier, meter: &Meter) -> Error {
        let error = objection.error(self.about(tier));
        if !objection.lacks_model() {
            return error;
        }
        match self.models_for_advice(meter).await {
            Some(models) => error.with_context("it has", models),
            None => error,
        }
    }

    fn planned(&self, request: &LlmRequest, bytes: usize) -> PlannedCall<'_> {
        let model = self.models.of(request.tier);
        PlannedCall {
            provider: &self.server().name,
            model: &model.name,
            input_tokens: bytes as u64,
            output_tokens: u64::from(request.max_output_tokens),
            price: model.price,
        }
    }
}
