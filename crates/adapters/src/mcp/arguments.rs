//! How a tool's arguments come from what selfheal has: parameters of an action, words of evidence, the resource, constants.

use rmcp::model::JsonObject;
use selfheal_core::resource::ResourceRef;
use selfheal_core::value_type::ValueType;
use serde_json::Value;

/// Where each argument of a tool comes from. An argument that is not named is never sent.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ArgumentMap(Vec<Entry>);

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Entry {
    pub(super) argument: String,
    pub(super) from: From,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum From {
    /// What selfheal calls by this name, in this grammar if one is said.
    Given(String, Option<ValueType>),
    /// The name of the resource.
    ResourceName,
    /// Always the same.
    Constant(Value),
}

impl ArgumentMap {
    /// Nothing is sent.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The action's parameter `name` is sent as `argument`. A word of evidence needs a grammar: [`checked`](Self::checked).
    #[must_use]
    pub fn given(self, name: &str, argument: &str) -> Self {
        self.with(argument, From::Given(name.to_owned(), None))
    }

    /// What selfheal calls `name` is sent as `argument` if it is a value of `grammar`; else nothing is called.
    #[must_use]
    pub fn checked(self, name: &str, grammar: ValueType, argument: &str) -> Self {
        self.with(argument, From::Given(name.to_owned(), Some(grammar)))
    }

    /// The name of the resource that it is about is sent as `argument`.
    #[must_use]
    pub fn resource_name(self, argument: &str) -> Self {
        self.with(argument, From::ResourceName)
    }

    /// `value` is always sent as `argument`.
    #[must_use]
    pub fn constant(self, argument: &str, value: Value) -> Self {
        self.with(argument, From::Constant(value))
    }

    fn with(mut self, argument: &str, from: From) -> Self {
        self.0.push(Entry { argument: argument.to_owned(), from });
        self
    }

    pub(super) fn entries(&self) -> &[Entry] {
        &self.0
    }

    /// The arguments, with `given` for what selfheal calls by a name; what is not given is not sent.
    pub(super) fn fill(
        &self,
        resource: &ResourceRef,
        given: impl Fn(&str) -> Option<Value>,
    ) -> Result<JsonObject, String> {
        let mut arguments = JsonObject::new();
        for Entry { argument, from } in &self.0 {
            let value = match from {
                From::Given(name, grammar) => given(name).map(|value| fitting(name, *grammar, value)).transpose()?,
                From::ResourceName => Some(Value::from(&*resource.name)),
                From::Constant(value) => Some(value.clone()),
            };
            arguments.extend(value.map(|value| (argument.clone(), value)));
        }
        Ok(arguments)
    }
}

fn fitting(name: &str, grammar: Option<ValueType>, value: Value) -> Result<Value, String> {
    match (grammar, &value) {
        (None, _) => Ok(value),
        (Some(grammar), Value::String(text)) if grammar.accepts(text) => Ok(value),
        (Some(grammar), _) => Err(format!("`{name}` is not {}", grammar.meaning())),
    }
}
