//! `heal approve`, `reject`, `respond`, `edit`: one person's answer to one plan.

use std::ffi::OsString;
use std::io::{self, Write};

use selfheal_core::approval::{self, Answer, Reply, Request, SignedAnswer, Standing, Taken};
use selfheal_core::audit::Signer;
use selfheal_core::engine::State;
use selfheal_core::incident::IncidentId;
use selfheal_core::orchestrator::SystemClock;
use selfheal_core::plan::{Plan, PlanHash};
use selfheal_core::ports::Clock;
use selfheal_core::standard::standard_specs;
use selfheal_memory::audit::SigningKey;
use serde::Serialize;

#[cfg(feature = "mcp")]
use super::EnrolledOptions;
use super::cli::{ApproveOptions, EditOptions, RejectOptions, RespondOptions, Which};
use super::enrolled::{Document, Enrolled};
use super::json::Stands;
use super::words::{self, Asked, SHORT, command};
use super::{key, narrowing};
#[cfg(feature = "mcp")]
use crate::cli::StoreOptions;
use crate::exit;
use crate::records::json;
use crate::run::{self, Refusal, block_on, user_state};
use crate::say::Voice;
use crate::store::{Place, Store};

/// Runs `heal approve`; the exit status.
pub(crate) fn approve(options: &ApproveOptions) -> i32 {
    main(&options.which, |_| Ok(Reply::Accept))
}

/// Runs `heal reject`; the exit status.
pub(crate) fn reject(options: &RejectOptions) -> i32 {
    main(&options.which, |_| Ok(Reply::Reject { because: options.because.clone() }))
}

/// Runs `heal respond`; the exit status.
pub(crate) fn respond(options: &RespondOptions) -> i32 {
    main(&options.which, |_| Ok(Reply::Respond { text: options.text.clone() }))
}

/// Runs `heal edit`; the exit status.
pub(crate) fn edit(options: &EditOptions) -> i32 {
    main(&options.which, |plan| narrowing::edit(plan, &options.drop, &options.set).map(Reply::Edit).map_err(refused))
}

fn main(which: &Which, reply: impl FnOnce(&Plan) -> Result<Reply, Refusal>) -> i32 {
    let voice = Voice::default();
    let answered = block_on(answer(which, reply, &voice)).and_then(|given| tell(which, &given, &voice));
    answered.map(|()| exit::HEALED).unwrap_or_else(|refusal| {
        voice.error(&refusal.message);
        refusal.status
    })
}

/// An answer that was taken.
pub(crate) struct Given {
    request: Request,
    by: String,
    taken: Taken,
}

fn refused(message: impl ToString) -> Refusal {
    Refusal { status: exit::REFUSED, message: message.to_string() }
}

/// Answers one plan by the key of who runs this.
///
/// # Errors
/// A [`Refusal`] if that plan doesn't wait, the key is not enrolled, its holder may not answer so, or the answer can't be kept.
pub(crate) async fn answer(
    which: &Which,
    reply: impl FnOnce(&Plan) -> Result<Reply, Refusal>,
    voice: &Voice,
) -> Result<Given, Refusal> {
    check_digits(&which.plan)?;
    let place = Place::named(&which.store, user_state())?;
    if !place.exists() {
        return Err(Refusal::usage(format!("{}: there is no store at {place}", which.incident)));
    }
    let people = Enrolled::find(&which.enrolled, &place).read()?;
    let (key, by) = who(&people)?;
    let store = place.open(voice).await?;
    let state = run::named(&store, &which.incident).await?;
    let request = meant(&state, &which.plan)?;
    let plan = state.proposal.as_ref().map(|proposal| &proposal.plan);
    let plan = plan.ok_or_else(|| refused(format!("{} has no plan", request.incident)))?;
    let signed = signed(&key, Answer::to(&request, &by, reply(plan)?))?;
    let redactor = run::redactor_of(&request.incident, place.states());
    let now = SystemClock::default().now();
    let taken =
        approval::answer(store.ledger().as_ref(), people.people(), &redactor, &standard_specs(), &state, signed, now)
            .await;
    let taken = taken.map_err(not_taken)?;
    wake(&store, &request.incident, &taken.standing, voice).await;
    store.close(voice).await;
    Ok(Given { request, by, taken })
}

/// The name by which the key of who runs this is enrolled.
///
/// # Errors
/// A [`Refusal`] if there is no key, or it is not enrolled.
#[cfg(feature = "mcp")]
pub(crate) fn answers_as(store: &StoreOptions, enrolled: &EnrolledOptions) -> Result<String, Refusal> {
    let place = Place::named(store, user_state())?;
    who(&Enrolled::find(enrolled, &place).read()?).map(|(_, name)| name)
}

/// The key of who runs this, and the name by which it is enrolled.
fn who(people: &Document) -> Result<(SigningKey, String), Refusal> {
    let key = key::own()?
        .ok_or_else(|| refused("you have no key: `heal approver init` makes one, and says how it is enrolled"))?;
    let not_enrolled = || {
        let line = super::approver::line(&key);
        refused(format!("your key is not enrolled in {}; whoever keeps it may add the line\n{line}", people.place()))
    };
    let by = people.name_of(&key.public()).ok_or_else(not_enrolled)?;
    Ok((key, by))
}

/// A mistyped hash is no plan; a short one could be several.
fn check_digits(given: &str) -> Result<(), Refusal> {
    match given.len() >= SHORT && given.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        true => Ok(()),
        false => Err(Refusal::usage(format!(
            "--plan {given}: expected at least the first {SHORT} digits of the plan's hash"
        ))),
    }
}

/// The request that the incident waits for, if it is about the plan that was looked at.
fn meant(state: &State, given: &str) -> Result<Request, Refusal> {
    let incident = &state.incident.id;
    let phase = state.phase.awake().name();
    let request = Request::awaited(state)
        .ok_or_else(|| refused(format!("{incident} waits for no approval: it is {phase}; nothing is changed")))?;
    match is_meant(&request.plan_hash, given) {
        true => Ok(request),
        false => Err(refused(format!(
            "{incident} waits for an answer to plan {}, not to {given}: look at it, `heal approvals {incident}`",
            words::short(&request.plan_hash)
        ))),
    }
}

fn is_meant(hash: &PlanHash, given: &str) -> bool {
    hash.as_str().starts_with(&given.to_ascii_lowercase())
}

fn signed(key: &SigningKey, answer: Answer) -> Result<SignedAnswer, Refusal> {
    SignedAnswer::signed(answer, |message| key.sign(message)).map_err(Refusal::failed)
}

fn not_taken(refusal: approval::Refusal) -> Refusal {
    match refusal {
        approval::Refusal::Ledger(error) => Refusal::failed(format!("the answer could not be kept: {error}")),
        other => refused(other),
    }
}

/// A worker that waits for work needn't look again and again.
async fn wake(store: &Store, incident: &IncidentId, standing: &Standing, voice: &Voice) {
    if words::then(standing).is_some()
        && let Err(error) = store.journal().wake(incident).await
    {
        voice.note(&format!("the answer is kept; whoever works on {incident} sees it later: {error}"));
    }
}

#[derive(Serialize)]
struct Object<'a> {
    incident: &'a str,
    plan: &'a str,
    by: &'a str,
    standing: Stands<'a>,
    /// How it goes on; null while more people are asked.
    resume: Option<String>,
}

fn tell(which: &Which, given: &Given, voice: &Voice) -> Result<(), Refusal> {
    if which.json {
        return given.write(which, &mut io::stdout().lock());
    }
    let again = which.store.again();
    let asked = given.asked(&again);
    let stands = words::standing(&given.taken.standing);
    voice.note(&match words::then(&given.taken.standing) {
        Some(then) => format!("{stands}; `{}` {then}", asked.resume()),
        None => format!("{stands}; `{}` shows them the plan", command(&["approvals", asked.incident.as_str()], &again)),
    });
    Ok(())
}

impl Given {
    fn asked<'a>(&'a self, again: &'a [OsString]) -> Asked<'a> {
        Asked { incident: &self.request.incident, plan: &self.request.plan_hash, again }
    }

    /// Writes it as one JSON object.
    ///
    /// # Errors
    /// A [`Refusal`] if it can't be written.
    pub(crate) fn write(&self, which: &Which, out: &mut dyn Write) -> Result<(), Refusal> {
        let again = which.store.again();
        let object = Object {
            incident: self.request.incident.as_str(),
            plan: self.request.plan_hash.as_str(),
            by: &self.by,
            standing: Stands::of(&self.taken.standing),
            resume: words::then(&self.taken.standing).map(|_| self.asked(&again).resume()),
        };
        json::write(out, &object).and_then(|()| writeln!(out)).map_err(Refusal::failed)
    }
}
