//! One step as a Cedar request.

use cedar_policy::{
    Context, Entities, Entity, EntityId, EntityTypeName, EntityUid, Request, RestrictedExpression, Schema,
};

use crate::engines::input::StepInput;

/// The entity types of the schema.
#[derive(Debug, Clone)]
pub(crate) struct Types {
    healer: EntityUid,
    action: EntityTypeName,
    resource: EntityTypeName,
}

impl Types {
    pub(crate) fn new() -> Result<Self, String> {
        let named = |name: &str| name.parse::<EntityTypeName>().map_err(|problem| problem.to_string());
        let healer = EntityUid::from_type_name_and_id(named("Healer")?, EntityId::new("selfheal"));
        Ok(Self { healer, action: named("Action")?, resource: named("Resource")? })
    }

    /// The action of that name.
    pub(crate) fn action(&self, kind: &str) -> EntityUid {
        EntityUid::from_type_name_and_id(self.action.clone(), EntityId::new(kind))
    }

    /// The request about a step, with the one entity that it is about.
    pub(crate) fn request(&self, input: &StepInput<'_>, schema: &Schema) -> Result<(Request, Entities), String> {
        let action = self.action(input.step.kind);
        let entity = self.resource(input)?;
        let context = Context::from_json_value(context(input)?, Some((schema, &action)));
        let context = context.map_err(|problem| problem.to_string())?;
        let request = Request::new(self.healer.clone(), action, entity.uid(), context, Some(schema));
        let request = request.map_err(|problem| problem.to_string())?;
        let entities = Entities::from_entities([entity], Some(schema)).map_err(|problem| problem.to_string())?;
        Ok((request, entities))
    }

    fn resource(&self, input: &StepInput<'_>) -> Result<Entity, String> {
        let resource = &input.resource;
        let name = format!("{}/{}/{}", resource.system, resource.kind, resource.name);
        let uid = EntityUid::from_type_name_and_id(self.resource.clone(), EntityId::new(name));
        let text = |text: &str| RestrictedExpression::new_string(text.to_owned());
        let known = [("system", resource.system), ("kind", resource.kind), ("name", resource.name)]
            .map(|(key, value)| (key, Some(value)));
        let perhaps = [("namespace", resource.namespace), ("cluster", resource.cluster)];
        let attributes =
            known.into_iter().chain(perhaps).filter_map(|(key, value)| Some((key.to_owned(), text(value?))));
        let tags = resource.facts.iter().map(|(name, fact)| (name.to_owned(), text(&fact.to_string())));
        Entity::new_with_tags(uid, attributes, [], tags).map_err(|problem| problem.to_string())
    }
}

/// What the request itself says is left out of its context.
fn context(input: &StepInput<'_>) -> Result<serde_json::Value, String> {
    let mut context = serde_json::to_value(input).map_err(|problem| problem.to_string())?;
    if let Some(all) = context.as_object_mut() {
        all.remove("resource");
        if let Some(step) = all.get_mut("step").and_then(serde_json::Value::as_object_mut) {
            step.remove("kind");
        }
    }
    Ok(context)
}
