//! Programs that only read, whatever their arguments, or with the options listed here. Nothing else may ever run with
//! nobody asked, so a program is listed only if no option of it writes, runs or fetches. Git is missing on purpose:
//! a repository's configuration makes even `git status` run programs.

use super::super::findings::Judgement;
use super::super::run::{Invocation, paths};
use super::Cli;

/// Prints its arguments, or nothing, or facts of the host.
const INERT: &[&str] = &[
    "echo", "printf", "true", "false", ":", "pwd", "whoami", "id", "groups", "uname", "arch", "nproc", "uptime",
    "free", "df", "lsblk", "lscpu", "lsmod", "vmstat", "basename", "dirname", "seq", "expr", "sleep", "test", "[",
    "getconf", "tty", "cal", "logname", "which", "type", "whereis", "factor", "numfmt", "pgrep", "lsof", "w", "who",
    "users", "pidof", "findmnt",
];

/// Reads the files it names.
const READERS: &[&str] = &[
    "cat",
    "tac",
    "head",
    "tail",
    "wc",
    "nl",
    "cut",
    "rev",
    "tr",
    "cmp",
    "comm",
    "paste",
    "fold",
    "column",
    "strings",
    "stat",
    "file",
    "ls",
    "du",
    "md5sum",
    "sha1sum",
    "sha256sum",
    "sha512sum",
    "cksum",
    "b2sum",
    "grep",
    "egrep",
    "fgrep",
    "realpath",
    "readlink",
    "tree",
    "diff",
    "od",
    "hexdump",
    "jq",
    "base64",
    "base32",
    "expand",
    "unexpand",
    "fmt",
    "pr",
    "join",
    "look",
    "tsort",
];

/// Options of these that write or run something.
const EXCEPT: &[(&str, &[&str])] = &[
    ("tree", &["-o", "-R"]),
    ("file", &["-C", "-m", "-f"]),
    ("jq", &["-f", "--from-file", "-L"]),
    ("diff", &["--to-file", "--from-file"]),
    ("printf", &["-v"]),
];

/// Kubernetes objects whose content is a secret.
const SECRET_KINDS: &[&str] = &["secret", "secrets"];

pub(super) fn judge(call: &Invocation<'_>) -> Option<Judgement> {
    match call.program {
        "kubectl" => return kubectl(call),
        "env" | "printenv" | "set" if call.elsewhere => {
            return Some(Judgement::loss(
                super::super::assessment::DestructionKind::Secrets,
                "shows the environment there, with the secrets in it",
            ));
        }
        "env" | "printenv" => return Some(Judgement::unknown("it prints the environment, secrets included")),
        "command" => return Some(Judgement::Reads),
        "hostname" | "date" | "ps" => return shows_only(call),
        _ => {}
    }
    let reads_files = READERS.contains(&call.program);
    if !reads_files && !INERT.contains(&call.program) {
        return None;
    }
    if reads_files && let Some(judgement) = call.args.iter().find_map(paths::secret) {
        return Some(judgement);
    }
    if call.args.iter().any(|arg| arg.text.starts_with("/dev/tcp/") || arg.text.starts_with("/dev/udp/")) {
        return Some(Judgement::unknown("it opens a connection"));
    }
    let except = EXCEPT.iter().find(|(program, _)| *program == call.program).map_or(&[][..], |(_, options)| options);
    if Cli::read(call.args, &[]).has(except) {
        return Some(Judgement::unknown(format!("an option of {} writes or runs something", call.program)));
    }
    if call.program == "jq" && call.args.iter().any(|arg| arg.text.contains("env") || arg.text.contains("ENV")) {
        return Some(Judgement::unknown("jq may print the environment"));
    }
    if call
        .args
        .iter()
        .any(|arg| paths::is_disk(&arg.text) || (!arg.exact && matches!(call.program, "echo" | "printf")))
    {
        return Some(Judgement::unknown("what it prints isn't known before, and may be a secret"));
    }
    // A wildcard or an unknown word may name anything, a secret too.
    if reads_files && call.args.iter().any(|arg| !arg.exact || may_match_secret(&arg.text)) {
        return Some(Judgement::unknown("which files it reads isn't known before"));
    }
    Some(Judgement::Reads)
}

fn may_match_secret(arg: &str) -> bool {
    !arg.starts_with('-') && arg.contains('/') && arg.contains(['*', '?', '['])
}

/// `date -s` and `hostname NAME` set; `ps e` shows the environment of every process.
fn shows_only(call: &Invocation<'_>) -> Option<Judgement> {
    let shows = match call.program {
        "ps" => call
            .args
            .iter()
            .all(|arg| matches!(arg.text.as_str(), "aux" | "ax" | "axu" | "auxf" | "-e" | "-ef" | "-A" | "-f")),
        "date" => call.args.iter().all(|arg| arg.text.starts_with('+') || arg.text == "-u"),
        _ => call.args.iter().all(|arg| matches!(arg.text.as_str(), "-f" | "-s" | "-i" | "-I" | "-d")),
    };
    shows.then_some(Judgement::Reads)
}

/// Reading subcommands with the options that select and print; templates and other credentials are left out.
fn kubectl(call: &Invocation<'_>) -> Option<Judgement> {
    const VALUED: &[&str] = &[
        "-n",
        "--namespace",
        "-o",
        "--output",
        "-l",
        "--selector",
        "-c",
        "--container",
        "--tail",
        "--since",
        "--context",
        "--field-selector",
        "--sort-by",
        "--limit-bytes",
    ];
    const FLAGS: &[&str] = &[
        "-A",
        "--all-namespaces",
        "--previous",
        "-p",
        "--timestamps",
        "--no-headers",
        "--show-labels",
        "--all-containers",
        "--containers",
        "--prefix",
        "--client",
        "--short",
        "-L",
        "--ignore-not-found",
    ];
    let cli = Cli::read(call.args, VALUED);
    let reads =
        matches!(
            cli.word(0),
            "get"
                | "describe"
                | "logs"
                | "top"
                | "explain"
                | "version"
                | "api-resources"
                | "api-versions"
                | "cluster-info"
                | "events"
        ) || matches!((cli.word(0), cli.word(1)), ("rollout", "status" | "history") | ("auth", "can-i" | "whoami"));
    let plain = call.args.iter().all(|arg| arg.exact)
        && cli.options.iter().all(|option| VALUED.contains(&option.name) || FLAGS.contains(&option.name))
        && matches!(cli.value(&["-o", "--output"]), None | Some("wide" | "name" | "yaml" | "json"));
    let names_secrets = cli.words.iter().skip(1).any(|word| {
        word.text.split([',', '/', '.']).any(|kind| SECRET_KINDS.contains(&kind.to_ascii_lowercase().as_str()))
    });
    let dump = cli.word(0) == "cluster-info" && cli.word(1) == "dump";
    (reads && plain && !names_secrets && !dump).then_some(Judgement::Reads)
}
