//! Actions: typed by their spec, every parameter with its provenance.
//!
//! An [`Action`] is made through its [`ActionSpec`], so one with a missing, unknown or ill-typed parameter
//! can't exist. A host's own kinds are specs like ours.

use std::borrow::Cow;
use std::fmt;

use litemap::LiteMap;
use serde::{Deserialize, Serialize};

use crate::evidence::Untrusted;
use crate::resource::ResourceRef;

/// A stable kind name such as `patch_dependency_version`; policies name it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ActionKind(Cow<'static, str>);

macro_rules! kinds {
    ($($(#[$doc:meta])* $constant:ident = $name:literal;)*) => {
        impl ActionKind {
            $($(#[$doc])* pub const $constant: Self = Self(Cow::Borrowed($name));)*

            /// The kinds that selfheal's own executors know.
            pub const ALL: &'static [Self] = &[$(Self::$constant),*];
        }
    };
}

kinds! {
    /// Run the stage again, unchanged, with backoff.
    RETRY_STAGE = "retry_stage";
    /// Give the stage an environment variable from a configured source.
    SET_ENVIRONMENT = "set_environment";
    /// Change the version requirement of a dependency in a manifest.
    PATCH_DEPENDENCY_VERSION = "patch_dependency_version";
    /// Add a dependency to a manifest.
    ADD_DEPENDENCY = "add_dependency";
    /// Bring a lockfile in step with its manifest.
    REGENERATE_LOCKFILE = "regenerate_lockfile";
    /// Raise the memory limit of the stage.
    INCREASE_MEMORY = "increase_memory";
    /// Replace exact lines of a file.
    EDIT_FILE = "edit_file";
}

impl ActionKind {
    /// A host's own kind.
    #[must_use]
    pub const fn custom(name: &'static str) -> Self {
        Self(Cow::Borrowed(name))
    }

    /// A kind by name; whether any executor knows it shows when it is routed.
    #[must_use]
    pub fn named(name: &str) -> Self {
        Self::ALL.iter().find(|kind| kind.0 == name).cloned().unwrap_or_else(|| Self(Cow::Owned(name.to_owned())))
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ActionKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The value of a parameter.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Value {
    /// Yes or no.
    Flag(bool),
    /// A count or a size; the parameter's name carries the unit.
    Integer(i64),
    /// A name, a path, a version, a line of a file.
    Text(String),
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(value) => write!(f, "{value}"),
            Self::Integer(value) => write!(f, "{value}"),
            Self::Text(value) => f.write_str(value),
        }
    }
}

/// Where a parameter's value came from, most trusted first. Policy sets the minimum per field.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Provenance {
    /// Written by the operator: a runbook, a policy, an option.
    Configured {
        /// Which document or option.
        by: String,
    },
    /// Read with our own credential or tool: a registry's answer, a manifest.
    Observed {
        /// Which query.
        by: String,
    },
    /// Selected by text among observed values: a registered extractor read it, and it is a member of `set`.
    Extracted {
        /// Which extractor.
        by: String,
        /// The observed set that contains it.
        set: String,
    },
    /// Chosen by a model.
    Model {
        /// Which model.
        by: String,
    },
}

impl Provenance {
    /// The name that policies use: `configured`, `observed`, `extracted` or `model`.
    #[must_use]
    pub fn class(&self) -> &'static str {
        match self {
            Self::Configured { .. } => "configured",
            Self::Observed { .. } => "observed",
            Self::Extracted { .. } => "extracted",
            Self::Model { .. } => "model",
        }
    }
}

/// A parameter: value and provenance.
///
/// No constructor takes untrusted text: text may [select](Parameter::selected) among observed values. Whoever makes one
/// vouches for its provenance, and so does the store it is read back from: a journal holds what the planner of this program drew
/// up, and its audit log vouches for that. Where a host reads plans from elsewhere, what they say of their provenance is worth what
/// that place is worth.
///
/// ```compile_fail
/// # use selfheal_core::action::{Parameter, Provenance, Value};
/// # use selfheal_core::evidence::Untrusted;
/// fn parameter(text: Untrusted<String>) -> Parameter {
///     Parameter::configured("runbook", text) // text is no value
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Parameter {
    /// The value.
    pub value: Value,
    /// Where it came from.
    pub provenance: Provenance,
}

impl Parameter {
    /// A value that the operator wrote in the document or option called `by`.
    #[must_use]
    pub fn configured(by: &str, value: Value) -> Self {
        Self { value, provenance: Provenance::Configured { by: by.to_owned() } }
    }

    /// A value that was read with our own credential or tool, by the query called `by`.
    #[must_use]
    pub fn observed(by: &str, value: Value) -> Self {
        Self { value, provenance: Provenance::Observed { by: by.to_owned() } }
    }

    /// The member of the observed set called `set` that `text`, read by the extractor called `by`, names; `None` if it names none.
    #[must_use]
    pub fn selected(by: &str, text: &Untrusted<String>, set: &str, members: &[Value]) -> Option<Self> {
        let named = |value: &&Value| matches!(value, Value::Text(member) if member == text.read());
        let value = members.iter().find(named)?.clone();
        Some(Self { value, provenance: Provenance::Extracted { by: by.to_owned(), set: set.to_owned() } })
    }
}

/// Parameters by name. A sorted list: an action has few, and a waiting incident keeps them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Parameters(LiteMap<String, Parameter>);

impl Parameters {
    /// None yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the parameter `name`.
    pub fn insert(&mut self, name: String, parameter: Parameter) {
        self.0.insert(name, parameter);
    }

    /// The parameter `name`.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Parameter> {
        self.0.get(name)
    }

    fn get_mut(&mut self, name: &str) -> Option<&mut Parameter> {
        self.0.get_mut(name)
    }

    /// All, ordered by name.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&String, &Parameter)> + Clone {
        self.0.iter()
    }

    /// The names, in order.
    pub fn keys(&self) -> impl Iterator<Item = &String> {
        self.iter().map(|(name, _)| name)
    }

    /// The parameters, ordered by name.
    pub fn values(&self) -> impl Iterator<Item = &Parameter> {
        self.iter().map(|(_, parameter)| parameter)
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl IntoIterator for Parameters {
    type Item = (String, Parameter);
    type IntoIter = std::vec::IntoIter<Self::Item>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl FromIterator<(String, Parameter)> for Parameters {
    fn from_iter<I: IntoIterator<Item = (String, Parameter)>>(entries: I) -> Self {
        Self(entries.into_iter().collect())
    }
}

impl<const N: usize> From<[(String, Parameter); N]> for Parameters {
    fn from(entries: [(String, Parameter); N]) -> Self {
        entries.into_iter().collect()
    }
}

/// How bad it is if an action of this kind is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RiskTier {
    /// Changes nothing that lasts.
    Low,
    /// Changes one resource, undoably.
    Medium,
    /// Changes several resources, or what others rely on.
    High,
    /// May lose data or service.
    Critical,
}

/// Whether what was done can be taken back. Only [`Reversibility::Irreversible`] needs a person beforehand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reversibility {
    /// The executor can restore what was there.
    Undoable,
    /// Nothing stays behind: a retry, a restart.
    NothingToUndo,
    /// It can't be taken back.
    Irreversible,
}

/// The type of a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ParameterType {
    /// [`Value::Flag`].
    Flag,
    /// [`Value::Integer`], not negative.
    Integer,
    /// [`Value::Text`] of at most 4,096 bytes.
    Text,
}

/// The longest text that a parameter holds, in bytes.
pub const MAX_TEXT_PARAMETER_BYTES: usize = 4096;

impl ParameterType {
    fn accepts(self, value: &Value) -> bool {
        match (self, value) {
            (Self::Flag, Value::Flag(_)) => true,
            (Self::Integer, Value::Integer(number)) => *number >= 0,
            (Self::Text, Value::Text(text)) => text.len() <= MAX_TEXT_PARAMETER_BYTES,
            _ => false,
        }
    }
}

/// One parameter of a kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParameterSpec {
    /// Its name; sizes and durations carry the unit last (`limit_bytes`, `initial_backoff_ms`).
    pub name: Cow<'static, str>,
    /// Its type.
    #[serde(rename = "type")]
    pub parameter_type: ParameterType,
    /// Whether an action without it is refused.
    pub required: bool,
    /// Which way a person who agrees to a plan may move it; `None`: it stays what was shown. Only numbers move.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub narrower: Option<Narrower>,
}

/// Which numbers ask for less than a given one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Narrower {
    /// Lower ones: starts, sizes, shares.
    Lower,
    /// Higher ones: what has to be left over.
    Higher,
}

/// What an executor promises about a kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActionSpec {
    /// The kind.
    pub kind: ActionKind,
    /// Its parameters; others are refused.
    pub parameters: Vec<ParameterSpec>,
    /// How bad a wrong one is.
    pub risk: RiskTier,
    /// Whether it can be taken back.
    pub reversibility: Reversibility,
    /// Whether applying it twice is the same as once.
    pub idempotent: bool,
    /// Whether it is written only if the world is as previewed (a fence the target checks).
    pub conditional: bool,
}

impl ActionSpec {
    /// A spec without parameters: medium risk, undoable, idempotent, conditional.
    #[must_use]
    pub fn new(kind: ActionKind) -> Self {
        Self {
            kind,
            parameters: Vec::new(),
            risk: RiskTier::Medium,
            reversibility: Reversibility::Undoable,
            idempotent: true,
            conditional: true,
        }
    }

    /// Adds a required parameter.
    #[must_use]
    pub fn requires(mut self, name: &'static str, parameter_type: ParameterType) -> Self {
        self.parameters.push(ParameterSpec { name: name.into(), parameter_type, required: true, narrower: None });
        self
    }

    /// Adds an optional parameter.
    #[must_use]
    pub fn accepts(mut self, name: &'static str, parameter_type: ParameterType) -> Self {
        self.parameters.push(ParameterSpec { name: name.into(), parameter_type, required: false, narrower: None });
        self
    }

    /// Lets people who agree to a plan move the number `name`, which is one of its parameters, that way. Where it stands for a place,
    /// a deadline or a threshold, no way is safe.
    #[must_use]
    pub fn narrowing(mut self, name: &str, narrower: Narrower) -> Self {
        self.parameters.iter_mut().filter(|spec| spec.name == name).for_each(|spec| spec.narrower = Some(narrower));
        self
    }

    /// Sets risk and reversibility.
    #[must_use]
    pub fn rated(mut self, risk: RiskTier, reversibility: Reversibility) -> Self {
        self.risk = risk;
        self.reversibility = reversibility;
        self
    }

    /// Checks an action against this spec; used again before anything that was read from a store is previewed.
    ///
    /// # Errors
    /// Says which parameter is missing, unknown or of another type.
    pub fn check(&self, action: &Action) -> Result<(), InvalidAction> {
        let invalid = |problem| InvalidAction { kind: action.kind.clone(), problem };
        if action.kind != self.kind {
            return Err(invalid(format!("is not of kind {}", self.kind)));
        }
        for spec in &self.parameters {
            match action.parameters.get(spec.name.as_ref()) {
                None if spec.required => return Err(invalid(format!("lacks parameter `{}`", spec.name))),
                Some(parameter) if !spec.parameter_type.accepts(&parameter.value) => {
                    return Err(invalid(format!("parameter `{}` is not a {:?}", spec.name, spec.parameter_type)));
                }
                _ => {}
            }
        }
        let known = |name: &str| self.parameters.iter().any(|spec| spec.name == name);
        match action.parameters.keys().find(|name| !known(name)) {
            Some(name) => Err(invalid(format!("has no parameter `{name}`"))),
            None => Ok(()),
        }
    }
}

/// An action does not fit the spec of its kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("action {kind}: {problem}")]
pub struct InvalidAction {
    /// The kind.
    pub kind: ActionKind,
    /// What doesn't fit.
    pub problem: String,
}

/// One typed change to one target.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Action {
    kind: ActionKind,
    target: ResourceRef,
    parameters: Parameters,
}

impl Action {
    /// An action as a planner would draw it up with a [`Permit`](crate::allowed::Permit), for tests.
    ///
    /// # Errors
    /// As [`ActionSpec::check`].
    #[cfg(feature = "testing")]
    pub fn for_tests(spec: &ActionSpec, target: ResourceRef, parameters: Parameters) -> Result<Self, InvalidAction> {
        Self::new(spec, target, parameters)
    }

    pub(crate) fn new(spec: &ActionSpec, target: ResourceRef, parameters: Parameters) -> Result<Self, InvalidAction> {
        let action = Self { kind: spec.kind.clone(), target, parameters };
        spec.check(&action).map(|()| action)
    }

    /// The same with another value of the parameter `name`, which it has; whether that fits the spec is checked like any action
    /// that comes from outside.
    pub(crate) fn replacing(&self, name: &str, parameter: Parameter) -> Option<Self> {
        let mut edited = self.clone();
        *edited.parameters.get_mut(name)? = parameter;
        Some(edited)
    }

    /// Its kind.
    #[must_use]
    pub fn kind(&self) -> &ActionKind {
        &self.kind
    }

    /// What it changes.
    #[must_use]
    pub fn target(&self) -> &ResourceRef {
        &self.target
    }

    /// Its parameters.
    #[must_use]
    pub fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    /// The text parameter `name`.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        match self.parameters.get(name).map(|parameter| &parameter.value) {
            Some(Value::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// The integer parameter `name`, not negative.
    #[must_use]
    pub fn integer(&self, name: &str) -> Option<u64> {
        match self.parameters.get(name).map(|parameter| &parameter.value) {
            Some(Value::Integer(number)) => u64::try_from(*number).ok(),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parameter(value: Value) -> Parameter {
        Parameter { value, provenance: Provenance::Configured { by: "test".into() } }
    }

    #[test]
    fn an_action_that_does_not_fit_its_spec_cannot_be_made() {
        let spec = ActionSpec::new(ActionKind::INCREASE_MEMORY).requires("limit_bytes", ParameterType::Integer);
        let target = || ResourceRef::new("local", "pipeline", "p");
        let make = |entries: &[(&str, Value)]| {
            let parameters =
                entries.iter().map(|(name, value)| ((*name).to_owned(), parameter(value.clone()))).collect();
            Action::new(&spec, target(), parameters).map_err(|error| error.to_string())
        };
        assert!(make(&[("limit_bytes", Value::Integer(1))]).is_ok());
        assert_eq!(make(&[]), Err("action increase_memory: lacks parameter `limit_bytes`".into()));
        assert!(make(&[("limit_bytes", Value::Integer(-1))]).is_err());
        assert!(make(&[("limit_bytes", Value::Text("64M".into()))]).is_err());
        assert!(make(&[("limit_bytes", Value::Integer(1)), ("force", Value::Flag(true))]).is_err());
    }

    #[test]
    fn provenance_orders_from_most_to_least_trusted() {
        let by = String::new;
        let configured = Provenance::Configured { by: by() };
        let extracted = Provenance::Extracted { by: by(), set: by() };
        assert!(configured < Provenance::Observed { by: by() });
        assert!(extracted < Provenance::Model { by: by() });
    }
}
