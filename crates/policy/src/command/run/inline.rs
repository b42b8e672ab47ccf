//! Code of other languages: `python -c`, `perl -e`, `node -e`, and what is piped into them.
//!
//! The code isn't parsed. Its string literals are read, and what it may do with them is told by the names it calls: a name
//! that starts processes makes literals commands, a name that deletes makes them paths.

use super::super::assessment::DestructionKind::{Files, Host};
use super::super::findings::Judgement;
use super::super::shell::{Output, Shell};
use super::super::text::Text;
use super::super::tools::files;
use super::{Invocation, decode, hidden};

/// Names that start processes or evaluate text.
const STARTS: &[&str] = &[
    "system",
    "popen",
    "subprocess",
    "exec",
    "spawn",
    "fork",
    "child_process",
    "Popen",
    "check_call",
    "check_output",
    "qx",
    "`",
    "getattr",
    "__import__",
    "eval",
    "pty",
    "shell_exec",
    "passthru",
    "proc_open",
    "pcntl",
    "Open3",
    "IO.popen",
    "Kernel",
    "Process",
    "ProcessBuilder",
    "getRuntime",
    "execSync",
    "commands.get",
    "os.posix_spawn",
    "%x",
    "ctypes",
    "syscall",
    "instance_eval",
    "send(",
    "io.popen",
    "os.execute",
    "Deno.run",
    "Deno.Command",
    "Bun.spawn",
    "runpy",
    "importlib",
    "compile(",
];

/// Names that delete or overwrite files.
const DELETES: &[&str] = &[
    "rmtree",
    "os.remove",
    "os.unlink",
    "os.rmdir",
    "removedirs",
    ".unlink(",
    "unlinkSync",
    "unlink ",
    "unlink(",
    "rmSync",
    "rmdirSync",
    "rm_rf",
    "rm_r",
    "File.delete",
    "FileUtils",
    "remove_entry",
    "rmdir",
    "remove_tree",
    "fs.rm",
    "rimraf",
    "truncate",
    "send2trash",
    "fs.unlink",
    "Dir.delete",
    "delete_dir",
    "os.truncate",
    ".rmdir(",
    "File::Path",
    "writeFileSync",
    "shutil.move",
];

impl Shell {
    pub(super) fn inline_code(&mut self, call: Invocation<'_>) -> Option<Output> {
        let options = code_options(call.program)?;
        let given = given_code(call.args, options).or_else(|| self.code_of_file(&call));
        let Some(code) = given else { return self.script_by_name(&call) };
        if matches!(language(call.program), "awk" | "sed" | "jq") {
            return None;
        }
        Some(self.inline_text(call.program, &code))
    }

    /// A script whose content isn't known is judged by its name, as if it were started itself (`python manage.py flush`).
    fn script_by_name(&mut self, call: &Invocation<'_>) -> Option<Output> {
        let at = call.args.iter().position(|arg| !arg.text.starts_with('-'))?;
        self.findings.doubt(format!("{} runs code that isn't known", call.program));
        let name = Text::exact(super::base_name(&call.args[at].text));
        let words: Vec<Text> = std::iter::once(name).chain(call.args[at + 1..].iter().cloned()).collect();
        Some(self.run(&words, call.stdin))
    }

    /// The file that an interpreter is given, or its input.
    fn code_of_file(&mut self, call: &Invocation<'_>) -> Option<Text> {
        let file = call.args.iter().find(|arg| !arg.text.starts_with('-') || arg.text == "-");
        let is_module = call.args.iter().any(|arg| arg.text == "-m");
        match (file, call.stdin) {
            _ if is_module => None,
            (Some(path), stdin) if path.text != "-" => {
                let content = self.file_or_input(path, stdin);
                (content.exact || content.origin.is_some()).then_some(content)
            }
            (_, Some(stdin)) => Some(stdin.clone()),
            _ => None,
        }
    }

    /// Judges code of another language by its literals and the names it calls.
    pub(super) fn inline_text(&mut self, program: &str, code: &Text) -> Output {
        if let Some(judgement) = super::super::shell::opaque_code(code, program) {
            self.findings.add(judgement, program);
        }
        let line = format!("{program}: {}", code.text);
        self.findings.doubt(format!("{program} runs code of another language"));
        let literals = literals(&code.text);
        if calls(&code.text, DELETES) {
            self.deletions(&literals, &line);
        }
        if calls(&code.text, &["open(", "write", "File.", "fopen"])
            && literals.iter().any(|mode| matches!(mode.as_str(), "w" | "wb" | "a" | "ab" | "r+" | "w+" | "wb+"))
        {
            self.overwrites(&literals, &line);
        }
        if calls(&code.text, STARTS) {
            self.started(&code.text, &literals, &line);
        }
        if let Some(judgement) = super::super::sdk::call_in(&code.text) {
            self.findings.add(judgement, &line);
        }
        Output::unknown()
    }

    fn overwrites(&mut self, literals: &[String], line: &str) {
        for path in literals.iter().filter(|literal| literal.starts_with(['/', '~'])) {
            self.findings.add(super::paths::written(&Text::exact(path.as_str()), false), line);
        }
    }

    fn deletions(&mut self, literals: &[String], line: &str) {
        let paths: Vec<Text> = literals.iter().map(|literal| Text::exact(literal.as_str())).collect();
        let named = paths.iter().any(|path| path.text.contains(['/', '.', '~']) || !path.text.contains(' '));
        let judgement = if named {
            files::removed(&paths, true, false)
        } else {
            Judgement::loss(Files, "deletes files whose names aren't known before")
        };
        self.findings.add(judgement, line);
    }

    fn started(&mut self, code: &str, literals: &[String], line: &str) {
        let loops = code.contains("while") || code.contains("loop") || code.contains("for");
        if code.contains("fork") && loops && literals.is_empty() {
            let what = "starts copies of itself without end (fork bomb), until the host stops answering";
            self.findings.add(Judgement::loss(Host, what), line);
        }
        let decodes = [
            "b64decode",
            "base64",
            "atob",
            "fromhex",
            "unhexlify",
            "decode64",
            "unpack",
            "rot13",
            "rot_13",
            "zlib",
            "marshal",
        ]
        .iter()
        .any(|name| code.contains(name));
        let mut understood = false;
        for literal in literals {
            self.command_literal(literal);
            let decoded = if decodes { decode::base64(literal).or_else(|| decode::hexadecimal(literal)) } else { None };
            if let Some(decoded) = decoded.filter(|decoded| decoded.len() > 3) {
                understood = true;
                self.command_literal(&decoded);
            }
        }
        // The words of an argument list, and the pieces of a concatenation.
        if literals.len() > 1 {
            self.command_words(literals);
            self.command_literal(&literals.concat());
        }
        if decodes && !understood {
            self.findings.add(hidden("runs code that is hidden by an encoding"), line);
        }
    }

    fn command_literal(&mut self, literal: &str) {
        if literal.trim().is_empty() || !literal.contains(|c: char| c.is_alphanumeric()) {
            return;
        }
        self.subshell(|shell| shell.script(literal, None));
    }

    /// An argument list: it may begin at any literal, as earlier ones name modules and modes.
    fn command_words(&mut self, literals: &[String]) {
        let words: Vec<Text> = literals.iter().map(|literal| Text::exact(literal.as_str())).collect();
        for start in 0..words.len().min(4) {
            self.subshell(|shell| shell.run(&words[start..], None));
        }
    }
}

/// The options that hold code, for the interpreters of other languages.
fn code_options(program: &str) -> Option<&'static [&'static str]> {
    match language(program) {
        "python" => Some(&["-c"]),
        "perl" | "ruby" => Some(&["-e", "-E", "-ne", "-pe", "-le", "-lne", "-ane", "-pie", "-i", "-nle", "-we"]),
        "node" => Some(&["-e", "--eval", "-p", "--print", "-pe"]),
        "php" => Some(&["-r", "-R"]),
        "lua" | "Rscript" | "groovy" | "elixir" | "scala" | "julia" | "osascript" | "ghc" => Some(&["-e"]),
        "deno" => Some(&["eval"]),
        _ => None,
    }
}

/// `python3.12` is Python.
fn language(program: &str) -> &str {
    let name = program.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    match name {
        "pypy" | "ipython" | "python-" | "py" => "python",
        "nodejs" | "tsx" | "ts-node" => "node",
        "luajit" => "lua",
        "jruby" => "ruby",
        other => other,
    }
}

fn given_code(args: &[Text], options: &[&str]) -> Option<Text> {
    for (index, arg) in args.iter().enumerate() {
        if options.contains(&arg.text.as_str()) {
            return args.get(index + 1).cloned();
        }
        // `-c'code'` and `--eval=code`.
        let attached = options.iter().find_map(|option| match option.strip_prefix("--") {
            Some(_) => arg.text.strip_prefix(*option)?.strip_prefix('='),
            None => arg.text.strip_prefix(*option),
        });
        if let Some(code) = attached.filter(|code| code.len() > 3 && !arg.text.starts_with("-i")) {
            return Some(Text { text: code.to_owned(), ..arg.clone() });
        }
    }
    None
}

/// True when one of `names` stands in the code outside its literals, or as a key of one (`getattr(os, 'system')`).
fn calls(code: &str, names: &[&str]) -> bool {
    let bare = without_literals(code);
    names.iter().any(|name| bare.contains(name))
}

/// The code with its string literals emptied; backquotes stay, they run commands.
fn without_literals(code: &str) -> String {
    let mut bare = String::with_capacity(code.len());
    let mut quote = None;
    let mut escaped = false;
    for c in code.chars() {
        match quote {
            Some(_) if escaped => escaped = false,
            Some(_) if c == '\\' => escaped = true,
            Some(open) if c == open => {
                bare.push(c);
                quote = None;
            }
            Some(_) => {}
            None => {
                bare.push(c);
                if c == '\'' || c == '"' {
                    quote = Some(c);
                }
            }
        }
    }
    bare
}

/// The string literals of a program, escapes undone, backquoted text and `q{…}` included.
pub(super) fn literals(code: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut quote: Option<char> = None;
    let mut text = String::new();
    let mut chars = code.chars().peekable();
    while let Some(c) = chars.next() {
        match quote {
            Some(_) if c == '\\' => {
                text.push('\\');
                text.extend(chars.next());
            }
            Some(open) if c == open => {
                found.push(super::escapes::ansi_c(&std::mem::take(&mut text)));
                quote = None;
            }
            Some(_) => text.push(c),
            None if matches!(c, '\'' | '"' | '`') => quote = Some(c),
            // Perl's and Ruby's own brackets: qx{…}, %x(…), q(…).
            None if matches!(c, 'x' | 'q') && matches!(chars.peek(), Some('{' | '(' | '/' | '|' | '[')) => {
                quote = chars.next().map(closing);
            }
            None => {}
        }
    }
    found
}

fn closing(open: char) -> char {
    match open {
        '{' => '}',
        '(' => ')',
        '[' => ']',
        same => same,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_are_found() {
        assert_eq!(literals(r#"os.system("rm -rf /"); f('a\'b')"#), ["rm -rf /", "a'b"]);
        assert_eq!(literals("print `id`; qx{ls -la}"), ["id", "ls -la"]);
    }

    #[test]
    fn names_in_literals_are_not_calls() {
        assert!(!calls("print('os.system')", STARTS));
        assert!(calls("os.system('x')", STARTS));
    }
}
