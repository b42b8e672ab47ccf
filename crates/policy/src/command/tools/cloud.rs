//! The command lines of the other clouds and hosts of programs: nouns, then a verb.

use super::super::assessment::DestructionKind;
use super::super::assessment::DestructionKind::{
    AccessControl, Backups, Cloud, Database, Messaging, Monitoring, Network, Pipeline, Secrets, Storage,
};
use super::super::findings::Judgement;
use super::super::run::Invocation;
use super::table::{Otherwise, Tool, changes, destroys, only_shows};
use super::{Cli, verbs};

/// Options of `gcloud` and `az` that take a word.
const VALUED: &[&str] = &[
    "--project",
    "--region",
    "--zone",
    "--location",
    "--format",
    "--account",
    "--configuration",
    "--organization",
    "--subscription",
    "--resource-group",
    "-g",
    "--output",
    "-o",
    "--query",
    "--filter",
    "--impersonate-service-account",
    "--verbosity",
    "--account-name",
    "--auth-mode",
    "--account-key",
    "--sas-token",
    "--connection-string",
    "--vault-name",
    "--registry",
    "-r",
];

pub(super) fn judge(call: &Invocation<'_>) -> Option<Judgement> {
    if !matches!(call.program, "gcloud" | "az" | "gsutil" | "oci" | "ibmcloud" | "aliyun" | "tccli") {
        return None;
    }
    let cli = Cli::read(call.args, VALUED);
    if only_shows(&cli) {
        return Some(Judgement::unknown("it shows what it would do, or its help"));
    }
    let judgement =
        if call.program == "gsutil" { gsutil(&cli) } else { exposed(&cli, call).or_else(|| by_verb(call, &cli)) };
    Some(
        judgement
            .unwrap_or_else(|| Judgement::unknown(format!("what {} does here isn't known to only read", call.program))),
    )
}

fn gsutil(cli: &Cli<'_>) -> Option<Judgement> {
    let lost = |what: String| Some(Judgement::loss(Storage, what));
    // `gsutil -m rm -r`: the verb is the first word.
    let wide = cli.has(&["-r", "-R", "-a"])
        || cli.word(1).ends_with('*')
        || cli.word(1).trim_start_matches("gs://").trim_end_matches('/').find('/').is_none();
    match cli.word(0) {
        "rb" => lost(format!("deletes the bucket {}", cli.subject(1))),
        "rm" => lost(format!("deletes {}{}", if wide { "every object below " } else { "" }, cli.subject(1))),
        "rsync" if cli.has(&["-d"]) && !cli.has(&["-n"]) => {
            lost(format!("deletes every object of {} that {} doesn't have", cli.word(2), cli.word(1)))
        }
        "mv" => lost(format!("deletes {} once it is copied to {}", cli.word(1), cli.word(2))),
        "iam" | "acl" | "defacl" if matches!(cli.word(1), "ch" | "set") => {
            Some(Judgement::loss(AccessControl, format!("changes who may read {}", cli.subject(2))))
        }
        "lifecycle" | "retention" | "versioning" if cli.word(1) != "get" => {
            lost(format!("changes how long the objects of {} are kept", cli.subject(2)))
        }
        _ => None,
    }
}

fn by_verb(call: &Invocation<'_>, cli: &Cli<'_>) -> Option<Judgement> {
    let words: Vec<&str> = cli.words.iter().map(|word| word.text.as_str()).collect();
    let path = words.iter().take(6).copied().collect::<Vec<_>>().join(" ");
    let small = [
        "operations cancel",
        "builds cancel",
        "pipelines cancel",
        "runs cancel",
        "flush-dns",
        "cache purge-local",
        "config unset",
        "auth revoke",
        "account clear",
        "cache delete",
        "cache purge",
        "components remove",
        "extension remove",
        "configurations delete",
    ];
    if small.iter().any(|path_part| path.contains(path_part)) {
        return None;
    }
    // Cloud Run's noun is a verb elsewhere.
    let nouns = usize::from(call.program == "gcloud" && matches!(cli.word(0), "run" | "deploy" | "builds"));
    let after = Cli { words: cli.words.iter().skip(nouns).copied().collect(), options: Vec::new() };
    verbs::judge(call.program, &after, kind(&path)).or_else(|| stopped(&words, call.program))
}

/// Stopping takes a service away as much as deleting does, until somebody starts it again.
fn stopped(words: &[&str], program: &str) -> Option<Judgement> {
    let at = words.iter().take(5).position(|word| {
        matches!(
            *word,
            "stop"
                | "deallocate"
                | "failover"
                | "restart"
                | "reimage"
                | "redeploy"
                | "abandon-instances"
                | "regenerate"
                | "renew"
                | "promote-replica"
                | "cancel"
        )
    })?;
    Some(Judgement::loss(
        Cloud,
        format!("{} {} ({program})", words[at], [&words[..at], &words[at + 1..]].concat().join(" ")),
    ))
}

fn kind(path: &str) -> DestructionKind {
    const KINDS: &[(&[&str], DestructionKind)] = &[
        (&["backup", "snapshot", "recovery"], Backups),
        (&["storage", "bucket", "blob", "filestore", "artifacts", "acr", "disk", "volume"], Storage),
        (
            &[
                "sql",
                "spanner",
                "bigtable",
                "firestore",
                "redis",
                "cosmosdb",
                "postgres",
                "mysql",
                "memorystore",
                "datastore",
                "bq",
                "database",
            ],
            Database,
        ),
        (&["pubsub", "eventhubs", "servicebus", "eventgrid", "tasks"], Messaging),
        (&["secret", "keyvault", "kms"], Secrets),
        (&["iam", "role", "policy", "ad ", "service-accounts", "identity"], AccessControl),
        (&["logging", "monitor", "alert", "audit"], Monitoring),
        (
            &[
                "dns",
                "network",
                "firewall",
                "cdn",
                "forwarding",
                "url-maps",
                "apigee",
                "endpoints",
                "api-gateway",
                "apim",
                "frontdoor",
                "load-balanc",
            ],
            Network,
        ),
        (&["builds", "pipelines", "deploy"], Pipeline),
    ];
    KINDS.iter().find(|(marks, _)| marks.iter().any(|mark| path.contains(mark))).map_or(Cloud, |(_, kind)| *kind)
}

/// What the line of a command says, whatever its verb: words that stand in it, kind, and what that means.
const EXPOSURES: &[(&[&str], DestructionKind, &str)] = &[
    (
        &["add-iam-policy-binding", "set-iam-policy", "set-policy", "policy update"],
        AccessControl,
        "gives or changes rights",
    ),
    (
        &["role assignment create", "role definition update", "ad app permission"],
        AccessControl,
        "gives or changes rights",
    ),
    (
        &[
            "sp create-for-rbac",
            "credential reset",
            "reset-windows-password",
            "keys create",
            "keys renew",
            "add-access-config",
        ],
        AccessControl,
        "makes or changes a login",
    ),
    (&["services set-traffic", "update-traffic"], Network, "moves the traffic to another version"),
    (&["--delete-unmatched-destination-objects", "storage mv "], Storage, "deletes objects once others are copied"),
    (
        &[
            "--allow-unauthenticated",
            "allUsers",
            "--public-access blob",
            "--public-access container",
            "--authorized-networks=0",
        ],
        AccessControl,
        "opens to everybody",
    ),
    (
        &[
            "--public-network-access Enabled",
            "--allow-blob-public-access true",
            "--default-action Allow",
            "--source-address-prefixes *",
        ],
        AccessControl,
        "opens to everybody",
    ),
    (
        &["--no-deletion-protection", "--disable-deletion-protection", "--no-backup", "--clear-retention"],
        AccessControl,
        "takes the protection against deletion away",
    ),
    (
        &["--enable-soft-delete false", "--enable-purge-protection false"],
        AccessControl,
        "takes the protection against deletion away",
    ),
    (
        &["--num-nodes 0 ", "--num-nodes=0 ", "--size 0 ", "--size=0 ", "--node-count 0 ", "--instance-count 0 "],
        Cloud,
        "takes every machine away",
    ),
    (
        &["--new-capacity 0 ", "--replicas 0 ", "--max-replicas 0 ", "--min-instances=0 --max-instances=0 "],
        Cloud,
        "takes every machine away",
    ),
    (
        &["sql reset-root", "print-access-token", "print-identity-token", "get-access-token", "show-connection-string"],
        Secrets,
        "shows a credential",
    ),
    (
        &[
            "storage account keys list",
            "credential list",
            "get-credentials --admin",
            "admin-credential show",
            "acr credential show",
        ],
        Secrets,
        "shows a credential",
    ),
];

/// Rights given, protections taken, secrets shown.
fn exposed(cli: &Cli<'_>, call: &Invocation<'_>) -> Option<Judgement> {
    let line = format!("{} ", call.line());
    let subject = cli.subject(0);
    let opens =
        line.contains("0.0.0.0/0") && ["create", "update", "patch", "add"].iter().any(|verb| line.contains(verb));
    if opens {
        return Some(Judgement::loss(AccessControl, format!("opens to everybody: {subject}")));
    }
    let (_, kind, what) = EXPOSURES.iter().find(|(marks, ..)| marks.iter().any(|mark| line.contains(mark)))?;
    Some(Judgement::loss(*kind, format!("{what}: {subject}")))
}

pub(super) const TOOLS: &[Tool] = &[
    Tool {
        names: &["azcopy"],
        kind: Storage,
        valued: &["--include-pattern", "--exclude-pattern", "--from-to", "--log-level"],
        rules: &[
            destroys("remove|rm", "deletes {} and what is in it"),
            destroys("sync", "deletes what the source doesn't have: {}").given(&["--delete-destination", "--delete-destination=true", "--delete-destination=prompt"]),
            destroys("jobs remove|clean|rm", "deletes the record of transfers {}"),
            changes("*"),
        ],
        otherwise: Otherwise::Unknown,
    },
    Tool {
        names: &["mc", "mcli"],
        kind: Storage,
        valued: &["--config-dir", "--older-than", "--newer-than", "--json"],
        rules: &[
            destroys("rm|rb", "deletes {} and what is in it"),
            destroys("mirror", "deletes what the source doesn't have: {}").given(&["--remove", "--overwrite"]),
            destroys("mv", "deletes {} once it is copied"),
            destroys("undo", "takes back the last changes of {}"),
            destroys("admin service|decommission|decom|rebalance|heal|prometheus|update|trace|config|policy|user|group|replicate|tier|bucket|kms|idp|accesskey", "changes or stops the storage servers, or who may use them: {}").given(&["stop", "restart", "start", "remove", "rm", "disable", "reset", "delete", "unset", "detach", "cancel", "unfreeze", "freeze", "--force"]),
            destroys("anonymous|policy set|set-json", "lets everybody read or write {}").kind(AccessControl),
            destroys("ilm|event|retention|legalhold|version|encrypt|replicate|quota|tag|cors|idp|alias", "changes how long objects are kept: {}").given(&["rm", "remove", "add", "import", "clear", "suspend", "reset"]),
        ],
        otherwise: Otherwise::Verbs,
    },
    Tool {
        names: &["twilio"],
        kind: Cloud,
        valued: &["--sid", "--account-sid", "-p"],
        rules: &[destroys("api:*", "closes {}").given(&["closed", "--status=closed", "suspended", "--status=suspended"])],
        otherwise: Otherwise::Verbs,
    },
    Tool {
        names: &["fly", "flyctl", "heroku", "vercel", "netlify", "railway", "render", "doctl", "hcloud", "linode-cli", "scw", "exo", "civo", "upctl", "openstack", "eb", "cf", "now", "surge", "firebase", "amplify", "wasmer", "deno-deploy", "deployctl", "gigalixir", "dokku", "caprover", "koyeb", "northflank", "porter", "platform", "lando", "pantheon", "terminus", "acli", "nova", "cinder", "vultr-cli", "vultr", "packet", "metal", "equinix", "govc", "virsh", "qm", "pct", "pveum", "VBoxManage", "xe", "multipass", "limactl", "colima", "esxcli", "prlctl", "vmrun", "proxmox", "lxc", "lxd", "incus", "xl", "cloudctl", "claudia", "zappa", "chalice", "arc", "up", "apex", "ecs-cli", "sst"],
        kind: Cloud,
        valued: &["-a", "--app", "--region", "-r", "--token", "-t", "--project", "--scope", "-n", "--namespace", "--config", "-c", "--team"],
        rules: &[
            destroys("apps:destroy|pg:reset|pg:killall|addons:destroy|maintenance:on|config:unset|access:remove|domains:clear|domains:remove|releases:rollback|ps:stop|ps:kill|ps:scale|pg:promote|pipelines:destroy|spaces:destroy|pg:unfollow|keys:clear|members:remove|certs:remove|drains:remove|redis:promote", "destroys or stops {}"),
            destroys("apps|app|machine|machines|volumes|postgres|ips|redis|wireguard|orgs|certs|regions|secrets destroy|suspend|stop|kill|remove|delete|release|unset|detach|rm", "destroys {}"),
            destroys("scale count|to", "stops every machine").given(&["0", "--max=0"]),
            destroys("*", "stops {}").given(&["--replicas=0"]),
            destroys("destroy|undefine|blockcopy|managedsave-remove|vol-wipe|vol-delete|pool-destroy|pool-delete|net-destroy|snapshot-delete|shutdown|reset", "destroys the machine {}"),
            destroys("vm|host|server|* destroy|power|poweroff|shutdown|force-off|rebuild|reset|reimage|reinstall|unregistervm|delete|terminate", "stops or destroys {}"),
            destroys("controlvm|unregistervm|closemedium|poweroff|reset|forcestop", "stops or removes the machine {}").given(&["poweroff", "reset", "--delete", "--delete-all", "unregistervm"]),
            destroys("rollback|alias-remove|undeploy|firestore:delete|database:remove|functions:delete|hosting:disable|projects:delete|auth:import|hosting:channel:delete|database:set|remoteconfig:rollback", "takes {} down, or deletes it"),
            destroys("down|teardown", "takes down what is deployed: {}"),
            destroys("--purge|purge", "deletes {}"),
        ],
        otherwise: Otherwise::Verbs,
    },
    Tool {
        names: &["wrangler", "cloudflared", "workers"],
        kind: Network,
        valued: &["--config", "-c", "--env", "-e", "--name", "--namespace-id", "--binding", "--account-id", "--cwd"],
        rules: &[
            changes("pages|d1|r2|kv|queues list|info|get|create|execute|export").given(&["--local"]),
            destroys("deployments|versions|pages rollback", "puts an older version in place: {}"),
            destroys("rollback", "puts an older version of {} in place"),
            destroys("d1 execute|migrations|time-travel", "changes the database {}").given(&["restore"]).kind(Database),
            destroys("tunnel cleanup", "cuts the connections of the tunnel {}"),
        ],
        otherwise: Otherwise::Verbs,
    },
    Tool {
        names: &["fastly"],
        kind: Network,
        valued: &["--service-id", "-s", "--token", "-t", "--version", "--name", "-n", "--service-name"],
        rules: &[
            destroys("purge", "throws the cached copies of {} away, so that every request goes to the origin"),
            destroys("service-version|version activate|deactivate|stage|lock", "puts another version in front of the users: {}"),
            destroys("service version activate|deactivate", "puts another version in front of the users: {}"),
            destroys("acl-entry|dictionary-item|dictionary-entry delete|update", "changes the entries {} of the running service").given(&["delete"]),
        ],
        otherwise: Otherwise::Verbs,
    },
];
