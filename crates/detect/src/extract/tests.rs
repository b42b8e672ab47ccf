use super::*;

fn chosen(log: &str, budget: usize) -> Vec<&str> {
    let lines: Vec<&str> = log.lines().collect();
    failing_lines(&lines, budget).into_iter().map(|line| lines[line.index]).collect()
}

/// What is chosen with confidence.
fn core(log: &str) -> Vec<&str> {
    let lines: Vec<&str> = log.lines().collect();
    let found = failing_lines(&lines, 20);
    found.into_iter().filter(|line| line.score >= CONFIDENT).map(|line| lines[line.index]).collect()
}

const TRACEBACK: &str = "\
collecting
Traceback (most recent call last):
  File \"a.py\", line 1, in <module>
    import yaml
ModuleNotFoundError: No module named 'yaml'
cleaning up";

#[test]
fn a_traceback_is_whole() {
    assert_eq!(core(TRACEBACK), TRACEBACK.lines().skip(1).take(4).collect::<Vec<_>>());
}

#[test]
fn of_a_traceback_too_long_the_last_line_stays() {
    let long = TRACEBACK.replace("    import yaml\n", &"  File \"b.py\", line 2, in f\n".repeat(50));
    assert!(chosen(&long, 5).contains(&"ModuleNotFoundError: No module named 'yaml'"));
}

#[test]
fn a_compiler_error_brings_its_excerpt() {
    let log = "   Compiling a v0.1.0\nerror[E0425]: cannot find value `x` in this scope\n  --> src/lib.rs:2:5\n   |\n2  |     x\n   |     ^ not found\n\nerror: could not compile `a` due to 1 previous error";
    let core = core(log);
    assert!(core.contains(&"  --> src/lib.rs:2:5") && core.contains(&"2  |     x"), "{core:?}");
    assert!(!core.contains(&"   Compiling a v0.1.0"));
}

#[test]
fn an_echo_counts_less_than_what_it_repeats() {
    let log = "src/a.c:3:1: error: expected ';'\nmake[1]: *** [a.o] Error 1\nmake: *** [all] Error 2\nnpm ERR! code ELIFECYCLE";
    assert_eq!(core(log), ["src/a.c:3:1: error: expected ';'"]);
}

#[test]
fn colour_time_stamps_and_carriage_returns_change_nothing() {
    let decorated: String =
        TRACEBACK.lines().map(|line| format!("2026-11-22T04:11:09.1234567Z \x1b[31m{line}\x1b[0m\r\n")).collect();
    let indexes = |log: &str| {
        failing_lines(&log.split('\n').collect::<Vec<_>>(), 20).iter().map(|line| line.index).collect::<Vec<_>>()
    };
    assert_eq!(indexes(&decorated), indexes(TRACEBACK));
}

#[test]
fn passing_tests_with_frightening_names_are_no_failures() {
    let log = "\u{2713} throws an error when denied\nok 1 - fails on invalid input\ntest result: ok. 3 passed; 0 failed\n1) deletes the row\n     AssertionError: expected 1 to equal 2";
    assert_eq!(core(log), ["1) deletes the row", "     AssertionError: expected 1 to equal 2"]);
}

#[test]
fn the_failing_commands_part_counts_most() {
    let log = "$ ./setup\nerror: optional feature missing\nexited with 0\n$ ./check\nPackage is 9 kB too big\nexited with code 3\n$ ./cleanup\ncannot remove cache";
    assert!(chosen(log, 2).contains(&"Package is 9 kB too big"));
}

#[test]
fn a_log_without_a_cue_gives_its_end() {
    assert_eq!(chosen("building\nlinking\ndone", 2), ["linking", "done"]);
    assert!(chosen("", 5).is_empty());
    assert!(chosen("error: x", 0).is_empty());
}

#[test]
fn a_megabyte_in_one_line_is_read_by_its_head() {
    let line = format!("Error: {}", "x".repeat(1 << 20));
    assert_eq!(failing_lines(&[&line], 5).len(), 1);
}
