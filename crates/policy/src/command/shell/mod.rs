//! Follows a script without running it.
//!
//! One [`Shell`] is the state that bash would have: variables, functions, aliases, the files that the script wrote
//! itself. Every simple command ends in [`run`](super::run), which knows what programs do with their arguments.

mod assign;
mod brace;
mod brace_code;
mod compound;
mod expand;
mod list;
mod output;
mod parameter;
mod parse;
mod redirect;
mod scope;
mod simple;

pub(super) use assign::counted;
pub(super) use output::{Output, Status};
pub(super) use parse::{options, program};
pub(super) use scope::Scope;

use super::assessment::Assessment;
use super::bounds;
use super::findings::{Findings, Judgement};
use super::text::{Origin, Text};

/// A script that is being followed.
pub(super) struct Shell {
    pub(super) scope: Scope,
    pub(super) findings: Findings,
    depth: usize,
    steps: usize,
}

/// Follows `script` from an empty shell.
pub(super) fn assess(script: &str) -> Assessment {
    // A script is run without arguments, so `$@` is empty and `$1/` is the root directory.
    let scope = Scope { positional: Some(Vec::new()), ..Scope::default() };
    let mut shell = Shell { scope, findings: Findings::default(), depth: 0, steps: 0 };
    if script.trim().is_empty() {
        shell.findings.doubt("there is no command");
    }
    shell.statement_of_another_language(script);
    shell.script(script, None);
    shell.findings.finish()
}

impl Shell {
    /// Follows a script in this shell, as `eval` and `source` do.
    pub(super) fn script(&mut self, script: &str, stdin: Option<&Text>) -> Output {
        if self.depth >= bounds::DEPTH {
            self.findings.doubt("scripts are nested too deep to follow");
            return Output::unknown();
        }
        self.depth += 1;
        self.code_in_braces(script);
        self.depth -= 1;
        match parse::program(script) {
            Ok(program) => {
                self.depth += 1;
                let output = self.program(&program, stdin);
                self.depth -= 1;
                output
            }
            Err(why) => {
                self.findings.doubt(why);
                self.lines_before_the_error(script, stdin)
            }
        }
    }

    /// Bash runs a script line by line until it meets an error; and `select`, which the parser doesn't know, is a `for`.
    fn lines_before_the_error(&mut self, script: &str, stdin: Option<&Text>) -> Output {
        let as_for = script.replace("select ", "for ");
        if as_for != script {
            return self.script(&as_for, stdin);
        }
        if script.lines().count() > 1 && script.len() <= bounds::SCRIPT_BYTES {
            self.depth += 1;
            for line in script.lines().take(bounds::LINES) {
                self.script(line, stdin);
            }
            self.depth -= 1;
        }
        Output::unknown()
    }

    /// Follows a script in a shell of its own, as `( … )`, `$( … )` and `sh -c` do: what it sets is gone afterwards,
    /// the files it wrote are not.
    pub(super) fn subshell<T>(&mut self, follow: impl FnOnce(&mut Self) -> T) -> T {
        let outer = self.scope.clone();
        let result = follow(self);
        let inner = std::mem::replace(&mut self.scope, outer);
        self.scope.keep_files_of(inner);
        result
    }

    /// Follows what a program that this shell starts runs: it knows no alias, only exported
    /// functions, and no variable for certain.
    pub(super) fn child<T>(&mut self, follow: impl FnOnce(&mut Self) -> T) -> T {
        self.subshell(|shell| {
            let exported = std::mem::take(&mut shell.scope.exported_functions);
            shell.scope.functions.retain(|name, _| exported.contains(name));
            shell.scope.exported_functions = exported;
            shell.scope.aliases.clear();
            for value in shell.scope.variables.values_mut().flatten() {
                value.exact = false;
            }
            follow(shell)
        })
    }

    /// Follows what runs only under a condition. What it sets is then not known, and nothing after it can be vouched for.
    pub(super) fn perhaps<T>(&mut self, certain: bool, follow: impl FnOnce(&mut Self) -> T) -> T {
        let before = (!certain).then(|| self.scope.clone());
        let result = follow(self);
        if let Some(before) = before.filter(|before| !before.same_names(&self.scope)) {
            self.scope.doubt_functions(&before);
            self.findings.doubt("what it sets depends on how another command ends");
        }
        result
    }

    /// Follows text that a program runs as shell code; where it isn't known, says what that means.
    pub(super) fn code(&mut self, code: &Text, stdin: Option<&Text>, by: &str) -> Output {
        if let Some(judgement) = opaque_code(code, by) {
            self.findings.add(judgement, by);
        }
        self.script(&code.text, stdin)
    }

    /// Counts a step; false when there were too many.
    pub(super) fn step(&mut self) -> bool {
        self.steps += 1;
        if self.steps > bounds::STEPS {
            self.findings.doubt("the script is too long to follow");
            return false;
        }
        true
    }

    /// SQL, PowerShell and calls of an SDK that stand where a shell command should.
    fn statement_of_another_language(&mut self, script: &str) {
        if let Some(judgement) = super::sql::bare_statement(script).or_else(|| super::sdk::bare_call(script)) {
            self.findings.add(judgement, script.trim());
        }
        // A backslash of a Windows path isn't bash's.
        let first = script.split_whitespace().next().unwrap_or_default();
        if script.contains('\\') && script.len() <= bounds::SCRIPT_BYTES && super::tools::windows::is_listed(first) {
            self.cmd_text(&Text::exact(script));
        }
        let begins = |line: &str| line.split_whitespace().next().is_some_and(super::run::is_cmdlet);
        if script.len() <= bounds::SCRIPT_BYTES && script.lines().take(bounds::LINES).any(begins) {
            self.powershell(&Text::exact(script));
        }
    }
}

/// What running code that isn't wholly known means; `None` if it's known.
pub(super) fn opaque_code(code: &Text, by: &str) -> Option<Judgement> {
    use super::assessment::DestructionKind::{CodeExecution, Secrets};
    match &code.origin {
        Some(Origin::Network(from)) => {
            Some(Judgement::loss(CodeExecution, format!("runs whatever {from} answers, with every right of this user")))
        }
        Some(Origin::Hidden(how)) => Some(Judgement::loss(
            CodeExecution,
            format!("runs code that is hidden by {how}, with every right of this user"),
        )),
        Some(Origin::Secret(what)) => Some(Judgement::loss(Secrets, format!("shows {what} in the errors of {by}"))),
        None if code.exact => None,
        None => Some(Judgement::unknown(format!("{by} runs code that isn't known before: {}", code.text))),
    }
}
