//! Assignments and arithmetic.

use brush_parser::ast::{Assignment, AssignmentName, AssignmentValue};

use super::super::bounds;
use super::super::run::environment;
use super::super::text::Text;
use super::Shell;

impl Shell {
    /// An assignment that stays; what it means to the programs that run later is judged at once.
    pub(super) fn assign(&mut self, assignment: &Assignment) {
        if let AssignmentName::ArrayElementName(name, index) = &assignment.name
            && let Ok(index) = index.parse::<usize>()
            && let AssignmentValue::Scalar(word) = &assignment.value
        {
            let value = self.one_word(&word.value);
            return self.set_element(name, index, value);
        }
        let (name, value) = self.assigned(assignment);
        self.set_variable(&name, value, assignment.append);
    }

    fn set_element(&mut self, name: &str, index: usize, value: Text) {
        let mut elements = self.scope.variable(name).unwrap_or_default().to_vec();
        if index >= bounds::WORDS {
            return self.findings.doubt("an array is larger than is followed");
        }
        if elements.len() <= index {
            elements.resize(index + 1, Text::exact(""));
        }
        elements[index] = value;
        self.scope.variables.insert(name.to_owned(), elements);
    }

    /// The name and the values of an assignment.
    pub(super) fn assigned(&mut self, assignment: &Assignment) -> (String, Vec<Text>) {
        let name = match &assignment.name {
            AssignmentName::VariableName(name) => name.clone(),
            AssignmentName::ArrayElementName(name, index) => {
                self.arithmetic(index);
                self.findings.doubt("a single element of an array is set");
                name.clone()
            }
        };
        let value = match &assignment.value {
            AssignmentValue::Scalar(word) => vec![self.one_word(&word.value)],
            AssignmentValue::Array(elements) => {
                for index in elements.iter().filter_map(|(index, _)| index.as_ref()) {
                    let index = self.one_word(&index.value);
                    self.arithmetic(&index.text);
                    self.findings.doubt("a single element of an array is set");
                }
                let words = elements.iter().flat_map(|(_, element)| self.words(&element.value)).collect();
                counted(words)
            }
        };
        (name, value)
    }

    /// A word that names a variable; bash evaluates what stands between the brackets of `a[…]`.
    pub(in crate::command) fn name(&mut self, name: &Text) {
        if name.exact && is_name(&name.text) {
            return;
        }
        self.findings.doubt(format!("{} isn't the plain name of a variable", name.text));
        self.arithmetic(&name.text);
    }

    /// Sets a variable and judges what its new value makes later programs do.
    pub(in crate::command) fn set_variable(&mut self, name: &str, value: Vec<Text>, append: bool) {
        self.name(&Text::exact(name));
        let value = match (append, self.scope.variable(name)) {
            (true, Some([before])) if value.len() == 1 => vec![Text::join(&[before.clone(), value[0].clone()], "")],
            (true, Some(before)) => before.iter().chain(&value).cloned().collect(),
            (true, None) => value.into_iter().map(|text| Text { exact: false, ..text }).collect(),
            (false, _) => value,
        };
        if let Some(first) = value.first() {
            let first = first.clone();
            environment::set(self, name, &first);
        }
        self.scope.variables.insert(name.to_owned(), value);
    }

    /// Follows the substitutions in an arithmetic expression, and those in the values of the variables that it names:
    /// bash evaluates `a[$(…)]` wherever a number is wanted.
    pub(in crate::command) fn arithmetic(&mut self, expression: &str) -> Text {
        if let Ok(number) = expression.trim().parse::<i64>() {
            return Text::exact(number.to_string());
        }
        self.subscripts(expression);
        Text::unknown(format!("$(({expression}))"))
    }

    /// Follows what evaluating `expression` as a number or a subscript would run. Bash evaluates the values of names as
    /// expressions again, so only numbers, and names that are known to hold one, leave no doubt.
    fn subscripts(&mut self, expression: &str) {
        if !self.is_plain_arithmetic(expression) {
            self.findings.doubt(format!("arithmetic that isn't followed: {expression}"));
        }
        if expression.contains(['$', '`']) {
            self.document(expression);
        }
        let names = expression.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').filter(|name| !name.is_empty());
        for name in names {
            let values: Vec<Text> = self.scope.variable(name).unwrap_or_default().to_vec();
            for value in values.iter().filter(|value| value.text.contains(['$', '`'])) {
                self.document(&value.text);
            }
        }
    }

    fn is_plain_arithmetic(&self, expression: &str) -> bool {
        let plain = |c: char| c.is_ascii_alphanumeric() || " \t_+-*/%()<>&|^~?:".contains(c);
        let counts = expression.contains("++") || expression.contains("--");
        let mut words = expression.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').filter(|w| !w.is_empty());
        expression.chars().all(plain) && !counts && is_balanced(expression) && words.all(|word| self.is_number(word))
    }

    fn is_number(&self, word: &str) -> bool {
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let value = self.scope.variable(word).and_then(<[Text]>::first).and_then(Text::known);
        digits(word) || (is_name(word) && value.is_some_and(digits))
    }
}

/// True for what bash takes as the name of a variable, without a subscript.
pub(super) fn is_name(text: &str) -> bool {
    let starts = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    starts && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// True when every bracket that closes was opened before.
pub(super) fn is_balanced(expression: &str) -> bool {
    let mut depth = 0_i32;
    for byte in expression.bytes() {
        depth += i32::from(byte == b'(') - i32::from(byte == b')');
        if depth < 0 {
            return false;
        }
    }
    depth == 0
}

/// Words whose places matter: where one may become several or none, none of them is known to stand in its place.
pub(in crate::command) fn counted(words: Vec<Text>) -> Vec<Text> {
    if words.iter().all(|word| word.exact) {
        return words;
    }
    words.into_iter().map(|word| Text { exact: false, ..word }).collect()
}
