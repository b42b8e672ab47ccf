//! Reads an answer that came whole.

use selfheal_core::error::Error;
use selfheal_core::evidence::Untrusted;
use selfheal_core::ports::ToolCall;
use serde_json::Value;

use super::wire::{Answer, Block, finish};
use crate::answer::{Said, answer_or_calls};
use crate::failure::{Failure, FailureClass};
use crate::http::{About, Objection};
use crate::key::ApiKey;

/// What the model said. The arguments of `answer_tool` are the answer.
pub(super) fn said(
    answer: Answer,
    answer_tool: Option<&str>,
    about: About<'_>,
    key: Option<&ApiKey>,
) -> Result<Said, Error> {
    if let Some(error) = &answer.error {
        let error = serde_json::json!({ "error": error });
        return Err(Objection::within(&error, key).error(about));
    }
    let Some(blocks) = answer.content else { return Err(no_message(about)) };
    let (mut content, mut calls) = (String::new(), Vec::new());
    for block in blocks {
        match block {
            Block::Text { text } => content.push_str(&text),
            Block::ToolUse { id, name, input } => calls.push(call(id, name, &input)),
            Block::Other => {}
        }
    }
    let (content, tool_calls) = answer_or_calls(content, calls, answer_tool);
    Ok(Said {
        content,
        tool_calls,
        refusal: None,
        finish: finish(answer.stop_reason.as_deref()),
        counted: answer.usage.into(),
        model: about.identity(),
    })
}

fn call(id: String, name: String, input: &Value) -> ToolCall {
    ToolCall { id, name, arguments: Untrusted::new(input.to_string()) }
}

fn no_message(about: About<'_>) -> Error {
    let url = &about.server.settings.url;
    let message = format!("what came back is JSON, but no message: {url} should end in /v1");
    Failure::from(FailureClass::NotAnApi).error(message).with_context("server", &about.server.name)
}
