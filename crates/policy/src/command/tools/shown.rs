//! What stores of secrets print: whole stores, fresh credentials, and bare values.
//!
//! Looking one named secret up in its store is what jobs do all day; where a tool answers that in a form for people it is
//! left out here, and only unknown. What prints a value and nothing else, everything at once, or a login that didn't exist
//! before is an exposure, as the output of a command is kept in a log.

use super::super::assessment::DestructionKind::Secrets;
use super::super::findings::Judgement;
use super::super::run::Invocation;
use super::Cli;

struct Shown {
    programs: &'static [&'static str],
    /// Leading words; `a|b` either, `*` any one.
    words: &'static str,
    /// One of these options or words must be given, if there are any.
    given: &'static [&'static str],
    what: &'static str,
}

const fn row(
    programs: &'static [&'static str],
    words: &'static str,
    given: &'static [&'static str],
    what: &'static str,
) -> Shown {
    Shown { programs, words, given, what }
}

const ROWS: &[Shown] = &[
    row(&["aws"], "ssm get-parameters-by-path|get-parameters", &["--with-decryption"], "every parameter below a path"),
    row(&["aws"], "secretsmanager batch-get-secret-value", &[], "secrets"),
    row(
        &["aws"],
        "sts get-session-token|assume-role|assume-role-with-saml|assume-role-with-web-identity|get-federation-token",
        &[],
        "fresh credentials of the account",
    ),
    row(&["aws"], "configure export-credentials", &[], "the credentials of this login"),
    row(&["aws"], "configure get", &["aws_secret_access_key", "aws_session_token"], "the credentials of this login"),
    row(&["gcloud"], "secrets versions access", &[], "a secret"),
    row(&["gcloud"], "kms decrypt", &[], "what is encrypted"),
    row(&["gcloud"], "auth application-default print-access-token", &[], "the credentials of this login"),
    row(&["az"], "keyvault secret show|download", &[], "a secret"),
    row(&["az"], "keyvault key|certificate download", &[], "a key"),
    row(&["az"], "cosmosdb|redis|batch|search|maps keys|list-keys", &[], "the keys of a service"),
    row(&["az"], "* * keys|authorization-rule|admin-key list|show", &[], "the keys of a service"),
    row(&["az"], "webapp|functionapp config appsettings list", &[], "settings with secrets in them"),
    row(&["az"], "webapp|functionapp deployment list-publishing-profiles|list-publishing-credentials", &[], "a login"),
    row(&["az"], "aks get-credentials", &["--admin", "-a"], "an administrator's login"),
    row(&["vault", "bao"], "kv|read get|*", &["-field"], "a secret"),
    row(&["vault", "bao"], "read", &["/creds/"], "a fresh login"),
    row(&["vault", "bao"], "print token", &[], "the token of this login"),
    row(&["op"], "item get", &["--reveal"], "a secret"),
    row(&["doppler"], "secrets download", &[], "every secret of the project"),
    row(&["infisical"], "secrets", &[], "every secret of the project"),
    row(&["infisical"], "export", &[], "every secret of the project"),
    row(&["bw"], "get password|totp|notes|item", &[], "a secret"),
    row(&["bws"], "secret get|list", &[], "secrets"),
    row(&["pass", "gopass", "passage"], "show", &[], "a secret"),
    row(&["lpass"], "show|export", &[], "secrets"),
    row(&["keeper", "ksm"], "get|secret|export", &[], "secrets"),
    row(&["conjur"], "variable get|value", &[], "a secret"),
    row(&["berglas"], "access", &[], "a secret"),
    row(&["credstash"], "get|getall", &[], "secrets"),
    row(&["akeyless"], "get-secret-value|get-static-secret-value|get-dynamic-secret-value", &[], "a secret"),
    row(&["chamber"], "read|export|env", &[], "secrets"),
    row(&["teller"], "show|env|yaml|sh|export", &[], "every secret of the project"),
    row(&["dotenvx"], "get|decrypt", &[], "secrets"),
    row(&["security"], "find-generic-password|find-internet-password", &["-w", "-g"], "a password"),
    row(&["security"], "export|dump-keychain", &[], "keys and passwords"),
    row(&["secret-tool"], "lookup|search", &[], "a password"),
    row(&["keyring"], "get", &[], "a password"),
    row(&["sops"], "", &["-d", "--decrypt", "decrypt"], "what is encrypted"),
    row(&["ansible-vault"], "view|decrypt", &[], "what is encrypted"),
    row(&["eyaml"], "decrypt", &[], "what is encrypted"),
    row(&["heroku"], "config|config:get", &[], "settings with secrets in them"),
    row(&["vercel"], "env pull", &[], "settings with secrets in them"),
    row(&["netlify"], "env:list|env:get|env:export", &[], "settings with secrets in them"),
    row(&["railway"], "variables|vars", &[], "settings with secrets in them"),
    row(&["glab"], "variable get|export", &[], "a secret of the project"),
    row(&["docker", "podman"], "inspect", &["Config.Env"], "the environment of a container"),
    row(&["docker", "podman"], "container inspect", &["Config.Env"], "the environment of a container"),
    row(&["gitlab-rails", "gitlab-psql"], "runner", &["password", "token"], "secrets of the server"),
];

const VALUED: &[&str] = &[
    "-n",
    "--namespace",
    "--region",
    "--profile",
    "--project",
    "-p",
    "--context",
    "-o",
    "--output",
    "--format",
    "-f",
    "-a",
    "--app",
    "-g",
    "--resource-group",
    "--vault-name",
    "--name",
    "--query",
    "-R",
    "--repo",
    "-s",
    "--secret",
    "--config",
    "-c",
    "-address",
    "-namespace",
    "-mount",
    "--vault",
    "--path",
    "--env",
];

pub(super) fn judge(call: &Invocation<'_>) -> Option<Judgement> {
    ROWS.iter().find(|row| row.programs.contains(&call.program))?;
    let cli = Cli::read(call.args, VALUED);
    if super::table::only_shows(&cli) {
        return None;
    }
    let fits = |row: &&Shown| row.programs.contains(&call.program) && leads(row.words, &cli) && given(row.given, call);
    let row = ROWS.iter().find(fits)?;
    Some(Judgement::loss(Secrets, format!("shows {}: {}", row.what, cli.subject(0))))
}

fn leads(words: &str, cli: &Cli<'_>) -> bool {
    let mut patterns = words.split(' ').filter(|pattern| !pattern.is_empty()).enumerate();
    patterns.all(|(at, pattern)| {
        let word = cli.word(at);
        pattern.split('|').any(|choice| choice == word || (choice == "*" && !word.is_empty()))
    })
}

fn given(wanted: &[&str], call: &Invocation<'_>) -> bool {
    let is_given = |wanted: &&str| {
        call.args.iter().any(|arg| {
            let option = wanted.starts_with('-') && arg.text.split('=').next() == Some(*wanted);
            option || arg.text == **wanted || (!wanted.starts_with('-') && arg.text.contains(*wanted))
        })
    };
    wanted.is_empty() || wanted.iter().any(is_given)
}

#[cfg(test)]
mod tests {
    use super::super::super::text::Text;
    use super::*;

    fn shows(line: &str) -> bool {
        let mut words = line.split(' ');
        let program = words.next().unwrap_or_default();
        let args: Vec<Text> = words.map(Text::exact).collect();
        judge(&Invocation { program, args: &args, stdin: None, elsewhere: false }).is_some()
    }

    #[test]
    fn values_are_told_from_names() {
        for line in [
            "gcloud secrets versions access latest --secret=db",
            "az keyvault secret show --vault-name v -n db",
            "aws sts get-session-token",
            "vault kv get -field=password secret/db",
            "sops -d x.yaml",
            "heroku config -a prod",
        ] {
            assert!(shows(line), "{line}");
        }
        for line in [
            "gcloud secrets list",
            "az keyvault secret list --vault-name v",
            "aws sts get-caller-identity",
            "vault kv list secret/",
            "sops --version",
            "docker inspect web",
        ] {
            assert!(!shows(line), "{line}");
        }
    }
}
