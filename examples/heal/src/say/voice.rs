//! The healer's own words, on stderr. Colour and the live line only on a terminal.

use std::io::{IsTerminal, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::style::{BAD, BOLD, DIM, styled};

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
        self.say(&format!("{} {text}", styled(BOLD, "heal:")));
    }

    /// What went wrong.
    pub(crate) fn error(&self, text: &str) {
        self.say(&format!("{} {text}", styled(BAD, "heal:")));
    }

    /// A line as it is.
    pub(crate) fn say(&self, text: &str) {
        self.clear_line();
        let _ = writeln!(anstream::stderr(), "{text}");
    }

    /// Replaces the live line.
    pub(crate) fn line(&self, doing: &str) {
        if self.terminal {
            self.line_shown.store(true, Ordering::Relaxed);
            let _ = write!(anstream::stderr(), "\r\u{1b}[2K{}", styled(DIM, &format!("heal: {doing} …")));
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
