//! Measures the shipped catalogue: cost of loading and matching, and what it says about real failing logs.
//!
//! Logs are read from `SELFHEAL_DATA` (default `../shared/data` beside the project); where they are absent that
//! part is skipped. Maven logs are labelled: a confusion table. Others are not: the share that is explained, and
//! which runbooks explain them. `--list CORPUS` prints the diagnosis of each log.
#![allow(clippy::print_stdout, reason = "an example that prints")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use selfheal_core::facts::{Fact, Facts};
use selfheal_policy::runbook::Catalogue;

/// As the healer keeps them: the end of the log and what looks like a failure before it.
const TAIL: usize = 500;
const FAILING: usize = 50;
const AROUND: usize = 3;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let list = std::env::args().skip_while(|argument| argument != "--list").nth(1);
    let catalogue = loaded()?;
    let data = std::env::var_os("SELFHEAL_DATA").map_or_else(|| PathBuf::from("../shared/data"), PathBuf::from);
    for corpus in ["maven-bump", "travis-logchunks", "github-actions", "github-pytorch"] {
        let folder = data.join("ci-logs").join(corpus);
        if folder.is_dir() {
            measure(&catalogue, &folder, list.as_deref() == Some(corpus))?;
        } else {
            println!("{corpus}: skipped, {} is absent", folder.display());
        }
    }
    Ok(())
}

fn loaded() -> Result<Catalogue, Box<dyn std::error::Error>> {
    let start = Instant::now();
    let catalogue = Catalogue::shipped()?;
    println!("{} runbooks loaded in {:?}", catalogue.runbooks().len(), start.elapsed());
    Ok(catalogue)
}

fn measure(catalogue: &Catalogue, folder: &Path, list: bool) -> Result<(), Box<dyn std::error::Error>> {
    let labels = labels(folder);
    let mut table: BTreeMap<(String, String), usize> = BTreeMap::new();
    let (mut logs, mut worst, mut all) = (0, 0.0_f64, 0.0);
    for path in files(folder)? {
        let Some(text) = read(&path) else { continue };
        let text = selfheal_detect::ansi::strip(&text).into_owned();
        let lines: Vec<&str> = text.lines().collect();
        let evidence = evidence(&lines);
        let start = Instant::now();
        let matches = catalogue.recognise(&Facts::new().with("exit_code", Fact::Number(1)), &evidence);
        let took = start.elapsed().as_secs_f64() * 1e3;
        (logs, worst, all) = (logs + 1, worst.max(took), all + took);
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let label = labels.get(name.trim_end_matches(".log.gz")).cloned().unwrap_or_default();
        let best = matches.first();
        let said = best
            .map_or("unknown".to_owned(), |found| format!("{} [{}]", found.runbook().category(), found.runbook().id()));
        if list {
            let cited = best.and_then(|found| found.lines().last()).map_or("", |&line| evidence[line]);
            println!("  {name} {label} {said} | {}", cited.chars().take(150).collect::<String>());
        }
        *table.entry((label, said)).or_default() += 1;
    }
    println!(
        "{}: {logs} logs, matching {:.2} ms mean, {worst:.2} ms worst",
        folder.display(),
        all / f64::from(logs.max(1))
    );
    let mut rows: Vec<_> = table.into_iter().collect();
    rows.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    rows.iter().for_each(|((label, said), count)| println!("{count:5} {label:30} {said}"));
    Ok(())
}

fn evidence<'t>(lines: &[&'t str]) -> Vec<&'t str> {
    let tail = lines.len().saturating_sub(TAIL);
    let mut kept = vec![false; lines.len()];
    kept[tail..].fill(true);
    for failing in selfheal_detect::extract::failing_lines(&lines[..tail], FAILING) {
        let around = failing.index.saturating_sub(AROUND)..(failing.index + AROUND + 1).min(lines.len());
        kept[around].fill(true);
    }
    lines.iter().zip(kept).filter(|(_, kept)| *kept).map(|(line, _)| *line).collect()
}

fn labels(folder: &Path) -> BTreeMap<String, String> {
    let text = std::fs::read_to_string(folder.join("labels.jsonl")).unwrap_or_default();
    let field = |row: &str, name: &str| {
        let (_, after) = row.split_once(&format!("\"{name}\": \""))?;
        Some(after.split_once('"')?.0.to_owned())
    };
    text.lines().filter_map(|row| Some((field(row, "id")?, field(row, "failureCategory")?))).collect()
}

fn files(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in folder.read_dir()? {
            let path = entry?.path();
            let is_log =
                ["gz", "txt", "log"].iter().any(|one| path.extension().is_some_and(|extension| extension == *one));
            match (path.is_dir(), is_log) {
                (true, _) => open.push(path),
                (_, true) => found.push(path),
                _ => {}
            }
        }
    }
    found.sort();
    Ok(found)
}

fn read(path: &Path) -> Option<String> {
    let bytes = match path.extension()?.to_str()? {
        "gz" => Command::new("gzip").arg("-dc").arg(path).output().ok()?.stdout,
        _ => std::fs::read(path).ok()?,
    };
    Some(String::from_utf8_lossy(&bytes).into_owned())
}
