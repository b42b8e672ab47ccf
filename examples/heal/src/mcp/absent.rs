//! A `heal` that was built without the Model Context Protocol.

use super::McpOptions;
use crate::exit;

/// Says so.
pub(crate) fn main(_: &McpOptions) -> i32 {
    anstream::eprintln!(
        "heal: this `heal` was built without the feature `mcp`: `cargo build -p heal --features mcp` has it"
    );
    exit::USAGE
}
