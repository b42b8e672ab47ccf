//! The AWS command line: a service, an operation that begins with its verb, and options.

mod exposure;

use super::super::assessment::DestructionKind::{
    self, AccessControl, Backups, Cloud, Database, Mail, Messaging, Monitoring, Network, Pipeline, Secrets, Storage,
};
use super::super::findings::Judgement;
use super::super::run::Invocation;
use super::Cli;
use super::table::only_shows;

const VALUED: &[&str] = &[
    "--region",
    "--profile",
    "--output",
    "--query",
    "--endpoint-url",
    "--cli-read-timeout",
    "--cli-connect-timeout",
    "--color",
    "--ca-bundle",
    "--exclude",
    "--include",
    "--storage-class",
    "--acl",
    "--page-size",
    "--max-items",
    "--starting-token",
];

/// Verbs of operations that end, remove or cut off.
const VERBS: &[(&str, &str)] = &[
    ("delete", "deletes"),
    ("batch-delete", "deletes"),
    ("terminate", "terminates"),
    ("purge", "purges"),
    ("remove", "removes"),
    ("deregister", "deregisters"),
    ("revoke", "revokes"),
    ("detach", "detaches"),
    ("disassociate", "detaches"),
    ("disable", "disables"),
    ("stop", "stops"),
    ("release", "releases"),
    ("reset", "resets"),
    ("unsubscribe", "unsubscribes"),
    ("destroy", "destroys"),
    ("schedule-key-deletion", "schedules the destruction of the key"),
    ("force-delete", "deletes"),
    ("deprovision", "takes away"),
    ("deactivate", "deactivates"),
    ("reboot", "restarts"),
    ("failover", "moves"),
    ("cancel", "cancels"),
    ("unassign", "takes away"),
    ("untag", "removes the tags of"),
    ("close", "closes"),
    ("leave", "leaves"),
    ("abort", "aborts"),
    ("suspend", "suspends"),
    ("expire", "expires"),
    ("retire", "retires"),
    ("unlink", "unlinks"),
    ("reject", "rejects"),
    ("withdraw", "withdraws"),
];

/// Operations that end something small or that a person asked to end: a query, an upload, a build.
const SMALL: &[&str] = &[
    "cancel-query",
    "stop-query-execution",
    "cancel-export-task",
    "stop-build",
    "cancel-job",
    "cancel-command",
    "abort-multipart-upload",
    "stop-query",
    "cancel-rotate-secret",
    "stop-pipeline-execution",
    "cancel-key-deletion",
    "reset-service-setting",
    "cancel-update-stack",
    "stop-execution",
    "untag-resource",
    "untag-queue",
    "untag-user",
    "untag-role",
];

pub(super) fn judge(call: &Invocation<'_>) -> Option<Judgement> {
    if !matches!(call.program, "aws" | "awslocal" | "awscli" | "s5cmd" | "s3cmd") {
        return None;
    }
    let cli = Cli::read(call.args, VALUED);
    if only_shows(&cli)
        || cli.words.iter().any(|word| word.text == "help")
        || cli.options.iter().any(|option| option.name == "--generate-cli-skeleton")
    {
        return Some(Judgement::unknown("it shows what it would do, or its help"));
    }
    let judgement = match call.program {
        "s5cmd" | "s3cmd" => objects(cli.word(0), &cli, 1),
        _ if cli.word(0) == "s3" => objects(cli.word(1), &cli, 2),
        _ => exposure::judge(&cli, call.args).or_else(|| operation(&cli)),
    };
    Some(judgement.unwrap_or_else(|| Judgement::unknown("what aws does here isn't known to only read")))
}

/// `aws s3`: one object is a small loss, a tree or a bucket isn't.
fn objects(verb: &str, cli: &Cli<'_>, at: usize) -> Option<Judgement> {
    let subject = cli.subject(at);
    let lost = |what: String| Some(Judgement::loss(Storage, what));
    let wide = cli.has(&["--recursive", "-r"])
        || cli.word(at).ends_with('*')
        || cli.word(at).trim_start_matches("s3://").trim_end_matches('/').find('/').is_none();
    match verb {
        "rb" => lost(format!(
            "deletes the bucket {subject}{}",
            if cli.has(&["--force"]) { " and every object in it" } else { "" }
        )),
        "rm" | "del" | "delete" if !wide && !is_disposable(cli.word(at)) => {
            lost(format!("deletes the object {subject}"))
        }
        "rm" | "del" | "delete" if wide => lost(format!("deletes every object below {subject}")),
        "mv" | "move" if cli.has(&["--recursive"]) => {
            lost(format!("deletes every object below {} once it is copied to {}", cli.word(at), cli.word(at + 1)))
        }
        "sync" if cli.has(&["--delete", "--delete-removed"]) => {
            lost(format!("deletes every object of {} that {} doesn't have", cli.word(at + 1), cli.word(at)))
        }
        "cp" | "sync" | "mv" | "put" => shared(cli, &subject),
        "website" | "setacl" | "setpolicy" | "setlifecycle" | "expire" | "delpolicy" | "dellifecycle" => {
            Some(Judgement::loss(AccessControl, format!("changes who may read {subject}, or how long it is kept")))
        }
        _ => None,
    }
}

/// Objects that a pipeline made for one run.
fn is_disposable(url: &str) -> bool {
    let marks = ["artifact", "cache", "tmp", "temp"];
    url.split('/').any(|part| super::kubectl::is_ephemeral(part) || marks.iter().any(|mark| part.contains(mark)))
}

/// Copying secrets out, or objects to everybody.
fn shared(cli: &Cli<'_>, subject: &str) -> Option<Judgement> {
    if cli.value(&["--acl"]).is_some_and(|acl| acl.starts_with("public")) {
        return Some(Judgement::loss(AccessControl, format!("lets everybody read {subject}")));
    }
    let secret = cli.words.iter().skip(2).find(|word| super::super::run::paths::is_secret(&word.text))?;
    Some(Judgement::loss(Secrets, format!("copies the secrets in {} away", secret.text)))
}

fn operation(cli: &Cli<'_>) -> Option<Judgement> {
    let (service, operation) = (cli.word(0), cli.word(1));
    let operation = operation.strip_prefix("admin-").unwrap_or(operation);
    if SMALL.contains(&operation) {
        return None;
    }
    let (verb, phrase) = VERBS.iter().find(|(verb, _)| {
        operation == *verb || operation.strip_prefix(verb).is_some_and(|rest| rest.starts_with('-'))
    })?;
    let object = operation[verb.len()..].trim_start_matches('-').replace('-', " ");
    let kind = kind(service, operation);
    let what = [*phrase, object.as_str(), &cli.subject(2)]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(" ");
    Some(Judgement::loss(kind, format!("{what} ({service})")))
}

/// What the services keep.
fn kind(service: &str, operation: &str) -> DestructionKind {
    if operation.contains("backup") || operation.contains("snapshot") || operation.contains("recovery-point") {
        return Backups;
    }
    match service {
        "s3api" | "s3control" | "efs" | "fsx" | "glacier" | "s3outposts" => Storage,
        "rds" | "dynamodb" | "redshift" | "elasticache" | "docdb" | "neptune" | "timestream-write" | "keyspaces"
        | "dax" | "memorydb" | "dms" | "qldb" => Database,
        "sqs" | "sns" | "kinesis" | "firehose" | "mq" | "kafka" | "events" | "pipes" | "scheduler" => Messaging,
        "ses" | "sesv2" | "pinpoint" => Mail,
        "secretsmanager" | "kms" | "ssm" | "acm" | "acm-pca" | "cloudhsmv2" => Secrets,
        "iam" | "sso-admin" | "organizations" | "identitystore" | "cognito-idp" | "cognito-identity" | "ram"
        | "accessanalyzer" => AccessControl,
        "cloudtrail" | "cloudwatch" | "logs" | "guardduty" | "config" | "configservice" | "securityhub"
        | "inspector2" | "macie2" | "detective" | "xray" | "synthetics" => Monitoring,
        "route53" | "route53domains" | "route53resolver" | "cloudfront" | "elb" | "elbv2" | "apigateway"
        | "apigatewayv2" | "globalaccelerator" | "appmesh" | "wafv2" | "waf" | "shield" | "directconnect"
        | "network-firewall" => Network,
        "backup" => Backups,
        "codebuild" | "codepipeline" | "codedeploy" | "codecommit" | "codeartifact" | "codestar" => Pipeline,
        _ => Cloud,
    }
}
