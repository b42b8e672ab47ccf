//! Version control systems besides git.

use super::super::assessment::DestructionKind::Git;
use super::table::{Otherwise, Tool, changes, destroys};

pub(super) const TOOLS: &[Tool] = &[
    Tool {
        names: &["svn", "svnadmin", "bzr", "brz", "cvs"],
        kind: Git,
        valued: &["-r", "--revision", "-m", "--message", "--depth", "-F"],
        rules: &[
            destroys("revert", "throws uncommitted work away: {}"),
            destroys("cleanup", "deletes files that aren't versioned")
                .given(&["--remove-unversioned", "--remove-ignored"]),
            destroys("delete|del|remove|rm", "deletes {} from the repository").given(&["-m", "--message", "--force"]),
            destroys("propdel|propset|revprop", "changes what a revision says: {}").given(&["--revprop"]),
            destroys("rmtxns|setlog|load|obliterate|uncommit|break-lock|rmlocks", "rewrites the repository: {}"),
            changes("*"),
        ],
        otherwise: Otherwise::Unknown,
    },
    Tool {
        names: &["hg", "sl"],
        kind: Git,
        valued: &["-r", "--rev", "-m", "-R", "--config"],
        rules: &[
            destroys("strip|rollback|purge|clean|uncommit|hide|prune", "throws work or history away: {}"),
            destroys("debugstrip|debugrebuildstate|debugobsolete", "throws work or history away: {}"),
            destroys("revert", "throws uncommitted work away: {}").given(&["-a", "--all", "-C", "--no-backup"]),
            destroys("update|up|checkout|co|goto", "throws uncommitted work away: {}").given(&["-C", "--clean"]),
            destroys("push", "overwrites branches on the remote").given(&["-f", "--force", "--delete"]),
            changes("*"),
        ],
        otherwise: Otherwise::Unknown,
    },
    Tool {
        names: &["jj"],
        kind: Git,
        valued: &["-r", "--revisions", "-m", "-R", "--to", "--from"],
        rules: &[
            destroys("abandon|restore|undo", "throws changes away: {}"),
            destroys("op|operation restore|abandon|revert|undo", "puts an older state of the repository in place"),
            destroys("git push", "deletes or overwrites branches on the remote").given(&["--deleted", "--all"]),
            destroys("bookmark|branch|tag|workspace delete|forget", "deletes {}"),
            changes("*"),
        ],
        otherwise: Otherwise::Unknown,
    },
    Tool {
        names: &["p4", "fossil", "pijul", "darcs"],
        kind: Git,
        valued: &["-c", "-p", "-u", "-m"],
        rules: &[
            destroys(
                "obliterate|revert|clean|obliterate|unrecord|unpull|purge|undo|reset",
                "throws work or history away: {}",
            ),
            destroys("client|label|branch|depot|user|change", "deletes {}").given(&["-d", "-f", "-df"]),
            changes("*"),
        ],
        otherwise: Otherwise::Unknown,
    },
];
