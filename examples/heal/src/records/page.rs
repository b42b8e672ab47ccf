//! Where records are written to: a terminal, a pipe, a file. Every text goes through [`clean`] on its way, so that no log can
//! act on the reader's terminal.

use std::io::{self, IsTerminal, Write};

use anstyle::Style;
use selfheal_core::time::Timestamp;

use crate::say::clean;
use crate::say::style::{BOLD, styled};

/// Most lines of one text.
const MAX_LINES: usize = 60;

/// A place to write to, and the time at which it is read.
pub(crate) struct Page<'a> {
    pub(crate) out: &'a mut dyn Write,
    /// In columns; `None` where nobody wraps lines.
    pub(crate) width: Option<usize>,
    /// The present, for ages.
    pub(crate) now: Timestamp,
}

impl<'a> Page<'a> {
    /// A page of `width` columns; `None` where nobody wraps lines.
    pub(crate) fn new(out: &'a mut dyn Write, width: Option<usize>, now: Timestamp) -> Self {
        Self { out, width, now }
    }

    /// The columns of the terminal that stdout is, if it is one.
    pub(crate) fn stdout_width() -> Option<usize> {
        let stdout = io::stdout();
        let size = stdout.is_terminal().then(|| terminal_size::terminal_size_of(&stdout)).flatten();
        size.map(|(width, _)| usize::from(width.0))
    }

    /// A labelled text.
    pub(crate) fn entry(&mut self, label: &str, text: &str) -> io::Result<()> {
        self.entry_in(Style::new(), label, text)
    }

    /// A labelled text in a style.
    pub(crate) fn entry_in(&mut self, style: Style, label: &str, text: &str) -> io::Result<()> {
        let mut label = styled(BOLD, &format!("{label:>10}"));
        for line in clean::lines(text, MAX_LINES) {
            writeln!(self.out, "{label} {}", styled(style, &line))?;
            label = format!("{:>10}", "");
        }
        Ok(())
    }

    /// A heading above what belongs together.
    pub(crate) fn heading(&mut self, text: &str) -> io::Result<()> {
        writeln!(self.out, "\n{}", styled(BOLD, &clean::line(text)))
    }

    /// A line as it is, in a style.
    pub(crate) fn line_in(&mut self, style: Style, text: &str) -> io::Result<()> {
        writeln!(self.out, "{}", styled(style, &clean::line(text)))
    }
}
