//! Tcl and Expect: a command a line, its words bare.

use super::super::super::bounds;
use super::super::super::shell::Shell;
use super::super::super::text::Text;
use super::super::super::tools::files;

impl Shell {
    /// `exec`, `spawn` and `system` start programs; `file delete` loses files.
    pub(super) fn tcl(&mut self, code: &str, line: &str) {
        for statement in code.split([';', '\n', '{', '}', '[', ']']).take(bounds::LINES) {
            let statement = statement.trim();
            let started = ["exec ", "spawn ", "system "].iter().find_map(|word| statement.strip_prefix(word));
            if let Some(command) = started {
                self.child(|shell| shell.script(command, None));
            }
            if let Some(rest) = statement.strip_prefix("file delete ") {
                let paths: Vec<Text> =
                    rest.split_whitespace().filter(|word| !word.starts_with('-')).map(Text::exact).collect();
                self.findings.add(files::removed(&paths, rest.contains("-force"), self.scope.elsewhere), line);
            }
        }
    }
}
