//! Which model serves which tier.

use selfheal_core::ports::ModelTier;
use selfheal_core::spending::Price;

use super::error::SetupError;
use super::server::SettingNames;

/// Most bytes of a model's name; paths of local models are long.
const NAME_BYTES: usize = 256;

/// A model, as its server names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Model {
    /// Its name, such as `gpt-5-mini` or `qwen3:8b`.
    pub name: String,
    /// What it costs; nothing for one that runs at home.
    pub price: Price,
}

impl Model {
    /// A model that costs nothing per token.
    #[must_use]
    pub fn free(name: impl Into<String>) -> Self {
        Self { name: name.into(), price: Price::default() }
    }

    pub(crate) fn check(&self) -> Result<(), SetupError> {
        match self.name.trim().len() {
            1..=NAME_BYTES => Ok(()),
            length => Err(SetupError::ModelName(length)),
        }
    }
}

/// The models of a server, per tier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TierModels {
    /// For classification and opinions.
    pub small: Model,
    /// For analysis and planning.
    pub large: Model,
}

impl TierModels {
    /// One model for both tiers.
    #[must_use]
    pub fn both(model: Model) -> Self {
        Self { small: model.clone(), large: model }
    }

    /// The model of a tier.
    #[must_use]
    pub fn of(&self, tier: ModelTier) -> &Model {
        match tier {
            ModelTier::Small => &self.small,
            ModelTier::Large => &self.large,
        }
    }

    pub(crate) fn check(&self) -> Result<(), SetupError> {
        self.small.check().and_then(|()| self.large.check())
    }
}

impl SettingNames {
    /// The setting that names the model of a tier.
    pub(crate) fn model(&self, tier: ModelTier) -> &str {
        match tier {
            ModelTier::Small => &self.small_model,
            ModelTier::Large => &self.large_model,
        }
    }
}
