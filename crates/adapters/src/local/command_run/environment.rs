//! What a command gets of our environment: what is listed, and of that nothing that looks like a secret.
//!
//! A list of what passes, not of what doesn't: a variable that makes a reading program run another one (a pager, an editor, a
//! preloaded library) is as unwelcome as a token.

use std::ffi::{OsStr, OsString};

use selfheal_detect::redact::Redactor;

use super::checkout::Checkout;
use super::program::trusted_path;

/// Variables that pass if they are set; those of the locale (`LC_…`) pass too.
const PASSED: [&str; 5] = ["USER", "LOGNAME", "LANG", "LANGUAGE", "TZ"];

/// Variables that name files or directories, several with `:` between. They pass too, if each place is absolute and not of the project:
/// there anybody may put a configuration, and some name programs to run.
const PLACES: [&str; 6] = ["HOME", "KUBECONFIG", "TMPDIR", "XDG_CONFIG_HOME", "SSL_CERT_FILE", "SSL_CERT_DIR"];

/// Places that are replaced and not left out: without `HOME` programs look where they stand, without `KUBECONFIG` kubectl takes another
/// cluster than the one that was meant.
const NEVER_UNSET: [&str; 2] = ["HOME", "KUBECONFIG"];

/// A directory that by custom doesn't exist.
const NOWHERE: &str = "/nonexistent";

/// The environment of a command: what is set for it, and what of ours it does not get.
#[derive(Debug)]
pub(super) struct Environment {
    pub(super) set: Vec<(OsString, OsString)>,
    pub(super) removed: Vec<OsString>,
}

impl Environment {
    /// Of `inherited`, for a command in `project`.
    pub(super) fn of(
        inherited: impl Iterator<Item = (OsString, OsString)>,
        project: &Checkout,
        redactor: &Redactor,
    ) -> Self {
        let mut environment = Self { set: Vec::new(), removed: Vec::new() };
        let mut has_home = false;
        for (name, value) in inherited {
            has_home |= name == "HOME";
            if name == "PATH" {
                environment.set.push((name, trusted_path(&value, project)));
            } else if !passes(&name, &value, project, redactor) {
                environment.leave_out(name);
            }
        }
        if !has_home {
            environment.leave_out("HOME".into());
        }
        environment
    }

    fn leave_out(&mut self, name: OsString) {
        match NEVER_UNSET.iter().any(|kept| name == *kept) {
            true => self.set.push((name, NOWHERE.into())),
            false => self.removed.push(name),
        }
    }
}

fn passes(name: &OsStr, value: &OsStr, project: &Checkout, redactor: &Redactor) -> bool {
    let (Some(name), Some(value)) = (name.to_str(), value.to_str()) else { return false };
    let elsewhere = || std::env::split_paths(value).all(|place| project.is_outside(&place));
    // Together: what is assigned to a name is recognised by the name.
    let line = format!("{name}={value}");
    let listed = PASSED.contains(&name) || name.starts_with("LC_") || (PLACES.contains(&name) && elsewhere());
    listed && redactor.redact(&line) == line
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn environment(given: &[(&str, &str)]) -> Environment {
        let given = given.iter().map(|(name, value)| (OsString::from(name), OsString::from(value)));
        let redactor = Redactor::builder().known("PASSPHRASE", "correct-horse-battery").build();
        Environment::of(given, &Checkout::of(Path::new("/work/shop")), &redactor)
    }

    #[test]
    fn places_of_the_project_or_relative_ones_do_not_pass() {
        let meant = [("HOME", "/home/ada"), ("KUBECONFIG", "/etc/a:/home/ada/b"), ("TMPDIR", "/var/tmp")];
        let passed = environment(&meant);
        assert!(passed.set.is_empty() && passed.removed.is_empty(), "{passed:?}");
        for value in ["./kubeconfig", "kubeconfig", "/work/shop/k", "/etc/a:k", "/etc/a:", "/etc/../work/shop/k", ""] {
            let left_out = environment(&[("HOME", value), ("KUBECONFIG", value), ("XDG_CONFIG_HOME", value)]);
            assert_eq!(left_out.set, ["HOME", "KUBECONFIG"].map(|name| (name.into(), NOWHERE.into())), "{value}");
            assert_eq!(left_out.removed, ["XDG_CONFIG_HOME"], "{value}");
        }
        assert_eq!(environment(&[]).set, [("HOME".into(), NOWHERE.into())], "no home means no other one");
    }

    #[test]
    fn only_what_is_listed_and_no_secret_passes() {
        let given = [
            ("PATH", "/usr/bin:/work/shop/bin:bin:/bin"),
            ("HOME", "/home/ada"),
            ("LC_ALL", "C"),
            ("LD_PRELOAD", "/tmp/x.so"),
            ("PAGER", "sh -c id"),
            ("AWS_SECRET_ACCESS_KEY", "x"),
            ("TMPDIR", "/tmp/correct-horse-battery"),
        ];
        let environment = environment(&given);
        assert_eq!(environment.set, [("PATH".into(), "/usr/bin:/bin".into())]);
        assert_eq!(environment.removed, ["LD_PRELOAD", "PAGER", "AWS_SECRET_ACCESS_KEY", "TMPDIR"]);
    }
}
