//! From written rules to the index.

use selfheal_core::action::{ActionKind, Reversibility, RiskTier};
use selfheal_core::decision::Verdict;
use selfheal_core::incident::Severity;

use super::capacity::Floor;
use super::fields::FieldPatterns;
use super::names::NamesBuilder;
use super::parameters::ParametersBuilder;
use super::patterns::PatternsBuilder;
use super::provenance::{Asked, Minimums};
use super::sparse::Sparse;
use super::{Dimension, Index, Matched, OF_STEP, Rule};
use crate::error::LoadError;
use crate::guardrails::bits::Bits;
use crate::guardrails::calendar::Opening;
use crate::guardrails::check;
use crate::guardrails::document::{RuleDocument, TimeDocument, WhenDocument, Word};
use crate::guardrails::{paths, words};

/// A rule and where it stands.
#[derive(Debug, Clone)]
pub(crate) struct Draft {
    /// The document's path, for errors.
    pub(crate) document: String,
    /// The document's name.
    pub(crate) policy: String,
    pub(crate) rule: RuleDocument,
}

/// Collects rules.
pub(crate) struct IndexBuilder {
    count: usize,
    rules: Vec<Rule>,
    kinds: NamesBuilder,
    environments: NamesBuilder,
    namespaces: NamesBuilder,
    clusters: NamesBuilder,
    severities: [Bits; 4],
    risks: [Bits; 4],
    reversibilities: [Bits; 3],
    resources: Matching,
    targets: Matching,
    texts: Matching,
    parameters: ParametersBuilder,
    fields: Sparse<FieldPatterns>,
    radius: Sparse<crate::guardrails::document::RadiusDocument>,
    times: Sparse<(Opening, bool)>,
    floors: Sparse<Floor>,
    confidence_at_least: Sparse<f64>,
    confidence_below: Sparse<f64>,
    provenance: Sparse<Asked>,
    provenance_below: Sparse<Asked>,
    rehearsed: Bits,
    unrehearsed: Bits,
    conditional: Bits,
}

struct Matching {
    conditioned: Bits,
    patterns: PatternsBuilder,
}

const SEVERITIES: [Severity; 4] = [Severity::Info, Severity::Warning, Severity::Error, Severity::Critical];
const RISKS: [RiskTier; 4] = [RiskTier::Low, RiskTier::Medium, RiskTier::High, RiskTier::Critical];
const REVERSIBILITIES: [Reversibility; 3] =
    [Reversibility::Undoable, Reversibility::NothingToUndo, Reversibility::Irreversible];

impl Matching {
    fn new(count: usize) -> Self {
        Self { conditioned: Bits::none(count), patterns: PatternsBuilder::default() }
    }

    fn globs(
        &mut self,
        draft: &Draft,
        rule: usize,
        words: Option<&Vec<Word>>,
        any_case: bool,
    ) -> Result<(), LoadError> {
        let Some(words) = words else { return Ok(()) };
        self.conditioned.set(rule);
        words.iter().try_for_each(|word| self.patterns.glob(&draft.document, rule, word, any_case))
    }

    fn regexes(&mut self, draft: &Draft, rule: usize, words: Option<&Vec<Word>>) -> Result<(), LoadError> {
        let Some(words) = words else { return Ok(()) };
        self.conditioned.set(rule);
        words.iter().try_for_each(|word| self.patterns.regex(&draft.document, rule, word))
    }

    fn build(self) -> Matched {
        Matched { conditioned: self.conditioned, patterns: self.patterns.build() }
    }
}

impl IndexBuilder {
    /// The index of all these rules, in their order.
    ///
    /// # Errors
    /// The first rule that doesn't mean anything, or not what its author can have meant.
    pub(crate) fn index(drafts: &[Draft]) -> Result<Index, LoadError> {
        let mut builder = Self::new(drafts.len());
        for (rule, draft) in drafts.iter().enumerate() {
            check::rule(&draft.document, &draft.rule)?;
            builder.add(rule, draft)?;
        }
        Ok(builder.build())
    }

    fn new(count: usize) -> Self {
        let (none, all) = (|| Bits::none(count), || Bits::all(count));
        let names = || NamesBuilder::new(count);
        Self {
            count,
            rules: Vec::with_capacity(count),
            kinds: names(),
            environments: names(),
            namespaces: names(),
            clusters: names(),
            severities: std::array::from_fn(|_| all()),
            risks: std::array::from_fn(|_| all()),
            reversibilities: std::array::from_fn(|_| all()),
            resources: Matching::new(count),
            targets: Matching::new(count),
            texts: Matching::new(count),
            parameters: ParametersBuilder::default(),
            fields: Sparse::new(count),
            radius: Sparse::new(count),
            times: Sparse::new(count),
            floors: Sparse::new(count),
            confidence_at_least: Sparse::new(count),
            confidence_below: Sparse::new(count),
            provenance: Sparse::new(count),
            provenance_below: Sparse::new(count),
            rehearsed: none(),
            unrehearsed: none(),
            conditional: none(),
        }
    }

    fn add(&mut self, index: usize, draft: &Draft) -> Result<(), LoadError> {
        let (document, rule) = (&draft.document, &draft.rule);
        // Deny rules see through upper and lower case, since some file systems do.
        let any_case = rule.effect.verdict == Verdict::Deny;
        self.kinds.add(document, index, Some(&rule.kinds), any_case)?;
        self.environments.add(document, index, rule.environments.as_ref(), any_case)?;
        self.namespaces.add(document, index, rule.namespaces.as_ref(), any_case)?;
        self.clusters.add(document, index, rule.clusters.as_ref(), any_case)?;
        self.resources.globs(draft, index, rule.resources.as_ref(), any_case)?;
        self.targets.globs(draft, index, targets(rule).as_ref(), any_case)?;
        self.texts.regexes(draft, index, rule.when.text_matches.as_ref())?;
        self.classes(index, &rule.when);
        self.measures(index, draft)?;
        self.evidence(index, &rule.when);
        for (name, test) in &rule.when.parameters {
            self.parameters.add(document, index, name, &test.value)?;
        }
        if check::known_of_plans_only(rule) {
            self.conditional.set(index);
        }
        self.rules.push(Rule {
            id: format!("{}/{}", draft.policy, rule.id.value),
            effect: rule.effect.verdict,
            kinds: rule.kinds.iter().map(|kind| kind.value.clone()).collect(),
            because: rule.because.clone(),
            terms: rule.effect.terms.clone(),
            asks: words::asks(rule),
        });
        Ok(())
    }

    fn classes(&mut self, index: usize, when: &WhenDocument) {
        fn only<T: PartialEq>(table: &mut [Bits], all: &[T], given: Option<&Vec<T>>, index: usize) {
            let Some(given) = given else { return };
            let refused = table.iter_mut().zip(all).filter(|(_, one)| !given.contains(one));
            refused.for_each(|(bits, _)| bits.clear(index));
        }
        only(&mut self.severities, &SEVERITIES, when.severity.as_ref(), index);
        only(&mut self.risks, &RISKS, when.risk.as_ref(), index);
        only(&mut self.reversibilities, &REVERSIBILITIES, when.reversibility.as_ref(), index);
    }

    fn measures(&mut self, index: usize, draft: &Draft) -> Result<(), LoadError> {
        let (document, when) = (&draft.document, &draft.rule.when);
        if let Some(range) = when.blast_radius {
            self.radius.add(index, range);
        }
        if let Some(fields) = &when.fields {
            self.fields.add(index, FieldPatterns::compile(document, fields)?);
        }
        if let Some(time) = &when.time {
            let (opening, inside) = match time {
                TimeDocument::Within(opening) => (opening, true),
                TimeDocument::Outside(opening) => (opening, false),
            };
            self.times.add(index, (Opening::compile(document, opening)?, inside));
        }
        if let Some(floor) = &when.capacity_below {
            self.floors.add(index, Floor::compile(document, floor)?);
        }
        Ok(())
    }

    fn evidence(&mut self, index: usize, when: &WhenDocument) {
        match when.rehearsed {
            Some(true) => self.rehearsed.set(index),
            Some(false) => self.unrehearsed.set(index),
            None => {}
        }
        if let Some(least) = when.confidence.and_then(|bounds| bounds.at_least) {
            self.confidence_at_least.add(index, least);
        }
        if let Some(bound) = when.confidence.and_then(|bounds| bounds.below) {
            self.confidence_below.add(index, bound);
        }
        if !when.provenance.is_empty() {
            self.provenance.add(index, Asked::AtLeast(Minimums::of(&when.provenance)));
        }
        if !when.provenance_below.is_empty() {
            self.provenance_below.add(index, Asked::Below(Minimums::of(&when.provenance_below)));
        }
        if let Some(documents) = &when.provenance_floor {
            self.provenance_below.add(index, Asked::BelowFloor(documents.iter().map(Minimums::of).collect()));
        }
    }

    /// What some rule asks of steps; what none asks for need not be looked at.
    fn of_step(&self) -> Vec<Dimension> {
        let some_refused = |tables: &[Bits]| tables.iter().any(|rules| *rules != Bits::all(self.count));
        let asked = |dimension: &Dimension| match dimension {
            Dimension::Risk => some_refused(&self.risks),
            Dimension::Reversibility => some_refused(&self.reversibilities),
            Dimension::Resource => !self.resources.conditioned.is_empty(),
            Dimension::Parameters => !self.parameters.is_empty(),
            Dimension::Targets => !self.targets.conditioned.is_empty(),
            Dimension::Texts => !self.texts.conditioned.is_empty(),
            Dimension::Fields => !self.fields.is_empty(),
            Dimension::Provenance => !self.provenance.is_empty() || !self.provenance_below.is_empty(),
            _ => true,
        };
        OF_STEP.into_iter().filter(asked).collect()
    }

    fn build(self) -> Index {
        let with = |wanted: &dyn Fn(Verdict) -> bool| {
            let mut bits = Bits::none(self.count);
            let rules = self.rules.iter().enumerate().filter(|(_, rule)| wanted(rule.effect));
            rules.for_each(|(index, _)| bits.set(index));
            bits
        };
        use Verdict::{Allow, Deny, Propose, RequireApproval};
        let of_step = self.of_step();
        Index {
            of_step,
            effects: [Allow, RequireApproval, Propose, Deny].map(|effect| with(&|own| own == effect)),
            restricting: with(&|own| own != Allow),
            permitting: with(&|own| own != Deny),
            kinds: self.kinds.build(ActionKind::ALL.iter().map(ActionKind::as_str)),
            environments: self.environments.build(["dev", "staging", "production"]),
            namespaces: self.namespaces.build([]),
            clusters: self.clusters.build([]),
            severities: self.severities,
            risks: self.risks,
            reversibilities: self.reversibilities,
            resources: self.resources.build(),
            targets: self.targets.build(),
            texts: self.texts.build(),
            parameters: self.parameters.build(self.count),
            fields: self.fields,
            radius: self.radius,
            times: self.times,
            floors: self.floors,
            confidence_at_least: self.confidence_at_least,
            confidence_below: self.confidence_below,
            provenance: self.provenance,
            provenance_below: self.provenance_below,
            rehearsed: self.rehearsed,
            unrehearsed: self.unrehearsed,
            conditional: self.conditional,
            rules: self.rules,
        }
    }
}

/// What restricts is heard however its paths are written; what allows is taken at its word.
fn targets(rule: &RuleDocument) -> Option<Vec<Word>> {
    let words = rule.targets.as_ref()?;
    Some(match rule.effect.verdict {
        Verdict::Allow => words.clone(),
        _ => words.iter().flat_map(paths::meant).collect(),
    })
}
