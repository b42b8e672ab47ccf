//! Handing an answer in.

use std::sync::Arc;

use selfheal_detect::redact::Redactor;

use super::answer::{MAX_REPLY_BYTES, Reply, SignedAnswer};
use super::case::Case;
use super::docket::Docket;
use super::edit::EditError;
use super::people::People;
use super::request::{Request, RequestId};
use super::standing::Standing;
use crate::action::ActionSpec;
use crate::engine::State;
use crate::error::{Error, ErrorKind, Retry};
use crate::failpoint;
use crate::incident::IncidentId;
use crate::plan::PlanHash;
use crate::ports::{Ledger, Note, Stream};
use crate::time::Timestamp;

/// Times that a note is tried while others write to the same stream.
pub(super) const MAX_TRIES: u32 = 64;

/// An answer that was taken.
#[derive(Debug, Clone, PartialEq)]
pub struct Taken {
    /// Its place in the incident's stream.
    pub sequence: u64,
    /// What the answers come to with it.
    pub standing: Standing,
}

/// Why an answer doesn't count.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Refusal {
    /// The incident doesn't wait for an approval.
    #[error("incident {incident} waits for no approval: its phase is `{phase}`")]
    NotWaiting {
        /// Which.
        incident: IncidentId,
        /// The phase it is in.
        phase: &'static str,
    },
    /// Nobody was asked yet.
    #[error("incident {incident} is about to ask and did not yet; answer again once it did")]
    NotAsked {
        /// Which.
        incident: IncidentId,
    },
    /// It is about another incident.
    #[error("the answer is about another incident; expected {expected}")]
    OtherIncident {
        /// The one that waits.
        expected: IncidentId,
    },
    /// It is about another plan.
    #[error("the answer is about another plan; what waits is plan {expected} (number {round} of the incident)")]
    OtherPlan {
        /// The plan that waits.
        expected: PlanHash,
        /// Its round.
        round: u32,
    },
    /// It is about the same plan, asked about at another time or under another policy.
    #[error(
        "the plan was asked about again since, under other terms or another policy; what waits is request {expected}"
    )]
    OtherRequest {
        /// The request that waits.
        expected: RequestId,
    },
    /// It came after the deadline.
    #[error("the answer is late: the request ended {:?} before", at.since(*deadline))]
    Late {
        /// Until when it would have counted.
        deadline: Timestamp,
        /// When it came.
        at: Timestamp,
    },
    /// The answers were acted upon already.
    #[error("the request was answered by {by} and acted upon")]
    Redeemed {
        /// By whom.
        by: String,
    },
    /// The same person said the same before; whoever read that could hand it in again.
    #[error("{by} said exactly this already; an answer counts once, where it was given first")]
    Repeated {
        /// Who.
        by: String,
    },
    /// No such person is enrolled.
    #[error("{by} is not enrolled as an approver")]
    NotEnrolled {
        /// Who.
        by: String,
    },
    /// They were enrolled until then.
    #[error("the enrolment of {by} is over")]
    EnrolmentOver {
        /// Who.
        by: String,
    },
    /// The signature isn't by their key over this answer, or the host doesn't vouch for them.
    #[error("the proof doesn't show that {by} said this: expected a signature by the key that {by} is enrolled with")]
    Proof {
        /// Who it claims to be.
        by: String,
    },
    /// Nobody approves what they asked for; refusing it, or a remark, is theirs.
    #[error("{by} asked for it; expected somebody else to agree")]
    Requester {
        /// Who.
        by: String,
    },
    /// Nobody approves what they wrote.
    #[error("the plan is what {by} made of another by an edit; expected somebody else to agree")]
    Author {
        /// Who.
        by: String,
    },
    /// A healer doesn't approve its own plan.
    #[error("{by} is the healer; expected a person to answer")]
    Healer {
        /// Who.
        by: String,
    },
    /// They have none of the roles that are asked.
    #[error("{by} has none of the roles that are asked: {expected}")]
    NoRole {
        /// Who.
        by: String,
        /// The roles.
        expected: String,
    },
    /// The text is too long.
    #[error("the text has {bytes} bytes; expected at most {MAX_REPLY_BYTES}")]
    TooLong {
        /// How long it is.
        bytes: usize,
    },
    /// There is nothing to tell.
    #[error("expected a reason, or a remark, in words; found none")]
    NoWords,
    /// It could pass for several lines where it is told.
    #[error("expected a text in one line, without control characters; found {found:?}")]
    NotOneLine {
        /// What stands in it.
        found: char,
    },
    /// It would be kept, and read by others.
    #[error("the text holds what looks like a secret; say it without")]
    Secret,
    /// So many answers came that no more are read.
    #[error("the request has as many answers as are read; it can only expire")]
    Full,
    /// The edit makes no narrower plan.
    #[error(transparent)]
    Edit(#[from] EditError),
    /// The ledger failed.
    #[error(transparent)]
    Ledger(#[from] Error),
}

/// Takes an answer to what the incident of `state` waits for, at `at`.
///
/// `redactor` is the host's, so that no secret which it knows is kept; `specs` are those of the kinds of action that it knows, by
/// which numbers are narrowed. Everything else is checked again when the answers are counted: people may be removed meanwhile. Whoever called it then lets the
/// incident go on.
///
/// # Errors
/// [`Refusal`]: nothing was noted; only after a [`Refusal::Ledger`] it may have been, and saying it again tells.
pub async fn answer(
    ledger: &dyn Ledger,
    people: &dyn People,
    redactor: &Redactor,
    specs: &[ActionSpec],
    state: &State,
    signed: SignedAnswer,
    at: Timestamp,
) -> Result<Taken, Refusal> {
    let incident = &state.incident.id;
    let not_waiting = || Refusal::NotWaiting { incident: incident.clone(), phase: state.phase.awake().name() };
    let awaited = Request::awaited(state).ok_or_else(not_waiting)?.id();
    check_edit(specs, state, &signed)?;
    check_text(&signed.answer.reply, redactor)?;
    let (stream, note) = (Stream::approvals(incident), Note::Answered(Arc::new(signed.clone())));
    let mut may_be_noted = false;
    for _ in 0..MAX_TRIES {
        let docket = Docket::read(ledger, incident).await?;
        let case = docket.case(&awaited).ok_or_else(|| Refusal::NotAsked { incident: incident.clone() })?;
        if let Some(sequence) = case.place(&signed).filter(|_| may_be_noted) {
            return Ok(Taken { sequence, standing: case.stand(people, at) });
        }
        check(&case, people, &signed, at)?;
        failpoint::hit("approvals.answering");
        match ledger.append(&stream, docket.next(), at, &note).await {
            // What it comes to is told by the ledger, where others may have written since.
            Ok(()) => may_be_noted = true,
            Err(error) if is_lost(&error) => may_be_noted = true,
            Err(error) if error.kind() == ErrorKind::Conflict => {}
            Err(error) => return Err(error.into()),
        }
        failpoint::hit("approvals.answered");
    }
    Err(crowded(incident).into())
}

/// Whether nobody knows if the note is there; reading tells.
pub(super) fn is_lost(error: &Error) -> bool {
    error.retry() == Retry::UnknownOutcome
}

/// Whether what an edit leaves of the plan is narrower.
fn check_edit(specs: &[ActionSpec], state: &State, signed: &SignedAnswer) -> Result<(), Refusal> {
    let answer = &signed.answer;
    if let (Reply::Edit(edit), Some(proposal)) = (&answer.reply, &state.proposal) {
        edit.apply(&proposal.plan, &answer.by, specs)?;
    }
    Ok(())
}

/// Whether what they wrote may be kept, for good, and told.
fn check_text(reply: &Reply, redactor: &Redactor) -> Result<(), Refusal> {
    // One that is too long is refused without being read.
    let Some(text) = reply.text().filter(|text| text.len() <= MAX_REPLY_BYTES) else { return Ok(()) };
    if text.trim().is_empty() {
        return Err(Refusal::NoWords);
    }
    if let Some(found) = text.chars().find(|character| character.is_control()) {
        return Err(Refusal::NotOneLine { found });
    }
    match redactor.redact(text) == text {
        true => Ok(()),
        false => Err(Refusal::Secret),
    }
}

fn check(case: &Case, people: &dyn People, signed: &SignedAnswer, at: Timestamp) -> Result<(), Refusal> {
    if let Some(redemption) = case.redemption() {
        return Err(Refusal::Redeemed { by: redemption.by.join(", ") });
    }
    case.admit(signed, at, people, at)?;
    if case.repeats(signed, people, at) {
        return Err(Refusal::Repeated { by: signed.answer.by.clone() });
    }
    if case.is_full() { Err(Refusal::Full) } else { Ok(()) }
}

/// Others wrote each time before we could.
pub(super) fn crowded(incident: &IncidentId) -> Error {
    let message = format!("others wrote first {MAX_TRIES} times in a row");
    Error::new(ErrorKind::Conflict, "approvals.note", message)
        .with_retry(Retry::Retryable)
        .with_context("incident", incident.as_str())
}
