//! Takes what a model said, if it is an answer.

use selfheal_core::error::Error;
use selfheal_core::evidence::Untrusted;
use selfheal_core::ports::{AnswerForm, LlmRequest, LlmResponse, TokenUsage};

use super::json_text::find;
use super::said::{Finish, Said};
use super::schema::{has_outline, required};
use crate::failure::{Failure, FailureClass};
use crate::http::excerpt::excerpt;

/// Most functions that one answer may ask for.
const MAX_TOOL_CALLS: usize = 64;

/// No token has so many bytes on average. Tells that a bound wasn't kept where a server doesn't count.
const MOST_BYTES_PER_TOKEN: usize = 64;

/// What became of what was said.
pub(crate) enum Taken {
    /// An answer. `kept` says whether it has the outline of the schema that was asked for.
    Answer { response: LlmResponse, kept: bool },
    /// Text that holds no JSON object.
    NoJson { text: String, cause: String },
}

/// Takes what was said.
///
/// # Errors
/// A [`Failure`] of the classes refusal and output limit.
pub(crate) fn take(request: &LlmRequest, said: Said) -> Result<Taken, Error> {
    let usage = said.usage(request);
    check_finish(&said)?;
    check_length(request, &said, usage)?;
    if !request.tools.is_empty() && !said.tool_calls.is_empty() {
        let response = respond(said.content, said.tool_calls, usage, said.model);
        return Ok(Taken::Answer { response, kept: true });
    }
    let AnswerForm::Json { schema, .. } = &request.form else { return text(said, usage) };
    let required = required(schema);
    match find(&said.content, &required) {
        Ok((range, object)) => {
            let kept = has_outline(&object, &required);
            if !kept && said.finish == Finish::Length {
                return Err(cut_short(request));
            }
            let mut content = said.content;
            content.truncate(range.end);
            content.drain(..range.start);
            Ok(Taken::Answer { response: respond(content, Vec::new(), usage, said.model), kept })
        }
        Err(_) if said.finish == Finish::Length => Err(cut_short(request)),
        Err(cause) => Ok(Taken::NoJson { text: said.content, cause }),
    }
}

fn text(said: Said, usage: TokenUsage) -> Result<Taken, Error> {
    if said.finish == Finish::Length {
        return Err(Failure::from(FailureClass::OutputLimit).error("the answer was cut at the bound on its tokens"));
    }
    if said.content.trim().is_empty() {
        return Err(Failure::from(FailureClass::NotJson).error("the answer is empty"));
    }
    Ok(Taken::Answer { response: respond(said.content, Vec::new(), usage, said.model), kept: true })
}

fn respond(
    content: String,
    tool_calls: Vec<selfheal_core::ports::ToolCall>,
    usage: TokenUsage,
    model: String,
) -> LlmResponse {
    LlmResponse { content: Untrusted::new(content), tool_calls, usage, model }
}

fn check_finish(said: &Said) -> Result<(), Error> {
    if let Some(refusal) = &said.refusal {
        let error = Failure::from(FailureClass::Refusal).error("the model declines to answer");
        return Err(error.with_context("it says", excerpt(refusal, None)));
    }
    if said.finish == Finish::Filtered {
        return Err(Failure::from(FailureClass::Refusal).error("a filter of the server stopped the answer"));
    }
    Ok(())
}

fn check_length(request: &LlmRequest, said: &Said, usage: TokenUsage) -> Result<(), Error> {
    let most = request.max_output_tokens;
    let most_bytes = (most as usize).saturating_mul(MOST_BYTES_PER_TOKEN);
    if usage.output > most || said.bytes() > most_bytes {
        let message = format!("the answer is longer than the {most} tokens that it may have");
        return Err(Failure::from(FailureClass::OutputLimit).error(message));
    }
    if said.tool_calls.len() > MAX_TOOL_CALLS {
        let message = format!("the answer asks for more than {MAX_TOOL_CALLS} functions at once");
        return Err(Failure::from(FailureClass::OutputLimit).error(message));
    }
    Ok(())
}

fn cut_short(request: &LlmRequest) -> Error {
    let most = request.max_output_tokens;
    let message = format!("the answer was cut at the bound of {most} tokens; a model that thinks aloud needs more");
    Failure::from(FailureClass::OutputLimit).error(message)
}
