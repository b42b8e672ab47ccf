//! npm's explanation of an ERESOLVE, as it comes from our own run of npm.

/// Most lines of an explanation that are read.
const MAX_LINES: usize = 400;

/// `peer react@"17.0.2" from react-dom@17.0.2`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Edge {
    pub(super) peer: bool,
    pub(super) package: String,
    pub(super) range: String,
    /// Who asks, by name and version: a package or a workspace; `None` for the root project.
    pub(super) from: Option<(String, String)>,
}

/// Which package was found, and what asks for another version of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Conflict {
    /// The contested package and the version that was placed.
    pub(super) found: Option<(String, String)>,
    /// What asked for the version that was placed.
    pub(super) holders: Vec<Edge>,
    /// What could not be resolved: the failing edge first, then the chain it came by.
    pub(super) unresolved: Vec<Edge>,
    /// Every package that the explanation names.
    pub(super) named: Vec<String>,
}

impl Conflict {
    /// Reads `detail`; `None` when it names no failing edge.
    pub(super) fn parse(detail: &str) -> Option<Self> {
        let mut conflict = Self::default();
        let mut holding = true;
        for line in detail.lines().take(MAX_LINES).map(str::trim) {
            if let Some(found) = line.strip_prefix("Found: ") {
                conflict.found = conflict.found.or_else(|| name_version(found));
                holding = true;
            } else if line.starts_with("Could not resolve dependency") {
                holding = false;
            } else if line.starts_with("Conflicting peer dependency") {
                break;
            } else if let Some(edge) = edge(line) {
                conflict.name(&edge);
                let side = if holding { &mut conflict.holders } else { &mut conflict.unresolved };
                side.push(edge);
            }
        }
        (!conflict.unresolved.is_empty()).then_some(conflict)
    }

    fn name(&mut self, edge: &Edge) {
        for name in std::iter::once(&edge.package).chain(edge.from.as_ref().map(|(name, _)| name)) {
            if !self.named.contains(name) {
                self.named.push(name.clone());
            }
        }
    }

    /// The edge that could not be resolved: its package is wanted in different versions.
    pub(super) fn contested(&self) -> &Edge {
        &self.unresolved[0]
    }

    /// The peer ranges that packages put on the contested package.
    pub(super) fn peers(&self) -> impl Iterator<Item = (&Edge, &(String, String))> {
        let package = &self.contested().package;
        self.edges()
            .filter(move |edge| edge.peer && edge.package == *package)
            .filter_map(|edge| Some((edge, edge.from.as_ref()?)))
    }

    pub(super) fn edges(&self) -> impl Iterator<Item = &Edge> {
        self.unresolved.iter().chain(&self.holders)
    }
}

fn edge(line: &str) -> Option<Edge> {
    let (asked, from) = line.split_once("\" from ")?;
    let (asked, range) = asked.split_once("@\"")?;
    let (kinds, package) = asked.rsplit_once(' ').unwrap_or(("", asked));
    Some(Edge {
        peer: kinds.split(' ').any(|kind| kind.starts_with("peer")),
        package: package.to_owned(),
        range: range.to_owned(),
        from: name_version(from),
    })
}

/// `@scope/name@1.2.3`, with anything behind it.
fn name_version(text: &str) -> Option<(String, String)> {
    let first = text.split_whitespace().next()?;
    let at = first.rfind('@').filter(|at| *at > 0)?;
    Some((first[..at].to_owned(), first[at + 1..].to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const REACT: &str = "While resolving: demo@1.0.0\nFound: react@19.3.1\nnode_modules/react\n  react@\"^19.0.0\" from the root project\n\nCould not resolve dependency:\npeer react@\"17.0.2\" from react-dom@17.0.2\nnode_modules/react-dom\n  react-dom@\"^17.0.2\" from the root project\n\nConflicting peer dependency: react@17.0.2\nnode_modules/react\n  peer react@\"17.0.2\" from react-dom@17.0.2";

    #[test]
    fn an_explanation_tells_holder_and_asker() {
        let conflict = Conflict::parse(REACT).unwrap();
        assert_eq!(conflict.found, Some(("react".into(), "19.3.1".into())));
        assert_eq!(conflict.contested().from, Some(("react-dom".into(), "17.0.2".into())));
        assert_eq!(conflict.contested().range, "17.0.2");
        assert_eq!(conflict.holders.len(), 1);
        assert_eq!(conflict.named, ["react", "react-dom"]);
    }

    #[test]
    fn scoped_packages_and_dev_peers_are_read() {
        let line = "dev peerOptional @angular/core@\">=5.2 <5.5\" from @angular/compiler-cli@17.3.12";
        let edge = edge(line).unwrap();
        assert!(edge.peer);
        assert_eq!(edge.package, "@angular/core");
        assert_eq!(edge.from.unwrap().0, "@angular/compiler-cli");
    }

    #[test]
    fn other_text_is_no_conflict() {
        assert_eq!(Conflict::parse("some other failure"), None);
    }
}
