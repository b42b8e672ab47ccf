//! What may be written in several ways: targets and parameters.

use std::fmt;

use selfheal_core::action::{Parameter, Provenance, Value};
use selfheal_core::resource::ResourceRef;
use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, Error, MapAccess, Visitor};

/// Where a value is from that is written without saying so.
const BY: &str = "the document";

/// A path that a step changes, or the resource that it acts on.
#[derive(Debug, Clone)]
pub(super) enum Target {
    Path(String),
    Resource(ResourceRef),
}

impl<'de> Deserialize<'de> for Target {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TargetVisitor)
    }
}

struct TargetVisitor;

impl<'de> Visitor<'de> for TargetVisitor {
    type Value = Target;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a path, or {system, kind, name}")
    }

    fn visit_str<E: Error>(self, path: &str) -> Result<Target, E> {
        Ok(Target::Path(path.to_owned()))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Target, A::Error> {
        ResourceRef::deserialize(MapAccessDeserializer::new(map)).map(Target::Resource)
    }
}

/// A value, configured; or a value with its provenance, in a word or as core writes it.
#[derive(Debug, Clone)]
pub(super) struct GivenParameter(pub(super) Parameter);

impl<'de> Deserialize<'de> for GivenParameter {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ParameterVisitor)
    }
}

struct ParameterVisitor;

impl ParameterVisitor {
    fn plain(value: Value) -> GivenParameter {
        GivenParameter(Parameter::configured(BY, value))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FullParameter {
    value: Value,
    provenance: GivenProvenance,
}

impl<'de> Visitor<'de> for ParameterVisitor {
    type Value = GivenParameter;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text, a whole number, true or false, or {value, provenance}")
    }

    fn visit_bool<E: Error>(self, flag: bool) -> Result<GivenParameter, E> {
        Ok(Self::plain(Value::Flag(flag)))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<GivenParameter, E> {
        Ok(Self::plain(Value::Integer(number)))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<GivenParameter, E> {
        let small = i64::try_from(number).map_err(|_| E::custom("expected a whole number below 2^63"))?;
        self.visit_i64(small)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<GivenParameter, E> {
        Ok(Self::plain(Value::Text(text.to_owned())))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<GivenParameter, A::Error> {
        let full = FullParameter::deserialize(MapAccessDeserializer::new(map))?;
        let mut parameter = Parameter::configured(BY, full.value);
        parameter.provenance = full.provenance.0;
        Ok(GivenParameter(parameter))
    }
}

struct GivenProvenance(Provenance);

impl<'de> Deserialize<'de> for GivenProvenance {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ProvenanceVisitor)
    }
}

struct ProvenanceVisitor;

const CLASSES: &[&str] = &["configured", "observed", "extracted", "model"];

impl<'de> Visitor<'de> for ProvenanceVisitor {
    type Value = GivenProvenance;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("configured, observed, extracted, model, or one of them with {by}")
    }

    fn visit_str<E: Error>(self, class: &str) -> Result<GivenProvenance, E> {
        let by = BY.to_owned();
        Ok(GivenProvenance(match class {
            "configured" => Provenance::Configured { by },
            "observed" => Provenance::Observed { by },
            "extracted" => Provenance::Extracted { set: by.clone(), by },
            "model" => Provenance::Model { by },
            other => return Err(E::unknown_variant(other, CLASSES)),
        }))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<GivenProvenance, A::Error> {
        Provenance::deserialize(MapAccessDeserializer::new(map)).map(GivenProvenance)
    }
}
