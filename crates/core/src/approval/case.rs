//! One request and what was said to it, in order.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::answer::{Answer, MAX_REPLY_BYTES, Reply, SignedAnswer};
use super::hand_in::Refusal;
use super::people::{People, Person};
use super::request::{Request, RequestId};
use super::seating::Seating;
use super::standing::Standing;
use super::terms::Stage;
use crate::evidence::Untrusted;
use crate::resource::Environment;
use crate::time::Timestamp;

/// Answers of one request that are read. Only people who are enrolled get one in, so it takes one of them to use them up; then the
/// request can only expire.
pub(super) const MAX_ANSWERS: usize = 256;

/// One request with the answers that name it, as they stand in the ledger: in one order, whoever reads it.
#[derive(Debug, Clone)]
pub struct Case {
    request: Arc<Request>,
    id: RequestId,
    /// On whose behalf any plan of the incident was asked about.
    requesters: BTreeSet<String>,
    /// Whose edit made the plan that it asks about.
    authors: BTreeSet<String>,
    healers: BTreeSet<String>,
    answers: Vec<Given>,
    redemption: Option<Redemption>,
}

#[derive(Debug, Clone)]
struct Given {
    sequence: u64,
    at: Timestamp,
    signed: Arc<SignedAnswer>,
}

/// That the answers were acted upon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redemption {
    /// Its place in the stream: answers after it are too late.
    pub sequence: u64,
    /// When.
    pub at: Timestamp,
    /// Whose answers.
    pub by: Vec<String>,
}

/// Somebody whose latest answer counts.
struct Voice<'a> {
    name: &'a str,
    person: Person,
    reply: &'a Reply,
}

impl Case {
    pub(super) fn new(request: Arc<Request>) -> Self {
        let (requesters, authors, healers) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        let id = request.id();
        Self { request, id, requesters, authors, healers, answers: Vec::new(), redemption: None }
    }

    /// What was asked, as it was noted first.
    #[must_use]
    pub fn request(&self) -> &Request {
        &self.request
    }

    /// What answers name it by.
    #[must_use]
    pub fn id(&self) -> &RequestId {
        &self.id
    }

    /// That it was acted upon, once it was.
    #[must_use]
    pub fn redemption(&self) -> Option<&Redemption> {
        self.redemption.as_ref()
    }

    /// The answers with the time at which each was noted, in order. That they are here doesn't mean that they count.
    pub fn answers(&self) -> impl Iterator<Item = (Timestamp, &SignedAnswer)> {
        self.answers.iter().map(|given| (given.at, given.signed.as_ref()))
    }

    /// Asked by this healer too, on behalf of this person too: neither agrees.
    pub(super) fn exclude(&mut self, healer: &str, requester: Option<&str>) {
        self.healers.insert(healer.to_owned());
        self.requesters.extend(requester.map(str::to_owned));
    }

    /// The plan is what these people made of another by an edit: they don't agree to what they wrote.
    pub(super) fn written_by<'a>(&mut self, authors: impl IntoIterator<Item = &'a str>) {
        self.authors.extend(authors.into_iter().map(str::to_owned));
    }

    /// On whose behalf it was asked, in alphabetical order: they don't agree to it where that is not said otherwise.
    pub fn requesters(&self) -> impl Iterator<Item = &str> {
        self.requesters.iter().map(String::as_str)
    }

    /// Who wrote the plan by an edit, in alphabetical order: they don't agree to it where that is not said otherwise.
    pub fn authors(&self) -> impl Iterator<Item = &str> {
        self.authors.iter().map(String::as_str)
    }

    /// Whether it is known on whose behalf it was asked.
    pub(super) fn has_requester(&self) -> bool {
        !self.requesters.is_empty()
    }

    pub(super) fn said(&mut self, sequence: u64, at: Timestamp, signed: Arc<SignedAnswer>) {
        self.answers.push(Given { sequence, at, signed });
    }

    pub(super) fn redeemed(&mut self, redemption: Redemption) {
        // The first one closed it.
        self.redemption.get_or_insert(redemption);
    }

    pub(super) fn is_full(&self) -> bool {
        self.answers.len() >= MAX_ANSWERS
    }

    /// The place at which exactly this was noted first.
    pub(super) fn place(&self, signed: &SignedAnswer) -> Option<u64> {
        self.answers.iter().find(|given| given.signed.as_ref() == signed).map(|given| given.sequence)
    }

    /// Whether the same person provably said the same before.
    pub(super) fn repeats(&self, signed: &SignedAnswer, people: &dyn People, at: Timestamp) -> bool {
        let same = |given: &&Given| given.signed.answer == signed.answer;
        self.answers.iter().filter(same).any(|given| self.admit(&given.signed, given.at, people, at).is_ok())
    }

    /// What the answers come to at `at`, by the people who are enrolled then.
    ///
    /// The latest answer of a person is what they say. An answer that was given before says nothing: it has neither time nor number,
    /// so that whoever read it could hand it in again, over what its author said since. Of those who say something else than yes, the first decides; otherwise
    /// the stages must fill, each with distinct people. A request that was redeemed is counted as it stood then, by the people of now.
    ///
    /// What was decided before the deadline stays decided after it; for how long it is acted upon, who asks has to know.
    #[must_use]
    pub fn stand(&self, people: &dyn People, at: Timestamp) -> Standing {
        let at = self.redemption.as_ref().map_or(at, |redemption| redemption.at);
        let voices = self.voices(people, at);
        let decided = voices.iter().find_map(Voice::decision);
        match decided.unwrap_or_else(|| self.seated(&voices)) {
            Standing::Waiting { .. } if self.redemption.is_some() => Standing::Lapsed,
            Standing::Waiting { .. } if at > self.request.deadline => Standing::Expired,
            standing => standing,
        }
    }

    /// When the last of these people answered in time.
    pub(super) fn answered_at(&self, by: &[String]) -> Option<Timestamp> {
        let in_time = self.answers.iter().filter(|given| given.at <= self.request.deadline);
        in_time.filter(|given| by.contains(&given.signed.answer.by)).map(|given| given.at).max()
    }

    fn seated(&self, voices: &[Voice<'_>]) -> Standing {
        let mut keys = BTreeSet::new();
        let distinct = |voice: &&Voice<'_>| voice.person.key.as_ref().is_none_or(|key| keys.insert(key.clone()));
        let distinct: Vec<&Voice<'_>> = voices.iter().filter(distinct).collect();
        let people: Vec<Person> = distinct.iter().map(|voice| voice.person.clone()).collect();
        let terms = &self.request.terms;
        match Seating::of(terms, &people) {
            Seating::Full(seated) => {
                Standing::Agreed { by: sorted(seated.into_iter().map(|index| distinct[index].name)) }
            }
            Seating::Short { stage, have } => {
                let asked = terms.stages.get(stage).cloned().unwrap_or_else(Stage::anybody);
                let (stages, by) = (terms.stages.len().max(1), sorted(distinct.iter().map(|voice| voice.name)));
                Standing::Waiting { stage, stages, have, need: asked.k.max(1), roles: asked.roles, by }
            }
        }
    }

    /// The latest answer of everybody whose answer counts, in order; each answer at its first place only.
    fn voices<'a>(&'a self, people: &dyn People, at: Timestamp) -> Vec<Voice<'a>> {
        let before = self.redemption.as_ref().map_or(u64::MAX, |redemption| redemption.sequence);
        let in_time = self.answers.iter().take(MAX_ANSWERS).filter(|given| given.sequence < before);
        let mut said: Vec<&Answer> = Vec::new();
        let mut latest: BTreeMap<&str, (u64, Person, &Reply)> = BTreeMap::new();
        for given in in_time {
            let answer = &given.signed.answer;
            if said.contains(&answer) {
                continue;
            }
            // What nobody proved to have said doesn't keep them from saying it.
            if let Ok(person) = self.admit(&given.signed, given.at, people, at) {
                said.push(answer);
                latest.insert(&answer.by, (given.sequence, person, &answer.reply));
            }
        }
        let mut voices: Vec<_> = latest.into_iter().collect();
        voices.sort_by_key(|(_, (sequence, ..))| *sequence);
        voices.into_iter().map(|(name, (_, person, reply))| Voice { name, person, reply }).collect()
    }

    /// The person whose answer this is, if it counts: `given` at that time, looked at `at` another.
    pub(super) fn admit(
        &self,
        signed: &SignedAnswer,
        given: Timestamp,
        people: &dyn People,
        at: Timestamp,
    ) -> Result<Person, Refusal> {
        self.check_request(signed)?;
        let (by, deadline) = (&signed.answer.by, self.request.deadline);
        if given > deadline {
            return Err(Refusal::Late { deadline, at: given });
        }
        if let Some(bytes) = signed.answer.reply.text().map(str::len).filter(|bytes| *bytes > MAX_REPLY_BYTES) {
            return Err(Refusal::TooLong { bytes });
        }
        if self.healers.contains(by) {
            return Err(Refusal::Healer { by: by.clone() });
        }
        if signed.answer.reply.agrees() && !self.may_approve_themselves(people) {
            self.check_distance(by)?;
        }
        let person = people.person(by).ok_or_else(|| Refusal::NotEnrolled { by: by.clone() })?;
        if person.has_expired(given) || person.has_expired(at) {
            return Err(Refusal::EnrolmentOver { by: by.clone() });
        }
        self.check_role(by, &person)?;
        match people.verify(signed) {
            true => Ok(person),
            false => Err(Refusal::Proof { by: by.clone() }),
        }
    }

    fn check_request(&self, signed: &SignedAnswer) -> Result<(), Refusal> {
        let (asked, answer) = (&self.request, &signed.answer);
        if answer.incident != asked.incident {
            return Err(Refusal::OtherIncident { expected: asked.incident.clone() });
        }
        if answer.plan_hash != asked.plan_hash || answer.round != asked.round {
            return Err(Refusal::OtherPlan { expected: asked.plan_hash.clone(), round: asked.round });
        }
        match answer.request == self.id {
            true => Ok(()),
            false => Err(Refusal::OtherRequest { expected: self.id.clone() }),
        }
    }

    /// Nobody agrees to what they asked for, or wrote.
    fn check_distance(&self, by: &str) -> Result<(), Refusal> {
        if self.requesters.contains(by) {
            return Err(Refusal::Requester { by: by.to_owned() });
        }
        match self.authors.contains(by) {
            true => Err(Refusal::Author { by: by.to_owned() }),
            false => Ok(()),
        }
    }

    fn check_role(&self, by: &str, person: &Person) -> Result<(), Refusal> {
        let stages = &self.request.terms.stages;
        if stages.is_empty() || stages.iter().any(|stage| person.may_sit_in(stage)) {
            return Ok(());
        }
        let mut roles: Vec<&str> = stages.iter().flat_map(|stage| &stage.roles).map(String::as_str).collect();
        roles.sort_unstable();
        roles.dedup();
        Err(Refusal::NoRole { by: by.to_owned(), expected: roles.join(", ") })
    }

    fn may_approve_themselves(&self, people: &dyn People) -> bool {
        self.request.environment == Environment::Dev && people.self_approval(&self.request.environment)
    }
}

fn sorted<'a>(names: impl Iterator<Item = &'a str>) -> Vec<String> {
    let names: BTreeSet<&str> = names.collect();
    names.into_iter().map(str::to_owned).collect()
}

impl Voice<'_> {
    /// What they decide by themselves; `None` if they agree.
    fn decision(&self) -> Option<Standing> {
        let by = self.name.to_owned();
        match self.reply {
            Reply::Accept => None,
            Reply::Edit(edit) => Some(Standing::Edited { by, edit: edit.clone() }),
            Reply::Respond { text } => Some(Standing::Responded { by, text: Untrusted::new(text.clone()) }),
            Reply::Reject { because } => Some(Standing::Rejected { by, because: because.clone() }),
        }
    }
}
