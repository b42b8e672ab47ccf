//! The text of one plain command as an argument vector, so that no shell has to run it.
//!
//! A word is what it says, quoted or not. Whatever a shell could make something else of is refused.

use brush_parser::ast::{
    Command, CommandPrefixOrSuffixItem as Item, Pipeline, Program, SeparatorOperator, SimpleCommand,
};
use brush_parser::word::{self, WordPiece, WordPieceWithSource};

use super::super::shell;

/// What an unquoted word may hold beside letters and digits: nothing of it means anything to a shell.
const PLAIN: &str = "-_./=:,@%+^";

/// The program and its arguments.
///
/// # Errors
/// The first thing in the text for which it would take a shell.
pub(super) fn argv(text: &str) -> Result<Vec<String>, String> {
    let program = shell::program(text)?;
    let command = only_command(&program)?;
    if command.prefix.is_some() {
        return Err("it sets a variable or redirects before the command".to_owned());
    }
    let name = command.word_or_name.as_ref().ok_or("it names no program")?;
    let mut argv = vec![plain(&name.value)?];
    for item in command.suffix.iter().flat_map(|suffix| &suffix.0) {
        argv.push(match item {
            Item::Word(word) | Item::AssignmentWord(_, word) => plain(&word.value)?,
            Item::IoRedirect(_) => return Err("it redirects".to_owned()),
            Item::ProcessSubstitution(..) => return Err("it takes what another command writes".to_owned()),
        });
    }
    Ok(argv)
}

fn only_command(program: &Program) -> Result<&SimpleCommand, String> {
    let several = || Err("it is more than one command".to_owned());
    let [list] = program.complete_commands.as_slice() else { return several() };
    let [item] = list.0.as_slice() else { return several() };
    if !matches!(item.1, SeparatorOperator::Sequence) {
        return Err("it would go on in the background".to_owned());
    }
    if !item.0.additional.is_empty() {
        return several();
    }
    let Pipeline { timed: None, bang: false, seq } = &item.0.first else {
        return Err("it is timed or negated by the shell".to_owned());
    };
    match seq.as_slice() {
        [Command::Simple(command)] => Ok(command),
        [_] => Err("it is a construct of the shell".to_owned()),
        _ => several(),
    }
}

/// The text that a word stands for.
fn plain(written: &str) -> Result<String, String> {
    let strange = || format!("a shell would make something else of the word {written}");
    let pieces = word::parse(written, &shell::options()).map_err(|_| strange())?;
    let texts = pieces.iter().map(|piece| match &piece.piece {
        WordPiece::Text(text) if is_plain(text) => Some(text.clone()),
        WordPiece::SingleQuotedText(text) => Some(text.clone()),
        WordPiece::DoubleQuotedSequence(pieces) => double_quoted(pieces),
        _ => None,
    });
    texts.collect::<Option<String>>().ok_or_else(strange)
}

fn is_plain(text: &str) -> bool {
    text.chars().all(|char| char.is_ascii_alphanumeric() || PLAIN.contains(char))
}

fn double_quoted(pieces: &[WordPieceWithSource]) -> Option<String> {
    let texts = pieces.iter().map(|piece| match &piece.piece {
        WordPiece::Text(text) if !text.contains(['$', '`', '\\']) => Some(text.as_str()),
        _ => None,
    });
    texts.collect()
}

/// The same words as text in which nothing is left to read otherwise.
pub(super) fn quoted(argv: &[String]) -> String {
    let quoted = argv.iter().map(|word| format!("'{}'", word.replace('\'', r"'\''")));
    quoted.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        argv(text).unwrap_or_else(|why| panic!("{text}: {why}"))
    }

    #[test]
    fn a_plain_command_is_its_words() {
        assert_eq!(words("kubectl get pods -n shop"), ["kubectl", "get", "pods", "-n", "shop"]);
        assert_eq!(words("grep -c 'a  b' \"c d\"e'f'"), ["grep", "-c", "a  b", "c def"]);
        assert_eq!(words("dd if=a user@host C++ --x=y:1,2%3"), ["dd", "if=a", "user@host", "C++", "--x=y:1,2%3"]);
        assert_eq!(words("jq '.a | .b[] $x `y` *' 'it is'"), ["jq", ".a | .b[] $x `y` *", "it is"]);
        assert_eq!(words("cat '' # a comment\n"), ["cat", ""]);
    }

    #[test]
    fn what_takes_a_shell_is_refused() {
        for text in [
            "",
            "# nothing",
            "a; b",
            "a && b",
            "a | b",
            "a &",
            "a\nb",
            "! a",
            "time a",
            "(a)",
            "{ a; }",
            "a > b",
            "a 2>&1",
            "a <<<b",
            "X=1 a",
            "X=1",
            "a $X",
            "a \"$X\"",
            "a `b`",
            "a $(b)",
            "a $((1))",
            "a *.rs",
            "a b?",
            "a [x]",
            "a {1,2}",
            "a ~",
            "a ~/x",
            "a <(b)",
            "a $'\\n'",
            "a \\*",
            "a \"\\$x\"",
            "if a; then b; fi",
            "f() { a; }",
            "[[ -f x ]]",
            "a 'b",
            "a ${",
            "a ${ b; }",
            "a \"${ b; }\"",
            "a \"${| b; }\"",
            "a \"${(e)b}\"",
            "a !(b)",
            "a @(b|c)",
            "a\0b",
            "for x in y; do a; done",
        ] {
            assert!(argv(text).is_err(), "{text:?}: {:?}", argv(text));
        }
    }

    proptest::proptest! {
        #[test]
        fn quoting_words_and_reading_them_gives_them_back(words in proptest::collection::vec("[ -~é]{0,12}", 1..6)) {
            // A quote inside takes an escape, which nothing but quoting itself needs.
            let words: Vec<String> = words.into_iter().map(|word| word.replace('\'', "")).collect();
            proptest::prop_assume!(!words[0].is_empty());
            proptest::prop_assert_eq!(argv(&quoted(&words)).unwrap(), words);
        }
    }
}
