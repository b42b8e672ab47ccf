//! What a model said, and what it took.

use selfheal_core::error::Error;
use selfheal_core::ports::{AnswerForm, LlmRequest, TokenUsage, ToolCall, ToolSpec};
use selfheal_core::spending::CallEnd;

use crate::failure::Failure;
use crate::http::excerpt::cut;

/// Most bytes of the reason of a failed call in the record.
const WHY_BYTES: usize = 200;

/// Why a model stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Finish {
    /// It was done, or calls tools.
    Done,
    /// It reached the bound on its tokens.
    Length,
    /// A filter stopped it.
    Filtered,
}

/// A server's count that is more than this many times what could have been, isn't one: it would use up everybody's day.
const OVERCOUNT: usize = 4;

/// Most tokens that a server adds to a request: its template, and what it tells a model about functions.
const TEMPLATE_TOKENS: usize = 16 << 10;

/// An answer that tells what it took.
pub(crate) trait Counted {
    /// What the server counted; what it didn't is 0.
    fn counted(&self) -> TokenUsage;
}

/// What a model said.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) content: String,
    pub(crate) tool_calls: Vec<ToolCall>,
    /// Why it declines, if it does.
    pub(crate) refusal: Option<String>,
    pub(crate) finish: Finish,
    /// What the server counted; what it didn't is 0.
    pub(crate) counted: TokenUsage,
    pub(crate) model: String,
}

impl Said {
    /// What the call took: what the server counted, as far as that can be, otherwise an estimate of 4 bytes a token.
    pub(crate) fn usage(&self, request: &LlmRequest) -> TokenUsage {
        let input = match self.counted.input {
            0 => tokens(request.input_bytes()).max(1),
            counted => possible(counted, most_input(request)),
        };
        let output = match self.counted.output {
            // The server was told the bound; whether it kept to it is another question.
            0 => tokens(self.bytes()).min(request.max_output_tokens),
            counted => possible(counted, request.max_output_tokens as usize),
        };
        TokenUsage { input, output }
    }

    /// Bytes of all that was said.
    pub(crate) fn bytes(&self) -> usize {
        let arguments = self.tool_calls.iter().map(|call| call.name.len() + call.arguments.read().len());
        self.content.len() + arguments.sum::<usize>()
    }
}

/// Content and calls; if the function that gives the answer was called, its arguments and no calls.
pub(crate) fn answer_or_calls(
    content: String,
    calls: Vec<ToolCall>,
    answer_tool: Option<&str>,
) -> (String, Vec<ToolCall>) {
    match calls.iter().find(|call| Some(call.name.as_str()) == answer_tool) {
        Some(call) => (call.arguments.read().clone(), Vec::new()),
        None => (content, calls),
    }
}

/// What is taken of a count where `most` could have been.
fn possible(counted: u32, most: usize) -> u32 {
    let most = u32::try_from(most.saturating_mul(OVERCOUNT)).unwrap_or(u32::MAX);
    if counted > most {
        tracing::warn!(counted, most, "the server counts more tokens than there can have been");
    }
    counted.min(most)
}

/// A token has a byte at least.
fn most_input(request: &LlmRequest) -> usize {
    let schema = match &request.form {
        AnswerForm::Json { schema, .. } => schema.to_string().len(),
        AnswerForm::Text => 0,
    };
    let tool = |tool: &ToolSpec| tool.name.len() + tool.description.len() + tool.parameters.to_string().len();
    let tools: usize = request.tools.iter().map(tool).sum();
    request.input_bytes() + schema + tools + TEMPLATE_TOKENS
}

fn tokens(bytes: usize) -> u32 {
    u32::try_from(bytes.div_ceil(4)).unwrap_or(u32::MAX)
}

/// How a call ended that failed with `error` before an answer began.
pub(crate) fn end_of(error: &Error) -> CallEnd {
    match Failure::of(error) {
        Some(failure) if failure.class.is_before_reading() => CallEnd::Refused { why: why(error) },
        _ => failed(error),
    }
}

/// How a call ended that failed with `error` when a model had read the question.
pub(crate) fn failed(error: &Error) -> CallEnd {
    CallEnd::Failed { why: why(error) }
}

fn why(error: &Error) -> String {
    cut(error.message(), WHY_BYTES).to_owned()
}
