//! `--drop` and `--set`: how a person narrows a plan.

use std::collections::BTreeMap;
use std::str::FromStr;

use selfheal_core::action::Value;
use selfheal_core::approval::Edit;
use selfheal_core::plan::Plan;

/// `N.PARAM=VALUE`, with steps counted from 1 as people do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Setting {
    step: usize,
    parameter: String,
    value: String,
}

impl FromStr for Setting {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let expected = || format!("expected N.PARAM=VALUE, such as 1.limit_bytes=1073741824, got `{text}`");
        let (place, value) = text.split_once('=').ok_or_else(expected)?;
        let (step, parameter) = place.split_once('.').ok_or_else(expected)?;
        let step: usize = step.parse().ok().filter(|step| *step >= 1).ok_or_else(expected)?;
        if parameter.is_empty() {
            return Err(expected());
        }
        Ok(Self { step, parameter: parameter.to_owned(), value: value.to_owned() })
    }
}

/// What the options leave of `plan`.
///
/// # Errors
/// What is not there, or is not a value of that parameter's type.
pub(super) fn edit(plan: &Plan, drop: &[u32], set: &[Setting]) -> Result<Edit, String> {
    let steps = plan.steps.len();
    let drop = drop.iter().map(|&number| step(usize::try_from(number).unwrap_or(usize::MAX), steps));
    let mut edit = Edit { drop: drop.collect::<Result<_, _>>()?, set: BTreeMap::new() };
    for setting in set {
        let at = step(setting.step, steps)?;
        let value = value(plan, at, setting)?;
        edit.set.entry(at).or_default().insert(setting.parameter.clone(), value);
    }
    Ok(edit)
}

/// From 1 to 0.
fn step(number: usize, steps: usize) -> Result<usize, String> {
    match number {
        1.. if number <= steps => Ok(number - 1),
        _ => Err(format!("there is no step {number}: the plan has {steps}")),
    }
}

/// The text as a value of the type that the parameter has.
fn value(plan: &Plan, at: usize, setting: &Setting) -> Result<Value, String> {
    let parameters = plan.steps[at].action.parameters();
    let Some(former) = parameters.get(&setting.parameter) else {
        let known: Vec<&str> = parameters.keys().map(AsRef::as_ref).collect();
        let (step, name) = (setting.step, &setting.parameter);
        return Err(format!("step {step} has no parameter `{name}`; it has {}", known.join(", ")));
    };
    let refused = |expected: &str| {
        format!("{}.{}: expected {expected}, got `{}`", setting.step, setting.parameter, setting.value)
    };
    match former.value {
        Value::Text(_) => Ok(Value::Text(setting.value.as_str().into())),
        Value::Integer(_) => setting.value.parse().map(Value::Integer).map_err(|_| refused("a whole number")),
        Value::Flag(_) => setting.value.parse().map(Value::Flag).map_err(|_| refused("true or false")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_names_a_step_a_parameter_and_a_value_that_may_hold_anything() {
        let setting = |step, parameter: &str, value: &str| {
            Ok(Setting { step, parameter: parameter.to_owned(), value: value.to_owned() })
        };
        assert_eq!("1.limit_bytes=1024".parse(), setting(1, "limit_bytes", "1024"));
        assert_eq!("12.replacement=a = b.c".parse(), setting(12, "replacement", "a = b.c"));
        assert_eq!("2.value=".parse(), setting(2, "value", ""));
        for bad in ["", "1", "1=2", "1.=2", "0.a=2", "-1.a=2", "a.b=2", "limit_bytes=1.5"] {
            assert!(bad.parse::<Setting>().is_err(), "{bad}");
        }
    }
}
