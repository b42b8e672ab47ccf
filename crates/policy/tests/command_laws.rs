//! Laws of the classifier: it ends on anything, and nothing that is added to a script loosens its verdict.
#![cfg(feature = "commands")]

use proptest::prelude::*;
use selfheal_policy::command::{Verdict, assess};

/// Scripts that destroy something, in tools of different families.
const DESTRUCTIVE: &[&str] = &[
    "rm -rf /srv",
    "kubectl delete ns shop",
    "git push --force origin main",
    "psql -c 'DROP TABLE t'",
    "aws s3 rb s3://b --force",
];

/// Each takes one command.
const WRAPPERS: &[&str] = &[
    "sudo ",
    "env ",
    "env -i A=b ",
    "command ",
    "exec ",
    "nohup ",
    "timeout 5 ",
    "nice ",
    "setsid ",
    "stdbuf -oL ",
    "time ",
    "flock /tmp/l ",
    "xargs ",
    "watch ",
    "ssh host ",
    "docker exec c ",
    "kubectl exec p -- ",
    "busybox ",
    "chroot / ",
    "! ",
    "coproc ",
    "true && ",
    "echo x | ",
];

const READING: &[&str] = &["ls", "cat x", "kubectl get pods", "echo hello", "df -h | wc -l", "true"];

/// How much a verdict allows: less is stricter.
fn leave(script: &str) -> u8 {
    match assess(script).verdict {
        Verdict::ReadOnly => 2,
        Verdict::Unknown { .. } => 1,
        _ => 0,
    }
}

/// Characters and words that shells make something of.
fn shell_text() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        "rm",
        "ls",
        "-rf",
        "/",
        "$",
        "(",
        ")",
        "{",
        "}",
        "`",
        "'",
        "\"",
        "\\",
        "\n",
        " ",
        ";",
        "&",
        "|",
        "<",
        ">",
        "<<E",
        "E",
        "$(",
        "${",
        "((",
        "))",
        "[[",
        "]]",
        "if",
        "then",
        "fi",
        "for",
        "in",
        "do",
        "done",
        "case",
        "esac",
        "x=",
        "eval",
        "sh",
        "-c",
        "xargs",
        "base64",
        "-d",
        "*",
        "?",
        "~",
        "#",
        "!",
        "@",
        "é",
        "\u{0}",
        "\r",
        "\t",
        "1",
        "{a,b}",
        "{1..9}",
        "sed",
        "s/a/b/e",
        "printf",
        "%s",
        "psql",
        "DROP",
        "TABLE",
        "python",
        "os.system(",
        "git",
        "push",
        "+",
        ":",
        "=",
        "find",
        "-exec",
        "\\;",
        "f()",
        "trap",
        "$@",
        "${x:-",
        "<(",
        "awk",
        "tr",
        "a-z",
        "\u{10ffff}",
    ]);
    prop::collection::vec(pieces, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_judged(text in ".{0,300}") {
        assess(&text);
    }

    #[test]
    fn anything_like_a_script_is_judged(text in shell_text()) {
        assess(&text);
    }

    #[test]
    fn a_verdict_is_deterministic(text in shell_text()) {
        prop_assert_eq!(assess(&text), assess(&text));
    }

    #[test]
    fn a_wrapped_destructive_command_never_only_reads(
        command in prop::sample::select(DESTRUCTIVE.to_vec()),
        wrappers in prop::collection::vec(prop::sample::select(WRAPPERS.to_vec()), 0..4),
    ) {
        let script = format!("{}{command}", wrappers.concat());
        prop_assert_ne!(assess(&script).verdict, Verdict::ReadOnly, "{}", script);
    }

    #[test]
    fn appending_a_command_never_loosens(
        first in prop_oneof![prop::sample::select([DESTRUCTIVE, READING].concat()).prop_map(str::to_owned), shell_text()],
        then in prop::sample::select([DESTRUCTIVE, READING].concat()),
        by in prop::sample::select(vec!["; ", " && ", " || ", "\n", " | ", " & "]),
    ) {
        prop_assume!(!first.trim().is_empty() && parses_alone(&first));
        let script = format!("{first}{by}{then}");
        prop_assert!(leave(&script) <= leave(&first), "{}", script);
    }

    #[test]
    fn quoting_a_script_for_a_shell_changes_nothing(command in prop::sample::select(DESTRUCTIVE.to_vec())) {
        let quoted = command.replace('\'', "'\"'\"'");
        let script = format!("bash -c '{quoted}'");
        prop_assert!(assess(&script).is_destructive(), "{}", script);
    }
}

/// A script that ends inside of something (a quote, a comment, a here-document) swallows what is appended.
fn parses_alone(script: &str) -> bool {
    let open = script.contains(['#', '\'', '"', '`', '\\', '<', '(', '{', '$', '\0']);
    !open && !assess(script).is_destructive() || DESTRUCTIVE.contains(&script)
}

/// What nests without end, what multiplies, what recurses.
#[test]
fn adversarial_scripts_end_soon() {
    let mut scripts = vec![
        ":(){ :|:& };:".to_owned(),
        "f() { f; }; f".to_owned(),
        "f() { g; g; }; g() { h; h; }; h() { i; i; }; i() { j; j; }; j() { ls; ls; }; f".to_owned(),
        "alias a='a a'; a".to_owned(),
        "a='$a$a'; eval \"$a\"".to_owned(),
        "x=a; x=$x$x; x=$x$x; x=$x$x; x=$x$x; x=$x$x; x=$x$x; x=$x$x; x=$x$x; x=$x$x; x=$x$x; x=$x$x; x=$x$x; x=$x$x; x=$x$x; x=$x$x; x=$x$x; x=$x$x; x=$x$x; x=$x$x; x=$x$x; echo $x".to_owned(),
        "{1..999999999}".to_owned(),
        "echo {a..z}{a..z}{a..z}{a..z}".to_owned(),
        "tr '\u{1}-\u{10ffff}' a <<< x".to_owned(),
        "printf '%s' {1..200} {1..200}".to_owned(),
        "sudo ".repeat(3_000) + "ls",
        "while :; do while :; do while :; do while :; do while :; do while :; do x=$x; done; done; done; done; done; done".to_owned(),
        "for a in {1..200}; do for b in {1..200}; do for c in {1..200}; do ls; done; done; done".to_owned(),
    ];
    for (open, close) in [
        ("(", ")"),
        ("{ ", ";}"),
        ("$(", ")"),
        ("\"$(", ")\""),
        ("`", "`"),
        ("((", "))"),
        ("${x:-", "}"),
        ("\"${x:-", "}\""),
        ("<(", ")"),
        ("if ", ";then :;fi"),
        ("case x in x) ", ";;esac"),
        ("! ", ""),
        ("eval '", "'"),
        ("[[ ! ", " ]]"),
        ("{a,", "}"),
        ("$((", "))"),
        ("a[", "]"),
    ] {
        for depth in [20, 45, 500, 5_000] {
            scripts.push(format!("echo {}ls{}", open.repeat(depth), close.repeat(depth)));
            scripts.push(format!("{}ls{}", open.repeat(depth), close.repeat(depth)));
            scripts.push(open.repeat(depth));
        }
    }
    for script in &scripts {
        let start = std::time::Instant::now();
        assess(script);
        let shown: String = script.chars().take(60).collect();
        assert!(start.elapsed().as_secs() < 10, "{shown} took {:?}", start.elapsed());
    }
}
