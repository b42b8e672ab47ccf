//! Stores of secrets, and what prints one.

use super::super::assessment::DestructionKind::{AccessControl, Secrets};
use super::super::findings::Judgement;
use super::super::run::Invocation;
use super::Cli;
use super::table::{Otherwise, Tool, changes, destroys};

/// Programs that print a secret with these leading words.
const PRINTED: &[(&str, &[&str], &str)] = &[
    ("aws", &["secretsmanager", "get-secret-value"], "a secret"),
    ("aws", &["ssm", "get-parameter"], "a parameter"),
    ("aws", &["ssm", "get-parameters"], "parameters"),
    ("aws", &["ssm", "get-parameters-by-path"], "parameters"),
    ("aws", &["sts"], "credentials"),
    ("aws", &["ecr", "get-login-password"], "credentials"),
    ("aws", &["configure", "get"], "credentials"),
    ("aws", &["iam", "create-access-key"], "credentials"),
    ("gcloud", &["secrets", "versions", "access"], "a secret"),
    ("gcloud", &["auth"], "credentials"),
    ("az", &["keyvault", "secret", "show"], "a secret"),
    ("az", &["account", "get-access-token"], "credentials"),
    ("vault", &["kv", "get"], "a secret"),
    ("vault", &["read"], "a secret"),
    ("vault", &["print", "token"], "credentials"),
    ("vault", &["token"], "credentials"),
    ("op", &["item", "get"], "a secret"),
    ("op", &["read"], "a secret"),
    ("op", &["document", "get"], "a secret"),
    ("doppler", &["secrets"], "secrets"),
    ("kubectl", &["get", "secret"], "a secret"),
    ("kubectl", &["get", "secrets"], "secrets"),
    ("kubectl", &["config", "view"], "credentials"),
    ("kubectl", &["create", "token"], "a token"),
    ("gh", &["auth", "token"], "a token"),
    ("pass", &["show"], "a secret"),
    ("security", &["find-generic-password"], "a secret"),
    ("sops", &["-d"], "secrets"),
    ("chamber", &["export"], "secrets"),
    ("terraform", &["output"], "outputs of the state"),
    ("terraform", &["state", "pull"], "the state"),
    ("printenv", &[], "the environment"),
    ("consul", &["kv", "get"], "keys"),
    ("bw", &["get"], "a secret"),
    ("gpg", &["--export-secret-keys"], "private keys"),
    ("infisical", &["secrets"], "secrets"),
    ("heroku", &["config"], "settings with secrets"),
    ("npm", &["token"], "tokens"),
    ("docker", &["inspect"], "a container's environment"),
    ("git", &["credential"], "credentials"),
    ("git", &["config"], "git's settings, with the tokens in them"),
    ("ssh-add", &["-L"], "keys"),
];

/// What the command prints, if it is a secret.
pub(super) fn printed(call: &Invocation<'_>) -> Option<String> {
    let cli = Cli::read(
        call.args,
        &["-n", "--namespace", "--region", "--profile", "--project", "--context", "-o", "--output"],
    );
    let words: Vec<&str> = cli.words.iter().map(|word| word.text.as_str()).collect();
    let given = |wanted: &[&str]| {
        words.starts_with(wanted) || (wanted.len() == 1 && cli.options.iter().any(|option| option.name == wanted[0]))
    };
    let (_, _, what) = PRINTED.iter().find(|(program, wanted, _)| *program == call.program && given(wanted))?;
    Some(format!("{what} ({})", words.join(" ")))
}

/// Reading the whole of a private key ring is showing it.
pub(super) fn judge(call: &Invocation<'_>) -> Option<Judgement> {
    let cli = Cli::read(call.args, &[]);
    match call.program {
        "gpg" | "gpg2" if cli.options.iter().any(|option| option.name.starts_with("--export-secret")) => {
            Some(Judgement::loss(Secrets, format!("shows private keys {}", cli.subject(0))))
        }
        "gpg" | "gpg2" if cli.options.iter().any(|option| option.name.starts_with("--delete")) => {
            Some(Judgement::loss(Secrets, format!("deletes the keys {}", cli.subject(0))))
        }
        "ssh-add" if cli.has(&["-d", "-D"]) => Some(Judgement::loss(Secrets, "removes keys from the agent")),
        "ssh-keygen" if cli.has(&["-R"]) => {
            Some(Judgement::loss(AccessControl, format!("forgets by which key a host is known: {}", cli.subject(0))))
        }
        "ssh-keygen" if cli.has(&["-p"]) => {
            Some(Judgement::loss(Secrets, format!("changes the passphrase of a key {}", cli.subject(0))))
        }
        "ssh-keygen" if call.stdin.is_some() && cli.has(&["-f"]) => {
            Some(Judgement::loss(Secrets, format!("overwrites the key {}", cli.subject(0))))
        }
        "ssh-copy-id" => Some(Judgement::loss(AccessControl, format!("lets a key log in on {}", cli.subject(0)))),
        "keytool"
            if cli
                .options
                .iter()
                .any(|option| matches!(option.name, "-delete" | "-storepasswd" | "-importkeystore")) =>
        {
            Some(Judgement::loss(Secrets, format!("deletes or changes keys: {}", cli.subject(0))))
        }
        "certutil" if cli.has(&["-D", "-F"]) => Some(Judgement::loss(Secrets, "deletes a certificate or a key")),
        "secret-tool" | "pass" | "gopass" if matches!(cli.word(0), "clear" | "rm" | "remove" | "delete" | "mv") => {
            Some(Judgement::loss(Secrets, format!("deletes the secret {}", cli.subject(1))))
        }
        _ => None,
    }
}

pub(super) const TOOLS: &[Tool] = &[
    Tool {
        names: &["ldapdelete", "ldapmodrdn", "ldapmodify", "ldappasswd"],
        kind: AccessControl,
        valued: &["-D", "-w", "-H", "-y", "-f", "-b", "-h", "-p"],
        rules: &[destroys("", "deletes or changes entries of the directory: {}")],
        otherwise: Otherwise::Unknown,
    },
    Tool {
        names: &["vault", "bao"],
        kind: Secrets,
        valued: &["-address", "-namespace", "-ns", "-format", "-field", "-mount", "-versions", "-version", "-path"],
        rules: &[
            destroys("kv delete|destroy|metadata|undelete|rollback", "deletes versions of the secret {}").given(&["delete", "destroy"]),
            destroys("kv put|patch|rollback", "overwrites the secret {}").given(&["-cas=0", "rollback"]),
            destroys("secrets|auth|audit disable|move|tune", "disables {} and deletes everything in it").given(&["disable", "move"]),
            destroys("policy|namespace delete|write", "changes who may read secrets: {}").given(&["delete", "write"]).kind(AccessControl),
            destroys("lease|token revoke", "revokes {}, which services log in with"),
            destroys("token create", "makes a login with rights over secrets").given(&["-policy=root", "-orphan", "-period", "root", "-policy"]).kind(AccessControl),
            destroys("operator seal|step-down|rekey|generate-root|rotate|raft|migrate|init|unseal|key-status|diagnose", "seals the store or changes its keys, so that no service can read secrets").given(&["seal", "step-down", "rekey", "generate-root", "rotate", "remove-peer", "restore", "migrate", "snapshot"]),
            destroys("delete|revoke", "deletes {}"),
            destroys("write sys*", "changes the store itself: {}").kind(AccessControl),
            destroys("plugin deregister|register", "changes the code that the store runs: {}"),
            changes("*"),
        ],
        otherwise: Otherwise::Unknown,
    },
    Tool {
        names: &["op", "doppler", "bw", "bws", "infisical", "chamber", "sops", "berglas", "conjur", "keeper", "ksm", "lpass", "akeyless", "teller", "step", "certbot", "acme.sh", "aws-vault", "keybase", "teleport", "tsh", "tctl", "boundary", "okta", "saml2aws", "keycloak", "kcadm", "kcadm.sh", "auth0", "authelia", "ory", "samba-tool", "ipa", "kadmin", "kadmin.local", "kdestroy", "realm", "credstash", "confidant", "phase", "envkey"],
        kind: Secrets,
        valued: &["--vault", "--account", "--project", "-p", "--config", "-c", "--token", "--env", "-r"],
        rules: &[
            changes("item|vault|user|group|document|account|service-account|connect|secrets|configs|projects|environments get|list|ls|create|template|download|whoami"),
            destroys("item|document edit", "overwrites the secret {}"),
            destroys("user|group|vault suspend|revoke|remove|delete|provision|confirm|user", "changes who may read secrets: {}").given(&["suspend", "revoke", "remove", "delete"]).kind(AccessControl),
            destroys("secrets|configs|projects|environments|service-tokens|tokens|workplace unset|upload|rollback|unlock|revoke|substitute", "deletes or overwrites {}").given(&["unset", "upload", "rollback", "revoke"]),
            destroys("configs tokens revoke|delete", "revokes {}"),
            destroys("secrets set", "overwrites the secrets {}").given(&["--overwrite"]),
            destroys("revoke|delete|unregister|uninstall|rollback", "revokes the certificate {}"),
            destroys("", "deletes or changes accounts").given(&["--delete", "--revoke"]),
            destroys("ca|certificate|ssh revoke|rotate|provisioner", "revokes {}").given(&["revoke"]),
            destroys("users|nodes|lock|tokens|auth rm|add|reset|lock|export|del", "changes who may log in: {}").given(&["rm", "lock", "reset", "del"]).kind(AccessControl),
        ],
        otherwise: Otherwise::Verbs,
    },
];
