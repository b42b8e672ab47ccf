//! Puts a streamed completion together.

use selfheal_core::error::{Error, Result};

use super::wire::{CallDelta, Chunk, Delta, Usage, arguments, finish, tool_call};
use crate::answer::{Assembly, Said, Step, answer_or_calls};
use crate::failure::{Failure, FailureClass};
use crate::http::{AboutOwned, Event, Objection};
use crate::key::ApiKey;

/// Most calls that a stream may begin.
const MAX_CALLS: usize = 64;

/// What came so far.
pub(super) struct ChatAssembly {
    about: AboutOwned,
    answer_tool: Option<String>,
    key: Option<ApiKey>,
    content: String,
    refusal: String,
    calls: Vec<PartialCall>,
    finish: Option<String>,
    usage: Usage,
}

#[derive(Default)]
struct PartialCall {
    index: Option<u64>,
    id: String,
    name: String,
    arguments: String,
}

impl ChatAssembly {
    pub(super) fn new(about: AboutOwned, answer_tool: Option<String>, key: Option<ApiKey>) -> Self {
        Self {
            about,
            answer_tool,
            key,
            content: String::new(),
            refusal: String::new(),
            calls: Vec::new(),
            finish: None,
            usage: Usage::default(),
        }
    }

    fn delta(&mut self, delta: Delta) -> Result<Step> {
        let mut text = delta.content.text();
        self.content.push_str(&text);
        self.refusal.push_str(&delta.refusal);
        for call in delta.tool_calls {
            text.push_str(&self.call(call)?);
        }
        Ok(Step::Text(text))
    }

    /// Adds to a call. What is added to the arguments that are the answer is text of it.
    fn call(&mut self, delta: CallDelta) -> Result<String> {
        let at = self.position(&delta)?;
        let Some(call) = self.calls.get_mut(at) else { return Ok(String::new()) };
        if call.id.is_empty() {
            call.id = delta.id;
        }
        if call.name.is_empty() {
            call.name = delta.function.name;
        }
        let added = arguments(delta.function.arguments);
        call.arguments.push_str(&added);
        let is_answer = self.answer_tool.as_deref() == Some(&call.name);
        Ok(if is_answer { added } else { String::new() })
    }

    /// Which call a piece belongs to. Servers exist that leave out the index, or give every call the same one.
    fn position(&mut self, delta: &CallDelta) -> Result<usize> {
        let fits = |call: &PartialCall| delta.id.is_empty() || call.id.is_empty() || call.id == delta.id;
        let known = match delta.index {
            Some(index) => self.calls.iter().rposition(|call| call.index == Some(index)),
            None => self.calls.len().checked_sub(1),
        };
        if let Some(at) = known.filter(|at| self.calls.get(*at).is_some_and(fits)) {
            return Ok(at);
        }
        if self.calls.len() >= MAX_CALLS {
            return Err(too_many());
        }
        self.calls.push(PartialCall { index: delta.index, ..PartialCall::default() });
        Ok(self.calls.len() - 1)
    }
}

fn too_many() -> Error {
    let message = format!("the answer asks for more than {MAX_CALLS} functions at once");
    Failure::from(FailureClass::OutputLimit).error(message)
}

impl Assembly for ChatAssembly {
    fn event(&mut self, event: Event) -> Result<Step> {
        if event.data.trim() == "[DONE]" {
            return Ok(Step::End);
        }
        let chunk: Chunk = serde_json::from_str(&event.data).map_err(|cause| {
            let message = "an event of the stream is no piece of a chat completion";
            Failure::from(FailureClass::NotAnApi).error(message).with_context("cause", cause.to_string())
        })?;
        if let Some(error) = &chunk.error {
            let value = serde_json::json!({ "error": error });
            return Err(Objection::within(&value, self.key.as_ref()).error(self.about.about()));
        }
        self.usage = chunk.usage.unwrap_or(self.usage);
        let Some(choice) = chunk.choices.into_iter().next() else { return Ok(Step::Nothing) };
        self.finish = choice.finish_reason.filter(|reason| !reason.is_empty()).or(self.finish.take());
        self.delta(choice.delta)
    }

    fn is_complete(&self) -> bool {
        self.finish.is_some()
    }

    fn said(self: Box<Self>) -> Said {
        let calls = self.calls.into_iter().enumerate();
        let calls = calls.map(|(index, call)| tool_call(call.id, index, call.name, call.arguments)).collect();
        let (content, tool_calls) = answer_or_calls(self.content, calls, self.answer_tool.as_deref());
        Said {
            content,
            tool_calls,
            refusal: Some(self.refusal).filter(|text| !text.is_empty()),
            finish: finish(self.finish.as_deref()),
            counted: self.usage.into(),
            model: self.about.about().identity(),
        }
    }
}
