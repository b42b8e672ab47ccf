//! Code of other languages: `python -c`, `perl -e`, `node -e`, and what is piped into them.
//!
//! The code isn't parsed. Its string literals are read, and what it may do with them is told by the names it calls: a name
//! that starts processes makes literals commands, a name that deletes makes them paths.

mod names;
mod signs;
mod source;
mod tcl;

pub(in crate::command) use source::literals;

use super::super::assessment::DestructionKind::{Files, Host};
use super::super::findings::Judgement;
use super::super::shell::{Output, Shell};
use super::super::text::Text;
use super::super::tools::files;
use super::{Invocation, decode, hidden};
use names::{DELETES, STARTS};
use source::{calls, code_options, given_code, language};

impl Shell {
    pub(super) fn inline_code(&mut self, call: Invocation<'_>) -> Option<Output> {
        let options = code_options(call.program)?;
        self.edited_in_place(&call);
        let given = given_code(call.args, options);
        let given = if is_framework(call.program) { given } else { given.or_else(|| self.code_of_file(&call)) };
        let Some(code) = given else {
            return if is_framework(call.program) { None } else { self.script_by_name(&call) };
        };
        if matches!(language(call.program), "awk" | "sed" | "jq") {
            return None;
        }
        Some(self.inline_text(call.program, &code))
    }

    /// `perl -i` and `ruby -i` write the files that they are given.
    fn edited_in_place(&mut self, call: &Invocation<'_>) {
        let in_place = |arg: &Text| {
            arg.text.strip_prefix('-').is_some_and(|letters| {
                letters.starts_with(['i', 'p', 'n']) && letters.contains('i') && letters.len() < 10
            })
        };
        if matches!(language(call.program), "perl" | "ruby") && call.args.iter().any(in_place) {
            for file in call.args.iter().filter(|arg| arg.text.starts_with(['/', '~'])) {
                self.findings.add(super::paths::written(file, false), &call.line());
            }
        }
    }

    /// A script whose content isn't known is judged by its name, as if it were started itself (`python manage.py flush`).
    fn script_by_name(&mut self, call: &Invocation<'_>) -> Option<Output> {
        let operand = call.args.iter().find(|arg| !arg.text.starts_with('-') && arg.text != "run");
        if let Some(url) = operand.filter(|arg| super::is_url(&arg.text)) {
            let code = super::from_network(&url.text);
            return Some(self.code(&code, None, call.program));
        }
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
        if matches!(language(program), "tclsh" | "wish" | "expect") {
            self.tcl(&code.text, &line);
        }
        for judgement in signs::all(language(program), &code.text, &literals) {
            self.findings.add(judgement, &line);
        }
        let by_language = language(program) == "julia" && calls(&code.text, &["rm("]);
        if by_language
            || calls(&code.text, DELETES)
            || signs::calls_by_name(&literals, DELETES)
            || signs::removes_by_library(&code.text, &literals)
        {
            self.deletions(&literals, &line);
        }
        if signs::writes(&code.text, &literals) {
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
        // Perl writes the direction before the name.
        let paths = literals.iter().map(|literal| literal.trim_start_matches(['>', '+', '<', ' ']));
        for path in paths.filter(|path| path.starts_with(['/', '~'])) {
            self.findings.add(super::paths::written(&Text::exact(path), false), line);
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
        self.child(|shell| shell.script(literal, None));
    }

    /// An argument list: it may begin at any literal, as earlier ones name modules and modes.
    fn command_words(&mut self, literals: &[String]) {
        let words: Vec<Text> = literals.iter().map(|literal| Text::exact(literal.as_str())).collect();
        for start in 0..words.len().min(4) {
            self.child(|shell| shell.run(&words[start..], None));
        }
    }
}

/// A program that runs code only where an option holds it, and has subcommands otherwise.
fn is_framework(program: &str) -> bool {
    matches!(program, "rails" | "manage.py" | "django-admin" | "artisan" | "wp" | "drush" | "mix" | "bun")
}
