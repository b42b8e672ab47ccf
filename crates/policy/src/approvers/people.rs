//! The people of one document, as core's [`People`] port.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp as Moment};
use selfheal_core::approval::{Answer, People, Person, Proof, SignedAnswer};
use selfheal_core::resource::Environment;
use selfheal_core::time::Timestamp;

use super::document::{ApproversDocument, PersonDocument, SCHEMA, Word};
use super::key::EnrolledKey;
use super::name::{alike, readable};
use crate::error::LoadError;
use crate::{limits, yaml};

/// Whether a signature over a message is by the holder of a key: key, message, signature. It must be strict (RFC 8032 with the
/// checks of a weak key), so that no key accepts what its holder did not sign.
pub type Verifier = fn(&[u8; 32], &[u8], &[u8; 64]) -> bool;

/// Whether the host authenticated the person who answers itself, for answers that carry no signature.
type Vouch = Arc<dyn Fn(&Answer) -> bool + Send + Sync>;

/// Who may approve.
#[derive(Clone)]
pub struct Approvers {
    people: BTreeMap<String, Enrolled>,
    self_approval: bool,
    verifier: Verifier,
    vouch: Option<Vouch>,
}

/// Somebody who is enrolled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enrolled {
    /// By which they sign.
    pub key: EnrolledKey,
    /// What they may answer as.
    pub roles: BTreeSet<String>,
    /// From then on they count no more.
    pub until: Option<Timestamp>,
}

impl Approvers {
    /// Nobody: what needs an approval can only escalate.
    #[must_use]
    pub fn nobody(verifier: Verifier) -> Self {
        Self { people: BTreeMap::new(), self_approval: false, verifier, vouch: None }
    }

    /// The people of a file.
    ///
    /// # Errors
    /// If it can't be read or isn't an approvers document, with file, line and what was expected.
    pub fn from_file(path: &Path, verifier: Verifier) -> Result<Self, LoadError> {
        let text = yaml::read_bounded(path, limits::DOCUMENT_BYTES as u64)?;
        Self::from_text(&path.display().to_string(), &text, verifier)
    }

    /// As [`Approvers::from_file`], for a document that is in memory; `name` stands for its path in errors.
    ///
    /// # Errors
    /// As [`Approvers::from_file`].
    pub fn from_text(name: &str, text: &str, verifier: Verifier) -> Result<Self, LoadError> {
        let document: ApproversDocument = yaml::parse(name, text)?;
        if document.schema.value != SCHEMA {
            let problem = format!("expected schema '{SCHEMA}', found '{}'", document.schema.value);
            return Err(LoadError::located(name, document.schema.referenced, problem));
        }
        if document.people.len() > limits::PEOPLE {
            let problem = format!("expected at most {} people, found {}", limits::PEOPLE, document.people.len());
            return Err(LoadError::whole(name, problem));
        }
        let mut enrolled = Self { self_approval: document.self_approval.0, ..Self::nobody(verifier) };
        document.people.iter().try_for_each(|person| enrolled.enrol(name, person))?;
        Ok(enrolled)
    }

    /// The same, where answers without a signature count if `vouch` says that the host authenticated who gives them.
    #[must_use]
    pub fn vouching(mut self, vouch: impl Fn(&Answer) -> bool + Send + Sync + 'static) -> Self {
        self.vouch = Some(Arc::new(vouch));
        self
    }

    /// Everybody, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Enrolled)> {
        self.people.iter().map(|(name, person)| (name.as_str(), person))
    }

    /// Whose key it is.
    #[must_use]
    pub fn holder(&self, key: &EnrolledKey) -> Option<&str> {
        self.iter().find(|(_, person)| person.key == *key).map(|(name, _)| name)
    }

    fn enrol(&mut self, document: &str, person: &PersonDocument) -> Result<(), LoadError> {
        let name = readable(document, "name", &person.name)?;
        let alike = self.people.keys().find(|other| alike(other, name));
        let refused = |word: &Word, problem: String| Err(LoadError::located(document, word.referenced, problem));
        if let Some(other) = alike {
            let problem = format!("expected a name that can't be taken for another, found '{name}' beside '{other}'");
            return refused(&person.name, problem);
        }
        let misread = |error| LoadError::located(document, person.key.referenced, error);
        let key: EnrolledKey = person.key.value.parse().map_err(misread)?;
        if let Some(holder) = self.holder(&key) {
            return refused(&person.key, format!("expected a key of their own, found that of '{holder}'"));
        }
        if person.roles.len() > limits::ROLES {
            return refused(&person.name, format!("expected at most {} roles", limits::ROLES));
        }
        let roles = person.roles.iter().map(|role| readable(document, "role", role).map(str::to_owned));
        let approver = Enrolled { key, roles: roles.collect::<Result<_, _>>()?, until: until(document, person)? };
        self.people.insert(name.to_owned(), approver);
        Ok(())
    }
}

impl std::fmt::Debug for Approvers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { people, self_approval, .. } = self;
        f.debug_struct("Approvers")
            .field("people", people)
            .field("self_approval", self_approval)
            .finish_non_exhaustive()
    }
}

impl People for Approvers {
    fn person(&self, name: &str) -> Option<Person> {
        let Enrolled { key, roles, until } = self.people.get(name)?;
        Some(Person { roles: roles.clone(), key: Some(key.to_string()), until: *until })
    }

    fn verify(&self, signed: &SignedAnswer) -> bool {
        let Some(person) = self.people.get(&signed.answer.by) else { return false };
        match &signed.proof {
            Proof::Host => self.vouch.as_ref().is_some_and(|vouch| vouch(&signed.answer)),
            Proof::Signature(_) => signed
                .signature()
                .is_some_and(|signature| (self.verifier)(&person.key.0, &signed.answer.message(), &signature)),
        }
    }

    fn self_approval(&self, environment: &Environment) -> bool {
        self.self_approval && *environment == Environment::Dev
    }
}

/// The end of a day, or a moment.
fn until(document: &str, person: &PersonDocument) -> Result<Option<Timestamp>, LoadError> {
    let Some(word) = &person.until else { return Ok(None) };
    let problem = "expected a date such as 2027-03-31, or a time such as 2027-03-31T12:00:00Z, since 1970";
    let refused = || LoadError::located(document, word.referenced, problem);
    let moment = match word.value.parse::<Date>() {
        Ok(day) if word.value.len() == "2027-03-31".len() => end_of(day),
        _ => word.value.parse::<Moment>().ok(),
    };
    let ms = moment.and_then(|moment| u64::try_from(moment.as_millisecond()).ok()).ok_or_else(refused)?;
    Ok(Some(Timestamp::from_millis(ms)))
}

fn end_of(day: Date) -> Option<Moment> {
    let begins = TimeZone::UTC.to_timestamp(day.to_datetime(Time::midnight())).ok()?;
    begins.checked_add(SignedDuration::from_hours(24)).ok()
}
