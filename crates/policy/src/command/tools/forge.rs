//! Forges by their own tools: gh, glab and their like.

use super::super::assessment::DestructionKind::{AccessControl, Forge, Pipeline, Secrets};
use super::super::findings::Judgement;
use super::super::run::Invocation;
use super::Cli;
use super::table::{Otherwise, Tool, changes, destroys};

/// `gh api` and `glab api` are HTTP clients: the method decides, then the path.
pub(super) fn judge(call: &Invocation<'_>) -> Option<Judgement> {
    if !matches!(call.program, "gh" | "glab" | "tea" | "hub") || call.args.first().is_none_or(|arg| arg.text != "api") {
        return None;
    }
    let cli = Cli::read(
        &call.args[1..],
        &[
            "-X",
            "--method",
            "-f",
            "-F",
            "--field",
            "--raw-field",
            "-H",
            "--header",
            "--input",
            "-q",
            "--jq",
            "-t",
            "--template",
            "--hostname",
            "--cache",
            "-p",
            "--preview",
        ],
    );
    let path = cli.word(0);
    let fields: Vec<&str> = cli.values(&["-f", "-F", "--field", "--raw-field"]).collect();
    let implied = if fields.is_empty() && cli.value(&["--input"]).is_none() { "GET" } else { "POST" };
    let method = cli.value(&["-X", "--method"]).unwrap_or(implied).to_ascii_uppercase();
    if method == "DELETE" {
        return Some(Judgement::loss(Forge, format!("deletes {path} by the forge's API")));
    }
    let mutation = path == "graphql"
        && fields.iter().any(|field| {
            field.contains("mutation")
                && ["delete", "remove", "close", "archive", "disable", "transfer"]
                    .iter()
                    .any(|verb| field.contains(verb))
        });
    if mutation {
        return Some(Judgement::loss(Forge, format!("deletes by the forge's API: {}", fields.join(" "))));
    }
    Some(changed(&method, path, &fields))
}

/// Writes that loosen protection, give rights, or move branches.
fn changed(method: &str, path: &str, fields: &[&str]) -> Judgement {
    if method == "GET" {
        return Judgement::unknown("it asks the forge");
    }
    let guards = [
        "/protection",
        "/rulesets",
        "/collaborators",
        "/actions/permissions",
        "/keys",
        "/hooks",
        "/memberships",
        "/members",
        "/protected_branches",
        "/deploy_keys",
        "/variables",
        "/access_tokens",
        "/interaction-limits",
        "/vulnerability-alerts",
    ];
    let says = |marks: &[&str]| fields.iter().any(|field| marks.iter().any(|mark| field.contains(mark)));
    if guards.iter().any(|guard| path.contains(guard)) {
        return Judgement::loss(AccessControl, format!("changes what guards the repository: {path}"));
    }
    if says(&[
        "archived=true",
        "private=false",
        "visibility=public",
        "visibility=private",
        "force=true",
        "default_branch",
        "state_event=close",
        "enforcement=disabled",
    ]) || path.contains("/transfer")
        || path.contains("/archive")
    {
        return Judgement::loss(Forge, format!("changes the repository under others: {path} {}", fields.join(" ")));
    }
    Judgement::unknown("it changes something on the forge")
}

const VALUED: &[&str] = &[
    "-R",
    "--repo",
    "-b",
    "--body",
    "-t",
    "--title",
    "-H",
    "--hostname",
    "-F",
    "--body-file",
    "--org",
    "-o",
    "-e",
    "--env",
    "-u",
    "--user",
    "-g",
    "--group",
    "-a",
    "--app",
    "-l",
    "--label",
    "--branch",
    "-m",
];

pub(super) const TOOLS: &[Tool] = &[
    Tool {
        names: &["gh", "hub"],
        kind: Forge,
        valued: VALUED,
        rules: &[
            destroys("repo delete", "deletes the repository {} with its issues and releases"),
            destroys("repo archive|rename|transfer", "archives or renames the repository {}"),
            destroys("repo edit", "changes who may see or write the repository {}").given(&["--visibility", "--default-branch", "--delete-branch-on-merge", "--accept-visibility-change-consequences", "--enable-issues=false", "--enable-wiki=false"]).kind(AccessControl),
            destroys("repo sync", "overwrites the branch of {}").given(&["--force"]),
            destroys("repo deploy-key add|delete", "changes who may write the repository").kind(AccessControl),
            destroys("secret|variable delete|remove|rm", "deletes the secret {}").kind(Secrets),
            destroys("secret set", "overwrites the secret {}").kind(Secrets),
            destroys("auth token|status", "shows the token of this login").given(&["token", "--show-token", "-t"]).kind(Secrets),
            destroys("auth logout", "removes this login").kind(AccessControl),
            destroys("workflow disable", "stops the workflow {}").kind(Pipeline),
            destroys("run delete", "deletes the record of the run {}").kind(Pipeline),
            destroys("cache delete", "deletes caches {}").kind(Pipeline),
            destroys("pr close|merge", "deletes the branch of {}").given(&["--delete-branch", "-d"]),
            changes("run|pr|issue cancel|rerun|watch|view|list|checks|create|comment|checkout|diff|status|close|reopen|edit|ready|review"),
            destroys("pr merge", "merges {} past its checks").given(&["--admin"]),
            destroys("issue|release|gist|label|codespace|project|ssh-key|gpg-key|extension|alias|ruleset|milestone delete|delete-asset|remove|lock|transfer|unpin|item-delete|field-delete|close", "deletes {}"),
            destroys("ssh-key|gpg-key add", "lets another key act for this login").kind(AccessControl),
            destroys("extension install|upgrade|exec", "runs code of the extension {} on this host").kind(super::super::assessment::DestructionKind::CodeExecution),
            destroys("release upload|edit", "overwrites files of the release {}").given(&["--clobber"]),
            destroys("codespace delete|stop|rebuild", "deletes {}"),
        ],
        otherwise: Otherwise::Verbs,
    },
    Tool {
        names: &["glab", "tea", "bb", "jira", "linear"],
        kind: Forge,
        valued: VALUED,
        rules: &[
            changes("ci|pipeline|pipe status|view|list|lint|trace|run|retry|cancel|get|artifact|config|trigger"),
            destroys("ci|pipeline|pipe|schedule|job delete", "deletes the pipeline {} with its logs and artifacts").kind(Pipeline),
            destroys("repo|project delete", "deletes the repository {} with its issues and releases"),
            destroys("repo|project archive|transfer|mirror|publish", "archives or moves the repository {}").given(&["transfer", "--archived", "mirror"]),
            destroys("variable|token|deploy-key|ssh-key|gpg-key|securefile|runner|cluster delete|remove|rm|revoke|rotate|unset|unregister", "deletes {}").kind(Secrets),
            destroys("variable get|export", "shows secrets of the project").given(&["export"]).kind(Secrets),
            destroys("mr merge", "merges {} past its checks").given(&["--skip-ci"]),
            destroys("auth status", "shows the token of this login").given(&["-t", "--show-token"]).kind(Secrets),
            destroys("issue|mr|release|label|snippet|user|milestone|incident|iteration delete|rm|remove", "deletes {}"),
            destroys("release upload", "overwrites files of the release {}").given(&["--overwrite"]),
        ],
        otherwise: Otherwise::Verbs,
    },
];
