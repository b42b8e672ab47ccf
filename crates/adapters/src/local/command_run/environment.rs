//! What a command gets of our environment: what is listed, and of that nothing that looks like a secret.
//!
//! A list of what passes, not of what doesn't: a variable that makes a reading program run another one (a pager, an editor, a
//! preloaded library) is as unwelcome as a token.

use std::ffi::{OsStr, OsString};
use std::path::Path;

use selfheal_detect::redact::Redactor;

use super::program::trusted_path;

/// Variables that pass if they are set; those of the locale (`LC_…`) pass too.
const PASSED: [&str; 11] = [
    "HOME",
    "USER",
    "LOGNAME",
    "LANG",
    "LANGUAGE",
    "TZ",
    "TMPDIR",
    "KUBECONFIG",
    "XDG_CONFIG_HOME",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
];

/// The environment of a command: what is set for it, and what of ours it does not get.
#[derive(Debug)]
pub(super) struct Environment {
    pub(super) set: Vec<(OsString, OsString)>,
    pub(super) removed: Vec<OsString>,
}

impl Environment {
    /// Of `inherited`, for a command in the project `dir`.
    pub(super) fn of(inherited: impl Iterator<Item = (OsString, OsString)>, dir: &Path, redactor: &Redactor) -> Self {
        let mut environment = Self { set: Vec::new(), removed: Vec::new() };
        for (name, value) in inherited {
            if name == "PATH" {
                environment.set.push((name, trusted_path(&value, dir)));
            } else if !passes(&name, &value, redactor) {
                environment.removed.push(name);
            }
        }
        environment
    }
}

fn passes(name: &OsStr, value: &OsStr, redactor: &Redactor) -> bool {
    let (Some(name), Some(value)) = (name.to_str(), value.to_str()) else { return false };
    // Together: what is assigned to a name is recognised by the name.
    let line = format!("{name}={value}");
    (PASSED.contains(&name) || name.starts_with("LC_")) && redactor.redact(&line) == line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_listed_and_no_secret_passes() {
        let given = [
            ("PATH", "/usr/bin:/work/shop/bin:bin:/bin"),
            ("HOME", "/home/ada"),
            ("LC_ALL", "C"),
            ("LD_PRELOAD", "/tmp/x.so"),
            ("PAGER", "sh -c id"),
            ("AWS_SECRET_ACCESS_KEY", "x"),
            ("TMPDIR", "correct-horse-battery"),
        ];
        let given = given.into_iter().map(|(name, value)| (OsString::from(name), OsString::from(value)));
        let redactor = Redactor::builder().known("PASSPHRASE", "correct-horse-battery").build();
        let environment = Environment::of(given, Path::new("/work/shop"), &redactor);
        assert_eq!(environment.set, [("PATH".into(), "/usr/bin:/bin".into())]);
        assert_eq!(environment.removed, ["LD_PRELOAD", "PAGER", "AWS_SECRET_ACCESS_KEY", "TMPDIR"]);
    }
}
