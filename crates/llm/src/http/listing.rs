//! Which models a server has.

use selfheal_core::error::Result;
use selfheal_core::ports::{ModelTier, TokenUsage};
use selfheal_core::spending::{CallEnd, Meter, PlannedCall, Price};
use serde::Deserialize;

use super::caller::Caller;
use super::excerpt::cut;
use super::link::Trouble;
use crate::answer::end_of;

/// Most models that are listed.
const MAX_MODELS: usize = 1000;

/// Most models that advice names.
const MAX_NAMED: usize = 10;

/// Most bytes of a name, and of one in advice.
const NAME_BYTES: usize = 256;
const NAMED_BYTES: usize = 64;

#[derive(Deserialize)]
struct Listing {
    data: Vec<Listed>,
}

#[derive(Deserialize)]
struct Listed {
    id: String,
}

impl Caller {
    /// The names of the models that the server lists, in its order.
    pub(crate) async fn list_models(&self, meter: &Meter) -> Result<Vec<String>> {
        let planned = PlannedCall {
            provider: &self.server().name,
            model: "",
            input_tokens: 0,
            output_tokens: 0,
            price: Price::default(),
        };
        let call = meter.begin(&planned).await?;
        let listing = self.listing().await;
        call.ended(match &listing {
            Ok(_) => CallEnd::Answered { usage: TokenUsage::default() },
            Err(error) => end_of(error),
        });
        let names = listing?.data.into_iter().take(MAX_MODELS).map(|listed| cut(&listed.id, NAME_BYTES).to_owned());
        Ok(names.collect())
    }

    async fn listing(&self) -> Result<Listing> {
        match self.link.get("/models", self.headers).await {
            Ok(reply) => reply.json(self.server()).await,
            Err(Trouble::Objection(objection)) => Err(objection.error(self.about(ModelTier::Large))),
            Err(Trouble::Failed(error)) => Err(error),
        }
    }

    /// Some of the models, for an error's reader; `None` if there is no list.
    pub(super) async fn models_for_advice(&self, meter: &Meter) -> Option<String> {
        let names = self.list_models(meter).await.ok().filter(|names| !names.is_empty())?;
        let mut advice = names.iter().take(MAX_NAMED).map(|name| cut(name, NAMED_BYTES)).collect::<Vec<_>>().join(", ");
        if names.len() > MAX_NAMED {
            advice.push_str(&format!(" and {} more", names.len() - MAX_NAMED));
        }
        Some(advice)
    }
}
