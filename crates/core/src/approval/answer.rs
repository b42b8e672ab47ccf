//! What a person answers, and how it is known who that is.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use super::edit::Edit;
use super::request::{Request, RequestId};
use crate::incident::IncidentId;
use crate::plan::PlanHash;

/// The longest text of a reply, in bytes.
pub const MAX_REPLY_BYTES: usize = 4096;

/// What a person says to a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Reply {
    /// Agreed.
    Accept,
    /// Agreed to less: makes a new plan, which is previewed, audited, rehearsed and, where policy asks, asked about again. Who wrote
    /// it does not agree to it.
    Edit(Edit),
    /// Neither; a remark for whoever plans next. Untrusted, like all text.
    Respond {
        /// The remark, in one line of at most [`MAX_REPLY_BYTES`].
        text: String,
    },
    /// Refused.
    Reject {
        /// Why, in one line of at most [`MAX_REPLY_BYTES`].
        because: String,
    },
}

impl Reply {
    /// Whether it lets something be done, if only less: not of those who asked for it.
    pub(super) fn agrees(&self) -> bool {
        matches!(self, Self::Accept | Self::Edit(_))
    }

    /// What they wrote, if they wrote something.
    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Self::Respond { text } | Self::Reject { because: text } => Some(text),
            Self::Accept | Self::Edit(_) => None,
        }
    }
}

/// One person's answer to one request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// Whose plan.
    pub incident: IncidentId,
    /// Which plan of the incident, as in the request.
    pub round: u32,
    /// Exactly which plan was shown.
    pub plan_hash: PlanHash,
    /// Exactly which request: the same plan under another policy, or asked about again, is another one.
    pub request: RequestId,
    /// Who answers: the name they are enrolled by.
    pub by: String,
    /// What they say.
    pub reply: Reply,
}

impl Answer {
    /// What `by` says to `request`.
    #[must_use]
    pub fn to(request: &Request, by: &str, reply: Reply) -> Self {
        Self {
            incident: request.incident.clone(),
            round: request.round,
            plan_hash: request.plan_hash.clone(),
            request: request.id(),
            by: by.to_owned(),
            reply,
        }
    }

    /// The bytes that are signed: a domain that no other signature of selfheal has, a zero byte, and the answer as canonical JSON
    /// (fields in declaration order, maps sorted by key, no blanks).
    #[must_use]
    pub fn message(&self) -> Vec<u8> {
        let mut message = b"selfheal-approval-answer-v1\0".to_vec();
        match serde_json::to_vec(self) {
            Ok(json) => message.extend(json),
            // The types can always be written. A defect here must not make two answers the same.
            Err(error) => message.extend(format!("{error}: {self:?}").into_bytes()),
        }
        message
    }
}

/// How it is known who answers. Never by a name that somebody typed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Proof {
    /// An Ed25519 signature over [`Answer::message`] by the key that the person is enrolled with: its 64 bytes in base64.
    Signature(String),
    /// The host authenticated them itself (single sign-on, a chat platform's user) and vouches for it.
    Host,
}

/// An answer with its proof.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignedAnswer {
    /// What was said.
    pub answer: Answer,
    /// By whom, provably.
    pub proof: Proof,
}

impl SignedAnswer {
    /// The answer with the signature that `sign` makes of its [`message`](Answer::message).
    ///
    /// # Errors
    /// That of `sign`.
    pub fn signed<E>(answer: Answer, sign: impl FnOnce(&[u8]) -> Result<[u8; 64], E>) -> Result<Self, E> {
        let signature = sign(&answer.message())?;
        Ok(Self { answer, proof: Proof::Signature(STANDARD.encode(signature)) })
    }

    /// The bytes of its signature; `None` if it has none, or what it has is no signature.
    #[must_use]
    pub fn signature(&self) -> Option<[u8; 64]> {
        match &self.proof {
            Proof::Signature(text) => STANDARD.decode(text).ok()?.try_into().ok(),
            Proof::Host => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::approval::request::tests::request;

    #[test]
    fn the_signed_bytes_differ_in_every_field_and_are_the_same_after_a_round_trip() {
        let accept = Answer::to(&request(), "ada", Reply::Accept);
        let reject = Reply::Reject { because: String::new() };
        let others = [
            Answer { incident: IncidentId::new("another"), ..accept.clone() },
            Answer { round: 2, ..accept.clone() },
            Answer { request: Request { policy_version: "v2".to_owned(), ..request() }.id(), ..accept.clone() },
            Answer { by: "bob".to_owned(), ..accept.clone() },
            Answer { reply: reject, ..accept.clone() },
        ];
        assert!(others.iter().all(|other| other.message() != accept.message()));
        let json = serde_json::to_string(&accept).unwrap();
        let back: Answer = serde_json::from_str(&json).unwrap();
        assert_eq!(back.message(), accept.message());
        assert!(accept.message().starts_with(b"selfheal-approval-answer-v1\0{\"incident\":"));
    }
}
