//! Programs of which one option, or a language of their own, runs shell commands.

use super::super::shell::{Output, Shell};
use super::super::text::Text;
use super::super::tools::{Cli, git};
use super::{Invocation, inline};

/// Options whose value is a command line.
const HOOKS: &[(&[&str], &[&str])] = &[
    (
        &["tar", "gtar", "bsdtar"],
        &[
            "--to-command",
            "--use-compress-program",
            "-I",
            "--rsh-command",
            "--info-script",
            "-F",
            "--new-volume-script",
            "--checkpoint-action",
        ],
    ),
    (&["sort"], &["--compress-program"]),
    (&["rsync"], &["-e", "--rsh", "--rsync-path"]),
    (&["ssh", "scp", "sftp"], &["-o", "-S"]),
    (&["split"], &["--filter"]),
    (&["rg", "ripgrep"], &["--pre", "--hostname-bin"]),
    (&["ag", "ack"], &["--pager"]),
    (&["man"], &["-P", "--pager", "-H"]),
    (&["vim", "vi", "nvim", "ex", "view"], &["-c", "--cmd", "+"]),
    (&["emacs"], &["--eval", "-eval"]),
    (&["gdb", "lldb"], &["-ex", "-iex", "-o"]),
    (&["zip"], &["-TT", "--unzip-command"]),
    (&["tmux", "screen"], &["new-session", "new", "send-keys", "-X"]),
    (&["socat"], &[]),
    (&["nc", "ncat", "netcat"], &["-e", "-c", "--exec", "--sh-exec"]),
    (&["wget"], &["--use-askpass"]),
    (&["tcpdump"], &["-z"]),
    (&["make", "gmake", "bmake"], &["--eval", "-E"]),
    (&["dpkg"], &["--pre-invoke", "--post-invoke"]),
    (&["helm"], &["--post-renderer"]),
    (&["go"], &["-toolexec", "-exec", "-vettool"]),
    (&["npm", "yarn", "pnpm"], &["--script-shell"]),
    (&["gradle", "gradlew"], &["--init-script", "-I"]),
];

/// Pagers, editors, transports and compressors: what such an option is for.
const USUAL: &[&str] = &[
    "cat",
    "less",
    "more",
    "most",
    "delta",
    "diff-so-fancy",
    "bat",
    "true",
    ":",
    "vim",
    "vi",
    "nvim",
    "nano",
    "emacs",
    "code",
    "ed",
    "ssh",
    "rsync",
    "sudo",
    "gzip",
    "pigz",
    "bzip2",
    "pbzip2",
    "lbzip2",
    "xz",
    "pxz",
    "zstd",
    "pzstd",
    "lz4",
    "lzop",
    "lzma",
    "brotli",
    "store",
    "cache",
    "osxkeychain",
    "manager",
    "manager-core",
    "gh",
    "wincred",
    "libsecret",
    "git",
    "make",
    "cargo",
    "npm",
];

impl Shell {
    /// Follows what a program is told to run; the program itself is judged as a tool afterwards.
    pub(super) fn recipe(&mut self, call: Invocation<'_>) -> Option<Output> {
        match call.program {
            "awk" | "gawk" | "mawk" | "nawk" => self.awk(&call),
            "sed" | "gsed" => self.sed(&call),
            "make" | "gmake" => self.make(&call),
            "at" | "batch" => self.scheduled(&call),
            "git" => self.git_hooks(&call),
            "ed" | "ex" => self.editor(&call),
            "ansible" => self.ad_hoc(&call),
            _ => {}
        }
        self.hooks(&call);
        None
    }

    fn hooks(&mut self, call: &Invocation<'_>) {
        let Some((_, options)) = HOOKS.iter().find(|(programs, _)| programs.contains(&call.program)) else { return };
        let cli = Cli::read(call.args, options);
        for option in &cli.options {
            if let (true, Some(value)) = (options.contains(&option.name), option.value) {
                self.hook(call, value);
            }
        }
        if call.program == "socat" {
            for address in &cli.words {
                self.socat_address(&address.text);
            }
        }
    }

    fn hook(&mut self, call: &Invocation<'_>, value: &str) {
        // `--checkpoint-action=exec=CMD`, `ssh -o ProxyCommand=CMD`, vim's `:!CMD`.
        let command = match call.program {
            "ssh" | "scp" | "sftp" => {
                let Some((key, command)) = value.split_once(['=', ' ']) else { return };
                if !["proxycommand", "localcommand", "knownhostscommand"].contains(&key.to_ascii_lowercase().as_str()) {
                    return;
                }
                command
            }
            "tar" | "gtar" | "bsdtar" => value.strip_prefix("exec=").unwrap_or(value),
            "vim" | "vi" | "nvim" | "ex" | "view" | "gdb" | "lldb" => {
                match value.trim_start_matches(':').strip_prefix('!').or_else(|| value.strip_prefix("shell ")) {
                    Some(command) => command,
                    None => return,
                }
            }
            "make" | "gmake" | "bmake" => return self.make_text(&Text::exact(value)),
            _ => value,
        };
        self.hooked(command, call);
    }

    /// A program put in the place of a pager, a filter or a transport runs unseen.
    fn hooked(&mut self, command: &str, call: &Invocation<'_>) {
        self.findings.doubt(format!("{} runs another command", call.program));
        self.subshell(|shell| shell.script(command, None));
        let program = super::base_name(command.split_whitespace().next().unwrap_or_default());
        if !program.is_empty() && !USUAL.contains(&program) {
            self.findings.add(super::hidden(format!("makes {} run {command}", call.program)), &call.line());
        }
    }

    fn socat_address(&mut self, address: &str) {
        let command = ["EXEC:", "SYSTEM:", "exec:", "system:"].iter().find_map(|prefix| address.strip_prefix(prefix));
        if let Some(command) = command {
            self.subshell(|shell| shell.script(command, None));
        }
    }

    /// `system("…")`, `"…" | getline`, `print | "…"`.
    fn awk(&mut self, call: &Invocation<'_>) {
        let program = call.args.iter().find(|arg| arg.text.contains(['{', '"']));
        for target in program.iter().flat_map(|program| written(&program.text)) {
            self.findings.add(super::paths::written(&Text::exact(target), false), &call.line());
        }
        let Some(program) = program.filter(|program| program.text.contains("system") || program.text.contains('|'))
        else {
            return;
        };
        self.findings.doubt("awk runs commands");
        for literal in inline::literals(&program.text) {
            self.child(|shell| shell.script(&literal, call.stdin));
        }
    }

    /// GNU sed's `e COMMAND`, and the flag `e` of `s///e`, which runs the pattern space.
    fn sed(&mut self, call: &Invocation<'_>) {
        let cli = Cli::read(call.args, &["-e", "--expression", "-f", "--file"]);
        let given: Vec<&str> = cli.values(&["-e", "--expression"]).collect();
        let scripts = if given.is_empty() {
            cli.words.first().map(|word| vec![word.as_str()]).unwrap_or_default()
        } else {
            given
        };
        for script in scripts.iter().flat_map(|script| script.split('\n')) {
            let command = script.trim_start_matches(|c: char| c.is_ascii_digit() || matches!(c, '$' | ',' | ' ' | '!'));
            if let Some(command) = command.strip_prefix('e') {
                self.findings.doubt("sed runs a command");
                let command = Text::exact(command.trim());
                let code = if command.text.is_empty() {
                    call.stdin.cloned().unwrap_or_else(|| Text::unknown("…"))
                } else {
                    command
                };
                self.subshell(|shell| shell.code(&code, None, "sed"));
            }
            if let Some(target) = command.strip_prefix('w') {
                self.findings.add(super::paths::written(&Text::exact(target.trim()), false), &call.line());
            }
            self.sed_substitution(command, call);
        }
    }

    fn sed_substitution(&mut self, command: &str, call: &Invocation<'_>) {
        let Some(rest) = command.strip_prefix('s') else { return };
        let Some(delimiter) = rest.chars().next().filter(|c| !c.is_alphanumeric() && *c != ' ') else { return };
        let parts = unescaped_parts(&rest[delimiter.len_utf8()..], delimiter);
        let [_, replacement, flags, ..] = parts.as_slice() else { return };
        if !flags.contains('e') {
            return;
        }
        self.findings.doubt("sed runs what it replaces");
        let replacement = replacement.clone();
        self.subshell(|shell| shell.script(&replacement, None));
        if let Some(input) = call.stdin {
            self.subshell(|shell| shell.code(input, None, "sed"));
        }
    }

    /// The makefile that is written here, piped in or given.
    fn make(&mut self, call: &Invocation<'_>) {
        let cli = Cli::read(call.args, &["-f", "-C", "-j", "-I", "-o", "-W", "--file", "--makefile", "--directory"]);
        let file = cli.value(&["-f", "--file", "--makefile"]);
        let text = match file {
            Some(path) => self.file_or_input(&Text::exact(path), call.stdin),
            None => ["Makefile", "makefile", "GNUmakefile"]
                .iter()
                .find_map(|name| self.scope.file(name).cloned())
                .unwrap_or_else(|| Text::exact("")),
        };
        self.make_text(&text);
        for word in &cli.words {
            if let Some((_, value)) = word.text.split_once('=') {
                self.make_text(&Text::exact(value));
            }
        }
    }

    /// Recipe lines begin with a tab; `$(shell …)` and `!=` run while the makefile is read.
    fn make_text(&mut self, text: &Text) {
        for line in text.text.lines() {
            let recipe = line
                .strip_prefix('\t')
                .or_else(|| line.split_once(';').filter(|(rule, _)| rule.contains(':')).map(|(_, recipe)| recipe));
            if let Some(recipe) = recipe {
                let recipe = recipe.trim_start_matches(['@', '-', '+', ' ']).replace("$$", "$");
                self.subshell(|shell| shell.script(&recipe, None));
            }
            let shell_call =
                line.split_once("$(shell ").map(|(_, rest)| rest.rsplit_once(')').map_or(rest, |(inner, _)| inner));
            if let Some(command) = shell_call.or_else(|| line.split_once("!=").map(|(_, rest)| rest)) {
                let command = command.to_owned();
                self.subshell(|shell| shell.script(&command, None));
            }
        }
    }

    /// `echo CMD | at now`.
    fn scheduled(&mut self, call: &Invocation<'_>) {
        if let Some(code) = call.stdin {
            self.subshell(|shell| shell.code(code, None, call.program));
        }
    }

    /// ed's `!CMD`, and the file that its `w` writes.
    fn editor(&mut self, call: &Invocation<'_>) {
        let lines = call.stdin.map(|text| text.text.clone()).unwrap_or_default();
        let is_write =
            |command: &str| matches!(command.trim_start_matches(['+', ':', ' ']), "w" | "wq" | "x" | "wq!" | "w!");
        if lines.lines().any(is_write) || call.args.iter().any(|arg| arg.text.starts_with('+') && is_write(&arg.text)) {
            for file in call.args.iter().filter(|arg| !arg.text.starts_with(['-', '+'])) {
                self.findings.add(super::paths::written(file, false), &call.line());
            }
        }
        for command in lines.lines().filter_map(|line| line.trim_start_matches([':', ' ']).strip_prefix('!')) {
            self.subshell(|shell| shell.script(command, None));
        }
    }

    /// `ansible all -m shell -a 'CMD'`.
    fn ad_hoc(&mut self, call: &Invocation<'_>) {
        let cli =
            Cli::read(call.args, &["-m", "-a", "-i", "-u", "-l", "-e", "-f", "--module-name", "--args", "--inventory"]);
        let module = cli.value(&["-m", "--module-name"]).unwrap_or("command");
        let args = cli.value(&["-a", "--args"]).unwrap_or_default().to_owned();
        if [
            "shell",
            "command",
            "raw",
            "script",
            "ansible.builtin.shell",
            "ansible.builtin.command",
            "ansible.builtin.raw",
            "win_shell",
        ]
        .contains(&module)
        {
            self.subshell(|shell| {
                shell.scope.elsewhere = true;
                shell.script(&args, None)
            });
        }
    }

    /// Configuration by which git runs programs, and its own wrappers.
    fn git_hooks(&mut self, call: &Invocation<'_>) {
        for command in git::commands(call.args) {
            self.findings.doubt("git runs another command");
            self.subshell(|shell| shell.script(&command, None));
        }
        for (command, is_alias) in git::settings(call.args) {
            match (command.strip_prefix('!'), is_alias) {
                (None, true) => {
                    self.subshell(|shell| shell.script(&format!("git {command}"), None));
                }
                (shell, _) => self.hooked(shell.unwrap_or(&command), call),
            }
        }
    }
}

/// The files that an awk program's `print > "FILE"` writes.
fn written(program: &str) -> impl Iterator<Item = &str> {
    let targets = program.split('>').skip(1);
    targets
        .filter_map(|after| after.trim_start().strip_prefix('"')?.split('"').next())
        .filter(|target| target.starts_with('/'))
}

/// The parts of `s/…/…/flags`; an escaped delimiter is a part of its part.
fn unescaped_parts(text: &str, delimiter: char) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        let escaped = if c == '\\' { chars.next() } else { None };
        match (escaped, parts.last_mut()) {
            (Some(next), Some(part)) if next == delimiter => part.push(next),
            (Some(next), Some(part)) => part.extend([c, next]),
            (None, _) if c == delimiter => parts.push(String::new()),
            (None, Some(part)) => part.push(c),
            (_, None) => {}
        }
    }
    parts
}
