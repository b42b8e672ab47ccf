//! The cues. Adding a tool is adding a row; a row is about a tool's or a language's form, never about one project.

use super::Cue;
use super::Kind::{self, Echoes, Opens, Says};

const fn cue(
    rule: &'static str,
    weight: f32,
    kind: Kind,
    words: &'static [&'static str],
    pattern: &'static str,
) -> Cue {
    Cue { rule, weight, words, pattern, kind }
}

/// Lines that say that something went well, whatever words they hold.
pub(super) const SUCCESS: &str = r#"(?xi)
  \b(?:0|no)\ (?:errors?|failures?|failed|failing|fatal|exceptions?)\b
| \b(?:errors?|failures?|failed|failing)\s*[:=]\s*0\b (?: [^:=]* | .*\b(?:errors?|failures?|failed)\s*[:=]\s*0\b.* )$
| ^\s*(?:\xE2\x9C\x93|\xE2\x9C\x94|\xE2\x88\x9A|ok\ \d+|PASS(?:ED)?\b|---\ PASS|\[\s*OK\s*\]|\#\ ok) | \.\.\.\s*ok$ | \b(?:PASSED|SKIPPED)\s*(?:\[|$)
| exit(?:ed)?\ (?:with\ )?(?:code\ |status\ )?0\b
"#;

/// Lines that hold a word of failure and mostly report none: what is about to run, installed packages, other levels.
pub(super) const ROUTINE: &str = r#"(?xi)
  ^[\s-]*(?:Setting\ up|Unpacking|Selecting|Preparing\ to|Get:\d|Hit:\d|Processing\ triggers|Fetching|Downloading|Downloaded|Collecting|Requirement\ already|Using\ cached|Installing|Compiling|Copying|Cloning|Receiving|Resolving|remote:\ Counting|Extracting|Inflating|adding:)\b
| ^\s*(?:\$\ |\#\ |//\ |\#\#\[group\]) | ^travis_(?:fold|time):\S+$ | ^declare\ -|^export\ |\becho\b
| \b(?:gcc|g\+\+|clang|clang\+\+|cc|c\+\+|rustc|javac|ghc|ld|cargo|libtool)\b.*\s-[a-zA-Z]
| (?:continue-on-error|fail-fast|--ignore-errors|--fail|-Werror|--error)\b | \|\|\  | ^\s*\[?\s*(?:info|debug|note)\b
| ^[-drwxlst]{10}\s | ^[\s\xE2\x94\x82\x80\x94\x9C\xAC\x82`|+-]*\S+@\d+\.\d | \[\s*\d+\ of\ \d+\]
"#;

pub(super) static CUES: &[Cue] = &[
    // Python and pytest.
    cue("traceback", 1.0, Opens, &["traceback (most recent"], r"Traceback \(most recent call last\)"),
    cue(
        "exception",
        0.95,
        Says,
        &["error", "exception", "exit", "interrupt", "failure"],
        r"^\W{0,8}(?:[A-Za-z_][\w]*[.:]{1,2})*[A-Z][A-Za-z]*(?:Error|Exception|Failure|Interrupt|Exit)(?:\s\[\w+\])?(?:: ?|$)",
    ),
    cue(
        "pytest",
        0.95,
        Opens,
        &["____", "failures ===", "errors ==="],
        r"^_{3,} .+ _{3,}$|^=+ (?:FAILURES|ERRORS) =+$",
    ),
    cue("pytest-line", 1.0, Says, &["e  "], r"^E   \s*\S"),
    cue("pytest-summary", 0.8, Says, &["failed ", "error "], r"^(?:FAILED|ERROR) \S+::|^(?:FAILED|ERROR) \S+\.py"),
    cue("unittest", 1.0, Opens, &["fail:", "error:"], r"^(?:FAIL|ERROR): \w+ \("),
    // Compilers.
    cue(
        "compiler-error",
        1.0,
        Says,
        &["error"],
        r"(?i)(?:[:(]\d+(?:[:,.]\d+)?(?:-\d+)?\)?:?|\)) ?:?\s*(?:fatal |syntax |internal compiler |type |parse )?error\b",
    ),
    cue(
        "compiler-error",
        1.0,
        Says,
        &["error"],
        r"^\s*error(?:\[[A-Z]+\d+\])?: |\berror (?:TS|CS|MSB|LNK|C|NU|FS|BC)\d+\b",
    ),
    cue("compiler-error", 0.95, Says, &["[error]"], r"(?i)^\[error\] \S+\.\w+:\[?\d+"),
    cue(
        "undefined-symbol",
        0.9,
        Says,
        &["undefined reference", "undefined symbol", "unresolved external", "symbol(s) not found", "cannot find -l"],
        r".",
    ),
    cue("cmake-error", 1.0, Opens, &["cmake error"], r"CMake Error"),
    cue(
        "not-in-scope",
        0.9,
        Says,
        &["not in scope", "cannot find symbol", "could not find module", "does not exist", "undeclared", "undefined"],
        r"(?i)not in scope|cannot find symbol|could not find module|\bundeclared\b|^\S+:\d+.*\bundefined\b",
    ),
    // Test runners.
    cue(
        "test-failure",
        1.0,
        Opens,
        &["fail"],
        r"^\s*--- FAIL|^\s*(?:\S+\s)?\[FAIL(?:ED)?\]|\[FAIL\]\s*$|<<< (?:FAILURE|ERROR)!|^\s*FAIL(?:ED)?\b[: ]\s*\S+",
    ),
    cue(
        "test-failure",
        1.0,
        Opens,
        &["failed", "failure"],
        r"^\S.* > .* FAILED$|\bFAILED\s*$|^\s*\S.*\.\.\. (?:FAILED|FAIL|ERROR)$",
    ),
    cue("test-failure", 1.0, Opens, &["not ok"], r"^\s*not ok \d+"),
    cue(
        "test-failure",
        1.0,
        Opens,
        &["failed test", "test failed", "tests failed"],
        r"(?i)^\s*#?\s+failed test|^Test Failed|^Module Failed",
    ),
    cue(
        "test-failure",
        1.0,
        Opens,
        &["failure/error:", "failure:", "error:"],
        r"^\s*(?:Failure/Error:|Failure:$|Error:$|\d+\) (?:Failure|Error):)",
    ),
    cue(
        "test-failure",
        0.9,
        Opens,
        &["1)", "2)", "3)", "4)", "5)", "6)", "7)", "8)", "9)", "0)"],
        r"^\s{0,6}\d{1,3}\) \S",
    ),
    cue("test-failure", 0.95, Opens, &["\u{25cf}"], r"^\s*(?u:\x{25cf}) \S"),
    cue(
        "test-failure",
        0.9,
        Says,
        &["\u{2716}", "\u{2717}", "\u{2718}", "\u{274c}", "\u{d7}"],
        r"^\W{0,12}(?u:[\x{2716}\x{2717}\x{2718}\x{274c}\x{d7}])",
    ),
    cue("test-failure", 0.9, Opens, &["stdout ----", "panicked at"], r"^---- .* stdout ----|panicked at"),
    cue(
        "test-section",
        0.85,
        Opens,
        &["failures:", "failing", "failed:", "offenses:", "errors:"],
        r"(?i)^\s*(?:failures|failed tests?|failed|offenses|errors|failed scenarios|\d+ failing|there (?:was|were) \d+ (?:failures?|errors?)):?$",
    ),
    cue(
        "assertion",
        1.0,
        Opens,
        &["assert"],
        r"(?i)\bassert(?:ion)?\s?(?:error|failed|failure|violat)|\bassert(?:ion)?\b.{0,60}\bfail|Assert\.\w+\(\) Failure",
    ),
    cue(
        "comparison",
        0.8,
        Says,
        &["expected"],
        r"(?i)^\s*(?:expected|wanted)\b.{0,80}(?:\bto\b|got|but|actual|received|:)",
    ),
    cue(
        "test-summary",
        0.6,
        Says,
        &["failed", "failure", "failing", "errors"],
        r"(?i)\b[1-9]\d* (?:tests? |examples?, .*|specs?, .*)?(?:failed|failures?|failing|errors?)\b|(?:failures|errors|failed)\s*[:=]\s*[1-9]",
    ),
    cue("test-summary", 0.5, Says, &["fail"], r"^(?:Result: )?FAIL(?:ED|URES?)?!?$"),
    // Runtimes.
    cue(
        "panic",
        1.0,
        Opens,
        &["panic:", "fatal error:", "unhandled", "uncaught", "exception in thread"],
        r"(?i)^\s*(?:panic:|fatal error:|.*\b(?:unhandled|uncaught)\b.{0,30}(?:exception|error|rejection|condition)|exception in thread)",
    ),
    cue("exception", 1.0, Opens, &["** ("], r"^\s*\*\* \(\w"),
    cue("caused-by", 0.95, Says, &["caused by"], r"^\s*Caused by\b"),
    cue("sanitizer", 1.0, Opens, &["sanitizer"], r"ERROR: \w+Sanitizer|SUMMARY: \w+Sanitizer|WARNING: ThreadSanitizer"),
    cue(
        "crash",
        0.95,
        Says,
        &[
            "segmentation fault",
            "core dumped",
            "sigsegv",
            "sigabrt",
            "sigbus",
            "sigkill",
            "bus error",
            "illegal instruction",
            "out of memory",
            "outofmemory",
            "cannot allocate memory",
            "oomkilled",
            "heap out of memory",
            "stack overflow",
        ],
        r".",
    ),
    cue("killed", 0.9, Says, &["killed"], r"^\s*Killed\b|:\s+\d+ Killed|signal 9|\bkilled by\b"),
    cue("php", 1.0, Says, &["fatal error", "parse error"], r"PHP (?:Fatal|Parse) error|^(?:Fatal|Parse) error:"),
    cue("perl", 0.9, Says, &["can't locate", " line ", "died at"], r"^Can't locate |\bat \S+ line \d+\.?$"),
    cue("r", 1.0, Opens, &["error in ", "execution halted"], r"^\s*Error in |^Execution halted"),
    cue("tex", 1.0, Opens, &["! "], r"^! \S"),
    cue(
        "aborted",
        0.8,
        Opens,
        &["aborted!", "aborting", "terminated"],
        r"(?i)\baborted!|^\W*aborting\b|\bterminated\b",
    ),
    // Package managers, network, environment.
    cue(
        "shell",
        1.0,
        Says,
        &[
            "command not found",
            "no such file or directory",
            "permission denied",
            "not recognized as",
            "is not installed",
            "not currently installed",
        ],
        r".",
    ),
    cue("git", 1.0, Says, &["fatal:"], r"(?:^|\]|\s)fatal: "),
    cue("apt", 0.9, Says, &["e: "], r"^E: \S"),
    cue(
        "network",
        0.9,
        Says,
        &[
            "timed out",
            "timeout",
            "connection refused",
            "connection reset",
            "could not resolve",
            "name resolution",
            "unable to access",
            "ssl",
            "tls",
            "certificate",
            "503",
            "502",
            "429",
            "404",
            "403",
            "401",
        ],
        r"(?i)(?:connection|operation|request|read|download|fetch|tests?|command)\b.{0,30}\b(?:timed out|timeout|refused|reset)|could not resolve|unable to access|\bssl\b.{0,40}error|certificate (?:verify|has expired)|\b(?:HTTP|status|error|code|returned)\W{1,3}(?:code )?(?:40[134]|429|50[234])\b|\b(?:40[134]|429|50[234]) (?:Not Found|Forbidden|Unauthorized|Service|Bad Gateway|Too Many)",
    ),
    cue(
        "dependency",
        1.0,
        Says,
        &[
            "could not find",
            "no matching",
            "unable to resolve",
            "could not resolve",
            "resolutionimpossible",
            "eresolve",
            "conflict",
            "not satisfied",
            "unsatisfiable",
            "depends on",
            "no matching distribution",
            "failed to select",
            "cannot find module",
            "module not found",
            "no module named",
            "cannot find package",
        ],
        r"(?i)could not find (?:a version|gem|artifact|package|module|method)|no matching (?:version|distribution|package)|unable to resolve dependency|could not resolve (?:dependenc|all)|resolutionimpossible|eresolve|(?:dependency|version) conflict|unsatisfi|failed to select a version|cannot find (?:module|package)|module not found|no module named",
    ),
    cue("error-prefix", 0.85, Says, &["error"], r"^[^\w\[]{0,6}(?:##\[error\])?(?:\w+: )?(?:ERROR|Error|error)\b\W"),
    cue("gha-error", 0.9, Says, &["##[error]"], r"##\[error\]"),
    // Maven and sbt mark every line of a failure.
    cue("maven-error", 0.7, Says, &["[error]"], r"^\[ERROR\] \S"),
    cue("error-prefix", 0.85, Says, &["error", "fail"], r"^\W{0,4}\[\W{0,2}(?:error|fail|Error|Fail)\W{0,2}\]"),
    cue("maven-goal", 0.8, Says, &["failed to execute goal"], r"^\[ERROR\] Failed to execute goal "),
    cue("maven-test", 0.95, Says, &["[error]"], r"^\[ERROR\]\s+(?:(?:\w+\.)*\w+(?:\.|->)\w+:\d+|Tests run:)"),
    cue(
        "maven-rule",
        1.0,
        Opens,
        &["failed with message", "found banned dependency", "dependency convergence error"],
        r".",
    ),
    cue(
        "build-tool",
        0.85,
        Opens,
        &["what went wrong", "compilation error", "execution failed", "build failed because"],
        r"(?i)what went wrong|compilation error|execution failed for task",
    ),
    cue(
        "rule",
        0.85,
        Says,
        &[
            "violation",
            "offense",
            "lint",
            "missing",
            "must be",
            "should be",
            "too long",
            "longer than",
            "not being used",
            "trailing whitespace",
        ],
        r"^\S+:\d+(?::\d+)?:? .*\S",
    ),
    cue("finding", 0.75, Says, &[": c: ", ": w: ", ": e: ", ": f: ", ": r: "], r"^\S+:\d+:\d+: [CWEFR]: "),
    // Echoes.
    cue("make", 0.35, Echoes, &["***"], r"^\S*make(?:\[\d+\])?(?:\.exe)?: \*\*\*"),
    cue("npm", 0.35, Echoes, &["npm err!", "lerna err!", "npm error"], r"^(?:npm|lerna) (?:ERR!|error)"),
    cue(
        "exit-status",
        0.3,
        Echoes,
        &["exit", "returned", "command failed"],
        r"(?i)exited with|exit (?:code|status)|returned (?:a )?non-zero|command failed|failed with exit",
    ),
    cue("build-result", 0.3, Echoes, &["build fail", "build failed", "build failure"], r"."),
    cue(
        "maven-help",
        0.2,
        Echoes,
        &["[error]"],
        r"^\[ERROR\]\s*(?:$|-> \[Help|To see the full|Re-run Maven|For more information|\[Help \d|After correcting|mvn <|-{5}|realm =|strategy =|urls\[|Number of foreign|import from realm)",
    ),
    // Words, when nothing says it better.
    cue("warning", 0.3, Opens, &["warning"], r"(?i)^\S+:\d+(?::\d+)?:.{0,4}\bwarning\b|^\s*warning\b"),
    cue(
        "failure-word",
        0.45,
        Says,
        &[
            "fail",
            "error",
            "fatal",
            "exception",
            "abort",
            "cannot",
            "can't",
            "unable",
            "invalid",
            "not found",
            "denied",
            "missing",
            "unexpected",
            "mismatch",
            "unknown",
            "illegal",
            "incorrect",
            "wrong",
            "broken",
        ],
        r"(?i)\b(?:fail(?:s|ed|ure|ures|ing)?|errors?|fatal|exception|abort(?:ed|ing)?|cannot|can't|unable to|invalid|not found|denied|missing|unexpected|mismatch|illegal|incorrect|broken)\b",
    ),
];
