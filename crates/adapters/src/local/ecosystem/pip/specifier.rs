use std::str::FromStr;

use pep440_rs::{Operator, Version, VersionSpecifier, VersionSpecifiers};

pub(super) fn parse(specifier: &str) -> Option<VersionSpecifiers> {
    VersionSpecifiers::from_str(specifier).ok()
}

/// Whether the specifier takes the version; an empty one takes every version.
pub(super) fn takes(specifier: &str, version: &Version) -> bool {
    specifier.is_empty() || parse(specifier).is_some_and(|specifier| specifier.contains(version))
}

/// The specifier that takes `version`, in the style of the present one: clauses that take it stay as they are, the
/// others move just far enough.
pub(super) fn restyle(present: &str, version: &Version) -> String {
    let Some(parsed) = parse(present).filter(|parsed| !parsed.is_empty()) else {
        return format!("=={version}");
    };
    let spaced = if present.contains(", ") { ", " } else { "," };
    let gap = if present.contains("= ") { " " } else { "" };
    let clauses: Vec<String> = parsed
        .iter()
        .filter_map(|clause| moved(clause, version))
        .map(|(mark, version)| format!("{mark}{gap}{version}"))
        .collect();
    clauses.join(spaced)
}

/// The clause, moved to take `version`; `None` for one that can only be dropped.
fn moved(clause: &VersionSpecifier, version: &Version) -> Option<(&'static str, String)> {
    let kept = clause.contains(version);
    let own = clause.version().to_string();
    let numbers = clause.version().release().len();
    Some(match clause.operator() {
        Operator::Equal | Operator::ExactEqual => ("==", version.to_string()),
        Operator::EqualStar => ("==", format!("{}.*", shortened(version, numbers))),
        Operator::TildeEqual => ("~=", if kept { own } else { shortened(version, numbers.max(2)) }),
        Operator::GreaterThanEqual if kept => (">=", own),
        Operator::GreaterThan if kept => (">", own),
        Operator::GreaterThanEqual | Operator::GreaterThan => (">=", version.to_string()),
        Operator::LessThanEqual if kept => ("<=", own),
        Operator::LessThan if kept => ("<", own),
        Operator::LessThanEqual => ("<=", version.to_string()),
        Operator::LessThan => ("<", next_major(version)),
        Operator::NotEqual if kept => ("!=", own),
        Operator::NotEqualStar if kept => ("!=", format!("{own}.*")),
        Operator::NotEqual | Operator::NotEqualStar => return None,
    })
}

/// The specifier for a new requirement, in the style that most of the others have.
pub(super) fn like_others<'a>(others: impl Iterator<Item = &'a str>, version: &Version) -> String {
    let (mut pinned, mut compatible, mut all) = (0, 0, 0);
    for other in others {
        all += 1;
        pinned += usize::from(other.starts_with("==") && !other.contains('*'));
        compatible += usize::from(other.starts_with("~="));
    }
    match all {
        0 => format!(">={version}"),
        _ if pinned * 2 > all => format!("=={version}"),
        _ if compatible * 2 > all => format!("~={}", shortened(version, 2)),
        _ => format!(">={version}"),
    }
}

/// The first `count` numbers of the release.
fn shortened(version: &Version, count: usize) -> String {
    let release = version.release().iter().copied().chain(std::iter::repeat(0));
    release.take(count.max(1)).map(|number| number.to_string()).collect::<Vec<_>>().join(".")
}

fn next_major(version: &Version) -> String {
    (version.release().first().copied().unwrap_or(0) + 1).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_style_is_kept_and_the_version_taken() {
        let version = Version::from_str("2.5.1").unwrap();
        for (present, expected) in [
            ("==1.0", "==2.5.1"),
            ("== 1.0", "== 2.5.1"),
            ("~=1.4", "~=2.5"),
            ("~=1.4.2", "~=2.5.1"),
            (">=3", ">=2.5.1"),
            ("<2", "<3"),
            (">=1.0,<2", ">=1.0,<3"),
            (">=1.0, <2.0", ">=1.0, <3"),
            ("<=2", "<=2.5.1"),
            ("==1.*", "==2.*"),
            (">=1,!=2.5.1", ">=1"),
            ("", "==2.5.1"),
        ] {
            assert_eq!(restyle(present, &version), expected, "{present}");
            assert!(takes(expected, &version), "{expected}");
        }
    }

    #[test]
    fn a_new_requirement_looks_like_the_others() {
        let version = Version::from_str("0.9.0").unwrap();
        for (others, expected) in [
            (vec!["==1", "==2", ">=3"], "==0.9.0"),
            (vec![">=8"], ">=0.9.0"),
            (vec![], ">=0.9.0"),
            (vec!["~=1.0"], "~=0.9"),
            (vec!["", ""], ">=0.9.0"),
        ] {
            assert_eq!(like_others(others.into_iter(), &version), expected);
        }
    }
}
