//! The desk: asks once, redeems once, and gives the same answer to whoever goes on.

use std::sync::Arc;

use async_trait::async_trait;
use selfheal_core::approval::{Desk, Docket, Edit, People, PeopleSource, Person, Reply, SignedAnswer, answer};
use selfheal_core::engine::State;
use selfheal_core::error::Result;
use selfheal_core::ledger::InMemoryLedger;
use selfheal_core::ports::{Approval, Approver, Ledger, Note, Stream};
use selfheal_core::testing::{FakePeople, unavailable};
use selfheal_core::time::Timestamp;
use selfheal_detect::redact::Redactor;

use crate::scene::{DEADLINE, Gate, HEALER, REQUESTER, people, question, redeemed, reject, requested, respond};

/// When people of these tests say something.
const SAID: u64 = 5;

struct Room {
    ledger: Arc<InMemoryLedger>,
    people: FakePeople,
    state: State,
    gate: Gate,
}

impl Room {
    fn new(gate: Gate) -> Self {
        Self { ledger: Arc::default(), people: people(), state: gate.waiting(), gate }
    }

    fn desk(&self) -> Desk {
        Desk::new(self.ledger.clone(), Arc::new(self.people.clone())).on_behalf_of(REQUESTER)
    }

    async fn ask(&self, healer: &str, at: u64) -> Approval {
        self.desk().ask(&question(&self.state, healer, at)).await.unwrap()
    }

    async fn say(&self, by: &str, reply: Reply) {
        let signed = self.people.says(by, &self.gate.request(), reply);
        let now = Timestamp::from_millis(SAID);
        answer(self.ledger.as_ref(), &self.people, &Redactor::default(), &[], &self.state, signed, now).await.unwrap();
    }

    async fn notes(&self) -> Vec<Note> {
        let entries = self.ledger.read(&Stream::approvals(&self.gate.incident), 0, 100).await.unwrap();
        entries.into_iter().map(|entry| entry.note).collect()
    }

    fn given(&self, by: &str) -> Approval {
        let at = Some(Timestamp::from_millis(SAID));
        Approval::Given { by: by.to_owned(), plan_hash: self.gate.request().plan_hash, at }
    }
}

#[tokio::test]
async fn the_request_is_noted_once_whoever_asks_how_often() {
    let room = Room::new(Gate::default());
    for healer in [HEALER, HEALER, "another process"] {
        assert_eq!(room.ask(healer, 1).await, Approval::Pending);
    }
    assert_eq!(room.notes().await, [requested(&room.gate.request())]);
}

#[tokio::test]
async fn an_agreement_is_redeemed_before_it_is_given_and_given_again_after_a_crash() {
    let room = Room::new(Gate::asking(&[(2, &["sre"])]));
    room.ask(HEALER, 1).await;
    room.say("bob", Reply::Accept).await;
    assert_eq!(room.ask(HEALER, 6).await, Approval::Pending);
    room.say("ada", Reply::Accept).await;
    assert_eq!(room.ask(HEALER, 7).await, room.given("ada, bob"));
    assert!(matches!(room.notes().await.last(), Some(Note::Redeemed { by, .. }) if by == &["ada", "bob"]));
    assert_eq!(room.ask("another process", 8).await, room.given("ada, bob"));
    assert_eq!(room.notes().await.len(), 4);
}

#[tokio::test]
async fn another_round_policy_or_deadline_is_never_given_what_was_given_before() {
    let room = Room::new(Gate::default());
    room.ask(HEALER, 1).await;
    room.say("ada", Reply::Accept).await;
    assert_eq!(room.ask(HEALER, 6).await, room.given("ada"));
    let mut later = room.state.clone();
    later.counters.plans += 1;
    let policy = Gate { policy: "v2", ..room.gate.clone() }.waiting();
    let again = Gate { deadline: DEADLINE + 1, ..room.gate.clone() }.waiting();
    for state in [later, policy, again] {
        assert_eq!(room.desk().ask(&question(&state, HEALER, 7)).await.unwrap(), Approval::Pending);
    }
}

#[tokio::test]
async fn a_redemption_that_nobody_agreed_to_gives_nothing() {
    let room = Room::new(Gate::default());
    room.ask(HEALER, 1).await;
    let stream = Stream::approvals(&room.gate.incident);
    room.ledger.append(&stream, 1, Timestamp::default(), &redeemed(&room.gate.request())).await.unwrap();
    assert!(matches!(room.ask(HEALER, 6).await, Approval::Refused { by, .. } if by == "nobody"));
}

#[tokio::test]
async fn terms_come_from_the_question_not_from_what_stands_in_the_ledger() {
    let strict = Room::new(Gate::asking(&[(2, &["dba"])]));
    let lax = Gate::default();
    let stream = Stream::approvals(&lax.incident);
    let notes =
        [requested(&lax.request()), crate::scene::answered(strict.people.says("ada", &lax.request(), Reply::Accept))];
    for (place, note) in (0..).zip(notes) {
        strict.ledger.append(&stream, place, Timestamp::default(), &note).await.unwrap();
    }
    assert_eq!(strict.ask(HEALER, 1).await, Approval::Pending);
    assert_eq!(strict.ask(HEALER, 2).await, Approval::Pending);
}

#[tokio::test]
async fn what_was_said_before_the_deadline_is_acted_upon_after_it_for_as_long_again_and_no_longer() {
    for (asked, redeemed) in [(DEADLINE, true), (DEADLINE + 1, true), (2 * DEADLINE, true), (2 * DEADLINE + 1, false)] {
        let room = Room::new(Gate::default());
        room.ask(HEALER, 1).await;
        room.say("ada", Reply::Accept).await;
        assert_eq!(room.ask(HEALER, asked).await, room.given("ada"), "{asked}");
        assert_eq!(room.notes().await.len() == 3, redeemed, "{asked}");
    }
}

#[tokio::test]
async fn after_the_deadline_nobody_is_asked_and_what_is_said_counts_for_nothing() {
    let room = Room::new(Gate::default());
    assert_eq!(room.ask(HEALER, DEADLINE + 1).await, Approval::Pending);
    assert_eq!(room.notes().await, []);
    room.ask(HEALER, 1).await;
    let note = crate::scene::answered(room.people.says("ada", &room.gate.request(), Reply::Accept));
    let (stream, late) = (Stream::approvals(&room.gate.incident), Timestamp::from_millis(DEADLINE + 1));
    room.ledger.append(&stream, 1, late, &note).await.unwrap();
    assert_eq!(room.ask(HEALER, DEADLINE + 2).await, Approval::Pending);
}

#[tokio::test]
async fn who_was_taken_out_after_the_deadline_agreed_to_nothing() {
    let room = Room::new(Gate::default());
    room.ask(HEALER, 1).await;
    room.say("ada", Reply::Accept).await;
    let ada = room.people.person("ada").unwrap();
    room.people.enrol("ada", Person { until: Some(Timestamp::from_millis(DEADLINE + 2)), ..ada });
    assert_eq!(room.ask(HEALER, DEADLINE + 2).await, Approval::Pending);
}

#[tokio::test]
async fn each_other_reply_is_redeemed_too_and_stays() {
    let drop = Edit { drop: [0].into(), ..Edit::default() };
    for reply in [reject(), respond(), Reply::Edit(drop)] {
        let room = Room::new(Gate::asking(&[(2, &["sre"])]));
        room.ask(HEALER, 1).await;
        room.say("ada", reply.clone()).await;
        let first = room.ask(HEALER, 6).await;
        match (&reply, &first) {
            (Reply::Reject { because }, Approval::Refused { by, because: told }) => {
                assert_eq!((by.as_str(), told), ("ada", because))
            }
            (Reply::Respond { text }, Approval::Responded { by, text: told }) => {
                assert_eq!((by.as_str(), told.read()), ("ada", text))
            }
            (Reply::Edit(edit), Approval::Edited { plan, .. }) => {
                let shown = &room.state.proposal.as_ref().unwrap().plan;
                assert_eq!(**plan, edit.apply(shown, "ada", &[]).unwrap());
            }
            other => panic!("{other:?}"),
        }
        assert_eq!(room.ask("another process", 7).await, first);
        assert_eq!(room.notes().await.len(), 3);
    }
}

#[tokio::test]
async fn an_edit_that_nobody_checked_is_no_agreement() {
    let room = Room::new(Gate::default());
    room.ask(HEALER, 1).await;
    let widening = Reply::Edit(Edit { drop: [9].into(), ..Edit::default() });
    let note = crate::scene::answered(room.people.says("ada", &room.gate.request(), widening));
    room.ledger.append(&Stream::approvals(&room.gate.incident), 1, Timestamp::default(), &note).await.unwrap();
    let Approval::Refused { by, because } = room.ask(HEALER, 6).await else { panic!("it can't be followed") };
    assert_eq!(
        (by.as_str(), because.as_str()),
        ("ada", "the edit can't be followed: the plan has 2 steps; there is no step 10")
    );
}

#[tokio::test]
async fn the_requester_of_an_incident_stays_whoever_goes_on_with_it() {
    let room = Room::new(Gate::default());
    room.ask(HEALER, 1).await;
    let again = Gate { policy: "v2", ..room.gate.clone() };
    let adas = Desk::new(room.ledger.clone(), Arc::new(room.people.clone())).on_behalf_of("ada");
    let state = again.waiting();
    adas.ask(&question(&state, HEALER, 2)).await.unwrap();
    assert_eq!(room.notes().await[1], requested(&again.request()));
    let yes = room.people.says("ada", &again.request(), Reply::Accept);
    answer(room.ledger.as_ref(), &room.people, &Redactor::default(), &[], &state, yes, Timestamp::from_millis(SAID))
        .await
        .unwrap();
    assert_eq!(adas.ask(&question(&state, HEALER, 6)).await.unwrap(), room.given("ada"));
}

#[tokio::test]
async fn who_goes_on_with_what_nobody_asked_for_is_its_requester_from_then_on() {
    let room = Room::new(Gate::default());
    let desk = || Desk::new(room.ledger.clone(), Arc::new(room.people.clone()));
    let asked = |at| question(&room.state, HEALER, at);
    desk().ask(&asked(1)).await.unwrap();
    room.say("ada", Reply::Accept).await;
    assert_eq!(desk().on_behalf_of("ada").ask(&asked(6)).await.unwrap(), Approval::Pending);
    let yes = room.people.says("ada", &room.gate.request(), Reply::Accept);
    let now = Timestamp::from_millis(6);
    let refused =
        answer(room.ledger.as_ref(), &room.people, &Redactor::default(), &[], &room.state, yes, now).await.unwrap_err();
    assert_eq!(refused.to_string(), "ada asked for it; expected somebody else to agree");
    assert_eq!(desk().ask(&asked(7)).await.unwrap(), Approval::Pending, "it stands in the ledger");
    room.say("bob", Reply::Accept).await;
    assert_eq!(desk().on_behalf_of("ada").ask(&asked(8)).await.unwrap(), room.given("bob"));
    assert_eq!(
        desk().on_behalf_of("bob").ask(&asked(9)).await.unwrap(),
        room.given("bob"),
        "what is given stays given"
    );
}

#[tokio::test]
async fn what_the_host_knows_as_a_secret_is_not_told() {
    let room = Room::new(Gate::default());
    room.ask(HEALER, 1).await;
    let reason = Reply::Reject { because: "the password is hunter2hunter2".to_owned() };
    room.say("ada", reason).await;
    let redactor = Redactor::builder().known("PASSWORD", "hunter2hunter2").build();
    let desk = room.desk().redacting(Arc::new(redactor));
    let Approval::Refused { because, .. } = desk.ask(&question(&room.state, HEALER, 6)).await.unwrap() else {
        panic!("she refused it")
    };
    assert!(because.starts_with("the password is") && !because.contains("hunter2"), "{because}");
}

struct Nobody;

#[async_trait]
impl PeopleSource for Nobody {
    async fn people(&self) -> Result<Arc<dyn People>> {
        Err(unavailable("people"))
    }
}

#[tokio::test]
async fn while_nobody_knows_who_is_enrolled_it_waits() {
    let room = Room::new(Gate::default());
    room.ask(HEALER, 1).await;
    room.say("ada", Reply::Accept).await;
    let blind = Desk::new(room.ledger.clone(), Arc::new(Nobody));
    assert_eq!(blind.ask(&question(&room.state, HEALER, 6)).await.unwrap(), Approval::Pending);
    assert_eq!(room.ask(HEALER, 7).await, room.given("ada"));
}

/// Loses the outcome of each append, which happened.
struct Lossy(Arc<InMemoryLedger>);

#[async_trait]
impl Ledger for Lossy {
    async fn append(&self, stream: &Stream, expected: u64, at: Timestamp, note: &Note) -> Result<()> {
        self.0.append(stream, expected, at, note).await?;
        Err(unavailable("ledger.append").with_retry(selfheal_core::error::Retry::UnknownOutcome))
    }

    async fn read(&self, stream: &Stream, from: u64, most: usize) -> Result<Vec<selfheal_core::ports::Entry>> {
        self.0.read(stream, from, most).await
    }

    async fn len(&self, stream: &Stream) -> Result<u64> {
        self.0.len(stream).await
    }

    async fn forget(&self, stream: &Stream, before: Timestamp) -> Result<()> {
        self.0.forget(stream, before).await
    }
}

#[tokio::test]
async fn what_may_have_been_noted_is_looked_for_not_noted_again() {
    let room = Room::new(Gate::default());
    let lossy = Arc::new(Lossy(room.ledger.clone()));
    let desk = Desk::new(lossy.clone(), Arc::new(room.people.clone())).on_behalf_of(REQUESTER);
    assert_eq!(desk.ask(&question(&room.state, HEALER, 1)).await.unwrap(), Approval::Pending);
    let yes: SignedAnswer = room.people.says("ada", &room.gate.request(), Reply::Accept);
    let taken =
        answer(lossy.as_ref(), &room.people, &Redactor::default(), &[], &room.state, yes, Timestamp::from_millis(SAID))
            .await
            .unwrap();
    assert_eq!(taken.sequence, 1);
    assert_eq!(desk.ask(&question(&room.state, HEALER, 6)).await.unwrap(), room.given("ada"));
    assert_eq!(Docket::read(lossy.as_ref(), &room.gate.incident).await.unwrap().next(), 3);
}
