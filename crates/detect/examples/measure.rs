//! Measures redaction and failing-line extraction on labelled data:
//! `SELFHEAL_DATA=DIR cargo run --release -p selfheal-detect --example measure [-- -v]`.

#![allow(clippy::print_stdout, reason = "a report is what it is for")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use selfheal_detect::extract::{CONFIDENT, failing_lines};
use selfheal_detect::redact::{Finding, Redactor};
use serde_json::Value;

fn main() {
    let data = PathBuf::from(env::var("SELFHEAL_DATA").unwrap_or_else(|_| "../shared/data".to_owned()));
    let verbose = env::args().any(|argument| argument == "-v");
    measure(&data.join("safety/secrets.jsonl"), |rows| redaction(rows, verbose));
    let logs = data.join("ci-logs/travis-logchunks");
    measure(&logs.join("labels.jsonl"), |rows| travis(&logs.join("logs"), rows, verbose));
    pytorch(&data.join("ci-logs/github-pytorch"), verbose);
}

fn measure(file: &Path, of: impl FnOnce(&[Value])) {
    match fs::read_to_string(file) {
        Ok(text) => of(&text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect::<Vec<_>>()),
        Err(_) => println!("skipped: {} is absent", file.display()),
    }
}

fn redaction(rows: &[Value], verbose: bool) {
    let redactor = Redactor::default();
    let (mut secrets, mut hit, mut full, mut benign, mut touched) = (0, 0, 0, 0, 0);
    for row in rows {
        let text = row["text"].as_str().unwrap_or_default();
        let found = redactor.find(text);
        if row["label"] == "benign" {
            benign += 1;
            touched += usize::from(!found.is_empty());
            if verbose && !found.is_empty() {
                println!("look-alike {}: {:?}", row["kind"], redactor.redact(text));
            }
            continue;
        }
        secrets += 1;
        let share = covered_share(text, row["secret"].as_str().unwrap_or_default(), &found);
        hit += usize::from(share > 0.0);
        full += usize::from(share >= 1.0);
        if verbose && share < 1.0 {
            println!("missed {} {}: {:?}", row["kind"], row["context"], redactor.redact(text));
        }
    }
    println!("redaction: {secrets} secrets, hit {hit}, fully covered {full}; {benign} look-alikes, touched {touched}");
}

/// Of the secret's bytes as they stand in the text (raw, base64, percent-encoded or wrapped), the share that was found.
fn covered_share(text: &str, secret: &str, found: &[Finding]) -> f64 {
    let forms = [secret.to_owned(), STANDARD.encode(secret), percent_encoded(secret)];
    let whole = forms.iter().find_map(|form| text.find(form.as_str()).map(|at| (at..at + form.len()).collect()));
    let Some(places): Option<Vec<usize>> = whole.or_else(|| wrapped(text, secret)) else { return 0.0 };
    let covered = places.iter().filter(|&&at| found.iter().any(|finding| finding.range.contains(&at))).count();
    covered as f64 / places.len() as f64
}

fn percent_encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| {
            if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
                char::from(byte).to_string()
            } else {
                format!("%{byte:02X}")
            }
        })
        .collect()
}

fn wrapped(text: &str, secret: &str) -> Option<Vec<usize>> {
    (0..text.len()).find_map(|start| {
        let visible = (start..text.len()).filter(|&at| text.as_bytes()[at] != b'\n');
        let places: Vec<usize> = visible.take(secret.len()).collect();
        places.iter().map(|&at| text.as_bytes()[at]).eq(secret.bytes()).then_some(places)
    })
}

/// Sums over logs; printed as means.
#[derive(Default)]
struct Scores {
    logs: f64,
    precision: f64,
    recall: f64,
    f1: f64,
    full: f64,
}

impl Scores {
    fn add(&mut self, predicted: &BTreeSet<usize>, truth: &BTreeSet<usize>) {
        let right = predicted.intersection(truth).count() as f64;
        let precision = if predicted.is_empty() { 0.0 } else { right / predicted.len() as f64 };
        let recall = right / truth.len() as f64;
        self.logs += 1.0;
        self.precision += precision;
        self.recall += recall;
        self.f1 += if right == 0.0 { 0.0 } else { 2.0 * precision * recall / (precision + recall) };
        self.full += f64::from(recall >= 1.0);
    }

    fn print(&self, name: &str) {
        let mean = |sum: f64| sum / self.logs;
        println!(
            "  {name:10} P {:.3} R {:.3} F1 {:.3} full {:.3}",
            mean(self.precision),
            mean(self.recall),
            mean(self.f1),
            mean(self.full)
        );
    }
}

const BUDGETS: [usize; 3] = [5, 20, 50];

fn travis(logs: &Path, rows: &[Value], verbose: bool) {
    let mut confident = Scores::default();
    let mut scores = BUDGETS.map(|_| Scores::default());
    for row in rows.iter().filter(|row| row["match"] == "exact") {
        let Some(text) = gunzip(&logs.join(format!("{}.gz", row["log"].as_str().unwrap_or_default()))) else {
            continue;
        };
        let lines: Vec<&str> = text.split('\n').collect();
        let line = |key: &str| row[key].as_u64().unwrap_or_default() as usize - 1;
        let truth: BTreeSet<usize> = (line("line_start")..=line("line_end")).collect();
        for (budget, scores) in BUDGETS.into_iter().zip(&mut scores) {
            scores.add(&predicted(&lines, budget, 0.0), &truth);
        }
        let sure = predicted(&lines, 50, CONFIDENT);
        confident.add(&sure, &truth);
        if verbose && predicted(&lines, 50, 0.0).is_disjoint(&truth) {
            show_miss(row, &lines, &truth);
        }
    }
    println!("extraction on {} Travis logs", confident.logs);
    confident.print("confident");
    for (budget, scores) in BUDGETS.into_iter().zip(&scores) {
        scores.print(&format!("budget {budget}"));
    }
}

fn show_miss(row: &Value, lines: &[&str], truth: &BTreeSet<usize>) {
    println!(
        "missed {} {}-{} of {}",
        row["id"],
        truth.first().unwrap_or(&0) + 1,
        truth.last().unwrap_or(&0) + 1,
        lines.len()
    );
    let show = |mark: char, at: usize| println!("   {mark} {at} {:?}", lines[at].chars().take(160).collect::<String>());
    truth.iter().take(4).for_each(|&at| show('=', at));
    failing_lines(lines, 50).iter().take(6).for_each(|line| {
        print!("   {} {:.2}", line.rule, line.score);
        show('?', line.index);
    });
}

fn predicted(lines: &[&str], budget: usize, min_score: f32) -> BTreeSet<usize> {
    failing_lines(lines, budget).iter().filter(|line| line.score >= min_score).map(|line| line.index).collect()
}

fn pytorch(folder: &Path, verbose: bool) {
    let Ok(files) = fs::read_dir(folder) else {
        println!("skipped: {} is absent", folder.display());
        return;
    };
    let (mut logs, mut found) = (0, [0; 3]);
    for text in files.flatten().filter_map(|file| fs::read_to_string(file.path()).ok()) {
        const MARK: &str = "#=MATCH=# ";
        let Some(truth) = text.lines().position(|line| line.starts_with(MARK)) else { continue };
        let clean = text.replace(MARK, "").replace(['‹', '›'], "");
        let lines: Vec<&str> = clean.lines().collect();
        logs += 1;
        for (budget, found) in BUDGETS.into_iter().zip(&mut found) {
            *found += usize::from(predicted(&lines, budget, 0.0).contains(&truth));
        }
        if verbose && !predicted(&lines, 20, 0.0).contains(&truth) {
            println!("missed {:?}", lines[truth]);
        }
    }
    println!("extraction on {logs} GitHub fragments: marked line found within 5/20/50 lines: {found:?}");
}

fn gunzip(file: &Path) -> Option<String> {
    let output = Command::new("gzip").arg("-dc").arg(file).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}
