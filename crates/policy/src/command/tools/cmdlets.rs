//! PowerShell's commands: a verb that a list of approved ones prescribes, and a noun.

use super::super::assessment::DestructionKind::{
    self, AccessControl, Cloud, CodeExecution, Database, Disk, Files, Host, Monitoring, Network, Secrets, Service,
    Storage,
};
use super::super::findings::Judgement;
use super::super::run::{Invocation, paths};
use super::super::sql;
use super::super::text::Text;
use super::files;

/// Short names of commands that lose files; Unix programs of the same name are judged the same way.
const ALIASES: &[(&str, &str)] = &[
    ("ri", "remove-item"),
    ("rm", "remove-item"),
    ("rd", "remove-item"),
    ("rmdir", "remove-item"),
    ("del", "remove-item"),
    ("erase", "remove-item"),
    ("clc", "clear-content"),
    ("sc", "set-content"),
    ("gc", "get-content"),
    ("cat", "get-content"),
    ("type", "get-content"),
    ("kill", "stop-process"),
    ("spps", "stop-process"),
    ("spsv", "stop-service"),
    ("irm", "invoke-restmethod"),
    ("iwr", "invoke-webrequest"),
];

/// Verbs of loss, with what a reason calls them.
const VERBS: &[(&str, &str)] = &[
    ("remove", "removes"),
    ("clear", "clears"),
    ("stop", "stops"),
    ("disable", "disables"),
    ("uninstall", "uninstalls"),
    ("unregister", "unregisters"),
    ("revoke", "revokes"),
    ("reset", "resets"),
    ("format", "formats"),
    ("initialize", "erases"),
    ("dismount", "takes away"),
    ("suspend", "suspends"),
    ("unpublish", "unpublishes"),
    ("block", "blocks"),
    ("deny", "denies"),
];

/// Nouns that belong to the session, or that are only shown: nothing of them lasts.
const OWN: &[&str] = &[
    "variable",
    "module",
    "alias",
    "job",
    "event",
    "typedata",
    "pssession",
    "psbreakpoint",
    "psdrive",
    "host",
    "history",
    "transcript",
    "psreadlinekeyhandler",
    "table",
    "list",
    "wide",
    "custom",
    "hex",
    "xml",
    "sleep",
    "dnsclientcache",
];

/// Commands whose verb says too little: a name, words of which one must be given (none: always), a kind and what it means.
const LISTED: &[(&str, &[&str], DestructionKind, &str)] = &[
    ("set-executionpolicy", &["bypass", "unrestricted"], AccessControl, "lets any script run on this host"),
    ("set-mppreference", &[], AccessControl, "weakens this host's protection against malware"),
    ("add-mppreference", &[], AccessControl, "weakens this host's protection against malware"),
    ("set-acl", &[], AccessControl, "changes who may use {}"),
    ("set-adaccountpassword", &[], AccessControl, "changes the password of {}"),
    ("add-localgroupmember", &[], AccessControl, "gives rights: {}"),
    ("add-adgroupmember", &[], AccessControl, "gives rights: {}"),
    ("new-localuser", &[], AccessControl, "makes a login: {}"),
    ("new-azroleassignment", &[], AccessControl, "gives rights: {}"),
    ("set-netfirewallprofile", &["false"], Network, "switches the firewall off"),
    ("set-service", &["disabled", "stopped"], Host, "keeps the service {} from running"),
    ("set-itemproperty", &["hklm"], Host, "changes the registry: {}"),
    ("new-itemproperty", &["hklm"], Host, "changes the registry: {}"),
    ("register-scheduledtask", &[], CodeExecution, "makes this host run {} later"),
    ("new-service", &[], CodeExecution, "makes this host run {} from now on"),
    ("restart-computer", &[], Host, "restarts the hosts {}"),
    ("rename-computer", &[], Host, "changes what the host is called: {}"),
    ("set-date", &[], Host, "changes the clock of the host"),
    ("restore-computer", &[], Host, "puts an older state of the host in place"),
    ("limit-eventlog", &[], Monitoring, "drops entries of the event log"),
    ("new-partition", &[], Disk, "changes the partitions of a disk"),
    ("resize-partition", &[], Disk, "changes the partitions of a disk"),
    ("restore-sqldatabase", &[], Database, "overwrites a database by a backup"),
    ("get-azkeyvaultsecret", &["-asplaintext"], Secrets, "shows the secret {}"),
    ("convertfrom-securestring", &["-asplaintext"], Secrets, "shows a secret"),
    ("get-secret", &["-asplaintext"], Secrets, "shows the secret {}"),
];

/// What is kept under a noun, by a part of it.
const KINDS: &[(&[&str], DestructionKind)] = &[
    (&["eventlog", "alarm", "alert", "auditing", "logging"], Monitoring),
    (&["disk", "volume", "partition", "storagepool", "vhd"], Disk),
    (&["s3", "storage", "blob", "bucket"], Storage),
    (&["sql", "database", "dynamo", "rds", "cosmos"], Database),
    (
        &["aduser", "adgroup", "adcomputer", "localuser", "role", "iam", "permission", "mguser", "mailbox"],
        AccessControl,
    ),
    (&["keyvault", "secret", "kms", "certificate"], Secrets),
    (&["firewall", "netadapter", "netroute", "netip", "dns", "r53"], Network),
    (&["az", "ec2", "ecs", "lambda", "cfn", "vm", "gce"], Cloud),
    (&["service", "process", "computer", "feature", "package", "scheduledtask", "windows", "mp"], Host),
];

pub(in crate::command) fn judge(call: &Invocation<'_>) -> Option<Judgement> {
    let name = call.program.to_ascii_lowercase();
    let name = ALIASES.iter().find(|(alias, _)| *alias == name).map_or(name.as_str(), |(_, name)| name);
    let (verb, noun) = name.split_once('-')?;
    if given(call, &["-whatif"]) {
        return Some(Judgement::unknown("it shows what it would do"));
    }
    if let Some((_, _, kind, what)) =
        LISTED.iter().find(|(listed, words, ..)| *listed == name && (words.is_empty() || given(call, words)))
    {
        return Some(Judgement::loss(*kind, what.replace("{}", &subject(call))));
    }
    match name {
        "remove-item" => return Some(removed(call)),
        "clear-content" | "set-content" | "out-file" => return Some(written(call)),
        "get-content" => return operands(call).iter().find_map(paths::secret),
        "stop-process" => return stopped(call),
        "invoke-sqlcmd" => return call.args.iter().find_map(|arg| sql::judge(&arg.text)),
        "invoke-restmethod" | "invoke-webrequest" => return requested(call),
        _ => {}
    }
    let (_, phrase) = VERBS.iter().find(|(known, _)| *known == verb).filter(|_| !OWN.contains(&noun))?;
    let kind = KINDS
        .iter()
        .find(|(marks, _)| marks.iter().any(|mark| noun.starts_with(mark)))
        .map_or(Service, |(_, kind)| *kind);
    Some(Judgement::loss(kind, format!("{phrase} {noun} {}", subject(call)).trim_end().to_owned()))
}

/// True when one of `words` is given, whatever its case, alone or as a part.
fn given(call: &Invocation<'_>, words: &[&str]) -> bool {
    call.args.iter().any(|arg| {
        let arg = arg.text.to_ascii_lowercase();
        words.iter().any(|word| arg == *word || (!word.starts_with('-') && arg.contains(word)))
    })
}

/// The arguments that are no parameter names, as a Unix path where they're paths.
fn operands(call: &Invocation<'_>) -> Vec<Text> {
    call.args.iter().filter(|arg| !arg.text.starts_with('-')).map(|arg| arg.map(path)).collect()
}

fn subject(call: &Invocation<'_>) -> String {
    let names: Vec<String> = operands(call).into_iter().take(4).map(|operand| operand.text).collect();
    if names.is_empty() { "what it is given".to_owned() } else { names.join(" ") }
}

/// `C:\data` as a path of this kind of system: a drive is a root, and `%TEMP%` is a place for temporary files.
pub(in crate::command) fn path(text: &str) -> String {
    let forward = text.replace('\\', "/");
    let lower = forward.to_ascii_lowercase();
    for temporary in ["%temp%", "%tmp%", "$env:temp", "$env:tmp", "c:/windows/temp", "c:/temp"] {
        if let Some(rest) = lower.strip_prefix(temporary) {
            return format!("/tmp{rest}");
        }
    }
    match forward.split_once(':') {
        Some((drive, rest)) if drive.len() == 1 => format!("/mnt/{}{}", drive.to_ascii_lowercase(), rest),
        _ => forward,
    }
}

fn removed(call: &Invocation<'_>) -> Judgement {
    let of_the_session = |operand: &Text| operand.text.to_ascii_lowercase().starts_with("env:");
    let targets = operands(call);
    if targets.iter().any(of_the_session) {
        return Judgement::unknown("it changes this session's environment");
    }
    let recursive = call.args.iter().any(|arg| {
        let arg = arg.text.to_ascii_lowercase();
        matches!(arg.as_str(), "-r" | "-rf" | "-fr") || (arg.len() > 3 && "-recurse".starts_with(&arg))
    });
    if let Some(key) = targets.iter().find(|target| target.text.to_ascii_uppercase().starts_with("HK")) {
        return Judgement::loss(Host, format!("deletes {} from the registry", key.text));
    }
    // `$_` stands for each thing that is piped in.
    if targets.is_empty() || targets.iter().any(|target| target.text.contains("$_")) {
        return Judgement::loss(Files, "deletes whatever it is given, as no path is named");
    }
    files::removed(&targets, recursive, call.elsewhere)
}

fn written(call: &Invocation<'_>) -> Judgement {
    let judgements = operands(call).into_iter().map(|target| paths::written(&target, false));
    let destroys = judgements.into_iter().find(|judgement| matches!(judgement, Judgement::Destroys(_)));
    destroys.unwrap_or_else(|| Judgement::unknown("it writes files"))
}

/// One process by its number may be asked to end; all of a name may not.
fn stopped(call: &Invocation<'_>) -> Option<Judgement> {
    let named = operands(call).iter().any(|operand| operand.text.parse::<u32>().is_err());
    let all = named || given(call, &["-force"]);
    all.then(|| Judgement::loss(Host, format!("kills every process that matches {}", subject(call))))
}

fn requested(call: &Invocation<'_>) -> Option<Judgement> {
    given(call, &["delete"]).then(|| Judgement::loss(Service, format!("deletes by its API: {}", subject(call))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(line: &str) -> Option<Judgement> {
        let mut words = line.split(' ');
        let program = words.next().unwrap_or_default();
        let args: Vec<Text> = words.map(Text::exact).collect();
        judge(&Invocation { program, args: &args, stdin: None, elsewhere: false })
    }

    #[test]
    fn the_verb_and_the_noun_decide() {
        for line in [
            "Remove-Item -Recurse -Force C:\\data",
            "Stop-Computer -Force",
            "Remove-AzResourceGroup -Name prod",
            "Clear-EventLog -LogName Security",
            "Set-ExecutionPolicy Bypass",
            "Invoke-RestMethod -Method Delete -Uri https://x.example/1",
        ] {
            assert!(matches!(judged(line), Some(Judgement::Destroys(_))), "{line}");
        }
        for line in [
            "Get-Process",
            "Remove-Variable x",
            "Stop-Job 1",
            "Format-Table Name",
            "Remove-Item -Recurse -Force ./node_modules",
            "Remove-Item -WhatIf C:\\data",
            "Set-ExecutionPolicy RemoteSigned",
        ] {
            assert!(!matches!(judged(line), Some(Judgement::Destroys(_))), "{line}");
        }
    }

    #[test]
    fn a_path_of_windows_is_a_path() {
        assert_eq!(path("C:\\data\\x"), "/mnt/c/data/x");
        assert_eq!(path("%TEMP%\\x"), "/tmp/x");
        assert_eq!(path(".\\dist"), "./dist");
    }
}
