//! A `heal` that was built without language models.

use std::sync::Arc;

use selfheal_core::limits::ModelLimits;
use selfheal_core::ports::LlmProvider;
use selfheal_detect::redact::RedactorBuilder;

use super::{LlmOptions, ModelsOptions};
use crate::exit;
use crate::run::Refusal;

/// None.
pub(crate) enum Models {}

impl Models {
    /// None; one that is named can't be asked.
    ///
    /// # Errors
    /// If an option names some.
    pub(crate) fn find(options: &ModelsOptions) -> Result<Option<Self>, Refusal> {
        match options.models {
            Some(_) => Err(Refusal::usage("--models: this `heal` was built without the feature `models`")),
            None => Ok(None),
        }
    }

    pub(crate) fn redacting(&self, _: RedactorBuilder) -> Result<RedactorBuilder, Refusal> {
        match *self {}
    }

    pub(crate) fn provider(&self) -> Result<Arc<dyn LlmProvider>, Refusal> {
        match *self {}
    }

    pub(crate) fn limits(&self) -> ModelLimits {
        match *self {}
    }
}

/// Says so.
pub(crate) fn main(_: &LlmOptions) -> i32 {
    anstream::eprintln!("heal: this `heal` was built without the feature `models`");
    exit::USAGE
}
