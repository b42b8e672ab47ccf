use semver::{Comparator, Op, Version, VersionReq};

/// Ever wider requirements to try in place of one that can't be met: the same compatible line, the same major, any.
pub(super) fn relaxed(requirement: &str) -> Vec<String> {
    let mut wider = Vec::new();
    if let Some(first) = VersionReq::parse(requirement).ok().and_then(|parsed| parsed.comparators.first().cloned()) {
        if let (0, Some(minor)) = (first.major, first.minor) {
            wider.push(format!("0.{minor}"));
        }
        wider.push(first.major.to_string());
    }
    wider.push("*".to_owned());
    wider
}

/// The requirement for `version` in the style of the present one.
pub(super) fn restyle(present: &str, version: &Version) -> String {
    let parsed = VersionReq::parse(present).ok();
    let Some([only]) = parsed.as_ref().map(|parsed| parsed.comparators.as_slice()) else {
        return version.to_string();
    };
    let bare = present.trim_start().starts_with(|first: char| first.is_ascii_digit());
    let mark = match only.op {
        Op::Exact => "=",
        Op::Tilde => "~",
        Op::GreaterEq => ">=",
        Op::Caret if !bare => "^",
        Op::Wildcard => return wildcard(only, version),
        _ => "",
    };
    format!("{mark}{}", shortened(only, version))
}

/// Whether the requirement takes the version; one that can't be read takes none.
pub(super) fn takes(requirement: &str, version: &Version) -> bool {
    VersionReq::parse(requirement).is_ok_and(|requirement| requirement.matches(version))
}

/// `version` with as many numbers as `like` has; a requirement that must hold exactly is always written in full.
fn shortened(like: &Comparator, version: &Version) -> String {
    match (like.op, like.minor, like.patch) {
        (Op::Exact, ..) | (_, _, Some(_)) => version.to_string(),
        (_, Some(_), None) => format!("{}.{}", version.major, version.minor),
        (_, None, _) if version.major > 0 => version.major.to_string(),
        _ => format!("0.{}", version.minor),
    }
}

fn wildcard(like: &Comparator, version: &Version) -> String {
    match like.minor {
        Some(_) => format!("{}.{}.*", version.major, version.minor),
        None => format!("{}.*", version.major),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_style_is_kept() {
        let to = Version::new(1, 2, 3);
        for (present, expected) in [
            ("9.9.9", "1.2.3"),
            ("9.9", "1.2"),
            ("9", "1"),
            ("^9.9.9", "^1.2.3"),
            ("~9.9.9", "~1.2.3"),
            ("=9.9.9", "=1.2.3"),
            ("=9.9", "=1.2.3"),
            (">=9.9", ">=1.2"),
            (">=9, <10", "1.2.3"),
            ("9.*", "1.*"),
        ] {
            assert_eq!(restyle(present, &to), expected, "{present}");
            assert!(takes(expected, &to), "{expected}");
        }
    }

    #[test]
    fn relaxing_widens_step_by_step() {
        assert_eq!(relaxed("=0.9.99"), ["0.9", "0", "*"]);
        assert_eq!(relaxed("^2.5"), ["2", "*"]);
        assert_eq!(relaxed("nonsense"), ["*"]);
    }
}
