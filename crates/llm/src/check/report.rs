//! What was found out.

use std::fmt;
use std::time::Duration;

use selfheal_core::error::Error;
use serde::Serialize;

use crate::failure::{Failure, FailureClass};

/// Something that a server may be able to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Ability {
    /// It lists its models.
    ListModels,
    /// It answers in text.
    Chat,
    /// It holds the model to a JSON schema.
    JsonSchema,
    /// It holds the model to JSON.
    JsonObject,
    /// The model answers by calling a function that it has to call.
    ToolCall,
    /// The model answers in JSON because it is told to.
    JsonText,
    /// The model asks for functions that are offered to it.
    Tools,
    /// Answers come as a stream.
    Streaming,
    /// It turns texts into vectors.
    Embeddings,
}

impl Ability {
    /// The name, as in a report.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ListModels => "list of models",
            Self::Chat => "chat",
            Self::JsonSchema => "JSON by schema",
            Self::JsonObject => "JSON by mode",
            Self::ToolCall => "JSON by tool call",
            Self::JsonText => "JSON by words",
            Self::Tools => "tools",
            Self::Streaming => "streaming",
            Self::Embeddings => "embeddings",
        }
    }
}

impl fmt::Display for Ability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Whether it can.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Yes.
    Works,
    /// It takes the request, and doesn't do what it was asked for.
    Ignored,
    /// No.
    Fails {
        /// What kind of failure; `None` if no server failed, but the meter refused.
        class: Option<FailureClass>,
        /// Why, and what to set.
        why: String,
    },
}

/// One ability of one model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What was tried.
    pub ability: Ability,
    /// With which model; empty if with none.
    pub model: String,
    /// Whether it can.
    pub outcome: Outcome,
    /// How long it took.
    pub took: Duration,
}

impl Finding {
    /// Whether it can.
    #[must_use]
    pub fn works(&self) -> bool {
        self.outcome == Outcome::Works
    }
}

impl From<Error> for Outcome {
    fn from(error: Error) -> Self {
        let why = error.to_string();
        let why = why.strip_prefix("llm.complete: ").unwrap_or(&why).to_owned();
        Self::Fails { class: Failure::of(&error).map(|failure| failure.class), why }
    }
}

/// What a server can do.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct ServerReport {
    /// How records name the server.
    pub server: String,
    /// What was tried, in this order. A model that doesn't even chat is not tried further.
    pub findings: Vec<Finding>,
}

impl ServerReport {
    /// How JSON will be asked for with `model`: the best way that works. `None` if there is none.
    #[must_use]
    pub fn json_by(&self, model: &str) -> Option<Ability> {
        const BEST_FIRST: [Ability; 4] =
            [Ability::JsonSchema, Ability::JsonObject, Ability::ToolCall, Ability::JsonText];
        BEST_FIRST.into_iter().find(|ability| self.can(*ability, model))
    }

    /// Whether `model` can do something.
    #[must_use]
    pub fn can(&self, ability: Ability, model: &str) -> bool {
        self.findings.iter().any(|finding| finding.ability == ability && finding.model == model && finding.works())
    }
}
