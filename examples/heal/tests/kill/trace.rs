//! The fail points that a process passed.

use std::fs;
use std::path::Path;

/// The names of the fail points in the order in which they were passed, from what a traced process wrote: lines of
/// `PID NUMBER NAME`, the last one followed by `killed` if the process ended there.
pub(crate) fn read(path: &Path) -> Vec<String> {
    let text = fs::read_to_string(path).unwrap_or_default();
    let name =
        |line: &str| line.split(' ').nth(2).unwrap_or_else(|| panic!("expected PID NUMBER NAME: {line}")).to_owned();
    text.lines().map(name).collect()
}

/// How often `name` was passed.
pub(crate) fn times(trace: &[String], name: &str) -> usize {
    trace.iter().filter(|passed| *passed == name).count()
}

/// Most files at any moment that had been replaced and not been restored.
pub(crate) fn most_replaced(trace: &[String]) -> usize {
    let mut replaced: usize = 0;
    let mut most = 0;
    for name in trace {
        match name.as_str() {
            "undo.file_replaced" => replaced += 1,
            "undo.file_restored" => replaced = replaced.saturating_sub(1),
            _ => {}
        }
        most = most.max(replaced);
    }
    most
}
