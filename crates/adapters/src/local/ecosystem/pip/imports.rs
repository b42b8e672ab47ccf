//! Which modules the project's own Python imports, and which it provides itself.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use regex::Regex;

use crate::local::ecosystem::pattern::pattern;
use crate::local::ecosystem::tree;

static IMPORT: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?m)^[ \t]*(?:import[ \t]+(?P<plain>[^#\n;]+)|from[ \t]+(?P<from>[\w.]+)[ \t]+import\b(?P<names>[^#\n;]*))",
    )
});

/// The files that import `module` or something below it; for a dotted name also `from parent import name`.
pub(super) fn importers<'f>(root: &Path, files: &'f [PathBuf], module: &str) -> Vec<&'f PathBuf> {
    files
        .iter()
        .filter(|file| file.extension().is_some_and(|extension| extension == "py"))
        .filter(|file| tree::text(&root.join(file)).is_some_and(|text| imports(&text, module)))
        .collect()
}

fn imports(text: &str, module: &str) -> bool {
    IMPORT.captures_iter(text).any(|found| {
        let plain = found.name("plain").map_or("", |plain| plain.as_str());
        let from = found.name("from").map_or("", |from| from.as_str());
        let names = found.name("names").map_or("", |names| names.as_str());
        plain.split(',').any(|one| is_below(one.split_whitespace().next().unwrap_or_default(), module))
            || is_below(from, module)
            || names.split([',', '(', ')']).any(|name| format!("{from}.{}", name.trim()) == module)
    })
}

fn is_below(imported: &str, module: &str) -> bool {
    imported.strip_prefix(module).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// Whether a file or directory of the project is a module of this name, wherever it lies: then the path is wrong
/// and no dependency is missing.
pub(super) fn is_own(files: &[PathBuf], top: &str) -> bool {
    files.iter().filter(|file| file.extension().is_some_and(|extension| extension == "py" || extension == "pyi")).any(
        |file| {
            let module = file.file_stem().is_some_and(|stem| stem == top);
            module || tree::directory(file).components().any(|part| part.as_os_str() == top)
        },
    )
}

/// Whether a file serves tests only.
pub(super) fn is_test(file: &Path) -> bool {
    let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let directory =
        tree::directory(file).components().any(|part| matches!(part.as_os_str().to_str(), Some("test" | "tests")));
    directory || name.starts_with("test_") || name.ends_with("_test.py") || name == "conftest.py"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_import_counts() {
        for text in [
            "import yaml",
            "    import os, yaml as y",
            "from yaml import x",
            "import yaml.nodes",
            "from yaml.nodes import (\n  a)",
        ] {
            assert!(imports(text, "yaml"), "{text}");
        }
        for text in ["# import yaml", "import yaml2", "from .yaml import x", "x = 'import yaml'", "from a import yaml"]
        {
            assert!(!imports(text, "yaml"), "{text}");
        }
        assert!(imports("from google.cloud import storage", "google.cloud.storage"));
        assert!(imports("import google.cloud.storage as s", "google.cloud.storage"));
    }

    #[test]
    fn modules_of_the_project_are_its_own_wherever_they_lie() {
        let files = ["src/app/core.py".into(), "lib/tool.py".into(), "docs/yaml/readme.md".into()];
        assert!(is_own(&files, "app") && is_own(&files, "tool") && is_own(&files, "core"));
        assert!(!is_own(&files, "yaml"));
    }
}
