//! `heal approvals`: which plans wait for people, and all of one of them.

use std::io;

use selfheal_core::orchestrator::SystemClock;
use selfheal_core::ports::Clock;

use super::cli::ApprovalsOptions;
use super::enrolled::Enrolled;
use super::json;
use super::waiting::Waiting;
use super::words::{self, Asked};
use crate::exit;
use crate::records::{self, Page, when};
use crate::run::{Refusal, block_on, user_state};
use crate::say::style::WARN;
use crate::say::{Voice, human};
use crate::store::{Place, Store};

/// Runs `heal approvals`; the exit status.
pub(crate) fn approvals(options: &ApprovalsOptions) -> i32 {
    let voice = Voice::default();
    let mut out = anstream::AutoStream::auto(io::stdout().lock());
    block_on(listed(options, &mut out, Page::stdout_width(), &voice)).unwrap_or_else(|refusal| {
        voice.error(&refusal.message);
        refusal.status
    })
}

/// Writes what waits to `out`; the exit status.
///
/// # Errors
/// A [`Refusal`] if the store or the approvers document can't be read, or it can't be written.
pub(crate) async fn listed(
    options: &ApprovalsOptions,
    out: &mut dyn io::Write,
    width: Option<usize>,
    voice: &Voice,
) -> Result<i32, Refusal> {
    let place = Place::named(&options.store, user_state())?;
    let now = SystemClock::default().now();
    let waiting = match place.exists() {
        true => waiting(options, &place.open_to_read().await?, &place).await?,
        false => {
            voice.note(&format!("there is no store at {place} yet"));
            Vec::new()
        }
    };
    let mut page = Page::new(out, width, now);
    match write(options, &waiting, &mut page) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Refusal::failed(error)),
        _ => Ok(exit::HEALED),
    }
}

async fn waiting(options: &ApprovalsOptions, store: &Store, place: &Place) -> Result<Vec<Waiting>, Refusal> {
    let people = Enrolled::find(&options.enrolled, place).read()?;
    let now = SystemClock::default().now();
    let Some(name) = &options.incident else { return Waiting::all(store, people.people(), now).await };
    let state = crate::run::named(store, name).await?;
    let (incident, phase) = (state.incident.id.clone(), state.phase.awake().name());
    let waits = Waiting::of(state, store.ledger().as_ref(), people.people(), now).await?;
    let nothing = || {
        Refusal::usage(format!("{incident} waits for no approval: it is {phase}; `heal show {incident}` tells more"))
    };
    waits.map(|one| vec![one]).ok_or_else(nothing)
}

fn write(options: &ApprovalsOptions, waiting: &[Waiting], page: &mut Page<'_>) -> io::Result<()> {
    let again = options.store.again();
    if options.json {
        return json::write(page, waiting, options.details || options.incident.is_some(), &again);
    }
    if waiting.is_empty() {
        return writeln!(page.out, "nothing waits for an approval");
    }
    for (number, one) in waiting.iter().enumerate() {
        if number > 0 {
            writeln!(page.out)?;
        }
        let asked = Asked { incident: &one.request.incident, plan: &one.request.plan_hash, again: &again };
        match options.incident {
            Some(_) => whole(page, one, &asked)?,
            None => brief(page, one, &asked)?,
        }
    }
    Ok(())
}

fn brief(page: &mut Page<'_>, one: &Waiting, asked: &Asked<'_>) -> io::Result<()> {
    head(page, one)?;
    page.entry("plan", &format!("{}: {}", words::short(asked.plan), one.summaries().join("\nthen ")))?;
    page.entry("look", &asked.look())?;
    next(page, one, asked)
}

fn head(page: &mut Page<'_>, one: &Waiting) -> io::Result<()> {
    let request = &one.request;
    page.entry("incident", request.incident.as_str())?;
    page.entry("what", &format!("{} in {}", request.resource, request.environment))?;
    let not_yet = if one.case.is_none() { " (about to be asked)" } else { "" };
    page.entry("asks", &format!("{}{not_yet}", words::terms(&request.terms)))?;
    if let Some(standing) = &one.standing {
        page.entry_in(WARN, "stands", &words::standing(standing))?;
    }
    page.entry("until", &until(page, one))
}

fn until(page: &Page<'_>, one: &Waiting) -> String {
    let deadline = one.request.deadline;
    let left = deadline.since(page.now);
    let left = if left.is_zero() { "over".to_owned() } else { format!("{} left", human(left)) };
    format!("{} ({left}); then a person is told", when::seconds(deadline))
}

/// What is to be typed now.
fn next(page: &mut Page<'_>, one: &Waiting, asked: &Asked<'_>) -> io::Result<()> {
    match one.standing.as_ref().and_then(words::then) {
        Some(then) => page.entry("next", &format!("{}   {then}", asked.resume())),
        None => page.entry("approve", &asked.approve()),
    }
}

fn whole(page: &mut Page<'_>, one: &Waiting, asked: &Asked<'_>) -> io::Result<()> {
    head(page, one)?;
    if let Some(best) = one.state.diagnosis().and_then(|diagnosis| diagnosis.best()) {
        page.entry("because", best.cause.summary.read())?;
    }
    page.heading("plan")?;
    if let Some(proposal) = one.proposal() {
        records::plan(page, proposal)?;
    }
    page.heading("answers")?;
    answers(page, one)?;
    page.heading("yours")?;
    next(page, one, asked)?;
    if one.standing.as_ref().and_then(words::then).is_none() {
        page.entry("or", &asked.reject())?;
        page.entry("", "heal edit, heal respond: see their --help")?;
    }
    Ok(())
}

fn list<'a>(names: impl Iterator<Item = &'a str>) -> Option<String> {
    let names: Vec<&str> = names.collect();
    (!names.is_empty()).then(|| names.join(", "))
}

fn answers(page: &mut Page<'_>, one: &Waiting) -> io::Result<()> {
    let own = if one.self_approval { "who may agree as well" } else { "who may refuse it, not agree to it" };
    if let Some(requesters) = one.case.as_ref().and_then(|case| list(case.requesters())) {
        page.entry("asked by", &format!("{requesters}, {own}"))?;
    }
    if let Some(authors) = one.case.as_ref().and_then(|case| list(case.authors())) {
        page.entry("edited by", &format!("{authors}, {own}"))?;
    }
    let given: Vec<_> = one.case.iter().flat_map(|case| case.answers()).collect();
    if given.is_empty() {
        return page.entry("", "none yet");
    }
    given.iter().try_for_each(|(at, signed)| {
        let said = words::reply(&signed.answer.reply);
        page.entry("", &format!("{} {} {said}", when::seconds(*at), signed.answer.by))
    })
}
