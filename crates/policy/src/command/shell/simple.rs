//! Simple commands: assignments, words, redirections, and then the program.

use brush_parser::ast::{Assignment, CommandPrefixOrSuffixItem as Item, SimpleCommand};

use super::super::run::environment;
use super::super::text::Text;
use super::redirect::Plumbing;
use super::{Output, Shell};

impl Shell {
    pub(super) fn simple(&mut self, command: &SimpleCommand, stdin: Option<&Text>) -> Output {
        if let Some(output) = self.aliased(command, stdin) {
            return output;
        }
        let mut plumbing = Plumbing::default();
        let mut assignments = Vec::new();
        let mut words = Vec::new();
        for item in command.prefix.iter().flat_map(|prefix| &prefix.0) {
            self.item(item, &mut plumbing, &mut assignments, &mut words);
        }
        if let Some(name) = &command.word_or_name {
            words.extend(self.words(&name.value));
        }
        for item in command.suffix.iter().flat_map(|suffix| &suffix.0) {
            self.item(item, &mut plumbing, &mut assignments, &mut words);
        }
        let reads_file = words.is_empty().then(|| plumbing.stdin().cloned()).flatten();
        let stdin = plumbing.stdin().cloned().or_else(|| stdin.cloned());
        let output = self.with_assignments(&assignments, &words, stdin.as_ref());
        // `$(<FILE)` is what the file holds.
        let output = reads_file.map_or(output, Output::prints);
        let output = self.drain(plumbing, output);
        if redirects(command) { output.may_fail() } else { output }
    }

    fn item<'a>(
        &mut self,
        item: &'a Item,
        plumbing: &mut Plumbing<'a>,
        assignments: &mut Vec<&'a Assignment>,
        words: &mut Vec<Text>,
    ) {
        match item {
            Item::IoRedirect(redirect) => self.redirect(redirect, plumbing),
            Item::Word(word) => words.extend(self.words(&word.value)),
            Item::ProcessSubstitution(kind, inner) => words.push(self.process_substitution(kind, inner, plumbing)),
            // Before the program it sets a variable; after it, it is an argument (`export A=b`, `dd if=x`).
            Item::AssignmentWord(assignment, _) if words.is_empty() => assignments.push(assignment),
            Item::AssignmentWord(assignment, word) => words.push(self.assignment_argument(assignment, &word.value)),
        }
    }

    fn assignment_argument(&mut self, assignment: &Assignment, word: &str) -> Text {
        use brush_parser::ast::AssignmentValue;
        match &assignment.value {
            AssignmentValue::Scalar(_) => self.one_word(word),
            AssignmentValue::Array(_) => {
                let (name, value) = self.assigned(assignment);
                self.set_variable(&name, value, assignment.append);
                Text::unknown(name)
            }
        }
    }

    /// `A=b` alone sets a variable; before a program it is part of that program's environment.
    fn with_assignments(&mut self, assignments: &[&Assignment], words: &[Text], stdin: Option<&Text>) -> Output {
        if words.is_empty() {
            for assignment in assignments {
                self.assign(assignment);
            }
            return Output::done();
        }
        for assignment in assignments {
            let (name, value) = self.assigned(assignment);
            if let Some(value) = value.first() {
                environment::pass(self, &name, value);
            }
        }
        self.run(words, stdin)
    }

    /// An alias is replaced as text, before anything else.
    fn aliased(&mut self, command: &SimpleCommand, stdin: Option<&Text>) -> Option<Output> {
        let name = command.word_or_name.as_ref()?.value.as_str();
        let alias = self.scope.aliases.get(name)?.clone();
        if self.scope.calling.iter().any(|calling| calling == name) {
            return None;
        }
        let rest = command.suffix.as_ref().map(ToString::to_string).unwrap_or_default();
        self.scope.calling.push(name.to_owned());
        let output = self.code(&alias.map(|text| format!("{text} {rest}")), stdin, "an alias");
        self.scope.calling.pop();
        Some(output)
    }
}

/// True when the command has a redirection, which may fail.
fn redirects(command: &SimpleCommand) -> bool {
    let prefix = command.prefix.iter().flat_map(|prefix| &prefix.0);
    let suffix = command.suffix.iter().flat_map(|suffix| &suffix.0);
    prefix.chain(suffix).any(|item| matches!(item, Item::IoRedirect(_)))
}
