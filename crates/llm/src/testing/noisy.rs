//! Models that mean no harm and are of no use.

use selfheal_core::ports::{AnswerForm, LlmRequest};

use super::chance::Chance;
use super::model::{Reply, Script};
use super::schema;
use crate::failure::{Failure, FailureClass};

/// Always answers in the form that was asked for, and always something without a meaning.
#[derive(Debug, Clone, Copy)]
pub struct Noisy {
    /// What it says depends on this, the call, and nothing else.
    pub seed: u64,
}

impl Script for Noisy {
    fn reply(&self, request: &LlmRequest, call: u64) -> Reply {
        let mut chance = Chance::new(self.seed ^ call.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        match &request.form {
            AnswerForm::Text => Reply::Says("lorem ipsum".to_owned()),
            AnswerForm::Json { schema, .. } => Reply::Says(schema::value(schema, &mut chance).to_string()),
        }
    }
}

/// Fails the first calls, and then speaks by another script.
#[derive(Debug, Clone, Copy)]
pub struct Failing<S> {
    /// How.
    pub failure: Failure,
    /// How often; `u64::MAX` for always.
    pub times: u64,
    /// What it does after that.
    pub then: S,
}

impl Failing<Noisy> {
    /// Never answers.
    #[must_use]
    pub fn always(class: FailureClass) -> Self {
        Self { failure: class.into(), times: u64::MAX, then: Noisy { seed: 0 } }
    }
}

impl<S: Script> Script for Failing<S> {
    fn reply(&self, request: &LlmRequest, call: u64) -> Reply {
        match call.checked_sub(self.times) {
            None => Reply::Fails(self.failure),
            Some(call) => self.then.reply(request, call),
        }
    }
}
