//! Which crates the project's own source names.

use std::path::{Path, PathBuf};

use super::editing::Section;
use super::project::{Package, Project};
use crate::local::ecosystem::tree;

/// The files of `package` that use the crate `name`, with their text.
pub(super) fn users(project: &Project, package: &Package, files: &[PathBuf], name: &str) -> Vec<(PathBuf, String)> {
    let own = tree::directory(&package.manifest);
    files
        .iter()
        .filter(|file| file.extension().is_some_and(|extension| extension == "rs"))
        .filter(|file| file.starts_with(own) && is_nearest(project, own, file))
        .filter_map(|file| Some((file.clone(), tree::text(&project.scratch.join(file))?)))
        .filter(|(_, text)| text.lines().any(|line| uses(line, name)))
        .collect()
}

/// The table that the users' places call for.
pub(super) fn section(package: &Package, users: &[(PathBuf, String)]) -> Section {
    let own = tree::directory(&package.manifest);
    let place = |file: &PathBuf| match file.strip_prefix(own).unwrap_or(file) {
        file if file == Path::new("build.rs") => Section::Build,
        file if ["tests", "benches", "examples"].iter().any(|dir| file.starts_with(dir)) => Section::Dev,
        _ => Section::Normal,
    };
    let mut places = users.iter().map(|(file, _)| place(file));
    let first = places.next().unwrap_or(Section::Normal);
    if places.all(|place| place == first) { first } else { Section::Normal }
}

/// Whether a file or declaration of the project itself goes by this name.
pub(super) fn is_own_module(project: &Project, files: &[PathBuf], name: &str) -> bool {
    let declaration = format!("mod {name}");
    files.iter().filter(|file| file.extension().is_some_and(|extension| extension == "rs")).any(|file| {
        file.file_stem().is_some_and(|stem| stem == name)
            || tree::directory(file).file_name().is_some_and(|directory| directory == name)
            || tree::text(&project.scratch.join(file)).is_some_and(|text| {
                text.lines().any(|line| line.trim_start_matches("pub ").trim().starts_with(&declaration))
            })
    })
}

/// No other package of the project stands between `own` and the file.
fn is_nearest(project: &Project, own: &Path, file: &Path) -> bool {
    project
        .packages
        .iter()
        .map(|package| tree::directory(&package.manifest))
        .filter(|directory| file.starts_with(directory))
        .all(|directory| own.starts_with(directory))
}

/// Whether a line of Rust names the crate at the start of a path, outside a comment.
fn uses(line: &str, name: &str) -> bool {
    let code = line.split("//").next().unwrap_or_default();
    let imported = |prefix: &str| {
        code.find(prefix).is_some_and(|at| {
            let rest = code[at + prefix.len()..].trim_start().trim_start_matches("::");
            rest.strip_prefix(name).is_some_and(|rest| !rest.starts_with(is_word))
        })
    };
    imported("use ") || imported("extern crate ") || starts_path(code, name)
}

/// `name::` that isn't the end of another word or path.
fn starts_path(code: &str, name: &str) -> bool {
    let path = format!("{name}::");
    code.match_indices(&path).any(|(at, _)| !code[..at].ends_with(|c| is_word(c) || c == ':'))
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_and_imports_count() {
        for line in [
            "use rand::Rng;",
            "pub use rand;",
            "extern crate rand as r;",
            "    let x = rand::random();",
            "#[rand::main]",
            "use ::rand::Rng;",
        ] {
            assert!(uses(line, "rand"), "{line}");
        }
        for line in ["// use rand::Rng;", "use random::x;", "crate::rand::x()", "my_rand::x()", "let rand = 1;"] {
            assert!(!uses(line, "rand"), "{line}");
        }
    }
}
