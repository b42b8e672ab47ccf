//! Writes a request.

use selfheal_core::error::Result;
use selfheal_core::ports::{AnswerForm, LlmMessage, LlmRequest};
use serde_json::Value;

use super::config::MessagesConfig;
use super::manner::Manner;
use super::wire::{Body, Given, Message, Role, Tool, ToolChoice};
use crate::answer::schema::{answer_tool, instruction};
use crate::failure::{Failure, FailureClass};

/// A request, ready to be sent.
pub(super) struct Composed {
    pub(super) body: Vec<u8>,
    /// The function whose arguments are the answer.
    pub(super) answer_tool: Option<String>,
}

/// `request` as JSON. `stream` asks for events.
pub(super) fn compose(config: &MessagesConfig, request: &LlmRequest, manner: Manner, stream: bool) -> Result<Composed> {
    let schema = match &request.form {
        AnswerForm::Text => None,
        AnswerForm::Json { schema, .. } => Some(schema),
    };
    let answer_tool = schema.filter(|_| manner.forces_tool).map(|_| answer_tool(request));
    let words = schema.filter(|_| !manner.forces_tool).map(instruction);
    let body = Body {
        model: &config.models.of(request.tier).name,
        max_tokens: request.max_output_tokens,
        system: system(request, words),
        messages: messages(request),
        temperature: config.temperature.filter(|_| manner.temperature),
        tools: tools(request, schema, answer_tool.as_deref()),
        tool_choice: answer_tool.as_deref().map(|name| tool_choice(request, name)),
        stream,
        extra: &config.extra,
    };
    let body = serde_json::to_vec(&body).map_err(|cause| {
        Failure::from(FailureClass::BadRequest).error(format!("the request can't be written as JSON: {cause}"))
    })?;
    Ok(Composed { body, answer_tool })
}

fn system(request: &LlmRequest, words: Option<String>) -> String {
    let texts = request.messages.iter().filter_map(|message| match message {
        LlmMessage::System { content } => Some(content.clone()),
        _ => None,
    });
    texts.chain(words).collect::<Vec<_>>().join("\n\n")
}

/// The conversation; what the same side says in a row is one message, as answers to several calls have to be.
fn messages(request: &LlmRequest) -> Vec<Message<'_>> {
    let mut messages: Vec<Message<'_>> = Vec::new();
    for message in &request.messages {
        let Some((role, blocks)) = blocks(message) else { continue };
        match messages.last_mut() {
            Some(last) if last.role == role => last.content.extend(blocks),
            _ => messages.push(Message { role, content: blocks }),
        }
    }
    messages
}

fn blocks(message: &LlmMessage) -> Option<(Role, Vec<Given<'_>>)> {
    match message {
        LlmMessage::System { .. } => None,
        LlmMessage::User { content } => Some((Role::User, vec![Given::Text { text: content }])),
        LlmMessage::Tool { call, content } => {
            Some((Role::User, vec![Given::ToolResult { tool_use_id: call, content }]))
        }
        LlmMessage::Assistant { content, tool_calls } => {
            // Blocks without text are refused.
            let text = (!content.trim().is_empty()).then_some(Given::Text { text: content });
            let calls = tool_calls.iter().map(|call| Given::ToolUse {
                id: &call.id,
                name: &call.name,
                // Arguments must be an object; what the model wrote otherwise can't be told back.
                input: serde_json::from_str(call.arguments.read()).ok().filter(Value::is_object).unwrap_or_else(empty),
            });
            let blocks: Vec<_> = text.into_iter().chain(calls).collect();
            (!blocks.is_empty()).then_some((Role::Assistant, blocks))
        }
    }
}

fn empty() -> Value {
    Value::Object(serde_json::Map::new())
}

fn tools<'a>(request: &'a LlmRequest, schema: Option<&'a Value>, answer_tool: Option<&'a str>) -> Vec<Tool<'a>> {
    let offered = request.tools.iter().map(|tool| Tool {
        name: &tool.name,
        description: &tool.description,
        input_schema: &tool.parameters,
    });
    let answer = schema.zip(answer_tool).map(|(input_schema, name)| Tool {
        name,
        description: "Gives the answer to the task.",
        input_schema,
    });
    offered.chain(answer).collect()
}

fn tool_choice<'a>(request: &LlmRequest, answer_tool: &'a str) -> ToolChoice<'a> {
    if request.tools.is_empty() { ToolChoice::Tool { name: answer_tool } } else { ToolChoice::Any }
}
