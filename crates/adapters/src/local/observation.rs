//! What a run of the command tells: trusted facts, and its output as untrusted evidence.

use selfheal_core::criterion::Observation;
use selfheal_core::evidence::{Evidence, EvidenceId};
use selfheal_core::facts::{Fact, Facts};
use selfheal_detect::extract::{BEFORE_EXIT, CONFIDENT};
use selfheal_detect::redact::Redactor;

use super::process::{Exit, Finished, Line, OomEvidence, OomSource, Stopped, Stream};

/// Lines of the end that are kept as evidence.
pub const TAIL_LINES: usize = 500;

/// The fact that says whether the command had something to read; another process can't give it that again.
pub(super) const INPUT_GIVEN: &str = "input_given";

/// The fact that says how long the command ran.
pub(super) const DURATION_MS: &str = "duration_ms";

const SIGKILL: i32 = 9;

/// What was observed of a run: `exit_code`, `signal`, `oom_killed` (absent if unknown), `duration_ms`, `peak_memory_bytes`,
/// `output_left_open`, `input_given`, `timed_out` (the last three only if so).
#[must_use]
pub fn facts(run: &Finished, memory_limit: Option<u64>) -> Facts {
    let number = |value: u64| Fact::Number(i64::try_from(value).unwrap_or(i64::MAX));
    let mut facts = Facts::new()
        .with("exit_code", Fact::Number(run.exit.shell_status().into()))
        .with(DURATION_MS, number(u64::try_from(run.duration.as_millis()).unwrap_or(u64::MAX)))
        .with("memory_limited", Fact::Flag(memory_limit.is_some()));
    if let Exit::Signal(signal) = run.exit {
        facts = facts.with("signal", Fact::Number(signal.into()));
    }
    if let Some(killed) = oom_killed(run) {
        facts = facts.with("oom_killed", Fact::Flag(killed));
    }
    if let Some(peak) = run.peak_memory_bytes {
        facts = facts.with("peak_memory_bytes", number(peak));
    }
    if let Some(limit) = memory_limit {
        facts = facts.with("memory_limit_bytes", number(limit));
    }
    if run.pipe_left_open {
        facts = facts.with("output_left_open", Fact::Flag(true));
    }
    if run.input_given {
        facts = facts.with(INPUT_GIVEN, Fact::Flag(true));
    }
    if run.stopped == Some(Stopped::TimedOut) {
        facts = facts.with("timed_out", Fact::Flag(true));
    }
    facts
}

// A counter that others share tells of the command only together with its own end by SIGKILL.
fn oom_killed(run: &Finished) -> Option<bool> {
    match run.oom {
        OomEvidence::Killed { source: OomSource::OwnGroup, .. } => Some(true),
        OomEvidence::Killed { .. } if run.exit.shell_status() == 128 + SIGKILL => Some(true),
        OomEvidence::Killed { .. } | OomEvidence::Unknown => None,
        // A command that hands on another's status tells of what may have run elsewhere: a container, a build server.
        OomEvidence::NotKilled { source: OomSource::System | OomSource::SharedGroup }
            if run.exit == Exit::Code(128 + SIGKILL) =>
        {
            None
        }
        OomEvidence::NotKilled { .. } => Some(false),
    }
}

/// Lines before the tail that are looked through for earlier failures.
///
/// More than a full pipe of short lines: that much of stdout may still come after a line of stderr that was written later.
const SEARCHED_LINES: usize = 120_000;

/// Failing lines of that part that are kept, and lines of context on either side.
const EARLIER_FAILING_LINES: usize = 40;
const CONTEXT_LINES: usize = 4;

/// Lines of stderr that are kept even if stdout ran ahead of them: what a command wrote to stdout long before its error
/// message may still lie in the pipe when the message is read.
const STDERR_LINES: usize = 100;

/// Most pieces of earlier output.
const MAX_EARLIER_PIECES: usize = 32;

/// The last `count` lines, and before them regions of earlier output that look like a failure.
#[must_use]
pub fn evidence(run: &Finished, count: usize, origin: &str, redactor: &Redactor) -> Vec<Evidence> {
    let lines = run.output.tail_lines(SEARCHED_LINES.saturating_add(count));
    let (older, tail) = lines.split_at(lines.len().saturating_sub(count));
    let first_searched = lines.first().map_or(u64::MAX, |line| line.number);
    let earlier_origin = format!("{origin}, earlier");
    let piece = |origin: &str, at: u64, text: &str| Evidence::new(EvidenceId(0), origin, at, text, redactor);
    let unkept = run.output.regions().filter(|region| region.line < first_searched);
    let mut pieces: Vec<Evidence> = unkept.map(|region| piece(&earlier_origin, region.line, &region.text())).collect();
    pieces.extend(
        telling_regions(older, tail).into_iter().map(|part| piece(&earlier_origin, part[0].number, &joined(part))),
    );
    // The latest are nearest to the end that the command came to.
    pieces.drain(..pieces.len().saturating_sub(MAX_EARLIER_PIECES));
    if let Some(first) = tail.first() {
        pieces.push(piece(origin, first.number, &joined(tail)));
    }
    pieces
}

/// What looks like a failure in `older` lines, with its context, and the last lines of stderr that didn't make it into the tail.
fn telling_regions<'a>(older: &'a [Line], tail: &[Line]) -> Vec<&'a [Line]> {
    let texts: Vec<&str> = older.iter().map(|line| line.text.as_str()).collect();
    let found = selfheal_detect::extract::failing_lines(&texts, EARLIER_FAILING_LINES);
    // Lines that only stand near the end of their part say nothing here: that part is not the end.
    let found = found.iter().filter(|line| line.score >= CONFIDENT && line.rule != BEFORE_EXIT);
    let mut telling: Vec<usize> = found.map(|line| line.index).collect();
    let of_stderr = |line: &Line| line.stream == Stream::Stderr;
    let room = STDERR_LINES.saturating_sub(tail.iter().filter(|line| of_stderr(line)).count());
    telling.extend((0..older.len()).rev().filter(|at| of_stderr(&older[*at])).take(room));
    telling.sort_unstable();
    let mut regions: Vec<std::ops::Range<usize>> = Vec::new();
    for at in telling {
        let around = at.saturating_sub(CONTEXT_LINES)..(at + CONTEXT_LINES + 1).min(older.len());
        match regions.last_mut() {
            Some(last) if around.start <= last.end => last.end = around.end.max(last.end),
            _ => regions.push(around),
        }
    }
    regions.into_iter().map(|range| &older[range]).collect()
}

fn joined(lines: &[Line]) -> String {
    lines.iter().map(|line| line.text.as_str()).collect::<Vec<_>>().join("\n")
}

/// A run as what the probe `command_succeeds` sees.
#[must_use]
pub fn observation(run: &Finished, origin: &str, memory_limit: Option<u64>, redactor: &Redactor) -> Observation {
    let facts = facts(run, memory_limit);
    match run.exit.success() && run.stopped.is_none() {
        true => Observation::Healthy { facts },
        false => Observation::Unhealthy { facts, evidence: evidence(run, TAIL_LINES, origin, redactor) },
    }
}
