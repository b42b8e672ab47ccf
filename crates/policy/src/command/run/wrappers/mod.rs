//! Programs whose arguments are another command.

mod per_input;
mod table;
mod typed;

use super::super::shell::{Output, Shell, Status};
use super::super::text::Text;
use super::{Invocation, environment};
use table::{WRAPPERS, after_pairs};

impl Shell {
    pub(super) fn wrapper(&mut self, call: Invocation<'_>) -> Option<Output> {
        match call.program {
            "env" => self.env(call),
            "xargs" | "gxargs" | "parallel" => self.per_input(call),
            "find" | "gfind" | "fd" | "fdfind" => self.find(call),
            "su" | "script" | "watch" => self.command_text(call),
            "runuser" if call.args.iter().any(|arg| matches!(arg.text.as_str(), "-c" | "--command")) => {
                self.command_text(call)
            }
            "hyperfine" | "tmux" | "screen" | "byobu" | "zellij" => self.typed(call),
            "less" | "more" | "view" => self.keys(call),
            "bwrap" => self.wrapped(after_pairs(call.args), call),
            "flock" => self.lock(call),
            "command" if asks_only(call.args) => None,
            name if name.starts_with("ld-linux") || name.starts_with("ld-musl") || name == "ld.so" => {
                let words = after_options(call.args, &["--library-path", "--preload", "--argv0", "--inhibit-rpath"], 0);
                self.wrapped(words, call)
            }
            _ => self.plain_wrapper(call).or_else(|| self.remote(call)),
        }
    }

    fn plain_wrapper(&mut self, call: Invocation<'_>) -> Option<Output> {
        let wrapper = WRAPPERS.iter().find(|wrapper| wrapper.names.contains(&call.program))?;
        let mut words = after_options(call.args, wrapper.valued, wrapper.operands);
        // `direnv exec DIR`, `chamber exec SERVICE --`, `aws-vault exec PROFILE --`.
        if matches!(call.program, "direnv" | "chamber" | "aws-vault" | "aws-okta") {
            let [verb, _, rest @ ..] = words else { return None };
            if verb.text != "exec" {
                return None;
            }
            words = after_options(rest, &[], 0);
        }
        if words.is_empty() {
            return None;
        }
        if matches!(call.program, "chamber" | "aws-vault" | "aws-okta" | "envchain") {
            // It is started to hand secrets to the command, so the environment there holds them.
            self.findings.doubt(format!("{} hands secrets to a command", call.program));
            return Some(self.elsewhere(|shell| shell.run(words, call.stdin)));
        }
        while let [assignment, rest @ ..] = words
            && let Some((name, value)) = assigned(assignment)
        {
            environment::pass(self, name, &value);
            words = rest;
        }
        self.findings.doubt(format!("{} may give the command other rights or means", call.program));
        let output = self.run(words, call.stdin);
        // What the wrapper makes of the command's status is its own.
        Some(Output { status: Status::Unknown, ..output })
    }

    /// The command of a wrapper; `None` if it has none.
    fn wrapped(&mut self, words: &[Text], call: Invocation<'_>) -> Option<Output> {
        (!words.is_empty()).then(|| {
            self.findings.doubt(format!("{} runs a command its own way", call.program));
            self.run(words, call.stdin)
        })
    }

    /// `env [-i] [-u NAME] [-S TEXT] [NAME=VALUE]… COMMAND`.
    fn env(&mut self, call: Invocation<'_>) -> Option<Output> {
        let mut rest = call.args;
        while let [arg, after @ ..] = rest {
            let text = arg.text.as_str();
            if let Some(split) = split_string(text, after) {
                let tail = if text == "-S" || text == "--split-string" || text.ends_with('S') {
                    after.get(1..).unwrap_or_default()
                } else {
                    after
                };
                let line = Text::join(&[Text { text: split, ..arg.clone() }, Text::join(tail, " ")], " ");
                return Some(self.code(&line, call.stdin, "env -S"));
            }
            match assigned(arg) {
                Some((name, value)) => environment::pass(self, name, &value),
                None if matches!(text, "-u" | "--unset" | "-C" | "--chdir") => {
                    rest = after.get(1..).unwrap_or_default();
                    continue;
                }
                None if text.starts_with('-') => {}
                None => break,
            }
            rest = after;
        }
        self.wrapped(rest, call)
    }

    /// `flock [OPTIONS] FILE -c CODE` or `flock [OPTIONS] FILE COMMAND`.
    fn lock(&mut self, call: Invocation<'_>) -> Option<Output> {
        let rest = after_options(call.args, &["-w", "--timeout", "-E", "--conflict-exit-code"], 0);
        match rest.get(1..)? {
            [option, code, ..] if matches!(option.text.as_str(), "-c" | "--command") => {
                Some(self.code(code, call.stdin, "flock"))
            }
            words => self.wrapped(words, call),
        }
    }

    /// Another machine, a container, a pod: the command runs there, and what it destroys is lost all the same.
    fn remote(&mut self, call: Invocation<'_>) -> Option<Output> {
        let place = super::super::tools::remote::place(&call)?;
        self.findings.doubt(format!("{} runs a command elsewhere", call.program));
        if place.as_text {
            let code = Text::join(place.command, " ");
            let code = if place.command.is_empty() { call.stdin.cloned().filter(|_| place.reads_code)? } else { code };
            self.elsewhere(|shell| shell.code(&code, call.stdin, call.program));
        } else if place.command.is_empty() {
            return None;
        } else {
            self.elsewhere(|shell| shell.run(place.command, call.stdin));
        }
        if place.also_a_tool {
            return None;
        }
        Some(Output::unknown())
    }

    /// Over there are other files: what the script wrote here isn't there, and "temporary" isn't ours to clear.
    fn elsewhere(&mut self, follow: impl FnOnce(&mut Self) -> Output) -> Output {
        self.subshell(|shell| {
            shell.scope.elsewhere = true;
            follow(shell)
        })
    }
}

/// The words after a program's options and `operands` words of its own.
pub(in crate::command) fn after_options<'a>(args: &'a [Text], valued: &[&str], operands: usize) -> &'a [Text] {
    let mut rest = args;
    let mut operands = operands;
    while let [arg, after @ ..] = rest {
        let text = arg.text.as_str();
        if text == "--" {
            rest = after;
            if operands == 0 {
                return rest;
            }
        } else if text.starts_with('-') && text.len() > 1 {
            rest = if valued.contains(&text) { after.get(1..).unwrap_or_default() } else { after };
        } else if operands > 0 {
            operands -= 1;
            rest = after;
        } else {
            return rest;
        }
    }
    rest
}

/// `command -v` only looks a program up.
fn asks_only(args: &[Text]) -> bool {
    args.first().is_some_and(|arg| {
        let letters = arg.text.strip_prefix('-').unwrap_or_default();
        letters.contains(['v', 'V']) && letters.bytes().all(|byte| matches!(byte, b'v' | b'V' | b'p'))
    })
}

/// The name and value of `NAME=VALUE`.
fn assigned(word: &Text) -> Option<(&str, Text)> {
    let (name, value) = word.text.split_once('=')?;
    let is_name = !name.is_empty()
        && !name.starts_with('-')
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'%' | b'(' | b')'));
    is_name.then(|| (name, Text { text: value.to_owned(), ..word.clone() }))
}

/// The text of `env -S TEXT`, in each of its spellings (`-S`, `-iS`, `-STEXT`, `--split-string=TEXT`).
fn split_string(option: &str, after: &[Text]) -> Option<String> {
    if let Some(text) = option.strip_prefix("--split-string=") {
        return Some(text.to_owned());
    }
    let letters = option.strip_prefix('-').filter(|letters| !letters.starts_with('-'))?;
    let at = letters.find('S')?;
    if !letters[..at].bytes().all(|byte| matches!(byte, b'i' | b'v' | b'0')) {
        return None;
    }
    match &letters[at + 1..] {
        "" => after.first().map(|word| word.text.clone()),
        attached => Some(attached.to_owned()),
    }
}
