//! Who may approve: which document says so, and who of them runs this.

use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use selfheal_core::approval::{People, PeopleSource};
use selfheal_core::error::{Error, ErrorKind, Result};
use selfheal_memory::audit::{PublicKey, verify_signature};
use selfheal_policy::approvers::{Approvers, EnrolledKey};

use super::EnrolledOptions;
use super::key;
use crate::config;
use crate::run::Refusal;
use crate::store::Place;

/// Names the document.
const VARIABLE: &str = "SELFHEAL_APPROVERS";

/// What it is called where no other is named.
const NAME: &str = "approvers.yaml";

/// The document that says who may approve. It is read anew at every look: who was taken out of it counts no more.
#[derive(Debug, Clone)]
pub(crate) struct Enrolled {
    file: Option<PathBuf>,
    /// Where one would be looked for.
    usual: PathBuf,
}

/// What it says now.
pub(crate) struct Document {
    people: Approvers,
    enrolled: Enrolled,
}

impl Enrolled {
    /// The one that is named, by option or variable; else the one of the store; else the user's.
    pub(crate) fn find(options: &EnrolledOptions, place: &Place) -> Self {
        let beside = place.local().join(NAME);
        let named = options.approvers.clone().or_else(|| config::file_of(VARIABLE));
        let usual = || std::iter::once(beside.clone()).chain(config::folder().map(|folder| folder.join(NAME)));
        Self { file: named.or_else(|| usual().find(|file| file.exists())), usual: beside }
    }

    /// What it says now; without one, that nobody is enrolled.
    ///
    /// # Errors
    /// If it can't be read, or isn't an approvers document: with file, line and what was expected.
    pub(crate) fn read(&self) -> std::result::Result<Document, Refusal> {
        let people = match &self.file {
            Some(file) => Approvers::from_file(file, verify_signature).map_err(Refusal::usage)?,
            None => Approvers::nobody(verify_signature),
        };
        Ok(Document { people, enrolled: self.clone() })
    }
}

#[async_trait]
impl PeopleSource for Enrolled {
    async fn people(&self) -> Result<Arc<dyn People>> {
        let document = self.read();
        let refused = |refusal: Refusal| Error::new(ErrorKind::Invalid, "approvers.read", refusal.message);
        document.map(|document| Arc::new(document.people) as Arc<dyn People>).map_err(refused)
    }
}

impl Document {
    /// The people, for whoever counts answers.
    pub(crate) fn people(&self) -> &dyn People {
        &self.people
    }

    /// The name by which the holder of a key is enrolled.
    pub(super) fn name_of(&self, key: &PublicKey) -> Option<String> {
        self.people.holder(&EnrolledKey(*key.bytes())).map(str::to_owned)
    }

    /// How many people are enrolled.
    pub(crate) fn count(&self) -> usize {
        self.people.iter().count()
    }

    /// Whether anybody is enrolled with this role.
    pub(crate) fn has_role(&self, role: &str) -> bool {
        let has = |name: &str| self.people.person(name).is_some_and(|person| person.roles.contains(role));
        self.people.iter().any(|(name, _)| has(name))
    }

    /// Where it lies, or would be looked for.
    pub(crate) fn place(&self) -> String {
        match &self.enrolled.file {
            Some(file) => file.display().to_string(),
            None => format!("an approvers document: there is none, {} would be one", self.enrolled.usual.display()),
        }
    }

    /// The name by which this user's own key is enrolled, if they have one and it is.
    ///
    /// # Errors
    /// If there is a key and it can't be used.
    pub(crate) fn own_name(&self) -> std::result::Result<Option<String>, Refusal> {
        if self.count() == 0 {
            return Ok(None);
        }
        Ok(key::own()?.and_then(|key| self.name_of(&key.public())))
    }
}

/// A public key as it is enrolled.
pub(super) fn key_text(key: &PublicKey) -> String {
    EnrolledKey(*key.bytes()).to_string()
}
