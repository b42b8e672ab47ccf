//! Handing an answer in: refused with what was expected, or noted.

use selfheal_core::approval::{Answer, Docket, Edit, Refusal, Reply, Standing, answer};
use selfheal_core::engine::{Event, State, transition};
use selfheal_core::ledger::InMemoryLedger;
use selfheal_core::ports::{Approval, Ledger, Stream};
use selfheal_core::testing::FakePeople;
use selfheal_core::time::Timestamp;
use selfheal_detect::redact::Redactor;

use crate::scene::{DEADLINE, Gate, HEALER, REQUESTER, forged, people, redeemed, reject, requested};

/// A ledger in which `gate`'s request stands.
async fn asked(gate: &Gate) -> InMemoryLedger {
    let ledger = InMemoryLedger::default();
    note(&ledger, requested(&gate.request())).await;
    ledger
}

async fn note(ledger: &InMemoryLedger, note: selfheal_core::ports::Note) {
    let stream = Stream::approvals(&Gate::default().incident);
    let next = ledger.len(&stream).await.unwrap();
    ledger.append(&stream, next, Timestamp::default(), &note).await.unwrap();
}

async fn noted(ledger: &InMemoryLedger) -> u64 {
    ledger.len(&Stream::approvals(&Gate::default().incident)).await.unwrap()
}

async fn refusal(
    ledger: &InMemoryLedger,
    people: &FakePeople,
    state: &State,
    signed: selfheal_core::approval::SignedAnswer,
    at: u64,
) -> String {
    let before = noted(ledger).await;
    let refused =
        answer(ledger, people, &Redactor::default(), &[], state, signed, Timestamp::from_millis(at)).await.unwrap_err();
    assert_eq!(noted(ledger).await, before, "what is refused is not noted");
    refused.to_string()
}

#[tokio::test]
async fn what_is_taken_says_what_the_answers_come_to() {
    let gate = Gate::asking(&[(2, &["sre"])]);
    let (ledger, people, state, request) = (asked(&gate).await, people(), gate.waiting(), gate.request());
    let now = Timestamp::from_millis(5);
    let first =
        answer(&ledger, &people, &Redactor::default(), &[], &state, people.says("ada", &request, Reply::Accept), now)
            .await
            .unwrap();
    assert!(matches!(first.standing, Standing::Waiting { have: 1, need: 2, .. }), "{:?}", first.standing);
    let second =
        answer(&ledger, &people, &Redactor::default(), &[], &state, people.says("bob", &request, Reply::Accept), now)
            .await
            .unwrap();
    assert_eq!(second.standing, Standing::Agreed { by: vec!["ada".to_owned(), "bob".to_owned()] });
    assert_eq!((first.sequence, second.sequence), (1, 2));
    let docket = Docket::read(&ledger, &gate.incident).await.unwrap();
    assert_eq!(docket.cases().len(), 1);
    assert_eq!(docket.cases()[0].answers().count(), 2);
}

#[tokio::test]
async fn each_refusal_says_what_was_expected() {
    let gate = Gate::asking(&[(1, &["sre"]), (1, &["dba"])]);
    let (ledger, people, state, request) = (asked(&gate).await, people(), gate.waiting(), gate.request());
    let say = |by: &str, reply: Reply| people.says(by, &request, reply);
    let long = Reply::Respond { text: "x".repeat(4097) };
    let secret = Reply::Respond { text: format!("use token ghp_{}", "a1B2c3D4e5F6g7H8i9".repeat(2)) };
    let cases = [
        (say(REQUESTER, Reply::Accept), "rita asked for it; expected somebody else to agree".to_owned()),
        (say(HEALER, Reply::Accept), "healer is the healer; expected a person to answer".to_owned()),
        (say("mallory", Reply::Accept), "mallory is not enrolled as an approver".to_owned()),
        (say("guest", Reply::Accept), "guest has none of the roles that are asked: dba, sre".to_owned()),
        (say("ada", long), "the text has 4097 bytes; expected at most 4096".to_owned()),
        (
            say(REQUESTER, Reply::Edit(Edit { drop: [0].into(), ..Edit::default() })),
            "rita asked for it; expected somebody else to agree".to_owned(),
        ),
        (
            say("ada", Reply::Reject { because: " \t".to_owned() }),
            "expected a reason, or a remark, in words; found none".to_owned(),
        ),
        (
            say("ada", Reply::Respond { text: "two\nlines".to_owned() }),
            "expected a text in one line, without control characters; found '\\n'".to_owned(),
        ),
        (say("ada", secret), "the text holds what looks like a secret; say it without".to_owned()),
        (
            say("ada", Reply::Edit(Edit { drop: [7].into(), ..Edit::default() })),
            "the plan has 2 steps; there is no step 8".to_owned(),
        ),
        (
            FakePeople::signed("key of bob", Answer::to(&request, "ada", Reply::Accept)),
            "the proof doesn't show that ada said this: expected a signature by the key that ada is enrolled with"
                .to_owned(),
        ),
        (
            forged(&request, "ada", |answer| answer.round = 9),
            format!(
                "the answer is about another plan; what waits is plan {} (number 1 of the incident)",
                request.plan_hash
            ),
        ),
        (
            forged(&Gate { policy: "v0", ..gate.clone() }.request(), "ada", |_| {}),
            format!(
                "the plan was asked about again since, under other terms or another policy; what waits is request {}",
                request.id()
            ),
        ),
        (
            forged(&request, "ada", |answer| answer.incident = selfheal_core::incident::IncidentId::new("inc-2")),
            "the answer is about another incident; expected inc-1".to_owned(),
        ),
    ];
    for (signed, expected) in cases {
        assert_eq!(refusal(&ledger, &people, &state, signed, 5).await, expected);
    }
    let late = refusal(&ledger, &people, &state, say("ada", Reply::Accept), DEADLINE + 1).await;
    assert_eq!(late, "the answer is late: the request ended 1ms before");
}

#[tokio::test]
async fn before_it_was_asked_and_after_it_was_acted_upon_nothing_is_taken() {
    let gate = Gate::default();
    let (people, state, request) = (people(), gate.waiting(), gate.request());
    let yes = || people.says("ada", &request, Reply::Accept);
    let empty = InMemoryLedger::default();
    let early = refusal(&empty, &people, &state, yes(), 5).await;
    assert_eq!(early, "incident inc-1 is about to ask and did not yet; answer again once it did");

    let ledger = asked(&gate).await;
    note(&ledger, redeemed(&request)).await;
    let closed = refusal(&ledger, &people, &state, yes(), 5).await;
    assert_eq!(closed, "the request was answered by ada and acted upon");

    let given = Approval::Given { by: "ada".to_owned(), plan_hash: request.plan_hash.clone(), at: None };
    let (applying, _) = transition(Some(state), Timestamp::default(), Event::Answered(given)).unwrap();
    let over = refusal(&ledger, &people, &applying, yes(), 5).await;
    assert_eq!(over, "incident inc-1 waits for no approval: its phase is `apply`");
}

#[tokio::test]
async fn saying_something_else_replaces_it_and_what_was_said_before_can_not_be_said_again() {
    let gate = Gate::default();
    let (ledger, people, state, request) = (asked(&gate).await, people(), gate.waiting(), gate.request());
    let (now, redactor) = (Timestamp::from_millis(5), Redactor::default());
    let yes = people.says("ada", &request, Reply::Accept);
    let again = "ada said exactly this already; an answer counts once, where it was given first";
    answer(&ledger, &people, &redactor, &[], &state, yes.clone(), now).await.unwrap();
    assert_eq!(refusal(&ledger, &people, &state, yes.clone(), 5).await, again);
    let no =
        answer(&ledger, &people, &redactor, &[], &state, people.says("ada", &request, reject()), now).await.unwrap();
    assert!(matches!(no.standing, Standing::Rejected { .. }));
    assert_eq!(refusal(&ledger, &people, &state, yes, 5).await, again, "whoever hands it in");
}

#[tokio::test]
async fn what_somebody_else_noted_in_their_name_keeps_nobody_from_saying_it() {
    let gate = Gate::default();
    let (ledger, people, state, request) = (asked(&gate).await, people(), gate.waiting(), gate.request());
    let forged = FakePeople::signed("key of mallory", Answer::to(&request, "ada", Reply::Accept));
    note(&ledger, crate::scene::answered(forged)).await;
    let yes = people.says("ada", &request, Reply::Accept);
    let taken =
        answer(&ledger, &people, &Redactor::default(), &[], &state, yes, Timestamp::from_millis(5)).await.unwrap();
    assert_eq!((taken.sequence, taken.standing), (2, Standing::Agreed { by: vec!["ada".to_owned()] }));
}

#[tokio::test]
async fn a_secret_that_only_the_host_knows_is_not_kept() {
    let gate = Gate::default();
    let (ledger, people, state, request) = (asked(&gate).await, people(), gate.waiting(), gate.request());
    let redactor = Redactor::builder().known("PASSWORD", "hunter2hunter2").build();
    let remark = people.says("ada", &request, Reply::Respond { text: "use hunter2hunter2 instead".to_owned() });
    let refused =
        answer(&ledger, &people, &redactor, &[], &state, remark, Timestamp::from_millis(5)).await.unwrap_err();
    assert!(matches!(refused, Refusal::Secret), "{refused}");
    assert_eq!(noted(&ledger).await, 1);
}

#[tokio::test]
async fn who_asked_may_still_refuse_and_remark() {
    for reply in [reject(), crate::scene::respond()] {
        let gate = Gate::default();
        let (ledger, people, state, request) = (asked(&gate).await, people(), gate.waiting(), gate.request());
        let theirs = people.says(REQUESTER, &request, reply);
        let taken = answer(&ledger, &people, &Redactor::default(), &[], &state, theirs, Timestamp::from_millis(5))
            .await
            .unwrap();
        assert_eq!(taken.standing.by(), [REQUESTER]);
    }
}

#[tokio::test]
async fn a_request_takes_a_bounded_number_of_answers() {
    let gate = Gate::default();
    let (ledger, people, state, request) = (asked(&gate).await, people(), gate.waiting(), gate.request());
    let remark = |number: u32| people.says("ada", &request, Reply::Respond { text: number.to_string() });
    for number in 0..256 {
        answer(&ledger, &people, &Redactor::default(), &[], &state, remark(number), Timestamp::from_millis(5))
            .await
            .unwrap();
    }
    let full = refusal(&ledger, &people, &state, remark(256), 5).await;
    assert_eq!(full, "the request has as many answers as are read; it can only expire");
}
