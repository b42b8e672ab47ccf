//! How far changes reach, counted on what is previewed. An executor's own figure counts where it is larger.

use selfheal_core::plan::{BlastRadius, Change, Preview};
use selfheal_core::resource::ResourceRef;

/// Of one step: its own target, and what the executor says it touches beside.
pub(crate) fn step(preview: &Preview) -> BlastRadius {
    let said = preview.blast_radius;
    let (added, removed) = preview.changes.iter().map(shown).fold((0, 0), add);
    BlastRadius {
        resources: said.resources.max(1),
        changes: said.changes.max(u32::try_from(preview.changes.len()).unwrap_or(u32::MAX)),
        lines_added: said.lines_added.max(added),
        lines_removed: said.lines_removed.max(removed),
    }
}

/// Of all steps together; a target of several steps counts once.
pub(crate) fn plan<'a>(steps: impl Iterator<Item = (&'a ResourceRef, &'a Preview)>) -> BlastRadius {
    let mut targets: Vec<&ResourceRef> = Vec::new();
    let mut sum = BlastRadius::default();
    for (target, preview) in steps {
        let mut own = step(preview);
        match targets.contains(&target) {
            true => own.resources -= 1,
            false => targets.push(target),
        }
        sum = sum.and(own);
    }
    sum
}

fn add(a: (u32, u32), b: (u32, u32)) -> (u32, u32) {
    (a.0.saturating_add(b.0), a.1.saturating_add(b.1))
}

/// Lines added and removed; where nobody can tell, more than any limit.
fn shown(change: &Change) -> (u32, u32) {
    if is_opaque(change) { (u32::MAX, u32::MAX) } else { lines(&change.diff) }
}

/// Whether its content changes and its diff shows nothing of that, as of a binary file.
pub(crate) fn is_opaque(change: &Change) -> bool {
    change.before.as_deref().unwrap_or(EMPTY) != change.after.as_deref().unwrap_or(EMPTY)
        && lines(&change.diff) == (0, 0)
}

/// SHA-256 of no content.
const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// Lines added and removed. Only the first two lines can be a header, which names the file twice.
fn lines(diff: &str) -> (u32, u32) {
    let header = diff.starts_with("--- ") && diff.lines().nth(1).is_some_and(|line| line.starts_with("+++ "));
    let counted = diff.lines().skip(if header { 2 } else { 0 });
    counted.fold((0, 0), |sum, line| match line.as_bytes().first() {
        Some(b'+') => add(sum, (1, 0)),
        Some(b'-') => add(sum, (0, 1)),
        _ => sum,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_no_change_and_what_looks_like_one_further_down_is() {
        assert_eq!(lines("--- a/x\n+++ b/x\n@@ -1 +1 @@\n-old\n+new\n same\n+++ more\n"), (2, 1));
        assert_eq!(lines("+a\n+b\n"), (2, 0));
        assert_eq!(lines(""), (0, 0));
    }
}
