//! What waits for people, for machines.

use std::ffi::OsString;
use std::io;

use selfheal_core::action::Action;
use selfheal_core::approval::{Reply, Stage, Standing};
use selfheal_core::decision::Decision;
use selfheal_core::plan::Preview;
use selfheal_core::time::Timestamp;
use serde::Serialize;

use super::waiting::Waiting;
use super::words::{self, Asked};
use crate::records::{Page, json, when};

/// One plan of the array.
#[derive(Serialize)]
struct Object<'a> {
    incident: &'a str,
    resource: String,
    environment: &'a str,
    /// Which plan of the incident, counted from 1.
    round: u32,
    plan: &'a str,
    policy_version: &'a str,
    deadline: String,
    left_ms: u64,
    stages: &'a [Stage],
    /// Null if nobody was asked yet.
    standing: Option<Stands<'a>>,
    requester: Option<&'a str>,
    answers: Vec<AnswerObject<'a>>,
    summaries: Vec<&'a str>,
    approve: String,
    resume: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    details: Option<Details<'a>>,
}

/// What the answers come to.
#[derive(Serialize)]
pub(super) struct Stands<'a> {
    /// `waiting`, `agreed`, `edited`, `responded`, `rejected`, `expired`, `lapsed`.
    is: &'static str,
    /// Who decided it.
    by: Vec<String>,
    /// Of what still waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    waits_for: Option<WaitsFor<'a>>,
    words: String,
}

#[derive(Serialize)]
struct WaitsFor<'a> {
    /// From 1.
    stage: usize,
    stages: usize,
    /// People of the stage who agreed, and who must.
    have: u32,
    need: u32,
    /// Empty: whoever is enrolled.
    roles: &'a [String],
    /// Who agreed so far, to whichever stage.
    agreed: &'a [String],
}

#[derive(Serialize)]
struct AnswerObject<'a> {
    by: &'a str,
    at: String,
    reply: &'a Reply,
}

/// All of the plan.
#[derive(Serialize)]
struct Details<'a> {
    rationale: &'a str,
    steps: Vec<&'a Action>,
    previews: &'a [Preview],
    decision: Option<&'a Decision>,
}

pub(super) fn write(page: &mut Page<'_>, waiting: &[Waiting], whole: bool, again: &[OsString]) -> io::Result<()> {
    let now = page.now;
    let objects: Vec<Object<'_>> = waiting.iter().map(|one| object(one, now, whole, again)).collect();
    json::write(page.out, &objects)?;
    writeln!(page.out)
}

fn object<'a>(one: &'a Waiting, now: Timestamp, whole: bool, again: &[OsString]) -> Object<'a> {
    let request = &one.request;
    let asked = Asked { incident: &request.incident, plan: &request.plan_hash, again };
    let case = one.case.as_ref();
    let answers = case.into_iter().flat_map(|case| case.answers());
    Object {
        incident: request.incident.as_str(),
        resource: request.resource.to_string(),
        environment: request.environment.as_str(),
        round: request.round,
        plan: request.plan_hash.as_str(),
        policy_version: &request.policy_version,
        deadline: when::rfc3339(request.deadline),
        left_ms: u64::try_from(request.deadline.since(now).as_millis()).unwrap_or(u64::MAX),
        stages: &request.terms.stages,
        standing: one.standing.as_ref().map(Stands::of),
        requester: case.and_then(|case| case.requesters().next()),
        answers: answers
            .map(|(at, signed)| AnswerObject {
                by: &signed.answer.by,
                at: when::rfc3339(at),
                reply: &signed.answer.reply,
            })
            .collect(),
        summaries: one.summaries(),
        approve: asked.approve(),
        resume: asked.resume(),
        details: one.proposal().filter(|_| whole).map(|proposal| Details {
            rationale: &proposal.plan.rationale,
            steps: proposal.plan.steps.iter().map(|step| &step.action).collect(),
            previews: &proposal.previews,
            decision: proposal.decision.as_deref(),
        }),
    }
}

impl<'a> Stands<'a> {
    pub(super) fn of(standing: &'a Standing) -> Self {
        let waits_for = match standing {
            Standing::Waiting { stage, stages, have, need, roles, by } => {
                let (stage, stages, have, need) = (stage + 1, *stages, *have, *need);
                Some(WaitsFor { stage, stages, have, need, roles, agreed: by })
            }
            _ => None,
        };
        Self { is: name(standing), by: standing.by(), waits_for, words: words::standing(standing) }
    }
}

fn name(standing: &Standing) -> &'static str {
    match standing {
        Standing::Waiting { .. } => "waiting",
        Standing::Agreed { .. } => "agreed",
        Standing::Edited { .. } => "edited",
        Standing::Responded { .. } => "responded",
        Standing::Rejected { .. } => "rejected",
        Standing::Expired => "expired",
        Standing::Lapsed => "lapsed",
    }
}
