//! Reads an answer that came whole.

use selfheal_core::error::Error;

use super::wire::{Completion, finish};
use crate::answer::{Counted as _, Said, answer_or_calls};
use crate::failure::{Failure, FailureClass};
use crate::http::{About, Objection};
use crate::key::ApiKey;

/// What the model said. The arguments of `answer_tool` are the answer.
pub(super) fn said(
    completion: Completion,
    answer_tool: Option<&str>,
    about: About<'_>,
    key: Option<&ApiKey>,
) -> Result<Said, Error> {
    if let Some(error) = &completion.error {
        return Err(Objection::within(error, key).error(about));
    }
    let counted = completion.counted();
    let Some(choice) = completion.choices.into_iter().next() else { return Err(no_completion(about)) };
    let calls = choice.message.tool_calls.into_iter().enumerate().map(|(index, call)| call.tool_call(index));
    let (content, tool_calls) = answer_or_calls(choice.message.content.text(), calls.collect(), answer_tool);
    Ok(Said {
        content,
        tool_calls,
        refusal: choice.message.refusal.filter(|text| !text.is_empty()),
        finish: finish(choice.finish_reason.as_deref()),
        counted,
        model: about.identity(),
    })
}

fn no_completion(about: About<'_>) -> Error {
    let url = &about.server.settings.url;
    let message = format!("what came back is JSON, but no chat completion: {url} should end in /v1");
    Failure::from(FailureClass::NotAnApi).error(message).with_context("server", &about.server.name)
}
