//! Sections: what many documents say, in short.

use selfheal_core::ports::{EffectClass, Scope};
use serde::Deserialize;
use serde_saphyr::Spanned;

use super::Word;

/// All sections, of a document or of one environment in it.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Sections {
    #[serde(default)]
    pub(crate) protected: Vec<ProtectedDocument>,
    #[serde(default)]
    pub(crate) forbidden_fields: Vec<FieldsDocument>,
    #[serde(default)]
    pub(crate) diff_limits: Option<Spanned<DiffLimitsDocument>>,
    #[serde(default)]
    pub(crate) freeze: Vec<WindowDocument>,
    #[serde(default)]
    pub(crate) maintenance: Vec<WindowDocument>,
    #[serde(default)]
    pub(crate) rate_limits: Vec<BudgetDocument>,
    #[serde(default)]
    pub(crate) budgets: Vec<BudgetDocument>,
    #[serde(default)]
    pub(crate) capacity_floor: Vec<CapacityDocument>,
}

/// What nothing may touch.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProtectedDocument {
    pub(crate) id: Word,
    pub(crate) resources: Option<Vec<Word>>,
    pub(crate) paths: Option<Vec<Word>>,
    pub(crate) because: String,
}

/// Fields that no change may contain.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FieldsDocument {
    pub(crate) id: Word,
    pub(crate) fields: Vec<Word>,
    pub(crate) kinds: Option<Vec<Word>>,
    pub(crate) because: String,
}

/// How much a whole plan may change.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DiffLimitsDocument {
    pub(crate) files: Option<u32>,
    pub(crate) lines_added: Option<u32>,
    pub(crate) lines_removed: Option<u32>,
}

/// When something is open: within the weekly spans, if there are any, between the dates, if there are any.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OpeningDocument {
    pub(crate) zone: Word,
    pub(crate) weekly: Option<Vec<SpanDocument>>,
    pub(crate) from: Option<Word>,
    pub(crate) until: Option<Word>,
}

/// `{days: [mon, tue], from: '09:00', until: '17:00'}` or `{from: 'fri 18:00', until: 'mon 06:00'}`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SpanDocument {
    pub(crate) days: Option<Vec<Word>>,
    pub(crate) from: Word,
    pub(crate) until: Word,
}

/// A freeze, or a window for maintenance.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WindowDocument {
    pub(crate) id: Word,
    pub(crate) zone: Word,
    pub(crate) weekly: Option<Vec<SpanDocument>>,
    pub(crate) from: Option<Word>,
    pub(crate) until: Option<Word>,
    pub(crate) environments: Option<Vec<Word>>,
    pub(crate) kinds: Option<Vec<Word>>,
    pub(crate) resources: Option<Vec<Word>>,
    #[serde(default)]
    pub(crate) exempt: Vec<EffectClass>,
    pub(crate) effect: Option<FreezeEffect>,
    pub(crate) because: String,
}

impl WindowDocument {
    pub(crate) fn opening(&self) -> OpeningDocument {
        OpeningDocument {
            zone: self.zone.clone(),
            weekly: self.weekly.clone(),
            from: self.from.clone(),
            until: self.until.clone(),
        }
    }
}

/// What a freeze does to a plan that is decided while it lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum FreezeEffect {
    /// Its effects wait.
    Hold,
    /// It is denied.
    Deny,
}

/// So much of something within so long.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct BudgetDocument {
    pub(crate) id: Word,
    pub(crate) scope: Scope,
    pub(crate) per: Word,
    pub(crate) at_most: AtMostDocument,
    pub(crate) environments: Option<Vec<Word>>,
    pub(crate) kinds: Option<Vec<Word>>,
    pub(crate) resources: Option<Vec<Word>>,
    pub(crate) exempt: Option<Vec<EffectClass>>,
    pub(crate) because: String,
}

/// What a budget counts; what is left out is not limited.
#[derive(Debug, Clone, Copy, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AtMostDocument {
    pub(crate) effects: Option<u32>,
    pub(crate) resources: Option<u32>,
    pub(crate) changes: Option<u32>,
    pub(crate) lines_added: Option<u32>,
    pub(crate) lines_removed: Option<u32>,
}

/// How much must be in service before more is taken out of it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CapacityDocument {
    pub(crate) id: Word,
    pub(crate) ready_fact: Option<String>,
    pub(crate) unhealthy_fact: Option<String>,
    pub(crate) total_fact: Option<String>,
    pub(crate) at_least: Option<u32>,
    pub(crate) at_least_percent: Option<u32>,
    pub(crate) kinds: Vec<Word>,
    pub(crate) environments: Option<Vec<Word>>,
    pub(crate) resources: Option<Vec<Word>>,
    pub(crate) because: String,
}
