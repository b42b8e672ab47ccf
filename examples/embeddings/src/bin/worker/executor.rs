//! The executor: one kind, `set_mode`, fenced on the thing's content and on the worker's token.

use async_trait::async_trait;
use selfheal_core::action::{ActionKind, ActionSpec, ParameterType, Reversibility, RiskTier};
use selfheal_core::error::{Error, ErrorKind, Result, Retry};
use selfheal_core::failpoint;
use selfheal_core::incident::IncidentId;
use selfheal_core::plan::{BlastRadius, Change, Fence, Preview, Step};
use selfheal_core::ports::{Approved, EffectStatus, Executor, Rehearsal, Undone, Work};

use crate::ledger::Ledger;
use crate::things::{Thing, Things, hash};

/// The system whose things these are.
pub(crate) const SYSTEM: &str = "things";

/// Puts a thing into a mode.
pub(crate) const SET_MODE: ActionKind = ActionKind::custom("set_mode");

pub(crate) struct ThingExecutor {
    things: Things,
    ledger: Ledger,
    kinds: Vec<ActionSpec>,
}

/// A step, as it was previewed.
struct Planned<'a> {
    thing: &'a str,
    mode: &'a str,
    /// Hash of the content that was seen.
    seen: &'a str,
}

impl ThingExecutor {
    pub(crate) fn new(things: Things, ledger: Ledger) -> Self {
        let spec = ActionSpec::new(SET_MODE).requires("mode", ParameterType::Text);
        Self { things, ledger, kinds: vec![spec.rated(RiskTier::Medium, Reversibility::Undoable)] }
    }

    /// Sends an effect to the target, noted before and after.
    fn send<T>(
        &self,
        work: &Work<'_>,
        thing: &str,
        effect: &str,
        change: impl Fn(&mut Thing) -> Result<T>,
    ) -> Result<T> {
        self.ledger.note(work.epoch, thing, effect, "sending")?;
        failpoint::hit("worker.effect_sending");
        let answer = self.things.fenced(thing, work.epoch, change).flatten();
        failpoint::hit("worker.effect_answered");
        let became = if answer.is_ok() { "done" } else { "refused" };
        let noted = self.ledger.note(work.epoch, thing, effect, became);
        noted.map_err(|error| error.with_retry(Retry::UnknownOutcome)).and(answer)
    }
}

fn invalid(message: &str) -> Error {
    Error::new(ErrorKind::Invalid, "things", message)
}

/// The thing and the mode that `step` asks for.
fn wanted(step: &Step) -> Result<(&str, &str)> {
    let mode = step.action.text("mode").ok_or_else(|| invalid("expected parameter `mode`"))?;
    Ok((&step.action.target().name, mode))
}

fn planned<'a>(work: &'a Work<'_>, index: usize) -> Result<Planned<'a>> {
    let (Some(step), Some(preview)) = (work.steps.get(index), work.previews.get(index)) else {
        return Err(invalid("expected a previewed step"));
    };
    let (thing, mode) = wanted(step)?;
    let seen = preview.fences.first().and_then(|fence| fence.version.as_deref());
    Ok(Planned { thing, mode, seen: seen.ok_or_else(|| invalid("expected the content hash that was seen"))? })
}

fn preview(name: &str, now: &str, mode: &str) -> Preview {
    Preview {
        summary: format!("{name}: {now} -> {mode}"),
        changes: vec![Change {
            what: name.to_owned(),
            before: Some(hash(now)),
            after: Some(hash(mode)),
            diff: format!("-mode = {now}\n+mode = {mode}"),
        }],
        fences: vec![Fence { what: name.to_owned(), version: Some(hash(now)) }],
        blast_radius: BlastRadius { resources: 1, changes: 1, lines_added: 1, lines_removed: 1 },
        undo_hash: None,
        reversibility: Reversibility::Undoable,
    }
}

fn take_back(thing: &mut Thing, planned: &Planned<'_>) -> Undone {
    if hash(&thing.mode) == planned.seen {
        return Undone::Nothing;
    }
    match thing.former.clone().filter(|former| hash(former) == planned.seen) {
        Some(former) if thing.mode == planned.mode => {
            thing.set(&former);
            Undone::Restored
        }
        _ => Undone::ForeignChange { what: planned.thing.to_owned() },
    }
}

#[async_trait]
impl Executor for ThingExecutor {
    fn system(&self) -> &str {
        SYSTEM
    }

    fn kinds(&self) -> &[ActionSpec] {
        &self.kinds
    }

    async fn preview(&self, work: &Work<'_>) -> Result<Vec<Preview>> {
        let mut previews: Vec<Preview> = Vec::with_capacity(work.steps.len());
        for step in work.steps {
            let (name, mode) = wanted(step)?;
            if previews.iter().any(|earlier| earlier.changes[0].what == name) {
                return Err(invalid("expected each thing once in a plan"));
            }
            previews.push(preview(name, &self.things.read(name)?.mode, mode));
        }
        Ok(previews)
    }

    async fn rehearse(&self, _: &Work<'_>) -> Result<Rehearsal> {
        Ok(Rehearsal::Unsupported { why: "there is no second thing to try it on".to_owned() })
    }

    async fn apply(&self, work: &Approved<'_>, step: usize, _attempt: u32) -> Result<()> {
        let planned = planned(work, step)?;
        self.send(work, planned.thing, "apply", |thing| {
            if hash(&thing.mode) != planned.seen {
                let changed = Error::new(ErrorKind::Conflict, "things.apply", "changed since the preview");
                return Err(changed.with_context("thing", planned.thing));
            }
            thing.set(planned.mode);
            Ok(())
        })
    }

    /// Shuts out the worker before this one first: "absent" would not stay true if its effect were still on the way.
    async fn probe(&self, work: &Work<'_>, step: usize) -> Result<EffectStatus> {
        let planned = planned(work, step)?;
        self.things.fenced(planned.thing, work.epoch, |thing| match &thing.mode {
            mode if hash(mode) == planned.seen => EffectStatus::Absent,
            mode if mode == planned.mode => EffectStatus::Applied,
            _ => EffectStatus::Diverged,
        })
    }

    async fn undo(&self, work: &Work<'_>, step: usize) -> Result<Undone> {
        let planned = planned(work, step)?;
        self.send(work, planned.thing, "undo", |thing| Ok(take_back(thing, &planned)))
    }

    async fn settle(&self, _: &IncidentId) -> Result<()> {
        Ok(())
    }
}
