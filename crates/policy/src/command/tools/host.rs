//! Processes, services, users, packages and the kernel of a host.

use super::super::assessment::DestructionKind::{self, AccessControl, CodeExecution, Host, Monitoring, Network};
use super::super::findings::Judgement;
use super::super::run::Invocation;
use super::Cli;
use super::table::{Otherwise, Tool, changes, destroys};

pub(super) fn judge(call: &Invocation<'_>) -> Option<Judgement> {
    Some(match call.program {
        "kill" => kill(call),
        "killall" | "pkill" | "killall5" | "xkill" | "skill" => by_name(call),
        "fuser" if has(call, &["-k", "--kill"]) => {
            lost(Host, format!("kills every process that uses {}", subject(call)))
        }
        "shutdown" | "reboot" | "halt" | "poweroff" => power(call),
        "init" | "telinit" if matches!(subject(call).as_str(), "0" | "6" | "1") => {
            lost(Host, "stops or restarts the host".to_owned())
        }
        "sysctl" => sysctl(call),
        // Without an option of its own it only shows.
        "hostname" | "domainname" | "nisdomainname"
            if has(call, &["-F", "--file", "-b", "--boot"]) || !Cli::read(call.args, &[]).words.is_empty() =>
        {
            lost(Host, format!("changes what the host is called: {}", subject(call)))
        }
        "date" if has(call, &["-s", "--set"]) => lost(Host, "changes the clock of the host".to_owned()),
        "dmesg" if has(call, &["-C", "-c", "--clear", "--read-clear"]) => {
            lost(Monitoring, "deletes the kernel's log".to_owned())
        }
        "tc" if call.args.iter().any(|arg| matches!(arg.text.as_str(), "add" | "del" | "replace" | "change")) => {
            lost(Network, format!("slows or drops traffic: {}", call.line()))
        }
        "crontab" => crontab(call),
        "iptables" | "ip6tables" | "nft" | "ufw" | "firewall-cmd" | "ipset" | "ebtables" => firewall(call),
        "setenforce" if subject(call) == "0" || subject(call).eq_ignore_ascii_case("permissive") => {
            lost(AccessControl, "switches SELinux's protection off".to_owned())
        }
        "passwd" | "chpasswd" | "usermod" | "useradd" | "adduser" | "gpasswd" | "visudo" | "chage" | "groupmod"
        | "vipw" => account(call),
        "userdel" | "deluser" | "groupdel" | "delgroup" => {
            lost(AccessControl, format!("deletes the account {}", subject(call)))
        }
        "history" if has(call, &["-c", "-w", "-d"]) => {
            lost(Monitoring, "deletes the record of past commands".to_owned())
        }
        "insmod" | "rmmod" | "modprobe" | "kexec" | "kldload" => kernel(call),
        "setcap" | "setfattr" if !has(call, &["-r", "-v"]) => {
            lost(AccessControl, format!("gives a program rights of the system: {}", subject(call)))
        }
        "hwclock" if has(call, &["--set", "-w", "--systohc"]) => lost(Host, "changes the clock of the host".to_owned()),
        "losetup" if has(call, &["-d", "-D", "--detach", "--detach-all"]) => {
            lost(DestructionKind::Disk, format!("takes loop devices away: {}", subject(call)))
        }
        "efibootmgr" if has(call, &["-B", "-b", "-o", "-O", "-n", "--delete-bootnum", "--bootorder"]) => {
            lost(Host, "changes how the host starts".to_owned())
        }
        "grub-install" | "grub2-install" | "grub-editenv" | "grub2-editenv" | "grub-set-default" | "grub-reboot"
        | "update-grub" | "bootctl" | "lilo"
            if !matches!(Cli::read(call.args, &[]).word(0), "list" | "status") =>
        {
            lost(Host, format!("changes how the host starts: {}", subject(call)))
        }
        "at" if has(call, &["-r", "-d"]) => lost(Host, format!("deletes scheduled commands: {}", subject(call))),
        "atrm" => lost(Host, format!("deletes scheduled commands: {}", subject(call))),
        "multipath" if has(call, &["-F", "-f", "-w", "-W"]) => {
            lost(DestructionKind::Disk, "takes the paths to disks away".to_owned())
        }
        "iscsiadm" if has(call, &["-u", "--logout", "--op=delete"]) || call.line().contains("delete") => {
            lost(DestructionKind::Disk, "takes disks away from this host".to_owned())
        }
        "stress" | "stress-ng" | "sysbench" | "fork" if !has(call, &["--help", "--version"]) => {
            lost(Host, format!("takes the host's processor, memory or disks up: {}", call.line()))
        }
        "exim" | "exim4" if call.args.iter().any(|arg| arg.text.starts_with("-Mr") || arg.text.starts_with("-Mg")) => {
            lost(DestructionKind::Mail, format!("deletes queued mail: {}", subject(call)))
        }
        "trash-empty" | "trash-rm" => lost(DestructionKind::Files, "deletes what the trash keeps".to_owned()),
        "sidekiqctl" if matches!(subject(call).as_str(), "stop" | "quiet") => {
            lost(Host, "stops the workers".to_owned())
        }
        "ulimit" | "umask" => Judgement::unknown("it changes limits of what follows"),
        _ => return None,
    })
}

fn lost(kind: DestructionKind, what: String) -> Judgement {
    Judgement::loss(kind, what)
}

fn has(call: &Invocation<'_>, names: &[&str]) -> bool {
    Cli::read(call.args, &[]).has(names)
}

fn subject(call: &Invocation<'_>) -> String {
    Cli::read(call.args, &[]).subject(0)
}

/// One process may be asked to end; all, a group, or the first may not.
fn kill(call: &Invocation<'_>) -> Judgement {
    let words: Vec<&str> = call.args.iter().map(|arg| arg.text.as_str()).collect();
    if words.first().is_some_and(|first| matches!(*first, "-0" | "-l" | "-L")) || words.starts_with(&["-s", "0"]) {
        return Judgement::unknown("it asks whether a process is there");
    }
    let forced =
        words.iter().any(|word| matches!(*word, "-9" | "-KILL" | "-SIGKILL" | "KILL" | "SIGKILL" | "-STOP" | "9"));
    let all = words.iter().skip(1).any(|word| matches!(*word, "-1" | "1" | "0"))
        || words == ["-1"]
        || words.contains(&"--")
        || words == ["1"];
    let computed = call.args.iter().any(|arg| !arg.exact && arg.text.contains("$("));
    if all
        || (forced && computed)
        || words.iter().skip(1).any(|word| word.starts_with('-') && word[1..].parse::<u32>().is_ok_and(|pid| pid > 64))
    {
        return lost(Host, format!("kills {}: every process it names, or all", words.join(" ")));
    }
    Judgement::unknown("it signals a process")
}

fn by_name(call: &Invocation<'_>) -> Judgement {
    let cli = Cli::read(call.args, &["-u", "-s", "-U", "-g", "-t", "--user", "--signal"]);
    if cli.has(&["-0", "-l", "--list", "--help", "-V"]) {
        return Judgement::unknown("it asks whether a process is there");
    }
    let user = cli.value(&["-u", "-U", "--user"]).map(|user| format!(" of {user}")).unwrap_or_default();
    lost(Host, format!("kills every process that matches {}{user}", cli.subject(0)))
}

fn power(call: &Invocation<'_>) -> Judgement {
    if has(call, &["-c", "--help", "-k", "--show"]) {
        return Judgement::unknown("it cancels or only warns");
    }
    lost(Host, "stops or restarts the host and everything that runs on it".to_owned())
}

fn sysctl(call: &Invocation<'_>) -> Judgement {
    let writes =
        has(call, &["-w", "--write", "-p", "--load", "--system"]) || call.args.iter().any(|arg| arg.text.contains('='));
    if writes {
        lost(Host, format!("changes the running kernel: {}", subject(call)))
    } else {
        Judgement::unknown("it shows kernel settings")
    }
}

fn crontab(call: &Invocation<'_>) -> Judgement {
    let cli = Cli::read(call.args, &["-u"]);
    if cli.has(&["-l"]) {
        return Judgement::unknown("it lists scheduled commands");
    }
    if cli.has(&["-r"]) {
        return lost(Host, "deletes every scheduled command of the user".to_owned());
    }
    if cli.has(&["-e"]) || cli.has(&["-V"]) {
        return Judgement::unknown("it opens an editor");
    }
    lost(CodeExecution, format!("replaces every scheduled command by what is in {}", cli.word(0)))
}

fn firewall(call: &Invocation<'_>) -> Judgement {
    let words: Vec<&str> = call.args.iter().map(|arg| arg.text.as_str()).collect();
    let shows = words.iter().any(|word| {
        matches!(
            *word,
            "-L" | "--list"
                | "-S"
                | "list"
                | "status"
                | "--list-all"
                | "--state"
                | "-C"
                | "--check"
                | "show"
                | "--get-default-zone"
        )
    }) && !words.contains(&"flush");
    if shows || words.is_empty() {
        return Judgement::unknown("it shows the firewall's rules");
    }
    lost(Network, format!("changes which traffic the firewall lets through: {} {}", call.program, words.join(" ")))
}

fn account(call: &Invocation<'_>) -> Judgement {
    if has(call, &["-S", "--status", "--help"]) || (call.program == "chage" && has(call, &["-l"])) {
        return Judgement::unknown("it shows an account");
    }
    lost(AccessControl, format!("changes who may log in, or as whom: {}", subject(call)))
}

fn kernel(call: &Invocation<'_>) -> Judgement {
    if has(call, &["-n", "--dry-run", "--show-depends", "-l"]) {
        return Judgement::unknown("it shows kernel modules");
    }
    lost(Host, format!("changes the running kernel: {} {}", call.program, subject(call)))
}

/// Service and package managers.
pub(super) const TOOLS: &[Tool] = &[
    Tool {
        names: &["systemctl"],
        kind: Host,
        valued: &["-H", "-M", "-p", "-t", "-n", "--host", "--machine", "--signal", "-s"],
        rules: &[
            destroys(
                "stop|disable|mask|kill|isolate|rescue|emergency|reboot|poweroff|halt|kexec|hibernate|suspend|revert|freeze|clean|exit|set-default",
                "stops {}, and keeps it from starting or serving",
            ),
            changes("*"),
        ],
        otherwise: Otherwise::Unknown,
    },
    Tool {
        names: &[
            "service",
            "rc-service",
            "sv",
            "supervisorctl",
            "initctl",
            "launchctl",
            "brew-services",
            "runit",
            "s6-svc",
            "monit",
        ],
        kind: Host,
        valued: &[],
        rules: &[
            destroys("* stop|disable|force-stop", "stops the service {}"),
            destroys("stop|shutdown|remove|unload|bootout|disable|unmonitor", "stops the service {}"),
            changes("*"),
        ],
        otherwise: Otherwise::Unknown,
    },
    Tool {
        names: &[
            "apt", "apt-get", "yum", "dnf", "zypper", "apk", "pacman", "brew", "snap", "flatpak", "dpkg", "rpm",
            "aptitude", "microdnf", "port", "nix-env", "emerge", "choco", "winget",
        ],
        kind: Host,
        valued: &["-o", "-c", "-t"],
        rules: &[
            changes("remove|purge|autoremove").given(&["-s", "--just-print", "--recon", "--no-act"]),
            destroys("remove|purge|autoremove|erase|del|uninstall|zap|delete", "removes the packages {} from the host"),
            destroys("rm", "removes the packages {} from the host"),
            destroys("", "removes the packages {} from the host").given(&[
                "-r",
                "-P",
                "--purge",
                "--remove",
                "-e",
                "--erase",
                "-R",
                "-Rns",
                "-Rs",
                "-Rsc",
                "-Rdd",
                "--unmerge",
                "--uninstall",
            ]),
            changes(""),
        ],
        otherwise: Otherwise::Unknown,
    },
    Tool {
        names: &["journalctl", "logrotate", "auditctl", "ausearch"],
        kind: Monitoring,
        valued: &["-u", "-n", "--since", "--until", "-p", "-o"],
        rules: &[
            destroys("", "deletes log entries of the host").given(&[
                "--vacuum-time",
                "--vacuum-size",
                "--vacuum-files",
                "--rotate",
                "-D",
                "-e",
            ]),
            changes(""),
        ],
        otherwise: Otherwise::Unknown,
    },
    Tool {
        names: &[
            "loginctl",
            "machinectl",
            "hostnamectl",
            "timedatectl",
            "localectl",
            "nmcli",
            "networkctl",
            "resolvectl",
        ],
        kind: Host,
        valued: &[],
        rules: &[
            destroys(
                "kill-session|kill-user|terminate-session|terminate-user|poweroff|terminate|remove|kill",
                "ends {}",
            ),
            destroys("set-time|set-timezone|set-hostname", "changes what the host is: {}"),
            destroys("* delete|down|off|disconnect", "takes {} down").kind(Network),
        ],
        otherwise: Otherwise::Unknown,
    },
];
