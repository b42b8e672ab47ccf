//! Why a server, or a tool of it, can't be used.

/// What is wrong with a server, or with how a host means to use a tool. What the server said is in no message.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum McpError {
    /// No program is named.
    #[error("the MCP server has no command")]
    NoCommand,
    /// The program can't be started.
    #[error("the MCP server's command `{program}` can't be started")]
    NotStarted {
        /// The first word of the command.
        program: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Neither `https` nor `http` to this machine.
    #[error("the MCP server's address has to be an `https` URL, or `http` to this machine")]
    Address,
    /// The variable that holds the bearer token is empty, or not there.
    #[error("the variable {0} for the MCP server's bearer token is not set")]
    NoToken(String),
    /// The HTTP client can't be built.
    #[error("the HTTP client for the MCP server can't be set up: {0}")]
    Client(String),
    /// It did not answer as a server of the protocol does, or not in time.
    #[error("the MCP server {server} did not complete its part of the {during}: {problem}")]
    Unresponsive {
        /// The host's name for it.
        server: String,
        /// What was going on.
        during: &'static str,
        /// In a few words of ours.
        problem: String,
    },
    /// More tools than are read, or two of one name.
    #[error("the MCP server {server} lists {problem}")]
    ToolList {
        /// The host's name for it.
        server: String,
        /// What about the list.
        problem: String,
    },
    /// It has no such tool.
    #[error("the MCP server {server} has no tool `{tool}`")]
    NoTool {
        /// The host's name for it.
        server: String,
        /// The tool.
        tool: String,
    },
    /// A tool's definition is not the one that the host expects.
    #[error(
        "tool `{tool}` is defined otherwise than expected: {found}, not {expected}; look at it before it is trusted"
    )]
    Changed {
        /// The tool.
        tool: String,
        /// The hash that the host named.
        expected: String,
        /// The hash of the definition that is there.
        found: String,
    },
    /// The server itself says that the tool changes things.
    #[error("tool `{0}` is to be read by, and its server says that it changes things")]
    NotReadOnly(String),
    /// The spec promises that it can be taken back.
    #[error("the kind `{0}` calls a tool, which nobody can take back: rate it irreversible, or with nothing to undo")]
    Undoable(String),
    /// The tool's input schema doesn't accept what is mapped to it.
    #[error("tool `{tool}` can't be called so: {problem}")]
    Arguments {
        /// The tool.
        tool: String,
        /// What doesn't fit.
        problem: String,
    },
}
