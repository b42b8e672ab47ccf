//! Words: quotes removed, what is known filled in, split as bash splits.

use brush_parser::word::{self, TildeExpr, WordPiece, WordPieceWithSource};

use super::super::assessment::DestructionKind;
use super::super::bounds;
use super::super::findings::Judgement;
use super::super::text::Text;
use super::brace;
use super::parse::{nesting, options};
use super::{Output, Shell};

/// Characters that make a word more than its own text.
const SPECIAL: &[char] = &['$', '`', '\'', '"', '\\', '~', '{'];

/// The fields that a word becomes.
struct Fields {
    done: Vec<Text>,
    open: Option<Text>,
}

impl Fields {
    fn push(&mut self, piece: &Text) {
        self.open.get_or_insert_with(|| Text::exact("")).push(piece);
    }

    fn end(&mut self) {
        if let Some(field) = self.open.take() {
            self.done.push(field);
        }
    }

    fn finish(mut self) -> Vec<Text> {
        self.end();
        self.done
    }
}

impl Shell {
    /// The words that one word of the script becomes.
    pub(super) fn words(&mut self, word: &str) -> Vec<Text> {
        if !word.contains(SPECIAL) {
            return vec![globbed(Text::exact(word))];
        }
        let Some(words) = brace::expand(word) else {
            self.findings.doubt("a brace expansion makes too many words");
            return vec![Text::unknown(word)];
        };
        let mut fields: Vec<Text> = words.iter().flat_map(|word| self.fields(word, true)).collect();
        if fields.len() > bounds::WORDS {
            self.findings.doubt("a word becomes too many words");
            fields.truncate(bounds::WORDS);
        }
        fields
    }

    /// A word where bash doesn't split: an assignment, a redirection, a pattern.
    pub(super) fn one_word(&mut self, word: &str) -> Text {
        if !word.contains(SPECIAL) {
            return Text::exact(word);
        }
        Text::join(&self.fields(word, false), "")
    }

    /// The text of a here-document, or of a value that is expanded once more.
    pub(in crate::command) fn document(&mut self, text: &str) -> Text {
        if !text.contains(['$', '`', '\\']) {
            return Text::exact(text);
        }
        self.code_in_braces(text);
        if !self.step() || text.len() > bounds::TEXT_BYTES || nesting(text) > bounds::NESTING {
            return self.not_a_word(text);
        }
        match word::parse_heredoc(text, &options()) {
            Ok(pieces) => self.quoted(&pieces),
            Err(_) => self.not_a_word(text),
        }
    }

    fn fields(&mut self, word: &str, split: bool) -> Vec<Text> {
        if !self.step() {
            return vec![Text::unknown(word)];
        }
        if nesting(word) > bounds::NESTING {
            return vec![self.not_a_word(word)];
        }
        let Ok(pieces) = word::parse(word, &options()) else { return vec![self.not_a_word(word)] };
        let mut fields = Fields { done: Vec::new(), open: None };
        for piece in &pieces {
            self.piece(&piece.piece, split, &mut fields);
        }
        fields.finish()
    }

    fn not_a_word(&mut self, word: &str) -> Text {
        self.findings.doubt(format!("a word can't be expanded: {word}"));
        Text::unknown(word)
    }

    fn piece(&mut self, piece: &WordPiece, split: bool, fields: &mut Fields) {
        match piece {
            WordPiece::Text(text) if split => fields.push(&globbed(Text::exact(text))),
            WordPiece::Text(text) | WordPiece::SingleQuotedText(text) => fields.push(&Text::exact(text)),
            WordPiece::AnsiCQuotedText(text) => fields.push(&ansi_c_quoted(text)),
            WordPiece::EscapeSequence(text) => fields.push(&Text::exact(unescaped(text))),
            WordPiece::TildeExpansion(tilde) => fields.push(&Text::exact(home(tilde))),
            WordPiece::DoubleQuotedSequence(pieces) | WordPiece::GettextDoubleQuotedSequence(pieces) => {
                self.double_quoted(pieces, fields);
            }
            WordPiece::ParameterExpansion(expression) => {
                let values = self.parameter(expression);
                self.unquoted(&values, split, fields);
            }
            WordPiece::CommandSubstitution(_) | WordPiece::BackquotedCommandSubstitution(_) => {
                let value = self.substitution(piece);
                self.unquoted(&[value], split, fields);
            }
            WordPiece::ArithmeticExpression(expression) => fields.push(&self.arithmetic(&expression.value)),
        }
    }

    /// `"$@"` and `"${a[@]}"` make a field per element; all else stays one.
    fn double_quoted(&mut self, pieces: &[WordPieceWithSource], fields: &mut Fields) {
        fields.push(&Text::exact(""));
        for piece in pieces {
            match &piece.piece {
                WordPiece::ParameterExpansion(expression) if super::parameter::keeps_elements(expression) => {
                    let values = self.parameter(expression);
                    if values.is_empty() && pieces.len() == 1 {
                        fields.open = None;
                    }
                    for (index, value) in values.iter().enumerate() {
                        if index > 0 {
                            fields.end();
                        }
                        fields.push(value);
                    }
                }
                _ => fields.push(&self.quoted(std::slice::from_ref(piece))),
            }
        }
    }

    /// Pieces between double quotes or in a here-document, as one text.
    fn quoted(&mut self, pieces: &[WordPieceWithSource]) -> Text {
        let mut all = Text::exact("");
        for piece in pieces {
            let text = match &piece.piece {
                WordPiece::Text(text) => Text::exact(text),
                WordPiece::EscapeSequence(text) => Text::exact(unescaped(text)),
                WordPiece::SingleQuotedText(text) => Text::exact(format!("'{text}'")),
                WordPiece::ParameterExpansion(expression) => Text::join(&self.parameter(expression), " "),
                WordPiece::ArithmeticExpression(expression) => self.arithmetic(&expression.value),
                WordPiece::DoubleQuotedSequence(pieces) => self.quoted(pieces),
                other => self.substitution(other),
            };
            all.push(&text);
        }
        all
    }

    /// What a command substitution prints.
    fn substitution(&mut self, piece: &WordPiece) -> Text {
        let script = match piece {
            WordPiece::CommandSubstitution(script) => script.clone(),
            WordPiece::BackquotedCommandSubstitution(script) => unescaped_backquotes(script),
            other => return Text::unknown(format!("{other:?}")),
        };
        self.findings.doubt("what one command prints becomes a part of another");
        let Output { stdout, .. } = self.subshell(|shell| shell.script(&script, None));
        if stdout.exact && stdout.text.is_empty() {
            self.side_effect(&script);
        }
        if stdout.exact {
            return stdout.map(|text| text.trim_end_matches('\n').to_owned());
        }
        // Its source is what a reason can name; it must not be followed a second time.
        Text { text: "$(…)".to_owned(), ..stdout }
    }

    /// A substitution that prints nothing is there for what it does: a change hidden among the arguments of another command.
    fn side_effect(&mut self, script: &str) {
        const SILENT: &[&str] =
            &["touch", "mkdir", "cp", "mv", "ln", "chmod", "chown", "install", "truncate", "tee", "sed", "kill"];
        let program = script.split_whitespace().next().unwrap_or_default();
        if SILENT.contains(&super::super::run::base_name(program)) {
            let what = format!("changes files from inside the arguments of another command: {}", script.trim());
            self.findings.add(Judgement::loss(DestructionKind::Files, what), script.trim());
        }
    }

    fn unquoted(&mut self, values: &[Text], split: bool, fields: &mut Fields) {
        for (index, value) in values.iter().enumerate() {
            if index > 0 && split {
                fields.end();
            }
            if split && value.exact {
                self.split(value, fields);
            } else {
                fields.push(value);
            }
        }
    }

    fn split(&mut self, value: &Text, fields: &mut Fields) {
        let separators = match self.scope.variable("IFS") {
            Some([ifs]) if ifs.exact => ifs.text.clone(),
            _ => " \t\n".to_owned(),
        };
        let separates = |c: char| separators.contains(c);
        let parts: Vec<&str> = value.text.split(separates).collect();
        for (index, part) in parts.iter().enumerate() {
            if index > 0 {
                fields.end();
            }
            if !part.is_empty() {
                fields.push(&globbed(Text { text: (*part).to_owned(), ..value.clone() }));
            }
        }
    }
}

/// An unquoted wildcard stands for the names of files, which aren't known.
fn globbed(text: Text) -> Text {
    let bracket = text.text.find('[').is_some_and(|at| text.text[at..].contains(']'));
    let exact = text.exact && !bracket && !text.text.contains(['*', '?']);
    Text { exact, ..text }
}

/// `$'…'`; of octal and control escapes, and of what stands after a NUL, shells make different things.
fn ansi_c_quoted(text: &str) -> Text {
    let plain = super::super::run::escapes::ansi_c(text);
    let exact = !text.contains("\\0") && !text.contains("\\c") && !plain.contains('\0');
    Text { exact, ..Text::exact(plain) }
}

fn unescaped(sequence: &str) -> String {
    match sequence.strip_prefix('\\') {
        Some("\n") => String::new(),
        Some(rest) => rest.to_owned(),
        None => sequence.to_owned(),
    }
}

/// Between backquotes a backslash quotes a backquote, a dollar and itself.
fn unescaped_backquotes(script: &str) -> String {
    script.replace("\\`", "`").replace("\\$", "$").replace("\\\\", "\\")
}

fn home(tilde: &TildeExpr) -> String {
    match tilde {
        TildeExpr::Home => "~".to_owned(),
        TildeExpr::UserHome(user) => format!("~{user}"),
        TildeExpr::WorkingDir => ".".to_owned(),
        _ => "~-".to_owned(),
    }
}
