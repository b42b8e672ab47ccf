//! What makes two requests the same.

use std::io;

use selfheal_core::error::{Error, ErrorKind, Result};
use selfheal_core::ports::LlmRequest;
#[cfg(feature = "cassettes")]
use serde_json::Value;
use sha2::{Digest, Sha256};

/// SHA-256 of a request without its deadline, which depends on when it is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// Tells requests of this process apart: schemas that differ in the order of keys alone count as different.
    pub(crate) fn of(request: &LlmRequest) -> Result<Self> {
        let LlmRequest { tier, messages, form, tools, max_output_tokens, deadline: _ } = request;
        let mut hashing = Hashing(Sha256::new());
        serde_json::to_writer(&mut hashing, &(tier, messages, form, tools, max_output_tokens)).map_err(defect)?;
        Ok(Self(hashing.0.finalize().into()))
    }

    /// Of a request in its [`canonical`] form.
    #[cfg(feature = "cassettes")]
    pub(crate) fn of_canonical(canonical: &Value) -> Self {
        Self(Sha256::digest(canonical.to_string()).into())
    }
}

/// Prompts are long, and many are hashed at once: they aren't copied for it.
struct Hashing(Sha256);

impl io::Write for Hashing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The request as JSON, without its deadline, with the keys of every object in order.
#[cfg(feature = "cassettes")]
pub(crate) fn canonical(request: &LlmRequest) -> Result<Value> {
    let mut value = serde_json::to_value(request).map_err(defect)?;
    if let Some(entries) = value.as_object_mut() {
        entries.remove("deadline");
    }
    value.sort_all_objects();
    Ok(value)
}

fn defect(error: serde_json::Error) -> Error {
    Error::new(ErrorKind::Internal, "llm.fingerprint", error.to_string())
}

#[cfg(feature = "cassettes")]
impl std::fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use selfheal_core::ports::{LlmMessage, ModelTier};
    use serde_json::json;
    use std::time::Duration;

    #[test]
    fn everything_counts_but_the_deadline() {
        let print = |request: &LlmRequest| Fingerprint::of(request).unwrap();
        let asking =
            |text: &str, schema| LlmRequest::for_json(ModelTier::Small, vec![LlmMessage::user(text)], "x", schema);
        let one = asking("why", json!({"type": "object"}));
        assert_eq!(print(&one), print(&LlmRequest { deadline: Duration::ZERO, ..one.clone() }));
        let others = [
            asking("why?", json!({"type": "object"})),
            asking("why", json!({"type": "string"})),
            LlmRequest { tier: ModelTier::Large, ..one.clone() },
            LlmRequest { max_output_tokens: 1, ..one.clone() },
        ];
        assert!(others.iter().all(|other| print(other) != print(&one)));
    }
}
