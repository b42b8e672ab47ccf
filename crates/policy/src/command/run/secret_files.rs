//! Files that hold secrets by custom: credentials of tools, private keys, what a shell remembers, and disks as a whole.

use super::super::assessment::DestructionKind::Secrets;
use super::super::findings::Judgement;
use super::super::text::Text;
use super::paths::{clean, is_disk};

/// Parts of a path below which everything is a secret.
const WITHIN: &[&str] = &[
    "/.ssh/",
    "/.aws/",
    "/.gnupg/",
    "/.kube/config",
    "/.docker/config.json",
    "/.config/gcloud/",
    "/.config/doctl/",
    "/.config/rclone/",
    "/.config/op/",
    "/.config/hub",
    "/.config/heroku",
    "/.config/fly",
    "/.fly/config",
    "/.oci/",
    "/.azure/",
    "/.password-store/",
    "/keyrings/",
    "/etc/kubernetes/pki",
    "/etc/kubernetes/admin.conf",
    "/etc/rancher/",
    "/etc/wireguard/",
    "/etc/letsencrypt/live",
    "/etc/letsencrypt/archive",
    "/etc/ssh/ssh_host",
    "/etc/ssl/private",
    "/serviceaccount/token",
    "/secrets/kubernetes.io",
    "/run/secrets/",
    "/var/lib/kubelet/pki",
    "/.vault-token",
    "/.config/gh/hosts.yml",
    "/.terraform.d/credentials",
    "/.cargo/credentials",
    "/.gem/credentials",
    "/.m2/settings.xml",
    "/.gradle/gradle.properties",
    "/.composer/auth.json",
    "/jenkins/secrets/",
    "/jenkins/credentials.xml",
];

/// Names of files, wherever they are.
const NAMES: &[&str] = &[
    ".netrc",
    "_netrc",
    ".pgpass",
    ".npmrc",
    ".pypirc",
    ".git-credentials",
    "id_rsa",
    "id_ed25519",
    "id_ecdsa",
    "id_dsa",
    ".htpasswd",
    "master.key",
    ".my.cnf",
    ".mylogin.cnf",
    ".env",
    ".envrc",
    ".vault-token",
    ".vault_pass",
    ".vault-pass",
    ".vault_password",
    "credentials.json",
    "credentials.yml",
    "credentials.yaml",
    "credentials.xml",
    "application_default_credentials.json",
    "service-account.json",
    "service_account.json",
    "sudoers",
    "kubeconfig",
    "k3s.yaml",
    "wp-config.php",
    ".s3cfg",
    ".boto",
    ".dockercfg",
    ".databrickscfg",
    "rclone.conf",
    "database.yml",
    "privkey.pem",
];

const ENDINGS: &[&str] = &[
    ".pem",
    ".key",
    ".p12",
    ".pfx",
    ".jks",
    ".kdbx",
    ".keystore",
    ".keyring",
    ".tfstate",
    ".tfstate.backup",
    ".tfvars",
    ".tfvars.json",
    ".ovpn",
    "-key.json",
    "_key.json",
    "_history",
];

/// Words in the name of a file of settings, and the endings of such files.
const SPOKEN_OF: &[&str] = &["secret", "credential", "passwd", "password"];
const SETTINGS: &[&str] =
    &[".yml", ".yaml", ".json", ".env", ".toml", ".ini", ".conf", ".cfg", ".properties", ".txt", ".xml"];

/// Files that stand in for one with secrets, and hold none.
const STAND_INS: &[&str] = &["example", "sample", "template", "dist", "schema", "pub", "md", "tmpl"];

/// What reading a path shows, if it is a secret.
pub(in crate::command) fn secret(path: &Text) -> Option<Judgement> {
    if is_disk(&path.text) {
        return Some(Judgement::loss(Secrets, format!("shows what is on the disk {}", path.text)));
    }
    let matches = !path.exact && may_match(&path.text);
    (matches || is_secret(&path.text)).then(|| Judgement::loss(Secrets, format!("shows the secrets in {}", path.text)))
}

/// What reading everything below a path shows, if secrets are there by custom.
pub(in crate::command) fn secret_tree(path: &Text) -> Option<Judgement> {
    let tree = path.text.trim_matches('"').trim_end_matches('/');
    let holds =
        matches!(tree, "" | "/etc" | "/home" | "/root" | "/proc" | "~" | "$HOME" | "/var/lib" | "/run" | "/Users")
            && !path.text.is_empty();
    holds.then(|| Judgement::loss(Secrets, format!("shows the secrets in files below {}", path.text)))
}

/// What a program of its own language names among other words, if secrets are there by custom.
pub(in crate::command) fn mentioned(program: &Text) -> Option<Judgement> {
    let part = WITHIN.iter().map(|part| part.trim_end_matches('/')).find(|part| program.text.contains(*part))?;
    Some(Judgement::loss(Secrets, format!("shows the secrets in {part}")))
}

/// True when a pattern for hidden files matches a name by which secrets are kept (`.e?v`). A pattern that says less
/// than two characters of the name isn't meant for it.
fn may_match(pattern: &str) -> bool {
    let pattern = super::base_name(pattern);
    let hidden = pattern.starts_with('.') && pattern.contains(['?', '*', '[']);
    let literal = pattern.chars().filter(|c| c.is_alphanumeric()).count();
    hidden && literal >= 2 && NAMES.iter().any(|name| glob_matches(&simple(pattern), name))
}

/// A class stands for any one character: `.[e]nv` as `.?nv`.
fn simple(pattern: &str) -> Vec<char> {
    let mut simple = Vec::new();
    let mut in_class = false;
    for c in pattern.chars() {
        match c {
            '[' if !in_class => {
                in_class = true;
                simple.push('?');
            }
            ']' if in_class => in_class = false,
            _ if in_class => {}
            _ => simple.push(c),
        }
    }
    simple
}

/// Wildcard matching that goes back to the last `*` only, so that its time is bounded by the product of the lengths.
fn glob_matches(pattern: &[char], name: &str) -> bool {
    let name: Vec<char> = name.chars().collect();
    let (mut at, mut in_name, mut star) = (0, 0, None);
    while in_name < name.len() {
        match pattern.get(at) {
            Some('*') => {
                star = Some((at, in_name));
                at += 1;
            }
            Some(c) if *c == '?' || *c == name[in_name] => (at, in_name) = (at + 1, in_name + 1),
            _ => match star {
                Some((star_at, matched)) => {
                    star = Some((star_at, matched + 1));
                    (at, in_name) = (star_at + 1, matched + 1);
                }
                None => return false,
            },
        }
    }
    pattern[at..].iter().all(|c| *c == '*')
}

/// True for files that hold secrets by custom.
pub(in crate::command) fn is_secret(path: &str) -> bool {
    let clean = clean(path);
    let name = super::base_name(&clean).to_ascii_lowercase();
    let name = name.as_str();
    let clean = if [".ssh", ".aws", ".gnupg", ".kube"].contains(&name) { format!("{clean}/") } else { clean.clone() };
    let within_proc = clean.starts_with("/proc/") && (name == "environ" || name == "mem" || name == "kcore");
    within_proc || (!is_public(name, &clean) && (is_named(name) || is_within(&clean)))
}

fn is_public(name: &str, clean: &str) -> bool {
    let last = name.rsplit(['.', '-', '_']).next().unwrap_or_default();
    STAND_INS.contains(&last)
        || STAND_INS.iter().take(3).any(|word| name.contains(&format!(".{word}")))
        || matches!(name, "known_hosts" | "config" if clean.contains("/.ssh/"))
}

fn is_named(name: &str) -> bool {
    let spoken_of = SPOKEN_OF.iter().any(|word| name.contains(word));
    let settings = SETTINGS.iter().any(|ending| name.ends_with(ending));
    NAMES.contains(&name)
        || name.starts_with(".env.")
        || ENDINGS.iter().any(|ending| name.ends_with(ending))
        || matches!(name.split(['-', '.']).next(), Some("shadow" | "gshadow"))
        || (spoken_of && settings)
}

fn is_within(clean: &str) -> bool {
    WITHIN.iter().any(|part| clean.contains(part) || (clean.contains(&part[1..]) && !clean.starts_with('/')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_may_mean_a_secret() {
        for pattern in [".e?v", ".[e]nv", "x/.en*", ".netr?"] {
            assert!(may_match(pattern), "{pattern}");
        }
        for pattern in ["*", ".*", "*.yml", ".x?z", "src/*.rs"] {
            assert!(!may_match(pattern), "{pattern}");
        }
    }

    #[test]
    fn secrets_are_told_from_what_stands_in_for_them() {
        for path in [
            "~/.aws/credentials",
            "config/secrets.yml",
            "prod.tfvars",
            "/etc/shadow-",
            "~/.zsh_history",
            "gcp-key.json",
            ".env.production",
            "/proc/1/environ",
        ] {
            assert!(is_secret(path), "{path}");
        }
        for path in [
            ".env.example",
            "config/database.yml.example",
            "~/.ssh/id_rsa.pub",
            "src/secrets.rs",
            "docs/secrets.md",
            "/etc/passwd",
            "key.rs",
            "values.yaml",
        ] {
            assert!(!is_secret(path), "{path}");
        }
    }
}
