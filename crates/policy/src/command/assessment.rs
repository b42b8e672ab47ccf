//! What a script was found to do.

use std::fmt;

/// What running a script would do, as far as its text tells.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verdict {
    /// Every command in it is known to only read. Nothing else may run without a person.
    ReadOnly,
    /// Something in it isn't understood, or changes something without destroying it.
    Unknown {
        /// The first thing that isn't known to only read.
        why: String,
    },
    /// Something in it destroys, exposes or takes over.
    Destructive {
        /// Every such effect, in order of appearance; never empty.
        effects: Vec<Destruction>,
    },
}

/// A script's verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assessment {
    /// What running it would do.
    pub verdict: Verdict,
}

impl Assessment {
    /// True when every command of the script is known to only read.
    pub fn is_read_only(&self) -> bool {
        self.verdict == Verdict::ReadOnly
    }

    /// True when an effect that destroys was found.
    pub fn is_destructive(&self) -> bool {
        matches!(self.verdict, Verdict::Destructive { .. })
    }

    /// The effects that destroy; empty for any other verdict.
    pub fn effects(&self) -> &[Destruction] {
        match &self.verdict {
            Verdict::Destructive { effects } => effects,
            _ => &[],
        }
    }
}

/// One effect that destroys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Destruction {
    /// What sort of thing is lost.
    pub kind: DestructionKind,
    /// What is lost, in words: "deletes the bucket s3://logs and every object in it".
    pub what: String,
    /// The command that does it, with its variables filled in as far as they're known; shortened.
    pub command: String,
}

impl fmt::Display for Destruction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}; `{}`)", self.what, self.kind, self.command)
    }
}

/// What sort of thing an effect destroys, exposes or takes over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum DestructionKind {
    /// Files and directories.
    Files,
    /// Disks, volumes and file systems as a whole.
    Disk,
    /// Commits, branches, tags, or work that isn't committed.
    Git,
    /// A forge's repositories, releases, secrets, workflows.
    Forge,
    /// Objects of a cluster.
    Cluster,
    /// What an infrastructure tool manages.
    Infrastructure,
    /// Tables, rows, keys, schemas.
    Database,
    /// Buckets and the objects in them.
    Storage,
    /// Topics, queues, streams and the messages in them.
    Messaging,
    /// Secrets that would be lost, or shown, or sent away.
    Secrets,
    /// Who may do what.
    AccessControl,
    /// Names, routes, load balancers, gateways, caches at the edge.
    Network,
    /// Resources of a cloud account.
    Cloud,
    /// Alerts, dashboards, audit trails and logs.
    Monitoring,
    /// Customers, subscriptions, money.
    Payments,
    /// Backups and snapshots.
    Backups,
    /// Containers, images and volumes of a host.
    Containers,
    /// Processes, services and settings of a host.
    Host,
    /// Feature flags and other configuration that programs read while they run.
    Configuration,
    /// Mail: templates, domains, lists of who must not be written to.
    Mail,
    /// Indexes that searches are answered from.
    Search,
    /// Packages and releases that others install.
    Publication,
    /// Pipelines, jobs and runners.
    Pipeline,
    /// What a service keeps that none of the others names.
    Service,
    /// Code that can't be read here runs.
    CodeExecution,
}

impl fmt::Display for DestructionKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Files => "files",
            Self::Disk => "disk",
            Self::Git => "git history or work",
            Self::Forge => "forge",
            Self::Cluster => "cluster objects",
            Self::Infrastructure => "infrastructure",
            Self::Database => "database",
            Self::Storage => "object storage",
            Self::Messaging => "messages and queues",
            Self::Secrets => "secrets",
            Self::AccessControl => "access control",
            Self::Network => "network and traffic",
            Self::Cloud => "cloud resources",
            Self::Monitoring => "monitoring and audit",
            Self::Payments => "payments",
            Self::Backups => "backups",
            Self::Containers => "containers",
            Self::Host => "host",
            Self::Configuration => "live configuration",
            Self::Mail => "mail",
            Self::Search => "search indexes",
            Self::Publication => "published packages",
            Self::Pipeline => "pipelines",
            Self::Service => "what a service keeps",
            Self::CodeExecution => "code execution",
        })
    }
}
