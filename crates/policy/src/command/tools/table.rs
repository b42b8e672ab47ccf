//! Tools as data: which subcommand, under which options, destroys what.

use super::super::assessment::DestructionKind;
use super::super::findings::Judgement;
use super::super::run::Invocation;
use super::{Cli, verbs};

/// A tool and its rules; the first rule that fits decides.
pub(super) struct Tool {
    pub(super) names: &'static [&'static str],
    pub(super) kind: DestructionKind,
    /// Options that take the next word.
    pub(super) valued: &'static [&'static str],
    pub(super) rules: &'static [Rule],
    pub(super) otherwise: Otherwise,
}

/// What decides where no rule fits.
pub(super) enum Otherwise {
    /// The verb among its subcommands (`delete`, `destroy`, …).
    Verbs,
    /// Nothing: it isn't known.
    Unknown,
}

/// One row.
pub(super) struct Rule {
    /// Subcommand words: `a|b` either, `a*` a prefix, `*` any one.
    path: &'static str,
    /// One of these must be given, if there are any: an option, `--option=value`, or a word.
    given: &'static [&'static str],
    effect: Effect,
}

enum Effect {
    Destroys(Option<DestructionKind>, &'static str),
    Changes,
}

/// Destroys; `{}` in `what` is the words after the path.
pub(super) const fn destroys(path: &'static str, what: &'static str) -> Rule {
    Rule { path, given: &[], effect: Effect::Destroys(None, what) }
}

/// Changes something, and destroys nothing.
pub(super) const fn changes(path: &'static str) -> Rule {
    Rule { path, given: &[], effect: Effect::Changes }
}

impl Rule {
    /// Only with one of these options or words.
    pub(super) const fn given(self, given: &'static [&'static str]) -> Self {
        Self { given, ..self }
    }

    /// Another kind than the tool's.
    pub(super) const fn kind(self, kind: DestructionKind) -> Self {
        let effect = match self.effect {
            Effect::Destroys(_, what) => Effect::Destroys(Some(kind), what),
            Effect::Changes => Effect::Changes,
        };
        Self { effect, ..self }
    }

    /// The number of words the path takes, if it fits.
    fn fits(&self, cli: &Cli<'_>) -> Option<usize> {
        let mut length = 0;
        for (index, pattern) in self.path.split(' ').filter(|pattern| !pattern.is_empty()).enumerate() {
            if !pattern.split('|').any(|choice| word_fits(choice, cli.word(index))) {
                return None;
            }
            length = index + 1;
        }
        let given = self.given.is_empty() || self.given.iter().any(|wanted| is_given(wanted, cli));
        given.then_some(length)
    }

    fn judgement(&self, tool: &Tool, cli: &Cli<'_>, length: usize) -> Judgement {
        match self.effect {
            Effect::Changes => Judgement::unknown("it changes something"),
            Effect::Destroys(kind, what) => {
                let subject = cli.subject(length);
                let subject = if subject.is_empty() { "what it selects" } else { subject.as_str() };
                Judgement::loss(kind.unwrap_or(tool.kind), what.replace("{}", subject))
            }
        }
    }
}

fn word_fits(pattern: &str, word: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some("") => !word.is_empty(),
        Some(prefix) => word.starts_with(prefix),
        None => word.eq_ignore_ascii_case(pattern),
    }
}

fn is_given(wanted: &str, cli: &Cli<'_>) -> bool {
    match wanted.split_once('=') {
        Some((name, value)) if !wanted.starts_with('-') && !name.is_empty() => {
            cli.words.iter().any(|word| word.text == wanted)
                || cli.options.iter().any(|option| {
                    option.value.is_some_and(|given| given == wanted || (option.name == name && given.ends_with(value)))
                })
        }
        Some((name, value)) => cli
            .options
            .iter()
            .any(|option| option.name == name && option.value.is_some_and(|given| given.ends_with(value))),
        None if wanted.starts_with('-') => cli.has(&[wanted]),
        None => cli.words.iter().any(|word| word.text == wanted),
    }
}

impl Tool {
    pub(super) fn judge(&self, call: &Invocation<'_>) -> Judgement {
        let cli = Cli::read(call.args, self.valued);
        if only_shows(&cli) {
            return Judgement::unknown("it shows what it would do, or its help");
        }
        for rule in self.rules {
            if let Some(length) = rule.fits(&cli) {
                return rule.judgement(self, &cli, length);
            }
        }
        match self.otherwise {
            Otherwise::Verbs => verbs::judge(call.program, &cli, self.kind)
                .or_else(|| verbs::judge_options(call.program, &cli, self.kind))
                .unwrap_or_else(|| not_listed(call)),
            Otherwise::Unknown => not_listed(call),
        }
    }
}

pub(super) fn not_listed(call: &Invocation<'_>) -> Judgement {
    Judgement::unknown(format!("what `{}` does isn't known to only read", call.program))
}

/// Dry runs and help. An option that is only a letter isn't taken for one: `-n` and `-h` mean something else too often.
pub(super) fn only_shows(cli: &Cli<'_>) -> bool {
    const SHOWS: &[&str] = &[
        "--help",
        "--dry-run",
        "--dryrun",
        "--dry_run",
        "--what-if",
        "--whatif",
        "-WhatIf",
        "--noop",
        "--simulate",
        "--preview-only",
        "-dry-run",
        "-help",
        "--just-print",
        "--help-all",
    ];
    let only_version = cli.words.is_empty() && cli.has(&["--version", "-version", "-V"]);
    only_version
        || cli.has(SHOWS)
        || cli.word(0) == "help"
        || (cli.words.len() == 1 && matches!(cli.word(0), "version" | "completion"))
}

#[cfg(test)]
mod tests {
    use super::super::super::text::Text;
    use super::*;

    const TOOL: Tool = Tool {
        names: &["t"],
        kind: DestructionKind::Cluster,
        valued: &["--ns"],
        rules: &[
            destroys("thing rm|del*", "deletes {}").given(&["--force", "-f"]),
            changes("thing rm"),
            destroys("* wipe", "wipes {}").kind(DestructionKind::Database),
        ],
        otherwise: Otherwise::Unknown,
    };

    fn judged(line: &str) -> Judgement {
        let args: Vec<Text> = line.split(' ').map(Text::exact).collect();
        TOOL.judge(&Invocation { program: "t", args: &args, stdin: None, elsewhere: false })
    }

    #[test]
    fn the_first_rule_that_fits_decides() {
        assert_eq!(judged("--ns x thing rm a -f"), Judgement::loss(DestructionKind::Cluster, "deletes a"));
        assert_eq!(
            judged("thing delete --force"),
            Judgement::loss(DestructionKind::Cluster, "deletes what it selects")
        );
        assert!(matches!(judged("thing rm a"), Judgement::Unknown(_)));
        assert_eq!(judged("db wipe x y"), Judgement::loss(DestructionKind::Database, "wipes x y"));
        assert!(matches!(judged("db wipe x --dry-run"), Judgement::Unknown(_)));
        assert!(matches!(judged("thing rm -f a --dry-run=false"), Judgement::Destroys(_)));
    }
}
