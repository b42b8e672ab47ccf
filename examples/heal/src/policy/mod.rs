//! `heal policy`: what policy documents say, before anything fails. Nothing here changes anything.

mod cases;
mod check;
mod cli;
mod explain;
mod input;
mod past;
mod replay;
mod words;

pub(crate) use cli::PolicyOptions;

use std::io;

use selfheal_core::orchestrator::SystemClock;
use selfheal_core::ports::Clock;
use serde::Serialize;

use crate::records::{Page, json};
use crate::run::{Refusal, block_on};
use crate::say::Voice;
use cli::PolicyCommand;

/// Runs `heal policy`; the exit status.
pub(crate) fn main(options: &PolicyOptions) -> i32 {
    let done = match &options.command {
        PolicyCommand::Check(options) => check::check(options),
        PolicyCommand::Explain(options) => block_on(explain::explain(options)),
        PolicyCommand::Test(options) => block_on(cases::test(options)),
        PolicyCommand::Replay(options) => block_on(replay::replay(options)),
    };
    done.unwrap_or_else(|refusal| {
        Voice::default().error(&refusal.message);
        refusal.status
    })
}

/// Writes to stdout: `object` as one JSON object, or what `text` writes for people.
fn print<T: Serialize>(
    as_json: bool,
    object: &T,
    text: impl FnOnce(&mut Page<'_>) -> io::Result<()>,
) -> Result<(), Refusal> {
    let mut out = anstream::AutoStream::auto(io::stdout().lock());
    let mut page = Page::new(&mut out, Page::stdout_width(), SystemClock::default().now());
    let written = match as_json {
        true => json::write(page.out, object).and_then(|()| writeln!(page.out)),
        false => text(&mut page),
    };
    match written {
        // `heal policy replay | head` is no failure.
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Refusal::failed(error)),
        _ => Ok(()),
    }
}
