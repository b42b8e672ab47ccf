//! The programs of Windows: their options begin with a slash, and letters of either case are the same.

use super::super::assessment::DestructionKind::{
    self, AccessControl, Backups, CodeExecution, Disk, Files, Host, Monitoring, Network, Secrets,
};
use super::super::findings::Judgement;
use super::super::run::{Invocation, is_url};
use super::super::text::Text;
use super::{cmdlets, files};

/// A program, words that must all stand in its command line (`a|b` either), a kind, and what that does.
type Row = (&'static str, &'static [&'static str], DestructionKind, &'static str);

const ROWS: &[Row] = &[
    ("format", &[":"], Disk, "erases the disk {}"),
    ("diskpart", &["/s"], Disk, "changes the partitions of disks as {} says"),
    ("vssadmin", &["delete|resize"], Backups, "deletes shadow copies: {}"),
    ("wbadmin", &["delete|disable"], Backups, "deletes backups: {}"),
    ("fsutil", &["deletejournal|setzerodata|dismount"], Disk, "deletes what the file system keeps: {}"),
    ("cipher", &["/w"], Disk, "overwrites what was deleted beyond recovery: {}"),
    ("manage-bde", &["-off|-lock|-forcerecovery|-wipefreespace"], Disk, "changes how the disk is encrypted: {}"),
    ("bcdedit", &["/set|/delete|/deletevalue|/import|/create"], Host, "changes how the host starts: {}"),
    ("reg", &["delete"], Host, "deletes {} from the registry"),
    ("reg", &["add|import|restore", "hklm"], Host, "changes the registry: {}"),
    ("reg", &["save|export", "sam|security|system"], Secrets, "copies the logins of this host: {}"),
    ("net", &["user|localgroup|group|accounts", "/add|/delete|/active"], AccessControl, "changes who may log in: {}"),
    ("net", &["stop|pause"], Host, "stops the service {}"),
    ("net", &["share|session|use", "/delete"], Host, "takes a share away: {}"),
    ("sc", &["delete|stop|disabled"], Host, "stops or removes the service {}"),
    ("sc", &["create|config", "binpath"], CodeExecution, "makes this host run {}"),
    ("schtasks", &["/delete|/end|/disable"], Host, "removes or stops a scheduled task: {}"),
    ("schtasks", &["/create|/change"], CodeExecution, "makes this host run {} later"),
    ("taskkill", &["/im|/fi|/f"], Host, "kills every process that matches {}"),
    ("tskill", &[], Host, "kills every process that matches {}"),
    ("shutdown", &["/s|/r|/p|/h|-s|-r"], Host, "stops or restarts the host"),
    ("logoff", &[], Host, "ends the session {}"),
    (
        "netsh",
        &["off|delete|reset|disable|disabled|block|admin=disable"],
        Network,
        "changes what this host lets through: {}",
    ),
    ("netsh", &["add", "allow"], Network, "opens a port of this host: {}"),
    ("route", &["delete|-f"], Network, "takes a route away: {}"),
    ("ipconfig", &["/release"], Network, "takes this host off the network"),
    ("icacls", &["/grant|/deny|/reset|/setowner|/remove|/inheritance:r"], AccessControl, "changes who may use {}"),
    ("cacls", &["/g|/p|/d|/r"], AccessControl, "changes who may use {}"),
    ("takeown", &["/f"], AccessControl, "takes the ownership of {}"),
    ("certutil", &["-urlcache|-decode|-decodehex|-delstore|-addstore"], CodeExecution, "fetches or unpacks code: {}"),
    ("bitsadmin", &["/transfer|/addfile|/setnotifycmdline"], CodeExecution, "fetches code: {}"),
    ("mshta", &[], CodeExecution, "runs the script {}"),
    ("regsvr32", &["/i:|http"], CodeExecution, "runs code of {}"),
    ("rundll32", &[], CodeExecution, "runs code of {}"),
    ("installutil", &[], CodeExecution, "runs code of {}"),
    ("wscript", &[], CodeExecution, "runs the script {}"),
    ("cscript", &[], CodeExecution, "runs the script {}"),
    ("wmic", &["delete|call"], Host, "ends or removes {}"),
    ("wevtutil", &["cl|clear-log|sl|um"], Monitoring, "deletes the event log {}"),
    ("auditpol", &["/clear|/remove|/set|/restore"], Monitoring, "changes what is audited: {}"),
    ("robocopy", &["/mir|/purge|/move|/mov"], Files, "deletes what the source doesn't have, or the source: {}"),
    ("dism", &["/disable-feature|/remove-package|/cleanup-image"], Host, "removes parts of the system: {}"),
    ("msiexec", &["/x|/uninstall"], Host, "removes the program {}"),
    ("msiexec", &["http"], CodeExecution, "installs and runs code from {}"),
    ("wusa", &["/uninstall"], Host, "removes an update: {}"),
    ("wsl", &["--unregister|--shutdown|--terminate"], Host, "deletes or stops the system {}"),
    ("iisreset", &["/stop|/restart"], Host, "stops the web server"),
    ("appcmd", &["delete|stop"], Host, "deletes or stops {}"),
    ("dsrm", &[], AccessControl, "deletes {} from the directory"),
    ("ntdsutil", &[], Secrets, "copies or changes the directory's database"),
    ("klist", &["purge"], AccessControl, "throws the tickets of this login away"),
    ("cmdkey", &["/delete"], Secrets, "deletes the login {}"),
    ("vaultcmd", &["/deletecreds"], Secrets, "deletes the login {}"),
];

pub(super) fn judge(call: &Invocation<'_>) -> Option<Judgement> {
    let lower = call.program.to_ascii_lowercase();
    let program = lower.trim_end_matches(".exe");
    if call.args.iter().any(|arg| matches!(arg.text.as_str(), "/?" | "-?")) {
        return None;
    }
    if let Some(judgement) = removed(program, call) {
        return Some(judgement);
    }
    let words: Vec<String> = call.args.iter().map(|arg| arg.text.to_ascii_lowercase()).collect();
    let stands = |choices: &str| {
        let choice = |choice: &str| {
            let part =
                choice.ends_with(':') || matches!(choice, "http" | "binpath" | "hklm" | "disabled" | "admin=disable");
            words.iter().any(|word| if part { word.contains(choice) } else { is_spelt(word, choice) })
        };
        choices.split('|').any(choice)
    };
    let (_, _, kind, what) =
        ROWS.iter().find(|(name, wanted, ..)| *name == program && wanted.iter().all(|choices| stands(choices)))?;
    let subject = Text::join(call.args, " ").text;
    Some(Judgement::loss(*kind, what.replace("{}", if subject.is_empty() { "it" } else { &subject })))
}

/// True for the name of a program that only Windows has.
pub(in crate::command) fn is_listed(program: &str) -> bool {
    const OF_BOTH: &[&str] = &["shutdown", "format", "route", "net", "sc", "certutil"];
    let lower = program.to_ascii_lowercase();
    let name = lower.trim_end_matches(".exe");
    !OF_BOTH.contains(&name) && ROWS.iter().any(|(listed, ..)| *listed == name)
        || matches!(name, "del" | "erase" | "rd")
}

/// `/w` is spelt `/w` or `/w:C`.
fn is_spelt(word: &str, choice: &str) -> bool {
    word == choice || word.split([':', '=']).next() == Some(choice)
}

/// `del /s /q PATH` and `rd /s PATH`. Without a switch they're names of Unix programs too.
fn removed(program: &str, call: &Invocation<'_>) -> Option<Judgement> {
    if !matches!(program, "del" | "erase" | "rd" | "rmdir") {
        return None;
    }
    let is_switch = |arg: &&Text| arg.text.starts_with('/') && arg.text.len() <= 3 && !is_url(&arg.text);
    let (switches, targets): (Vec<&Text>, Vec<&Text>) = call.args.iter().partition(is_switch);
    let recursive = switches.iter().any(|switch| switch.text.eq_ignore_ascii_case("/s"));
    let targets: Vec<Text> = targets.into_iter().map(|target| target.map(cmdlets::path)).collect();
    let from_windows = !switches.is_empty() || program == "erase";
    from_windows.then(|| files::removed(&targets, recursive, call.elsewhere))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_destructive(line: &str) -> bool {
        let mut words = line.split(' ');
        let program = words.next().unwrap_or_default();
        let args: Vec<Text> = words.map(Text::exact).collect();
        let call = Invocation { program, args: &args, stdin: None, elsewhere: false };
        matches!(judge(&call), Some(Judgement::Destroys(_)))
    }

    #[test]
    fn what_shows_is_told_from_what_changes() {
        for line in [
            "del /s /q D:\\backups\\*.bak",
            "RD /S C:\\data",
            "vssadmin.exe delete shadows /all",
            "net user x y /add",
            "netsh advfirewall set allprofiles state off",
            "cipher /w:C",
            "format D: /q",
        ] {
            assert!(is_destructive(line), "{line}");
        }
        for line in ["net user", "sc query x", "reg query HKLM\\x", "schtasks /query", "rd /s node_modules", "del /?"] {
            assert!(!is_destructive(line), "{line}");
        }
    }
}
