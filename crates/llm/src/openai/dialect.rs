//! What of the protocol a server understands, and what to try where it objects.

use super::config::JsonForm;
use crate::failure::FailureClass;
use crate::http::Objection;

/// How requests to a model are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Dialect {
    /// How JSON is asked for.
    pub(super) form: JsonForm,
    /// Whether the host fixed the form.
    pub(super) fixed: bool,
    /// The field that bounds the answer.
    pub(super) limit: LimitField,
    /// Whether a temperature is sent.
    pub(super) temperature: bool,
    /// Whether there are system messages.
    pub(super) system: bool,
    /// Whether a stream is asked to count its tokens.
    pub(super) stream_usage: bool,
}

/// The field that bounds the answer's tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LimitField {
    /// `max_tokens`: what servers other than OpenAI's know. A server that doesn't know the other one may ignore it silently, and
    /// then nothing bounds the answer; this one is only ever refused aloud. So it is tried first.
    MaxTokens,
    /// `max_completion_tokens`: what OpenAI's newer models want.
    MaxCompletionTokens,
}

const FORM: [&str; 15] = [
    "response_format",
    "json_schema",
    "json_object",
    "json mode",
    "json schema",
    "structured output",
    "structured_output",
    "guided",
    "grammar",
    "schema",
    "mime type",
    "requested parameters",
    "additionalproperties",
    "xgrammar",
    "outlines",
];
/// What servers that compile a schema into a grammar say when that fails.
const CRASHED: [&str; 6] = ["response_format", "json_schema", "grammar", "guided", "structured", "json schema"];
const TOOLS: [&str; 3] = ["tool", "function", "requested parameters"];
const SYSTEM: [&str; 5] = ["system role", "system message", "role 'system'", "roles must alternate", "'system'"];

impl Dialect {
    /// What is tried first.
    pub(super) fn first(form: Option<JsonForm>, is_openai: bool) -> Self {
        Self {
            form: form.unwrap_or(JsonForm::JsonSchema),
            fixed: form.is_some(),
            limit: if is_openai { LimitField::MaxCompletionTokens } else { LimitField::MaxTokens },
            temperature: true,
            system: true,
            stream_usage: true,
        }
    }

    /// What to try after `objection` to a request to `model` for JSON (or not), most likely first; empty if another dialect can't
    /// help.
    pub(super) fn after(self, objection: &Objection, model: &str, wants_json: bool) -> Vec<Self> {
        let class = objection.class();
        let may_be_form = match class {
            FailureClass::BadRequest | FailureClass::Unsupported => true,
            FailureClass::NotFound => !objection.lacks_model(),
            FailureClass::Overloaded => objection.status == 500 && objection.says(&CRASHED),
            _ => false,
        };
        if !may_be_form {
            return Vec::new();
        }
        // A model's name may well have "tool" in it.
        let mut dialects = self.mended(&objection.clone().without(model), wants_json);
        if matches!(class, FailureClass::BadRequest | FailureClass::Unsupported) {
            // Where a server doesn't say what it dislikes: what every server understands.
            dialects.push(self.plainest(wants_json));
        }
        dialects
    }

    /// What to try after an answer that was not in the form that the server was told; `None` if there is nothing weaker.
    pub(super) fn weaker(self) -> Option<Self> {
        let form = self.form.next().filter(|_| !self.fixed)?;
        Some(Self { form, ..self })
    }

    fn mended(self, objection: &Objection, wants_json: bool) -> Vec<Self> {
        let says = |phrases: &[&str]| objection.says(phrases);
        let form: &[&[&str]] = match self.form {
            _ if !wants_json => &[],
            JsonForm::Text => &[],
            JsonForm::ToolCall => &[&TOOLS],
            JsonForm::JsonSchema | JsonForm::JsonObject => &[&FORM, &TOOLS],
        };
        let mended = [
            says(&["max_tokens", "max_completion_tokens"]).then(|| self.other_limit()),
            (self.temperature && says(&["temperature"])).then_some(Self { temperature: false, ..self }),
            (self.stream_usage && says(&["stream_options", "include_usage"]))
                .then_some(Self { stream_usage: false, ..self }),
            (self.system && says(&SYSTEM)).then_some(Self { system: false, ..self }),
            form.iter().any(|phrases| says(phrases)).then(|| self.weaker()).flatten(),
        ];
        mended.into_iter().flatten().collect()
    }

    fn other_limit(self) -> Self {
        let limit = match self.limit {
            LimitField::MaxTokens => LimitField::MaxCompletionTokens,
            LimitField::MaxCompletionTokens => LimitField::MaxTokens,
        };
        Self { limit, ..self }
    }

    fn plainest(self, wants_json: bool) -> Self {
        // A request for text tells nothing about forms.
        let form = if self.fixed || !wants_json { self.form } else { JsonForm::Text };
        Self { form, temperature: false, stream_usage: false, limit: LimitField::MaxTokens, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bound_is_named_as_the_server_most_likely_wants_it() {
        assert_eq!(Dialect::first(None, true).limit, LimitField::MaxCompletionTokens);
        assert_eq!(Dialect::first(None, false).limit, LimitField::MaxTokens);
    }

    #[test]
    fn forms_get_weaker_unless_the_host_chose_one() {
        let mut dialect = Some(Dialect::first(None, false));
        let forms = std::iter::from_fn(|| {
            let now = dialect?;
            dialect = now.weaker();
            Some(now.form)
        });
        let forms: Vec<_> = forms.collect();
        assert_eq!(forms, [JsonForm::JsonSchema, JsonForm::JsonObject, JsonForm::ToolCall, JsonForm::Text]);
        assert_eq!(Dialect::first(Some(JsonForm::JsonObject), false).weaker(), None);
    }
}
