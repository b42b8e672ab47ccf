//! Operations of AWS whose verb says nothing: they give rights, stop things, or show secrets by their arguments.

use super::super::super::assessment::DestructionKind::{
    self, AccessControl, Cloud, Database, Monitoring, Network, Secrets, Storage,
};
use super::super::super::findings::Judgement;
use super::super::super::text::Text;
use super::super::Cli;

/// One row; the first that fits decides.
struct Exposure {
    /// `a|b`.
    services: &'static str,
    /// `a|b`, or `*`.
    operations: &'static str,
    /// One of these stands in the command line, if there are any.
    says: &'static [&'static str],
    kind: DestructionKind,
    /// `{}` is what the command names.
    what: &'static str,
}

const fn row(
    services: &'static str,
    operations: &'static str,
    says: &'static [&'static str],
    kind: DestructionKind,
    what: &'static str,
) -> Exposure {
    Exposure { services, operations, says, kind, what }
}

const EVERYBODY: &[&str] = &[
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
    " all ",
];
const UNPROTECTS: &[&str] = &[
    "--no-deletion-protection",
    "--no-enable-termination-protection",
    "--no-disable-api-termination",
    "deletion_protection.enabled,Value=false",
    "--no-disable-api-stop",
    "DeletionProtection=INACTIVE",
];
const SHARES: &[&str] =
    &[" all ", "=all", "--user-ids", "UserId", "--values-to-add", "--launch-permission", "group-names"];
const NO_CAPACITY: &[&str] = &[
    "--desired-capacity 0 ",
    "--desired-capacity=0 ",
    "--min-size 0 ",
    "--min-size=0 ",
    "--max-size 0 ",
    "--max-size=0 ",
];

const EXPOSURES: &[Exposure] = &[
    row(
        "iam",
        "create-access-key|create-login-profile|update-login-profile|update-access-key|upload-ssh-public-key|create-user",
        &[],
        AccessControl,
        "makes or changes a login of the account: {}",
    ),
    row(
        "iam",
        "attach-user-policy|attach-role-policy|attach-group-policy|put-user-policy|put-role-policy|put-group-policy",
        &[],
        AccessControl,
        "gives rights in the account: {}",
    ),
    row(
        "iam",
        "add-user-to-group|add-role-to-instance-profile|update-assume-role-policy|create-policy-version|set-default-policy-version|update-account-password-policy",
        &[],
        AccessControl,
        "changes rights in the account: {}",
    ),
    row("organizations", "move-account|attach-policy", &[], AccessControl, "changes what accounts may do: {}"),
    row(
        "kms",
        "put-key-policy|create-grant|disable-key-rotation",
        &[],
        AccessControl,
        "changes who may use the key {}",
    ),
    row(
        "ec2",
        "authorize-security-group-ingress|authorize-security-group-egress",
        EVERYBODY,
        AccessControl,
        "opens the network to everybody: {}",
    ),
    row("lambda", "add-permission", EVERYBODY, AccessControl, "lets everybody call {}"),
    row(
        "sqs|sns",
        "set-queue-attributes|add-permission|set-topic-attributes",
        EVERYBODY,
        AccessControl,
        "lets everybody use {}",
    ),
    row(
        "rds|elbv2|ec2|dynamodb|cognito-idp|cloudformation|docdb|neptune",
        "*",
        UNPROTECTS,
        AccessControl,
        "takes the protection against deletion away from {}",
    ),
    row(
        "ec2|rds|redshift",
        "modify-snapshot-attribute|modify-image-attribute|modify-db-snapshot-attribute|modify-db-cluster-snapshot-attribute",
        SHARES,
        AccessControl,
        "shares {} with other accounts",
    ),
    row(
        "s3api",
        "put-bucket-acl|put-object-acl|put-bucket-policy|put-public-access-block|put-bucket-ownership-controls|put-bucket-website",
        &[],
        AccessControl,
        "changes who may read {}",
    ),
    row("s3api", "put-bucket-versioning", &["Suspended"], Storage, "keeps no older versions of the objects in {}"),
    row(
        "s3api",
        "put-bucket-lifecycle-configuration|put-bucket-lifecycle|put-bucket-replication|put-object-retention|put-object-legal-hold|put-bucket-encryption",
        &[],
        Storage,
        "changes how long the objects of {} are kept",
    ),
    row(
        "ecr",
        "set-repository-policy|put-lifecycle-policy",
        &[],
        Storage,
        "changes who may read {}, or how long images are kept",
    ),
    row(
        "autoscaling",
        "set-desired-capacity|update-auto-scaling-group",
        NO_CAPACITY,
        Cloud,
        "terminates every instance of {}",
    ),
    row("autoscaling", "suspend-processes|set-instance-health", &[], Cloud, "stops healing of {}"),
    row("ecs", "update-service", &["--desired-count 0 ", "--desired-count=0 "], Cloud, "stops every task of {}"),
    row(
        "eks",
        "update-nodegroup-config",
        &["desiredSize=0", "maxSize=0", "\"desiredSize\":0", "\"desiredSize\": 0"],
        Cloud,
        "takes every node away from {}",
    ),
    row(
        "lambda",
        "put-function-concurrency",
        &["--reserved-concurrent-executions 0 ", "--reserved-concurrent-executions=0 "],
        Cloud,
        "keeps the function {} from running",
    ),
    row("ssm", "send-command|start-session|start-automation-execution", &[], Cloud, "runs commands on {}"),
    row(
        "cloudformation",
        "update-stack|execute-change-set",
        &["--disable-rollback"],
        Cloud,
        "changes the stack {} with no way back",
    ),
    row(
        "rds",
        "modify-db-instance|modify-db-cluster",
        &["--backup-retention-period 0 ", "--master-user-password", "--publicly-accessible"],
        Database,
        "changes the backups, the password or the reach of {}",
    ),
    row("rds", "promote-read-replica", &[], Database, "breaks the replication of {}"),
    row(
        "cloudfront",
        "create-invalidation",
        &["*"],
        Network,
        "throws every cached copy away, so that all requests go to the origin: {}",
    ),
    row(
        "route53",
        "change-resource-record-sets",
        &["DELETE", "UPSERT", "file://"],
        Network,
        "changes or deletes DNS records: {}",
    ),
    row(
        "route53domains",
        "transfer-domain-to-another-aws-account|update-domain-nameservers|disable-domain-transfer-lock",
        &[],
        Network,
        "gives the domain {} away",
    ),
    row("logs", "put-retention-policy", &[], Monitoring, "deletes older logs of {}"),
    row("cloudtrail", "update-trail|put-event-selectors", &[], Monitoring, "changes what the audit trail records: {}"),
    row("guardduty", "update-detector", &["--no-enable"], Monitoring, "switches the detector of attacks off: {}"),
    row("cloudwatch", "set-alarm-state", &[], Monitoring, "hides the state of the alarm {}"),
    row(
        "secretsmanager",
        "update-secret|put-secret-value|rotate-secret|put-resource-policy|update-secret-version-stage",
        &[],
        Secrets,
        "overwrites the secret {}",
    ),
    row("ssm", "put-parameter", &["--overwrite"], Secrets, "overwrites the parameter {}"),
    row("ec2", "get-password-data", &[], Secrets, "shows a password: {}"),
];

/// Judges an operation by its arguments; `None` if nothing is listed for it.
pub(super) fn judge(cli: &Cli<'_>, args: &[Text]) -> Option<Judgement> {
    let one_of = |choices: &str, word: &str| choices == "*" || choices.split('|').any(|choice| choice == word);
    let mut candidates = EXPOSURES
        .iter()
        .filter(|row| one_of(row.services, cli.word(0)) && one_of(row.operations, cli.word(1)))
        .peekable();
    candidates.peek()?;
    // Every word is followed by a blank, so that a mark can end with one.
    let line: String = args.iter().flat_map(|arg| [arg.as_str(), " "]).collect();
    let row = candidates.find(|row| row.says.is_empty() || row.says.iter().any(|mark| line.contains(mark)))?;
    Some(Judgement::loss(row.kind, row.what.replace("{}", &cli.subject(2))))
}
