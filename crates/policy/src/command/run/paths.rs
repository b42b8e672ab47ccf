//! What a path means: whose loss its content would be, and whether it may be read or written.

use super::super::assessment::DestructionKind::{AccessControl, CodeExecution, Disk, Files, Host, Monitoring};
use super::super::findings::Judgement;
use super::super::text::{Origin, Text};

pub(in crate::command) use super::secret_files::{is_secret, mentioned, secret, secret_tree};

/// Directories that the system is made of.
const SYSTEM: &[&str] = &[
    "/bin",
    "/boot",
    "/dev",
    "/etc",
    "/home",
    "/lib",
    "/lib32",
    "/lib64",
    "/media",
    "/mnt",
    "/opt",
    "/proc",
    "/root",
    "/run",
    "/sbin",
    "/srv",
    "/sys",
    "/usr",
    "/var",
    "/Applications",
    "/Library",
    "/System",
    "/Users",
    "/private",
    "/data",
    "/efi",
    "/nix",
    "/snap",
];

/// Directories that a build makes again.
const REGENERATED: &[&str] = &[
    "node_modules",
    "target",
    "dist",
    "__pycache__",
    ".venv",
    "venv",
    ".tox",
    ".nox",
    ".pytest_cache",
    ".mypy_cache",
    ".ruff_cache",
    ".cache",
    ".gradle",
    ".next",
    ".nuxt",
    ".turbo",
    ".parcel-cache",
    ".svelte-kit",
    ".angular",
    ".terraform",
    ".eggs",
    "htmlcov",
    "coverage",
    ".coverage",
    ".nyc_output",
    "bower_components",
    ".bundle",
    "vendor/bundle",
    "DerivedData",
    "zig-cache",
    "_build",
    "cmake-build-debug",
    "cmake-build-release",
    "bazel-out",
    "package-lock.json",
    "yarn.lock",
    "pnpm-lock.yaml",
    ".eslintcache",
    ".npm",
    ".yarn/cache",
    ".pnpm-store",
    ".vite",
    ".nx",
    ".sass-cache",
    ".hypothesis",
    "storybook-static",
    "public/build",
    "test-results",
    "playwright-report",
    "junit.xml",
    ".jest",
    ".ipynb_checkpoints",
    "elm-stuff",
    ".stack-work",
    "dist-newstyle",
    "bazel-bin",
];

/// Variables that name a directory for temporary files.
const TEMPORARY_VARIABLES: &[&str] =
    &["$TMPDIR", "$RUNNER_TEMP", "$TEMP", "$TMP", "$CI_BUILDS_TMP", "$AGENT_TEMPDIRECTORY"];

/// True for a path below a directory for temporary files, that `..` doesn't lead out of.
pub(in crate::command) fn is_temporary(path: &str) -> bool {
    let path = path.trim_matches('"');
    if path.split('/').any(|part| part == "..") {
        return false;
    }
    let roots = TEMPORARY_VARIABLES.iter().copied().chain(["/tmp", "/var/tmp", "/private/tmp"]);
    roots
        .filter_map(|root| path.strip_prefix(root))
        .any(|below| below.starts_with('/') && !matches!(below.trim_matches('/'), "" | "*" | "." | ".*"))
}

/// True for a directory that a build makes again.
pub(in crate::command) fn is_regenerated(path: &str) -> bool {
    let path = path.trim_start_matches("./").trim_end_matches("/*").trim_end_matches('/');
    if path.is_empty() || path.starts_with(['/', '~', '$']) || path.split('/').any(|part| part == "..") {
        return false;
    }
    let within = |name: &str| {
        path == name
            || path.ends_with(&format!("/{name}"))
            || path.starts_with(&format!("{name}/"))
            || path.contains(&format!("/{name}/"))
    };
    REGENERATED.iter().any(|name| within(name)) || path.ends_with(".egg-info")
}

/// True for the root, a system directory or anything in one, a home directory, a way up, or a bare wildcard.
pub(in crate::command) fn is_precious(path: &str) -> bool {
    let path = path.trim_matches('"');
    if is_temporary(path) || is_harmless_device(path) {
        return false;
    }
    let leads_up = path.split('/').any(|part| part == "..");
    let home = path.starts_with('~') || path.starts_with("$HOME") || path.starts_with("${HOME");
    leads_up || home || is_system(path) || matches!(path, "*" | "." | "./" | "./*" | ".*" | "/tmp" | "/var/tmp")
}

fn is_system(path: &str) -> bool {
    if path.starts_with("/*") || (path.starts_with('/') && path.trim_matches('/').is_empty()) {
        return true;
    }
    let clean = clean(path);
    SYSTEM
        .iter()
        .any(|root| clean.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '*'])))
}

/// `//etc/./passwd` is `/etc/passwd`.
pub(super) fn clean(path: &str) -> String {
    let absolute = path.starts_with('/');
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    format!("{}{}", if absolute { "/" } else { "" }, parts.join("/"))
}

pub(in crate::command) fn is_harmless_device(path: &str) -> bool {
    matches!(path, "/dev/null" | "/dev/stdout" | "/dev/stderr" | "/dev/tty" | "/dev/stdin" | "/dev/zero" | "/dev/full")
        || is_descriptor(path)
}

/// `/dev/fd/N`; anything longer leads out of that directory again.
fn is_descriptor(path: &str) -> bool {
    let number = path.strip_prefix("/dev/fd/").unwrap_or_default();
    !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
}

/// Words in the names of files that hold secrets.
const SECRET_WORDS: &[&str] = &[
    "secret",
    "credential",
    "token",
    "passw",
    "passphrase",
    "key",
    "auth",
    "history",
    "tfstate",
    "tfvars",
    "shadow",
    "vault",
    "kubeconfig",
    "wallet",
    "cert",
    "private",
    "cookie",
    "session",
    "service-account",
    "service_account",
    "wp-config",
    "database.y",
    "settings.xml",
    "gradle.properties",
    "dump",
    "backup",
    "htpasswd",
    "k3s",
    "environ",
];

/// True for what may be read with nobody asked: a plain name below the working directory, and what every system shows
/// about itself. A list of what is allowed, as nobody knows every file that holds a secret.
pub(in crate::command) fn may_be_read(path: &Text) -> bool {
    const SHOWN: &[&str] = &[
        "/dev/null",
        "/dev/stdin",
        "/etc/os-release",
        "/etc/hosts",
        "/etc/hostname",
        "/etc/resolv.conf",
        "/proc/cpuinfo",
        "/proc/meminfo",
        "/proc/loadavg",
        "/proc/version",
        "/proc/uptime",
        "/proc/stat",
        "/proc/mounts",
    ];
    let log = path.text.strip_prefix("/var/log/");
    let log = log.map(|name| path.map(|_| name.to_owned()));
    is_plain_below(path)
        || (path.exact && (path.text == "-" || SHOWN.contains(&path.text.as_str()) || is_descriptor(&path.text)))
        || log.is_some_and(|name| is_plain_below(&name))
}

/// True for a path below the working directory of which no part is hidden, leads up or speaks of a secret.
pub(in crate::command) fn is_plain_below(path: &Text) -> bool {
    let text = path.text.strip_prefix("./").unwrap_or(&path.text);
    let plain = |part: &str| !part.starts_with(['.', '~', '-']);
    let lower = text.to_ascii_lowercase();
    path.exact
        && !text.starts_with('/')
        && (matches!(text, "." | "") || text.split('/').all(plain))
        && !SECRET_WORDS.iter().any(|word| lower.contains(word))
}

/// A disk or a part of one.
pub(in crate::command) fn is_disk(path: &str) -> bool {
    let name = clean(path);
    let Some(device) = name.strip_prefix("/dev/") else { return false };
    [
        "sd", "hd", "vd", "xvd", "nvme", "mmcblk", "disk", "rdisk", "mapper/", "md", "dm-", "loop", "mem", "kmem",
        "block/",
    ]
    .iter()
    .any(|prefix| device.starts_with(prefix))
}

/// What writing to a path does.
pub(in crate::command) fn written(target: &Text, append: bool) -> Judgement {
    let path = target.text.as_str();
    if is_harmless_device(path) {
        return Judgement::Reads;
    }
    if is_disk(path) {
        return Judgement::loss(Disk, format!("overwrites the disk {path} and everything on it"));
    }
    if let Some(judgement) = trusted_file(path) {
        return judgement;
    }
    // A directory that something is put into, whose other files stay.
    if matches!(path, "." | "./") {
        return Judgement::unknown("it writes to the working directory");
    }
    let own_file =
        ["/home/", "/Users/", "~/", "$HOME/"].iter().any(|home| path.starts_with(home)) && !path.contains("..");
    if own_file {
        return Judgement::unknown(format!("it writes to {path}"));
    }
    if is_precious(path) && !append {
        return Judgement::loss(Files, format!("overwrites {path}"));
    }
    if is_system(path) {
        return Judgement::loss(Files, format!("changes the system file {path}"));
    }
    Judgement::unknown(format!("it writes to {path}"))
}

/// Files that decide who may do what, or that something runs later.
fn trusted_file(path: &str) -> Option<Judgement> {
    let name = super::base_name(path);
    let clean = clean(path);
    let access = clean.starts_with("/etc/sudoers")
        || clean.starts_with("/etc/pam.d")
        || clean.starts_with("/etc/ssh")
        || matches!(clean.as_str(), "/etc/passwd" | "/etc/shadow" | "/etc/group" | "/etc/gshadow")
        || matches!(
            name,
            "authorized_keys" | "authorized_keys2" | ".rhosts" | "hosts.equiv" | ".netrc" | ".npmrc" | ".pypirc"
        )
        || path.contains("/.ssh/")
        || path.contains("/.kube/")
        || path.contains("/.aws/")
        || path.contains("/.docker/config");
    if access {
        return Some(Judgement::loss(AccessControl, format!("changes who may log in or act: {path}")));
    }
    let startup = matches!(
        name,
        ".bashrc"
            | ".bash_profile"
            | ".bash_login"
            | ".profile"
            | ".zshrc"
            | ".zshenv"
            | ".zprofile"
            | ".bash_logout"
            | ".vimrc"
            | ".gitconfig"
    ) || path.contains(".git/hooks/")
        || path.contains(".git/config")
        || path.contains("/cron")
        || clean.starts_with("/etc/profile")
        || clean.starts_with("/etc/ld.so")
        || clean.contains("/systemd/system/")
        || clean.contains("/init.d/");
    let pipeline = path.contains("GITHUB_ENV") || path.contains("GITHUB_PATH") || path.contains("BASH_ENV");
    if startup || pipeline {
        return Some(Judgement::loss(CodeExecution, format!("makes later shells or steps run code by way of {path}")));
    }
    if clean.starts_with("/proc/sys") || clean.starts_with("/sys/") {
        return Some(Judgement::loss(Host, format!("changes the running kernel by way of {path}")));
    }
    let logs = clean.starts_with("/var/log");
    if logs || name == ".bash_history" || name == ".zsh_history" {
        return Some(Judgement::loss(Monitoring, format!("overwrites the log {path}")));
    }
    (clean == "/proc/sysrq-trigger").then(|| Judgement::loss(Host, "makes the kernel reboot, crash or kill at once"))
}

/// Bash opens a connection for `/dev/tcp/HOST/PORT`.
pub(in crate::command) fn remote_device(path: &Text) -> Option<Origin> {
    let is_remote = path.text.starts_with("/dev/tcp/") || path.text.starts_with("/dev/udp/");
    is_remote.then(|| Origin::Network(path.text.clone()))
}
