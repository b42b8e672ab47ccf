//! Shells as programs: `sh -c CODE`, `sh FILE`, `… | sh`.

use super::super::shell::{Output, Shell};
use super::super::text::Text;
use super::Invocation;

const SHELLS: &[&str] =
    &["sh", "bash", "dash", "zsh", "ksh", "ash", "mksh", "rbash", "fish", "csh", "tcsh", "busybox-sh"];

/// Stands for what a command prints, where that isn't known.
const COMPUTED: char = '…';

/// What a shell is told on its command line.
#[derive(Default)]
struct Told<'a> {
    code: Option<&'a Text>,
    operands: &'a [Text],
    only_parses: bool,
    startup: Vec<&'a Text>,
    /// It is a login shell or an interactive one: files of the user run first.
    is_personal: bool,
    reads_input: bool,
}

/// True for the name of a shell.
pub(super) fn is_shell(name: &str) -> bool {
    SHELLS.contains(&name)
}

impl Shell {
    pub(super) fn interpreter(&mut self, call: Invocation<'_>) -> Option<Output> {
        if !SHELLS.contains(&call.program) {
            return None;
        }
        let told = told(call.args);
        if let Some(why) = reads_otherwise(call.program, &told) {
            self.findings.doubt(why);
        }
        if told.only_parses {
            self.findings.doubt("a shell parses it, without running it");
            return Some(Output::silent());
        }
        for file in &told.startup {
            let content = self.content(file);
            self.subshell(|shell| shell.code(&content, None, "a shell's startup file"));
        }
        Some(self.child(|shell| shell.run_shell(&call, &told)))
    }

    fn run_shell(&mut self, call: &Invocation<'_>, told: &Told<'_>) -> Output {
        if told.code.is_none() {
            self.findings.doubt("a shell runs what it reads");
        }
        if let Some(code) = told.code {
            self.scope.shell_name = told.operands.first().cloned();
            self.scope.positional = Some(told.operands.iter().skip(1).cloned().collect());
            return self.code(code, call.stdin, call.program);
        }
        match told.operands {
            [file, args @ ..] if !told.reads_input => {
                self.scope.positional = Some(args.to_vec());
                let content = self.file_or_input(file, call.stdin);
                self.masquerade(&file.text);
                let known = content.exact || content.origin.is_some();
                if !known && file.exact {
                    // What it does isn't known, but its name may be (`sh kafka-topics.sh --delete`).
                    let name = Text::exact(super::base_name(&file.text));
                    let words: Vec<Text> = std::iter::once(name).chain(args.iter().cloned()).collect();
                    self.findings.doubt(format!("what {} does isn't known", file.text));
                    return self.run(&words, call.stdin);
                }
                self.code(&content, None, call.program)
            }
            operands => {
                self.scope.positional = Some(operands.to_vec());
                match call.stdin {
                    Some(code) => self.piped(code, call.program),
                    None if call.args.iter().any(|arg| matches!(arg.text.as_str(), "--version" | "--help")) => {
                        Output::silent()
                    }
                    None => self.code(&Text::unknown("…"), None, call.program),
                }
            }
        }
    }
}

impl Shell {
    /// A shell that reads what other commands compute: nobody can say what it does.
    fn piped(&mut self, code: &Text, by: &str) -> Output {
        if !code.exact && code.origin.is_none() && code.text.contains(COMPUTED) {
            self.findings.add(super::hidden("runs whatever other commands print, with every right of this user"), by);
        }
        self.code(code, None, by)
    }
}

/// Why the code isn't certain to mean what bash would make of it.
fn reads_otherwise(program: &str, told: &Told<'_>) -> Option<String> {
    /// Syntax of bash that a plain `sh` reads as something else.
    const OF_BASH: &[&str] = &["[[", "((", "$'", "&>", "<(", ">(", "|&", "<<<", "function ", "$["];
    if told.is_personal {
        return Some(format!("{program} runs the user's own files first"));
    }
    let code = told.code.map_or("", |code| code.text.as_str());
    match program {
        "bash" | "rbash" => None,
        "sh" | "dash" | "ash" | "busybox-sh" => {
            let otherwise = OF_BASH.iter().find(|syntax| code.contains(**syntax));
            otherwise.map(|syntax| format!("`{syntax}` is bash's, and {program} may be another shell"))
        }
        other => Some(format!("{other} reads code otherwise than bash")),
    }
}

fn told(args: &[Text]) -> Told<'_> {
    let mut told = Told::default();
    let mut rest = args;
    let mut wants_code = false;
    while let [arg, after @ ..] = rest {
        let text = arg.text.as_str();
        if !text.starts_with(['-', '+']) || text == "-" || text == "--" {
            if matches!(text, "-" | "--") {
                rest = after;
            }
            break;
        }
        rest = after;
        let long = text.starts_with("--");
        told.is_personal |= text == "--login" || text == "--interactive" || !long && text.contains(['l', 'i']);
        if matches!(text, "--rcfile" | "--init-file") {
            if let [file, after @ ..] = rest {
                told.startup.push(file);
                rest = after;
            }
            continue;
        }
        if !long {
            wants_code |= text.starts_with('-') && (text.contains('c') || text.eq_ignore_ascii_case("-command"));
            told.only_parses |= text.starts_with('-') && text.contains('n') && !text.contains("command");
            told.reads_input |= text.starts_with('-') && text.contains('s');
            // `-o NAME` and `-O NAME` take a word.
            if text.ends_with(['o', 'O']) && !rest.is_empty() {
                told.only_parses |= rest[0].text == "noexec";
                rest = &rest[1..];
            }
        }
    }
    if wants_code && let [code, after @ ..] = rest {
        told.code = Some(code);
        rest = after;
    }
    told.operands = rest;
    told
}

#[cfg(test)]
mod tests {
    use crate::command::{Verdict, assess, may_run};

    #[test]
    fn code_that_shells_read_differently_is_not_known_to_only_read() {
        for script in [
            "sh -c '[[ x > /etc/passwd ]]'",
            r#"sh -c 'echo $'"'"'\'"'"'; touch ran #'"'""#,
            "dash -c 'diff <(ls) x'",
            "zsh -c ls",
            "fish -c ls",
            "csh -c ls",
            "bash -lc ls",
            "bash --login -c ls",
            "sh -ic ls",
        ] {
            assert!(may_run(script).is_err(), "{script}");
        }
        for script in ["sh -c 'ls -l'", "bash -c '[[ -n x ]]'", "bash -euo pipefail -c ls"] {
            assert_eq!(may_run(script), Ok(()), "{script}");
        }
        assert!(matches!(assess("zsh -c 'rm -rf /data'").verdict, Verdict::Destructive { .. }));
    }
}
