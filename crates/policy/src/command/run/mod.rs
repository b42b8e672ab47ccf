//! What happens when a command runs: a function, a builtin, a program that runs another one, an interpreter, a tool.

mod builtins;
mod call;
mod decode;
pub(super) mod environment;
pub(super) mod escapes;
mod inline;
pub(super) mod paths;
mod powershell;
mod print;
mod recipes;
mod secret_files;
mod secrets;
mod shells;
mod wrappers;

pub(super) use powershell::is_cmdlet;
pub(super) use wrappers::after_options;

use super::assessment::DestructionKind;
use super::bounds;
use super::findings::Judgement;
use super::shell::{Output, Shell};
use super::text::{Origin, Text};
use super::tools;

/// A program with its arguments, as it would be started.
#[derive(Clone, Copy)]
pub(super) struct Invocation<'a> {
    /// The program's name, without the directories before it.
    pub(super) program: &'a str,
    pub(super) args: &'a [Text],
    pub(super) stdin: Option<&'a Text>,
    /// It runs on another machine or in a container.
    pub(super) elsewhere: bool,
}

impl Invocation<'_> {
    /// The command as a line.
    pub(super) fn line(&self) -> String {
        let mut line = self.program.to_owned();
        for arg in self.args {
            line.push(' ');
            line.push_str(&arg.text);
        }
        line
    }

    /// What standard input holds, if it's known.
    pub(super) fn known_input(&self) -> Option<&str> {
        self.stdin.and_then(Text::known)
    }
}

impl Shell {
    /// Follows one command, its words expanded.
    pub(super) fn run(&mut self, words: &[Text], stdin: Option<&Text>) -> Output {
        let [program, args @ ..] = words else { return Output::done() };
        if !self.step() {
            return Output::unknown();
        }
        if !self.program_is_known(program, words) {
            return Output::unknown();
        }
        let name = program.as_str();
        if let Some(output) = self.call_function(name, args, stdin)
            && !self.scope.doubtful_functions.contains(name)
        {
            return output;
        }
        if let Some(output) = self.run_written_file(name, args, stdin) {
            return output;
        }
        if let Some(service) = name.strip_prefix("/etc/init.d/").or_else(|| name.strip_prefix("/etc/rc.d/")) {
            let words: Vec<Text> =
                [Text::exact("service"), Text::exact(service)].into_iter().chain(args.iter().cloned()).collect();
            return self.run(&words, stdin);
        }
        if name.contains('/') && !is_of_the_system(name) {
            self.findings.doubt(format!("what the file {name} does isn't known"));
            self.masquerade(name);
        }
        let copied = self.scope.copied_program(name).map(ToOwned::to_owned);
        let program = base_name(copied.as_deref().unwrap_or(name)).to_owned();
        let elsewhere = self.scope.elsewhere;
        self.start(Invocation { program: &program, args, stdin, elsewhere })
    }

    /// A file outside the system's directories that is named like a program of the system is somebody's trap, or a mistake.
    fn masquerade(&mut self, path: &str) {
        let directory = path.rsplit_once('/').map(|(directory, _)| directory);
        let here = matches!(directory, Some("." | ".."));
        let named = tools::is_reader(base_name(path), here) || shells::is_shell(base_name(path));
        if directory.is_some() && named && !is_of_the_system(path) && !path.contains("node_modules/") {
            let what = format!("runs the file {path}, which only has the name of a program of the system");
            self.findings.add(hidden(what), path);
        }
    }

    /// Where the name of the program isn't certain that is a doubt; what can be guessed of it is judged all the same.
    fn program_is_known(&mut self, program: &Text, words: &[Text]) -> bool {
        if program.exact {
            return true;
        }
        let line = Text::join(words, " ").text;
        match super::shell::opaque_code(program, "the shell") {
            Some(judgement) => self.findings.add(judgement, &line),
            None => self.findings.doubt(format!("which program runs isn't known before: {line}")),
        }
        !program.text.is_empty() && !program.text.contains(['$', '`', '…'])
    }

    fn start(&mut self, call: Invocation<'_>) -> Output {
        if let Some(output) = self.builtin(call) {
            return output;
        }
        if let Some(output) = self.nested(call) {
            return output;
        }
        let judgement = tools::judge(&call);
        self.findings.add(judgement, &call.line());
        if let Some(judgement) = self.shown_there(&call) {
            self.findings.add(judgement, &call.line());
        }
        if let Some(judgement) = secrets::sent_away(&call) {
            self.findings.add(judgement, &call.line());
        }
        print::output(self, &call)
    }

    /// Programs that run other code.
    fn nested(&mut self, call: Invocation<'_>) -> Option<Output> {
        self.deeper(|shell| {
            let wrapped = if runs_here(call.program) && !replaces(call.program) {
                shell.wrapper(call)
            } else {
                shell.child(|shell| shell.wrapper(call))
            };
            wrapped
                .or_else(|| shell.interpreter(call))
                .or_else(|| shell.windows_shell(&call))
                .or_else(|| shell.inline_code(call))
                .or_else(|| shell.recipe(call))
        })
    }

    /// Follows one level deeper, if that's still within bounds.
    fn deeper(&mut self, follow: impl FnOnce(&mut Self) -> Option<Output>) -> Option<Output> {
        if self.scope.calling.len() >= bounds::DEPTH {
            self.findings.doubt("commands run commands too deep to follow");
            return Some(Output::unknown());
        }
        self.scope.calling.push(String::new());
        let output = follow(self);
        self.scope.calling.pop();
        output
    }
}

/// True for programs in the directories of the system; only there a name means the program that its manual describes.
fn is_of_the_system(path: &str) -> bool {
    const DIRECTORIES: &[&str] = &["/bin", "/sbin", "/usr/bin", "/usr/sbin", "/usr/local/bin", "/usr/local/sbin"];
    path.rsplit_once('/').is_some_and(|(directory, _)| DIRECTORIES.contains(&directory))
}

/// Words of the shell itself that run a command in it, with what that sets.
fn runs_here(program: &str) -> bool {
    matches!(program, "command" | "builtin" | "exec" | "time" | "coproc" | "noglob" | "nocorrect")
}

/// `exec` starts a program, never a function.
fn replaces(program: &str) -> bool {
    program == "exec"
}

/// The last part of a path.
pub(super) fn base_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// Code that is fetched or hidden: nobody can say what it does.
pub(super) fn hidden(what: impl Into<String>) -> Judgement {
    Judgement::loss(DestructionKind::CodeExecution, what)
}

/// The URL that an argument is, if it is one.
pub(super) fn is_url(text: &str) -> bool {
    let scheme = text.split_once("://").map(|(scheme, _)| scheme);
    scheme.is_some_and(|scheme| {
        !scheme.is_empty() && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'+' || b == b'-')
    })
}

/// Text that another machine answers with.
pub(super) fn from_network(url: &str) -> Text {
    Text::from(Origin::Network(if url.is_empty() { "the network".to_owned() } else { url.to_owned() }))
}
