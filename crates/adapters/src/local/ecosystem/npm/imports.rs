//! Which modules the project's own source imports.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use regex::Regex;

use crate::local::ecosystem::pattern::pattern;
use crate::local::ecosystem::tree;

const SOURCES: &[&str] = &["js", "jsx", "mjs", "cjs", "ts", "tsx", "mts", "cts", "vue", "svelte", "astro"];

static SPECIFIER: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r#"\b(?:from|import|require(?:\.resolve)?|jest\.mock|vi\.mock)\s*\(?\s*["'`]([^"'`\n]+)["'`]"#)
});

/// The package of a module specifier: `lodash/fp` → `lodash`, `@a/b/c` → `@a/b`.
pub(super) fn package_of(specifier: &str) -> &str {
    let parts = if specifier.starts_with('@') { 2 } else { 1 };
    let end = specifier.match_indices('/').nth(parts - 1).map_or(specifier.len(), |(at, _)| at);
    &specifier[..end]
}

/// The source files among `files` that import from `package`.
pub(super) fn importers<'f>(root: &Path, files: &'f [PathBuf], package: &str) -> Vec<&'f PathBuf> {
    files
        .iter()
        .filter(|file| has_extension(file, SOURCES))
        .filter(|file| tree::text(&root.join(file)).is_some_and(|text| imports(&text, package)))
        .collect()
}

fn imports(text: &str, package: &str) -> bool {
    text.lines()
        .filter(|line| line.contains(package) && !is_comment(line))
        .flat_map(|line| SPECIFIER.captures_iter(line))
        .any(|found| package_of(&found[1]) == package)
}

fn is_comment(line: &str) -> bool {
    let line = line.trim_start();
    line.starts_with("//") || line.starts_with("/*") || line.starts_with("* ")
}

/// Whether a file serves tests or the build, and is not shipped.
pub(super) fn is_development(file: &Path) -> bool {
    let directory = tree::directory(file).components().any(|part| {
        matches!(
            part.as_os_str().to_str(),
            Some("test" | "tests" | "__tests__" | "__mocks__" | "spec" | "e2e" | "cypress" | "scripts" | ".storybook")
        )
    });
    let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    directory || [".test.", ".spec.", ".config.", ".stories."].iter().any(|mark| name.contains(mark))
}

fn has_extension(file: &Path, extensions: &[&str]) -> bool {
    file.extension().and_then(|extension| extension.to_str()).is_some_and(|extension| extensions.contains(&extension))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::local::ecosystem::scripted::project as tree_of;

    #[test]
    fn a_specifier_belongs_to_its_package() {
        assert_eq!(package_of("lodash/fp/get"), "lodash");
        assert_eq!(package_of("@a/b/c"), "@a/b");
        assert_eq!(package_of("@a/b"), "@a/b");
    }

    #[test]
    fn every_form_of_import_counts_and_comments_do_not() {
        let texts = [
            "import x from 'm';",
            "import 'm';",
            "const x = require(\"m/sub\")",
            "await import('m')",
            "import {\n a,\n b\n} from \"m\"",
            "export * from 'm'",
            "import type { T } from 'm'",
        ];
        for text in texts {
            let dir = tree_of(&[("a.ts", text)]);
            assert_eq!(importers(dir.path(), &["a.ts".into()], "m").len(), 1, "{text}");
        }
        for text in ["// import x from 'm'", "/* require('m') */", "const s = 'm'", "import './m'", "import 'mm'"] {
            let dir = tree_of(&[("a.ts", text)]);
            assert!(importers(dir.path(), &["a.ts".into()], "m").is_empty(), "{text}");
        }
    }
}
