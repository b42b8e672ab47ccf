use nodejs_semver::{Range, Version};

/// Longest range that is parsed, in bytes.
const MAX_RANGE_BYTES: usize = 256;

/// A range of versions in the registry; `None` for tags, URLs, paths, aliases and workspace references.
pub(super) fn parse(requirement: &str) -> Option<Range> {
    let requirement = requirement.trim();
    if requirement.len() > MAX_RANGE_BYTES || requirement.contains([':', '/']) {
        return None;
    }
    if requirement.is_empty() {
        return Some(Range::any());
    }
    Range::parse(requirement).ok()
}

/// Whether a requirement asks the registry for a version, by range or by tag.
pub(super) fn is_registry(requirement: &str) -> bool {
    requirement.len() <= MAX_RANGE_BYTES && !requirement.contains([':', '/'])
}

/// The requirement for `version` in the style of the present one, as narrow as it needs to be: the first of that
/// style, `~` and exact whose best of `versions` is one that `accepts` takes. npm always installs the best.
pub(super) fn restyle(
    present: &str,
    version: &Version,
    versions: &[Version],
    accepts: impl Fn(&Version) -> bool,
) -> String {
    let exact = version.to_string();
    [styled(present, version), format!("~{exact}")]
        .into_iter()
        .find(|requirement| parse(requirement).and_then(|range| best(&range, versions)).is_some_and(&accepts))
        .unwrap_or(exact)
}

/// The requirement for `version` in the style of the present one; `^` where that has no single style.
fn styled(present: &str, version: &Version) -> String {
    let present = present.trim();
    let digits = present.trim_start_matches(['v', '=']);
    if version.is_prerelease() {
        return version.to_string();
    }
    match present {
        _ if present.starts_with('~') => format!("~{version}"),
        _ if present.starts_with(">=") && !present.contains([' ', '<', '|']) => format!(">={version}"),
        _ if Version::parse(digits).is_ok() => version.to_string(),
        _ if is_partial(digits, 1) => wildcard(digits, &version.major().to_string()),
        _ if is_partial(digits, 2) => wildcard(digits, &format!("{}.{}", version.major(), version.minor())),
        _ => format!("^{version}"),
    }
}

/// Whether `text` is `parts` numbers, with or without wildcards behind them: `1`, `1.x`, `1.2.x`.
fn is_partial(text: &str, parts: usize) -> bool {
    let mut numbers = text.split('.').collect::<Vec<_>>();
    while numbers.last().is_some_and(|last| matches!(*last, "x" | "X" | "*")) {
        numbers.pop();
    }
    numbers.len() == parts && numbers.iter().all(|number| number.parse::<u64>().is_ok())
}

/// `numbers` with as many wildcards behind it as `like` has.
fn wildcard(like: &str, numbers: &str) -> String {
    let wildcards: String =
        like.split('.').filter(|part| matches!(*part, "x" | "X" | "*")).map(|part| format!(".{part}")).collect();
    format!("{numbers}{wildcards}")
}

/// The highest version in the range.
pub(super) fn best<'v>(range: &Range, versions: &'v [Version]) -> Option<&'v Version> {
    versions.iter().filter(|version| range.satisfies(version)).max()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(text: &str) -> Version {
        Version::parse(text).unwrap()
    }

    #[test]
    fn the_style_of_the_requirement_is_kept() {
        let to = version("19.3.1");
        for (present, expected) in [
            ("^17.0.2", "^19.3.1"),
            ("~17.0.2", "~19.3.1"),
            ("17.0.2", "19.3.1"),
            (">=17", ">=19.3.1"),
            ("17", "19"),
            ("17.x", "19.x"),
            ("17.0", "19.3"),
            ("16 || 17", "^19.3.1"),
            ("latest", "^19.3.1"),
            ("*", "^19.3.1"),
            (">=16 <18", "^19.3.1"),
        ] {
            assert_eq!(styled(present, &to), expected, "{present}");
        }
    }

    #[test]
    fn a_requirement_whose_best_version_does_not_fit_is_narrowed() {
        let versions = ["19.0.0", "19.0.1", "19.1.0"].map(version);
        let accepts = |fit: &'static [&'static str]| move |v: &Version| fit.contains(&v.to_string().as_str());
        let to = version("19.0.0");
        assert_eq!(restyle("^18.0.0", &to, &versions, accepts(&["19.0.0", "19.1.0"])), "^19.0.0");
        assert_eq!(restyle("^18.0.0", &to, &versions, accepts(&["19.0.0", "19.0.1"])), "~19.0.0");
        assert_eq!(restyle("^18.0.0", &to, &versions, accepts(&["19.0.0"])), "19.0.0");
    }

    #[test]
    fn only_registry_requirements_are_ranges() {
        for other in ["file:../x", "workspace:*", "npm:y@^1", "github:a/b", "https://x/y.tgz", "a/b", "latest"] {
            assert!(parse(other).is_none(), "{other}");
        }
        assert!(parse("").is_some() && parse(">=1 <2 || ^3").is_some());
    }
}
