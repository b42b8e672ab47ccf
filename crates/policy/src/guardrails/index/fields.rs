//! Which fields a change contains, read off its diff.
//!
//! A diff shows some lines of a document in YAML, JSON, TOML or `KEY=value`. Of a changed line the key is known, and by
//! indentation those above it that the diff shows; of the way to the root the end is known and the beginning may not be. A field
//! is matched on that end, so that a path can't be hidden by cutting the diff short: too much is found rather than too little.

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use selfheal_core::plan::Change;

use crate::error::LoadError;
use crate::guardrails::document::Word;

/// A field as a document names it: `/spec/template/spec/hostNetwork`, `spec.hostNetwork` or `hostNetwork`.
#[derive(Debug)]
pub(super) struct FieldPatterns {
    /// As glob over the thing that changes, where that is a field itself.
    whole: GlobSet,
    /// Globs per segment, without positions in lists.
    fields: Vec<Vec<GlobSet>>,
}

/// The deepest way that is followed.
const DEPTH: usize = 32;

impl FieldPatterns {
    pub(super) fn compile(document: &str, words: &[Word]) -> Result<Self, LoadError> {
        let mut whole = GlobSetBuilder::new();
        let mut fields = Vec::new();
        for word in words {
            let refuse = |problem: globset::Error| {
                LoadError::located(document, word.referenced, format!("expected a glob: {}", problem.kind()))
            };
            whole.add(GlobBuilder::new(&word.value).case_insensitive(true).build().map_err(refuse)?);
            let segments: Result<Vec<GlobSet>, globset::Error> = segments(&word.value).map(segment_glob).collect();
            let segments = segments.map_err(refuse)?;
            if segments.is_empty() || segments.len() > DEPTH {
                let problem = format!("expected the name of a field, or a way of at most {DEPTH} names to it");
                return Err(LoadError::located(document, word.referenced, problem));
            }
            fields.push(segments);
        }
        Ok(Self { whole: whole.build().map_err(|problem| LoadError::whole(document, problem))?, fields })
    }

    pub(super) fn touched_by(&self, changes: &[Change]) -> bool {
        changes.iter().any(|change| {
            let own: Vec<&str> = segments(&change.what).collect();
            // A pointer names a field, and what is inside of it; other names may be those of files.
            let named = if change.what.starts_with('/') { self.on(&own) } else { self.ends_with(&own) };
            named || self.whole.is_match(&change.what) || self.in_diff(&change.diff)
        })
    }

    fn in_diff(&self, diff: &str) -> bool {
        let mut above: Vec<(usize, &str)> = Vec::new();
        diff.lines().any(|line| {
            let Some((changed, text)) = diff_line(line) else {
                above.clear();
                return false;
            };
            let indent = text.len() - text.trim_start_matches([' ', '\t', '-']).len();
            above.truncate(above.iter().take_while(|(depth, _)| *depth < indent).count().min(DEPTH));
            let mut keys = keys(text);
            let first = keys.next();
            above.extend(first.map(|key| (indent, key)));
            let way: Vec<&str> = above.iter().map(|(_, key)| *key).collect();
            changed && (self.on(&way) || keys.any(|key| self.ends_with(&[key])))
        })
    }

    /// Whether a field that is named lies on the way, or ends it: what changes inside of a field changes the field.
    fn on(&self, way: &[&str]) -> bool {
        (1..=way.len()).any(|length| self.ends_with(&way[..length]))
    }

    /// Whether the known end of a way could be that of a field that is named.
    fn ends_with(&self, way: &[&str]) -> bool {
        let fits = |field: &Vec<GlobSet>| {
            let known = field.len().min(way.len());
            known > 0 && field.iter().rev().zip(way.iter().rev()).all(|(glob, name)| glob.is_match(name))
        };
        self.fields.iter().any(fits)
    }
}

fn segment_glob(segment: &str) -> Result<GlobSet, globset::Error> {
    let glob = GlobBuilder::new(segment).case_insensitive(true).build()?;
    GlobSetBuilder::new().add(glob).build()
}

/// The names on a way, without positions in lists, which a diff doesn't show.
fn segments(way: &str) -> impl Iterator<Item = &str> {
    let parts = way.split(['/', '.', '[', ']']).map(|part| part.trim_matches(['"', '\'', '$']));
    parts.filter(|part| !part.is_empty() && *part != "*" && !part.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Whether the line is changed, and its text; `None` where another part of the file begins.
fn diff_line(line: &str) -> Option<(bool, &str)> {
    match line.as_bytes().first() {
        Some(b'@') => None,
        Some(b'+' | b'-') => Some((true, &line[1..])),
        Some(b' ') => Some((false, &line[1..])),
        _ => Some((true, line)),
    }
}

/// The keys that a line names, the outermost first.
fn keys(line: &str) -> impl Iterator<Item = &str> {
    let ends = line.char_indices().filter(|(_, c)| matches!(c, ':' | '='));
    ends.filter_map(|(end, _)| {
        let before = line[..end].trim_end();
        let key = match before.as_bytes().last()? {
            quote @ (b'"' | b'\'') => before[..before.len() - 1].rsplit(char::from(*quote)).next()?,
            _ => before.rsplit([' ', '\t', '{', ',', '"', '\'']).next()?,
        };
        (!key.is_empty()).then_some(key)
    })
}

#[cfg(test)]
mod tests {
    use serde_saphyr::{Location, Spanned};

    use super::*;

    fn touches(field: &str, what: &str, diff: &str) -> bool {
        let word = Spanned::new(field.to_owned(), Location::UNKNOWN, Location::UNKNOWN);
        let change = Change { what: what.to_owned(), before: None, after: None, diff: diff.to_owned() };
        FieldPatterns::compile("t", &[word]).unwrap().touched_by(&[change])
    }

    #[test]
    fn a_field_is_found_in_yaml_json_and_assignments() {
        let field = "/spec/template/spec/hostNetwork";
        assert!(touches(field, "web", " spec:\n   template:\n     spec:\n+      hostNetwork: true"));
        assert!(touches(field, "web", "+{\"spec\":{\"template\":{\"spec\":{\"hostNetwork\":true}}}}"));
        assert!(touches(field, "/spec/template/spec/hostNetwork", ""));
        assert!(touches("privileged", "web", "+      - privileged: true"));
        assert!(touches("DATABASE_URL", ".env", "-DATABASE_URL=a\n+DATABASE_URL=b"));
        assert!(touches("/spec/securityContext", "/spec/securityContext/runAsUser", ""));
        assert!(touches("securityContext.*", "web", " securityContext:\n-  runAsNonRoot: true"));
    }

    #[test]
    fn what_only_stands_beside_a_change_is_not_touched() {
        let field = "/spec/template/spec/hostNetwork";
        assert!(!touches(field, "web", " spec:\n   hostNetwork: true\n+  replicas: 3"));
        assert!(!touches("/metadata/labels", "web", " spec:\n+  labels: {}"));
        assert!(!touches("privileged", "web", "+  unprivileged: true"));
        assert!(!touches("image", "src/image/x.rs", "+let a = 1;"));
    }

    #[test]
    fn where_the_way_is_cut_short_the_field_counts_as_touched() {
        assert!(touches("/spec/template/spec/hostNetwork", "web", "@@ -9 +9 @@\n+      hostNetwork: true"));
    }
}
