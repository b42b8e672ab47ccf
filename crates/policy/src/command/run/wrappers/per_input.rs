//! Programs that run a command for each name that they read or find: `xargs`, `parallel`, `find -exec`, `fd -x`.

use super::super::super::assessment::DestructionKind;
use super::super::super::bounds;
use super::super::super::findings::Judgement;
use super::super::super::shell::{Output, Shell};
use super::super::super::text::Text;
use super::super::super::tools::{Cli, files};
use super::super::{Invocation, base_name, hidden, paths, shells};
use super::after_options;

impl Shell {
    /// `xargs COMMAND` and `parallel COMMAND` append what they read.
    pub(super) fn per_input(&mut self, call: Invocation<'_>) -> Option<Output> {
        const VALUED: &[&str] = &[
            "-a",
            "-d",
            "-E",
            "-I",
            "-L",
            "-n",
            "-P",
            "-s",
            "--arg-file",
            "--delimiter",
            "--max-args",
            "--max-procs",
            "--max-lines",
            "--replace",
            "-j",
            "--jobs",
        ];
        let words = after_options(call.args, VALUED, 0);
        let replace = Cli::read(call.args, VALUED).value(&["-I"]).map(ToOwned::to_owned);
        let input = call.stdin.cloned().unwrap_or_else(|| Text::unknown("$(input)"));
        let read =
            input.exact.then(|| input.text.split_whitespace().take(bounds::WORDS).map(Text::exact).collect::<Vec<_>>());
        let placeholder = || vec![Text { text: "$(input)".to_owned(), ..input.clone() }];
        let read = read.unwrap_or_else(placeholder);
        let mut command: Vec<Text> = match &replace {
            Some(mark) => {
                let line = Text::join(&read, " ");
                words
                    .iter()
                    .map(
                        |word| {
                            if word.text.contains(mark.as_str()) { replaced(word, mark, &line) } else { word.clone() }
                        },
                    )
                    .collect()
            }
            None => words.to_vec(),
        };
        if call.program == "parallel" {
            let (template, operands) = match command.iter().position(|word| word.text.starts_with(":::")) {
                Some(at) => (command[..at].to_vec(), command[at + 1..].to_vec()),
                None => (command.clone(), read),
            };
            let line = Text::join(&[template, operands].concat(), " ");
            return Some(self.code(&line, None, "parallel"));
        }
        if reads_code(words, replace.as_deref()) && !input.exact {
            let what = "runs whatever other commands print, with every right of this user";
            self.findings.add(hidden(what), &call.line());
        }
        // Without a command `xargs` runs echo.
        if replace.is_none() {
            command.extend(read);
        }
        self.findings.doubt("a command is built from what another one prints");
        (!words.is_empty()).then(|| self.run(&command, None))
    }

    /// `find … -exec COMMAND \;`: the rest of `find` is judged as a tool.
    pub(super) fn find(&mut self, call: Invocation<'_>) -> Option<Output> {
        let mut rest = call.args;
        let is_exec = |word: &Text| {
            matches!(
                word.text.as_str(),
                "-exec" | "-execdir" | "-ok" | "-okdir" | "-x" | "-X" | "--exec" | "--exec-batch"
            )
        };
        while let Some(at) = rest.iter().position(is_exec) {
            rest = &rest[at + 1..];
            let end = rest.iter().position(|word| matches!(word.text.as_str(), ";" | "+")).unwrap_or(rest.len());
            let found = Text::unknown(first_path(call.args));
            let command: Vec<Text> = rest[..end].iter().map(|word| replaced(word, "{}", &found)).collect();
            self.findings.doubt("find runs a command on what it finds");
            if removes_generated(&call, &rest[..end]) {
                continue;
            }
            let command = with_found(&call, command, &found);
            if let Some(judgement) = run_on_all(&call, &rest[..end]) {
                self.findings.add(judgement, &call.line());
            }
            self.run(&command, None);
            rest = &rest[end..];
        }
        None
    }
}

/// True when what `xargs` reads becomes the code of a shell.
fn reads_code(command: &[Text], mark: Option<&str>) -> bool {
    let (Some(program), Some(last)) = (command.first(), command.last()) else { return false };
    // A shell alone is given each name as a file to run.
    shells::is_shell(base_name(&program.text))
        && (command.len() == 1 || last.text == "-c" || mark.is_some_and(|mark| last.text.trim() == mark))
}

/// `find … -exec rm` of what a build makes again.
fn removes_generated(call: &Invocation<'_>, command: &[Text]) -> bool {
    let removes = command.first().is_some_and(|program| base_name(&program.text) == "rm");
    let place = first_path(call.args);
    removes && !call.elsewhere && (place == "." || !paths::is_precious(&place)) && files::selects_generated(call.args)
}

/// `fd` appends what it finds where no mark says where it goes.
fn with_found(call: &Invocation<'_>, command: Vec<Text>, found: &Text) -> Vec<Text> {
    let appends =
        matches!(call.program, "fd" | "fdfind") && !command.iter().any(|word| word.text.contains(&found.text));
    command.into_iter().chain(appends.then(|| found.clone())).collect()
}

/// Found files that are run as code, or that are all changed because nothing narrows the search.
fn run_on_all(call: &Invocation<'_>, command: &[Text]) -> Option<Judgement> {
    const INTERPRETERS: &[&str] =
        &["sh", "bash", "zsh", "dash", "python", "python3", "perl", "ruby", "node", "php", "source", "."];
    const CHANGERS: &[&str] =
        &["touch", "chmod", "chown", "mv", "cp", "truncate", "sed", "tee", "ln", "gzip", "setfacl", "install"];
    let [program, args @ ..] = command else { return None };
    let name = base_name(&program.text);
    let place = first_path(call.args);
    if program.text.contains("{}") || (INTERPRETERS.contains(&name) && args.first().is_some_and(|arg| arg.text == "{}"))
    {
        return Some(Judgement::loss(
            DestructionKind::CodeExecution,
            format!("runs every file that find selects below {place} as code"),
        ));
    }
    let narrows = call.args.iter().any(|arg| {
        matches!(
            arg.text.as_str(),
            "-name" | "-iname" | "-path" | "-regex" | "-type" | "-newer" | "-mtime" | "-size" | "-user" | "-perm"
        )
    });
    let empties =
        name == "truncate" && !call.args.iter().any(|arg| arg.text.ends_with("log") || arg.text.ends_with(".tmp"));
    (CHANGERS.contains(&name) && (!narrows || empties))
        .then(|| Judgement::loss(DestructionKind::Files, format!("changes every file below {place} by {name}")))
}

fn replaced(word: &Text, mark: &str, by: &Text) -> Text {
    if !word.text.contains(mark) {
        return word.clone();
    }
    Text {
        text: word.text.replace(mark, &by.text),
        exact: word.exact && by.exact,
        origin: word.origin.clone().or_else(|| by.origin.clone()),
    }
}

fn first_path(args: &[Text]) -> String {
    args.iter().map(Text::as_str).find(|arg| !arg.starts_with('-')).unwrap_or(".").to_owned()
}
