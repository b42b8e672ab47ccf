//! Variables that make other programs run code, or run other code.

use super::super::assessment::DestructionKind::CodeExecution;
use super::super::findings::Judgement;
use super::super::shell::Shell;
use super::super::text::Text;

/// A variable of the shell is set.
pub(in crate::command) fn set(shell: &mut Shell, name: &str, value: &Text) {
    judge(shell, name, value);
}

/// A variable is set for one program.
pub(in crate::command) fn pass(shell: &mut Shell, name: &str, value: &Text) {
    if !judge(shell, name, value) && !is_inert(name) {
        shell.findings.doubt(format!("{name} changes what the program does"));
    }
}

/// True when something was said about the variable.
fn judge(shell: &mut Shell, name: &str, value: &Text) -> bool {
    let line = format!("{name}={}", value.text);
    match sense(name) {
        Sense::Prompt => {
            shell.document(&value.text);
        }
        Sense::Code => {
            shell.code(value, None, name);
        }
        Sense::Script => shell.startup_file(name, value),
        Sense::Library => {
            let what = format!("loads {} into every program that starts afterwards", value.text);
            shell.findings.add(Judgement::loss(CodeExecution, what), &line);
        }
        Sense::Options if loads_code(&value.text) => {
            let what = format!("makes every later interpreter run {} first", value.text);
            shell.findings.add(Judgement::loss(CodeExecution, what), &line);
        }
        Sense::Path => path(shell, value, &line),
        Sense::Logins if super::paths::is_temporary(&value.text) => {
            let what = format!("runs the login programs that {} names", value.text);
            shell.findings.add(Judgement::loss(CodeExecution, what), &line);
        }
        Sense::Function => exported_function(shell, name, value),
        Sense::Options | Sense::Logins | Sense::Plain => {
            if is_environment(name) && !is_inert(name) {
                shell.findings.doubt(format!("{name} changes what programs do"));
            }
            return false;
        }
    }
    true
}

enum Sense {
    Plain,
    /// Expanded, substitutions included, before a prompt or a trace line.
    Prompt,
    /// Run as a command.
    Code,
    /// A file that a shell runs first.
    Script,
    /// A shared object that the loader loads.
    Library,
    /// Options of an interpreter.
    Options,
    Path,
    /// A file that names programs to log in with.
    Logins,
    /// A function that bash imports.
    Function,
}

fn sense(name: &str) -> Sense {
    match name {
        "PS0" | "PS1" | "PS2" | "PS4" => Sense::Prompt,
        "PROMPT_COMMAND"
        | "GIT_SSH_COMMAND"
        | "GIT_SSH"
        | "GIT_PAGER"
        | "GIT_EDITOR"
        | "GIT_SEQUENCE_EDITOR"
        | "GIT_EXTERNAL_DIFF"
        | "GIT_ASKPASS"
        | "GIT_PROXY_COMMAND"
        | "SSH_ASKPASS"
        | "PAGER"
        | "EDITOR"
        | "VISUAL"
        | "BROWSER"
        | "MANPAGER"
        | "LESSOPEN"
        | "LESSCLOSE"
        | "SYSTEMD_PAGER"
        | "AWS_PAGER"
        | "KUBE_EDITOR"
        | "KUBECTL_EXTERNAL_DIFF"
        | "RSYNC_RSH"
        | "CVS_RSH"
        | "FCEDIT" => Sense::Code,
        "BASH_ENV" | "ENV" | "PYTHONSTARTUP" => Sense::Script,
        "GCONV_PATH"
        | "LD_PRELOAD"
        | "LD_LIBRARY_PATH"
        | "LD_AUDIT"
        | "DYLD_INSERT_LIBRARIES"
        | "DYLD_LIBRARY_PATH" => Sense::Library,
        "NODE_OPTIONS" | "PERL5OPT" | "RUBYOPT" | "PYTHONPATH" | "PYTHONHOME" | "PERL5LIB" | "RUBYLIB"
        | "NODE_PATH" | "JAVA_TOOL_OPTIONS" | "_JAVA_OPTIONS" | "PYTHONWARNINGS" | "PYTHONINSPECT" => Sense::Options,
        "PATH" => Sense::Path,
        "KUBECONFIG" => Sense::Logins,
        _ if name.starts_with("BASH_FUNC_") => Sense::Function,
        _ => Sense::Plain,
    }
}

fn loads_code(value: &str) -> bool {
    [
        "--require",
        "-r",
        "-M",
        "--import",
        "--loader",
        "--experimental-loader",
        "-javaagent",
        "-agentlib",
        "-agentpath",
        "/tmp",
        "./",
    ]
    .iter()
    .any(|option| value.contains(option))
}

/// Directories that anybody may write to, or that move with the working directory, must not come first.
fn path(shell: &mut Shell, value: &Text, line: &str) {
    let mut directories = value.text.split(':');
    let suspicious = directories.find(|directory| is_unsafe_directory(directory));
    match suspicious {
        Some(directory) => {
            let place = if directory.is_empty() { "the working directory" } else { directory };
            let what = format!("lets programs be replaced by files of {place}");
            shell.findings.add(Judgement::loss(CodeExecution, what), line);
        }
        None => shell.findings.doubt("PATH decides which programs run"),
    }
}

fn is_unsafe_directory(directory: &str) -> bool {
    directory.is_empty()
        || directory.starts_with('.')
        || super::paths::is_temporary(directory)
        || directory.starts_with("/tmp")
}

/// `BASH_FUNC_ls%%='() { …; }'` defines `ls` in every bash that starts.
fn exported_function(shell: &mut Shell, name: &str, value: &Text) {
    let function = name.trim_start_matches("BASH_FUNC_").trim_end_matches("%%").trim_end_matches("()");
    let call = value.map(|body| format!("{function} {body}\n{function}"));
    shell.code(&call, None, name);
}

/// By custom what the environment passes on is written in capitals.
fn is_environment(name: &str) -> bool {
    name.ends_with("_proxy")
        || name.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
}

fn is_inert(name: &str) -> bool {
    name.starts_with("LC_") || matches!(name, "LANG" | "LANGUAGE" | "TZ" | "NO_COLOR" | "COLUMNS" | "LINES")
}

impl Shell {
    fn startup_file(&mut self, name: &str, path: &Text) {
        let content = path.known().and_then(|path| self.scope.file(path)).cloned();
        match content {
            Some(content) => {
                self.subshell(|shell| shell.code(&content, None, name));
            }
            None => {
                // It may also be a substitution: `ENV='$(cmd)'` is expanded.
                self.document(&path.text);
                let what = format!("makes every later shell run {} first", path.text);
                self.findings.add(Judgement::loss(CodeExecution, what), &format!("{name}={}", path.text));
            }
        }
    }
}
