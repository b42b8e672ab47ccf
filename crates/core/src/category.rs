//! The failure categories, listed in one place.

use std::borrow::Cow;
use std::fmt;

/// What kind of failure this is; a snake_case name from the list below, or a host's own.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct FailureCategory(Cow<'static, str>);

macro_rules! categories {
    ($($(#[$doc:meta])* $constant:ident = $name:literal;)*) => {
        impl FailureCategory {
            $($(#[$doc])* pub const $constant: Self = Self(Cow::Borrowed($name));)*

            /// Every category that selfheal itself knows, in the order of this list.
            pub const ALL: &'static [Self] = &[$(Self::$constant),*];
        }
    };
}

categories! {
    /// Dependencies that are missing, in conflict, or out of step with their lockfile.
    DEPENDENCY_FAILURE = "dependency_failure";
    /// A network operation failed in a way that passes: timeout, reset, 429, 5xx.
    NETWORK_TIMEOUT = "network_timeout";
    /// The kernel or a runtime killed the process for memory.
    OOM_KILLED = "oom_killed";
    /// A test fails on the same input each time.
    TEST_FAILURE = "test_failure";
    /// A test that failed passes on the same input.
    FLAKY_TEST = "flaky_test";
    /// A required variable, file or setting is absent.
    MISSING_CONFIGURATION = "missing_configuration";
    /// A credential is expired, revoked or wrong.
    STALE_SECRET = "stale_secret";
    /// A library, header or command of the system is absent.
    MISSING_SYSTEM_DEPENDENCY = "missing_system_dependency";
    /// The project's own source doesn't compile.
    COMPILE_ERROR = "compile_error";
    /// A linter, formatter or coverage threshold refused.
    QUALITY_GATE = "quality_gate";
    /// The step ran longer than it may.
    JOB_TIMEOUT = "job_timeout";
    /// A service that is needed doesn't answer.
    SERVICE_DOWN = "service_down";
    /// No space left on a device, or a disk quota is used up.
    DISK_FULL = "disk_full";
    /// A workload uses more CPU than it should.
    HIGH_CPU = "high_cpu";
    /// A replica lags behind its primary.
    REPLICATION_LAG = "replication_lag";
    /// Connections to a service time out.
    CONNECTION_TIMEOUT = "connection_timeout";
    /// A container image can't be pulled.
    IMAGE_PULL = "image_pull";
    /// Access was denied by file mode, role or quota.
    PERMISSION_DENIED = "permission_denied";
    /// The running configuration differs from the declared one.
    CONFIGURATION_DRIFT = "configuration_drift";
    /// Nothing known explains it.
    UNKNOWN = "unknown";
}

impl FailureCategory {
    /// A category by name; `None` unless the name is snake_case ASCII of 1 to 64 characters.
    ///
    /// Hosts may use names of their own; [`FailureCategory::is_known`] tells them apart.
    #[must_use]
    pub fn new(name: &str) -> Option<Self> {
        let shape = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'_';
        let fits = (1..=64).contains(&name.len())
            && name.bytes().all(shape)
            && name.starts_with(|c: char| c.is_ascii_lowercase());
        fits.then(|| Self(Cow::Owned(name.to_owned())))
    }

    /// The name, such as `dependency_failure`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is one of [`FailureCategory::ALL`].
    #[must_use]
    pub fn is_known(&self) -> bool {
        Self::ALL.contains(self)
    }
}

impl fmt::Display for FailureCategory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_may_name_their_own_but_not_misspell_the_shape() {
        assert!(FailureCategory::new("licence_expired").is_some_and(|c| !c.is_known()));
        assert_eq!(FailureCategory::new("oom_killed"), Some(FailureCategory::OOM_KILLED));
        for bad in ["", "OOM", "oom-killed", "_x", "1x", "a b"] {
            assert_eq!(FailureCategory::new(bad), None, "{bad:?}");
        }
    }
}
