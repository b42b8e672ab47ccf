//! Programs that take a command line as one word, or type it into a shell.

use super::super::super::shell::{Output, Shell};
use super::super::super::text::Text;
use super::super::super::tools::Cli;
use super::super::Invocation;
use super::after_options;

impl Shell {
    /// Programs that take a whole command line as one word.
    pub(super) fn command_text(&mut self, call: Invocation<'_>) -> Option<Output> {
        let valued: &[&str] = match call.program {
            "su" | "runuser" => &["-c", "--command", "-s", "--shell", "-g", "-G", "-w"],
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

    /// Programs of which each word may be a command line, as they type it into a shell or time it.
    pub(super) fn typed(&mut self, call: Invocation<'_>) -> Option<Output> {
        const VALUED: &[&str] =
            &["-t", "-s", "-n", "-c", "-F", "-S", "-r", "-m", "-w", "--warmup", "--runs", "-x", "-y"];
        const OWN: &[&str] = &[
            "new",
            "new-session",
            "new-window",
            "neww",
            "split-window",
            "splitw",
            "respawn-pane",
            "send-keys",
            "send",
            "run",
            "run-shell",
            "if-shell",
            "display-message",
            "display",
            "attach",
            "ls",
            "Enter",
            "C-m",
        ];
        if call.args.iter().any(|arg| matches!(arg.text.as_str(), "display-message" | "display" | "set-buffer")) {
            return None;
        }
        let words: Vec<&Text> = Cli::read(call.args, VALUED).words;
        let words: Vec<Text> = words.into_iter().filter(|word| !OWN.contains(&word.text.as_str())).cloned().collect();
        self.findings.doubt(format!("{} runs what it is given", call.program));
        for word in words.iter().filter(|word| word.text.contains(' ')) {
            self.child(|shell| shell.code(word, None, call.program));
        }
        let mut rest = after_options(call.args, &VALUED[..3], 0);
        while let [own, after @ ..] = rest
            && OWN.contains(&own.text.as_str())
        {
            rest = after_options(after, VALUED, 0);
        }
        let runs = !rest.is_empty() && call.program != "hyperfine";
        runs.then(|| self.child(|shell| shell.run(rest, None)));
        Some(Output::unknown())
    }

    /// `less '+!COMMAND'` runs it, as if it were typed.
    pub(super) fn keys(&mut self, call: Invocation<'_>) -> Option<Output> {
        for keys in call.args.iter().filter_map(|arg| arg.text.strip_prefix("+!")) {
            self.findings.doubt(format!("{} runs a command", call.program));
            self.child(|shell| shell.script(keys, None));
        }
        None
    }
}
