//! Language models: what they may do for `heal`, and what they can't do to it.

mod configuring;
mod helping;
mod hostile;
mod project;
mod real;
mod server;
