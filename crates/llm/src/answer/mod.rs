//! From what a model said to an answer, whatever the protocol it came by.

mod conversation;
mod json_text;
mod learned;
mod pieces;
mod said;
pub(crate) mod schema;
mod streaming;
mod taking;

pub use pieces::Piece;

pub(crate) use conversation::{Opened, Wire, collected, complete, once};
pub(crate) use learned::Learned;
pub(crate) use pieces::pieces;
pub(crate) use said::{Counted, Finish, Said, answer_or_calls, end_of, failed};
pub(crate) use streaming::{Assembly, Step, Streaming};
pub(crate) use taking::{Taken, take};
