//! A command line as most tools read it: options, their values, and the words that are left.

use super::super::text::Text;

/// An option with the value it was given.
pub(in crate::command) struct Opt<'a> {
    pub(in crate::command) name: &'a str,
    pub(in crate::command) value: Option<&'a str>,
}

/// Arguments, told apart.
pub(in crate::command) struct Cli<'a> {
    /// What isn't an option. The value of an option that isn't known to take one is here too.
    pub(in crate::command) words: Vec<&'a Text>,
    pub(in crate::command) options: Vec<Opt<'a>>,
}

impl<'a> Cli<'a> {
    /// Reads arguments; the options in `valued` take the next word, or what is attached to them.
    pub(in crate::command) fn read(args: &'a [Text], valued: &[&'a str]) -> Self {
        let mut cli = Self { words: Vec::new(), options: Vec::new() };
        let mut rest = args;
        while let [arg, after @ ..] = rest {
            rest = after;
            let text = arg.as_str();
            if text == "--" {
                cli.words.extend(rest);
                break;
            }
            if !text.starts_with('-') || text == "-" {
                cli.words.push(arg);
                continue;
            }
            if valued.contains(&text) {
                let value = after.first().map(Text::as_str);
                cli.options.push(Opt { name: text, value });
                rest = after.get(1..).unwrap_or_default();
                continue;
            }
            if ends_with_valued(text, valued) {
                cli.options.push(Opt { name: text, value: None });
                cli.options.push(Opt { name: valued_letter(text, valued), value: after.first().map(Text::as_str) });
                rest = after.get(1..).unwrap_or_default();
                continue;
            }
            cli.options.push(attached(text, valued));
        }
        cli
    }

    /// True when one of `names` is given; a single letter also among others (`-f` in `-rf`), and not switched off.
    pub(in crate::command) fn has(&self, names: &[&str]) -> bool {
        self.options.iter().any(|option| !is_off(option.value) && names.iter().any(|name| is_named(option.name, name)))
    }

    /// The last value of one of `names`.
    pub(in crate::command) fn value(&self, names: &[&str]) -> Option<&'a str> {
        self.values(names).last()
    }

    /// All values of `names`, in order.
    pub(in crate::command) fn values<'n>(&'n self, names: &'n [&str]) -> impl Iterator<Item = &'a str> + 'n {
        self.options.iter().filter(|option| names.contains(&option.name)).filter_map(|option| option.value)
    }

    /// The word at `index`, or nothing.
    pub(in crate::command) fn word(&self, index: usize) -> &'a str {
        self.words.get(index).map_or("", |word| word.text.as_str())
    }

    /// The words from `index` on, as a reason names them.
    pub(in crate::command) fn subject(&self, index: usize) -> String {
        const NAMED: usize = 6;
        let words = self.words.get(index..).unwrap_or_default();
        let mut subject = words.iter().take(NAMED).map(|word| word.text.as_str()).collect::<Vec<_>>().join(" ");
        if words.len() > NAMED {
            subject.push_str(" …");
        }
        subject
    }
}

/// True for a cluster of letters of which only the last takes a word (`-qc CODE`).
fn ends_with_valued(text: &str, valued: &[&str]) -> bool {
    let letters = text.strip_prefix('-').unwrap_or_default();
    let is_cluster = (2..=4).contains(&letters.len()) && letters.bytes().all(|byte| byte.is_ascii_alphabetic());
    let takes = |letter: &str| valued.iter().any(|option| option.strip_prefix('-') == Some(letter));
    is_cluster && takes(&letters[letters.len() - 1..]) && !takes(&letters[..1])
}

/// The option in `valued` that the last letter of a cluster is.
fn valued_letter<'v>(text: &str, valued: &[&'v str]) -> &'v str {
    valued.iter().find(|option| option.len() == 2 && text.ends_with(&option[1..])).copied().unwrap_or_default()
}

/// `--name=value`, `-nVALUE`, or an option alone.
fn attached<'a>(text: &'a str, valued: &[&str]) -> Opt<'a> {
    if let Some((name, value)) = text.split_once('=')
        && (name.starts_with("--") || name.len() > 2 || valued.contains(&name))
    {
        return Opt { name, value: Some(value) };
    }
    match text.get(..2) {
        Some(short) if text.len() > 2 && short != "--" && valued.contains(&short) => {
            Opt { name: short, value: text.get(2..) }
        }
        _ => Opt { name: text, value: None },
    }
}

fn is_off(value: Option<&str>) -> bool {
    matches!(value, Some("false" | "none" | "no" | "off"))
}

/// A cluster of single letters is short; a longer word after one dash is an option of its own (`-force`).
fn is_named(given: &str, name: &str) -> bool {
    if given == name {
        return true;
    }
    let letter = name.strip_prefix('-').filter(|letter| letter.len() == 1);
    let cluster = given.strip_prefix('-').filter(|cluster| cluster.len() <= 4 && !cluster.starts_with('-'));
    matches!((letter, cluster), (Some(letter), Some(cluster)) if cluster.contains(letter))
}
