//! The names a script has set.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use brush_parser::ast::FunctionBody;

use super::super::text::Text;

/// Variables, functions, aliases, files.
#[derive(Clone, Default)]
pub(in crate::command) struct Scope {
    /// A scalar is an array of one.
    pub(in crate::command) variables: BTreeMap<String, Vec<Text>>,
    pub(in crate::command) functions: BTreeMap<String, Rc<FunctionBody>>,
    /// Functions that are defined only under a condition: their names may mean the programs still.
    pub(in crate::command) doubtful_functions: BTreeSet<String>,
    pub(in crate::command) aliases: BTreeMap<String, Text>,
    /// Functions that shells started from here know as well (`export -f`).
    pub(in crate::command) exported_functions: Vec<String>,
    /// `$1`, `$2`, …; `None` where the caller's are meant, which aren't known.
    pub(in crate::command) positional: Option<Vec<Text>>,
    /// `$0`, where a shell was told it.
    pub(in crate::command) shell_name: Option<Text>,
    /// What the script itself wrote into files, by normalised path.
    pub(in crate::command) files: BTreeMap<String, Text>,
    /// Programs that the script copied or linked, by normalised path.
    pub(in crate::command) programs: BTreeMap<String, String>,
    /// Functions and aliases that are being followed, so that a recursion ends.
    pub(in crate::command) calling: Vec<String>,
    /// The commands run on another machine or in a container.
    pub(in crate::command) elsewhere: bool,
    /// The working directory, once the script changed it.
    pub(in crate::command) directory: Option<Text>,
}

impl Scope {
    pub(in crate::command) fn variable(&self, name: &str) -> Option<&[Text]> {
        self.variables.get(name).map(Vec::as_slice)
    }

    pub(in crate::command) fn file(&self, path: &str) -> Option<&Text> {
        self.files.get(normal(path))
    }

    pub(in crate::command) fn write(&mut self, path: &str, content: Text) {
        self.files.insert(normal(path).to_owned(), content);
    }

    pub(in crate::command) fn append(&mut self, path: &str, content: &Text) {
        self.files.entry(normal(path).to_owned()).or_insert_with(|| Text::exact("")).push(content);
    }

    /// The program that `path` is a copy of.
    pub(in crate::command) fn copied_program(&self, path: &str) -> Option<&str> {
        self.programs.get(normal(path)).map(String::as_str)
    }

    pub(in crate::command) fn copy_program(&mut self, path: &str, program: &str) {
        self.programs.insert(normal(path).to_owned(), program.to_owned());
    }

    /// True when both mean the same by every name.
    pub(super) fn same_names(&self, other: &Self) -> bool {
        let same_functions = self.functions.len() == other.functions.len()
            && self.functions.iter().zip(&other.functions).all(|(a, b)| a.0 == b.0 && Rc::ptr_eq(a.1, b.1));
        same_functions
            && self.variables == other.variables
            && self.aliases == other.aliases
            && self.files == other.files
            && self.programs == other.programs
            && self.positional == other.positional
            && self.directory == other.directory
    }

    /// Notes which functions were defined since `before` under a condition.
    pub(super) fn doubt_functions(&mut self, before: &Self) {
        for (name, body) in &self.functions {
            if before.functions.get(name).is_none_or(|old| !Rc::ptr_eq(old, body)) {
                self.doubtful_functions.insert(name.clone());
            }
        }
    }

    /// Files outlive the subshell that wrote them.
    pub(super) fn keep_files_of(&mut self, inner: Self) {
        self.files = inner.files;
        self.programs = inner.programs;
    }
}

fn normal(path: &str) -> &str {
    let mut path = path;
    while let Some(rest) = path.strip_prefix("./") {
        path = rest.trim_start_matches('/');
    }
    path
}
