//! The adapters against servers on this machine: well-behaved, odd and hostile ones.
#![cfg(all(feature = "anthropic", feature = "openai"))]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

mod anthropic;
mod anthropic_stream;
mod check;
mod embeddings;
mod faults;
mod forms;
mod openai;
mod openai_stream;
mod raw;
mod scene;
mod tls;
