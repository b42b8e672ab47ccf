//! Builtins that change what later words mean, or that run code.

use super::super::shell::{Output, Shell, Status, counted};
use super::super::text::{Origin, Text};
use super::super::tools::Cli;
use super::Invocation;

impl Shell {
    /// `None` for what isn't a builtin that matters here.
    pub(super) fn builtin(&mut self, call: Invocation<'_>) -> Option<Output> {
        let Invocation { args, stdin, .. } = call;
        Some(match call.program {
            ":" | "true" => Output::status(Status::True),
            "false" => Output::status(Status::False),
            "eval" => self.code(&Text::join(args, " "), stdin, "eval"),
            "source" | "." => self.source(args, stdin),
            "trap" => self.trap(args, stdin),
            "alias" => self.alias(args),
            "export" | "declare" | "typeset" | "local" | "readonly" => self.declare(call.program, args),
            "set" => self.set(args),
            "shift" => self.shift(args),
            "read" => self.read(args, stdin),
            "let" => {
                for arg in args {
                    self.arithmetic(&arg.text);
                }
                Output::silent()
            }
            "printf" if args.first().is_some_and(|arg| arg.text.starts_with("-v")) => self.printf_into(args),
            "mapfile" | "readarray" => self.mapfile(args, stdin),
            "exec" if args.is_empty() => Output::done(),
            "test" | "[" => {
                self.tested(args);
                Output::silent()
            }
            "shopt" | "enable" | "unalias" | "hash" => self.setting(call),
            "bind" => self.bound(args),
            "break" | "continue" | "return" | "exit" | "unset" | "wait" => {
                self.findings.doubt(format!("what follows {} may not run", call.program));
                Output::silent()
            }
            "cd" | "pushd" | "popd" => self.change_directory(args),
            _ => return None,
        })
    }

    fn source(&mut self, args: &[Text], stdin: Option<&Text>) -> Output {
        let Some(path) = args.first() else { return Output::unknown() };
        let content = self.file_or_input(path, stdin);
        self.masquerade(&path.text);
        if !content.exact && content.origin.is_none() && super::paths::is_temporary(&path.text) {
            let what = format!("runs {}, which anybody on this host may write", path.text);
            self.findings.add(super::hidden(what), &format!("source {}", path.text));
        }
        self.code(&content, None, "source")
    }

    /// The content of a file that is run; `/dev/stdin` is the input.
    pub(super) fn file_or_input(&mut self, path: &Text, stdin: Option<&Text>) -> Text {
        let is_input = matches!(path.text.as_str(), "-" | "/dev/stdin" | "/dev/fd/0" | "/proc/self/fd/0");
        match stdin {
            Some(stdin) if is_input => stdin.clone(),
            _ => self.content(path),
        }
    }

    fn trap(&mut self, args: &[Text], stdin: Option<&Text>) -> Output {
        let args = match args {
            [option, ..] if matches!(option.text.as_str(), "-l" | "-p") => return Output::unknown(),
            [option, rest @ ..] if option.text == "--" => rest,
            _ => args,
        };
        // It may run after every command from here on, in this shell.
        self.findings.doubt("a trap runs whenever something happens");
        if let Some(code) = args.first() {
            self.subshell(|shell| shell.code(code, stdin, "trap"));
        }
        Output::done()
    }

    fn alias(&mut self, args: &[Text]) -> Output {
        for arg in args {
            if let Some((name, value)) = arg.text.split_once('=') {
                self.scope.aliases.insert(name.to_owned(), Text { text: value.to_owned(), ..arg.clone() });
            }
        }
        self.findings.doubt("an alias changes what a word means");
        Output::done()
    }

    fn declare(&mut self, builtin: &str, args: &[Text]) -> Output {
        if args.is_empty() {
            return self.prints_variables(builtin);
        }
        if args.iter().any(|arg| arg.text.starts_with('-') && arg.text.contains('f')) {
            self.scope.exported_functions.extend(args.iter().map(|arg| arg.text.clone()));
        }
        for arg in args {
            if !arg.exact {
                self.findings.doubt(format!("which variables {builtin} sets isn't known before"));
            }
            match arg.text.split_once('=') {
                Some((name, value)) => {
                    let value = Text { text: value.to_owned(), ..arg.clone() };
                    self.set_variable(name.trim_end_matches('+'), vec![value], name.ends_with('+'));
                }
                // `declare -n` and `-i` change what a later assignment means.
                None if arg.text.starts_with('-') => {
                    self.findings.doubt(format!("{builtin} {} isn't followed", arg.text))
                }
                None => self.findings.doubt(format!("{} is handed to programs", arg.text)),
            }
        }
        Output::done()
    }

    /// Every variable, the environment among them.
    fn prints_variables(&mut self, builtin: &str) -> Output {
        self.findings.doubt(format!("{builtin} prints the environment, secrets included"));
        Output::prints(Text::from(Origin::Secret("the environment, tokens included".to_owned())))
    }

    /// `set -- WORDS` sets the positional parameters.
    fn set(&mut self, args: &[Text]) -> Output {
        if args.is_empty() {
            return self.prints_variables("set");
        }
        let words = match args.iter().position(|arg| arg.text == "--") {
            Some(at) => &args[at + 1..],
            None if args.first().is_some_and(|arg| !arg.text.starts_with(['-', '+'])) => args,
            None => {
                let strict = |arg: &Text| {
                    ["-e", "-u", "-eu", "-o", "pipefail", "-euo", "-x", "-eux", "-ex"].contains(&arg.text.as_str())
                };
                if !args.iter().all(strict) {
                    self.findings.doubt("set changes how the rest is read");
                }
                return Output::done();
            }
        };
        self.scope.positional = Some(counted(words.to_vec()));
        Output::done()
    }

    fn shift(&mut self, args: &[Text]) -> Output {
        if !args.is_empty() {
            self.findings.doubt("how far the parameters are shifted isn't followed");
        }
        if let Some(positional) = &mut self.scope.positional
            && !positional.is_empty()
        {
            positional.remove(0);
        }
        Output::done()
    }

    /// `read A B <<< text` splits a line into variables.
    fn read(&mut self, args: &[Text], stdin: Option<&Text>) -> Output {
        let cli = Cli::read(args, &["-a", "-d", "-i", "-n", "-N", "-p", "-t", "-u"]);
        let line = stdin.map(|text| text.map(|all| all.lines().next().unwrap_or_default().to_owned()));
        // It is split as IFS says, and escapes are undone, which isn't followed exactly.
        let line = line.map_or_else(|| Text::unknown("$(line)"), |line| Text { exact: false, ..line });
        if let Some(array) = cli.value(&["-a"]) {
            let words =
                line.text.split_whitespace().map(|word| Text { text: word.to_owned(), ..line.clone() }).collect();
            self.set_variable(array, words, false);
        }
        let names: Vec<&str> =
            if cli.words.is_empty() { vec!["REPLY"] } else { cli.words.iter().map(|word| word.as_str()).collect() };
        let mut rest = line.text.as_str();
        for (index, name) in names.iter().enumerate() {
            let last = index + 1 == names.len();
            let (word, after) = if last {
                (rest.trim(), "")
            } else {
                rest.trim_start().split_once(char::is_whitespace).unwrap_or((rest, ""))
            };
            self.set_variable(name, vec![Text { text: word.to_owned(), ..line.clone() }], false);
            rest = after;
        }
        Output::done()
    }

    fn printf_into(&mut self, args: &[Text]) -> Output {
        let (name, rest) = match args {
            [option, name, rest @ ..] if option.text == "-v" => (name.clone(), rest),
            [option, rest @ ..] => (option.map(|text| text.trim_start_matches("-v").to_owned()), rest),
            [] => return Output::done(),
        };
        self.name(&name);
        if let [format, values @ ..] = rest {
            let text = super::print::formatted(format, values);
            self.set_variable(&name.text, vec![text], false);
        }
        Output::done()
    }

    /// `mapfile -C CALLBACK` runs code for each line.
    fn mapfile(&mut self, args: &[Text], stdin: Option<&Text>) -> Output {
        let cli = Cli::read(args, &["-d", "-n", "-O", "-s", "-u", "-C", "-c"]);
        if let Some(callback) = cli.value(&["-C"]) {
            self.code(&Text::exact(callback), stdin, "mapfile");
        }
        let name = cli.words.first().map_or("MAPFILE", |word| word.as_str());
        let lines = stdin.map(lines_of);
        self.set_variable(name, lines.unwrap_or_else(|| vec![Text::unknown("$(lines)")]), false);
        Output::done()
    }

    /// `-v a[$(…)]` and the numeric comparisons evaluate what they are given.
    fn tested(&mut self, operands: &[Text]) {
        for operand in operands {
            if operand.text.contains('[') && operand.text.contains(['$', '`']) {
                self.document(&operand.text);
            }
        }
        let may_evaluate = |operand: &Text| !operand.exact || matches!(operand.text.as_str(), "-v" | "-R");
        if operands.iter().any(may_evaluate) {
            self.findings.doubt("what is tested isn't known before, and a test may evaluate it");
        }
    }

    fn setting(&mut self, call: Invocation<'_>) -> Output {
        let harmless = match call.program {
            "shopt" => call.args.iter().all(|arg| {
                matches!(
                    arg.text.as_str(),
                    "-s" | "-u" | "-q" | "nullglob" | "globstar" | "failglob" | "inherit_errexit"
                )
            }),
            "hash" => call.args.iter().all(|arg| arg.text == "-r"),
            _ => false,
        };
        if !harmless {
            self.findings.doubt(format!("{} changes what later words mean", call.line()));
        }
        if call.program == "hash"
            && let Some((path, name)) = remembered(call.args)
        {
            self.scope.copy_program(&name, &path);
        }
        let loads = |arg: &Text| arg.text.starts_with("-f");
        if call.program == "enable" && call.args.iter().any(loads) {
            self.findings.add(super::hidden(format!("loads code into the shell: {}", call.line())), &call.line());
        }
        Output::done()
    }

    /// `bind -x '"KEYS": COMMAND'` runs the command when the keys are pressed.
    fn bound(&mut self, args: &[Text]) -> Output {
        self.findings.doubt("bind changes what keys do");
        let runs = args.iter().any(|arg| arg.text.starts_with('-') && arg.text.contains('x'));
        for command in args.iter().filter(|_| runs).filter_map(|arg| arg.text.split_once(':')) {
            self.subshell(|shell| shell.script(command.1.trim(), None));
        }
        Output::done()
    }

    fn change_directory(&mut self, args: &[Text]) -> Output {
        let target = args.iter().find(|arg| !arg.text.starts_with('-'));
        if !matches!(args, [below] if super::paths::is_plain_below(below)) {
            self.findings.doubt("what is read in another directory isn't known before");
        }
        self.scope.directory = Some(target.cloned().unwrap_or_else(|| Text::exact("~")));
        Output::silent()
    }
}

/// `hash -p PATH NAME`, with the option among others and the path attached or not.
fn remembered(args: &[Text]) -> Option<(String, String)> {
    let at = args.iter().position(|arg| arg.text.starts_with('-') && arg.text.contains('p'))?;
    let attached = args[at].text.split_once('p').map(|(_, path)| path).filter(|path| !path.is_empty());
    let rest = &args[at + 1..];
    match (attached, rest) {
        (Some(path), [name, ..]) => Some((path.to_owned(), name.text.clone())),
        (None, [path, name, ..]) => Some((path.text.clone(), name.text.clone())),
        _ => None,
    }
}

/// The lines that a text is split into; how isn't followed exactly.
fn lines_of(text: &Text) -> Vec<Text> {
    text.text.lines().map(|line| Text { text: line.to_owned(), exact: false, origin: text.origin.clone() }).collect()
}
