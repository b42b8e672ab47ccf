//! `heal resume`: goes on with what a former run left.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use selfheal_adapters::local::workspace::{DirectoryLock, LockError, Scratch, StateDir};
use selfheal_core::engine::{Phase, State, replay};
use selfheal_core::facts::Fact;
use selfheal_core::incident::IncidentId;
use selfheal_core::ledger::switches;
use selfheal_core::orchestrator::{Report, Timings};
use selfheal_core::ports::Query;

use super::consulted::Consulted;
use super::ending::{left, take_over};
use super::inputs::Inputs;
use super::manifest::Manifest;
use super::tidying::tidy;
use super::waiting::Waiting;
use super::{
    DIRECTORY, Ended, Refusal, RunResult, conclude, failures, finish, interrupted, say_if_timed_out, tell, user_state,
    wiring,
};
use crate::cli::{ResumeOptions, StoreArgument};
use crate::exit;
use crate::records;
use crate::say::{Voice, json};
use crate::signals::Stop;
use crate::store::{Place, Store};

/// How many incidents are asked for at once.
const PAGE: usize = 256;

/// Runs `heal resume` and says how it went; the exit status.
pub(crate) fn main(options: &ResumeOptions) -> i32 {
    let voice = Voice::default();
    super::block_on(resume(options, &voice)).unwrap_or_else(|refusal| {
        voice.error(&refusal.message);
        refusal.status
    })
}

async fn resume(options: &ResumeOptions, voice: &Voice) -> Result<i32, Refusal> {
    let stop = Stop::default();
    stop.listen().map_err(Refusal::failed)?;
    let place = Place::named(&options.store, user_state())?;
    let store = match place.exists() {
        true => place.open(voice).await?,
        false => return none_open(options, &format!("there is no store at {place} yet"), voice),
    };
    let status = match &options.incident {
        Some(incident) => one_by_name(options, &store, place.states(), incident, &stop, voice).await,
        None => {
            let status = all(options, &store, place.states(), &stop, voice).await;
            tidy(&store, place.states()).await;
            status
        }
    };
    store.close(voice).await;
    status
}

fn none_open(options: &ResumeOptions, why: &str, voice: &Voice) -> Result<i32, Refusal> {
    match &options.incident {
        Some(incident) => Err(Refusal::usage(format!("{incident}: {why}"))),
        None => {
            voice.note(&format!("nothing to resume: {why}"));
            Ok(exit::HEALED)
        }
    }
}

async fn one_by_name(
    options: &ResumeOptions,
    store: &Store,
    states: &Path,
    name: &str,
    stop: &Stop,
    voice: &Voice,
) -> Result<i32, Refusal> {
    let state = named(store, name).await?;
    let incident = state.incident.id.clone();
    if matches!(state.phase, Phase::Closed { .. }) {
        let first_exit = first_exit(&state);
        let result = RunResult::closed(state, first_exit);
        voice.note(&format!("{incident} is closed ({}): nothing to resume", result.outcome));
        if options.json {
            json::print(&result);
        }
        return Ok(result.status);
    }
    match go_on(options, store, states, &state, stop, voice).await? {
        Went::On(result) => {
            tell(&result, options.json, voice);
            Ok(result.status)
        }
        Went::NotHere(why) => Err(Refusal::usage(format!("{incident} can't be resumed here: {why}"))),
    }
}

/// The state of the incident that `name` is the id, or the beginning of the id, of.
pub(crate) async fn named(store: &Store, name: &str) -> Result<State, Refusal> {
    let history = records::history(store.journal().as_ref(), name).await?;
    let replayed = replay(history).map_err(|error| Refusal::usage(format!("{name} can't be read: {error}")))?;
    replayed.0.ok_or_else(|| Refusal::usage(format!("no incident `{name}` in this store")))
}

/// Every open incident, oldest first; what can't be resumed here is left for whoever can.
async fn all(
    options: &ResumeOptions,
    store: &Store,
    states: &Path,
    stop: &Stop,
    voice: &Voice,
) -> Result<i32, Refusal> {
    let mut status = exit::HEALED;
    let (mut resumed, mut left_alone) = (0, 0);
    for incident in open_incidents(store).await? {
        if stop.status().is_some() {
            break;
        }
        // Another worker may have ended it meanwhile.
        let Some(state) = left(store, &incident).await? else { continue };
        match go_on(options, store, states, &state, stop, voice).await {
            Ok(Went::On(result)) => {
                resumed += 1;
                tell(&result, options.json, voice);
                status = worse(status, result.status);
            }
            Ok(Went::NotHere(why)) => {
                left_alone += 1;
                voice.note(&format!("{incident} is left alone: {why}"));
            }
            Err(refusal) => {
                voice.error(&format!("{incident}: {}", refusal.message));
                status = worse(status, refusal.status);
            }
        }
    }
    if resumed == 0 && status == exit::HEALED {
        voice.note(if left_alone == 0 { "nothing to resume" } else { "nothing else to resume" });
    }
    Ok(stop.status().unwrap_or(status))
}

/// The open incidents of a store, oldest first.
pub(crate) async fn open_incidents(store: &Store) -> Result<Vec<IncidentId>, Refusal> {
    let mut found = Vec::new();
    let mut query = Query::open(PAGE);
    loop {
        let page = store.journal().list(&query).await.map_err(Refusal::failed)?;
        query.after = page.last().map(|last| (last.opened_at, last.incident.clone()));
        let full = page.len() == PAGE;
        found.extend(page.into_iter().map(|standing| standing.incident));
        if !full {
            found.reverse();
            return Ok(found);
        }
    }
}

/// Of two statuses the one that asks more of a person.
fn worse(one: i32, other: i32) -> i32 {
    let rank = |status: i32| match status {
        exit::HEALED => 0,
        exit::PROPOSED => 1,
        exit::WAITING => 2,
        exit::ESCALATED => 3,
        _ => 4,
    };
    if rank(other) > rank(one) { other } else { one }
}

enum Went {
    On(Box<RunResult>),
    /// Nothing was done; somebody else may.
    NotHere(String),
}

async fn go_on(
    options: &ResumeOptions,
    store: &Store,
    states: &Path,
    state: &State,
    stop: &Stop,
    voice: &Voice,
) -> Result<Went, Refusal> {
    let started = Instant::now();
    let incident = &state.incident.id;
    let not_here = |why: &str| Ok(Went::NotHere(why.to_owned()));
    let manifest = match manifest_of(state, states)? {
        Ok(manifest) => manifest,
        Err(why) => return not_here(&why),
    };
    let mut run = manifest.options(options.json);
    if options.enrolled.approvers.is_some() {
        run.enrolled = options.enrolled.clone();
    }
    run.store = store.identity().folder().map(StoreArgument::Folder);
    let mut inputs = Inputs::read(&run, user_state()).map_err(|gone| needed(gone, manifest.dir()))?;
    inputs.requester = manifest.requester().map(str::to_owned);
    let holder = format!("process {}: heal resume {incident}", std::process::id());
    let _lock = match DirectoryLock::acquire(&inputs.dir, &inputs.state, &holder) {
        Err(busy @ LockError::Busy { .. }) => return not_here(&busy.to_string()),
        acquired => acquired.map_err(Refusal::usage)?,
    };
    // Whoever held the lock may have gone on with it.
    let Some(state) = left(store, incident).await? else { return not_here("it was closed meanwhile") };
    let pipeline = Arc::new(inputs.resumed(&run, stop, &state)?);
    Scratch::sweep(&pipeline.config().scratch);
    let host = wiring::Host::new(&run, &inputs, &pipeline, stop, store, voice)?;
    // Whoever names it wants it done now.
    let when = if options.all { When::Due } else { When::Now };
    let report = looked_at(&host, store, &state, when, stop).await?;
    say_if_timed_out(&pipeline, voice);
    failures::ended(&inputs, store, &report, voice).await;
    let obstacle = host.obstacle(&report).await;
    let ended = Ended {
        first_exit: first_exit(&state),
        waiting: Waiting::of(&report.state, &inputs, store, &options.store.again()).await?,
        consulted: Consulted::about(&report.state, store).await,
        report,
        obstacle,
        detect: Duration::ZERO,
        tools: host.tools.spent(),
        total: started.elapsed(),
    };
    conclude(&inputs, &ended.report, voice);
    Ok(Went::On(Box::new(finish(&run, &host, &pipeline, stop, ended, voice))))
}

/// When an escalation that nobody received is told again.
pub(super) enum When {
    /// When its time comes.
    Due,
    Now,
}

/// Goes on with an incident of this directory, whose lock the caller holds; one that is paused stays as it is.
pub(super) async fn looked_at(
    host: &wiring::Host,
    store: &Store,
    state: &State,
    when: When,
    stop: &Stop,
) -> Result<Report, Refusal> {
    if is_paused(store, state).await? {
        return Ok(Report { state: state.clone(), timings: Timings::default() });
    }
    let incident = &state.incident.id;
    let lease = take_over(host, store, incident).await?;
    let report = match when {
        When::Due => host.orchestrator.resume(lease, &stop.healer).await,
        When::Now => host.orchestrator.resume_now(lease, &stop.healer).await,
    };
    report.map_err(|error| interrupted(incident, error))
}

/// Whether it is held and nothing would be sent all the same: a look that can only find that needn't be recorded.
async fn is_paused(store: &Store, state: &State) -> Result<bool, Refusal> {
    if !state.is_held() {
        return Ok(false);
    }
    let switches = switches::read(store.ledger().as_ref()).await.map_err(Refusal::failed)?;
    Ok(switches.paused(&state.incident.environment).is_some())
}

/// How the command of the incident was started, if that is known on this machine; or why it can't be gone on with.
fn manifest_of(state: &State, states: &Path) -> Result<Result<Manifest, String>, Refusal> {
    let incident = &state.incident.id;
    let Some(Fact::Text(dir)) = state.incident.facts.get(DIRECTORY) else {
        return Ok(Err("it is not about a pipeline of a directory".to_owned()));
    };
    let mut manifest = None;
    if Path::new(dir).is_dir() {
        let place = StateDir::of(Path::new(dir), user_state().as_deref()).map_err(Refusal::usage)?;
        manifest = Manifest::read(&place, incident).map_err(Refusal::usage)?;
    }
    // A fact is text, and the name of a directory need not be.
    let found = manifest.or_else(|| Manifest::find(states, incident));
    Ok(match found {
        Some(manifest) if manifest.dir().is_dir() => Ok(manifest),
        None if Path::new(dir).is_dir() => {
            Err(format!("how its command was started is not known in {dir}; it may be another machine's"))
        }
        Some(_) => Err(format!(
            "its directory {dir} is not there. Once it is back, it can be gone on with; what is kept of it in private stays \
             until then"
        )),
        None => Err(format!("its directory {dir} is not there; it may be another machine's")),
    })
}

/// A file that its command was started with is gone or can't be used any more.
fn needed(gone: Refusal, dir: &Path) -> Refusal {
    let dir = dir.display();
    let remedy = format!("put that back as it was; or `heal run` in {dir} takes back what was left");
    Refusal { message: format!("{}; {remedy}", gone.message), ..gone }
}

/// How the command ended when it first failed, as its shell saw it.
fn first_exit(state: &State) -> i32 {
    match state.incident.facts.get("exit_code") {
        Some(Fact::Number(code)) => i32::try_from(*code).unwrap_or(exit::FAILED),
        _ => exit::FAILED,
    }
}
