//! `heal policy replay`: what other documents would have said about the plans of a store.

use std::io;
use std::sync::Arc;

use selfheal_core::action::ActionSpec;
use selfheal_core::confidence::Assurance;
use selfheal_core::decision::{Decision, Verdict};
use selfheal_core::orchestrator::SystemClock;
use selfheal_core::ports::{
    Activity, Clock, Effected, Journal, Ledger, Note, PolicyEngine, PolicyQuestion, Query, Site, Stream,
};
use selfheal_core::standard::spec_of;
use selfheal_core::time::Timestamp;
use selfheal_policy::documents;
use selfheal_policy::recovery::Names;
use serde::Serialize;

use super::cli::ReplayOptions;
use super::past::{self, Past};
use super::words;
use crate::cli::{StoreArgument, StoreOptions};
use crate::exit;
use crate::records::{Page, when};
use crate::run::{Refusal, user_state};
use crate::say::style::{BAD, DIM, GOOD, WARN};
use crate::store::{Place, Store};

/// How many incidents or notes are asked for at a time.
const AT_A_TIME: usize = 500;

/// Rules of the moment or of options, which documents don't replace: what they said is taken as it was.
const NOT_OF_DOCUMENTS: [&str; 3] = ["option/", "operators/", "autonomy/"];

/// Runs `heal policy replay`; the exit status.
///
/// # Errors
/// If the store or a document can't be read.
pub(super) async fn replay(options: &ReplayOptions) -> Result<i32, Refusal> {
    let engine = documents::engine(&options.policy, &Names::default()).map_err(Refusal::usage)?;
    let place = Place::named(&folder_of(&options.store), user_state())?;
    if !place.exists() {
        return Err(Refusal::usage(format!("there is no store at {place}")));
    }
    let store = place.open_to_read().await?;
    let now = SystemClock::default().now();
    let since = options.since.as_ref().map(|since| since.before(now));
    let mut report = Report::default();
    report.judge_all(&store, engine.as_ref(), since).await?;
    super::print(options.json, &report, |page| report.write(page))?;
    Ok(exit::HEALED)
}

/// A file of the store means the store.
fn folder_of(options: &StoreOptions) -> StoreOptions {
    let mut options = options.clone();
    if let Some(StoreArgument::Folder(path)) = &mut options.store
        && path.is_file()
        && let Some(folder) = path.parent()
    {
        *path = if folder.as_os_str().is_empty() { ".".into() } else { folder.to_owned() };
    }
    options
}

#[derive(Default, Serialize)]
struct Report {
    /// What judged; empty if nothing was to be judged.
    policy_version: String,
    incidents: usize,
    decisions: usize,
    same: usize,
    looser: usize,
    stricter: usize,
    /// Incidents whose history can't be replayed.
    unreadable: Vec<String>,
    /// Newest incident first.
    changes: Vec<Changed>,
}

/// A decision that would be another.
#[derive(Serialize)]
struct Changed {
    incident: String,
    /// Which plan of the incident, counted from 1.
    round: u32,
    plan: String,
    resource: String,
    environment: String,
    at: String,
    old: Verdict,
    new: Verdict,
    /// Those that say more than before, or said more than now.
    rules: Vec<String>,
    because: String,
}

impl Report {
    async fn judge_all(
        &mut self,
        store: &Store,
        engine: &dyn PolicyEngine,
        since: Option<Timestamp>,
    ) -> Result<(), Refusal> {
        let effects = effects(store.ledger().as_ref()).await?;
        let journal = store.journal();
        let mut query = Query { since, ..Query::newest(AT_A_TIME) };
        loop {
            let standings = journal.list(&query).await.map_err(Refusal::failed)?;
            for standing in &standings {
                self.judge(journal.as_ref(), &standing.incident, &effects, engine).await?;
            }
            match standings.last() {
                Some(last) if standings.len() == AT_A_TIME => {
                    query.after = Some((last.opened_at, last.incident.clone()))
                }
                _ => return Ok(()),
            }
        }
    }

    async fn judge(
        &mut self,
        journal: &dyn Journal,
        incident: &selfheal_core::incident::IncidentId,
        effects: &Effects,
        engine: &dyn PolicyEngine,
    ) -> Result<(), Refusal> {
        self.incidents += 1;
        let history = journal.read(incident).await.map_err(Refusal::failed)?;
        let Ok(past) = past::decisions(history) else {
            self.unreadable.push(incident.to_string());
            return Ok(());
        };
        for one in past {
            let decision = again(engine, &one, effects).await.map_err(Refusal::failed)?;
            self.count(&one, &decision);
        }
        Ok(())
    }

    fn count(&mut self, past: &Past, now: &Decision) {
        self.decisions += 1;
        self.policy_version.clone_from(&now.policy_version);
        let kept = kept(&past.decision);
        let (old, new) = (past.decision.verdict, now.verdict.max(kept));
        match new.cmp(&old) {
            std::cmp::Ordering::Equal => {
                self.same += 1;
                return;
            }
            std::cmp::Ordering::Less => self.looser += 1,
            std::cmp::Ordering::Greater => self.stricter += 1,
        }
        self.changes.push(Changed {
            incident: past.incident.id.to_string(),
            round: past.round,
            plan: past.plan.kinds(),
            resource: past.incident.resource.to_string(),
            environment: past.incident.environment.to_string(),
            at: when::rfc3339(past.at),
            old,
            new,
            rules: responsible(&past.decision, now, new),
            because: if new > old { now.rationale.clone() } else { format!("it was: {}", past.decision.rationale) },
        });
    }

    fn write(&self, page: &mut Page<'_>) -> io::Result<()> {
        let Self { decisions, same, looser, stricter, .. } = self;
        let all = format!("{decisions} decisions in {} incidents", self.incidents);
        page.line_in(DIM, &format!("{all}: {same} would be the same, {looser} looser, {stricter} stricter"))?;
        if !self.unreadable.is_empty() {
            page.line_in(
                BAD,
                &format!("{} incidents can't be replayed: {}", self.unreadable.len(), self.unreadable.join(", ")),
            )?;
        }
        self.changes.iter().try_for_each(|change| change.write(page))
    }
}

impl Changed {
    fn write(&self, page: &mut Page<'_>) -> io::Result<()> {
        let style = if self.new > self.old { WARN } else { GOOD };
        let (old, new) = (words::verdict(self.old), words::verdict(self.new));
        page.heading(&format!("{} plan {}: {}", self.incident, self.round, self.plan))?;
        page.entry_in(style, "verdict", &format!("{old} -> {new}"))?;
        page.entry("where", &format!("{} in {}, {}", self.resource, self.environment, self.at))?;
        if !self.rules.is_empty() {
            page.entry("rules", &self.rules.join(", "))?;
        }
        page.entry("because", &self.because)
    }
}

/// The strictest of what was not said by documents.
fn kept(decision: &Decision) -> Verdict {
    let kept =
        decision.rules.iter().filter(|voice| NOT_OF_DOCUMENTS.iter().any(|prefix| voice.rule.starts_with(prefix)));
    kept.map(|voice| voice.verdict).max().unwrap_or(Verdict::Allow)
}

/// The rules by which the new verdict is stricter, or by which the old one was.
fn responsible(old: &Decision, now: &Decision, new: Verdict) -> Vec<String> {
    let (decided, verdict) = if new > old.verdict { (now, new) } else { (old, old.verdict) };
    let mut rules: Vec<String> =
        decided.rules.iter().filter(|voice| voice.verdict == verdict).map(|voice| voice.rule.clone()).collect();
    rules.dedup();
    rules
}

/// Asks `engine` what was asked then.
async fn again(engine: &dyn PolicyEngine, past: &Past, effects: &Effects) -> selfheal_core::error::Result<Decision> {
    let specs: Vec<ActionSpec> = past.plan.steps.iter().map(|step| spec(step.action.kind())).collect();
    let site = Site::of(&past.incident.facts);
    let question = PolicyQuestion {
        rehearsal: past.rehearsal,
        at: past.at,
        assurance: past.decision.assurance.as_ref().unwrap_or(&Assurance::NONE),
        applied_before: past.applied_before,
        categories: &past.categories,
        site: &site,
        activity: &effects.before(past),
        ..PolicyQuestion::new(&past.incident, &past.plan, &specs, &past.previews)
    };
    engine.decide(&question).await
}

/// Executors are not there to be asked; a host's own kinds count as of medium risk and undoable, unless their preview said worse.
fn spec(kind: &selfheal_core::action::ActionKind) -> ActionSpec {
    spec_of(kind).unwrap_or_else(|| ActionSpec::new(kind.clone()))
}

/// What healers did, as far as it is kept.
struct Effects(Vec<(Timestamp, Arc<Effected>)>);

impl Effects {
    /// What others had done when it was decided.
    fn before(&self, past: &Past) -> Activity {
        let others = self.0.iter().filter(|(at, effect)| *at < past.at && effect.incident != past.incident.id);
        Activity::new(others.cloned().collect())
    }
}

async fn effects(ledger: &dyn Ledger) -> Result<Effects, Refusal> {
    let (stream, mut effects, mut from) = (Stream::activity(), Vec::new(), 0);
    loop {
        let entries = ledger.read(&stream, from, AT_A_TIME).await.map_err(Refusal::failed)?;
        let Some(last) = entries.last() else { break };
        from = last.sequence + 1;
        effects.extend(entries.into_iter().filter_map(|entry| match entry.note {
            Note::Effect(reserved) => Some((entry.at, Arc::clone(&reserved.effected))),
            _ => None,
        }));
    }
    effects.sort_by_key(|(at, _)| *at);
    Ok(Effects(effects))
}
