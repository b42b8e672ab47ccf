//! The judge of commands: core's port over the classifier.

use selfheal_core::error::{Error, ErrorKind, Result};
use selfheal_core::ports::{CommandJudge, JudgedCommand};

use super::argv::{argv, quoted};
use super::programs::unlisted;
use super::{Refusal, may_run};

/// Lets through a single command that is known to only read, as an argument vector.
///
/// A script of several commands is refused even if each of them only reads: what a shell does between them is more than can be
/// vouched for, and a plan has steps for that. For the same reason the program is one of a short list: no shell, no interpreter, nothing
/// that runs another program.
#[derive(Debug, Clone, Copy, Default)]
pub struct Judge;

/// Why the text of a command may not be run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Objection {
    /// What [`may_run`] refuses.
    Refused(Refusal),
    /// It takes a shell.
    NotOneCommand(String),
    /// Its program isn't one that may be run, or not so.
    Unlisted(String),
}

impl std::fmt::Display for Objection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Refused(refusal) => refusal.fmt(f),
            Self::NotOneCommand(why) => write!(f, "not a single plain command: {why}"),
            Self::Unlisted(why) => f.write_str(why),
        }
    }
}

/// The words of a text that may be run.
pub(super) fn judged(text: &str) -> std::result::Result<Vec<String>, Objection> {
    may_run(text).map_err(Objection::Refused)?;
    let parsed =
        std::panic::catch_unwind(|| argv(text)).unwrap_or_else(|_| Err("the shell parser gave up on it".to_owned()));
    let words = parsed.map_err(Objection::NotOneCommand)?;
    // What is run is what was judged, whatever two readers of the same text make of it.
    may_run(&quoted(&words)).map_err(Objection::Refused)?;
    unlisted(&words).map_or(Ok(words), |why| Err(Objection::Unlisted(why)))
}

impl CommandJudge for Judge {
    fn judge(&self, text: &str) -> Result<JudgedCommand> {
        let forbidden =
            |why: &dyn std::fmt::Display| Error::new(ErrorKind::Forbidden, "command.judge", why.to_string());
        let words = judged(text).map_err(|objection| forbidden(&objection))?;
        let mut words = words.into_iter();
        let program = words.next().ok_or_else(|| forbidden(&"there is no command"))?;
        Ok(JudgedCommand { program, args: words.collect() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_command_that_only_reads_is_let_through_as_words() {
        let judged = Judge.judge("kubectl get pods -l 'app=web, tier=1'").unwrap();
        assert_eq!((judged.program.as_str(), judged.args.len()), ("kubectl", 4));
        assert_eq!(judged.args[3], "app=web, tier=1");
    }

    #[test]
    fn a_refusal_names_what_would_be_lost_or_what_is_not_understood() {
        let refused = |text: &str| {
            let error = Judge.judge(text).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Forbidden);
            error.message().to_owned()
        };
        assert!(refused("kubectl delete ns shop").contains("deletes the namespace shop and every object in it"));
        assert!(refused("frobnicate x").contains("what `frobnicate` does isn't known to only read"));
        assert!(refused("ls; df").contains("not a single plain command: it is more than one command"));
        assert!(refused("ls 'x").contains("isn't valid bash"));
        assert!(refused("bash -c ls").contains("`bash` is not among the programs"));
        assert!(refused(&format!("echo {}", "x".repeat(20_000))).contains("longer than"));
    }
}
