//! Looks things up for the analyst: read-only, bounded, and asked by words that stand in the evidence.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::super::Models;
use super::super::patience::within;
use super::super::word::{is_word, stands_in};
use super::finding::Wanted;
use crate::category::FailureCategory;
use crate::engine::{Lookup, State};
use crate::error::{Error, ErrorKind, Result};
use crate::evidence::{Evidence, EvidenceId, Untrusted};
use crate::ports::{LookUp, ReadTool, ReadToolSpec};

/// How long one tool may take.
const DEADLINE: Duration = Duration::from_secs(10);

/// Most bytes of an answer that are read.
const MAX_ANSWER_BYTES: usize = 256 << 10;

/// Most bytes of an error that are kept.
const MAX_WHY_BYTES: usize = 300;

/// Something that was looked up, and by what.
#[derive(Debug)]
pub(super) struct LookedUp {
    pub(super) tool: String,
    pub(super) arguments: BTreeMap<String, String>,
    /// What was answered; `None` if it failed.
    pub(super) evidence: Option<Evidence>,
    pub(super) failed: Option<String>,
}

impl LookedUp {
    /// As the record keeps it.
    pub(super) fn noted(&self) -> Lookup {
        Lookup { tool: self.tool.clone(), evidence: self.evidence.clone(), failed: self.failed.clone() }
    }

    /// The tool and what it was asked by.
    pub(super) fn title(&self) -> String {
        let arguments: Vec<String> = self.arguments.iter().map(|(name, value)| format!("{name}={value}")).collect();
        format!("{}({})", self.tool, arguments.join(", "))
    }
}

/// What one tool answered, before it is evidence.
type Answer = (Wanted, Result<Untrusted<String>>);

impl Models {
    /// What can be looked up at all.
    pub(super) fn tools(&self) -> Vec<&ReadToolSpec> {
        self.ports.tools.iter().map(|tool| tool.spec()).collect()
    }

    /// Asks every tool that needs no argument and helps with `category`.
    pub(super) async fn prefetched(&self, state: &State, category: &FailureCategory) -> Vec<Answer> {
        let suits = |spec: &&ReadToolSpec| spec.needs_nothing() && spec.helps_with(category);
        let names = self.tools().into_iter().filter(suits).take(state.limits.models.lookups);
        let wanted = names.map(|spec| Wanted { tool: spec.name.clone(), arguments: BTreeMap::new() });
        self.ask_all(state, wanted.collect()).await
    }

    /// Asks for what is `wanted` and isn't there already, as far as the bound and the categories allow, and makes evidence of all.
    pub(super) async fn look_up(
        &self,
        state: &State,
        mut answers: Vec<Answer>,
        wanted: Vec<Wanted>,
        categories: &[FailureCategory],
    ) -> Vec<LookedUp> {
        let suits = |spec: &ReadToolSpec| categories.iter().any(|category| spec.helps_with(category));
        let mut missing: Vec<Wanted> = Vec::new();
        for one in wanted {
            let helps = self.tools().into_iter().any(|spec| spec.name == one.tool && suits(spec));
            if helps && !answers.iter().any(|(known, _)| *known == one) && !missing.contains(&one) {
                missing.push(one);
            }
        }
        // What the model asks for by itself is worth more than what is only fetched to be there in time.
        missing.truncate(state.limits.models.lookups);
        answers.truncate(state.limits.models.lookups - missing.len());
        answers.extend(self.ask_all(state, missing).await);
        let first = state.counters.evidence;
        answers.into_iter().zip(first + 1..).map(|(answer, id)| self.kept(state, answer, EvidenceId(id))).collect()
    }

    async fn ask_all(&self, state: &State, wanted: Vec<Wanted>) -> Vec<Answer> {
        let asked = wanted.iter().map(|wanted| self.ask_tool(state, wanted));
        let answers = futures_util::future::join_all(asked).await;
        wanted.into_iter().zip(answers).collect()
    }

    async fn ask_tool(&self, state: &State, wanted: &Wanted) -> Result<Untrusted<String>> {
        let tool = self.ports.tools.iter().find(|tool| tool.spec().name == wanted.tool);
        let tool = tool.ok_or_else(|| invalid("there is no such tool"))?;
        checked(tool, wanted, state)?;
        let untrusted = |(name, value): (&String, &String)| (name.clone(), Untrusted::new(value.clone()));
        let arguments: BTreeMap<_, _> = wanted.arguments.iter().map(untrusted).collect();
        let (resource, facts) = (&state.incident.resource, &*state.current_facts());
        let what = LookUp { resource, facts, arguments: &arguments };
        within(&*self.ports.clock, DEADLINE, "read_tool.look", tool.look(&what)).await
    }

    fn kept(&self, state: &State, (wanted, answer): Answer, id: EvidenceId) -> LookedUp {
        let Wanted { tool, arguments } = wanted;
        match answer {
            Ok(text) => {
                // Redacted before it is cut: half a secret isn't recognised any more.
                let text = self.ports.redactor.redact(whole_lines(text.read(), MAX_ANSWER_BYTES));
                let text = whole_lines(&text, state.limits.models.lookup_bytes);
                let evidence = Evidence::new(id, &tool, 1, text, &self.ports.redactor);
                LookedUp { tool, arguments, evidence: Some(evidence), failed: None }
            }
            Err(error) => {
                let mut why = self.ports.redactor.redact(&error.to_string()).into_owned();
                why.truncate(why.floor_char_boundary(MAX_WHY_BYTES));
                LookedUp { tool, arguments, evidence: None, failed: Some(why) }
            }
        }
    }
}

/// A tool is asked by arguments that it knows, and by words that stand in the evidence: what a model makes up finds nothing.
fn checked(tool: &Arc<dyn ReadTool>, wanted: &Wanted, state: &State) -> Result<()> {
    let spec = tool.spec();
    if let Some(lacking) = spec.arguments.iter().find(|one| one.required && !wanted.arguments.contains_key(&one.name)) {
        return Err(invalid(&format!("it lacks `{}`", lacking.name)));
    }
    for (name, value) in &wanted.arguments {
        if !spec.arguments.iter().any(|argument| argument.name == *name) {
            return Err(invalid("it has an argument that the tool doesn't know"));
        }
        let stands =
            || state.current_evidence().iter().flat_map(Evidence::lines).any(|(_, line)| stands_in(line, value));
        if !is_word(value) || !stands() {
            return Err(invalid(&format!("the value of `{name}` is no word of the evidence")));
        }
    }
    Ok(())
}

/// The first lines of `text` that fit into `bytes`, none of them in part.
fn whole_lines(text: &str, bytes: usize) -> &str {
    if text.len() <= bytes {
        return text;
    }
    let head = &text[..text.floor_char_boundary(bytes)];
    head.rfind('\n').map_or("", |end| &head[..end])
}

fn invalid(message: &str) -> Error {
    Error::new(ErrorKind::Invalid, "read_tool.look", message)
}
