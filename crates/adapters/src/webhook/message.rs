//! What is sent: the body, and the id that recognises it again.

use selfheal_core::error::{Error, ErrorKind};
use selfheal_core::incident::Severity;
use selfheal_core::ports::Escalation;
use selfheal_core::resource::{Environment, ResourceRef};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The `type` of an escalation's body: its meaning and version.
pub const MESSAGE_TYPE: &str = "selfheal.escalation.v1";

/// Bytes of each free text that are sent; the specification wants messages to stay below 20 KiB.
const TEXT_MAX: usize = 4096;

/// Bytes of each name that are sent.
const NAME_MAX: usize = 512;

/// The body of an escalation. Unknown fields are to be ignored: `data` may gain some.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EscalationMessage {
    /// [`MESSAGE_TYPE`].
    #[serde(rename = "type")]
    pub message_type: String,
    /// The escalation itself.
    pub data: EscalationData,
}

/// An escalation as it is sent. Texts are plain, and redacted before they got here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EscalationData {
    /// The incident's id.
    pub incident: String,
    /// What it is about.
    pub resource: ResourceRef,
    /// Where that runs: `dev`, `staging`, `production` or a host's own name.
    pub environment: Environment,
    /// How much it matters: `info`, `warning`, `error` or `critical`.
    pub severity: Severity,
    /// Why the healer stopped, in plain words; at most 4 KiB, cut with `…`.
    pub reason: String,
    /// What a person should do; at most 4 KiB, cut with `…`. What a model suggests begins by saying so.
    pub advice: String,
}

impl EscalationData {
    // Not the round: every delivery of one escalation is the same message, byte for byte.
    fn of(escalation: &Escalation) -> Self {
        let resource = &escalation.resource;
        let name = |text| cut(text, NAME_MAX);
        Self {
            incident: name(escalation.incident.as_str()),
            resource: ResourceRef::new(&name(&resource.system), &name(&resource.kind), &name(&resource.name)),
            environment: match &escalation.environment {
                Environment::Other(other) => Environment::Other(name(other)),
                known => known.clone(),
            },
            severity: escalation.severity,
            reason: cut(&escalation.reason, TEXT_MAX),
            advice: cut(&escalation.advice, TEXT_MAX),
        }
    }
}

/// A message that is ready to be signed and sent, any number of times.
#[derive(Debug)]
pub(super) struct Message {
    pub(super) id: String,
    pub(super) body: Vec<u8>,
}

impl Message {
    pub(super) fn of(escalation: &Escalation) -> Result<Self, Error> {
        let message = EscalationMessage { message_type: MESSAGE_TYPE.to_owned(), data: EscalationData::of(escalation) };
        let body = serde_json::to_vec(&message).map_err(|error| {
            Error::new(ErrorKind::Internal, "notifier.notify", "the escalation can't be written as JSON")
                .with_source(error)
        })?;
        Ok(Self { id: id(escalation), body })
    }
}

/// Names the escalation by what the port says is its identity, incident and reason: equal in every round, after a restart,
/// and in a later version that words the message otherwise.
fn id(escalation: &Escalation) -> String {
    let mut hash = Sha256::new();
    for part in [MESSAGE_TYPE, escalation.incident.as_str(), &escalation.reason] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    let digest = hash.finalize();
    let hex: String = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    format!("msg_{hex}")
}

fn cut(text: &str, max: usize) -> String {
    if text.len() <= max {
        return text.to_owned();
    }
    let end = text.floor_char_boundary(max - '…'.len_utf8());
    format!("{}…", &text[..end])
}

#[cfg(test)]
mod tests {
    use selfheal_core::incident::IncidentId;

    use super::*;

    fn escalation(incident: &str, reason: &str) -> Escalation {
        Escalation {
            incident: IncidentId::new(incident),
            resource: ResourceRef::new("local", "pipeline", "checkout"),
            environment: Environment::Staging,
            severity: Severity::Error,
            round: 0,
            reason: reason.to_owned(),
            advice: "look at it".to_owned(),
        }
    }

    #[test]
    fn the_body_is_the_documented_one() {
        let message = Message::of(&escalation("inc-1", "no known fix")).unwrap();
        let body: serde_json::Value = serde_json::from_slice(&message.body).unwrap();
        let expected = serde_json::json!({
            "type": "selfheal.escalation.v1",
            "data": {
                "incident": "inc-1",
                "resource": {"system": "local", "kind": "pipeline", "name": "checkout"},
                "environment": "staging",
                "severity": "error",
                "reason": "no known fix",
                "advice": "look at it",
            },
        });
        assert_eq!(body, expected);
    }

    #[test]
    fn every_round_is_the_same_message_and_another_escalation_is_not() {
        let first = Message::of(&escalation("inc-1", "a")).unwrap();
        let again = Message::of(&Escalation { round: 7, ..escalation("inc-1", "a") }).unwrap();
        assert_eq!((&first.id, &first.body), (&again.id, &again.body));
        for other in [escalation("inc-2", "a"), escalation("inc-1", "b"), escalation("inc-", "1a")] {
            assert_ne!(Message::of(&other).unwrap().id, first.id);
        }
    }

    #[test]
    fn long_texts_are_cut_between_characters() {
        let message = Message::of(&escalation("inc-1", &"é".repeat(100_000))).unwrap();
        let read: EscalationMessage = serde_json::from_slice(&message.body).unwrap();
        assert!(read.data.reason.len() <= TEXT_MAX && read.data.reason.ends_with("é…"));
        assert_eq!(cut(&"x".repeat(NAME_MAX), NAME_MAX).len(), NAME_MAX);
    }
}
