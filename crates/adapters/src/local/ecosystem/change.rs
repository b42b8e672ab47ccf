use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::error::EcosystemError;
use super::{Row, tree};

/// Most changes that one row may carry beside its own.
const MAX_ALSO: usize = 32;

/// A package's requirement in a manifest.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pin {
    /// The package, by its name in the registry.
    pub package: String,
    /// The requirement as it is written in the manifest: `^19.1.0`, `==2.31.0`, `1.0.228`.
    pub requirement: String,
    /// The manifest, relative to the project, inside it.
    pub manifest: PathBuf,
}

/// A change of a project's dependencies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Sets the requirement of packages that are already declared; all of them, or none.
    PatchVersion {
        /// The change itself.
        pin: Pin,
        /// Further changes without which it doesn't resolve, such as a family released in lockstep.
        also: Vec<Pin>,
    },
    /// Declares a package that is not declared yet.
    AddDependency {
        /// What to declare, and where.
        pin: Pin,
        /// The section of the manifest (`devDependencies`, `dev-dependencies`); the ordinary one by default.
        section: Option<String>,
        /// Features to enable (cargo) or extras (pip).
        features: Vec<String>,
    },
    /// Brings the lockfile beside a manifest in line with it, changing as little as the tool can.
    RegenerateLockfile {
        /// The manifest, relative to the project.
        manifest: PathBuf,
    },
}

impl Pin {
    /// A row of this pin alone.
    #[must_use]
    pub fn row(&self) -> Row {
        Row::from([
            ("package".to_owned(), self.package.clone()),
            ("requirement".to_owned(), self.requirement.clone()),
            ("manifest".to_owned(), tree::slashed(&self.manifest)),
        ])
    }

    /// One row of several pins that belong together: the first is the row's own, the others go into `also` as JSON.
    #[must_use]
    pub fn rows(pins: &[Self]) -> Row {
        let Some((first, also)) = pins.split_first() else {
            return Row::new();
        };
        let mut row = first.row();
        if !also.is_empty() {
            let also = serde_json::to_string(also).unwrap_or_default();
            row.insert("also".to_owned(), also);
        }
        row
    }

    /// The pins that a row stands for, its own first.
    ///
    /// # Errors
    /// When a field is missing or `also` isn't a list of pins.
    pub fn of_row(row: &Row) -> Result<Vec<Self>, EcosystemError> {
        let field = |name: &str| {
            row.get(name).cloned().ok_or_else(|| EcosystemError::refused(format!("the row has no {name}")))
        };
        let first = Self {
            package: field("package")?,
            requirement: field("requirement")?,
            manifest: PathBuf::from(field("manifest")?),
        };
        let mut pins = vec![first];
        if let Some(also) = row.get("also") {
            pins.extend(Self::list(also)?);
        }
        Ok(pins)
    }

    /// Parses the value of a row's `also`.
    ///
    /// # Errors
    /// When it isn't a JSON list of at most 32 pins.
    pub fn list(also: &str) -> Result<Vec<Self>, EcosystemError> {
        let pins: Vec<Self> =
            serde_json::from_str(also).map_err(|_| EcosystemError::refused("`also` must be a JSON list of pins"))?;
        if pins.len() > MAX_ALSO {
            return Err(EcosystemError::refused(format!("at most {MAX_ALSO} changes may go together")));
        }
        Ok(pins)
    }
}

impl Change {
    /// The manifests that this change names.
    #[must_use]
    pub fn manifests(&self) -> Vec<&Path> {
        match self {
            Self::PatchVersion { pin, also } => {
                std::iter::once(pin).chain(also).map(|pin| pin.manifest.as_path()).collect()
            }
            Self::AddDependency { pin, .. } => vec![&pin.manifest],
            Self::RegenerateLockfile { manifest } => vec![manifest],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pin(package: &str) -> Pin {
        Pin { package: package.into(), requirement: "^2.0.0".into(), manifest: "packages/a/package.json".into() }
    }

    #[test]
    fn a_row_carries_several_pins_and_gives_them_back() {
        let pins = vec![pin("@x/core"), pin("@x/cli")];
        assert_eq!(Pin::of_row(&Pin::rows(&pins)).unwrap(), pins);
    }

    #[test]
    fn a_row_without_a_package_is_refused() {
        let mut row = pin("a").row();
        row.remove("package");
        assert!(Pin::of_row(&row).unwrap_err().to_string().contains("package"));
    }
}
