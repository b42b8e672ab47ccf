//! Which fields a change contains, read off its diff.
//!
//! A diff shows some lines of a document in YAML, JSON, TOML or `KEY=value`. Of a changed line the key is known, and by
//! indentation those above it that the diff shows; of the way to the root the end is known and the beginning may not be. A field
//! is matched on that end, so that a path can't be hidden by cutting the diff short: too much is found rather than too little.

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use selfheal_core::plan::Change;

use super::keys::{is_bare_value, keys, pointers, segments, table, takes_in, unescaped};
use crate::error::LoadError;
use crate::guardrails::document::Word;
use crate::guardrails::measure::is_opaque;

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
            named || self.whole.is_match(&change.what) || is_opaque(change) || self.in_diff(&change.diff)
        })
    }

    fn in_diff(&self, diff: &str) -> bool {
        let mut place = Shown::default();
        diff.lines().any(|line| match diff_line(line) {
            None => {
                place = Shown::default();
                false
            }
            Some((changed, text)) => {
                let text = unescaped(text);
                let cut_off = place.follow(&text);
                changed && (cut_off || takes_in(&text) || self.in_line(&text, &place))
            }
        })
    }

    fn in_line(&self, text: &str, place: &Shown) -> bool {
        let above: Vec<&str> = place.above.iter().flat_map(|(_, key)| segments(key)).collect();
        let within: Vec<&str> = place.table.iter().flat_map(|table| segments(table)).chain(above.clone()).collect();
        // The first key is known by what stands above it, and the others alone.
        let followed = place.above.last().is_some_and(|(_, last)| keys(text).first().is_some_and(|key| key == last));
        let beside = |key: &str| self.on(&segments(key).collect::<Vec<_>>());
        self.on(&above)
            || self.on(&within)
            || keys(text).into_iter().skip(usize::from(followed)).any(beside)
            || pointers(text).any(beside)
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

/// Whether the line is changed, and its text; `None` where another part of the file begins.
fn diff_line(line: &str) -> Option<(bool, &str)> {
    match line.as_bytes().first() {
        Some(b'@') => None,
        Some(b'+' | b'-') => Some((true, &line[1..])),
        Some(b' ') => Some((false, &line[1..])),
        _ => Some((true, line)),
    }
}

/// What a diff shows of the way to a line.
#[derive(Debug, Default)]
struct Shown {
    /// Keys by indentation.
    above: Vec<(usize, String)>,
    /// The table of TOML or INI that the line is in.
    table: Option<String>,
}

impl Shown {
    /// Goes on to the next line; whether it is a value of which nothing tells the key.
    fn follow(&mut self, text: &str) -> bool {
        let trimmed = text.trim();
        if trimmed.is_empty() || trimmed.starts_with('#') {
            return false;
        }
        if trimmed == "---" {
            *self = Self::default();
            return false;
        }
        let indent = text.len() - text.trim_start_matches([' ', '\t', '-']).len();
        self.above.truncate(self.above.iter().take_while(|(depth, _)| *depth < indent).count().min(DEPTH));
        if let Some(table) = table(text) {
            self.table = Some(table.to_owned());
        }
        let first = keys(text).first().map(|key| (*key).to_owned());
        let cut_off = first.is_none() && indent > 0 && self.above.is_empty() && is_bare_value(text);
        self.above.extend(first.map(|key| (indent, key)));
        cut_off
    }
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
    fn a_field_is_found_in_every_spelling() {
        for diff in [
            "+  \"privi\\u006ceged\": true",
            "+  ? privileged\n+  : true",
            "+  <<: *unsafe",
            "+  securityContext: *unsafe",
            "+{op: replace, path: /spec/privileged, value: true}",
            "+spec.privileged: true",
            "+[privileged]",
            " [privileged]\n+on = true",
            "+<privileged>true</privileged>",
            "+privileged true",
            "+ENV privileged true",
            "@@ -3 +3 @@\n-    false\n+    true",
            "+# note: here\n+  - privileged: true",
        ] {
            assert!(touches("privileged", "web", diff), "{diff}");
        }
        let field = "/spec/hostNetwork";
        assert!(
            touches(field, "web", "+spec.hostNetwork: true") && touches(field, "web", "+[spec]\n+hostNetwork = true")
        );
        assert!(touches(field, "web", " spec:\n# a: b\n+  hostNetwork: true"));
    }

    #[test]
    fn what_nobody_can_read_counts_as_touched() {
        let unread = |before: &str, after: &str, diff: &str| {
            let change = Change {
                what: "x.bin".to_owned(),
                before: Some(before.to_owned()),
                after: Some(after.to_owned()),
                diff: diff.to_owned(),
            };
            let word = Spanned::new("privileged".to_owned(), Location::UNKNOWN, Location::UNKNOWN);
            FieldPatterns::compile("t", &[word]).unwrap().touched_by(&[change])
        };
        assert!(unread("a", "b", "") && unread("a", "b", "Binary files a/x.bin and b/x.bin differ\n"));
        assert!(!unread("a", "a", "") && !unread("a", "b", "-replicas: 1\n+replicas: 2\n"));
    }

    #[test]
    fn code_and_lists_beside_are_not_touched() {
        for diff in ["+left-pad==1.3.0", "+    return x + 1;", "+    }", " jobs:\n+  - build", "+image: nginx:1.2"] {
            assert!(!touches("privileged", "web", diff), "{diff}");
        }
    }

    #[test]
    fn where_the_way_is_cut_short_the_field_counts_as_touched() {
        assert!(touches("/spec/template/spec/hostNetwork", "web", "@@ -9 +9 @@\n+      hostNetwork: true"));
    }
}
