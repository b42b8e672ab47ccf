//! Backups, snapshots and copies in other places.

use super::super::assessment::DestructionKind::{Backups, Storage};
use super::super::findings::Judgement;
use super::super::run::{Invocation, paths};
use super::Cli;
use super::table::{Otherwise, Tool, changes, destroys, only_shows};

pub(super) fn judge(call: &Invocation<'_>) -> Option<Judgement> {
    (call.program == "rclone").then(|| rclone(call))
}

/// rclone's `sync` makes the target equal to the source: what only the target has is deleted.
fn rclone(call: &Invocation<'_>) -> Judgement {
    const VALUED: &[&str] = &[
        "--include",
        "--exclude",
        "--filter",
        "--config",
        "--transfers",
        "--checkers",
        "--bwlimit",
        "--max-age",
        "--min-age",
        "--log-file",
        "--log-level",
        "--backup-dir",
        "--max-delete",
        "--suffix",
    ];
    let cli = Cli::read(call.args, VALUED);
    if only_shows(&cli) || cli.has(&["-n", "-i", "--interactive"]) {
        return Judgement::unknown("it shows what it would do, or asks");
    }
    let (source, target) = (cli.word(1), cli.word(2));
    let lost = |what: String| Judgement::loss(Storage, what);
    match cli.word(0) {
        "sync" | "bisync" => lost(format!("deletes everything in {target} that {source} doesn't have")),
        "move" | "moveto" => lost(format!("deletes {source} once it is copied to {target}")),
        "delete" | "purge" | "deletefile" | "rmdirs" | "rmdir" | "cleanup" | "dedupe" => {
            lost(format!("deletes {source} and what is in it"))
        }
        "config" if matches!(cli.word(1), "delete" | "dump" | "show" | "disconnect" | "reconnect") => Judgement::loss(
            super::super::assessment::DestructionKind::Secrets,
            format!("shows or deletes the credentials of {target}"),
        ),
        "serve" | "rcd" | "mount" => Judgement::unknown("it serves files"),
        "copy" | "copyto" if paths::is_secret(source) => Judgement::loss(
            super::super::assessment::DestructionKind::Secrets,
            format!("copies the secrets in {source} away"),
        ),
        _ if cli.options.iter().any(|option| option.name.starts_with("--delete")) => {
            lost(format!("deletes files of {target}"))
        }
        _ => Judgement::unknown("it reads or copies files"),
    }
}

pub(super) const TOOLS: &[Tool] = &[
    Tool {
        names: &["restic", "rustic"],
        kind: Backups,
        valued: &[
            "-r",
            "--repo",
            "-p",
            "--password-file",
            "--tag",
            "--host",
            "--path",
            "--keep-last",
            "--keep-daily",
            "--keep-weekly",
            "--keep-monthly",
            "--keep-yearly",
            "--keep-within",
            "-H",
            "--keep-hourly",
            "--keep-tag",
        ],
        rules: &[
            destroys("forget", "deletes the snapshots that {} doesn't keep"),
            destroys("prune", "deletes the data of forgotten snapshots"),
            destroys("unlock", "removes the locks of other backups that run").given(&["--remove-all"]),
            destroys("key remove|passwd", "takes a key of the backups away: {}"),
            destroys("rewrite|repair|recover|migrate|tag", "rewrites snapshots {}").given(&[
                "--forget",
                "snapshots",
                "index",
                "packs",
                "--remove",
                "--set",
                "upgrade_repo_v2",
            ]),
            changes(
                "backup|snapshots|ls|find|check|stats|diff|mount|restore|init|copy|list|cat|cache|dump|generate|self-update|tag|unlock|key|rewrite|migrate|repair|recover",
            ),
        ],
        otherwise: Otherwise::Verbs,
    },
    Tool {
        names: &["borg", "borgmatic", "borg2"],
        kind: Backups,
        valued: &[
            "--keep-last",
            "--keep-daily",
            "--keep-weekly",
            "--keep-monthly",
            "--keep-hourly",
            "--keep-within",
            "-a",
            "-P",
            "--exclude",
            "-e",
            "--prefix",
            "--glob-archives",
            "-r",
            "--repo",
            "--rsh",
        ],
        rules: &[
            changes("*").given(&["-n"]),
            destroys("delete|rdelete|repo-delete", "deletes the archive or the repository {}"),
            destroys("prune", "deletes the archives that its rules don't keep {}"),
            destroys("compact", "deletes the data of removed archives for good"),
            destroys("recreate", "rewrites the archives of {}, without what is excluded"),
            destroys("check", "deletes damaged parts of {}").given(&["--repair"]),
            destroys("key change-passphrase|export|change-location", "shows or changes the key of {}"),
            destroys(
                "break-lock|with-lock|config|rename|undelete|upgrade",
                "changes the repository under other backups: {}",
            )
            .given(&["--delete", "-d"]),
            changes("*"),
        ],
        otherwise: Otherwise::Unknown,
    },
    Tool {
        names: &["velero", "ark"],
        kind: Backups,
        valued: &["-n", "--namespace", "--kubeconfig", "--kubecontext", "--name", "-l", "--selector", "-o"],
        rules: &[
            destroys(
                "backup|schedule|restore|snapshot|backup-location|snapshot-location|repo|bl delete",
                "deletes the {} of the cluster's backups",
            ),
            destroys("delete", "deletes the {} of the cluster's backups"),
            destroys("uninstall", "uninstalls the backups of the cluster"),
            destroys("schedule pause", "stops the backups of schedule {}"),
            destroys("restore create", "overwrites objects of the cluster by those of a backup: {}")
                .given(&["--existing-resource-policy=update", "update"]),
            destroys("plugin remove", "removes the plugin {}"),
        ],
        otherwise: Otherwise::Verbs,
    },
    Tool {
        names: &[
            "duplicity",
            "duply",
            "kopia",
            "tarsnap",
            "pgbackrest",
            "barman",
            "wal-g",
            "duplicacy",
            "bup",
            "rdiff-backup",
            "rsnapshot",
            "zbackup",
            "attic",
            "snapper",
            "timeshift",
            "tmutil",
            "backrest",
            "stash",
            "kasten",
            "k10",
            "percona-xtrabackup",
            "xtrabackup",
            "mydumper",
            "myloader",
            "wal-e",
            "proxmox-backup-client",
            "vzdump",
            "sanoid",
            "syncoid",
            "autorestic",
            "resticprofile",
            "burp",
            "bacula",
            "bconsole",
            "duplicati-cli",
            "vssadmin",
            "wbadmin",
        ],
        kind: Backups,
        valued: &["--stanza", "--repo", "--name", "-d", "--config", "-c"],
        rules: &[
            destroys(
                "remove-older-than|remove-all-but-n-full|remove-all-inc-of-but-n-full|cleanup|expire|stanza-delete|delete-all|gc|maintenance|deletelocalsnapshots|thinlocalsnapshots",
                "deletes older backups: {}",
            ),
            destroys(
                "snapshot|policy|repository|backup|content|blob delete|expire|remove|gc|fix|disconnect",
                "deletes backups: {}",
            ),
            destroys("delete|forget|remove|prune|everything", "deletes backups: {}"),
            destroys("", "deletes older backups").given(&[
                "--remove-older-than",
                "-d",
                "--delete",
                "--nuke",
                "--delete-all",
                "--overwrite-tables",
                "--delete-snapshots",
            ]),
        ],
        otherwise: Otherwise::Verbs,
    },
];
