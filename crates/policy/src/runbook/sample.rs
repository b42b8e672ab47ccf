//! Sample logs: what a runbook must and must not recognise.
//!
//! A sample is a log file. Lines at its top that start with `#!` name facts (`#! exit_code=1`), those that start
//! with `#=` name values that must be extracted (`#= dependent=react-dom`).

use std::path::Path;

use selfheal_core::facts::{Fact, Facts};

use crate::error::LoadError;
use crate::limits;
use crate::yaml::read_bounded;

/// A sample log with what is known and expected of it.
#[derive(Debug)]
pub(crate) struct Sample {
    pub(crate) name: String,
    pub(crate) matches: bool,
    pub(crate) facts: Facts,
    pub(crate) expected: Vec<(String, String)>,
    pub(crate) log: String,
}

impl Sample {
    /// Reads every sample of a runbook, sorted by name; a runbook without a folder has none.
    pub(crate) fn read_all(folder: &Path) -> Result<Vec<Self>, LoadError> {
        if !folder.is_dir() {
            return Ok(Vec::new());
        }
        let unreadable = |error: std::io::Error| LoadError::whole(folder.display().to_string(), error);
        let entries = folder.read_dir().map_err(unreadable)?;
        let mut paths =
            entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<Vec<_>, _>>().map_err(unreadable)?;
        paths.sort();
        if paths.len() > limits::SAMPLES {
            let problem = format!("expected at most {} samples", limits::SAMPLES);
            return Err(LoadError::whole(folder.display().to_string(), problem));
        }
        paths.iter().map(|path| Self::read(path)).collect()
    }

    fn read(path: &Path) -> Result<Self, LoadError> {
        let name = path.display().to_string();
        let stem = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let matches = match (stem.starts_with("match-"), stem.starts_with("nomatch-")) {
            (true, _) => true,
            (_, true) => false,
            _ => return Err(LoadError::whole(name, "expected a file name starting with match- or nomatch-")),
        };
        Self::parse(&name, matches, &read_bounded(path, limits::SAMPLE_BYTES)?)
    }

    pub(crate) fn parse(name: &str, matches: bool, text: &str) -> Result<Self, LoadError> {
        let mut sample =
            Self { name: name.to_owned(), matches, facts: Facts::new(), expected: Vec::new(), log: String::new() };
        let mut rest = text;
        for number in 1.. {
            let (line, after) = rest.split_once('\n').unwrap_or((rest, ""));
            if !sample.header(line).map_err(|problem| LoadError::on_line(name, number, problem))? {
                break;
            }
            rest = after;
        }
        sample.log = rest.to_owned();
        Ok(sample)
    }

    /// Takes a header line; `false` where the log begins.
    fn header(&mut self, line: &str) -> Result<bool, &'static str> {
        let pair = |text: &str| {
            let (name, value) = text.split_once('=')?;
            Some((name.trim().to_owned(), value.trim().to_owned()))
        };
        if let Some(fact) = line.strip_prefix("#! ") {
            let (name, value) = pair(fact).ok_or("expected '#! fact=value'")?;
            self.facts = std::mem::take(&mut self.facts).with(&name, fact_value(&value));
        } else if let Some(expected) = line.strip_prefix("#= ") {
            self.expected.push(pair(expected).ok_or("expected '#= name=value'")?);
        } else {
            return Ok(false);
        }
        Ok(true)
    }
}

fn fact_value(text: &str) -> Fact {
    match (text.parse(), text.parse()) {
        (Ok(integer), _) => Fact::Number(integer),
        (_, Ok(truth)) => Fact::Flag(truth),
        _ => Fact::Text(text.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_end_where_the_log_begins() {
        let text = "#! exit_code=137\n#! oom_killed=true\n#= name=A=B\nlog\n#! not=a header\n";
        let sample = Sample::parse("s", true, text).unwrap();
        assert_eq!(
            sample.facts,
            Facts::new().with("exit_code", Fact::Number(137)).with("oom_killed", Fact::Flag(true))
        );
        assert_eq!(sample.expected, [("name".to_owned(), "A=B".to_owned())]);
        assert_eq!(sample.log, "log\n#! not=a header\n");
    }

    #[test]
    fn a_broken_header_is_told_by_line() {
        let error = Sample::parse("samples/x.log", true, "#! exit_code=1\n#! nonsense\n").unwrap_err();
        assert_eq!(error.to_string(), "samples/x.log:2:1: expected '#! fact=value'");
    }
}
