//! Names, routes, and programs that open connections.

use super::super::assessment::DestructionKind::{CodeExecution, Network, Secrets, Service};
use super::super::findings::Judgement;
use super::super::run::{Invocation, paths};
use super::Cli;
use super::table::{Otherwise, Tool, changes, destroys};

pub(super) fn judge(call: &Invocation<'_>) -> Option<Judgement> {
    match call.program {
        "nsupdate" => Some(nsupdate(call)),
        "nc" | "ncat" | "netcat" | "socat" | "telnet" => Some(pipe(call)),
        "ssh" => Some(ssh(call)),
        "ip" => Some(ip(call)),
        "ifdown" | "route" | "ifconfig"
            if call.args.iter().any(|arg| matches!(arg.text.as_str(), "down" | "del" | "flush" | "-a")) =>
        {
            Some(Judgement::loss(Network, format!("takes a route or an interface down: {}", call.line())))
        }
        "dig" | "host" | "nslookup" | "ping" => Some(zone_transfer(call)),
        "wg-quick" | "tailscale" | "wg" | "openvpn" | "ipsec" | "nebula" | "zerotier-cli"
            if call
                .args
                .iter()
                .any(|arg| matches!(arg.text.as_str(), "down" | "logout" | "stop" | "leave" | "remove")) =>
        {
            Some(Judgement::loss(Network, format!("takes this host off a private network: {}", call.line())))
        }
        "varnishadm" | "squidclient"
            if call.args.iter().any(|arg| arg.text.starts_with("ban") || arg.text == "stop" || arg.text == "PURGE") =>
        {
            Some(Judgement::loss(Network, format!("throws cached copies away, or stops the cache: {}", call.line())))
        }
        _ => None,
    }
}

/// Its input is a list of updates; `-l` works on the name server of this host.
fn nsupdate(call: &Invocation<'_>) -> Judgement {
    if call.args.iter().any(|arg| matches!(arg.text.as_str(), "-V" | "-h" | "--help" | "-P" | "-T")) {
        return Judgement::unknown("it shows its help");
    }
    let lines = call.known_input().unwrap_or_default();
    let deletes: Vec<&str> =
        lines.lines().map(str::trim).filter(|line| line.contains("delete") || line.starts_with("del")).collect();
    if deletes.is_empty() && !lines.is_empty() && !call.args.iter().any(|arg| arg.text == "-l") {
        return Judgement::unknown("it changes DNS records");
    }
    let what = if deletes.is_empty() { "DNS records that it is told".to_owned() } else { deletes.join("; ") };
    Judgement::loss(Network, format!("changes or deletes DNS records: {what}"))
}

/// A shell tied to a connection, or a file sent through one.
fn pipe(call: &Invocation<'_>) -> Judgement {
    let line = call.line();
    let runs = ["EXEC:", "SYSTEM:", "exec:", "system:"].iter().any(|mark| line.contains(mark));
    let netcat_runs = call.program != "socat" && Cli::read(call.args, &[]).has(&["-e", "-c", "--exec", "--sh-exec"]);
    if runs || netcat_runs {
        return Judgement::loss(CodeExecution, format!("gives a shell on this host to whoever is connected: {line}"));
    }
    if let Some(judgement) = haproxy_command(call).or_else(|| sent_command(call)).or_else(|| sent_file(call)) {
        return judgement;
    }
    Judgement::unknown("it talks to another machine")
}

/// Redis, memcached, ZooKeeper and HTTP take commands as lines of text.
fn sent_command(call: &Invocation<'_>) -> Option<Judgement> {
    let input = call.stdin?;
    let line = input.text.lines().find_map(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let first = words.first()?.to_ascii_lowercase();
        let second = words.get(1).map(|word| word.to_ascii_lowercase()).unwrap_or_default();
        let loses = match first.as_str() {
            "flushall" | "flushdb" | "flush_all" | "shutdown" | "kill" | "deleteall" | "rmr" => true,
            "delete" => second.starts_with('/'),
            "config" | "script" => matches!(second.as_str(), "set" | "flush"),
            "replicaof" | "slaveof" => true,
            _ => false,
        };
        loses.then(|| line.trim())
    })?;
    Some(Judgement::loss(Service, format!("tells a service to lose what it keeps: {line}")))
}

/// A file of the system is sent away.
fn sent_file(call: &Invocation<'_>) -> Option<Judgement> {
    let source = call.stdin?.text.strip_prefix("$(<")?.strip_suffix(')')?;
    let of_the_system =
        ["/etc/", "/root/", "/home/", "/var/lib/", "~/", "/proc/"].iter().any(|place| source.starts_with(place));
    of_the_system.then(|| Judgement::loss(Secrets, format!("sends the file {source} away")))
}

/// HAProxy's control socket takes commands as text.
fn haproxy_command(call: &Invocation<'_>) -> Option<Judgement> {
    let input = call.known_input()?.trim();
    let socket = call.args.iter().any(|arg| arg.text.contains(".sock") || arg.text.contains("haproxy"));
    let changes = [
        "disable ",
        "set server",
        "set weight",
        "shutdown ",
        "clear ",
        "del ",
        "set maxconn",
        "set rate",
        "abort ",
        "enable frontend",
    ];
    let takes_away = socket && changes.iter().any(|command| input.starts_with(command));
    takes_away
        .then(|| Judgement::loss(Network, format!("takes traffic away from servers of the load balancer: {input}")))
}

/// Options of ssh that expose or run something here; its command is followed elsewhere.
fn ssh(call: &Invocation<'_>) -> Judgement {
    let cli = Cli::read(call.args, super::remote::SSH_VALUED);
    if let Some(forward) = cli.value(&["-R"]) {
        return Judgement::loss(Network, format!("opens a port on the other machine into this network: {forward}"));
    }
    Judgement::unknown("it opens a session on another machine")
}

fn ip(call: &Invocation<'_>) -> Judgement {
    let words: Vec<&str> = call.args.iter().map(|arg| arg.text.as_str()).collect();
    let takes_down = words.iter().skip(1).any(|word| matches!(*word, "del" | "delete" | "flush" | "down" | "replace"));
    if takes_down {
        return Judgement::loss(
            Network,
            format!("takes a route, an address or an interface down: ip {}", words.join(" ")),
        );
    }
    Judgement::unknown("it shows or changes the network")
}

/// A looked-up name can carry data out.
fn zone_transfer(call: &Invocation<'_>) -> Judgement {
    if call
        .args
        .iter()
        .any(|arg| arg.text.eq_ignore_ascii_case("axfr") || arg.text.to_ascii_lowercase().starts_with("ixfr"))
    {
        return Judgement::loss(Secrets, format!("copies every record of the zone: {}", call.line()));
    }
    let carries = call.args.iter().any(|arg| !arg.exact && (arg.text.contains("$(") || arg.origin.is_some()));
    if carries {
        return Judgement::loss(Secrets, format!("sends data away inside a name that is looked up: {}", call.line()));
    }
    Judgement::unknown("it asks a name server")
}

/// True for a file that `@path` uploads.
pub(super) fn uploads_secret(data: &str) -> Option<&str> {
    let at = data.find('@')?;
    let path = data[at + 1..].split([';', ',']).next()?;
    let of_the_system = ["/etc/", "/root/", "/var/lib/", "/proc/"].iter().any(|place| path.starts_with(place));
    (of_the_system || paths::is_secret(path)).then_some(path)
}

/// DNS services and their tools.
pub(super) const TOOLS: &[Tool] = &[Tool {
    names: &[
        "rndc",
        "unbound-control",
        "pdnsutil",
        "knotc",
        "nsd-control",
        "dnscontrol",
        "octodns-sync",
        "coredns",
        "doggo",
        "dnsctl",
        "flarectl",
        "cloudflare-cli",
        "cfcli",
        "lexicon",
        "hover",
        "godaddy",
        "dnsimple",
    ],
    kind: Network,
    valued: &["-s", "-k", "-p", "--config"],
    rules: &[
        destroys("delzone|stop|halt|flush|flushname|flushtree|clean|freeze", "removes or stops the zone {}"),
        destroys(
            "delete-zone|delete-rrset|clear-zone|rectify-zone|zone-purge|zone-unset|conf-unset",
            "deletes DNS records of {}",
        ),
        destroys("push", "replaces every DNS record by what the configuration says"),
        destroys("* delete", "deletes DNS records of {}"),
        changes("preview|check"),
        destroys("", "replaces every DNS record by what the configuration says").given(&["--doit"]),
    ],
    otherwise: Otherwise::Verbs,
}];
