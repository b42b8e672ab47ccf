//! Functions of the script, and files that it wrote and then runs.

use std::rc::Rc;

use brush_parser::ast::FunctionBody;

use super::super::assessment::DestructionKind;
use super::super::bounds;
use super::super::findings::Judgement;
use super::super::shell::{Output, Shell};
use super::super::text::Text;

impl Shell {
    pub(super) fn call_function(&mut self, name: &str, args: &[Text], stdin: Option<&Text>) -> Option<Output> {
        let body = Rc::clone(self.scope.functions.get(name)?);
        if self.scope.calling.iter().any(|calling| calling == name) {
            self.findings.add(recursion(name, &body), &format!("{name}() {body}"));
            return Some(Output::unknown());
        }
        if self.scope.calling.len() >= bounds::DEPTH {
            self.findings.doubt("functions call functions too deep to follow");
            return Some(Output::unknown());
        }
        let outer = self.scope.positional.replace(super::super::shell::counted(args.to_vec()));
        self.scope.calling.push(name.to_owned());
        let redirects = body.1.as_ref().map_or(&[][..], |list| list.0.as_slice());
        let output = self.redirected(redirects, stdin, |shell, stdin| shell.compound(&body.0, stdin));
        self.scope.calling.pop();
        self.scope.positional = outer;
        Some(output)
    }

    /// A file that the script wrote runs as what was written into it.
    pub(super) fn run_written_file(&mut self, path: &str, args: &[Text], stdin: Option<&Text>) -> Option<Output> {
        if !path.contains('/') {
            return None;
        }
        let content = self.scope.file(path)?.clone();
        Some(self.run_file(path, &content, args, stdin))
    }

    /// Runs a file's content by the interpreter that its first line names.
    pub(super) fn run_file(&mut self, path: &str, content: &Text, args: &[Text], stdin: Option<&Text>) -> Output {
        let interpreter = content.text.strip_prefix("#!").and_then(|rest| rest.lines().next()).unwrap_or("/bin/sh");
        let program =
            interpreter.split_whitespace().map(super::base_name).find(|word| *word != "env" && !word.starts_with('-'));
        self.subshell(|shell| match program {
            Some("sh" | "bash" | "dash" | "zsh" | "ksh" | "ash") | None => {
                shell.scope.positional = Some(args.to_vec());
                shell.code(content, stdin, path)
            }
            Some(other) => {
                let other = other.to_owned();
                shell.inline_text(&other, content)
            }
        })
    }
}

/// A function that calls itself ends by a condition that isn't followed, or never.
fn recursion(name: &str, body: &FunctionBody) -> Judgement {
    let text = body.to_string();
    let forks = text.contains(&format!("{name} |"))
        || text.contains(&format!("| {name}"))
        || text.contains(&format!("|{name}"));
    if forks || text.contains(&format!("{name} &")) || text.contains(&format!("{name}&")) {
        return Judgement::loss(
            DestructionKind::Host,
            "starts copies of itself without end (fork bomb), until the host stops answering",
        );
    }
    Judgement::unknown(format!("{name} calls itself"))
}
