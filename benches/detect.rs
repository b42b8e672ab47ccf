//! Throughput of the pure text algorithms on generated logs.
//!
//! `cargo bench -p selfheal-benches --bench detect [-- --max-time 0.2]`

use divan::counter::BytesCount;
use divan::{Bencher, black_box};
use selfheal_detect::extract::failing_lines;
use selfheal_detect::redact::Redactor;
use selfheal_detect::scan::Scanner;
use selfheal_detect::{ansi, mask};

fn main() {
    divan::main();
}

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
        let mut hits = 0;
        Scanner::new().scan(black_box(text.as_bytes()), |_| hits += 1);
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
