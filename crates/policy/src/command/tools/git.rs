//! Git: what loses commits, branches or work that isn't committed, and what makes it run programs.

use super::super::assessment::DestructionKind::{self, CodeExecution, Git};
use super::super::findings::Judgement;
use super::super::run::Invocation;
use super::super::text::Text;
use super::Cli;

/// Options before the subcommand that take a word.
const GLOBAL: &[&str] = &[
    "-C",
    "-c",
    "--git-dir",
    "--work-tree",
    "--namespace",
    "--exec-path",
    "--super-prefix",
    "--config-env",
    "--attr-source",
];
const VALUED: &[&str] = &[
    "-m",
    "-b",
    "-B",
    "-C",
    "-o",
    "--push-option",
    "--upload-pack",
    "-u",
    "--exec",
    "--receive-pack",
    "--repo",
    "-s",
    "--strategy",
    "-X",
    "--onto",
    "-x",
    "--author",
    "--date",
    "-F",
    "--file",
    "-t",
    "--grep",
    "-S",
    "-G",
    "-n",
    "--since",
    "--until",
    "-O",
    "--source",
    "-e",
    "--expire",
    "--message",
    "--reference",
    "--depth",
    "--branch",
    "--config",
    "-c",
    "--template",
    "-j",
    "--origin",
];

/// Branches that others build on by custom.
const SHARED: &[&str] = &["main", "master", "trunk", "develop", "production", "prod", "release", "stable"];

/// Configuration keys whose value git runs.
const RUNS: &[&str] = &[
    "core.pager",
    "core.editor",
    "core.sshcommand",
    "core.fsmonitor",
    "core.askpass",
    "core.gitproxy",
    "diff.external",
    "sequence.editor",
    "credential.helper",
    "gpg.program",
    "core.hookspath",
    "uploadpack.packobjectshook",
    "sendemail.sendmailcmd",
    "interactive.difffilter",
    "receive.procreceiverefs",
];

struct Call<'a> {
    verb: &'a str,
    cli: Cli<'a>,
}

pub(super) fn judge(call: &Invocation<'_>) -> Option<Judgement> {
    match call.program {
        "git" => {}
        "git-filter-repo" | "bfg" => return Some(lost("rewrites every commit of the repository")),
        _ => return None,
    }
    let rest = after_global(call.args);
    let Some((verb, args)) = rest.split_first() else { return Some(Judgement::unknown("git alone shows its help")) };
    let global = Cli::read(&call.args[..call.args.len() - rest.len()], GLOBAL);
    if let Some(judgement) = loaded_code(&global) {
        return Some(judgement);
    }
    // `-n` takes a number in some subcommands and means "dry run" in others.
    let valued: Vec<&str> = VALUED
        .iter()
        .copied()
        .filter(|option| {
            !(matches!(
                verb.as_str(),
                "clean"
                    | "push"
                    | "commit"
                    | "rm"
                    | "add"
                    | "prune"
                    | "checkout"
                    | "branch"
                    | "config"
                    | "stash"
                    | "restore"
            ) && matches!(*option, "-n" | "-x" | "-e" | "-S" | "-u" | "-c" | "-C" | "-t" | "-X" | "-O"))
        })
        .collect();
    let cli = Cli::read(args, &valued);
    if cli.has(&["--help"]) {
        return Some(Judgement::unknown("it shows its help"));
    }
    let call = Call { verb: verb.as_str(), cli };
    Some(
        subcommand(&call, args)
            .unwrap_or_else(|| Judgement::unknown("git runs what the repository's configuration says")),
    )
}

/// The words from the subcommand on.
fn after_global(args: &[Text]) -> &[Text] {
    super::super::run::after_options(args, GLOBAL, 0)
}

fn lost(what: impl Into<String>) -> Judgement {
    Judgement::loss(Git, what)
}

fn loaded_code(global: &Cli<'_>) -> Option<Judgement> {
    if let Some(directory) =
        global.value(&["--git-dir", "--work-tree"]).filter(|path| super::super::run::paths::is_temporary(path))
    {
        return Some(Judgement::loss(CodeExecution, format!("runs what the configuration in {directory} says")));
    }
    if global.values(&["-c"]).any(|setting| setting.to_ascii_lowercase().starts_with("protocol.ext.allow")) {
        return Some(Judgement::loss(CodeExecution, "lets an address run a program (protocol.ext)"));
    }
    let path = global.value(&["--exec-path"])?;
    Some(Judgement::loss(CodeExecution, format!("runs the programs in {path} in place of git's own")))
}

fn subcommand(call: &Call<'_>, args: &[Text]) -> Option<Judgement> {
    working_tree(call, args).or_else(|| references(call, args)).or_else(|| executed(call, args))
}

/// What discards changes that aren't committed.
fn working_tree(call: &Call<'_>, args: &[Text]) -> Option<Judgement> {
    let cli = &call.cli;
    let has = |names: &[&str]| cli.has(names);
    let subject = cli.subject(0);
    let wide = cli.words.iter().any(|word| is_wide(&word.text));
    let what = match call.verb {
        "clean" => return clean(cli),
        "checkout" => return checkout(cli, args),
        "restore" => return restore(cli),
        "stash" => return stash(cli),
        "reset" if has(&["--hard", "--merge", "--keep"]) => {
            format!("discards every change that isn't committed, and commits after {}", or(&subject, "HEAD"))
        }
        "switch" if has(&["-f", "--force", "--discard-changes", "-C", "--force-create"]) => {
            format!("discards every change that isn't committed, or moves the branch {subject}")
        }
        "rm" if has(&["-r"]) && wide => format!("takes every file of {subject} out of the index"),
        "rm" if has(&["-r", "-f", "--force"]) && !has(&["-n", "--dry-run", "--cached"]) => {
            format!("deletes {subject} from the working tree and the index")
        }
        "worktree" if cli.word(0) == "remove" => {
            format!("deletes the working tree {} and what isn't committed in it", cli.subject(1))
        }
        "submodule" if cli.word(0) == "deinit" => format!("deletes the working tree of submodule {}", cli.subject(1)),
        "read-tree" | "checkout-index" if has(&["-f", "--force"]) || args.iter().any(|arg| arg.text == "--reset") => {
            "overwrites files of the working tree".to_owned()
        }
        "lfs" if cli.word(0) == "prune" && !has(&["--dry-run", "-d"]) => {
            "deletes local copies of large files".to_owned()
        }
        "nuke" | "obliterate" | "undo" | "reset-hard" => format!("runs git-{}, which discards work", call.verb),
        _ => return None,
    };
    Some(lost(what))
}

/// What moves or deletes branches, tags and other references, or the commits that only they hold.
fn references(call: &Call<'_>, args: &[Text]) -> Option<Judgement> {
    let cli = &call.cli;
    let has = |names: &[&str]| cli.has(names);
    let subject = cli.subject(0);
    let prunes = cli.options.iter().any(|option| option.name == "--prune" && option.value != Some("never"));
    let plus = cli.words.iter().any(|word| word.text.starts_with('+'));
    let what = match call.verb {
        "push" => return push(cli),
        "branch" => return branch(cli, args),
        "rebase" | "merge" | "am" | "cherry-pick" | "revert" => return interrupted(cli),
        "tag" if has(&["-d", "--delete", "-f", "--force"]) => format!("deletes or moves the tag {subject}"),
        "reflog" if matches!(cli.word(0), "expire" | "delete" | "drop") => {
            "deletes the record by which lost commits can be found again".to_owned()
        }
        "gc" if prunes || has(&["--aggressive"]) => "deletes commits that no branch holds".to_owned(),
        "prune" if !has(&["-n", "--dry-run"]) => "deletes commits that no branch holds".to_owned(),
        "filter-branch" | "filter-repo" => "rewrites every commit of the repository".to_owned(),
        "fetch" | "pull" if has(&["-f", "--force"]) || plus => {
            format!("overwrites branches here by those of {}", or(cli.word(0), "the remote"))
        }
        "update-ref" if is_shared(cli.word(0)) => {
            format!("moves the branch {subject}, and loses commits that only it holds")
        }
        "update-ref" | "symbolic-ref" if has(&["-d", "--delete", "--stdin"]) => {
            format!("deletes the reference {subject}")
        }
        "replace" if has(&["-d", "-f", "--delete", "--force"]) => format!("replaces {subject}"),
        "notes" if matches!(cli.word(0), "remove" | "prune") => "deletes notes of commits".to_owned(),
        "remote" if matches!(cli.word(0), "rm" | "remove" | "prune" | "set-url") && !has(&["-n", "--dry-run"]) => {
            format!("removes or replaces the remote {}", cli.subject(1))
        }
        "send-pack" | "http-push" if has(&["-f", "--force", "-d", "-D", "--mirror", "--all"]) => {
            format!("overwrites branches of {}", cli.word(0))
        }
        "delete-branch" | "delete-merged-branches" => format!("runs git-{}, which deletes branches", call.verb),
        _ => return None,
    };
    Some(lost(what))
}

/// What makes git run a program, serve the repository, or show what it keeps.
fn executed(call: &Call<'_>, args: &[Text]) -> Option<Judgement> {
    let cli = &call.cli;
    let opens = |arg: &Text| arg.text.starts_with("-O") || arg.text.starts_with("--open-files-in-pager");
    match call.verb {
        "config" => config(cli),
        "diff" | "log" | "show" if writes_outside(cli) => {
            Some(Judgement::loss(DestructionKind::Files, "overwrites a system file by --output"))
        }
        "diff" | "log" | "show" if cli.has(&["--ext-diff", "--textconv"]) => {
            Some(runs("the external diff programs that the repository names"))
        }
        "grep" if args.iter().any(opens) => Some(runs("a program on the files that match")),
        "clone" | "fetch" | "pull" | "ls-remote" | "archive" => transport(cli),
        "daemon" | "instaweb" => {
            Some(Judgement::loss(DestructionKind::AccessControl, "serves the repository to whoever connects"))
        }
        "credential" if cli.word(0) == "fill" => {
            Some(Judgement::loss(DestructionKind::Secrets, "shows stored passwords"))
        }
        _ => None,
    }
}

fn writes_outside(cli: &Cli<'_>) -> bool {
    cli.value(&["--output"]).is_some_and(super::super::run::paths::is_precious)
}

fn or<'a>(text: &'a str, otherwise: &'a str) -> &'a str {
    if text.is_empty() { otherwise } else { text }
}

fn runs(what: &str) -> Judgement {
    Judgement::loss(CodeExecution, format!("runs {what}"))
}

fn push(cli: &Cli<'_>) -> Option<Judgement> {
    if cli.has(&["-n", "--dry-run"]) {
        return None;
    }
    let refs: Vec<&str> = cli.words.iter().skip(1).map(|word| word.text.as_str()).collect();
    let named = or(&refs.join(" "), "the current branch").to_owned();
    if cli.has(&["--mirror"]) {
        return Some(lost("overwrites every branch and tag of the remote, and deletes those that aren't here"));
    }
    if cli.has(&["--prune"]) {
        return Some(lost("deletes branches of the remote that aren't here"));
    }
    let deleted = refs.iter().find(|name| name.starts_with(':') && name.len() > 1);
    if cli.has(&["-d", "--delete"]) || deleted.is_some() {
        return Some(lost(format!("deletes {named} from the remote")));
    }
    let forced = cli.has(&["-f", "--force"])
        || cli.options.iter().any(|option| option.name.starts_with("--force"))
        || refs.iter().any(|name| name.starts_with('+'));
    let leased = cli.options.iter().any(|option| option.name == "--force-with-lease")
        && !cli.has(&["-f", "--force"])
        && !refs.iter().any(|name| name.starts_with('+'));
    let shared = refs.is_empty() || refs.iter().any(|name| is_shared(name));
    if forced && (shared || !leased) {
        return Some(lost(format!("overwrites {named} on the remote, and loses the commits that others pushed")));
    }
    if let Some(program) = cli.value(&["--receive-pack", "--exec"]) {
        return Some(runs(&format!("{program} on the remote")));
    }
    shared_branch(cli, &refs)
}

/// True when a refspec updates a branch that others build on.
fn is_shared(refspec: &str) -> bool {
    let target = refspec.rsplit_once(':').map_or(refspec, |(_, to)| to);
    SHARED.contains(&target.trim_start_matches("refs/heads/"))
}

/// A shared branch goes along with another one, or past the checks.
fn shared_branch(cli: &Cli<'_>, refs: &[&str]) -> Option<Judgement> {
    let shared = refs.iter().find(|name| is_shared(name))?;
    let unchecked =
        cli.has(&["--no-verify"]) || cli.value(&["-o", "--push-option"]).is_some_and(|option| option.contains("skip"));
    let beside = refs.len() > 1;
    (unchecked || beside || cli.has(&["--all"])).then(|| {
        lost(format!("changes the shared branch {shared} of the remote, past its checks or beside another branch"))
    })
}

fn clean(cli: &Cli<'_>) -> Option<Judgement> {
    let shows = cli.has(&["-n", "--dry-run", "-i", "--interactive"]);
    let forced = cli.has(&["-f", "--force", "-x", "-X", "-d"]);
    (forced && !shows)
        .then(|| lost(format!("deletes every file that isn't tracked in {}", or(&cli.subject(0), "the working tree"))))
}

fn checkout(cli: &Cli<'_>, args: &[Text]) -> Option<Judgement> {
    if cli.has(&["-f", "--force", "-B"]) {
        return Some(lost(format!(
            "discards every change that isn't committed, or moves a branch: {}",
            cli.subject(0)
        )));
    }
    let paths = args.iter().position(|arg| arg.text == "--").map(|at| &args[at + 1..]);
    let wide = match paths {
        Some(paths) => paths.iter().any(|path| is_wide(&path.text)),
        None => cli.words.iter().any(|word| is_wide(&word.text)) && !cli.has(&["-b"]),
    };
    (wide || cli.has(&["--ours", "--theirs"]))
        .then(|| lost(format!("discards changes to {} that aren't committed", cli.subject(0))))
}

/// A whole directory or a pattern, against a file that was named on purpose.
fn is_wide(path: &str) -> bool {
    matches!(path, "." | ":/" | "*" | "./" | "/" | "..") || path.ends_with('/') || path.contains('*')
}

/// Unstaging loses nothing; a single file is a small, deliberate loss; a directory isn't.
fn restore(cli: &Cli<'_>) -> Option<Judgement> {
    let staged = cli.has(&["-S", "--staged"]);
    if staged && !cli.has(&["-W", "--worktree"]) {
        return None;
    }
    let wide = cli.words.iter().any(|word| is_wide(&word.text));
    let explicit = cli.has(&["-W", "--worktree"]);
    (wide || explicit).then(|| lost(format!("discards changes to {} that aren't committed", cli.subject(0))))
}

fn stash(cli: &Cli<'_>) -> Option<Judgement> {
    let which = or(cli.word(1), "the last one").to_owned();
    match cli.word(0) {
        "clear" => Some(lost("deletes every stash")),
        "drop" => Some(lost(format!("deletes the stash {which}"))),
        _ => None,
    }
}

fn branch(cli: &Cli<'_>, args: &[Text]) -> Option<Judgement> {
    if cli.has(&["-m", "--move"]) && cli.words.iter().any(|word| is_shared(&word.text)) {
        return Some(lost(format!("renames the shared branch: {}", cli.subject(0))));
    }
    let forced = args.iter().any(|arg| {
        matches!(
            arg.text.as_str(),
            "-D" | "-M" | "-C" | "-f" | "--force" | "-fd" | "-df" | "-rd" | "-dr" | "-Dr" | "-rD"
        )
    });
    let deletes_shared =
        cli.has(&["-d", "--delete"]) && cli.words.iter().any(|word| SHARED.contains(&word.text.as_str()));
    (forced || deletes_shared)
        .then(|| lost(format!("deletes or moves the branch {}, and commits that only it holds", cli.subject(0))))
}

fn interrupted(cli: &Cli<'_>) -> Option<Judgement> {
    if cli.has(&["--skip"]) {
        return Some(lost("drops a commit"));
    }
    None
}

fn config(cli: &Cli<'_>) -> Option<Judgement> {
    let removes =
        cli.has(&["--unset", "--unset-all", "--remove-section"]) || matches!(cli.word(0), "unset" | "remove-section");
    let skip = usize::from(matches!(cli.word(0), "set" | "unset" | "get" | "list"));
    let key = cli.word(skip).to_ascii_lowercase();
    let wide = cli.has(&["--global", "--system"]);
    if removes && (wide || RUNS.contains(&key.as_str())) {
        return Some(Judgement::loss(
            DestructionKind::AccessControl,
            format!("removes git's setting {key} for every repository"),
        ));
    }
    let value = cli.word(skip + 1);
    if value.is_empty() || matches!(cli.word(0), "get" | "list") || cli.has(&["--get", "--get-all", "--list", "-l"]) {
        return None;
    }
    let redirects = key.starts_with("url.") || key == "http.sslverify" || key == "http.proxy" || key == "core.gitproxy";
    let runs_value = RUNS.contains(&key.as_str())
        || key.starts_with("alias.") && value.starts_with('!')
        || key.starts_with("filter.")
        || key.ends_with(".textconv")
        || key.ends_with(".cmd")
        || key.ends_with(".command")
        || key.ends_with(".driver");
    if runs_value {
        return Some(runs(&format!("{value} whenever git looks at {key}")));
    }
    redirects
        .then(|| Judgement::loss(CodeExecution, format!("fetches code from elsewhere, or unchecked: {key}={value}")))
}

/// `--upload-pack` and `ext::` start a program of the caller's choice.
fn transport(cli: &Cli<'_>) -> Option<Judgement> {
    if let Some(program) = cli.value(&["--upload-pack", "-u", "--exec"]) {
        return Some(runs(program));
    }
    if let Some(url) = cli.words.iter().find(|word| word.text.starts_with("ext::")) {
        return Some(runs(&url.text));
    }
    if let Some(template) = cli.value(&["--template"]).filter(|path| super::super::run::paths::is_temporary(path)) {
        return Some(runs(&format!("the hooks in {template}")));
    }
    let key = cli.value(&["-c", "--config"])?.to_ascii_lowercase();
    RUNS.iter().any(|name| key.starts_with(name)).then(|| runs(&key))
}

/// The commands that settings of this one call make git run, as `!shell` or as git subcommands; the flag tells aliases.
pub(in crate::command) fn settings(args: &[Text]) -> Vec<(String, bool)> {
    let mut found = Vec::new();
    let rest = after_global(args);
    let global = Cli::read(&args[..args.len() - rest.len()], GLOBAL);
    for setting in global.values(&["-c"]) {
        let Some((key, value)) = setting.split_once('=') else { continue };
        let key = key.to_ascii_lowercase();
        if key.starts_with("alias.") {
            found.push((value.to_owned(), true));
        } else if RUNS.contains(&key.as_str())
            || key.starts_with("pager.")
            || key.starts_with("filter.")
            || key.ends_with(".cmd")
            || key.ends_with(".textconv")
            || key.ends_with(".driver")
        {
            found.push((format!("!{}", value.trim_start_matches('!')), false));
        }
    }
    found
}

/// The commands that a subcommand is given to run: `bisect run`, `submodule foreach`, `rebase --exec`.
pub(in crate::command) fn commands(args: &[Text]) -> Vec<String> {
    let mut found = Vec::new();
    let Some((verb, args)) = after_global(args).split_first() else { return found };
    let joined = |from: usize| Text::join(args.get(from..).unwrap_or_default(), " ").text;
    match verb.as_str() {
        "bisect" if args.first().is_some_and(|arg| arg.text == "run") => found.push(joined(1)),
        "submodule" if args.first().is_some_and(|arg| arg.text == "foreach") => {
            let skip = 1 + args.iter().skip(1).take_while(|arg| arg.text.starts_with('-')).count();
            found.push(joined(skip));
        }
        "for-each-repo" => found.push(format!("git {}", joined(0))),
        "rebase" | "difftool" | "filter-branch" | "clone" | "fetch" | "ls-remote" | "archive" | "pull" => {
            let options = [
                "-x",
                "--exec",
                "--extcmd",
                "--tree-filter",
                "--index-filter",
                "--msg-filter",
                "--env-filter",
                "--commit-filter",
                "--upload-pack",
            ];
            found.extend(Cli::read(args, &options).values(&options).map(ToOwned::to_owned));
        }
        "config" => {
            let cli = Cli::read(args, &[]);
            if cli.word(0).to_ascii_lowercase().starts_with("alias.") && cli.word(1).starts_with('!') {
                found.push(cli.word(1).trim_start_matches('!').to_owned());
            }
        }
        _ => {}
    }
    found
}
