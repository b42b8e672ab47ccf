//! Throughput of the pure text algorithms on generated logs.
//!
//! `cargo bench -p selfheal-benches --bench detect [-- --max-time 0.2]`

#![allow(clippy::print_stdout, reason = "a bench prints its figures")]

use divan::counter::BytesCount;
use divan::{Bencher, black_box};
use selfheal_detect::extract::failing_lines;
use selfheal_detect::redact::Redactor;
use selfheal_detect::scan::Scanner;
use selfheal_detect::{ansi, mask};

fn main() {
    if real_logs().is_empty() {
        println!("skipped: redaction and extraction of real logs; expected a folder of *.txt logs in $SELFHEAL_LOGS");
    }
    divan::main();
}

/// The logs in the folder that `SELFHEAL_LOGS` names, one text; none if there is no such folder.
fn real_logs() -> Vec<String> {
    let files = std::env::var("SELFHEAL_LOGS").ok().and_then(|folder| std::fs::read_dir(folder).ok());
    let paths = files.into_iter().flatten().flatten().map(|file| file.path());
    let mut logs: Vec<_> = paths.filter(|path| path.extension().is_some_and(|kind| kind == "txt")).collect();
    logs.sort();
    logs.iter().filter_map(|path| std::fs::read_to_string(path).ok()).collect()
}

/// Bytes that a stream is read in; a scanner reports a bounded number of lines of each.
const CHUNK: usize = 64 << 10;

/// Lines that the loop reads of a log.
const TAIL: usize = 500;

/// How many failing lines are asked for.
const BUDGET: usize = 20;

#[derive(Debug, Clone, Copy)]
enum Log {
    /// A build that goes well, up to its last lines.
    Plain,
    /// Every line coloured and stamped, as CI logs are.
    Coloured,
    /// Something that looks like an error, an assignment or a digest in every line: the worst case of a prefilter.
    Dense,
}

const LOGS: [Log; 3] = [Log::Plain, Log::Coloured, Log::Dense];

impl Log {
    fn text(self, lines: usize) -> String {
        let body = (0..lines).map(|number| self.line(number));
        body.chain(FAILURE.iter().map(|line| format!("{line}\n"))).collect()
    }

    fn line(self, number: usize) -> String {
        let digest = (number as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        match self {
            Self::Plain => format!("   Compiling crate-{number} v1.{}.0 (/build/work/crate-{number})\n", number % 17),
            Self::Coloured => format!(
                "2026-01-02T03:{:02}:{:02}.123Z \x1b[1m\x1b[32mok\x1b[0m test module_{number}::case ... \x1b[32mpassed\x1b[0m\n",
                number / 60 % 60,
                number % 60
            ),
            Self::Dense => {
                format!("error_count={number} token_type=bearer checksum={digest:016x}{digest:016x} warning: retry\n")
            }
        }
    }
}

const FAILURE: [&str; 4] = [
    "thread 'main' panicked at src/orders.rs:88:14:",
    "expected `limit` to be set for the order service",
    "error: test failed, to rerun pass `--lib`",
    "exited with code 101",
];

#[divan::bench(args = LOGS)]
fn scan(bencher: Bencher<'_, '_>, log: Log) {
    let text = log.text(20_000);
    bencher.counter(BytesCount::of_str(&text)).bench_local(|| {
        let (mut hits, mut scanner) = (0, Scanner::new());
        black_box(text.as_bytes()).chunks(CHUNK).for_each(|chunk| scanner.scan(chunk, |_| hits += 1));
        hits
    });
}

#[divan::bench(args = LOGS)]
fn strip_ansi(bencher: Bencher<'_, '_>, log: Log) {
    let text = log.text(TAIL);
    bencher.counter(BytesCount::of_str(&text)).bench_local(|| ansi::strip(black_box(&text)).len());
}

#[divan::bench(args = LOGS)]
fn redact(bencher: Bencher<'_, '_>, log: Log) {
    let text = ansi::strip(&log.text(TAIL)).into_owned();
    let redactor = Redactor::builder().known("DB_PASSWORD", "correct-horse-battery").build();
    bencher.counter(BytesCount::of_str(&text)).bench_local(|| redactor.redact(black_box(&text)).len());
}

#[divan::bench(args = LOGS)]
fn extract_failing_lines(bencher: Bencher<'_, '_>, log: Log) {
    let text = ansi::strip(&log.text(TAIL)).into_owned();
    let lines: Vec<&str> = text.lines().collect();
    bencher.counter(BytesCount::of_str(&text)).bench_local(|| failing_lines(black_box(&lines), BUDGET).len());
}

#[divan::bench(args = LOGS)]
fn mask_lines(bencher: Bencher<'_, '_>, log: Log) {
    let text = ansi::strip(&log.text(TAIL)).into_owned();
    let bytes = BytesCount::of_str(&text);
    bencher.counter(bytes).bench_local(|| mask::signature(black_box(&text).lines()));
}

#[divan::bench(ignore = real_logs().is_empty())]
fn redact_real_logs(bencher: Bencher<'_, '_>) {
    let logs = real_logs();
    let redactor = Redactor::default();
    let bytes = BytesCount::new(logs.iter().map(String::len).sum::<usize>());
    bencher.counter(bytes).bench_local(|| logs.iter().map(|log| redactor.redact(black_box(log)).len()).sum::<usize>());
}

#[divan::bench(ignore = real_logs().is_empty())]
fn extract_from_real_logs(bencher: Bencher<'_, '_>) {
    let logs = real_logs();
    let logs_by_line: Vec<Vec<&str>> = logs.iter().map(|log| log.lines().collect()).collect();
    let bytes = BytesCount::new(logs.iter().map(String::len).sum::<usize>());
    let found = |lines: &Vec<&str>| failing_lines(black_box(lines), BUDGET).len();
    bencher.counter(bytes).bench_local(|| logs_by_line.iter().map(found).sum::<usize>());
}
