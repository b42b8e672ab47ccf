//! What `heal` says: a live line and a timeline on stderr, one JSON object on stdout.

pub(crate) mod json;
pub(crate) mod style;
pub(crate) mod timeline;
mod voice;

pub(crate) use voice::Voice;
