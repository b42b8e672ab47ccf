//! The executor of actions that call tools.

use async_trait::async_trait;
use selfheal_core::action::{Action, ActionSpec, Reversibility};
use selfheal_core::error::{Error, ErrorKind, Result};
use selfheal_core::incident::IncidentId;
use selfheal_core::plan::Preview;
use selfheal_core::ports::{Approved, EffectStatus, Executor, Rehearsal, Undone, Work};

use super::action::McpAction;

/// Performs actions by calling tools, each call once. It rehearses nothing and takes nothing back: that a call is right is for policy
/// and people to decide, on the exact arguments that the preview shows.
pub struct McpExecutor {
    system: String,
    actions: Vec<McpAction>,
    kinds: Vec<ActionSpec>,
}

impl McpExecutor {
    /// For resources of `system`. Of two actions of one kind the first is performed.
    #[must_use]
    pub fn new(system: &str, actions: Vec<McpAction>) -> Self {
        let kinds = actions.iter().map(|action| action.spec().clone()).collect();
        Self { system: system.to_owned(), actions, kinds }
    }

    fn performing(&self, action: &Action, operation: &'static str) -> Result<&McpAction> {
        let found = self.actions.iter().find(|known| known.spec().kind == *action.kind());
        found.ok_or_else(|| Error::new(ErrorKind::Invalid, operation, format!("no tool performs {}", action.kind())))
    }
}

fn action<'a>(work: &'a Work<'_>, step: usize, operation: &'static str) -> Result<&'a Action> {
    let found = work.steps.get(step).map(|step| &step.action);
    found.ok_or_else(|| Error::new(ErrorKind::Invalid, operation, format!("there is no step {step}")))
}

#[async_trait]
impl Executor for McpExecutor {
    fn system(&self) -> &str {
        &self.system
    }

    fn kinds(&self) -> &[ActionSpec] {
        &self.kinds
    }

    async fn preview(&self, work: &Work<'_>) -> Result<Vec<Preview>> {
        let previewed = |action: &Action| self.performing(action, "executor.preview")?.preview(action);
        work.steps.iter().map(|step| previewed(&step.action)).collect()
    }

    async fn rehearse(&self, _: &Work<'_>) -> Result<Rehearsal> {
        Ok(Rehearsal::Unsupported { why: "what a tool of a server does shows only when it is called".to_owned() })
    }

    async fn apply(&self, work: &Approved<'_>, step: usize, _: u32) -> Result<()> {
        let action = action(work, step, "executor.apply")?;
        let unseen = || Error::new(ErrorKind::Conflict, "executor.apply", "the call was never previewed");
        let preview = work.previews.get(step).ok_or_else(unseen)?;
        self.performing(action, "executor.apply")?.apply(action, preview).await
    }

    async fn probe(&self, work: &Work<'_>, step: usize) -> Result<EffectStatus> {
        let action = action(work, step, "executor.probe")?;
        self.performing(action, "executor.probe")?.probe(action).await
    }

    async fn undo(&self, work: &Work<'_>, step: usize) -> Result<Undone> {
        let action = action(work, step, "executor.undo")?;
        match self.performing(action, "executor.undo")?.spec().reversibility {
            Reversibility::NothingToUndo => Ok(Undone::Nothing),
            _ => Err(Error::new(ErrorKind::Unsupported, "executor.undo", "a call of a tool can't be taken back")),
        }
    }

    async fn settle(&self, _: &IncidentId) -> Result<()> {
        Ok(())
    }
}
