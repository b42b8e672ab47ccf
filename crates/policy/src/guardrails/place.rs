//! Where a window or budget holds: kinds, environments and resources by glob.

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use selfheal_core::resource::ResourceRef;

use super::document::Word;
use super::names;
use crate::error::LoadError;

/// Empty lists can't be written; one that is left out restricts nothing.
#[derive(Debug, Clone)]
pub(crate) struct Where {
    kinds: Option<GlobSet>,
    environments: Option<GlobSet>,
    resources: Option<GlobSet>,
}

impl Where {
    pub(crate) fn compile(
        document: &str,
        kinds: Option<&Vec<Word>>,
        environments: Option<&Vec<Word>>,
        resources: Option<&Vec<Word>>,
    ) -> Result<Self, LoadError> {
        let all = [kinds, environments, resources].into_iter().flatten().flatten();
        names::no_exception(document, all)?;
        resources.map_or(Ok(()), |words| names::resources(document, words))?;
        let globs = |words: Option<&Vec<Word>>| words.map(|words| globs(document, words)).transpose();
        Ok(Self { kinds: globs(kinds)?, environments: globs(environments)?, resources: globs(resources)? })
    }

    /// Whether it holds there.
    pub(crate) fn covers(&self, kind: &str, environment: &str, resource: &ResourceRef) -> bool {
        let is = |globs: &Option<GlobSet>, name: &dyn Fn() -> String| {
            globs.as_ref().is_none_or(|globs| globs.is_match(name()))
        };
        is(&self.kinds, &|| kind.to_owned())
            && is(&self.environments, &|| environment.to_owned())
            && is(&self.resources, &|| resource.to_string())
    }
}

fn globs(document: &str, words: &[Word]) -> Result<GlobSet, LoadError> {
    let mut set = GlobSetBuilder::new();
    for word in words {
        let refuse = |problem: globset::Error| {
            LoadError::located(document, word.referenced, format!("expected a glob: {}", problem.kind()))
        };
        set.add(GlobBuilder::new(&word.value).case_insensitive(true).build().map_err(refuse)?);
    }
    set.build().map_err(|problem| LoadError::whole(document, problem))
}
