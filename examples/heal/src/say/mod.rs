//! What `heal` says: a live line and a timeline on stderr, one JSON object on stdout.
//!
//! What others wrote, the names of commands and files included, goes through [`clean`] on its way to a terminal.

pub(crate) mod clean;
mod human;
pub(crate) mod json;
pub(crate) mod style;
pub(crate) mod timeline;
mod voice;

pub(crate) use human::human;
pub(crate) use voice::Voice;
