//! What the analyst's model answers, and the schema of it.

use serde::Deserialize;
use serde_json::Value;

use super::super::{classifier, schema};
use crate::ports::ReadToolSpec;
use crate::value_type::ValueType;

/// The answer.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
#[serde(deny_unknown_fields)]
pub(super) struct AnalystAnswer {
    /// Whether the material shows the cause.
    pub(super) conclusive: bool,
    /// A category's name.
    pub(super) category: String,
    /// The cause, in snake_case.
    pub(super) cause: String,
    /// For people.
    pub(super) summary: String,
    /// For people.
    pub(super) advice: String,
    /// Lines that show the cause.
    pub(super) citations: Vec<String>,
    /// Words of cited lines.
    pub(super) fields: Vec<FieldAnswer>,
    /// What to look up; asked for where there are tools.
    #[serde(default)]
    pub(super) wanted: Vec<WantedAnswer>,
    /// Other text for lines that were looked up; asked for where source was.
    #[serde(default)]
    pub(super) edit: Option<EditAnswer>,
}

/// A word.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
#[serde(deny_unknown_fields)]
pub(super) struct FieldAnswer {
    /// What it is to the failure.
    pub(super) name: String,
    /// A [`ValueType`]'s name.
    #[serde(rename = "type")]
    pub(super) value_type: String,
    /// The word.
    pub(super) value: String,
    /// Where it stands.
    pub(super) citation: String,
}

/// Something to look up.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
#[serde(deny_unknown_fields)]
pub(super) struct WantedAnswer {
    /// A tool's name.
    pub(super) tool: String,
    /// What it is asked by.
    pub(super) arguments: Vec<ArgumentAnswer>,
}

/// An argument.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
#[serde(deny_unknown_fields)]
pub(super) struct ArgumentAnswer {
    /// Its name.
    pub(super) name: String,
    /// A word of the evidence.
    pub(super) value: String,
}

/// Other text for lines of a source file.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
#[serde(deny_unknown_fields)]
pub(super) struct EditAnswer {
    /// The file.
    pub(super) path: String,
    /// The first line to replace.
    pub(super) line: u64,
    /// What stands there.
    pub(super) expected: String,
    /// What shall stand there.
    pub(super) replacement: String,
}

/// The schema of an answer that may ask for `tools`, or suggest an edit.
pub(super) fn answer_schema(tools: &[&ReadToolSpec], may_edit: bool) -> Value {
    let mut answer = schema::object([
        ("conclusive", schema::flag("Whether the material shows the root cause")),
        ("category", classifier::categories("What kind of failure the root cause is")),
        (
            "cause",
            schema::text(
                "The root cause in snake_case, at most 64 characters, such as missing_header; if unknown: unknown",
            ),
        ),
        ("summary", schema::text("What went wrong, in plain words for people, at most 400 characters")),
        ("advice", schema::text("What a person should do about it, at most 400 characters")),
        (
            "citations",
            schema::list("The lines that show the root cause, 1 to 16", schema::text("A line, such as e1:120")),
        ),
        ("fields", schema::list("Words of cited lines that whoever mends it has to know, at most 16", field())),
    ]);
    if !tools.is_empty() {
        answer = schema::with(
            answer,
            "wanted",
            schema::list("If inconclusive: what to look up; otherwise empty", wanted(tools)),
        );
    }
    if may_edit {
        answer = schema::with(answer, "edit", edit());
    }
    answer
}

fn field() -> Value {
    let types = ValueType::ALL.into_iter().filter(|value_type| value_type.selects()).map(ValueType::as_str);
    schema::object([
        ("name", schema::text("What it is, in snake_case, such as missing_package")),
        ("type", schema::choice("Its type", types)),
        ("value", schema::text("The word, exactly as in the line")),
        ("citation", schema::text("The line it stands in")),
    ])
}

fn wanted(tools: &[&ReadToolSpec]) -> Value {
    let argument = schema::object([
        ("name", schema::text("The argument")),
        ("value", schema::text("A word exactly as it stands in the data")),
    ]);
    schema::object([
        ("tool", schema::choice("Which", tools.iter().map(|tool| tool.name.as_str()))),
        ("arguments", schema::list("What it is asked by", argument)),
    ])
}

fn edit() -> Value {
    let edit = schema::object([
        ("path", schema::text("The file, as it was looked up")),
        ("line", schema::integer("Number of the first line to replace")),
        ("expected", schema::text("The lines that stand there now, exactly, without their numbers")),
        ("replacement", schema::text("The lines that shall stand there; as few as possible change")),
    ]);
    schema::optional(
        "Only if source was looked up and the project's own code is wrong there: the smallest change that mends it",
        edit,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::ReadToolSpec;

    fn sample() -> AnalystAnswer {
        let word = || "x".to_owned();
        AnalystAnswer {
            conclusive: true,
            category: word(),
            cause: word(),
            summary: word(),
            advice: word(),
            citations: vec![word()],
            fields: vec![FieldAnswer { name: word(), value_type: word(), value: word(), citation: word() }],
            wanted: vec![WantedAnswer {
                tool: word(),
                arguments: vec![ArgumentAnswer { name: word(), value: word() }],
            }],
            edit: Some(EditAnswer { path: word(), line: 1, expected: word(), replacement: word() }),
        }
    }

    #[test]
    fn the_schema_describes_the_answer() {
        let tool = ReadToolSpec { name: "source".into(), description: word(), categories: vec![], arguments: vec![] };
        let answer = serde_json::to_value(sample()).unwrap();
        schema::assert_describes(&answer_schema(&[&tool], true), &answer, "analyst");
    }

    #[test]
    fn without_tools_and_source_neither_is_asked_for() {
        let mut answer = serde_json::to_value(sample()).unwrap();
        answer.as_object_mut().unwrap().remove("wanted");
        answer.as_object_mut().unwrap().remove("edit");
        schema::assert_describes(&answer_schema(&[], false), &answer, "analyst");
        assert!(serde_json::from_value::<AnalystAnswer>(answer).is_ok());
    }

    fn word() -> String {
        "x".to_owned()
    }
}
