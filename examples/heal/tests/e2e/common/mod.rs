//! A private world to run `heal` in, and ways to look at what it did.

mod documents;
mod ended;
mod gate;
mod office;
mod service;
mod world;

pub(crate) use documents::{ASK_FIRST, edit_line};
pub(crate) use ended::Ended;
pub(crate) use gate::{Gate, STOP_HERE, Stopped};
pub(crate) use office::{Office, settled};
pub(crate) use service::{BROKEN, MENDED, Service};
pub(crate) use world::{World, cargo, forms, have, send};

/// Says loudly that a test proves nothing here, and why.
pub(crate) fn skip(why: &str) {
    eprintln!("SKIPPED: {why}");
}
