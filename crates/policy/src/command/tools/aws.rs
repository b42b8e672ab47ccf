//! The AWS command line: a service, an operation that begins with its verb, and options.

use super::super::assessment::DestructionKind::{
    self, AccessControl, Backups, Cloud, Database, Mail, Messaging, Monitoring, Network, Pipeline, Secrets, Storage,
};
use super::super::findings::Judgement;
use super::super::run::Invocation;
use super::super::text::Text;
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
        _ => exposed(&cli, call.args).or_else(|| operation(&cli)),
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

/// Operations whose arguments give rights, stop things, or show secrets.
fn exposed(cli: &Cli<'_>, args: &[Text]) -> Option<Judgement> {
    let (service, operation) = (cli.word(0), cli.word(1));
    let subject = cli.subject(2);
    let line = args.iter().map(|arg| arg.text.as_str()).collect::<Vec<_>>().join(" ");
    let says = |marks: &[&str]| marks.iter().any(|mark| line.contains(mark));
    let rights = |what: String| Some(Judgement::loss(AccessControl, what));
    let everybody = [
        "0.0.0.0/0",
        "::/0",
        "public-read",
        "\"*\"",
        "AllUsers",
        "AuthenticatedUsers",
        "--principal *",
        "'*'",
        "PubliclyAccessible",
        "--publicly-accessible",
        " all",
    ];
    match (service, operation) {
        (
            "iam",
            "create-access-key"
            | "create-login-profile"
            | "update-login-profile"
            | "attach-user-policy"
            | "attach-role-policy"
            | "attach-group-policy"
            | "put-user-policy"
            | "put-role-policy"
            | "put-group-policy"
            | "add-user-to-group"
            | "update-assume-role-policy"
            | "create-policy-version"
            | "set-default-policy-version"
            | "update-access-key"
            | "upload-ssh-public-key"
            | "create-user"
            | "add-role-to-instance-profile"
            | "update-account-password-policy",
        ) => rights(format!("gives or changes rights of the account: {operation} {subject}")),
        ("ec2", "authorize-security-group-ingress" | "authorize-security-group-egress") if says(&everybody) => {
            rights(format!("opens the network to everybody: {subject}"))
        }
        (
            "s3api",
            "put-bucket-acl"
            | "put-object-acl"
            | "put-bucket-policy"
            | "put-public-access-block"
            | "put-bucket-ownership-controls"
            | "put-bucket-website",
        ) => rights(format!("changes who may read {subject}")),
        ("s3api", "put-bucket-versioning") if says(&["Suspended"]) => {
            Some(Judgement::loss(Storage, format!("keeps no older versions of the objects in {subject}")))
        }
        (
            "s3api",
            "put-bucket-lifecycle-configuration"
            | "put-bucket-lifecycle"
            | "put-bucket-replication"
            | "put-object-retention"
            | "put-object-legal-hold"
            | "put-bucket-encryption",
        ) => Some(Judgement::loss(Storage, format!("changes how long the objects of {subject} are kept"))),
        ("autoscaling", "set-desired-capacity" | "update-auto-scaling-group")
            if zero(&["--desired-capacity", "--min-size", "--max-size"], args) =>
        {
            Some(Judgement::loss(Cloud, format!("terminates every instance of {subject}")))
        }
        ("autoscaling", "suspend-processes" | "set-instance-health") => {
            Some(Judgement::loss(Cloud, format!("stops healing of {subject}")))
        }
        ("ecs", "update-service") if zero(&["--desired-count"], args) => {
            Some(Judgement::loss(Cloud, format!("stops every task of {subject}")))
        }
        ("eks", "update-nodegroup-config")
            if says(&["desiredSize=0", "minSize=0,maxSize=0", "\"desiredSize\":0", "\"desiredSize\": 0"]) =>
        {
            Some(Judgement::loss(Cloud, format!("takes every node away from {subject}")))
        }
        ("lambda", "put-function-concurrency") if zero(&["--reserved-concurrent-executions"], args) => {
            Some(Judgement::loss(Cloud, format!("keeps the function {subject} from running")))
        }
        ("lambda", "add-permission") if says(&everybody) => rights(format!("lets everybody call {subject}")),
        ("rds" | "elbv2" | "ec2" | "dynamodb" | "cognito-idp" | "cloudformation" | "docdb" | "neptune", _)
            if says(&[
                "--no-deletion-protection",
                "--no-enable-termination-protection",
                "--no-disable-api-termination",
                "deletion_protection.enabled,Value=false",
                "--no-deletion-protection-enabled",
                "--no-disable-api-stop",
                "DeletionProtection=INACTIVE",
            ]) =>
        {
            rights(format!("takes the protection against deletion away from {subject}"))
        }
        ("rds", "modify-db-instance" | "modify-db-cluster")
            if says(&["--backup-retention-period 0", "--master-user-password", "--publicly-accessible"]) =>
        {
            Some(Judgement::loss(Database, format!("changes the backups, the password or the reach of {subject}")))
        }
        ("cloudfront", "create-invalidation") if says(&["*"]) => Some(Judgement::loss(
            Network,
            format!("throws every cached copy away, so that all requests go to the origin: {subject}"),
        )),
        ("rds", "promote-read-replica") => {
            Some(Judgement::loss(Database, format!("breaks the replication of {subject}")))
        }
        (
            "ec2" | "rds" | "redshift",
            "modify-snapshot-attribute"
            | "modify-image-attribute"
            | "modify-db-snapshot-attribute"
            | "modify-db-cluster-snapshot-attribute",
        ) if says(&[
            " all",
            "=all",
            "--user-ids",
            "UserId",
            "--values-to-add",
            "--launch-permission",
            "group-names",
        ]) =>
        {
            rights(format!("shares {subject} with other accounts"))
        }
        ("logs", "put-retention-policy") => {
            Some(Judgement::loss(Monitoring, format!("deletes older logs of {subject}")))
        }
        ("cloudtrail", "update-trail" | "put-event-selectors") => {
            Some(Judgement::loss(Monitoring, format!("changes what the audit trail records: {subject}")))
        }
        ("guardduty", "update-detector") if says(&["--no-enable"]) => {
            Some(Judgement::loss(Monitoring, "switches the detector of attacks off"))
        }
        ("cloudwatch", "set-alarm-state") => {
            Some(Judgement::loss(Monitoring, format!("hides the state of the alarm {subject}")))
        }
        ("route53", "change-resource-record-sets") if says(&["DELETE", "UPSERT"]) || line.contains("file://") => {
            Some(Judgement::loss(Network, format!("changes or deletes DNS records: {subject}")))
        }
        ("kms", "put-key-policy" | "create-grant" | "disable-key-rotation") => {
            rights(format!("changes who may use the key {subject}"))
        }
        (
            "secretsmanager",
            "update-secret"
            | "put-secret-value"
            | "rotate-secret"
            | "put-resource-policy"
            | "update-secret-version-stage",
        ) => Some(Judgement::loss(Secrets, format!("overwrites the secret {subject}"))),
        ("ssm", "put-parameter") if says(&["--overwrite"]) => {
            Some(Judgement::loss(Secrets, format!("overwrites the parameter {subject}")))
        }
        ("ssm", "send-command" | "start-session" | "start-automation-execution") => {
            Some(Judgement::loss(Cloud, format!("runs commands on {subject}")))
        }
        ("sqs" | "sns", "set-queue-attributes" | "add-permission" | "set-topic-attributes") if says(&everybody) => {
            rights(format!("lets everybody use {subject}"))
        }
        ("ecr", "set-repository-policy" | "put-lifecycle-policy") => {
            Some(Judgement::loss(Storage, format!("changes who may read {subject}, or how long images are kept")))
        }
        ("ec2", "get-password-data") => Some(Judgement::loss(Secrets, format!("shows a password: {subject}"))),
        ("cloudformation", "update-stack" | "execute-change-set") if says(&["--disable-rollback"]) => {
            Some(Judgement::loss(Cloud, format!("changes the stack {subject} with no way back")))
        }
        ("organizations", "move-account" | "attach-policy") => {
            rights(format!("changes what accounts may do: {subject}"))
        }
        (
            "route53domains",
            "transfer-domain-to-another-aws-account" | "update-domain-nameservers" | "disable-domain-transfer-lock",
        ) => Some(Judgement::loss(Network, format!("gives the domain {subject} away"))),
        _ => None,
    }
}

/// True when one of `names` is followed by 0.
fn zero(names: &[&str], args: &[Text]) -> bool {
    let pair = |pair: &[Text]| names.contains(&pair[0].text.as_str()) && pair[1].text == "0";
    args.windows(2).any(pair) || args.iter().any(|arg| names.iter().any(|name| arg.text == format!("{name}=0")))
}
