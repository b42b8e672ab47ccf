//! Settings by which a healer acts more readily in production than elsewhere.

use selfheal_core::confidence::Autonomy;
use serde_saphyr::Spanned;

use super::Warning;

pub(super) fn warnings(document: &str, autonomy: Option<&Spanned<Autonomy>>) -> Vec<Warning> {
    let Some(settings) = autonomy else { return Vec::new() };
    let by = &settings.value.environment;
    let laxer = [("dev", by.dev), ("staging", by.staging)].into_iter().filter(|(_, other)| by.production < *other);
    let mut problems: Vec<String> = laxer
        .map(|(name, other)| {
            format!(
                "'environment.production' adds {}, less than 'environment.{name}' ({other}): a healer acts there on less than in \
                 {name}; expected at least as much",
                by.production
            )
        })
        .collect();
    if by.production < 0.0 {
        problems.push(format!(
            "'environment.production' adds {}: a healer acts in production on less than 'threshold'; expected 0 or more",
            by.production
        ));
    }
    problems.into_iter().map(|problem| Warning::at(document, settings.referenced, problem)).collect()
}
