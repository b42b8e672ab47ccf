//! Texts as vectors.

use std::time::Duration;

use async_trait::async_trait;
use selfheal_core::error::{Error, Result};
use selfheal_core::ports::{Embedder, TokenUsage};
use selfheal_core::spending::{CallEnd, Meter, PlannedCall};
use serde::Serialize;

use super::vectors::{Embedded, vectors};
use crate::answer::end_of;
use crate::failure::{Failure, FailureClass};
use crate::http::{About, Link, Model, Server, SetupError, Trouble};

/// How vectors are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Encoding {
    /// As JSON numbers: every server can.
    #[default]
    Float,
    /// As base64 of little-endian 32-bit floats: a third of the bytes.
    Base64,
}

/// A server of embeddings and its model.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct EmbeddingsConfig {
    /// The server.
    pub server: Server,
    /// Its model.
    pub model: Model,
    /// How many numbers a vector has to have; asked for, and checked. `None` to take what the model gives.
    pub dimensions: Option<u32>,
    /// How vectors are asked for; either is understood.
    pub encoding: Encoding,
    /// Texts of one call, at least 1.
    pub batch: usize,
    /// How long all calls for one list of texts may take.
    pub deadline: Duration,
}

impl EmbeddingsConfig {
    /// The model of the server: floats, 32 texts a call, 30 seconds.
    #[must_use]
    pub fn new(server: Server, model: Model) -> Self {
        let deadline = Duration::from_secs(30);
        Self { server, model, dimensions: None, encoding: Encoding::default(), batch: 32, deadline }
    }
}

/// Embeddings of a server that speaks OpenAI's protocol.
#[derive(Debug)]
pub struct Embeddings {
    config: EmbeddingsConfig,
    link: Link,
}

#[derive(Serialize)]
struct Body<'a> {
    model: &'a str,
    input: &'a [String],
    encoding_format: Encoding,
    #[serde(skip_serializing_if = "Option::is_none")]
    dimensions: Option<u32>,
}

impl Embeddings {
    /// The embedder by `config`. Must be used within a tokio runtime that has IO and time.
    ///
    /// # Errors
    /// [`SetupError`].
    pub fn new(config: EmbeddingsConfig) -> std::result::Result<Self, SetupError> {
        config.model.check()?;
        Ok(Self { link: Link::new(config.server.clone())?, config })
    }

    pub(super) fn model(&self) -> &str {
        &self.config.model.name
    }

    async fn all(&self, texts: &[String], meter: &Meter) -> Result<Vec<Vec<f32>>> {
        let mut all: Vec<Vec<f32>> = Vec::with_capacity(texts.len());
        for batch in texts.chunks(self.config.batch.max(1)) {
            let expected = self.config.dimensions.map(|dimensions| dimensions as usize).or(all.first().map(Vec::len));
            let embedded = self.batch(batch, meter).await?;
            all.extend(vectors(embedded, batch.len(), expected)?);
        }
        Ok(all)
    }

    async fn batch(&self, texts: &[String], meter: &Meter) -> Result<Embedded> {
        let model = &self.config.model;
        let bytes: usize = texts.iter().map(String::len).sum();
        let planned = PlannedCall {
            provider: &self.config.server.name,
            model: &model.name,
            input_tokens: bytes as u64,
            output_tokens: 0,
            price: model.price,
        };
        let call = meter.begin(&planned).await?;
        let embedded = self.post(texts).await;
        call.ended(match &embedded {
            Ok(embedded) => CallEnd::Answered { usage: usage(embedded, bytes) },
            Err(error) => end_of(error),
        });
        embedded
    }

    async fn post(&self, texts: &[String]) -> Result<Embedded> {
        let Self { config, link } = self;
        let body = Body {
            model: &config.model.name,
            input: texts,
            encoding_format: config.encoding,
            dimensions: config.dimensions,
        };
        let body = serde_json::to_vec(&body).map_err(unwritable)?;
        match link.post("/embeddings", &[], body).await {
            Ok(reply) => reply.json(&config.server).await,
            Err(Trouble::Objection(objection)) => Err(objection.error(self.about())),
            Err(Trouble::Failed(error)) => Err(error),
        }
    }

    fn about(&self) -> About<'_> {
        let Self { config, .. } = self;
        About {
            server: &config.server,
            model: &config.model.name,
            model_setting: &config.server.settings.embedding_model,
        }
    }
}

fn unwritable(cause: serde_json::Error) -> Error {
    Failure::from(FailureClass::BadRequest).error(format!("the request can't be written as JSON: {cause}"))
}

fn usage(embedded: &Embedded, bytes: usize) -> TokenUsage {
    let estimate = u64::try_from(bytes.div_ceil(4)).unwrap_or(u64::MAX).max(1);
    let input = embedded.counted().unwrap_or(estimate);
    TokenUsage { input: u32::try_from(input).unwrap_or(u32::MAX), output: 0 }
}

#[async_trait]
impl Embedder for Embeddings {
    async fn embed(&self, texts: &[String], meter: &Meter) -> Result<Vec<Vec<f32>>> {
        let deadline = self.config.deadline;
        let all = tokio::time::timeout(deadline, self.all(texts, meter));
        all.await.unwrap_or_else(|_| {
            let message = format!("no vectors within {} ms", deadline.as_millis());
            Err(Failure::from(FailureClass::Timeout).error(message))
        })
    }
}
