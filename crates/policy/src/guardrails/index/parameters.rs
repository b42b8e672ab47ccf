//! Conditions on the values of parameters.

use std::collections::BTreeMap;

use selfheal_core::action::{Parameter, Parameters, Value};

use super::patterns::{Patterns, PatternsBuilder};
use crate::error::LoadError;
use crate::guardrails::bits::Bits;
use crate::guardrails::document::TestDocument;

/// What rules ask of parameters, by the parameter's name.
#[derive(Debug, Default)]
pub(super) struct ParametersIndex {
    fields: Vec<Field>,
}

#[derive(Debug)]
struct Field {
    name: String,
    conditioned: Bits,
    /// Of those, the rules that ask for its absence.
    absent: Bits,
    /// The rules that ask for one of some values, and for which.
    listed: Bits,
    values: BTreeMap<Value, Bits>,
    ranges: Vec<(usize, i64, i64)>,
    matching: Bits,
    patterns: Patterns,
}

#[derive(Debug, Default)]
pub(super) struct ParametersBuilder {
    fields: BTreeMap<String, (Tests, PatternsBuilder)>,
}

type Tests = Vec<(usize, TestDocument)>;

impl ParametersBuilder {
    pub(super) fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    pub(super) fn add(
        &mut self,
        document: &str,
        rule: usize,
        name: &str,
        test: &TestDocument,
    ) -> Result<(), LoadError> {
        let (tests, patterns) = self.fields.entry(name.to_owned()).or_default();
        if let Some(word) = &test.matches {
            patterns.regex(document, rule, word)?;
        }
        tests.push((rule, test.clone()));
        Ok(())
    }

    pub(super) fn build(self, count: usize) -> ParametersIndex {
        let field = |(name, (tests, patterns)): (String, (Tests, PatternsBuilder))| {
            let mut field = Field::new(name, count, patterns.build());
            tests.iter().for_each(|(rule, test)| field.add(*rule, test, count));
            field
        };
        ParametersIndex { fields: self.fields.into_iter().map(field).collect() }
    }
}

/// Rules still in question on either side, and room to work in.
pub(super) struct Sides<'a> {
    pub(super) restrict: &'a mut Bits,
    pub(super) permit: &'a mut Bits,
    pub(super) asked: &'a mut Bits,
    pub(super) one: &'a mut Bits,
}

impl Sides<'_> {
    fn both(&mut self, narrow: impl Fn(&mut Bits)) {
        narrow(self.restrict);
        narrow(self.permit);
    }

    fn meet(&self, conditioned: &Bits) -> bool {
        self.restrict.meets(conditioned) || self.permit.meets(conditioned)
    }
}

impl ParametersIndex {
    /// Keeps the rules that are content with `parameters`. Both are ordered by name, so one walk over both does.
    pub(super) fn narrow(&self, parameters: &Parameters, mut alive: Sides<'_>) {
        let mut given = parameters.iter().peekable();
        for field in &self.fields {
            while given.next_if(|(name, _)| name.as_str() < field.name.as_str()).is_some() {}
            let here = given.next_if(|(name, _)| name.as_str() == field.name.as_str());
            if alive.meet(&field.conditioned) {
                field.narrow(here.map(|(_, parameter)| parameter), &mut alive);
            }
        }
    }
}

impl Field {
    fn new(name: String, count: usize, patterns: Patterns) -> Self {
        let none = || Bits::none(count);
        Self {
            name,
            conditioned: none(),
            absent: none(),
            listed: none(),
            values: BTreeMap::new(),
            ranges: Vec::new(),
            matching: none(),
            patterns,
        }
    }

    fn add(&mut self, rule: usize, test: &TestDocument, count: usize) {
        self.conditioned.set(rule);
        if test.absent == Some(true) {
            self.absent.set(rule);
        }
        let both = |value: &&Value| match (&test.equals, &test.any_of) {
            (Some(equals), Some(any)) => equals == *value && any.contains(value),
            _ => true,
        };
        if test.equals.is_some() || test.any_of.is_some() {
            self.listed.set(rule);
        }
        for value in test.equals.iter().chain(test.any_of.iter().flatten()).filter(both) {
            self.values.entry(value.clone()).or_insert_with(|| Bits::none(count)).set(rule);
        }
        if test.at_least.is_some() || test.at_most.is_some() {
            self.ranges.push((rule, test.at_least.unwrap_or(i64::MIN), test.at_most.unwrap_or(i64::MAX)));
        }
        if test.matches.is_some() {
            self.matching.set(rule);
        }
    }

    fn narrow(&self, parameter: Option<&Parameter>, alive: &mut Sides<'_>) {
        let Some(parameter) = parameter else {
            alive.both(|side| side.keep(&self.conditioned, &self.absent));
            return;
        };
        alive.both(|side| side.remove(&self.absent));
        if alive.meet(&self.listed) {
            match self.values.get(&parameter.value) {
                Some(rules) => alive.both(|side| side.keep(&self.listed, rules)),
                None => alive.both(|side| side.remove(&self.listed)),
            }
        }
        for (rule, least, most) in &self.ranges {
            let within = matches!(&parameter.value, Value::Integer(number) if (least..=most).contains(&number));
            if !within {
                alive.both(|side| side.clear(*rule));
            }
        }
        self.narrow_matching(parameter, alive);
    }

    fn narrow_matching(&self, parameter: &Parameter, alive: &mut Sides<'_>) {
        if !alive.meet(&self.matching) {
            return;
        }
        alive.asked.copy_from(alive.restrict);
        alive.asked.or(alive.permit);
        alive.one.reset();
        if let Value::Text(text) = &parameter.value {
            self.patterns.matching(text.as_bytes(), alive.asked, alive.one);
        }
        alive.restrict.keep(&self.matching, alive.one);
        alive.permit.keep(&self.matching, alive.one);
    }
}
