//! Files that hold credentials by what they are called: their content is looked up by nobody.

use std::path::Path;

/// Names of such files, in lower case.
const NAMES: &[&str] = &[
    ".dockercfg",
    ".git-credentials",
    ".htpasswd",
    ".my.cnf",
    ".netrc",
    ".npmrc",
    ".pgpass",
    ".pypirc",
    ".terraformrc",
    ".vault-token",
    ".yarnrc.yml",
    "_netrc",
    "auth.json",
    "credentials",
    "kubeconfig",
    "pip.conf",
];

/// What such files end in.
const EXTENSIONS: &[&str] =
    &["asc", "gpg", "jceks", "jks", "kdbx", "key", "keystore", "p12", "pem", "pfx", "pkcs12", "ppk"];

/// The same, whatever follows: `terraform.tfstate.backup`, `prod.tfvars.json`.
const INFIXES: &[&str] = &["tfstate", "tfvars"];

/// What is put behind the name of a file that is kept aside.
const KEPT_ASIDE: &[&str] = &[".backup", ".bak", ".old", ".orig", ".save", "~"];

/// What such files begin with, up to the first dot.
const STEMS: &[&str] = &["credential", "credentials", "secret", "secrets", "service-account", "service_account"];

/// Directories that hold nothing else.
const DIRECTORIES: &[&str] = &[".aws", ".azure", ".docker", ".gnupg", ".kube", ".ssh"];

/// Endings of `.env` files that are examples.
const EXAMPLES: &[&str] = &["example", "sample", "template", "dist", "defaults"];

/// Data that `secrets.…` may be, as in `secrets.prod.yaml`; `secrets.py` is a program.
const DATA: &[&str] = &["", "cfg", "conf", "env", "ini", "json", "properties", "toml", "txt", "yaml", "yml", "enc"];

/// Whether the file at `path` is one of those.
pub(super) fn is_secret(path: &Path) -> bool {
    let in_directory = |part: &str| DIRECTORIES.contains(&part);
    let path = path.to_string_lossy().to_lowercase();
    let parts: Vec<&str> = path.split('/').collect();
    let Some((name, directories)) = parts.split_last() else { return false };
    directories.iter().any(|part| in_directory(part)) || is_secret_name(name)
}

fn is_secret_name(name: &str) -> bool {
    let name = KEPT_ASIDE.iter().find_map(|ending| name.strip_suffix(ending)).unwrap_or(name);
    let (stem, rest) = name.split_once('.').unwrap_or((name, ""));
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    let key = ["id_rsa", "id_dsa", "id_ecdsa", "id_ed25519"].iter().any(|key| stem.starts_with(key));
    NAMES.contains(&name)
        || EXTENSIONS.contains(&extension)
        || is_environment_file(name, extension)
        || key && extension != "pub"
        || STEMS.contains(&stem) && rest.split('.').any(|part| DATA.contains(&part))
        || rest.split('.').any(|part| INFIXES.contains(&part))
}

/// `.env`, `.env.production`, `prod.env`; not `.env.example`.
fn is_environment_file(name: &str, extension: &str) -> bool {
    let of_dotenv = name == ".env" || name.starts_with(".env.") || name == ".envrc" || extension == "env";
    of_dotenv && !EXAMPLES.contains(&extension)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_holds_credentials_is_told_by_its_name() {
        let secret = [
            ".env",
            "a/.env.local",
            "prod.env",
            ".envrc",
            "tls/server.pem",
            "x.KEY",
            "id_rsa",
            "keys/id_ed25519_work",
            ".npmrc",
            "home/.ssh/config",
            ".aws/credentials",
            "config/secrets.yml",
            "Secrets.json",
            "credentials.json",
            "main.tfstate",
            "service-account.json",
            "secrets.prod.yaml",
            "secrets.production.json",
            "credentials.staging.yml",
            "terraform.tfstate.backup",
            "prod.auto.tfvars.json",
            "server.pem.bak",
            ".env~",
        ];
        let plain = [
            ".env.example",
            "src/env.rs",
            "src/secrets.py",
            "src/credentials.test.ts",
            "id_generator.py",
            "monkey.py",
            "keys.rs",
            "docs/credentials.md",
            "id_rsa.pub",
            "package.json",
            "environment.ts",
        ];
        secret.iter().for_each(|path| assert!(is_secret(Path::new(path)), "{path}"));
        plain.iter().for_each(|path| assert!(!is_secret(Path::new(path)), "{path}"));
    }
}
