//! Diagnoses log files with the shipped catalogue: `diagnose FILE…`. Header lines `#! fact=value` name facts.

use std::process::ExitCode;

use selfheal_core::facts::{Fact, Facts};
use selfheal_policy::runbook::Catalogue;

fn main() -> ExitCode {
    let catalogue = match Catalogue::shipped() {
        Ok(catalogue) => catalogue,
        Err(error) => return fail(&error.to_string()),
    };
    for path in std::env::args().skip(1) {
        match std::fs::read(&path) {
            Ok(bytes) => diagnose(&catalogue, &path, &String::from_utf8_lossy(&bytes)),
            Err(error) => return fail(&format!("{path}: {error}")),
        }
    }
    ExitCode::SUCCESS
}

#[allow(clippy::print_stdout, reason = "an example that prints")]
fn diagnose(catalogue: &Catalogue, path: &str, log: &str) {
    let stripped = selfheal_detect::ansi::strip(log);
    let lines: Vec<&str> = stripped.lines().filter(|line| !line.starts_with("#! ")).collect();
    let matches = catalogue.recognise(&facts(log), &lines);
    let Some(best) = matches.first() else {
        println!("{path}: unknown");
        return;
    };
    let others: Vec<&str> = matches[1..].iter().map(|found| found.runbook().id()).collect();
    println!("{path}: {} [{}] {} (also {others:?})", best.runbook().category(), best.runbook().id(), best.summary());
}

fn facts(log: &str) -> Facts {
    let pairs = log.lines().filter_map(|line| line.strip_prefix("#! ")?.split_once('='));
    pairs.fold(Facts::new(), |facts, (name, value)| match value.trim().parse() {
        Ok(number) => facts.with(name.trim(), Fact::Number(number)),
        Err(_) => facts.with(name.trim(), Fact::Flag(value.trim() == "true")),
    })
}

#[allow(clippy::print_stderr, reason = "an example that prints")]
fn fail(message: &str) -> ExitCode {
    eprintln!("diagnose: {message}");
    ExitCode::FAILURE
}
