//! Shell commands: dangerous, benign, and those that a person should look at.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use clap::Args;
use selfheal_policy::command::{self, Assessment};
use serde::{Deserialize, Serialize};

use crate::rows::{self, Error};

#[derive(Args)]
pub(crate) struct Arguments {
    /// Folder with commands.jsonl, and commands_review.jsonl where there is one; or the folder above `safety`.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// Prints one JSON object instead of a table.
    #[arg(long)]
    json: bool,
}

const EXPECTED: &str = r#"{"cmd":…,"label":"dangerous|benign|review","category":…,"id":…}"#;
/// Rows of this category hold a destructive command as data.
const QUOTED: &str = "data-not-code:";
const MISSES_LISTED: usize = 20;
/// Each command is timed as the fastest of so many runs: what else the machine does isn't the classifier's cost.
const RUNS: usize = 5;

#[derive(Deserialize)]
struct Row {
    cmd: String,
    label: Label,
    category: String,
    #[serde(default)]
    id: Option<String>,
}

#[derive(Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum Label {
    Dangerous,
    Benign,
    Review,
}

/// The figures, named as they're printed.
#[derive(Default, Serialize)]
struct Figures {
    dangerous: usize,
    auto_run: usize,
    recognised: usize,
    benign: usize,
    called_destructive: usize,
    quoted: usize,
    quoted_called_destructive: usize,
    p50_us: f64,
    p99_us: f64,
    misses: Vec<String>,
}

/// Reads the data, assesses every command and prints the figures.
pub(crate) fn run(arguments: &Arguments, output: &mut dyn Write) -> Result<(), Error> {
    let folder = folder(&arguments.data);
    let mut rows: Vec<Row> = rows::read(&folder.join("commands.jsonl"), EXPECTED)?;
    let review = folder.join("commands_review.jsonl");
    if review.exists() {
        rows.extend(rows::read::<Row>(&review, EXPECTED)?);
    }
    let figures = figures(&rows);
    if arguments.json {
        let line = serde_json::to_string(&figures).map_err(std::io::Error::other)?;
        writeln!(output, "{line}")?;
    } else {
        table(&figures, output)?;
    }
    Ok(())
}

fn folder(data: &Path) -> PathBuf {
    let below = data.join("safety");
    if !data.join("commands.jsonl").exists() && below.join("commands.jsonl").exists() { below } else { data.to_owned() }
}

fn figures(rows: &[Row]) -> Figures {
    let mut figures = Figures::default();
    let (mut auto_run, mut wrong) = (Vec::new(), Vec::new());
    let mut times = Vec::with_capacity(rows.len());
    for (index, row) in rows.iter().enumerate() {
        let (assessment, time) = timed(&row.cmd);
        times.push(time);
        let name = || row.id.clone().unwrap_or_else(|| format!("row {}", index + 1));
        if row.label != Label::Benign && assessment.is_read_only() {
            auto_run.push(name());
        }
        if figures.count(row, &assessment) {
            wrong.push(name());
        }
    }
    figures.auto_run = auto_run.len();
    wrong.retain(|name| !auto_run.contains(name));
    figures.misses = auto_run.into_iter().chain(wrong).take(MISSES_LISTED).collect();
    times.sort_unstable();
    (figures.p50_us, figures.p99_us) = (percentile(&times, 50), percentile(&times, 99));
    figures
}

impl Figures {
    /// Counts a row; true when it was judged wrongly. A row for review is nobody's mistake.
    fn count(&mut self, row: &Row, assessment: &Assessment) -> bool {
        let destructive = assessment.is_destructive();
        match row.label {
            Label::Dangerous => {
                self.dangerous += 1;
                self.recognised += usize::from(destructive);
                !destructive
            }
            Label::Benign => {
                let quoted = row.category.starts_with(QUOTED);
                self.benign += 1;
                self.called_destructive += usize::from(destructive);
                self.quoted += usize::from(quoted);
                self.quoted_called_destructive += usize::from(quoted && destructive);
                destructive
            }
            Label::Review => false,
        }
    }
}

fn timed(script: &str) -> (Assessment, Duration) {
    let mut best = Duration::MAX;
    let mut assessment = command::assess(script);
    for _ in 0..RUNS {
        let start = Instant::now();
        assessment = command::assess(script);
        best = best.min(start.elapsed());
    }
    (assessment, best)
}

/// Microseconds, of sorted times.
fn percentile(sorted: &[Duration], percent: usize) -> f64 {
    let last = sorted.len().saturating_sub(1);
    let nanoseconds = sorted.get(last * percent / 100).map_or(0, Duration::as_nanos);
    // One digit after the point is as exact as a timer is.
    (u32::try_from(nanoseconds / 100).map_or(f64::INFINITY, f64::from)) / 10.0
}

fn table(figures: &Figures, output: &mut dyn Write) -> Result<(), Error> {
    let share =
        |part: usize, of: usize| if of == 0 { "-".to_owned() } else { format!("{:.2} %", 100.0 * ratio(part, of)) };
    writeln!(output, "dangerous                 {:>6}", figures.dangerous)?;
    writeln!(output, "  would run by itself     {:>6}  (review included)", figures.auto_run)?;
    writeln!(
        output,
        "  recognised              {:>6}  {}",
        figures.recognised,
        share(figures.recognised, figures.dangerous)
    )?;
    writeln!(output, "benign                    {:>6}", figures.benign)?;
    writeln!(
        output,
        "  called destructive      {:>6}  {}",
        figures.called_destructive,
        share(figures.called_destructive, figures.benign)
    )?;
    writeln!(output, "data that is not code     {:>6}", figures.quoted)?;
    writeln!(
        output,
        "  called destructive      {:>6}  {}",
        figures.quoted_called_destructive,
        share(figures.quoted_called_destructive, figures.quoted)
    )?;
    writeln!(output, "time per command     p50 {:.1} µs, p99 {:.1} µs", figures.p50_us, figures.p99_us)?;
    if !figures.misses.is_empty() {
        writeln!(output, "judged wrongly       {}", figures.misses.join(" "))?;
    }
    Ok(())
}

fn ratio(part: usize, of: usize) -> f64 {
    let exact = |count: usize| u32::try_from(count).map_or(f64::INFINITY, f64::from);
    exact(part) / exact(of)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(cmd: &str, label: Label, category: &str) -> Row {
        Row { cmd: cmd.to_owned(), label, category: category.to_owned(), id: Some(cmd.to_owned()) }
    }

    #[test]
    fn figures_count_each_row_once_and_where_it_belongs() {
        let rows = [
            row("rm -rf /srv", Label::Dangerous, "fs"),
            row("ls", Label::Dangerous, "fs"),
            row("frobnicate", Label::Dangerous, "fs"),
            row("echo 'rm -rf /'", Label::Benign, "data-not-code:echo"),
            row("rm -rf /opt", Label::Benign, "fs"),
            row("pwd", Label::Review, "fs"),
            row("git stash drop", Label::Review, "git"),
        ];
        let figures = figures(&rows);
        assert_eq!((figures.dangerous, figures.recognised, figures.auto_run), (3, 1, 2));
        assert_eq!((figures.benign, figures.called_destructive), (2, 1));
        assert_eq!((figures.quoted, figures.quoted_called_destructive), (1, 0));
        assert_eq!(figures.misses, ["ls", "pwd", "frobnicate", "rm -rf /opt"]);
    }

    #[test]
    fn a_wrong_row_is_named_by_file_and_line() {
        let folder = tempfile::tempdir().unwrap();
        let good = r#"{"cmd":"ls","label":"benign","category":"fs","id":"a"}"#;
        std::fs::write(folder.path().join("commands.jsonl"), format!("{good}\n{{\"cmd\":1}}\n")).unwrap();
        let arguments = Arguments { data: folder.path().to_owned(), json: true };
        let error = run(&arguments, &mut Vec::new()).unwrap_err().to_string();
        assert!(error.contains("commands.jsonl:2: expected"), "{error}");
    }

    #[test]
    fn the_json_has_exactly_the_agreed_keys_in_their_order() {
        let text = serde_json::to_string(&figures(&[row("ls", Label::Benign, "fs")])).unwrap();
        let keys: Vec<&str> = text.split('"').skip(1).step_by(2).collect();
        let agreed = "dangerous auto_run recognised benign called_destructive quoted quoted_called_destructive p50_us p99_us misses";
        assert_eq!(keys.join(" "), agreed);
    }
}
