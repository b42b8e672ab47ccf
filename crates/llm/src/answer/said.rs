//! What a model said, and what it took.

use selfheal_core::error::Error;
use selfheal_core::ports::{LlmRequest, TokenUsage, ToolCall};
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
    /// What the call took: what the server counted, otherwise an estimate of 4 bytes a token.
    pub(crate) fn usage(&self, request: &LlmRequest) -> TokenUsage {
        let input = match self.counted.input {
            0 => tokens(request.input_bytes()).max(1),
            counted => counted,
        };
        let output = match self.counted.output {
            // The server was told the bound; whether it kept to it is another question.
            0 => tokens(self.bytes()).min(request.max_output_tokens),
            counted => counted,
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

fn tokens(bytes: usize) -> u32 {
    u32::try_from(bytes.div_ceil(4)).unwrap_or(u32::MAX)
}

/// How a call ended that failed with `error`.
pub(crate) fn end_of(error: &Error) -> CallEnd {
    let why = cut(error.message(), WHY_BYTES).to_owned();
    match Failure::of(error) {
        Some(failure) if failure.class.is_before_reading() => CallEnd::Refused { why },
        _ => CallEnd::Failed { why },
    }
}
