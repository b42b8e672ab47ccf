//! Core's [`PolicyEngine`] port over Rego.

use std::collections::BTreeSet;
use std::num::NonZeroU32;
use std::path::Path;
use std::time::Duration;

use async_trait::async_trait;
use regorus::utils::limits::ExecutionTimerConfig;
use regorus::{Engine, Value};
use selfheal_core::action::ActionKind;
use selfheal_core::decision::{Clearance, Decision};
use selfheal_core::error::Result;
use selfheal_core::ports::{Moment, PolicyEngine, PolicyQuestion, Reach};

use super::answer::Answer;
use crate::engines::asking::{self, Said};
use crate::engines::input::StepInput;
use crate::error::LoadError;
use crate::{digest, limits, yaml};

/// How long one step may take to evaluate, unless a host says otherwise.
pub const DEFAULT_TIME_LIMIT: Duration = Duration::from_secs(1);

/// Units of work between two looks at the clock.
const CHECK_INTERVAL: NonZeroU32 = NonZeroU32::MIN.saturating_add(255);

const DECISION: &str = "data.selfheal.decision";

/// Decides by Rego policies; see the [module](super) for what they are asked and what they answer.
///
/// Evaluation doesn't yield. It is bounded by [`RegoEngine::with_time_limit`], which looks at the clock between expressions, not within
/// a built-in function.
pub struct RegoEngine {
    /// Prepared, and cloned for each question: what one evaluation leaves behind no other one sees.
    prepared: Engine,
    name: String,
    version: String,
}

impl RegoEngine {
    /// The policies of one file.
    ///
    /// # Errors
    /// It can't be read, parsed or compiled, or has no rule `data.selfheal.decision`: with file, line and what was expected.
    /// Then nothing is in force.
    pub fn from_file(file: &Path) -> Result<Self, LoadError> {
        let text = yaml::read_bounded(file, limits::DOCUMENT_BYTES as u64)?;
        Self::from_text(&file.display().to_string(), &text)
    }

    /// As [`RegoEngine::from_file`], for a text that is in memory; `name` stands for its path.
    ///
    /// # Errors
    /// As [`RegoEngine::from_file`].
    pub fn from_text(name: &str, text: &str) -> Result<Self, LoadError> {
        if text.len() > limits::DOCUMENT_BYTES {
            return Err(LoadError::whole(name, format!("expected at most {} bytes", limits::DOCUMENT_BYTES)));
        }
        let mut engine = Engine::new();
        engine.set_strict_builtin_errors(true);
        engine.add_policy(name.to_owned(), text.to_owned()).map_err(|problem| refused(name, &problem.to_string()))?;
        // Compiles, so that what doesn't is told now; and knows whether there is such a rule.
        engine.compile_with_entrypoint(&DECISION.into()).map_err(|problem| refused(name, &problem.to_string()))?;
        let version = format!("{name}#{}", digest::short(text));
        let engine = Self { prepared: engine, name: name.to_owned(), version }.with_time_limit(DEFAULT_TIME_LIMIT);
        engine.tried()
    }

    /// Names that nothing defines are only met when they are evaluated: so once about nothing. What an answer depends on is
    /// undefined then, and what fails nevertheless always will.
    fn tried(self) -> Result<Self, LoadError> {
        let mut engine = self.prepared.clone();
        engine.set_input(Value::new_object());
        match engine.eval_rule(DECISION.to_owned()) {
            Ok(_) => Ok(self),
            Err(problem) => Err(refused(&self.name, &problem.to_string())),
        }
    }

    /// The same, with another limit on how long one step may take.
    #[must_use]
    pub fn with_time_limit(mut self, limit: Duration) -> Self {
        self.prepared.set_execution_timer_config(ExecutionTimerConfig { limit, check_interval: CHECK_INTERVAL });
        self
    }

    /// Name and digest of the policies, part of every decision.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    fn ask(&self, engine: &mut Engine, input: &StepInput<'_>) -> Said {
        self.answer(engine, input).unwrap_or_else(Said::denied)
    }

    fn answer(&self, engine: &mut Engine, input: &StepInput<'_>) -> Result<Said, String> {
        let input =
            serde_json::to_value(input).map_err(|problem| format!("it can't be shown to policies: {problem}"))?;
        engine.set_input(Value::from(input));
        let value = engine.eval_rule(DECISION.to_owned());
        let value = value
            .map_err(|problem| format!("the policies could not be evaluated: {}", in_one_line(&problem.to_string())))?;
        if value == Value::Undefined {
            return Err(format!("{DECISION} is undefined"));
        }
        let wrong = |problem: String| format!("{DECISION} has another shape than expected: {problem}");
        let json = serde_json::to_value(&value).map_err(|problem| wrong(problem.to_string()))?;
        let answer: Answer = serde_json::from_value(json).map_err(|problem| wrong(problem.to_string()))?;
        answer.said(&self.name).map_err(wrong)
    }
}

#[async_trait]
impl PolicyEngine for RegoEngine {
    /// Every kind: what a program would say of one is known when it is run.
    async fn permits(&self, reach: &Reach<'_>) -> Result<BTreeSet<ActionKind>> {
        Ok(reach.every_kind())
    }

    async fn decide(&self, question: &PolicyQuestion<'_>) -> Result<Decision> {
        let mut engine = self.prepared.clone();
        Ok(asking::decide(question, &self.version, |input| self.ask(&mut engine, input)))
    }

    async fn clear(&self, _: &Moment<'_>) -> Result<Clearance> {
        Ok(Clearance::Clear)
    }
}

/// The interpreter's complaints begin with a line `--> FILE:LINE:COLUMN` and end with one `error: what`.
fn refused(name: &str, problem: &str) -> LoadError {
    let place =
        problem.lines().find_map(|line| line.trim().strip_prefix("--> ")?.strip_prefix(name)?.strip_prefix(':'));
    let position = place.and_then(|place| {
        let (line, column) = place.split_once(':')?;
        Some((line.parse().ok()?, column.parse().ok()?))
    });
    let what = in_one_line(problem);
    match position {
        Some((line, column)) => LoadError::at(name, line, column, what),
        None => LoadError::whole(name, what),
    }
}

fn in_one_line(problem: &str) -> String {
    let what = problem.lines().find_map(|line| line.trim().strip_prefix("error: "));
    what.map_or_else(|| problem.split_whitespace().collect::<Vec<_>>().join(" "), ToOwned::to_owned)
}
