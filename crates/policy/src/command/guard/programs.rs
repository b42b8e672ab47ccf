//! Which programs may be run on a judge's word.

/// Programs of which the manual says that they read and print, whatever their input. The classifier knows more that only reads, shells with
/// harmless code among them; here it counts that no other program, and no shell, is reached: two shells read one text differently.
const PROGRAMS: &[&str] = &[
    "arch",
    "base64",
    "basename",
    "cat",
    "cksum",
    "cmp",
    "column",
    "comm",
    "cut",
    "date",
    "df",
    "diff",
    "dirname",
    "du",
    "expand",
    "expr",
    "false",
    "file",
    "fmt",
    "fold",
    "free",
    "getconf",
    "grep",
    "groups",
    "head",
    "hexdump",
    "hostname",
    "id",
    "join",
    "jq",
    "kubectl",
    "logname",
    "ls",
    "lsblk",
    "lscpu",
    "lsof",
    "md5sum",
    "nl",
    "nproc",
    "numfmt",
    "od",
    "paste",
    "pgrep",
    "pidof",
    "ps",
    "pwd",
    "readlink",
    "realpath",
    "rev",
    "seq",
    "sha1sum",
    "sha256sum",
    "sha512sum",
    "sleep",
    "stat",
    "strings",
    "tac",
    "tail",
    "test",
    "tr",
    "tree",
    "true",
    "tsort",
    "uname",
    "unexpand",
    "uptime",
    "users",
    "vmstat",
    "w",
    "wc",
    "who",
    "whoami",
];

/// Options that reach for another place than the one that was meant.
const ELSEWHERE: &[&str] = &["--context", "--cluster", "--server", "--kubeconfig", "--user"];

/// Why the program of these words may not be run, if it may not.
pub(super) fn unlisted(words: &[String]) -> Option<String> {
    let [program, arguments @ ..] = words else { return Some("there is no command".to_owned()) };
    let name = of_the_system(program).unwrap_or(program);
    if !PROGRAMS.contains(&name) {
        return Some(format!("`{program}` is not among the programs that are known to read and to run nothing else"));
    }
    let option = |argument: &&String| {
        let name = argument.split_once('=').map_or(argument.as_str(), |(name, _)| name);
        ELSEWHERE.contains(&name)
    };
    let elsewhere = arguments.iter().find(option).filter(|_| name == "kubectl");
    elsewhere.map(|option| format!("with {option} it reads another cluster than the one that is set up"))
}

/// The name of a program that is given with a directory of the system.
fn of_the_system(path: &str) -> Option<&str> {
    ["/bin/", "/usr/bin/", "/usr/local/bin/"].iter().find_map(|directory| path.strip_prefix(directory))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::may_run;

    fn words(text: &str) -> Vec<String> {
        text.split(' ').map(str::to_owned).collect()
    }

    #[test]
    fn every_listed_program_is_one_that_the_classifier_knows_to_read() {
        for program in PROGRAMS {
            let text = match *program {
                "kubectl" => "kubectl version".to_owned(),
                "ps" => "ps aux".to_owned(),
                alone => alone.to_owned(),
            };
            assert_eq!(may_run(&text), Ok(()), "{program}");
            assert_eq!(unlisted(&words(&text)), None, "{program}");
        }
    }

    #[test]
    fn what_runs_something_else_is_not_listed() {
        for text in [
            "sh -c ls",
            "bash -c ls",
            "dash -c ls",
            "busybox ls",
            "zsh -c ls",
            "fish -c ls",
            "/bin/sh -c ls",
            "env ls",
            "env -S ls",
            "eval ls",
            "watch ls",
            "xargs ls",
            "timeout 5 ls",
            "nice ls",
            "command ls",
            "exec ls",
            "sudo ls",
            "find . -name x",
            "cd sub",
            "read x",
            "hash -r",
            "shopt -s nullglob",
            ":",
            "[ -f x ]",
            "type ls",
            "which ls",
            "egrep x y",
            "./ls",
            "sub/ls",
            "/tmp/kubectl version",
            "kubectl --context prod get pods",
            "kubectl get pods --context=prod",
            "",
        ] {
            assert!(unlisted(&words(text)).is_some(), "{text}");
        }
        for text in ["ls -l", "/usr/bin/df -h", "/bin/ls", "kubectl get pods -n context"] {
            assert_eq!(unlisted(&words(text)), None, "{text}");
        }
    }
}
