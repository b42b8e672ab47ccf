//! Which distribution provides a module whose name differs from it.

/// `module TAB distribution`, with a limit like `<81` where later versions dropped the module: well-known projects, as their own documentation names them.
const TABLE: &str = include_str!("modules.tsv");

/// Namespaces under which each distribution is named by its path: `google.cloud.storage` → `google-cloud-storage`.
const NAMESPACES: &[(&str, usize)] = &[
    ("google.cloud", 3),
    ("azure.storage", 3),
    ("azure.keyvault", 3),
    ("azure.mgmt", 3),
    ("azure.ai", 3),
    ("azure", 2),
    ("opentelemetry.exporter", 3),
    ("opentelemetry.instrumentation", 3),
    ("zope", 2),
    ("backports", 2),
    ("ruamel", 2),
    ("jaraco", 2),
    ("sphinxcontrib", 2),
    ("airflow.providers", 3),
];

/// A module and the distribution that may provide it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Candidate {
    /// The dotted name that the distribution must bring.
    pub(super) module: String,
    pub(super) distribution: String,
    /// From the table: known, and not asked again.
    pub(super) known: bool,
    /// A limit from the table, for a module that later versions no longer bring; empty otherwise.
    pub(super) limit: &'static str,
}

/// The distribution for `module`: the table's longest match, a namespace's rule, else the same name.
pub(super) fn candidate(module: &str) -> Candidate {
    let parts: Vec<&str> = module.split('.').collect();
    for length in (1..=parts.len()).rev() {
        let prefix = parts[..length].join(".");
        if let Some(listed) = listed(&prefix) {
            let (distribution, limit) = listed.split_at(listed.find('<').unwrap_or(listed.len()));
            return Candidate { module: prefix, distribution: distribution.to_owned(), known: true, limit };
        }
    }
    let namespace =
        NAMESPACES.iter().find(|(namespace, _)| module == *namespace || module.starts_with(&format!("{namespace}.")));
    let length = namespace.map_or(1, |(_, length)| *length).min(parts.len());
    Candidate {
        // Python names the part that it can't find: all of it must be brought.
        module: module.to_owned(),
        distribution: parts[..length].join("-").replace('_', "-"),
        known: false,
        limit: "",
    }
}

fn listed(module: &str) -> Option<&'static str> {
    TABLE
        .lines()
        .filter_map(|line| line.split_once('\t'))
        .find(|(name, _)| *name == module)
        .map(|(_, distribution)| distribution)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::local::ecosystem::given;

    #[test]
    fn names_that_differ_are_known() {
        for (module, distribution) in [
            ("yaml", "PyYAML"),
            ("PIL.Image", "Pillow"),
            ("google.protobuf.message", "protobuf"),
            ("sklearn.svm", "scikit-learn"),
            ("google.cloud.storage.blob", "google-cloud-storage"),
            ("azure.identity", "azure-identity"),
            ("tabulate", "tabulate"),
            ("flask_cors", "flask-cors"),
        ] {
            assert_eq!(candidate(module).distribution, distribution);
        }
    }

    #[test]
    fn a_module_that_was_dropped_has_its_limit() {
        let candidate = candidate("pkg_resources");
        assert_eq!((candidate.distribution.as_str(), candidate.limit), ("setuptools", "<81"));
    }

    #[test]
    fn the_table_is_well_formed_and_sorted() {
        let modules: Vec<&str> = TABLE.lines().map(|line| line.split_once('\t').unwrap().0).collect();
        assert!(modules.is_sorted(), "unsorted");
        assert!(TABLE.lines().all(|line| line.split('\t').count() == 2));
        assert!(TABLE.lines().filter_map(|line| line.split_once('\t')).all(|(module, distribution)| {
            given::python_module(module) && given::distribution(distribution.split('<').next().unwrap())
        }));
    }
}
