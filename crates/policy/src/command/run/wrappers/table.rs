//! Programs that run the words after their own options.

use super::super::super::text::Text;

/// A program that runs the words after its own options.
pub(super) struct Wrapper {
    pub(super) names: &'static [&'static str],
    /// Options that take the next word.
    pub(super) valued: &'static [&'static str],
    /// Words of its own between the options and the command (`timeout 5`, `ssh HOST`).
    pub(super) operands: usize,
}

const fn wrapper(names: &'static [&'static str], valued: &'static [&'static str], operands: usize) -> Wrapper {
    Wrapper { names, valued, operands }
}

pub(super) const WRAPPERS: &[Wrapper] = &[
    wrapper(
        &["sudo", "doas"],
        &[
            "-u",
            "-g",
            "-h",
            "-p",
            "-C",
            "-D",
            "-R",
            "-T",
            "-U",
            "-r",
            "-t",
            "--user",
            "--group",
            "--host",
            "--prompt",
            "--chdir",
            "--close-from",
            "--role",
            "--type",
        ],
        0,
    ),
    wrapper(
        &[
            "command",
            "builtin",
            "nohup",
            "exec",
            "time",
            "coproc",
            "noglob",
            "nocorrect",
            "unbuffer",
            "ltrace",
            "catchsegv",
            "fakeroot",
            "linux32",
            "linux64",
            "eatmydata",
            "torsocks",
            "proxychains",
            "proxychains4",
            "dbus-run-session",
            "xvfb-run",
            "tsocks",
        ],
        &["-a", "-o", "-f", "-l", "-s"],
        0,
    ),
    wrapper(&["setsid", "tini", "dumb-init", "catatonit"], &[], 0),
    wrapper(&["gosu", "su-exec", "setuidgid", "s6-setuidgid", "envuidgid", "with-lock-ex"], &[], 1),
    wrapper(&["perf"], &["-e", "-o", "-p", "-F", "-C", "-r", "-t", "-I"], 1),
    wrapper(&["systemd-nspawn"], &["-D", "-M", "-i", "-u", "-E", "--directory", "--image", "--machine"], 0),
    wrapper(&["nice"], &["-n", "--adjustment"], 0),
    wrapper(&["ionice"], &["-c", "-n", "-p", "-P", "-u", "--class", "--classdata"], 0),
    wrapper(&["chrt"], &["-T", "-P", "-D", "-p"], 1),
    wrapper(&["taskset"], &["-p"], 1),
    wrapper(&["numactl"], &["-C", "-m", "-N", "-i", "-p", "--cpunodebind", "--membind"], 0),
    wrapper(&["stdbuf"], &["-i", "-o", "-e", "--input", "--output", "--error"], 0),
    wrapper(&["timeout", "gtimeout"], &["-k", "-s", "--kill-after", "--signal"], 1),
    wrapper(&["strace"], &["-e", "-o", "-p", "-s", "-u", "-E", "-P", "-a", "-b", "-I", "-O", "-S", "-X"], 0),
    wrapper(
        &["systemd-run", "systemd-inhibit"],
        &[
            "-p",
            "-M",
            "-H",
            "-u",
            "-t",
            "--unit",
            "--uid",
            "--gid",
            "--property",
            "--description",
            "--slice",
            "--on-active",
            "--on-calendar",
            "--what",
            "--who",
            "--why",
            "--mode",
        ],
        0,
    ),
    wrapper(
        &["runuser", "setpriv", "capsh", "unshare", "nsenter", "cgexec", "cpulimit", "prlimit", "firejail", "chpst"],
        &["-u", "-g", "-t", "-S", "-G", "-l", "--target", "--setuid", "--setgid", "--reuid", "--regid"],
        0,
    ),
    wrapper(&["chroot"], &["--userspec", "--groups"], 1),
    wrapper(&["busybox", "toybox"], &[], 0),
    wrapper(
        &["dotenv", "direnv", "chamber", "aws-vault", "envdir", "with-contenv", "envchain", "aws-okta"],
        &["-f", "-e", "-p"],
        0,
    ),
    wrapper(&["entr"], &[], 0),
    wrapper(
        &["caffeinate", "reptyr", "dtach", "abduco", "chronic", "retry", "ts", "sem"],
        &["-t", "-n", "-d", "-j", "-c"],
        0,
    ),
];

/// The command behind bubblewrap's own options, of which most take one word, and those that mount take two.
pub(super) fn after_pairs(args: &[Text]) -> &[Text] {
    const ALONE: &[&str] = &["--die-with-parent", "--new-session", "--as-pid-1", "--clearenv"];
    const ONE: &[&str] = &[
        "--proc",
        "--dev",
        "--tmpfs",
        "--mqueue",
        "--dir",
        "--uid",
        "--gid",
        "--hostname",
        "--chdir",
        "--unsetenv",
        "--remount-ro",
        "--lock-file",
        "--sync-fd",
        "--cap-add",
        "--cap-drop",
        "--perms",
        "--size",
        "--seccomp",
        "--args",
    ];
    let mut rest = args;
    while let [option, after @ ..] = rest {
        let name = option.text.as_str();
        let taken = match name {
            "--" => return after,
            _ if !name.starts_with("--") => return rest,
            _ if ALONE.contains(&name) || name.starts_with("--unshare") || name.starts_with("--share") => 0,
            _ if ONE.contains(&name) => 1,
            _ => 2,
        };
        rest = after.get(taken..).unwrap_or_default();
    }
    rest
}
