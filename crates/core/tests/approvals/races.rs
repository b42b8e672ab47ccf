//! A hundred thousand answers race with each other, with healers that redeem them, and with changes of people and policy.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use futures_util::future::{LocalBoxFuture, join_all};
use selfheal_core::approval::{
    Answer, Desk, Edit, People, PeopleSource, Person, Reply, Request, RequestId, SignedAnswer, answer,
};
use selfheal_core::engine::State;
use selfheal_core::error::Result;
use selfheal_core::incident::IncidentId;
use selfheal_core::ledger::InMemoryLedger;
use selfheal_core::plan::PlanHash;
use selfheal_core::ports::{Approval, Approver, Entry, Ledger, Note, Stream};
use selfheal_core::testing::FakePeople;
use selfheal_core::time::Timestamp;
use selfheal_detect::redact::Redactor;

use crate::oracle::{Verdict, verdict};
use crate::racing_ledger::{Dice, RacingLedger, dawdle};
use crate::scene::{DEADLINE, Gate, HEALER, REQUESTER, people, plan, question, reject, respond};

const INCIDENTS: u64 = 2_000;
const TALKERS: u64 = 6;
const ANSWERS_EACH: u64 = 9;
const NAMES: [&str; 8] = ["ada", "bob", "dana", "sam", "guest", REQUESTER, HEALER, "mallory"];

/// What a healer heard, and the people it had looked at.
struct Heard {
    request: Request,
    people: FakePeople,
    healer: &'static str,
    approval: Approval,
}

/// One incident with all who race about it.
struct Race {
    incident: IncidentId,
    /// Under the old policy and under the new one.
    states: [State; 2],
    requests: [Request; 2],
    /// Of yet another policy.
    stray: RequestId,
    /// Which policy is in force: the index of a state.
    policy: Cell<usize>,
    clock: Cell<u64>,
    people: FakePeople,
    ledger: Arc<RacingLedger>,
    dice: Dice,
    heard: RefCell<Vec<Heard>>,
    answers: Cell<u64>,
}

/// The people of the moment, remembered.
struct Watched {
    people: FakePeople,
    shown: Arc<Mutex<FakePeople>>,
}

#[async_trait]
impl PeopleSource for Watched {
    async fn people(&self) -> Result<Arc<dyn People>> {
        let now = self.people.snapshot();
        *self.shown.lock().unwrap() = now.clone();
        Ok(Arc::new(now))
    }
}

impl Race {
    fn new(seed: u64) -> Self {
        let dice = Dice::new(seed);
        let terms: [&[(u32, &[&str])]; 4] =
            [&[(1, &[])], &[(2, &["sre"])], &[(1, &["sre"]), (1, &["dba"])], &[(1, &["sre", "dba"]), (2, &["sre"])]];
        let incident = IncidentId::new(&format!("inc-{seed}"));
        // Half of the deadlines pass in the middle of the race.
        let deadline = dice.pick(&[DEADLINE, 60]);
        let old = Gate { incident, deadline, ..Gate::asking(dice.pick(&terms)) };
        let new = Gate { policy: "v2", deadline: deadline + 20, ..old.clone() };
        let ledger = RacingLedger { inner: InMemoryLedger::default(), dice: Dice::new(!seed) };
        Self {
            states: [old.waiting(), new.waiting()],
            requests: [old.request(), new.request()],
            stray: Gate { policy: "v0", ..new }.request().id(),
            incident: old.incident,
            policy: Cell::default(),
            clock: Cell::new(1),
            people: people(),
            ledger: Arc::new(ledger),
            dice,
            heard: RefCell::default(),
            answers: Cell::default(),
        }
    }

    fn now(&self) -> u64 {
        self.clock.set(self.clock.get() + self.dice.roll(3));
        self.clock.get()
    }

    fn reply(&self) -> Reply {
        match self.dice.roll(60) {
            0 => reject(),
            1 => respond(),
            2 => Reply::Edit(Edit { drop: [0].into(), ..Edit::default() }),
            _ => Reply::Accept,
        }
    }

    /// An answer as it should be, or with one thing wrong.
    fn signed(&self) -> SignedAnswer {
        let request = &self.requests[usize::try_from(self.dice.roll(2)).unwrap() & self.policy.get()];
        let by = self.dice.pick(&NAMES);
        let mut answer = Answer::to(request, by, self.reply());
        let key = self.people.person(by).and_then(|person| person.key).unwrap_or_default();
        match self.dice.roll(12) {
            0 => answer.round += 1,
            1 => answer.plan_hash = PlanHash::of(&plan(), &[]),
            2 => answer.incident = IncidentId::new("another"),
            3 => answer.request = self.stray.clone(),
            4 => return FakePeople::signed("another key", answer),
            5 => {
                let mut altered = FakePeople::signed(&key, answer);
                altered.answer.reply = Reply::Accept;
                return altered;
            }
            _ => {}
        }
        FakePeople::signed(&key, answer)
    }

    /// What somebody said before, as anybody who reads the ledger has it.
    async fn overheard(&self) -> SignedAnswer {
        let said = |entry: Entry| match entry.note {
            Note::Answered(signed) => Some(signed.as_ref().clone()),
            _ => None,
        };
        let said: Vec<SignedAnswer> = self.entries().await.into_iter().filter_map(said).collect();
        let which = self.dice.roll(u64::try_from(said.len()).unwrap().max(1));
        said.get(usize::try_from(which).unwrap()).cloned().unwrap_or_else(|| self.signed())
    }

    /// Answers through the door, or straight into the ledger, where nobody checks.
    async fn talk(&self) {
        for _ in 0..ANSWERS_EACH {
            dawdle(&self.dice).await;
            let late = if self.dice.roll(20) == 0 { 2 * DEADLINE } else { 0 };
            let signed = if self.dice.roll(8) == 0 { self.overheard().await } else { self.signed() };
            let at = Timestamp::from_millis(self.now() + late);
            self.answers.set(self.answers.get() + 1);
            let state = &self.states[self.policy.get()];
            if self.dice.roll(3) > 0 {
                let enrolled = self.people.snapshot();
                drop(answer(self.ledger.as_ref(), &enrolled, &Redactor::default(), &[], state, signed, at).await);
                continue;
            }
            let stream = Stream::approvals(&self.incident);
            let next = self.ledger.len(&stream).await.unwrap();
            drop(self.ledger.append(&stream, next, at, &Note::Answered(Arc::new(signed))).await);
        }
    }

    /// Asks again and again; a crash loses some answers after they were redeemed.
    async fn heal(&self, healer: &'static str) {
        let shown = Arc::new(Mutex::new(self.people.snapshot()));
        let watched = Watched { people: self.people.clone(), shown: shown.clone() };
        let desk = Desk::new(self.ledger.clone(), Arc::new(watched)).on_behalf_of(REQUESTER);
        for _ in 0..12 {
            dawdle(&self.dice).await;
            let policy = self.policy.get();
            let asked = question(&self.states[policy], healer, self.now());
            let approval = desk.ask(&asked).await.unwrap();
            // What was agreed to and can't be acted upon any more is told, and not redeemed.
            if self.dice.roll(4) > 0 && asked.at <= asked.until {
                let people = shown.lock().unwrap().clone();
                self.heard.borrow_mut().push(Heard {
                    request: self.requests[policy].clone(),
                    people,
                    healer,
                    approval,
                });
            }
        }
    }

    /// Takes people out, changes keys and roles, and policy.
    async fn meddle(&self) {
        for _ in 0..6 {
            for _ in 0..self.dice.roll(12) {
                dawdle(&self.dice).await;
            }
            let name = NAMES[usize::try_from(self.dice.roll(4)).unwrap()];
            let person = self.people.person(name);
            match (self.dice.roll(8), person) {
                (0, _) => self.people.remove(name),
                (1, Some(person)) => {
                    self.people.enrol(name, Person { key: Some(format!("new key of {name}")), ..person })
                }
                (2, Some(person)) => self.people.enrol(name, Person { roles: ["dba".to_owned()].into(), ..person }),
                (3, Some(person)) => {
                    self.people.enrol(name, Person { until: Some(Timestamp::from_millis(self.now())), ..person });
                }
                (4, _) => self.policy.set(1),
                _ => {}
            }
        }
    }

    async fn run(&self) {
        let mut racers: Vec<LocalBoxFuture<'_, ()>> =
            vec![Box::pin(self.heal(HEALER)), Box::pin(self.heal("second healer")), Box::pin(self.meddle())];
        racers.extend((0..TALKERS).map(|_| -> LocalBoxFuture<'_, ()> { Box::pin(self.talk()) }));
        join_all(racers).await;
        self.calm().await;
    }

    /// The race is over: what people decided comes out.
    async fn calm(&self) {
        let policy = self.policy.get();
        let desk = Desk::new(self.ledger.clone(), Arc::new(self.people.clone())).on_behalf_of(REQUESTER);
        let asked = question(&self.states[policy], HEALER, self.now());
        // The first look may be the one that notes the request.
        desk.ask(&asked).await.unwrap();
        let approval = desk.ask(&asked).await.unwrap();
        let (request, entries) = (self.requests[policy].clone(), self.entries().await);
        if redemptions(&entries).is_empty() {
            let open = verdict(&request, &entries, u64::MAX, &self.people, asked.at, HEALER);
            assert_eq!(Verdict::of(&approval), open, "{request:?}");
        }
        self.heard.borrow_mut().push(Heard { request, people: self.people.snapshot(), healer: HEALER, approval });
    }

    async fn entries(&self) -> Vec<Entry> {
        self.ledger.inner.read(&Stream::approvals(&self.incident), 0, 10_000).await.unwrap()
    }

    /// Each request was redeemed at most once, and whoever heard something heard what people had decided before that.
    async fn check(&self) -> u64 {
        let entries = self.entries().await;
        let redeemed = redemptions(&entries);
        for heard in self.heard.borrow().iter() {
            let said = Verdict::of(&heard.approval);
            let Some((sequence, at)) = redeemed.get(&heard.request.id()).copied() else {
                assert_eq!(said, Verdict::Open, "{:?} without a redemption", heard.approval);
                continue;
            };
            let right = verdict(&heard.request, &entries, sequence, &heard.people, at, heard.healer);
            let lapsed = right == Verdict::Open && said == Verdict::Refused;
            assert!(
                said == right || lapsed || said == Verdict::Open,
                "{said:?} instead of {right:?}: {heard:?}",
                heard = heard.approval
            );
        }
        u64::try_from(redeemed.len()).unwrap()
    }
}

/// The place and time of each request's redemption.
fn redemptions(entries: &[Entry]) -> BTreeMap<RequestId, (u64, Timestamp)> {
    let mut redeemed = BTreeMap::new();
    for entry in entries {
        if let Note::Redeemed { request, .. } = &entry.note {
            let before = redeemed.insert(request.clone(), (entry.sequence, entry.at));
            assert_eq!(before, None, "redeemed twice");
        }
    }
    redeemed
}

#[derive(Default)]
struct Tally {
    answers: u64,
    redeemed: u64,
    agreed: u64,
}

impl Tally {
    fn and(self, other: Self) -> Self {
        let (answers, redeemed) = (self.answers + other.answers, self.redeemed + other.redeemed);
        Self { answers, redeemed, agreed: self.agreed + other.agreed }
    }
}

async fn raced(seeds: impl Iterator<Item = u64>) -> Tally {
    let mut tally = Tally::default();
    for seed in seeds {
        let race = Race::new(seed);
        race.run().await;
        let redeemed = race.check().await;
        let given = |heard: &Heard| matches!(heard.approval, Approval::Given { .. });
        let agreed = u64::from(race.heard.borrow().iter().any(given));
        tally = tally.and(Tally { answers: race.answers.get(), redeemed, agreed });
    }
    tally
}

/// The same race for the same seed, whichever thread it runs on.
fn run(share: u64, shares: u64) -> Tally {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(raced((0..INCIDENTS).filter(|seed| seed % shares == share)))
}

#[test]
fn a_hundred_thousand_raced_answers_are_never_redeemed_wrongly_and_at_most_once() {
    let shares = 4;
    let tally = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..shares).map(|share| scope.spawn(move || run(share, shares))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).fold(Tally::default(), Tally::and)
    });
    let Tally { answers, redeemed, agreed } = tally;
    assert!(answers >= 100_000, "{answers} answers");
    assert!(redeemed > INCIDENTS / 2 && agreed > INCIDENTS / 4, "{redeemed} redeemed, {agreed} agreed: hardly a race");
}
