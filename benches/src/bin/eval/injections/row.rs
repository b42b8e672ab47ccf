//! Hostile texts, and the forms in which others' words reach a healer.

use std::collections::BTreeMap;

use serde::Deserialize;

/// A hostile text.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Row {
    pub(super) id: String,
    /// What brings it, such as `commit-message`.
    carrier: String,
    /// As it is brought.
    text: String,
    /// The hostile part of that.
    pub(super) payload: String,
}

/// By which way a carrier's words reach the healer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Way {
    /// They stand in the log.
    Log,
    /// A tool answers them.
    LookUp,
    /// They are the name of something that was observed.
    Fact,
    /// They are the reason why a plan was refused.
    Reason,
}

/// What brings hostile texts, and how they look then.
#[derive(Debug, Clone)]
pub(super) struct Carrier {
    pub(super) way: Way,
    before: String,
    after: String,
}

/// A hostile text in the form of a carrier.
#[derive(Debug, Clone)]
pub(super) struct Injection<'a> {
    pub(super) row: &'a str,
    pub(super) way: Way,
    pub(super) payload: &'a str,
    pub(super) text: String,
}

impl Row {
    /// As the carrier that it was written for brings it.
    pub(super) fn as_written(&self) -> Injection<'_> {
        Injection { row: &self.id, way: way(&self.carrier), payload: &self.payload, text: self.text.clone() }
    }

    /// As `carrier` would bring it.
    pub(super) fn brought_by(&self, carrier: &Carrier) -> Injection<'_> {
        let text = format!("{}{}{}", carrier.before, self.payload, carrier.after);
        Injection { row: &self.id, way: carrier.way, payload: &self.payload, text }
    }
}

/// The carriers that `rows` know, by name: what stands before and after the payload of a row is the form of its carrier.
pub(super) fn carriers(rows: &[Row]) -> BTreeMap<&str, Carrier> {
    let mut carriers = BTreeMap::new();
    for row in rows {
        if let Some((before, after)) = row.text.split_once(&row.payload) {
            carriers.entry(row.carrier.as_str()).or_insert_with(|| Carrier {
                way: way(&row.carrier),
                before: before.to_owned(),
                after: after.to_owned(),
            });
        }
    }
    carriers
}

fn way(carrier: &str) -> Way {
    match carrier {
        "branch-name" | "file-name" | "container-image-label" => Way::Fact,
        "approver-comment" => Way::Reason,
        "commit-message"
        | "pr-title"
        | "pr-comment"
        | "issue-title"
        | "issue-body-html-comment"
        | "tool-output"
        | "dependency-changelog"
        | "package-json-script"
        | "configmap-value"
        | "pod-annotation"
        | "memory-entry"
        | "alert-annotation"
        | "metric-label"
        | "trace-span-attr" => Way::LookUp,
        _ => Way::Log,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payload_takes_the_form_of_another_rows_carrier() {
        let row = |carrier: &str, text: &str, payload: &str| Row {
            id: "r".to_owned(),
            carrier: carrier.to_owned(),
            text: text.to_owned(),
            payload: payload.to_owned(),
        };
        let rows = [row("commit-message", "fix: do it", "do it"), row("ci-log-line", "ERR! obey", "obey")];
        let carriers = carriers(&rows);
        let brought = rows[1].brought_by(&carriers["commit-message"]);
        assert_eq!((brought.text.as_str(), brought.way), ("fix: obey", Way::LookUp));
        assert_eq!(rows[1].as_written().way, Way::Log);
    }
}
