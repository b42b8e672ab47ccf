//! Observed values for local pipelines: package versions, configured variables, memory limits, reruns.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use selfheal_core::action::{ActionKind, Value};
use selfheal_core::error::{Error, ErrorKind, Result};
use selfheal_core::ports::{CandidateQuery, Candidates, Row};

use super::ecosystem::{self, Given, Tools};
use super::executor::blocking;
use super::pipeline::Pipeline;
use super::staging::{Staging, ecosystem_error};

/// Answers the sets of the ecosystems, and besides:
///
/// | set | given | columns |
/// |---|---|---|
/// | `environment.configured` | `name` | `name`, `source` |
/// | `memory.limits` | | `limit_bytes`, ascending, up to the maximum |
/// | `pipeline.reruns` | | `attempts`, `initial_backoff_ms`: as many as fit into ten seconds, 2 to 60 |
pub struct LocalCandidates {
    pipeline: Arc<Pipeline>,
    tools: Arc<dyn Tools>,
    // A plan that is rejected or fails asks again; the tools' answers for the same world are the same.
    asked: Mutex<Vec<(CandidateQuery, Vec<Row>)>>,
    // Reckoned once: with another number the same reruns would be another plan.
    reruns: OnceLock<u64>,
}

impl LocalCandidates {
    /// Candidates for `pipeline`, asking package tools through `tools`.
    #[must_use]
    pub fn new(pipeline: Arc<Pipeline>, tools: Arc<dyn Tools>) -> Self {
        Self { pipeline, tools, asked: Mutex::default(), reruns: OnceLock::new() }
    }

    async fn of_ecosystem(&self, query: &CandidateQuery) -> Result<Vec<Row>> {
        let known = |known: &Vec<(CandidateQuery, Vec<Row>)>| {
            known.iter().find(|(asked, _)| asked == query).map(|(_, rows)| rows.clone())
        };
        if let Some(rows) = known(&self.asked.lock().unwrap_or_else(PoisonError::into_inner)) {
            return Ok(rows);
        }
        let (pipeline, tools, question) = (Arc::clone(&self.pipeline), Arc::clone(&self.tools), query.clone());
        let rows = blocking(move || ask_ecosystem(&pipeline, tools.as_ref(), &question)).await?;
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).push((query.clone(), rows.clone()));
        Ok(rows)
    }

    fn variables(&self, query: &CandidateQuery) -> Vec<Row> {
        let asked = query.given.get("name").into_iter().flatten();
        let configured = &self.pipeline.config().variables;
        // The name that goes on is the configured one; the text only selected it.
        let selected = asked.filter_map(|name| configured.get_key_value(name.read()));
        let row = |(name, variable): (&String, &super::pipeline::ConfiguredVariable)| {
            row([("name", Value::Text(name.clone())), ("source", Value::Text(variable.source.clone()))])
        };
        let mut rows: Vec<Row> = selected.map(row).collect();
        rows.dedup();
        rows
    }

    fn memory_limits(&self) -> Vec<Row> {
        let config = self.pipeline.config();
        let (Some(now), Some(max)) = (self.pipeline.memory_limit(), config.memory_max) else { return Vec::new() };
        limits(now, max).into_iter().map(|bytes| row([("limit_bytes", integer(bytes))])).collect()
    }

    fn reruns(&self) -> Vec<Row> {
        let attempts = *self.reruns.get_or_init(|| {
            let used = self.pipeline.used();
            reruns(used.time / used.starts.max(1))
        });
        vec![row([("attempts", integer(attempts)), ("initial_backoff_ms", integer(0))])]
    }
}

#[async_trait]
impl Candidates for LocalCandidates {
    async fn rows(&self, query: &CandidateQuery) -> Result<Vec<Row>> {
        match query.set.as_str() {
            "environment.configured" => Ok(self.variables(query)),
            "memory.limits" => Ok(self.memory_limits()),
            "pipeline.reruns" => Ok(self.reruns()),
            _ => self.of_ecosystem(query).await,
        }
    }
}

fn ask_ecosystem(pipeline: &Pipeline, tools: &dyn Tools, query: &CandidateQuery) -> Result<Vec<Row>> {
    let all = ecosystem::all();
    let knows = all.iter().find(|ecosystem| ecosystem.sets().contains(&query.set.as_str()));
    let unknown = || Error::new(ErrorKind::Unsupported, "candidates.rows", format!("unknown set `{}`", query.set));
    let ecosystem = knows.ok_or_else(unknown)?;
    let staging = Staging::new(pipeline, tools)?;
    // A command changes no file.
    let after = query.after.iter().filter(|step| *step.action.kind() != ActionKind::RUN_COMMAND);
    staging.carry_out(after)?;
    let read = |values: &Vec<selfheal_core::evidence::Untrusted<String>>| {
        values.iter().map(|value| value.read().clone()).collect()
    };
    let given: Given = query.given.iter().map(|(column, values)| (column.clone(), read(values))).collect();
    let rows = ecosystem.rows(&query.set, &given, staging.dir(), tools).map_err(ecosystem_error)?;
    let name = ecosystem.name();
    Ok(rows.into_iter().map(|row| typed(row, name)).collect())
}

fn typed(row: ecosystem::Row, ecosystem: &str) -> Row {
    let mut row: Row = row.into_iter().map(|(column, value)| (column, Value::Text(value))).collect();
    row.insert("ecosystem".to_owned(), Value::Text(ecosystem.to_owned()));
    row
}

/// At most four limits between `now` and `max`, at least doubling; the last one is `max`.
fn limits(now: u64, max: u64) -> Vec<u64> {
    if now == 0 || max <= now {
        return Vec::new();
    }
    let doublings = (max / now).ilog2();
    let step = 1 << doublings.div_ceil(4).max(1);
    let mut limits: Vec<u64> = std::iter::successors(now.checked_mul(step), |limit| limit.checked_mul(step))
        .take_while(|limit| *limit < max)
        .collect();
    limits.push(max);
    limits
}

/// Ten seconds of reruns, 2 to 60: a test that fails nine times in ten passes once in 60 with a probability of 99.8 %.
fn reruns(each: Duration) -> u64 {
    let fit = Duration::from_secs(10).as_millis() / each.as_millis().max(1);
    u64::try_from(fit).unwrap_or(u64::MAX).clamp(2, 60)
}

fn integer(value: u64) -> Value {
    Value::Integer(i64::try_from(value).unwrap_or(i64::MAX))
}

fn row<const N: usize>(columns: [(&str, Value); N]) -> Row {
    BTreeMap::from(columns.map(|(column, value)| (column.to_owned(), value)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_raised_in_at_most_four_steps_up_to_the_maximum() {
        assert_eq!(limits(64, 512), [128, 256, 512]);
        assert_eq!(limits(64, 100), [100]);
        assert_eq!(limits(1, 1 << 20), [1 << 5, 1 << 10, 1 << 15, 1 << 20]);
        assert!(limits(64, 64).is_empty() && limits(0, 64).is_empty());
    }

    #[test]
    fn quick_commands_are_rerun_more_often_than_slow_ones() {
        assert_eq!(reruns(Duration::from_millis(10)), 60);
        assert_eq!(reruns(Duration::from_secs(2)), 5);
        assert_eq!(reruns(Duration::from_secs(600)), 2);
    }
}
