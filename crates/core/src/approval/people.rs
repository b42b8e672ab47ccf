//! Who is enrolled.

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;

use super::answer::SignedAnswer;
use super::terms::Stage;
use crate::error::Result;
use crate::resource::Environment;
use crate::time::Timestamp;

/// A person as they are enrolled now.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Person {
    /// What they may answer as.
    pub roles: BTreeSet<String>,
    /// The key by which they sign, in whatever form: two names with the same key are one person. `None`: the host knows them.
    pub key: Option<String>,
    /// From then on they count no more.
    pub until: Option<Timestamp>,
}

impl Person {
    /// Whether they may sit in `stage`.
    #[must_use]
    pub fn may_sit_in(&self, stage: &Stage) -> bool {
        stage.roles.is_empty() || stage.roles.iter().any(|role| self.roles.contains(role))
    }

    /// Whether their time is over.
    #[must_use]
    pub fn has_expired(&self, at: Timestamp) -> bool {
        self.until.is_some_and(|until| at >= until)
    }
}

/// Who may answer, at one moment.
///
/// # To be correct
/// 1. `person` knows a person only by the name under which they are enrolled at this moment, letter by letter.
/// 2. `verify` holds only if the person who is enrolled as [`Answer::by`](super::Answer::by) provably said exactly this answer: a
///    signature over [`Answer::message`](super::Answer::message) by the key that they are enrolled with now; or, where the proof is
///    [`Proof::Host`](super::Proof::Host), the host's own authentication of them. A host that authenticates nobody never says yes to that.
/// 3. `self_approval` lets people answer what they asked for themselves. It counts in [`Environment::Dev`] alone.
pub trait People: Send + Sync {
    /// The person who is enrolled as `name`.
    fn person(&self, name: &str) -> Option<Person>;

    /// Whether they said this.
    fn verify(&self, signed: &SignedAnswer) -> bool;

    /// Whether a requester may answer their own request there.
    fn self_approval(&self, environment: &Environment) -> bool;
}

/// Tells who is enrolled now. It is asked each time that answers are counted.
///
/// # To be correct
/// 1. Who was removed, or lost a role or a key, before the call began, is so in what it returns.
/// 2. If that can't be known it is an error: nobody counts then.
#[async_trait]
pub trait PeopleSource: Send + Sync {
    /// The people of this moment.
    async fn people(&self) -> Result<Arc<dyn People>>;
}
