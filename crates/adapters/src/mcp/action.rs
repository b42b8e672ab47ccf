//! A tool of a server as a kind of action.

use std::sync::Arc;

use rmcp::model::JsonObject;
use selfheal_core::action::{Action, ActionSpec, ParameterType, Reversibility, Value};
use selfheal_core::error::{Error, ErrorKind, Result};
use selfheal_core::plan::{BlastRadius, Change, Fence, Preview};
use selfheal_core::ports::EffectStatus;
use serde_json::Value as Json;

use super::answer;
use super::arguments::{ArgumentMap, From};
use super::error::McpError;
use super::failure::CallFailure;
use super::pin::{canonical, hex};
use super::schema::{self, Meant};
use super::session::{Pinned, Session};

/// What an answer tells of an effect.
type Judge = Arc<dyn Fn(&Action, &str) -> EffectStatus + Send + Sync>;

/// A kind of action that calls a tool. Made by [`McpClient::action`](super::McpClient::action), performed by an
/// [`McpExecutor`](super::McpExecutor).
#[derive(Clone)]
pub struct McpAction {
    session: Arc<Session>,
    pinned: Arc<Pinned>,
    spec: ActionSpec,
    map: ArgumentMap,
    look: Option<(Arc<Pinned>, ArgumentMap, Judge)>,
}

impl McpAction {
    pub(super) fn new(
        session: Arc<Session>,
        pinned: Arc<Pinned>,
        spec: ActionSpec,
        map: ArgumentMap,
    ) -> Result<Self, McpError> {
        if spec.reversibility == Reversibility::Undoable {
            return Err(McpError::Undoable(spec.kind.to_string()));
        }
        check(&pinned, &spec, &map)?;
        Ok(Self { session, pinned, spec, map, look: None })
    }

    /// After a call that nobody answered, `tool` of the same server tells what became of it: `judge` reads its answer, which is text
    /// that others wrote. It may say `Absent` only where the call surely did nothing, *and won't any more*: a server may still be at
    /// it. Without this, what nobody answered stays unknown.
    ///
    /// # Errors
    /// As [`McpClient::action`](super::McpClient::action).
    pub fn looked_up_by(
        mut self,
        tool: &str,
        map: ArgumentMap,
        judge: impl Fn(&Action, &str) -> EffectStatus + Send + Sync + 'static,
    ) -> Result<Self, McpError> {
        let pinned = self.session.tool(tool)?;
        check(&pinned, &self.spec, &map)?;
        self.look = Some((pinned, map, Arc::new(judge)));
        Ok(self)
    }

    pub(super) fn spec(&self) -> &ActionSpec {
        &self.spec
    }

    /// What calling it would do: the exact call, and the definition that it is made by.
    pub(super) fn preview(&self, action: &Action) -> Result<Preview> {
        self.spec.check(action).map_err(|error| invalid("executor.preview", error.to_string()))?;
        let arguments = self.arguments(&self.pinned, &self.map, action, "executor.preview")?;
        let (server, tool) = (self.session.name(), &self.pinned.tool.name);
        let call = canonical(&Json::Object(arguments)).to_string();
        Ok(Preview {
            summary: format!("calls {tool} of the MCP server {server}"),
            changes: vec![Change {
                what: format!("mcp:{server}/{tool}"),
                before: None,
                after: Some(hex(&call)),
                diff: format!("+{tool} {call}"),
            }],
            fences: vec![Fence { what: self.definition(), version: Some(self.pinned.pin.clone()) }],
            blast_radius: BlastRadius { resources: 1, changes: 1, lines_added: 0, lines_removed: 0 },
            undo_hash: None,
            reversibility: self.spec.reversibility,
        })
    }

    /// Calls it once, if its definition is the one that was previewed.
    pub(super) async fn apply(&self, action: &Action, preview: &Preview) -> Result<()> {
        let tool = &self.pinned.tool.name;
        if *preview != self.preview(action)? {
            return Err(CallFailure::Changed.of_apply(tool));
        }
        let arguments = self.arguments(&self.pinned, &self.map, action, "executor.apply")?;
        selfheal_core::failpoint::hit("mcp.calling");
        let bounds = self.session.bounds();
        let answer = self.session.call(&self.pinned, arguments, bounds.act).await;
        selfheal_core::failpoint::hit("mcp.answered");
        let answer = answer.map_err(|failure| failure.of_apply(tool))?;
        match answer.is_error {
            Some(true) => {
                let words = answer::text(&answer, bounds.max_answer_bytes);
                Err(CallFailure::Failed(answer::quoted(&words)).of_apply(tool))
            }
            _ => Ok(()),
        }
    }

    /// What became of a call that nobody answered.
    pub(super) async fn probe(&self, action: &Action) -> Result<EffectStatus> {
        let Some((pinned, map, judge)) = &self.look else { return Ok(EffectStatus::Diverged) };
        let arguments = self.arguments(pinned, map, action, "executor.probe")?;
        let bounds = self.session.bounds();
        let answer = self.session.call(pinned, arguments, bounds.look).await;
        let answer = answer.map_err(|failure| failure.of_look(&pinned.tool.name))?;
        match answer.is_error {
            Some(true) => Ok(EffectStatus::Diverged),
            _ => Ok(judge(action, &answer::text(&answer, bounds.max_answer_bytes))),
        }
    }

    fn definition(&self) -> String {
        format!("definition of mcp:{}/{}", self.session.name(), self.pinned.tool.name)
    }

    fn arguments(
        &self,
        pinned: &Pinned,
        map: &ArgumentMap,
        action: &Action,
        operation: &'static str,
    ) -> Result<JsonObject> {
        let given = |name: &str| action.parameters().get(name).map(|parameter| json(&parameter.value));
        let arguments = map.fill(action.target(), given).map_err(|problem| invalid(operation, problem))?;
        schema::accepts_values(&pinned.tool.input_schema, &arguments).map_err(|problem| invalid(operation, problem))?;
        Ok(arguments)
    }
}

fn invalid(operation: &'static str, problem: String) -> Error {
    Error::new(ErrorKind::Invalid, operation, problem)
}

fn json(value: &Value) -> Json {
    match value {
        Value::Flag(value) => Json::from(*value),
        Value::Integer(value) => Json::from(*value),
        Value::Text(value) => Json::from(value.as_str()),
    }
}

fn check(pinned: &Pinned, spec: &ActionSpec, map: &ArgumentMap) -> Result<(), McpError> {
    let unfit = |problem| McpError::Arguments { tool: pinned.tool.name.to_string(), problem };
    let mut meant = Vec::new();
    for entry in map.entries() {
        let (kind, always) = match &entry.from {
            From::Given(name, _) => {
                let parameter = spec.parameters.iter().find(|parameter| parameter.name == name.as_str());
                let parameter = parameter.ok_or_else(|| unfit(format!("{} has no parameter `{name}`", spec.kind)))?;
                (meant_by(parameter.parameter_type), parameter.required)
            }
            From::ResourceName => (Meant::Text, true),
            From::Constant(value) => (Meant::Exactly(value), true),
        };
        meant.push((entry.argument.as_str(), kind, always));
    }
    schema::accepts(&pinned.tool.input_schema, &meant).map_err(unfit)
}

fn meant_by(kind: ParameterType) -> Meant<'static> {
    match kind {
        ParameterType::Flag => Meant::Flag,
        ParameterType::Integer => Meant::Integer,
        ParameterType::Text => Meant::Text,
    }
}
