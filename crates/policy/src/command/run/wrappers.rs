//! Programs whose arguments are another command.

use super::super::assessment::DestructionKind;
use super::super::findings::Judgement;
use super::super::shell::{Output, Shell, Status};
use super::super::text::Text;
use super::super::tools::Cli;
use super::{Invocation, environment};

/// A program that runs the words after its own options.
struct Wrapper {
    names: &'static [&'static str],
    /// Options that take the next word.
    valued: &'static [&'static str],
    /// Words of its own between the options and the command (`timeout 5`, `ssh HOST`).
    operands: usize,
}

const fn wrapper(names: &'static [&'static str], valued: &'static [&'static str], operands: usize) -> Wrapper {
    Wrapper { names, valued, operands }
}

const WRAPPERS: &[Wrapper] = &[
    wrapper(
        &["sudo", "doas"],
        &[
            "-u",
            "-g",
            "-h",
            "-p",
            "-C",
            "-D",
            "-R",
            "-T",
            "-U",
            "-r",
            "-t",
            "--user",
            "--group",
            "--host",
            "--prompt",
            "--chdir",
            "--close-from",
            "--role",
            "--type",
        ],
        0,
    ),
    wrapper(
        &[
            "command",
            "builtin",
            "nohup",
            "setsid",
            "exec",
            "time",
            "coproc",
            "noglob",
            "nocorrect",
            "unbuffer",
            "ltrace",
            "catchsegv",
            "fakeroot",
            "linux32",
            "linux64",
            "eatmydata",
            "torsocks",
            "proxychains",
            "proxychains4",
            "dbus-run-session",
            "xvfb-run",
            "tsocks",
        ],
        &["-a", "-o", "-f", "-l", "-s"],
        0,
    ),
    wrapper(&["nice"], &["-n", "--adjustment"], 0),
    wrapper(&["ionice"], &["-c", "-n", "-p", "-P", "-u", "--class", "--classdata"], 0),
    wrapper(&["chrt"], &["-T", "-P", "-D", "-p"], 1),
    wrapper(&["taskset"], &["-p"], 1),
    wrapper(&["numactl"], &["-C", "-m", "-N", "-i", "-p", "--cpunodebind", "--membind"], 0),
    wrapper(&["stdbuf"], &["-i", "-o", "-e", "--input", "--output", "--error"], 0),
    wrapper(&["timeout", "gtimeout"], &["-k", "-s", "--kill-after", "--signal"], 1),
    wrapper(&["strace"], &["-e", "-o", "-p", "-s", "-u", "-E", "-P", "-a", "-b", "-I", "-O", "-S", "-X"], 0),
    wrapper(
        &["systemd-run", "systemd-inhibit"],
        &[
            "-p",
            "-M",
            "-H",
            "-u",
            "-t",
            "--unit",
            "--uid",
            "--gid",
            "--property",
            "--description",
            "--slice",
            "--on-active",
            "--on-calendar",
            "--what",
            "--who",
            "--why",
            "--mode",
        ],
        0,
    ),
    wrapper(
        &[
            "runuser", "setpriv", "capsh", "unshare", "nsenter", "cgexec", "cpulimit", "prlimit", "firejail", "bwrap",
            "gosu", "su-exec", "chpst",
        ],
        &["-u", "-g", "-t", "-S", "-G", "-l", "--target", "--setuid", "--setgid", "--reuid", "--regid"],
        0,
    ),
    wrapper(&["chroot"], &["--userspec", "--groups"], 1),
    wrapper(&["busybox", "toybox"], &[], 0),
    wrapper(
        &["dotenv", "direnv", "chamber", "aws-vault", "envdir", "with-contenv", "envchain", "aws-okta"],
        &["-f", "-e", "-p"],
        0,
    ),
    wrapper(&["entr"], &[], 0),
    wrapper(
        &["caffeinate", "reptyr", "dtach", "abduco", "chronic", "retry", "ts", "sem"],
        &["-t", "-n", "-d", "-j", "-c"],
        0,
    ),
];

impl Shell {
    pub(super) fn wrapper(&mut self, call: Invocation<'_>) -> Option<Output> {
        match call.program {
            "env" => self.env(call),
            "xargs" | "gxargs" | "parallel" => self.per_input(call),
            "find" | "gfind" | "fd" | "fdfind" => self.find(call),
            "su" | "script" | "watch" => self.command_text(call),
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
        if let [verb, _, rest @ ..] = words
            && verb.text == "exec"
            && matches!(call.program, "direnv" | "chamber" | "aws-vault" | "aws-okta")
        {
            words = after_options(rest, &[], 0);
        }
        if words.is_empty() {
            return None;
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

    /// `xargs COMMAND` and `parallel COMMAND` append what they read.
    fn per_input(&mut self, call: Invocation<'_>) -> Option<Output> {
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
        let read = input.exact.then(|| {
            input.text.split_whitespace().take(super::super::bounds::WORDS).map(Text::exact).collect::<Vec<_>>()
        });
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
        // Without a command `xargs` runs echo.
        if replace.is_none() {
            command.extend(read);
        }
        self.findings.doubt("a command is built from what another one prints");
        (!words.is_empty()).then(|| self.run(&command, None))
    }

    /// `find … -exec COMMAND \;`: the rest of `find` is judged as a tool.
    fn find(&mut self, call: Invocation<'_>) -> Option<Output> {
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
            if let Some(judgement) = run_on_all(&call, &rest[..end]) {
                self.findings.add(judgement, &call.line());
            }
            self.run(&command, None);
            rest = &rest[end..];
        }
        None
    }

    /// Programs that take a whole command line as one word.
    fn command_text(&mut self, call: Invocation<'_>) -> Option<Output> {
        let valued: &[&str] = match call.program {
            "su" => &["-c", "--command", "-s", "--shell", "-g", "-G", "-w"],
            "script" => &["-c", "--command", "-T", "-m", "-E", "-O", "-I", "-B"],
            _ => &["-n", "--interval", "-q", "-s"],
        };
        let cli = Cli::read(call.args, valued);
        if let Some(code) = cli.value(&["-c", "--command"]) {
            let word = call.args.iter().find(|arg| arg.text == code).cloned();
            return Some(self.code(&word.unwrap_or_else(|| Text::exact(code)), call.stdin, call.program));
        }
        let words = after_options(call.args, valued, 0);
        let watches = call.program == "watch" && !words.is_empty();
        watches.then(|| self.code(&Text::join(words, " "), None, "watch"))
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

/// Found files that are run as code, or that are all changed because nothing narrows the search.
fn run_on_all(call: &Invocation<'_>, command: &[Text]) -> Option<Judgement> {
    const INTERPRETERS: &[&str] =
        &["sh", "bash", "zsh", "dash", "python", "python3", "perl", "ruby", "node", "php", "source", "."];
    const CHANGERS: &[&str] =
        &["touch", "chmod", "chown", "mv", "cp", "truncate", "sed", "tee", "ln", "gzip", "setfacl", "install"];
    let [program, args @ ..] = command else { return None };
    let name = super::base_name(&program.text);
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
    (CHANGERS.contains(&name) && !narrows)
        .then(|| Judgement::loss(DestructionKind::Files, format!("changes every file below {place} by {name}")))
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
