//! What the common text programs print, where their input is known.

use super::super::shell::{Output, Shell, Status};
use super::super::text::{Origin, Text};
use super::super::tools::Cli;
use super::{Invocation, base_name, decode, escapes, from_network, is_url, paths};

/// The output of a program that was judged already.
pub(super) fn output(shell: &mut Shell, call: &Invocation<'_>) -> Output {
    match call.program {
        "echo" => Output::prints(echoed(call.args)),
        "printf" => match call.args {
            [format, values @ ..] => Output::prints(formatted(format, values)),
            [] => Output::unknown(),
        },
        "which" | "type" | "command" | "whereis" | "realpath" | "readlink" => looked_up(call),
        "tee" => tee(shell, call),
        "cat" | "tac" | "head" | "tail" | "less" | "more" | "sort" | "uniq" | "envsubst" => copied(shell, call),
        "rev" => filtered(call, |text| Some(decode::reversed(text))),
        "tr" => translated(call),
        "base64" | "base32" => base64(shell, call),
        "xxd" => hexadecimal(call),
        "gunzip" | "zcat" | "gzip" | "bunzip2" | "xz" | "unxz" | "zstd" | "uudecode" | "openssl" | "gpg" | "bzcat"
        | "xzcat" | "brotli" | "lz4" | "unzip" | "uncompress" | "base58" | "ascii85" | "basenc" | "od" | "crypt" => {
            hidden(call)
        }
        "curl" | "wget" | "http" | "https" | "xh" | "nc" | "ncat" | "netcat" | "socat" | "ftp" | "lynx" | "aria2c"
        | "dig" | "fetch" => network(shell, call),
        "env" | "printenv" | "set" => {
            Output::prints(Text::from(Origin::Secret("the environment, tokens included".to_owned())))
        }
        "cp" | "ln" | "mv" | "install" => linked(shell, call),
        "mktemp" => Output::prints(Text::exact("/tmp/tmp.mktemp\n")),
        "sleep" | "mkdir" | "touch" | "chmod" | "rm" => Output::status(Status::Unknown),
        _ => unknown(call),
    }
}

fn unknown(call: &Invocation<'_>) -> Output {
    match super::super::tools::secret_output(call) {
        Some(what) => Output::prints(Text::from(Origin::Secret(what))),
        None => Output::unknown(),
    }
}

fn echoed(args: &[Text]) -> Text {
    let mut rest = args;
    let (mut escapes_undone, mut newline) = (false, true);
    while let [option, after @ ..] = rest {
        let letters = option.text.strip_prefix('-').filter(|letters| !letters.is_empty());
        if !letters.is_some_and(|letters| letters.bytes().all(|byte| matches!(byte, b'n' | b'e' | b'E'))) {
            break;
        }
        escapes_undone |= option.text.contains('e');
        newline &= !option.text.contains('n');
        rest = after;
    }
    let mut line = Text::join(rest, " ");
    if escapes_undone {
        // `\c` ends the output.
        line = Text { exact: line.exact && !line.text.contains("\\c"), ..line.map(escapes::ansi_c) };
    }
    if newline {
        line.push(&Text::exact("\n"));
    }
    line
}

/// `printf`: the format is used again while values are left.
pub(super) fn formatted(format: &Text, values: &[Text]) -> Text {
    let (format, values) = match values {
        [first, rest @ ..] if format.text == "--" => (first, rest),
        _ => (format, values),
    };
    let mut all = Text { text: String::new(), exact: format.exact, origin: format.origin.clone() };
    let template = escapes::ansi_c(&format.text);
    let mut values = values.iter();
    loop {
        let before = values.len();
        once(&template, &mut values, &mut all);
        if values.len() == 0 || values.len() == before {
            return all;
        }
    }
}

fn once<'a>(template: &str, values: &mut impl Iterator<Item = &'a Text>, all: &mut Text) {
    let mut rest = template;
    while let Some(at) = rest.find('%') {
        all.push(&Text::exact(&rest[..at]));
        let spec = &rest[at + 1..];
        let flags = spec.find(|c: char| c.is_ascii_alphabetic() || c == '%').unwrap_or(spec.len());
        let conversion = spec[flags..].chars().next();
        match conversion {
            Some('%') | None => all.push(&Text::exact("%")),
            Some(conversion) if flags > 0 || !matches!(conversion, 's' | 'b' | 'd') => {
                let value = values.next().unwrap_or(&Text::exact("")).clone();
                all.push(&Text { exact: false, ..value });
            }
            Some('b') => all.push(&values.next().map_or_else(|| Text::exact(""), |value| value.map(escapes::ansi_c))),
            Some(_) => all.push(values.next().unwrap_or(&Text::exact(""))),
        }
        rest = &spec[flags + conversion.map_or(0, char::len_utf8)..];
    }
    all.push(&Text::exact(rest));
}

/// `which X`, `type -P X` and `command -v X` print a path that ends in X.
fn looked_up(call: &Invocation<'_>) -> Output {
    let names: Vec<&Text> = call.args.iter().filter(|arg| !arg.text.starts_with('-')).collect();
    match names.as_slice() {
        [name] => Output::prints(name.map(|name| format!("{name}\n"))),
        _ => Output::unknown(),
    }
}

/// `tee` writes what it reads into its files, and prints it.
fn tee(shell: &mut Shell, call: &Invocation<'_>) -> Output {
    let input = call.stdin.cloned().unwrap_or_else(|| Text::unknown("…"));
    for path in call.args.iter().filter(|arg| arg.exact && !arg.text.starts_with('-')) {
        shell.scope.write(&path.text, input.clone());
    }
    Output::prints(input)
}

/// Programs that print their files, or their input.
fn copied(shell: &mut Shell, call: &Invocation<'_>) -> Output {
    let cli = Cli::read(call.args, &["-n", "-c", "-k", "-t"]);
    let files: Vec<Text> = cli.words.iter().map(|word| (*word).clone()).collect();
    let mut all = Text::exact("");
    for file in &files {
        all.push(&shell.file_or_input(file, call.stdin));
    }
    if files.is_empty() {
        all = call.stdin.cloned().unwrap_or_else(|| Text::unknown("…"));
    }
    if let Some(path) = files.iter().find(|path| paths::is_secret(&path.text)) {
        all.origin = Some(Origin::Secret(format!("the secrets in {}", path.text)));
    }
    // Whole only if nothing is left out and nothing is added.
    all.exact &= matches!(call.program, "cat" | "less" | "more") && cli.options.is_empty();
    Output::prints(all)
}

fn filtered(call: &Invocation<'_>, filter: impl Fn(&str) -> Option<String>) -> Output {
    let Some(input) = call.stdin else { return Output::unknown() };
    match filter(&input.text) {
        Some(text) if input.exact => Output::prints(Text { text, ..input.clone() }),
        _ => Output::prints(Text { text: "…".to_owned(), exact: false, origin: input.origin.clone() }),
    }
}

fn translated(call: &Invocation<'_>) -> Output {
    let cli = Cli::read(call.args, &[]);
    let words: Vec<&str> = cli.words.iter().map(|word| word.as_str()).collect();
    let known = |text: &str| match words.as_slice() {
        [from, to] => decode::translated(text, from, to),
        [removed] if cli.has(&["-d", "--delete"]) => decode::without(text, removed),
        _ => None,
    };
    let output = filtered(call, known);
    if output.stdout.exact { output } else { or_hidden(output, "tr") }
}

fn or_hidden(output: Output, how: &str) -> Output {
    let origin = output.stdout.origin.clone().or_else(|| Some(Origin::Hidden(how.to_owned())));
    Output { stdout: Text { origin, ..output.stdout }, ..output }
}

fn base64(shell: &mut Shell, call: &Invocation<'_>) -> Output {
    let cli = Cli::read(call.args, &["-w", "-i", "-o"]);
    if !cli.has(&["-d", "-D", "--decode", "-di"]) {
        let origin = call.stdin.and_then(|input| input.origin.clone());
        return Output::prints(Text { text: "…".to_owned(), exact: false, origin });
    }
    let input = match cli.words.first() {
        Some(file) => Some(shell.file_or_input(file, call.stdin)),
        None => call.stdin.cloned(),
    };
    let call = Invocation { stdin: input.as_ref(), ..*call };
    let output = filtered(&call, |text| if call.program == "base64" { decode::base64(text) } else { None });
    if output.stdout.exact { output } else { or_hidden(output, call.program) }
}

fn hexadecimal(call: &Invocation<'_>) -> Output {
    let reverses = call.args.iter().any(|arg| arg.text.starts_with('-') && arg.text.contains('r'));
    if !reverses {
        return Output::unknown();
    }
    let output = filtered(call, decode::hexadecimal);
    if output.stdout.exact { output } else { or_hidden(output, "xxd") }
}

/// Unpacking and decrypting isn't done here; what comes out can't be read.
fn hidden(call: &Invocation<'_>) -> Output {
    let origin = call.stdin.and_then(|input| input.origin.clone());
    let origin = origin
        .filter(|origin| !matches!(origin, Origin::Hidden(_)))
        .unwrap_or_else(|| Origin::Hidden(call.program.to_owned()));
    Output::prints(Text { text: "…".to_owned(), exact: false, origin: Some(origin) })
}

/// What another machine answers; `-o FILE` keeps it in a file.
fn network(shell: &mut Shell, call: &Invocation<'_>) -> Output {
    let url = call.args.iter().map(Text::as_str).find(|arg| is_url(arg));
    let url = url
        .or_else(|| call.args.iter().map(Text::as_str).rfind(|arg| !arg.starts_with('-') && arg.contains('.')))
        .unwrap_or_default();
    let answer = from_network(url);
    let cli = Cli::read(call.args, &["-o", "-O", "--output", "--output-document", "-d", "--out"]);
    let to_file = cli
        .value(&["-o", "--output", "--output-document", "--out"])
        .or_else(|| cli.value(&["-O"]).filter(|_| call.program == "wget"));
    match to_file {
        Some("-") | Some("/dev/stdout") => Output::prints(answer),
        Some(path) => {
            shell.scope.write(path, answer);
            Output::silent()
        }
        None => {
            let saves = call.program == "aria2c"
                || (call.program == "wget"
                    && !call.args.iter().any(|arg| arg.text.starts_with("-qO-") || arg.text.starts_with("-O-")))
                || (call.program == "curl"
                    && cli.options.iter().any(|option| {
                        option.name == "--remote-name"
                            || (option.name.starts_with('-')
                                && !option.name.starts_with("--")
                                && option.name.contains('O'))
                    }));
            if saves {
                let name = base_name(url.split(['?', '#']).next().unwrap_or(url));
                shell.scope.write(name, answer.clone());
                return Output::silent();
            }
            Output::prints(answer)
        }
    }
}

/// A copy or a link of a program runs as that program; one of a file has its content.
fn linked(shell: &mut Shell, call: &Invocation<'_>) -> Output {
    let words: Vec<&Text> = call.args.iter().filter(|arg| !arg.text.starts_with('-')).collect();
    if let [source, target] = words.as_slice() {
        match shell.scope.file(&source.text).cloned() {
            Some(content) => shell.scope.write(&target.text, content),
            None => {
                let program = shell.scope.copied_program(&source.text).unwrap_or(&source.text).to_owned();
                shell.scope.copy_program(&target.text, &program);
            }
        }
    }
    Output::silent()
}
