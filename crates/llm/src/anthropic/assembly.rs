//! Puts a streamed message together.

use std::collections::BTreeMap;

use selfheal_core::error::{Error, Result};
use selfheal_core::evidence::Untrusted;
use selfheal_core::ports::ToolCall;
use serde_json::json;

use super::wire::{Block, Delta, StreamEvent, Usage, finish};
use crate::answer::{Assembly, Said, Step, answer_or_calls};
use crate::failure::{Failure, FailureClass};
use crate::http::{AboutOwned, Event, Objection};
use crate::key::ApiKey;

/// Most blocks that a stream may begin.
const MAX_BLOCKS: usize = 256;

/// What came so far.
pub(super) struct MessageAssembly {
    about: AboutOwned,
    answer_tool: Option<String>,
    key: Option<ApiKey>,
    content: String,
    calls: BTreeMap<u64, PartialCall>,
    stop: Option<String>,
    usage: Usage,
}

struct PartialCall {
    id: String,
    name: String,
    arguments: String,
}

impl MessageAssembly {
    pub(super) fn new(about: AboutOwned, answer_tool: Option<String>, key: Option<ApiKey>) -> Self {
        Self {
            about,
            answer_tool,
            key,
            content: String::new(),
            calls: BTreeMap::new(),
            stop: None,
            usage: Usage::default(),
        }
    }

    fn begin(&mut self, index: u64, block: Block) -> Result<Step> {
        match block {
            Block::Text { text } => Ok(self.text(text)),
            Block::ToolUse { id, name, .. } if self.calls.len() < MAX_BLOCKS => {
                self.calls.insert(index, PartialCall { id, name, arguments: String::new() });
                Ok(Step::Nothing)
            }
            Block::ToolUse { .. } => Err(too_many()),
            Block::Other => Ok(Step::Nothing),
        }
    }

    fn add(&mut self, index: u64, delta: Delta) -> Step {
        match delta {
            Delta::Text { text } => self.text(text),
            Delta::InputJson { partial_json } => self.arguments(index, partial_json),
            Delta::Other => Step::Nothing,
        }
    }

    fn text(&mut self, text: String) -> Step {
        self.content.push_str(&text);
        Step::Text(text)
    }

    /// What is added to the arguments that are the answer is text of it.
    fn arguments(&mut self, index: u64, added: String) -> Step {
        let Some(call) = self.calls.get_mut(&index) else { return Step::Nothing };
        call.arguments.push_str(&added);
        if self.answer_tool.as_deref() == Some(&call.name) { Step::Text(added) } else { Step::Nothing }
    }

    fn objection(&self, error: &serde_json::Value) -> Error {
        Objection::within(&json!({ "error": error }), self.key.as_ref()).error(self.about.about())
    }
}

fn too_many() -> Error {
    let message = format!("the answer asks for more than {MAX_BLOCKS} functions at once");
    Failure::from(FailureClass::OutputLimit).error(message)
}

impl Assembly for MessageAssembly {
    fn event(&mut self, event: Event) -> Result<Step> {
        let event: StreamEvent = serde_json::from_str(&event.data).map_err(|cause| {
            let message = "an event of the stream is no piece of a message";
            Failure::from(FailureClass::NotAnApi).error(message).with_context("cause", cause.to_string())
        })?;
        match event {
            StreamEvent::MessageStart { message } => {
                self.usage = self.usage.updated(message.usage);
                Ok(Step::Nothing)
            }
            StreamEvent::ContentBlockStart { index, content_block } => self.begin(index, content_block),
            StreamEvent::ContentBlockDelta { index, delta } => Ok(self.add(index, delta)),
            StreamEvent::MessageDelta { delta, usage } => {
                self.usage = self.usage.updated(usage);
                self.stop = delta.stop_reason.or(self.stop.take());
                Ok(Step::Nothing)
            }
            StreamEvent::MessageStop => Ok(Step::End),
            StreamEvent::Error { error } => Err(self.objection(&error)),
            StreamEvent::Other => Ok(Step::Nothing),
        }
    }

    fn is_complete(&self) -> bool {
        self.stop.is_some()
    }

    fn said(self: Box<Self>) -> Said {
        let calls = self.calls.into_values().map(|call| {
            // A function without arguments gets none in pieces, and `{}` whole.
            let arguments = if call.arguments.is_empty() { "{}".to_owned() } else { call.arguments };
            ToolCall { id: call.id, name: call.name, arguments: Untrusted::new(arguments) }
        });
        let (content, tool_calls) = answer_or_calls(self.content, calls.collect(), self.answer_tool.as_deref());
        Said {
            content,
            tool_calls,
            refusal: None,
            finish: finish(self.stop.as_deref()),
            counted: self.usage.into(),
            model: self.about.about().identity(),
        }
    }
}
