//! Cassettes: conversations with models, recorded once and replayed in tests, without a model and without a network.
//!
//! A cassette is a file of JSON lines, one per exchange: the fingerprint of the request, the request, and how it ended. A request is
//! matched exactly, without its deadline. Everything is redacted before it is compared or written.
//!
//! Behind the feature `cassettes`.

mod difference;
mod exchange;
mod file;
mod player;
mod recorder;

pub use file::CassetteError;
pub use player::Player;
pub use recorder::Recorder;
