//! Writes a request in a server's dialect.

use std::borrow::Cow;

use selfheal_core::error::{Error, Result};
use selfheal_core::ports::{AnswerForm, LlmMessage, LlmRequest};
use serde_json::Value;

use super::config::{ChatConfig, JsonForm};
use super::dialect::{Dialect, LimitField};
use super::wire::{Body, CalledTool, Function, Message, ResponseFormat, StreamOptions, Tool, ToolChoice};
use crate::answer::schema::{answer_tool, instruction};
use crate::failure::{Failure, FailureClass};

/// A request, ready to be sent.
pub(super) struct Composed {
    pub(super) body: Vec<u8>,
    /// The function whose arguments are the answer.
    pub(super) answer_tool: Option<String>,
}

/// `request` as JSON. `stream` asks for events.
pub(super) fn compose(config: &ChatConfig, request: &LlmRequest, dialect: Dialect, stream: bool) -> Result<Composed> {
    let model = &config.models.of(request.tier).name;
    let json = json_form(request, dialect);
    let answer_tool = json.filter(|(form, ..)| *form == JsonForm::ToolCall).map(|_| answer_tool(request));
    let most = request.max_output_tokens;
    let body = Body {
        model,
        messages: messages(request, dialect, json.and_then(|(form, _, schema)| in_words(form, schema))),
        max_tokens: (dialect.limit == LimitField::MaxTokens).then_some(most),
        max_completion_tokens: (dialect.limit == LimitField::MaxCompletionTokens).then_some(most),
        temperature: config.temperature.filter(|_| dialect.temperature),
        response_format: json.and_then(|(form, name, schema)| response_format(form, name, schema)),
        tools: tools(request, answer_tool.as_deref()),
        tool_choice: answer_tool.as_deref().map(|name| tool_choice(request, name)),
        stream,
        stream_options: (stream && dialect.stream_usage).then_some(StreamOptions { include_usage: true }),
        extra: &config.extra,
    };
    let body = serde_json::to_vec(&body).map_err(unwritable)?;
    Ok(Composed { body, answer_tool })
}

fn unwritable(cause: serde_json::Error) -> Error {
    Failure::from(FailureClass::BadRequest).error(format!("the request can't be written as JSON: {cause}"))
}

fn json_form(request: &LlmRequest, dialect: Dialect) -> Option<(JsonForm, &str, &Value)> {
    match &request.form {
        AnswerForm::Text => None,
        AnswerForm::Json { name, schema } => Some((dialect.form, name, schema)),
    }
}

fn response_format<'a>(form: JsonForm, name: &'a str, schema: &'a Value) -> Option<ResponseFormat<'a>> {
    match form {
        JsonForm::JsonSchema => Some(ResponseFormat::schema(name, schema)),
        JsonForm::JsonObject => Some(ResponseFormat::JsonObject),
        JsonForm::ToolCall | JsonForm::Text => None,
    }
}

fn in_words(form: JsonForm, schema: &Value) -> Option<String> {
    matches!(form, JsonForm::JsonObject | JsonForm::Text).then(|| instruction(schema))
}

fn tools<'a>(request: &'a LlmRequest, answer_tool: Option<&'a str>) -> Vec<Tool<'a>> {
    let offered = request.tools.iter().map(|tool| Function {
        name: &tool.name,
        description: &tool.description,
        parameters: &tool.parameters,
    });
    let answer = match (&request.form, answer_tool) {
        (AnswerForm::Json { schema, .. }, Some(name)) => {
            Some(Function { name, description: "Gives the answer to the task.", parameters: schema })
        }
        _ => None,
    };
    offered.chain(answer).map(Tool::from).collect()
}

fn tool_choice<'a>(request: &LlmRequest, answer_tool: &'a str) -> ToolChoice<'a> {
    if request.tools.is_empty() { ToolChoice::named(answer_tool) } else { ToolChoice::ANY }
}

/// The messages, with `words` about the answer's form among the instructions.
fn messages(request: &LlmRequest, dialect: Dialect, words: Option<String>) -> Vec<Message<'_>> {
    let mut system: Vec<Cow<'_, str>> = Vec::new();
    let mut rest = Vec::new();
    for message in &request.messages {
        match message {
            // Templates of many models take one system message, at the beginning.
            LlmMessage::System { content } => system.push(content.into()),
            other => rest.push(one(other)),
        }
    }
    system.extend(words.map(Cow::Owned));
    if system.is_empty() {
        return rest;
    }
    let system = system.join("\n\n");
    match rest.first_mut() {
        Some(Message::User { content }) if !dialect.system => content.insert_str(0, &format!("{system}\n\n")),
        _ if !dialect.system => rest.insert(0, Message::User { content: system }),
        _ => rest.insert(0, Message::System { content: system }),
    }
    rest
}

fn one(message: &LlmMessage) -> Message<'_> {
    match message {
        LlmMessage::System { content } => Message::System { content: content.clone() },
        LlmMessage::User { content } => Message::User { content: content.clone() },
        LlmMessage::Assistant { content, tool_calls } => Message::Assistant {
            content: (!content.is_empty()).then_some(content),
            tool_calls: tool_calls
                .iter()
                .map(|call| CalledTool::new(&call.id, &call.name, call.arguments.read()))
                .collect(),
        },
        LlmMessage::Tool { call, content } => Message::Tool { tool_call_id: call, content },
    }
}
