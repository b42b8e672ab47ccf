//! The healer's own words, on stderr. Colour and the live line only on a terminal.

use std::io::{IsTerminal, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::clean;
use super::style::{BAD, BOLD, DIM, styled};

/// Most characters of a line, and most lines, of what went wrong.
const MOST: (usize, usize) = (4_000, 200);

/// Writes to stderr. A stderr that is gone changes no outcome.
#[derive(Clone)]
pub(crate) struct Voice {
    terminal: bool,
    line_shown: Arc<AtomicBool>,
}

impl Default for Voice {
    fn default() -> Self {
        Self { terminal: std::io::stderr().is_terminal(), line_shown: Arc::default() }
    }
}

impl Voice {
    /// A line of the healer's.
    pub(crate) fn note(&self, text: &str) {
        self.say(&format!("{} {}", styled(BOLD, "heal:"), harmless(text)));
    }

    /// What went wrong.
    pub(crate) fn error(&self, text: &str) {
        self.say(&format!("{} {}", styled(BAD, "heal:"), harmless(text)));
    }

    /// Lines as they are: what comes from others has been made harmless.
    pub(crate) fn say(&self, text: &str) {
        self.clear_line();
        let _ = writeln!(anstream::stderr(), "{text}");
    }

    /// Replaces the live line.
    pub(crate) fn line(&self, doing: &str) {
        if self.terminal {
            self.line_shown.store(true, Ordering::Relaxed);
            let _ =
                write!(anstream::stderr(), "\r\u{1b}[2K{}", styled(DIM, &format!("heal: {} …", clean::line(doing))));
            let _ = anstream::stderr().flush();
        }
    }

    /// Takes the live line away.
    pub(crate) fn clear_line(&self) {
        if self.line_shown.swap(false, Ordering::Relaxed) {
            let _ = write!(anstream::stderr(), "\r\u{1b}[2K");
        }
    }
}

fn harmless(text: &str) -> String {
    let lines = text.lines().take(MOST.1).map(|line| clean::clipped(line, MOST.0));
    lines.collect::<Vec<_>>().join("\n")
}
