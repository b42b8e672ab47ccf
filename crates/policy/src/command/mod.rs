//! What a shell script would destroy: the judge of the one escape hatch through which shell text could ever run.
//!
//! [`assess`] parses bash, follows the script without running any of it, and says whether it only reads, destroys
//! something (and what), or isn't understood. It is pure: no IO, no clock, no environment. It fails closed: what doesn't
//! parse, is too long, too deep, or names a program that isn't known is [`Verdict::Unknown`], and [`may_run`] refuses
//! all but [`Verdict::ReadOnly`].
//!
//! The script is followed, not searched: a variable, a function, an alias, a here-document, a file that the script
//! itself writes, `base64 -d` and the like are worked out where their text is known, so the same words are code in
//! `eval "$X"` and data in `echo "$X"`.
//!
//! ```
//! use selfheal_policy::command::{assess, may_run};
//!
//! assert!(may_run("kubectl get pods -n shop").is_ok());
//! assert!(assess("echo 'rm -rf /'").is_read_only());
//! let refusal = may_run("D=/data; sudo rm -rf $D").unwrap_err();
//! assert_eq!(refusal.to_string(), "destructive: deletes /data and everything in it (files; `rm -rf /data`)");
//! ```
//!
//! A verdict is no sandbox. `ReadOnly` speaks of the programs as their manuals describe them, and of nothing that a
//! changed `PATH` puts in their place.

mod assessment;
pub mod bounds;
mod findings;
mod guard;
mod run;
mod sdk;
mod shell;
mod sql;
mod text;
mod tools;

pub use assessment::{Assessment, Destruction, DestructionKind, Verdict};
pub use guard::{CommandGuard, Judge, Refusal, may_run};

/// Says what running `script` with bash would do, as far as its text tells. A script that makes the parser panic isn't understood.
pub fn assess(script: &str) -> Assessment {
    // Nothing that the panic could leave half done outlives the call.
    let followed = std::panic::catch_unwind(|| shell::assess(script));
    followed.unwrap_or_else(|_| Assessment {
        verdict: Verdict::Unknown { why: "the shell parser gave up on it".to_owned() },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Found by fuzzing.
    #[test]
    fn what_makes_the_parser_panic_is_unknown_and_harms_no_later_script() {
        for script in [
            "77777777777>&77770=000000000000000000000000124 77777777777>&7",
            "cat <<'EOF' | psql $(\"[\"ls \"$D\") $D\nEOF\n",
        ] {
            assert!(matches!(assess(script).verdict, Verdict::Unknown { .. }), "{script}");
            assert!(assess("ls").is_read_only());
        }
    }
}
