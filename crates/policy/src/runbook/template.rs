//! Sentences with places for extracted values: `{dependent} needs another {peer}`.

use std::ops::Range;

/// A sentence whose `{name}` places are filled in. Braces around anything but an identifier are plain text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Template {
    text: String,
    places: Vec<Range<usize>>,
}

impl Template {
    pub(crate) fn new(text: &str) -> Self {
        let mut places = Vec::new();
        let mut from = 0;
        while let Some(open) = text[from..].find('{').map(|at| from + at) {
            let name = identifier_length(&text[open + 1..]);
            if name > 0 && text[open + 1 + name..].starts_with('}') {
                places.push(open..open + name + 2);
            }
            from = open + 1;
        }
        Self { text: text.to_owned(), places }
    }

    /// The names it needs, as often as they stand there.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.places.iter().map(|place| &self.text[place.start + 1..place.end - 1])
    }

    /// The sentence with each place filled by `value`; a place that `value` doesn't know stays as it is.
    pub(crate) fn fill(&self, value: impl Fn(&str) -> Option<String>) -> String {
        let mut filled = String::with_capacity(self.text.len() + 64);
        let mut done = 0;
        for place in &self.places {
            filled.push_str(&self.text[done..place.start]);
            let name = &self.text[place.start + 1..place.end - 1];
            filled.push_str(&value(name).unwrap_or_else(|| self.text[place.clone()].to_owned()));
            done = place.end;
        }
        filled.push_str(&self.text[done..]);
        filled
    }
}

fn identifier_length(text: &str) -> usize {
    text.bytes().take_while(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || *byte == b'_').count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_identifiers_in_braces_are_places() {
        let template = Template::new("set ${X:?} or {name}, see {} and {name}{other}");
        assert_eq!(template.names().collect::<Vec<_>>(), ["name", "name", "other"]);
        let filled = template.fill(|name| (name == "name").then(|| "{other}".to_owned()));
        assert_eq!(filled, "set ${X:?} or {other}, see {} and {other}{other}");
    }
}
