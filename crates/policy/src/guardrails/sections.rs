//! Sections are rules in short: what they say becomes rules, windows and budgets.

use serde_saphyr::{Location, Spanned};

use super::document::{
    BudgetDocument, CapacityDocument, DiffLimitsDocument, EffectDocument, FreezeEffect, GuardrailsDocument,
    ProtectedDocument, RadiusDocument, RangeDocument, RuleDocument, Sections, TimeDocument, WhenDocument,
    WindowDocument, Word,
};
use super::paths;
use crate::error::LoadError;

/// A document without short forms.
#[derive(Debug, Default)]
pub(crate) struct Expanded {
    pub(crate) rules: Vec<RuleDocument>,
    pub(crate) freezes: Vec<WindowDocument>,
    pub(crate) maintenance: Vec<WindowDocument>,
    pub(crate) budgets: Vec<BudgetDocument>,
    /// Every id that is written, for uniqueness.
    pub(crate) ids: Vec<Word>,
}

/// Takes the rules and sections out of a document.
pub(crate) fn expand(name: &str, document: &mut GuardrailsDocument) -> Result<Expanded, LoadError> {
    let rules = std::mem::take(&mut document.rules);
    let mut expanded =
        Expanded { ids: rules.iter().map(|rule| rule.id.clone()).collect(), rules, ..Expanded::default() };
    let mut place = Place { document: name, environment: None, expanded: &mut expanded };
    place.sections(document.take_sections())?;
    for (environment, sections) in std::mem::take(&mut document.environments) {
        place.environment = Some(environment);
        place.sections(sections)?;
    }
    Ok(expanded)
}

struct Place<'a> {
    document: &'a str,
    /// The only environment in which it holds.
    environment: Option<String>,
    expanded: &'a mut Expanded,
}

impl Place<'_> {
    fn sections(&mut self, sections: Sections) -> Result<(), LoadError> {
        sections.protected.into_iter().try_for_each(|one| self.protected(one))?;
        for fields in sections.forbidden_fields {
            let when = WhenDocument { fields: Some(fields.fields), ..WhenDocument::default() };
            self.deny(
                &fields.id,
                fields.because,
                RuleDocument { kinds: or_all(fields.kinds, &fields.id), when, ..bare(&fields.id) },
            );
        }
        if let Some(limits) = sections.diff_limits {
            self.diff_limits(&limits)?;
        }
        sections.capacity_floor.into_iter().try_for_each(|floor| self.capacity(floor))?;
        sections.freeze.into_iter().try_for_each(|freeze| self.freeze(freeze))?;
        for mut window in sections.maintenance {
            if window.effect.is_some() {
                return self
                    .refuse(&window.id, "expected no 'effect' in 'maintenance': outside of its windows effects wait");
            }
            self.confine(&window.id, &mut window.environments)?;
            self.expanded.ids.push(window.id.clone());
            self.expanded.maintenance.push(window);
        }
        for mut budget in sections.rate_limits.into_iter().chain(sections.budgets) {
            self.confine(&budget.id, &mut budget.environments)?;
            self.expanded.ids.push(budget.id.clone());
            self.expanded.budgets.push(budget);
        }
        Ok(())
    }

    fn protected(&mut self, protected: ProtectedDocument) -> Result<(), LoadError> {
        let ProtectedDocument { id, resources, paths, because } = protected;
        if resources.is_none() && paths.is_none() {
            return self.refuse(&id, "expected 'resources' or 'paths'");
        }
        self.expanded.ids.push(id.clone());
        if resources.is_some() {
            self.rule(because.clone(), RuleDocument { resources, ..bare(&id) });
        }
        if let Some(paths) = paths {
            let targets = Some(paths.into_iter().map(paths::in_project).collect());
            self.rule(because, RuleDocument { targets, ..bare(&id) });
        }
        Ok(())
    }

    fn diff_limits(&mut self, limits: &Spanned<DiffLimitsDocument>) -> Result<(), LoadError> {
        let own = self.environment.as_ref().map_or_else(String::new, |environment| format!("/{environment}"));
        let id = word(&format!("diff_limits{own}"), limits.referenced);
        let DiffLimitsDocument { files, lines_added, lines_removed } = limits.value;
        let over = |most: u32| RangeDocument { at_least: Some(most.saturating_add(1)), at_most: None };
        let radius = RadiusDocument::default();
        let bounds = [
            files.map(|most| (RadiusDocument { changes: over(most), ..radius }, format!("{most} files"))),
            lines_added
                .map(|most| (RadiusDocument { lines_added: over(most), ..radius }, format!("{most} added lines"))),
            lines_removed
                .map(|most| (RadiusDocument { lines_removed: over(most), ..radius }, format!("{most} removed lines"))),
        ];
        if bounds.iter().all(Option::is_none) {
            return self.refuse(&id, "expected 'diff_limits' to bound files, lines_added or lines_removed");
        }
        self.expanded.ids.push(id.clone());
        for (radius, most) in bounds.into_iter().flatten() {
            let when = WhenDocument { blast_radius: Some(radius), ..WhenDocument::default() };
            self.rule(format!("a plan may change at most {most}"), RuleDocument { when, ..bare(&id) });
        }
        Ok(())
    }

    fn capacity(&mut self, mut floor: CapacityDocument) -> Result<(), LoadError> {
        self.confine(&floor.id, &mut floor.environments)?;
        let rule = RuleDocument {
            kinds: floor.kinds.clone(),
            environments: floor.environments.clone(),
            resources: floor.resources.clone(),
            ..bare(&floor.id)
        };
        let (id, because) = (floor.id.clone(), floor.because.clone());
        let when = WhenDocument { capacity_below: Some(floor), ..WhenDocument::default() };
        self.expanded.ids.push(id);
        self.expanded.rules.push(RuleDocument { when, because, ..rule });
        Ok(())
    }

    fn freeze(&mut self, mut freeze: WindowDocument) -> Result<(), LoadError> {
        self.confine(&freeze.id, &mut freeze.environments)?;
        if freeze.effect == Some(FreezeEffect::Deny) {
            let when = WhenDocument { time: Some(TimeDocument::Within(freeze.opening())), ..WhenDocument::default() };
            let rule = RuleDocument {
                kinds: or_all(freeze.kinds.clone(), &freeze.id),
                environments: freeze.environments.clone(),
                resources: freeze.resources.clone(),
                when,
                because: freeze.because.clone(),
                ..bare(&freeze.id)
            };
            self.expanded.rules.push(rule);
        }
        self.expanded.ids.push(freeze.id.clone());
        self.expanded.freezes.push(freeze);
        Ok(())
    }

    fn deny(&mut self, id: &Word, because: String, rule: RuleDocument) {
        self.expanded.ids.push(id.clone());
        self.rule(because, rule);
    }

    fn rule(&mut self, because: String, rule: RuleDocument) {
        let at = rule.id.referenced;
        let environments = self.environment.as_ref().map(|environment| vec![word(environment, at)]);
        self.expanded.rules.push(RuleDocument { because, environments, ..rule });
    }

    /// What stands under one environment holds there only.
    fn confine(&self, id: &Word, environments: &mut Option<Vec<Word>>) -> Result<(), LoadError> {
        let Some(environment) = &self.environment else { return Ok(()) };
        if environments.is_some() {
            return self.refuse(id, "expected no 'environments' here: it stands under the only one");
        }
        *environments = Some(vec![word(environment, id.referenced)]);
        Ok(())
    }

    fn refuse(&self, at: &Word, problem: &str) -> Result<(), LoadError> {
        Err(LoadError::located(self.document, at.referenced, problem))
    }
}

pub(crate) fn word(text: &str, at: Location) -> Word {
    Spanned::new(text.to_owned(), at, at)
}

/// A rule that denies everything, to be narrowed.
pub(crate) fn bare(id: &Word) -> RuleDocument {
    RuleDocument {
        id: id.clone(),
        effect: EffectDocument::DENY,
        kinds: vec![word("*", id.referenced)],
        environments: None,
        targets: None,
        resources: None,
        namespaces: None,
        clusters: None,
        when: WhenDocument::default(),
        because: String::new(),
    }
}

fn or_all(kinds: Option<Vec<Word>>, id: &Word) -> Vec<Word> {
    kinds.unwrap_or_else(|| vec![word("*", id.referenced)])
}
