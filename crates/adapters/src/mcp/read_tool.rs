//! A tool of a server as a read-only tool of the analyst.

use std::sync::Arc;

use async_trait::async_trait;
use rmcp::model::{JsonObject, Tool};
use selfheal_core::error::{Error, ErrorKind, Result};
use selfheal_core::evidence::Untrusted;
use selfheal_core::ports::{ArgumentSpec, LookUp, ReadTool, ReadToolSpec};
use serde_json::Value;

use super::answer;
use super::arguments::{ArgumentMap, From};
use super::error::McpError;
use super::failure::CallFailure;
use super::schema::{self, Meant};
use super::session::{Pinned, Session};

/// Looks something up by a tool of a server. Made by [`McpClient::read_tool`](super::McpClient::read_tool).
#[derive(Clone)]
pub struct McpReadTool {
    session: Arc<Session>,
    pinned: Arc<Pinned>,
    spec: ReadToolSpec,
    map: ArgumentMap,
}

impl McpReadTool {
    pub(super) fn new(
        session: Arc<Session>,
        pinned: Arc<Pinned>,
        spec: ReadToolSpec,
        map: ArgumentMap,
    ) -> Result<Self, McpError> {
        if says_it_changes(&pinned.tool) {
            return Err(McpError::NotReadOnly(pinned.tool.name.to_string()));
        }
        let unfit = |problem| McpError::Arguments { tool: pinned.tool.name.to_string(), problem };
        check(&pinned.tool, &spec.arguments, &map).map_err(unfit)?;
        Ok(Self { session, pinned, spec, map })
    }

    fn arguments(&self, what: &LookUp<'_>) -> Result<JsonObject> {
        let known = |name: &&String| self.spec.arguments.iter().any(|argument| argument.name == **name);
        let invalid = |problem: String| Error::new(ErrorKind::Invalid, "tool.look", problem);
        if let Some(name) = what.arguments.keys().find(|name| !known(name)) {
            return Err(invalid(format!("{} has no argument `{name}`", self.spec.name)));
        }
        let given = |name: &str| what.arguments.get(name).map(|word| Value::from(word.read().as_str()));
        let arguments = self.map.fill(what.resource, given).map_err(invalid)?;
        schema::accepts_values(&self.pinned.tool.input_schema, &arguments).map_err(invalid)?;
        Ok(arguments)
    }
}

#[async_trait]
impl ReadTool for McpReadTool {
    fn spec(&self) -> &ReadToolSpec {
        &self.spec
    }

    async fn look(&self, what: &LookUp<'_>) -> Result<Untrusted<String>> {
        let arguments = self.arguments(what)?;
        let tool = &self.pinned.tool.name;
        let bounds = self.session.bounds();
        let answer = self.session.call(&self.pinned, arguments, bounds.look).await;
        let answer = answer.map_err(|failure| failure.of_look(tool))?;
        let text = answer::text(&answer, bounds.max_answer_bytes);
        if answer.is_error == Some(true) {
            return Err(CallFailure::Failed(answer::quoted(&text)).of_look(tool));
        }
        Ok(Untrusted::new(text))
    }
}

/// A hint binds nobody, so the host's word decides; but a host that calls a tool harmless while its author says otherwise errs.
fn says_it_changes(tool: &Tool) -> bool {
    let hints = tool.annotations.as_ref();
    hints.is_some_and(|hints| hints.read_only_hint == Some(false) || hints.destructive_hint == Some(true))
}

/// Words of evidence are checked by a grammar each, and all that the spec names is used.
fn check(tool: &Tool, arguments: &[ArgumentSpec], map: &ArgumentMap) -> Result<(), String> {
    let named = |name: &str| arguments.iter().find(|argument| argument.name == name);
    let mut meant = Vec::new();
    for entry in map.entries() {
        let (kind, always) = match &entry.from {
            From::Given(name, None) => return Err(format!("`{name}` is a word of evidence, and needs a grammar")),
            From::Given(name, Some(_)) => {
                let spec = named(name).ok_or_else(|| format!("`{name}` is no argument of the spec"))?;
                (Meant::Text, spec.required)
            }
            From::ResourceName => (Meant::Text, true),
            From::Constant(value) => (Meant::Exactly(value), true),
        };
        meant.push((entry.argument.as_str(), kind, always));
    }
    let is_sent = |argument: &&ArgumentSpec| {
        map.entries().iter().any(|entry| matches!(&entry.from, From::Given(name, _) if *name == argument.name))
    };
    match arguments.iter().find(|argument| !is_sent(argument)) {
        Some(unused) => Err(format!("the spec's argument `{}` is sent as nothing", unused.name)),
        None => schema::accepts(&tool.input_schema, &meant),
    }
}
