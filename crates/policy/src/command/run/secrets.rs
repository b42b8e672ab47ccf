//! Secrets that leave: what prints them, and what sends things away.

use super::super::assessment::DestructionKind::Secrets;
use super::super::findings::Judgement;
use super::super::shell::Shell;
use super::super::text::{Origin, Text};
use super::super::tools;
use super::{Invocation, paths};

/// Programs that hand their input or arguments to another machine or to people.
const SENDERS: &[&str] = &[
    "curl",
    "wget",
    "http",
    "https",
    "xh",
    "nc",
    "ncat",
    "netcat",
    "socat",
    "telnet",
    "ssh",
    "scp",
    "sftp",
    "rsync",
    "ftp",
    "mail",
    "mailx",
    "sendmail",
    "mutt",
    "dig",
    "nslookup",
    "host",
    "ping",
    "buildkite-agent",
    "gh",
    "glab",
    "slack",
    "slackcat",
    "aws",
    "gsutil",
    "gcloud",
    "az",
    "rclone",
    "openssl",
    "logger",
    "xargs",
    "git",
];

impl Shell {
    /// A name that is read after `cd` means a file of that directory.
    pub(super) fn shown_there(&self, call: &Invocation<'_>) -> Option<Judgement> {
        let directory = self.scope.directory.as_ref().filter(|_| tools::is_reader(call.program, true))?;
        let names = call.args.iter().filter(|arg| !arg.text.starts_with(['-', '/', '~']));
        names.map(|name| name.map(|name| format!("{}/{name}", directory.text))).find_map(|path| paths::secret(&path))
    }
}

/// A secret that was printed goes to a program that sends.
pub(super) fn sent_away(call: &Invocation<'_>) -> Option<Judgement> {
    if !SENDERS.contains(&call.program) {
        return None;
    }
    let reads_stdin = call.stdin.into_iter();
    let secret = call.args.iter().chain(reads_stdin).find_map(secret_in)?;
    Some(Judgement::loss(Secrets, format!("sends {secret} away")))
}

fn secret_in(text: &Text) -> Option<&str> {
    match &text.origin {
        Some(Origin::Secret(what)) => Some(what),
        _ => None,
    }
}
