//! Language models: what they may do for `heal`, and what they can't do to it.

mod helping;
mod project;
mod server;
