//! `heal mcp`: incidents, what was concluded, and plans that wait, for bots and editors that speak the Model Context Protocol.
//!
//! Reading takes nothing. Answering takes `--may-answer` and the key of who starts it: whoever speaks to the server then answers
//! in that person's name, by the code behind `heal approve`. What is told stems from logs, tools and people, so each answer says
//! that it is data.

#[cfg(not(feature = "mcp"))]
mod absent;
#[cfg(feature = "mcp")]
mod answering;
mod cli;
#[cfg(feature = "mcp")]
mod reading;
#[cfg(feature = "mcp")]
mod reply;
#[cfg(feature = "mcp")]
mod serve;
#[cfg(feature = "mcp")]
mod server;
#[cfg(feature = "mcp")]
mod tools;

#[cfg(not(feature = "mcp"))]
pub(crate) use absent::main;
pub(crate) use cli::McpOptions;
#[cfg(feature = "mcp")]
pub(crate) use serve::main;
