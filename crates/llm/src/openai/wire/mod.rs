//! The protocol's types, as far as they are used.

mod body;
mod chunk;
mod completion;

pub(super) use body::{Body, CalledTool, Function, Message, ResponseFormat, StreamOptions, Tool, ToolChoice};
pub(super) use chunk::{CallDelta, Chunk, Delta};
pub(super) use completion::{Completion, Usage, arguments, finish, tool_call};
