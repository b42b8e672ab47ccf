//! Tools that answer a plan in the name of who started the server.

use selfheal_core::approval;
use serde::Deserialize;

use super::McpOptions;
use super::reply::Reply;
use crate::people::{self, Which};
use crate::run::{Refusal, block_on};
use crate::say::Voice;

/// Digits of a plan's hash.
const HASH_DIGITS: usize = 64;

/// Agreement.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Approve {
    id: String,
    plan_hash: String,
}

/// Refusal.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Reject {
    id: String,
    plan_hash: String,
    because: String,
}

/// A remark.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Respond {
    id: String,
    plan_hash: String,
    text: String,
}

pub(super) fn approve(options: &McpOptions, asked: Approve) -> Result<Reply, Refusal> {
    answered(options, asked.id, asked.plan_hash, approval::Reply::Accept)
}

pub(super) fn reject(options: &McpOptions, asked: Reject) -> Result<Reply, Refusal> {
    answered(options, asked.id, asked.plan_hash, approval::Reply::Reject { because: asked.because })
}

pub(super) fn respond(options: &McpOptions, asked: Respond) -> Result<Reply, Refusal> {
    answered(options, asked.id, asked.plan_hash, approval::Reply::Respond { text: asked.text })
}

fn answered(options: &McpOptions, incident: String, plan: String, reply: approval::Reply) -> Result<Reply, Refusal> {
    // People may type the beginning of a hash; a program has no reason to.
    if plan.len() != HASH_DIGITS {
        return Err(Refusal::usage(format!("plan_hash: expected all {HASH_DIGITS} digits, got {}", plan.len())));
    }
    let which = Which::exactly(incident, plan, options.store.clone(), options.enrolled.clone());
    let given = block_on(people::answer(&which, |_| Ok(reply), &Voice::default()))?;
    let mut written = Vec::new();
    given.write(&which, &mut written)?;
    Reply::json(&written)
}
