//! People who can be enrolled, removed and changed by a test.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use crate::approval::{Answer, People, PeopleSource, Person, Proof, Reply, Request, SignedAnswer};
use crate::audit::Hash;
use crate::error::Result;
use crate::resource::Environment;

/// People who sign with a fake signature: whoever knows the name of a key can make it. Clones are the same people.
#[derive(Debug, Clone, Default)]
pub struct FakePeople {
    people: Arc<Mutex<BTreeMap<String, Person>>>,
    self_approval: bool,
}

impl FakePeople {
    /// These names with these roles; each with a key of their own.
    #[must_use]
    pub fn of(people: &[(&str, &[&str])]) -> Self {
        let town = Self::default();
        for (name, roles) in people {
            let roles = roles.iter().map(|role| (*role).to_owned()).collect();
            town.enrol(name, Person { roles, key: Some(format!("key of {name}")), until: None });
        }
        town
    }

    /// The same people, who may answer what they asked for themselves.
    #[must_use]
    pub fn approving_themselves(mut self) -> Self {
        self.self_approval = true;
        self
    }

    /// Enrols `name`, or changes what they are enrolled with.
    pub fn enrol(&self, name: &str, person: Person) {
        self.lock().insert(name.to_owned(), person);
    }

    /// Takes `name` out.
    pub fn remove(&self, name: &str) {
        self.lock().remove(name);
    }

    /// What these people are now; they don't change with the original any more.
    #[must_use]
    pub fn snapshot(&self) -> Self {
        Self { people: Arc::new(Mutex::new(self.lock().clone())), self_approval: self.self_approval }
    }

    /// What `by` says to `request`, signed with the key that they are enrolled with now.
    #[must_use]
    pub fn says(&self, by: &str, request: &Request, reply: Reply) -> SignedAnswer {
        let key = self.person(by).and_then(|person| person.key).unwrap_or_default();
        Self::signed(&key, Answer::to(request, by, reply))
    }

    /// An answer, signed with `key`.
    #[must_use]
    pub fn signed(key: &str, answer: Answer) -> SignedAnswer {
        let proof = Proof::Signature(signature(key, &answer));
        SignedAnswer { answer, proof }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Person>> {
        self.people.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn signature(key: &str, answer: &Answer) -> String {
    Hash::of(&[key.as_bytes(), &[0], answer.message().as_slice()].concat()).to_string()
}

impl People for FakePeople {
    fn person(&self, name: &str) -> Option<Person> {
        self.lock().get(name).cloned()
    }

    fn verify(&self, signed: &SignedAnswer) -> bool {
        let key = self.person(&signed.answer.by).and_then(|person| person.key);
        match (&signed.proof, key) {
            (Proof::Signature(given), Some(key)) => *given == signature(&key, &signed.answer),
            _ => false,
        }
    }

    fn self_approval(&self, _: &Environment) -> bool {
        self.self_approval
    }
}

#[async_trait]
impl PeopleSource for FakePeople {
    async fn people(&self) -> Result<Arc<dyn People>> {
        Ok(Arc::new(self.snapshot()))
    }
}
