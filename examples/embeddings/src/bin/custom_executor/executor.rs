//! The executor: one kind, `toggle_flag`, fenced on the flag's version.
//!
//! What is needed to undo is in the preview itself (value and version before), so nothing has to be kept.

use async_trait::async_trait;
use selfheal_core::action::{ActionKind, ActionSpec, ParameterType, Reversibility, RiskTier, Value};
use selfheal_core::error::{Error, ErrorKind, Result};
use selfheal_core::incident::IncidentId;
use selfheal_core::plan::{BlastRadius, Change, Fence, Preview, Step};
use selfheal_core::ports::{Approved, EffectStatus, Executor, Rehearsal, Undone, Work};

use crate::flags::{Flag, Flags};

pub(crate) const TOGGLE_FLAG: ActionKind = ActionKind::custom("toggle_flag");

pub(crate) struct FlagExecutor {
    flags: Flags,
    kinds: Vec<ActionSpec>,
}

impl FlagExecutor {
    pub(crate) fn new(flags: Flags) -> Self {
        let spec =
            ActionSpec::new(TOGGLE_FLAG).requires("flag", ParameterType::Text).requires("on", ParameterType::Flag);
        Self { flags, kinds: vec![spec.rated(RiskTier::Medium, Reversibility::Undoable)] }
    }
}

fn invalid(message: &str) -> Error {
    Error::new(ErrorKind::Invalid, "flags", message)
}

/// The flag and the value that `step` asks for.
fn wanted(step: &Step) -> Result<(&str, bool)> {
    let name = step.action.text("flag").ok_or_else(|| invalid("expected parameter `flag`"))?;
    match step.action.parameters().get("on").map(|parameter| &parameter.value) {
        Some(Value::Flag(on)) => Ok((name, *on)),
        _ => Err(invalid("expected parameter `on`")),
    }
}

/// Name, wanted value, and the flag as it was when step `index` was previewed.
fn previewed<'a>(work: &'a Work<'_>, index: usize) -> Result<(&'a str, bool, Flag)> {
    let (Some(step), Some(preview)) = (work.steps.get(index), work.previews.get(index)) else {
        return Err(invalid("expected a previewed step"));
    };
    let (name, on) = wanted(step)?;
    let version = preview.fences.first().and_then(|fence| fence.version.as_deref()).and_then(|text| text.parse().ok());
    let was_on = preview.changes.first().and_then(|change| change.before.as_deref()) == Some("on");
    let version = version.ok_or_else(|| invalid("expected the version that was seen"))?;
    Ok((name, on, Flag { on: was_on, version }))
}

fn preview(name: &str, before: Flag, on: bool) -> Preview {
    let shown = |on: bool| if on { "on" } else { "off" };
    Preview {
        summary: format!("{name}: {} -> {}", shown(before.on), shown(on)),
        changes: vec![Change {
            what: name.to_owned(),
            before: Some(shown(before.on).to_owned()),
            after: Some(shown(on).to_owned()),
            diff: format!("-{name} = {}\n+{name} = {}", shown(before.on), shown(on)),
        }],
        fences: vec![Fence { what: name.to_owned(), version: Some(before.version.to_string()) }],
        blast_radius: BlastRadius { resources: 1, changes: 1, lines_added: 1, lines_removed: 1 },
        undo_hash: None,
        reversibility: Reversibility::Undoable,
    }
}

#[async_trait]
impl Executor for FlagExecutor {
    fn system(&self) -> &str {
        "flags"
    }

    fn kinds(&self) -> &[ActionSpec] {
        &self.kinds
    }

    async fn preview(&self, work: &Work<'_>) -> Result<Vec<Preview>> {
        let mut previews: Vec<Preview> = Vec::with_capacity(work.steps.len());
        for step in work.steps {
            let (name, on) = wanted(step)?;
            if previews.iter().any(|earlier| earlier.changes[0].what == name) {
                return Err(invalid("expected each flag once in a plan"));
            }
            let missing =
                || Error::new(ErrorKind::NotFound, "flags.preview", "no such flag").with_context("flag", name);
            previews.push(preview(name, self.flags.get(name).ok_or_else(missing)?, on));
        }
        Ok(previews)
    }

    async fn rehearse(&self, _: &Work<'_>) -> Result<Rehearsal> {
        Ok(Rehearsal::Unsupported { why: "there is no second service to try it on".to_owned() })
    }

    async fn apply(&self, work: &Approved<'_>, step: usize, _attempt: u32) -> Result<()> {
        let (name, on, before) = previewed(work, step)?;
        if self.flags.set_if(name, on, before.version) {
            return Ok(());
        }
        Err(Error::new(ErrorKind::Conflict, "flags.apply", "changed since the preview").with_context("flag", name))
    }

    async fn probe(&self, work: &Work<'_>, step: usize) -> Result<EffectStatus> {
        let (name, on, before) = previewed(work, step)?;
        Ok(match self.flags.get(name) {
            Some(now) if now == before => EffectStatus::Absent,
            Some(now) if now == (Flag { on, version: before.version + 1 }) => EffectStatus::Applied,
            _ => EffectStatus::Diverged,
        })
    }

    async fn undo(&self, work: &Work<'_>, step: usize) -> Result<Undone> {
        let (name, on, before) = previewed(work, step)?;
        let restored = Flag { on: before.on, version: before.version + 2 };
        Ok(match self.flags.get(name) {
            Some(now) if now == before || now == restored => Undone::Nothing,
            Some(now) if now.on == on && self.flags.set_if(name, before.on, before.version + 1) => Undone::Restored,
            _ => Undone::ForeignChange { what: name.to_owned() },
        })
    }

    async fn settle(&self, _: &IncidentId) -> Result<()> {
        Ok(())
    }
}
