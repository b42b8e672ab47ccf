//! Subcommands that say by their verb what they do. Most tools are built from a noun and a verb (`nats stream rm`,
//! `aws sqs purge-queue`, `rabbitmqctl delete_vhost`, `heroku apps:destroy`), so a tool that nobody listed is understood
//! as far as its verb tells.

use super::super::assessment::DestructionKind;
use super::super::findings::Judgement;
use super::Cli;

/// Verbs of loss, with what a reason calls them.
const LOSS: &[(&str, &str)] = &[
    ("delete", "deletes"),
    ("del", "deletes"),
    ("destroy", "destroys"),
    ("remove", "removes"),
    ("rm", "removes"),
    ("rb", "removes"),
    ("rmdir", "removes"),
    ("drop", "drops"),
    ("purge", "purges"),
    ("prune", "prunes"),
    ("wipe", "wipes"),
    ("erase", "erases"),
    ("terminate", "terminates"),
    ("uninstall", "uninstalls"),
    ("unregister", "unregisters"),
    ("deregister", "deregisters"),
    ("revoke", "revokes"),
    ("disable", "disables"),
    ("detach", "detaches"),
    ("disassociate", "detaches"),
    ("reset", "resets"),
    ("flush", "flushes"),
    ("flushall", "flushes"),
    ("clear", "clears"),
    ("truncate", "empties"),
    ("nuke", "destroys"),
    ("obliterate", "destroys"),
    ("unpublish", "unpublishes"),
    ("yank", "yanks"),
    ("expire", "expires"),
    ("forget", "forgets"),
    ("evict", "evicts"),
    ("deactivate", "deactivates"),
    ("decommission", "decommissions"),
    ("untag", "removes the tag of"),
    ("unlink", "unlinks"),
    ("empty", "empties"),
    ("teardown", "tears down"),
    ("shutdown", "shuts down"),
    ("seal", "seals"),
    ("roll", "replaces"),
    ("unsubscribe", "unsubscribes"),
    ("unassign", "unassigns"),
    ("void", "voids"),
    ("refund", "refunds"),
    ("archive", "archives"),
    ("suspend", "suspends"),
    ("mute", "mutes"),
    ("unalias", "removes"),
    ("kill", "kills"),
    ("undeploy", "takes down"),
    ("undelegate", "removes"),
    ("force-delete", "deletes"),
    ("clean", "cleans away"),
    ("recreate", "replaces"),
    ("bulk-delete", "deletes"),
    ("batch-delete", "deletes"),
    ("delete-all", "deletes all"),
    ("removeall", "removes all"),
    ("deprovision", "destroys"),
    ("close-account", "closes"),
];

/// Verbs after which no loss follows: what comes then is a name.
const HARMLESS: &[&str] = &[
    "list",
    "ls",
    "get",
    "show",
    "describe",
    "view",
    "status",
    "info",
    "help",
    "version",
    "cat",
    "read",
    "find",
    "search",
    "query",
    "check",
    "test",
    "validate",
    "verify",
    "lint",
    "diff",
    "plan",
    "preview",
    "tail",
    "stat",
    "stats",
    "history",
    "inspect",
    "exists",
    "count",
    "export",
    "dump",
    "create",
    "add",
    "new",
    "put",
    "set",
    "update",
    "edit",
    "enable",
    "apply",
    "start",
    "run",
    "exec",
    "build",
    "install",
    "upgrade",
    "init",
    "login",
    "copy",
    "cp",
    "push",
    "pull",
    "fetch",
    "clone",
    "pub",
    "sub",
    "publish",
    "whoami",
    "import",
    "report",
    "watch",
    "top",
    "explain",
    "describe-*",
    "doctor",
    "ping",
    "head",
    "open",
    "invite",
    "rename",
    "wait",
    "sync",
];

/// Judges by the first of the leading words that is a verb; `None` if none is.
pub(super) fn judge(program: &str, cli: &Cli<'_>, kind: DestructionKind) -> Option<Judgement> {
    const LEADING: usize = 5;
    let mut nouns = Vec::new();
    for index in 0..cli.words.len().min(LEADING) {
        let word = cli.word(index);
        // A path isn't a subcommand, whatever its last part says.
        if word.contains('/') {
            return None;
        }
        if let Some((verb, object)) = loss(word) {
            nouns.extend(object);
            return Some(Judgement::loss(kind, phrase(program, verb, &nouns, &cli.subject(index + 1))));
        }
        if is_harmless(word) || !is_subcommand(word) {
            return None;
        }
        nouns.push(word.replace(['-', '_', ':'], " "));
    }
    None
}

/// Judges by an option that is a verb of loss (`--delete`, `--purge`).
pub(super) fn judge_options(program: &str, cli: &Cli<'_>, kind: DestructionKind) -> Option<Judgement> {
    const OPTIONS: &[&str] = &[
        "--delete",
        "--purge",
        "--destroy",
        "--wipe",
        "--drop",
        "--delete-all",
        "--remove-all",
        "--uninstall",
        "--flush",
    ];
    let option = cli.options.iter().find(|option| OPTIONS.contains(&option.name))?;
    let verb = loss(option.name.trim_start_matches('-'))?.0;
    let subject = [option.value.unwrap_or_default(), &cli.subject(0)].join(" ");
    Some(Judgement::loss(kind, phrase(program, verb, &[], subject.trim())))
}

fn phrase(program: &str, verb: &str, nouns: &[String], subject: &str) -> String {
    let noun = nouns.join(" ");
    let object = [noun.as_str(), subject].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
    let object = if object.is_empty() { "everything it manages here" } else { object.as_str() };
    format!("{verb} {object} ({program})")
}

/// What a reason calls the verb of a word like `delete`, `delete-vhost`, `db:drop` or `deleteTopic`, and its object.
pub(super) fn loss(word: &str) -> Option<(&'static str, Option<String>)> {
    if let Some(verb) = exact(word) {
        return Some((verb, None));
    }
    let separators = ['-', '_', ':', '.'];
    if let Some((first, rest)) = word.split_once(separators)
        && let Some(verb) = exact(first)
    {
        return Some((verb, Some(rest.replace(separators, " "))));
    }
    // `x.rb` is a file.
    if let Some((rest, last)) = word.rsplit_once(separators)
        && !matches!(last, "rb" | "rm")
        && let Some(verb) = exact(last)
    {
        return Some((verb, Some(rest.replace(separators, " "))));
    }
    let end = word.char_indices().skip(1).find(|(_, c)| c.is_ascii_uppercase())?.0;
    Some((exact(&word[..end])?, Some(word[end..].to_ascii_lowercase())))
}

fn exact(word: &str) -> Option<&'static str> {
    LOSS.iter().find(|(verb, _)| verb.eq_ignore_ascii_case(word)).map(|(_, phrase)| *phrase)
}

fn is_harmless(word: &str) -> bool {
    let first = word.split(['-', '_']).next().unwrap_or(word);
    HARMLESS.contains(&word)
        || HARMLESS.contains(&first)
        || word.rsplit(':').next().is_some_and(|last| HARMLESS.contains(&last))
}

/// Subcommands are plain words; a path, a URL or a name with other characters is an operand.
fn is_subcommand(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b':'))
}

#[cfg(test)]
mod tests {
    use super::super::super::text::Text;
    use super::*;

    fn judged(line: &str) -> Option<Judgement> {
        let args: Vec<Text> = line.split(' ').map(Text::exact).collect();
        judge("tool", &Cli::read(&args, &[]), DestructionKind::Service)
    }

    #[test]
    fn verbs_are_found_in_every_spelling() {
        for (line, what) in [
            ("stream rm ORDERS", "removes stream ORDERS (tool)"),
            ("purge-queue q", "purges queue q (tool)"),
            ("delete_vhost /staging", "deletes vhost /staging (tool)"),
            ("apps:destroy prod", "destroys apps prod (tool)"),
            ("deleteTopic t", "deletes topic t (tool)"),
            ("ecs DeleteInstance i", "deletes ecs instance i (tool)"),
        ] {
            assert_eq!(judged(line), Some(Judgement::loss(DestructionKind::Service, what)), "{line}");
        }
    }

    #[test]
    fn names_that_look_like_verbs_are_not_verbs() {
        for line in [
            "get delete",
            "help delete",
            "list --x rm",
            "pub subject delete",
            "./delete",
            "run clean",
            "spec/delete_x.rb",
            "a/rm",
        ] {
            assert_eq!(judged(line), None, "{line}");
        }
    }
}
