//! Changing a `package.json` without touching its layout, and its lockfile through npm.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use jsonc_parser::ParseOptions;
use jsonc_parser::cst::{CstInputValue, CstObject, CstRootNode};

use super::client;
use super::project::{Project, SECTIONS};
use crate::local::ecosystem::{Change, EcosystemError, Pin, Tools, given, tree};

/// Makes a change and updates the lockfiles that exist; returns what may have changed.
pub(super) fn change(change: &Change, scratch: &Path, tools: &dyn Tools) -> Result<Vec<PathBuf>, EcosystemError> {
    let project = Project::of(scratch, change.manifests()[0])?;
    if let Some(foreign) = project.foreign_lockfile() {
        return Err(EcosystemError::refused(format!("the project is locked by {foreign}, which npm doesn't keep")));
    }
    let lockfile = project.lockfile();
    let wants_lock = match change {
        Change::PatchVersion { pin, also } => {
            let pins: Vec<Pin> = std::iter::once(pin).chain(also).cloned().collect();
            write_pins(scratch, &pins)?;
            scratch.join(&lockfile).exists()
        }
        Change::AddDependency { pin, section, .. } => {
            add(scratch, pin, section.as_deref().unwrap_or("dependencies"))?;
            scratch.join(&lockfile).exists()
        }
        Change::RegenerateLockfile { .. } => true,
    };
    let mut changed: BTreeSet<PathBuf> = match change {
        Change::RegenerateLockfile { .. } => BTreeSet::new(),
        _ => change.manifests().into_iter().map(Path::to_path_buf).collect(),
    };
    if wants_lock {
        lock(&project, tools)?;
        changed.insert(lockfile);
    }
    Ok(changed.into_iter().collect())
}

fn lock(project: &Project, tools: &dyn Tools) -> Result<(), EcosystemError> {
    let verdict = tree::writable(&project.scratch.join(project.lockfile()), || client::resolve(&project.dir(), tools))?;
    verdict.map_err(|failure| EcosystemError::failed("npm install --package-lock-only", &failure.to_string()))
}

/// Sets each pin's requirement where its manifest declares the package.
pub(super) fn write_pins(scratch: &Path, pins: &[Pin]) -> Result<(), EcosystemError> {
    for pin in pins {
        edit(scratch, pin, |root| set(root, pin))?;
    }
    Ok(())
}

pub(super) fn add(scratch: &Path, pin: &Pin, section: &str) -> Result<(), EcosystemError> {
    let section = SECTIONS
        .iter()
        .find(|known| **known == section)
        .ok_or_else(|| EcosystemError::refused(format!("{section:?} is no section of dependencies")))?;
    check(pin)?;
    let text = tree::manifest_text(scratch, &pin.manifest)?;
    match insert_inline(&text, section, pin) {
        Some(changed) => tree::write(scratch, &pin.manifest, &changed),
        None => edit(scratch, pin, |root| insert(root, section, pin)),
    }
}

fn edit(
    scratch: &Path,
    pin: &Pin,
    change: impl FnOnce(&CstObject) -> Result<(), EcosystemError>,
) -> Result<(), EcosystemError> {
    check(pin)?;
    let text = tree::manifest_text(scratch, &pin.manifest)?;
    let (mark, body) = match text.strip_prefix('\u{feff}') {
        Some(body) => ("\u{feff}", body),
        None => ("", text.as_str()),
    };
    let not_json = || EcosystemError::manifest(&pin.manifest, "a JSON object");
    let root = CstRootNode::parse(body, &ParseOptions::default()).map_err(|_| not_json())?;
    change(&root.object_value().ok_or_else(not_json)?)?;
    tree::write(scratch, &pin.manifest, &format!("{mark}{root}"))
}

/// What goes into a manifest is a package name and a registry range, nothing that installs from elsewhere.
fn check(pin: &Pin) -> Result<(), EcosystemError> {
    let registry = super::range::parse(&pin.requirement).is_some();
    if given::npm_package(&pin.package) && registry {
        return Ok(());
    }
    Err(EcosystemError::refused("an npm pin needs a package name and a semver range"))
}

fn set(root: &CstObject, pin: &Pin) -> Result<(), EcosystemError> {
    let mut declared = false;
    for section in SECTIONS {
        let property = root.object_value(section).and_then(|section| section.get(&pin.package));
        if let Some(property) = property {
            property.set_value(CstInputValue::String(pin.requirement.clone()));
            declared = true;
        }
    }
    if declared {
        return Ok(());
    }
    Err(EcosystemError::manifest(&pin.manifest, format!("a dependency on {}", pin.package)))
}

/// Declares the package, in alphabetical order where the section has one.
fn insert(root: &CstObject, section: &str, pin: &Pin) -> Result<(), EcosystemError> {
    let section = root
        .object_value_or_create(section)
        .ok_or_else(|| EcosystemError::manifest(&pin.manifest, format!("an object under {section}")))?;
    if section.get(&pin.package).is_some() {
        return Err(EcosystemError::refused(format!("{} is declared already", pin.package)));
    }
    let names: Vec<String> = section.properties().iter().filter_map(|property| property.decoded_name()).collect();
    let place = match names.is_sorted() {
        true => names.partition_point(|name| *name < pin.package),
        false => names.len(),
    };
    section.insert(place, &pin.package, CstInputValue::String(pin.requirement.clone()));
    Ok(())
}

/// The text with the package appended to a section that stands on one line; `None` for any other layout.
fn insert_inline(text: &str, section: &str, pin: &Pin) -> Option<String> {
    let parsed = jsonc_parser::parse_to_ast(text, &Default::default(), &ParseOptions::default()).ok()?;
    let section = parsed.value?.as_object()?.get_object(section)?.clone();
    let body = &text[section.range.start..section.range.end];
    let last = section.properties.last()?;
    if body.contains('\n') || section.properties.iter().any(|one| one.name.as_str() == pin.package) {
        return None;
    }
    let colon = if body.contains("\": ") { ": " } else { ":" };
    let comma = if body.contains(", ") { ", " } else { "," };
    let property = format!("{comma}\"{}\"{colon}\"{}\"", pin.package, pin.requirement);
    let mut changed = text.to_owned();
    changed.insert_str(last.range.end, &property);
    Some(changed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::local::ecosystem::scripted::project as tree_of;

    fn pin(package: &str, requirement: &str) -> Pin {
        Pin { package: package.into(), requirement: requirement.into(), manifest: "package.json".into() }
    }

    fn after(text: &str, change: impl FnOnce(&Path) -> Result<(), EcosystemError>) -> String {
        let dir = tree_of(&[("package.json", text)]);
        change(dir.path()).unwrap();
        std::fs::read_to_string(dir.path().join("package.json")).unwrap()
    }

    #[test]
    fn only_the_requirement_changes() {
        for text in [
            "{\"name\":\"x\",\n \"dependencies\":{\"a\":\"^1\",\"b\":\"^1\"}}\n",
            "{\r\n\t\"devDependencies\": {\r\n\t\t\"b\": \"^1\"\r\n\t}\r\n}",
            "\u{feff}{ \"dependencies\" : { \"b\" : \"^1\" } }",
        ] {
            let changed = after(text, |dir| write_pins(dir, &[pin("b", "^2.0.0")]));
            assert_eq!(
                changed,
                text.replace("\"b\":\"^1\"", "\"b\":\"^2.0.0\"")
                    .replace("\"b\": \"^1\"", "\"b\": \"^2.0.0\"")
                    .replace("\"b\" : \"^1\"", "\"b\" : \"^2.0.0\"")
            );
        }
    }

    #[test]
    fn a_new_dependency_finds_its_place() {
        let text = "{\n  \"dependencies\": {\n    \"a\": \"1\",\n    \"c\": \"1\"\n  }\n}\n";
        let changed = after(text, |dir| add(dir, &pin("b", "^2.0.0"), "dependencies"));
        assert_eq!(
            changed,
            "{\n  \"dependencies\": {\n    \"a\": \"1\",\n    \"b\": \"^2.0.0\",\n    \"c\": \"1\"\n  }\n}\n"
        );
        let inline = after("{\"name\":\"x\",\n \"dependencies\":{\"c\":\"1\"}}", |dir| {
            add(dir, &pin("b", "^2.0.0"), "dependencies")
        });
        assert_eq!(inline, "{\"name\":\"x\",\n \"dependencies\":{\"c\":\"1\",\"b\":\"^2.0.0\"}}");
        let created = after("{\n  \"name\": \"x\"\n}\n", |dir| add(dir, &pin("b", "^2.0.0"), "devDependencies"));
        assert_eq!(created, "{\n  \"name\": \"x\",\n  \"devDependencies\": {\n    \"b\": \"^2.0.0\"\n  }\n}\n");
    }

    #[test]
    fn only_registry_ranges_are_written() {
        let dir = tree_of(&[("package.json", "{\"dependencies\":{\"b\":\"1\"}}")]);
        for requirement in ["git+https://evil.example/x", "file:../x", "npm:evil@1", "--force"] {
            assert!(write_pins(dir.path(), &[pin("b", requirement)]).is_err(), "{requirement}");
        }
    }
}
