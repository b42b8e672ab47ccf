//! The tools: names, what they are for, and what they take.

use rmcp::model::{self, JsonObject, ToolAnnotations};
use serde_json::{Value, json};

use super::reading::{MAX_INCIDENTS, USUAL_INCIDENTS};

/// What a client may call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tool {
    ListIncidents,
    ShowIncident,
    ListPlans,
    ApprovePlan,
    RejectPlan,
    RespondPlan,
}

impl Tool {
    pub(super) const ALL: [Self; 6] = [
        Self::ListIncidents,
        Self::ShowIncident,
        Self::ListPlans,
        Self::ApprovePlan,
        Self::RejectPlan,
        Self::RespondPlan,
    ];

    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|tool| tool.name() == name)
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::ListIncidents => "list_incidents",
            Self::ShowIncident => "show_incident",
            Self::ListPlans => "list_plans",
            Self::ApprovePlan => "approve_plan",
            Self::RejectPlan => "reject_plan",
            Self::RespondPlan => "respond_plan",
        }
    }

    /// Whether it answers a plan, in the name of who started the server.
    pub(super) fn answers(self) -> bool {
        matches!(self, Self::ApprovePlan | Self::RejectPlan | Self::RespondPlan)
    }

    fn description(self) -> &'static str {
        match self {
            Self::ListIncidents => "List the newest incidents: what failed, when, and how each stands.",
            Self::ShowIncident => {
                "Show one incident: what failed, what was concluded on which evidence, each plan with its diff, who allowed it, \
                 and what happened when."
            }
            Self::ListPlans => {
                "List the plans that wait for a person: steps, exact diffs, the hash by which each is answered, why, and who is \
                 asked."
            }
            Self::ApprovePlan => {
                "Agree to exactly one plan, in the name of the person who started this server. It is then applied: have that \
                 person confirm the plan first."
            }
            Self::RejectPlan => {
                "Refuse a plan, in the name of the person who started this server. Something else may be proposed."
            }
            Self::RespondPlan => {
                "Answer a plan with a remark, in the name of the person who started this server, neither agreeing nor refusing. \
                 Whoever plans next sees it."
            }
        }
    }

    fn parameters(self) -> Value {
        let id = text("The incident's id, or the beginning of it.");
        let hash = json!({"type": "string", "pattern": "^[0-9a-fA-F]{64}$",
            "description": "The whole hash of the plan that was looked at; another plan is never meant."});
        match self {
            Self::ListIncidents => json!({
                "open": {"type": "boolean", "default": false, "description": "Only those that have not ended."},
                "limit": {"type": "integer", "minimum": 1, "maximum": MAX_INCIDENTS, "default": USUAL_INCIDENTS},
            }),
            Self::ShowIncident => json!({"id": id, "format": {"type": "string", "enum": ["text", "json", "adr"],
                "default": "text", "description": "As on a terminal, as one object, or as a decision record in Markdown."}}),
            Self::ListPlans => json!({"id": text("Only the plan of this incident.")}),
            Self::ApprovePlan => json!({"id": id, "plan_hash": hash}),
            Self::RejectPlan => {
                json!({"id": id, "plan_hash": hash, "because": text("Why, in one line; it stands in the record.")})
            }
            Self::RespondPlan => json!({"id": id, "plan_hash": hash, "text": text("The remark, in one line.")}),
        }
    }

    fn required(self) -> &'static [&'static str] {
        match self {
            Self::ListIncidents | Self::ListPlans => &[],
            Self::ShowIncident => &["id"],
            Self::ApprovePlan => &["id", "plan_hash"],
            Self::RejectPlan => &["id", "plan_hash", "because"],
            Self::RespondPlan => &["id", "plan_hash", "text"],
        }
    }

    fn schema(self) -> JsonObject {
        JsonObject::from_iter([
            ("type".to_owned(), json!("object")),
            ("properties".to_owned(), self.parameters()),
            ("required".to_owned(), json!(self.required())),
            ("additionalProperties".to_owned(), json!(false)),
        ])
    }

    fn annotations(self) -> ToolAnnotations {
        // An approval lets a plan be applied; nothing here takes an answer back.
        let hints = ToolAnnotations::new().read_only(!self.answers()).open_world(false);
        if self.answers() { hints.destructive(true).idempotent(false) } else { hints }
    }

    /// As a client is told of it.
    pub(super) fn definition(self) -> model::Tool {
        model::Tool::new(self.name(), self.description(), self.schema()).with_annotations(self.annotations())
    }
}

fn text(description: &str) -> Value {
    json!({"type": "string", "description": description})
}
