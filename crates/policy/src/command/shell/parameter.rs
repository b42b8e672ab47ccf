//! Parameter expansion, as far as values are known.

use brush_parser::word::{Parameter, ParameterExpr, ParameterTransformOp, SpecialParameter, SubstringMatchKind};

use super::super::bounds;
use super::super::text::Text;
use super::Shell;

/// True for `$@` and `${a[@]}`, which stay separate words between double quotes.
pub(super) fn keeps_elements(expression: &ParameterExpr) -> bool {
    let ParameterExpr::Parameter { parameter, indirect: false } = expression else { return false };
    matches!(
        parameter,
        Parameter::Special(SpecialParameter::AllPositionalParameters { concatenate: false })
            | Parameter::NamedWithAllIndices { concatenate: false, .. }
    )
}

impl Shell {
    /// The values of an expansion; one that isn't known stands for itself.
    pub(super) fn parameter(&mut self, expression: &ParameterExpr) -> Vec<Text> {
        use ParameterExpr as E;
        if !matches!(expression, E::Parameter { indirect: false, .. }) {
            self.findings.doubt("a variable is changed while it is read");
        }
        match expression {
            E::Parameter { parameter, indirect } => self.value_or_source(parameter, *indirect),
            E::UseDefaultValues { parameter, indirect, default_value, .. } => {
                self.with_default(parameter, *indirect, default_value.as_deref())
            }
            E::AssignDefaultValues { parameter, indirect, default_value, .. } => {
                let values = self.with_default(parameter, *indirect, default_value.as_deref());
                if let Parameter::Named(name) = parameter {
                    self.set_variable(name, values.clone(), false);
                }
                values
            }
            E::UseAlternativeValue { parameter, indirect, alternative_value, .. } => {
                let alternative = alternative_value.as_deref().map(|text| self.operand(text));
                match self.value(parameter, *indirect) {
                    Some(_) => alternative.into_iter().collect(),
                    None => alternative.map(|text| Text { exact: false, ..text }).into_iter().collect(),
                }
            }
            E::IndicateErrorIfNullOrUnset { parameter, indirect, error_message, .. } => {
                if let Some(message) = error_message {
                    self.one_word(message);
                }
                self.value_or_source(parameter, *indirect)
            }
            E::Transform { parameter, indirect, op } => self.transformed(parameter, *indirect, op),
            E::Substring { parameter, indirect, offset, length } => {
                self.arithmetic(&offset.value);
                let length = length.as_ref().map(|length| self.arithmetic(&length.value));
                let value = self.value_or_source(parameter, *indirect);
                substring(&value, &offset.value, length.as_ref())
            }
            other => self.rewritten(other),
        }
    }

    /// The expansions that cut or replace a part of a value.
    fn rewritten(&mut self, expression: &ParameterExpr) -> Vec<Text> {
        use ParameterExpr as E;
        match expression {
            E::RemoveSmallestSuffixPattern { parameter, indirect, pattern }
            | E::RemoveLargestSuffixPattern { parameter, indirect, pattern } => {
                self.cut(parameter, *indirect, pattern.as_deref(), |value, cut| value.strip_suffix(cut))
            }
            E::RemoveSmallestPrefixPattern { parameter, indirect, pattern }
            | E::RemoveLargestPrefixPattern { parameter, indirect, pattern } => {
                self.cut(parameter, *indirect, pattern.as_deref(), |value, cut| value.strip_prefix(cut))
            }
            E::ReplaceSubstring { parameter, indirect, pattern, replacement, match_kind } => {
                let pattern = self.operand(pattern);
                let by = replacement.as_deref().map_or_else(|| Text::exact(""), |text| self.operand(text));
                let values = self.value_or_source(parameter, *indirect);
                values.into_iter().map(|value| replaced(&value, &pattern, &by, match_kind)).collect()
            }
            E::UppercasePattern { parameter, indirect, pattern: None } => {
                self.mapped(parameter, *indirect, |text| text.to_uppercase())
            }
            E::LowercasePattern { parameter, indirect, pattern: None } => {
                self.mapped(parameter, *indirect, |text| text.to_lowercase())
            }
            E::LowercaseFirstChar { parameter, indirect, pattern: None } => self.mapped(parameter, *indirect, |text| {
                let mut chars = text.chars();
                chars.next().map(|first| first.to_lowercase().chain(chars).collect()).unwrap_or_default()
            }),
            E::UppercaseFirstChar { parameter, indirect, pattern }
            | E::UppercasePattern { parameter, indirect, pattern }
            | E::LowercaseFirstChar { parameter, indirect, pattern }
            | E::LowercasePattern { parameter, indirect, pattern } => {
                self.operand(pattern.as_deref().unwrap_or_default());
                let values = self.value_or_source(parameter, *indirect);
                values.into_iter().map(|value| Text { exact: false, ..value }).collect()
            }
            E::ParameterLength { parameter, indirect } => {
                self.value_or_source(parameter, *indirect);
                vec![Text::unknown("${…}")]
            }
            _ => vec![Text::unknown("${…}")],
        }
    }

    /// A word of an expansion. Between double quotes an apostrophe in it quotes nothing, so what it would hide is
    /// followed as well.
    fn operand(&mut self, word: &str) -> Text {
        if word.contains('\'') && word.contains(['$', '`']) {
            self.document(word);
        }
        self.one_word(word)
    }

    fn mapped(&mut self, parameter: &Parameter, indirect: bool, map: impl Fn(&str) -> String) -> Vec<Text> {
        self.value_or_source(parameter, indirect).iter().map(|value| value.map(&map)).collect()
    }

    /// Removes a literal prefix or suffix; a pattern with wildcards leaves the value unknown.
    fn cut(
        &mut self,
        parameter: &Parameter,
        indirect: bool,
        pattern: Option<&str>,
        strip: impl for<'t> Fn(&'t str, &str) -> Option<&'t str>,
    ) -> Vec<Text> {
        let pattern = self.operand(pattern.unwrap_or_default());
        let literal = pattern.exact && !pattern.text.contains(['*', '?', '[']);
        let values = self.value_or_source(parameter, indirect);
        let cut = |value: Text| match strip(&value.text, &pattern.text) {
            _ if !literal => Text { exact: false, ..value },
            Some(rest) => Text { text: rest.to_owned(), ..value },
            None => value,
        };
        values.into_iter().map(cut).collect()
    }

    /// `${x@P}` expands the value once more, as a prompt.
    fn transformed(&mut self, parameter: &Parameter, indirect: bool, op: &ParameterTransformOp) -> Vec<Text> {
        let values = self.value_or_source(parameter, indirect);
        match op {
            ParameterTransformOp::PromptExpand => values.iter().map(|value| self.document(&value.text)).collect(),
            ParameterTransformOp::ToUpperCase => values.iter().map(|value| value.map(str::to_uppercase)).collect(),
            ParameterTransformOp::ToLowerCase => values.iter().map(|value| value.map(str::to_lowercase)).collect(),
            ParameterTransformOp::ExpandEscapeSequences => {
                values.iter().map(|value| value.map(super::super::run::escapes::ansi_c)).collect()
            }
            _ => values.into_iter().map(|value| Text { exact: false, ..value }).collect(),
        }
    }

    fn with_default(&mut self, parameter: &Parameter, indirect: bool, default: Option<&str>) -> Vec<Text> {
        // Both are followed: the substitutions of the default run when the variable is unset.
        let default = self.operand(default.unwrap_or_default());
        match self.value(parameter, indirect) {
            Some(values) if values.iter().any(|value| !value.text.is_empty()) => values,
            Some(_) => vec![default],
            // The environment may have it set; the default is the best guess.
            None => vec![Text { exact: false, ..default }],
        }
    }

    fn value_or_source(&mut self, parameter: &Parameter, indirect: bool) -> Vec<Text> {
        self.value(parameter, indirect).unwrap_or_else(|| vec![Text::unknown(source(parameter))])
    }

    fn value(&mut self, parameter: &Parameter, indirect: bool) -> Option<Vec<Text>> {
        let values = self.direct(parameter)?;
        if !indirect {
            return Some(values);
        }
        let name = values.first()?.known()?.to_owned();
        self.scope.variable(&name).map(<[Text]>::to_vec)
    }

    fn direct(&mut self, parameter: &Parameter) -> Option<Vec<Text>> {
        match parameter {
            Parameter::Named(name) if name == "IFS" => {
                Some(self.scope.variable(name).map_or_else(|| vec![Text::exact(" \t\n")], <[Text]>::to_vec))
            }
            Parameter::Named(name) => Some(vec![self.scope.variable(name)?.first()?.clone()]),
            Parameter::NamedWithAllIndices { name, .. } => {
                Some(self.scope.variable(name)?.iter().take(bounds::WORDS).cloned().collect())
            }
            Parameter::NamedWithIndex { name, index } => {
                let index = self.arithmetic(index).text.parse::<usize>().ok()?;
                Some(vec![self.scope.variable(name)?.get(index)?.clone()])
            }
            Parameter::Positional(number) => {
                let index = usize::try_from(*number).ok()?.checked_sub(1)?;
                let all = self.scope.positional.as_ref()?;
                Some(vec![all.get(index).cloned().unwrap_or_else(|| Text::exact(""))])
            }
            Parameter::Special(SpecialParameter::AllPositionalParameters { .. }) => self.scope.positional.clone(),
            Parameter::Special(SpecialParameter::ShellName) => Some(vec![self.scope.shell_name.clone()?]),
            Parameter::Special(_) => None,
        }
    }
}

/// How a script writes the parameter.
fn source(parameter: &Parameter) -> String {
    match parameter {
        Parameter::Named(name) => format!("${name}"),
        other => other.to_string(),
    }
}

fn substring(values: &[Text], offset: &str, length: Option<&Text>) -> Vec<Text> {
    let Ok(offset) = offset.trim().parse::<usize>() else { return vec![Text::unknown("${…}")] };
    let length = match length {
        None => usize::MAX,
        Some(length) => match length.text.trim().parse() {
            Ok(length) => length,
            Err(_) => return vec![Text::unknown("${…}")],
        },
    };
    values.iter().map(|value| value.map(|text| text.chars().skip(offset).take(length).collect())).collect()
}

fn replaced(value: &Text, pattern: &Text, by: &Text, kind: &SubstringMatchKind) -> Text {
    let literal = pattern.exact && !pattern.text.is_empty() && !pattern.text.contains(['*', '?', '[']);
    if !literal || !by.exact {
        return Text { exact: false, ..value.clone() };
    }
    let (from, to) = (pattern.text.as_str(), by.text.as_str());
    value.map(|text| match kind {
        SubstringMatchKind::Anywhere if text.len().saturating_mul(to.len().max(1)) <= bounds::TEXT_BYTES => {
            text.replace(from, to)
        }
        SubstringMatchKind::Prefix => {
            text.strip_prefix(from).map_or_else(|| text.to_owned(), |rest| format!("{to}{rest}"))
        }
        SubstringMatchKind::Suffix => {
            text.strip_suffix(from).map_or_else(|| text.to_owned(), |rest| format!("{rest}{to}"))
        }
        _ => text.replacen(from, to, 1),
    })
}
