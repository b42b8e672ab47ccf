//! Prompts about real failing logs: their size against the log's, and how many of the lines that tell why it failed are inside.
//!
//! A prompt is all that is sent: instructions, facts, excerpt and the schema of the answer. Tokens are taken for four bytes each on both
//! sides, so shares are those of bytes.

mod sent;

use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use flate2::read::GzDecoder;
use serde::{Deserialize, Serialize};

use self::sent::{Sent, sent_about};
use crate::rows::{self, Error};

#[derive(Args)]
pub(crate) struct Arguments {
    /// Folder with labels.jsonl and logs/; or the folder above `ci-logs/travis-logchunks`.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// Prints one JSON object per log before the figures.
    #[arg(long)]
    each: bool,
    /// Prints one JSON object instead of a table.
    #[arg(long)]
    json: bool,
}

const EXPECTED: &str = r#"{"id":…,"log":…,"line_start":…,"line_end":…,"match":"exact|…"}"#;
/// Largest log read, in bytes.
const LOG_BYTES: u64 = 64 << 20;

#[derive(Deserialize)]
struct Label {
    id: String,
    log: String,
    line_start: u64,
    line_end: u64,
    #[serde(rename = "match")]
    found: String,
}

/// The figures, named as they're printed; shares are of 1.
#[derive(Debug, Default, Serialize)]
struct Figures {
    logs: usize,
    log_tokens: u64,
    /// All analysts' prompts of all logs.
    prompt_share: f64,
    /// The same with the classifiers' prompts.
    with_classifier_share: f64,
    /// Of single logs: the median, nine of ten, the largest.
    p50_share: f64,
    p90_share: f64,
    max_share: f64,
    /// Tokens of a prompt: the median and the most.
    p50_tokens: u64,
    max_tokens: u64,
    labelled_lines: usize,
    /// Labelled lines that the analyst's prompt shows: of all, and the mean of every log's share, in which a long stack weighs no more
    /// than a short message.
    inside_share: f64,
    mean_inside_share: f64,
    /// Logs of which every labelled line is shown, and logs of which none is.
    whole: usize,
    none: usize,
}

/// What was measured of one log, in bytes and lines.
#[derive(Debug, Serialize)]
struct Measured {
    id: String,
    log: u64,
    analyst: u64,
    classifier: u64,
    labelled: usize,
    inside: usize,
}

/// Reads the data, makes the prompts and prints the figures.
pub(crate) fn run(arguments: &Arguments, output: &mut dyn Write) -> Result<(), Error> {
    let below = arguments.data.join("ci-logs/travis-logchunks");
    let folder = if below.join("labels.jsonl").exists() { below } else { arguments.data.clone() };
    let labels: Vec<Label> = rows::read(&folder.join("labels.jsonl"), EXPECTED)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    let mut measured = Vec::with_capacity(labels.len());
    for label in labels.iter().filter(|label| label.found == "exact") {
        let log = unpacked(&folder.join("logs").join(format!("{}.gz", label.log)))?;
        let sent = runtime.block_on(sent_about(&log))?;
        measured.push(measure(label, &log, &sent));
    }
    for one in measured.iter().filter(|_| arguments.each) {
        writeln!(output, "{}", serde_json::to_string(one).map_err(std::io::Error::other)?)?;
    }
    let figures = figures(&measured);
    match arguments.json {
        true => writeln!(output, "{}", serde_json::to_string(&figures).map_err(std::io::Error::other)?)?,
        false => table(&figures, output)?,
    }
    Ok(())
}

fn unpacked(path: &Path) -> Result<String, Error> {
    let unreadable = |source| Error::Unreadable { path: path.to_owned(), source };
    let mut bytes = Vec::new();
    let packed = File::open(path).map_err(unreadable)?;
    GzDecoder::new(packed).take(LOG_BYTES).read_to_end(&mut bytes).map_err(unreadable)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// A labelled line without text, or with nothing but colours, is not counted: it tells nothing.
fn measure(label: &Label, log: &str, sent: &Sent) -> Measured {
    let labelled: Vec<u64> = (1..)
        .zip(log.split('\n'))
        .filter(|(number, line)| {
            (label.line_start..=label.line_end).contains(number)
                && !selfheal_detect::ansi::strip(line).trim().is_empty()
        })
        .map(|(number, _)| number)
        .collect();
    Measured {
        id: label.id.clone(),
        log: log.len() as u64,
        analyst: sent.analyst_bytes,
        classifier: sent.classifier_bytes,
        labelled: labelled.len(),
        inside: labelled.iter().filter(|number| sent.lines.contains(number)).count(),
    }
}

fn figures(measured: &[Measured]) -> Figures {
    let sum = |of: fn(&Measured) -> u64| measured.iter().map(of).sum::<u64>();
    let log_bytes = sum(|one| one.log);
    let labelled: usize = measured.iter().map(|one| one.labelled).sum();
    let inside: usize = measured.iter().map(|one| one.inside).sum();
    let mut shares: Vec<f64> = measured.iter().map(|one| share(one.analyst, one.log)).collect();
    shares.sort_by(f64::total_cmp);
    let mut prompts: Vec<u64> = measured.iter().map(|one| one.analyst / 4).collect();
    prompts.sort_unstable();
    Figures {
        logs: measured.len(),
        log_tokens: log_bytes / 4,
        prompt_share: share(sum(|one| one.analyst), log_bytes),
        with_classifier_share: share(sum(|one| one.analyst + one.classifier), log_bytes),
        p50_share: at(&shares, 50),
        p90_share: at(&shares, 90),
        max_share: at(&shares, 100),
        p50_tokens: at(&prompts, 50),
        max_tokens: at(&prompts, 100),
        labelled_lines: labelled,
        inside_share: share(inside as u64, labelled as u64),
        mean_inside_share: mean(measured.iter().filter(|one| one.labelled > 0).map(Measured::inside_share)),
        whole: measured.iter().filter(|one| one.inside == one.labelled).count(),
        none: measured.iter().filter(|one| one.inside == 0 && one.labelled > 0).count(),
    }
}

impl Measured {
    fn inside_share(&self) -> f64 {
        share(self.inside as u64, self.labelled as u64)
    }
}

fn mean(shares: impl Iterator<Item = f64>) -> f64 {
    let (sum, count) = shares.fold((0.0, 0_u32), |(sum, count), share| (sum + share, count + 1));
    (sum / f64::from(count.max(1)) * 1e4).round() / 1e4
}

/// To four digits: more would be noise.
fn share(part: u64, of: u64) -> f64 {
    let exact = |count: u64| count as f64;
    if of == 0 { 0.0 } else { (exact(part) / exact(of) * 1e4).round() / 1e4 }
}

fn at<T: Copy + Default>(sorted: &[T], percent: usize) -> T {
    sorted.get(sorted.len().saturating_sub(1) * percent / 100).copied().unwrap_or_default()
}

fn table(figures: &Figures, output: &mut dyn Write) -> Result<(), Error> {
    let percent = |share: f64| format!("{:.1} %", 100.0 * share);
    writeln!(output, "logs                        {:>9}  {} tokens", figures.logs, figures.log_tokens)?;
    writeln!(output, "analyst's prompts           {:>9}  of all logs together", percent(figures.prompt_share))?;
    writeln!(output, "  and the classifier's      {:>9}", percent(figures.with_classifier_share))?;
    writeln!(
        output,
        "  of single logs            {:>9}  median; p90 {}, most {}",
        percent(figures.p50_share),
        percent(figures.p90_share),
        percent(figures.max_share)
    )?;
    writeln!(output, "  tokens                    {:>9}  median; most {}", figures.p50_tokens, figures.max_tokens)?;
    writeln!(output, "labelled lines              {:>9}", figures.labelled_lines)?;
    writeln!(output, "  inside                    {:>9}", percent(figures.inside_share))?;
    writeln!(output, "  inside, mean of logs      {:>9}", percent(figures.mean_inside_share))?;
    writeln!(output, "logs with all lines inside  {:>9}", figures.whole)?;
    writeln!(output, "logs with none              {:>9}", figures.none)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blank_lines_are_no_labelled_lines_and_shares_are_of_bytes() {
        let label =
            Label { id: "one".to_owned(), log: String::new(), line_start: 2, line_end: 4, found: "exact".to_owned() };
        let sent = Sent { analyst_bytes: 10, classifier_bytes: 4, lines: [2].into() };
        let one = measure(&label, "start\nerror\n\u{1b}[0m\nwhy\nend", &sent);
        assert_eq!((one.labelled, one.inside, one.log), (2, 1, 24));
        let figures = figures(&[one]);
        assert_eq!((figures.prompt_share, figures.inside_share, figures.whole), (0.4167, 0.5, 0));
    }
}
