//! PowerShell and cmd.exe: their text is split into commands, and each is judged like one of this shell.
//!
//! Neither language is followed: no variable is worked out, and every block counts as run. Their verdict is at best unknown.

use super::super::bounds;
use super::super::shell::{Output, Shell};
use super::super::text::Text;
use super::super::tools::cmdlets;
use super::{Invocation, decode, from_network, hidden, is_url};

/// Options of PowerShell itself that take a word.
const VALUED: &[&str] = &[
    "executionpolicy",
    "ep",
    "ex",
    "exec",
    "windowstyle",
    "w",
    "version",
    "v",
    "workingdirectory",
    "wd",
    "inputformat",
];

/// What fetches text, as a command or a method.
const FETCHES: &[&str] = &[
    "invoke-webrequest",
    "invoke-restmethod",
    "iwr ",
    "irm ",
    "curl ",
    "wget ",
    "downloadstring",
    "downloaddata",
    "webclient",
];

/// Calls of .NET that lose files.
const METHODS: &[&str] = &["]::delete(", "]::writealltext(", "]::writeallbytes(", ".delete(", "]::move("];

impl Shell {
    /// `pwsh -Command TEXT`, `powershell -EncodedCommand BASE64`, `cmd /c TEXT`.
    pub(super) fn windows_shell(&mut self, call: &Invocation<'_>) -> Option<Output> {
        let program = call.program.to_ascii_lowercase();
        match program.trim_end_matches(".exe") {
            "pwsh" | "powershell" => self.powershell_program(call),
            "cmd" => self.cmd_program(call),
            _ => return None,
        }
        Some(Output::unknown())
    }

    fn powershell_program(&mut self, call: &Invocation<'_>) {
        self.findings.doubt("PowerShell isn't followed");
        let mut rest = call.args;
        while let [arg, after @ ..] = rest {
            let option = arg.text.trim_start_matches(['-', '/']).to_ascii_lowercase();
            let is_option = arg.text.starts_with('-') && arg.text.len() > 1;
            match option.as_str() {
                _ if !is_option => break,
                "c" | "command" => return self.powershell(&Text::join(after, " ")),
                "e" | "ec" | "enc" | "encodedcommand" => return self.encoded(after),
                "f" | "file" => return self.findings.doubt("PowerShell runs a file that isn't known"),
                name => rest = if VALUED.contains(&name) { after.get(1..).unwrap_or_default() } else { after },
            }
        }
        match (rest, call.stdin) {
            ([], Some(code)) => self.powershell(code),
            _ => self.powershell(&Text::join(rest, " ")),
        }
    }

    fn encoded(&mut self, args: &[Text]) {
        match args.first().and_then(|arg| decode::utf16_base64(&arg.text)) {
            Some(code) => self.powershell(&Text::exact(code)),
            None => self.findings.add(hidden("runs code that is hidden by an encoding"), "powershell -EncodedCommand"),
        }
    }

    /// Judges every command of a PowerShell text.
    pub(in crate::command) fn powershell(&mut self, code: &Text) {
        self.findings.doubt("PowerShell isn't followed");
        if let Some(judgement) = super::super::shell::opaque_code(code, "PowerShell") {
            self.findings.add(judgement, &code.text);
        }
        let lower = code.text.to_ascii_lowercase();
        let saves = ["downloadfile(", "-outfile"].iter().any(|name| lower.contains(name));
        if saves && ["start-process", "invoke-item", "saps "].iter().any(|name| lower.contains(name)) {
            self.findings.add(hidden("runs what it fetched, with every right of this user"), &code.text);
        }
        if METHODS.iter().any(|method| lower.contains(method)) {
            let paths: Vec<Text> =
                super::inline::literals(&code.text).iter().map(|path| Text::exact(cmdlets::path(path))).collect();
            self.findings.add(super::super::tools::files::removed(&paths, true, self.scope.elsewhere), &code.text);
        }
        for words in commands(&code.text, PIPES).into_iter().take(bounds::LINES) {
            self.cmdlet(&words, &lower);
        }
    }

    fn cmdlet(&mut self, words: &[Text], script: &str) {
        let Some((program, args)) = words.split_first() else { return };
        let name = program.text.to_ascii_lowercase();
        if matches!(name.as_str(), "iex" | "invoke-expression") {
            return self.invoked(args, script);
        }
        let call = Invocation { program: &name, args, stdin: None, elsewhere: self.scope.elsewhere };
        match cmdlets::judge(&call) {
            Some(judgement) => self.findings.add(judgement, &call.line()),
            None if name.contains(['$', '[']) || is_cmdlet(&program.text) => {}
            None => {
                self.deeper(|shell| Some(shell.run(words, None)));
            }
        }
    }

    /// `iex` runs what it is given, or what is piped into it.
    fn invoked(&mut self, args: &[Text], script: &str) {
        if FETCHES.iter().any(|name| script.contains(name)) {
            let url = script.split(['\'', '"', ' ', '(', ')']).find(|word| is_url(word)).unwrap_or_default();
            let code = from_network(url);
            if let Some(judgement) = super::super::shell::opaque_code(&code, "PowerShell") {
                self.findings.add(judgement, "Invoke-Expression");
            }
        } else if script.contains("frombase64string") {
            self.findings.add(hidden("runs code that is hidden by an encoding"), "Invoke-Expression");
        }
        for arg in args {
            self.deeper(|shell| {
                shell.powershell(arg);
                None
            });
        }
    }

    /// `cmd /c TEXT`; without an operand it is a prompt.
    fn cmd_program(&mut self, call: &Invocation<'_>) {
        self.findings.doubt("cmd.exe isn't followed");
        let is_switch = |arg: &Text| arg.text.starts_with('/') && arg.text.len() <= "/v:off".len();
        let at = call.args.iter().position(|arg| !is_switch(arg)).unwrap_or(call.args.len());
        self.cmd_text(&Text::join(&call.args[at..], " "));
    }

    /// Judges every command of a text for cmd.exe.
    pub(in crate::command) fn cmd_text(&mut self, text: &Text) {
        for words in commands(&text.text, "&|()").into_iter().take(bounds::LINES) {
            self.cmd_command(&words);
        }
    }

    /// `if exist X COMMAND`, `for … do COMMAND`, `start COMMAND` and `call COMMAND` begin with words of cmd itself.
    fn cmd_command(&mut self, words: &[Text]) {
        const OWN: &[&str] = &["if", "exist", "not", "for", "do", "start", "call", "else"];
        const WITH_OPERAND: &[&str] = &["if", "exist", "not"];
        const LEADING: usize = 8;
        let names: Vec<String> = words.iter().take(LEADING).map(|word| word.text.to_ascii_lowercase()).collect();
        let is = |at: Option<usize>, list: &[&str]| {
            at.and_then(|at| names.get(at)).is_some_and(|name| list.contains(&name.as_str()))
        };
        for at in 0..names.len() {
            let begins = at == 0 || is(at.checked_sub(1), OWN) || is(at.checked_sub(2), WITH_OPERAND);
            if begins && !is(Some(at), OWN) {
                self.deeper(|shell| Some(shell.run(&words[at..], None)));
            }
        }
    }
}

/// What ends a command in PowerShell; a block or a parenthesis holds commands of its own.
const PIPES: &str = ";|&(){}=,@";

/// The commands of a text as words. A quoted word keeps what ends a command otherwise.
fn commands(text: &str, ends: &str) -> Vec<Vec<Text>> {
    let mut splitter = Splitter { found: vec![Vec::new()], word: String::new(), has_quotes: false };
    let mut quote = None;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match quote {
            Some(open) if c == open => quote = None,
            Some(_) => splitter.word.push(c),
            // A backquote, or cmd's caret, takes the meaning of the next character.
            None if matches!(c, '`' | '^') => splitter.word.extend(chars.next().filter(|next| !next.is_whitespace())),
            None if matches!(c, '\'' | '"') => (quote, splitter.has_quotes) = (Some(c), true),
            None if c == '\n' || splitter.is_end(c, ends) => splitter.end_command(),
            None if c.is_whitespace() => splitter.end_word(),
            None => splitter.word.push(c),
        }
    }
    splitter.end_command();
    splitter.found.retain(|words| !words.is_empty());
    splitter.found
}

/// The commands so far, and the word that is being read.
struct Splitter {
    found: Vec<Vec<Text>>,
    word: String,
    has_quotes: bool,
}

impl Splitter {
    /// Inside a word these are a part of it: `a=b`, `a,b`, `a@b`.
    fn is_end(&self, c: char, ends: &str) -> bool {
        let may_be_inside = matches!(c, '=' | ',' | '@');
        ends.contains(c) && (self.word.is_empty() || !may_be_inside)
    }

    fn end_word(&mut self) {
        let text = std::mem::take(&mut self.word);
        let is_word = !text.is_empty() || self.has_quotes;
        self.has_quotes = false;
        if let Some(words) = self.found.last_mut().filter(|_| is_word) {
            words.push(if text.contains('$') { Text::unknown(text) } else { Text::exact(text) });
        }
    }

    fn end_command(&mut self) {
        self.end_word();
        self.found.push(Vec::new());
    }
}

/// True for a name in the form of PowerShell's own commands (`Remove-Item`), or a short name of one that no other shell has.
pub(in crate::command) fn is_cmdlet(word: &str) -> bool {
    let named = word.split_once('-').is_some_and(|(verb, noun)| {
        let capital = |part: &str| part.starts_with(|c: char| c.is_ascii_uppercase()) && part.len() > 1;
        capital(verb) && capital(noun) && verb.bytes().all(|byte| byte.is_ascii_alphabetic())
    });
    named || matches!(word.to_ascii_lowercase().as_str(), "iex" | "iwr" | "irm")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(text: &str) -> Vec<String> {
        commands(text, PIPES).iter().map(|words| Text::join(words, "|").text).collect()
    }

    #[test]
    fn a_text_is_split_into_commands() {
        assert_eq!(split("Get-Item a | Remove-Item -Force; ls"), ["Get-Item|a", "Remove-Item|-Force", "ls"]);
        assert_eq!(split("if ($x) { rm 'a b;c' }"), ["if", "$x", "rm|a b;c"]);
        assert_eq!(split("r`m \"x y\""), ["rm|x y"]);
    }

    #[test]
    fn cmdlets_are_told_by_their_form() {
        assert!(is_cmdlet("Remove-Item") && is_cmdlet("iex"));
        assert!(!is_cmdlet("apt-get") && !is_cmdlet("rm") && !is_cmdlet("Makefile"));
    }
}
