//! Both kinds of document as they are written.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_saphyr::Spanned;

/// The `apiVersion`s of a recovery policy; they mean the same.
pub const API_VERSIONS: [&str; 2] = ["rodytech.ai/v1alpha1", "selfheal.dev/v1alpha1"];

/// The `kind` of a recovery policy.
pub const KIND: &str = "PipelineRecoveryPolicy";

pub(crate) type Word = Spanned<String>;

/// What a file turns out to hold.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Shape {
    Recovery {
        #[serde(rename = "apiVersion")]
        _api_version: IgnoredAny,
    },
    Healing {
        #[serde(rename = "resource_kind")]
        _resource_kind: IgnoredAny,
    },
    Several(#[expect(dead_code, reason = "what the elements are is looked at when they are read")] Vec<IgnoredAny>),
    Other(IgnoredAny),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct RecoveryDocument {
    pub(crate) api_version: Word,
    pub(crate) kind: Word,
    pub(crate) metadata: MetadataDocument,
    pub(crate) spec: SpecDocument,
    #[serde(rename = "status")]
    pub(crate) _status: Option<IgnoredAny>,
}

/// What an API server adds is let through: a policy may be read from where it is installed.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct MetadataDocument {
    pub(crate) name: Word,
    pub(crate) namespace: Option<String>,
    #[serde(rename = "labels")]
    pub(crate) _labels: Option<BTreeMap<String, String>>,
    #[serde(rename = "annotations")]
    pub(crate) _annotations: Option<BTreeMap<String, String>>,
    #[serde(rename = "creationTimestamp")]
    pub(crate) _creation_timestamp: Option<IgnoredAny>,
    #[serde(rename = "deletionGracePeriodSeconds")]
    pub(crate) _deletion_grace_period_seconds: Option<IgnoredAny>,
    #[serde(rename = "deletionTimestamp")]
    pub(crate) _deletion_timestamp: Option<IgnoredAny>,
    #[serde(rename = "finalizers")]
    pub(crate) _finalizers: Option<IgnoredAny>,
    #[serde(rename = "generation")]
    pub(crate) _generation: Option<IgnoredAny>,
    #[serde(rename = "managedFields")]
    pub(crate) _managed_fields: Option<IgnoredAny>,
    #[serde(rename = "ownerReferences")]
    pub(crate) _owner_references: Option<IgnoredAny>,
    #[serde(rename = "resourceVersion")]
    pub(crate) _resource_version: Option<IgnoredAny>,
    #[serde(rename = "uid")]
    pub(crate) _uid: Option<IgnoredAny>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct SpecDocument {
    pub(crate) target_pipeline: Word,
    pub(crate) failure_threshold: Option<Spanned<u32>>,
    pub(crate) allowed_strategies: Spanned<Vec<Word>>,
    #[serde(default)]
    pub(crate) safety_checks: SafetyChecksDocument,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct SafetyChecksDocument {
    #[serde(default)]
    pub(crate) dry_run: bool,
    pub(crate) max_retries: Option<Spanned<u32>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct HealingDocument {
    pub(crate) resource_kind: Word,
    pub(crate) issue_type: Word,
    pub(crate) auto_heal: bool,
    pub(crate) max_retries: Spanned<u32>,
}
