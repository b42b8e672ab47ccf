//! What of the protocol a model takes; models that think aloud, and servers of others, don't take all of it.

use crate::failure::FailureClass;
use crate::http::Objection;

/// How requests to a model are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Manner {
    /// Whether JSON is asked for by a function that has to be called; otherwise in words.
    pub(super) forces_tool: bool,
    /// Whether a temperature is sent.
    pub(super) temperature: bool,
}

impl Manner {
    pub(super) const FIRST: Self = Self { forces_tool: true, temperature: true };

    /// What to try after `objection`; `None` if another manner can't help.
    pub(super) fn after(self, objection: &Objection, model: &str) -> Option<Self> {
        if !matches!(objection.class(), FailureClass::BadRequest | FailureClass::Unsupported) {
            return None;
        }
        let objection = objection.clone().without(model);
        match () {
            () if self.temperature && objection.says(&["temperature"]) => Some(Self { temperature: false, ..self }),
            () if self.forces_tool && objection.says(&["tool", "schema"]) => Some(Self { forces_tool: false, ..self }),
            () => None,
        }
    }
}
