//! What answers come to: a table of who counts and when.

use selfheal_core::approval::{Answer, Edit, Person, Proof, Reply, Request, SignedAnswer, Standing};
use selfheal_core::resource::Environment;
use selfheal_core::testing::FakePeople;
use selfheal_core::time::Timestamp;

use crate::scene::{
    DEADLINE, Gate, HEALER, REQUESTER, answered, docket, forged, people, redeemed, reject, requested, respond,
};

fn at(ms: u64) -> Timestamp {
    Timestamp::from_millis(ms)
}

fn stand(people: &FakePeople, request: &Request, answers: Vec<SignedAnswer>) -> Standing {
    let notes = std::iter::once(requested(request)).chain(answers.into_iter().map(answered)).collect();
    docket(notes).case(&request.id()).unwrap().stand(people, at(100))
}

fn agreed(by: &[&str]) -> Standing {
    Standing::Agreed { by: by.iter().map(|name| (*name).to_owned()).collect() }
}

/// What these people come to by saying yes, one after the other.
fn accepted_by(gate: &Gate, names: &[&str]) -> Standing {
    let (people, request) = (people(), gate.request());
    stand(&people, &request, names.iter().map(|name| people.says(name, &request, Reply::Accept)).collect())
}

fn waiting(standing: &Standing) -> (usize, u32, u32) {
    match standing {
        Standing::Waiting { stage, have, need, .. } => (*stage, *have, *need),
        other => panic!("expected to wait, found {other:?}"),
    }
}

#[test]
fn anybody_who_is_enrolled_is_enough_where_nothing_else_is_asked() {
    assert_eq!(accepted_by(&Gate::default(), &["guest"]), agreed(&["guest"]));
    assert_eq!(waiting(&accepted_by(&Gate::default(), &[])), (0, 0, 1));
}

#[test]
fn neither_the_requester_nor_the_healer_nor_a_stranger_counts() {
    for nobody in [REQUESTER, HEALER, "mallory"] {
        assert_eq!(waiting(&accepted_by(&Gate::default(), &[nobody])), (0, 0, 1), "{nobody}");
    }
}

#[test]
fn who_asked_may_agree_in_dev_alone_and_only_where_that_is_said() {
    let themselves = people().approving_themselves();
    for (people, environment, counts) in [
        (&themselves, Environment::Dev, true),
        (&themselves, Environment::Staging, false),
        (&themselves, Environment::Other("dev2".to_owned()), false),
        (&people(), Environment::Dev, false),
    ] {
        let request = Gate { environment, ..Gate::default() }.request();
        let standing = stand(people, &request, vec![people.says(REQUESTER, &request, Reply::Accept)]);
        assert_eq!(standing == agreed(&[REQUESTER]), counts, "{}", request.environment);
        let healer = stand(people, &request, vec![people.says(HEALER, &request, Reply::Accept)]);
        assert_eq!(waiting(&healer), (0, 0, 1));
    }
}

#[test]
fn k_people_are_k_distinct_ones() {
    let gate = Gate::asking(&[(2, &["sre"])]);
    assert_eq!(waiting(&accepted_by(&gate, &["ada", "ada"])), (0, 1, 2));
    assert_eq!(waiting(&accepted_by(&gate, &["ada", "dana"])), (0, 1, 2), "another role");
    assert_eq!(accepted_by(&gate, &["bob", "ada"]), agreed(&["ada", "bob"]));
}

#[test]
fn one_key_under_two_names_is_one_person() {
    let (people, request) = (people(), Gate::asking(&[(2, &["sre"])]).request());
    let twin = people.snapshot();
    let key = Some("key of ada".to_owned());
    twin.enrol("bob", Person { roles: ["sre".to_owned()].into(), key, until: None });
    let both = ["ada", "bob"].map(|name| twin.says(name, &request, Reply::Accept));
    assert_eq!(waiting(&stand(&twin, &request, both.to_vec())), (0, 1, 2));
}

#[test]
fn stages_fill_in_order_and_who_could_sit_in_both_blocks_neither() {
    let gate = Gate::asking(&[(1, &["sre"]), (1, &["dba"])]);
    assert_eq!(waiting(&accepted_by(&gate, &["dana"])), (0, 0, 1));
    assert_eq!(waiting(&accepted_by(&gate, &["ada", "bob"])), (1, 0, 1));
    assert_eq!(waiting(&accepted_by(&gate, &["sam"])), (1, 0, 1), "one person sits once");
    assert_eq!(accepted_by(&gate, &["sam", "ada"]), agreed(&["ada", "sam"]));
    assert_eq!(accepted_by(&gate, &["dana", "sam"]), agreed(&["dana", "sam"]));
    let Standing::Waiting { stages, roles, by, .. } = accepted_by(&gate, &["ada"]) else { panic!("one is missing") };
    assert_eq!((stages, roles, by), (2, vec!["dba".to_owned()], vec!["ada".to_owned()]));
}

#[test]
fn one_who_counts_decides_against_all_others_and_the_first_of_them_decides() {
    let (people, request) = (people(), Gate::asking(&[(2, &["sre"])]).request());
    let say = |by: &str, reply: Reply| people.says(by, &request, reply);
    let yes = |by: &str| say(by, Reply::Accept);
    let said = |answers: Vec<SignedAnswer>| stand(&people, &request, answers);
    let refused = Standing::Rejected { by: "sam".to_owned(), because: "not on a Friday".to_owned() };
    assert_eq!(said(vec![yes("ada"), yes("bob"), say("sam", reject())]), refused);
    assert_eq!(said(vec![say("sam", reject()), say("ada", respond())]), refused);
    assert_eq!(said(vec![yes("ada"), yes("bob"), say("dana", reject())]), agreed(&["ada", "bob"]), "no role, no say");
    let theirs = Standing::Rejected { by: REQUESTER.to_owned(), because: "not on a Friday".to_owned() };
    assert_eq!(
        said(vec![yes("ada"), yes("bob"), say(REQUESTER, reject())]),
        theirs,
        "who asked may think better of it"
    );
    assert_eq!(said(vec![yes("ada"), yes("bob"), say(HEALER, reject())]), agreed(&["ada", "bob"]));
    let edit = Edit { drop: [0].into(), ..Edit::default() };
    let edited = Standing::Edited { by: "bob".to_owned(), edit: edit.clone() };
    assert_eq!(said(vec![yes("ada"), say("bob", Reply::Edit(edit))]), edited);
    assert!(matches!(said(vec![say("ada", respond())]), Standing::Responded { by, .. } if by == "ada"));
}

#[test]
fn the_latest_answer_of_a_person_is_what_they_say() {
    let (people, request) = (people(), Gate::default().request());
    let (no, yes) = (people.says("ada", &request, reject()), people.says("ada", &request, Reply::Accept));
    assert_eq!(stand(&people, &request, vec![no.clone(), yes.clone()]), agreed(&["ada"]));
    assert!(matches!(stand(&people, &request, vec![yes, no]), Standing::Rejected { .. }));
}

#[test]
fn an_old_answer_that_is_handed_in_again_counts_where_it_stood_first() {
    let (people, request) = (people(), Gate::default().request());
    let (no, yes) = (people.says("ada", &request, reject()), people.says("ada", &request, Reply::Accept));
    let said = |answers: Vec<SignedAnswer>| stand(&people, &request, answers);
    assert!(matches!(said(vec![yes.clone(), no.clone(), yes.clone()]), Standing::Rejected { .. }));
    assert_eq!(said(vec![no.clone(), yes.clone(), no]), agreed(&["ada"]));
    let host = SignedAnswer { answer: yes.answer.clone(), proof: Proof::Host };
    assert_eq!(said(vec![host, yes]), agreed(&["ada"]), "what nobody vouches for takes nobody's place");
}

#[test]
fn who_wrote_a_plan_by_an_edit_does_not_agree_to_it() {
    let gate = Gate::default();
    let first = gate.request();
    let second = Request { round: 2, ..first.clone() };
    let edit = Reply::Edit(Edit { drop: [0].into(), ..Edit::default() });
    let stand = |people: &FakePeople, first: &Request, second: &Request, by: &str| {
        let before = [requested(first), answered(people.says("ada", first, edit.clone())), redeemed(first)];
        let after = [requested(second), answered(people.says(by, second, Reply::Accept))];
        let docket = docket(before.into_iter().chain(after).collect());
        docket.case(&second.id()).unwrap().stand(people, at(100))
    };
    assert_eq!(waiting(&stand(&people(), &first, &second, "ada")), (0, 0, 1));
    assert_eq!(stand(&people(), &first, &second, "bob"), agreed(&["bob"]));
    let third = Request { round: 3, ..first.clone() };
    assert_eq!(stand(&people(), &first, &third, "ada"), agreed(&["ada"]), "another plan is not hers");
    let dev = |request: &Request| Request { environment: Environment::Dev, ..request.clone() };
    assert_eq!(stand(&people().approving_themselves(), &dev(&first), &dev(&second), "ada"), agreed(&["ada"]));
}

#[test]
fn an_answer_counts_for_exactly_the_request_that_it_names() {
    let (people, gate) = (people(), Gate::default());
    let request = gate.request();
    let another = Gate { incident: selfheal_core::incident::IncidentId::new("inc-2"), ..gate.clone() }.request();
    let strays = [
        forged(&request, "ada", |answer| answer.incident = another.incident.clone()),
        forged(&request, "ada", |answer| answer.round += 1),
        forged(&request, "ada", |answer| {
            answer.plan_hash = selfheal_core::plan::PlanHash::of(&crate::scene::plan(), &[])
        }),
        forged(&another, "ada", |_| {}),
        forged(&Gate { policy: "v2", ..gate.clone() }.request(), "ada", |_| {}),
        forged(&Gate { deadline: DEADLINE + 1, ..gate }.request(), "ada", |_| {}),
    ];
    for stray in strays {
        assert_eq!(waiting(&stand(&people, &request, vec![stray.clone()])), (0, 0, 1), "{stray:?}");
    }
}

#[test]
fn a_proof_that_shows_nothing_counts_for_nothing() {
    let (people, request) = (people(), Gate::default().request());
    let answer = Answer::to(&request, "ada", Reply::Accept);
    let bobs = FakePeople::signed("key of bob", answer.clone());
    let mut altered = people.says("ada", &request, reject());
    altered.answer.reply = Reply::Accept;
    let garbage = SignedAnswer { answer: answer.clone(), proof: Proof::Signature("ada".to_owned()) };
    let host = SignedAnswer { answer, proof: Proof::Host };
    for nothing in [bobs, altered, garbage, host] {
        assert_eq!(waiting(&stand(&people, &request, vec![nothing.clone()])), (0, 0, 1), "{nothing:?}");
    }
}

#[test]
fn rights_are_those_of_now_not_those_of_the_answer() {
    let request = Gate::asking(&[(1, &["sre"])]).request();
    let key = |key: &str| Some(key.to_owned());
    let sre = || Person { roles: ["sre".to_owned()].into(), key: key("key of ada"), until: None };
    let changes: [fn(Person) -> Option<Person>; 4] = [
        |_| None,
        |ada| Some(Person { roles: ["dba".to_owned()].into(), ..ada }),
        |ada| Some(Person { key: Some("another key".to_owned()), ..ada }),
        |ada| Some(Person { until: Some(Timestamp::from_millis(50)), ..ada }),
    ];
    for change in changes {
        let people = people();
        let yes = people.says("ada", &request, Reply::Accept);
        match change(sre()) {
            Some(ada) => people.enrol("ada", ada),
            None => people.remove("ada"),
        }
        assert_eq!(waiting(&stand(&people, &request, vec![yes])), (0, 0, 1));
    }
}

#[test]
fn an_enrolment_that_ends_later_counts_until_then() {
    let (people, request) = (people(), Gate::default().request());
    let yes = people.says("ada", &request, Reply::Accept);
    let until = |ms| Person { roles: [].into(), key: Some("key of ada".to_owned()), until: Some(at(ms)) };
    people.enrol("ada", until(101));
    assert_eq!(stand(&people, &request, vec![yes.clone()]), agreed(&["ada"]));
    people.enrol("ada", until(100));
    assert_eq!(waiting(&stand(&people, &request, vec![yes])), (0, 0, 1));
}

#[test]
fn late_answers_do_not_count_and_what_was_said_in_time_stays_said() {
    let people = people();
    let request = Gate { deadline: 1, ..Gate::default() }.request();
    let yes = |name: &str| answered(people.says(name, &request, Reply::Accept));
    let case = |notes| docket(notes).case(&request.id()).unwrap();
    let in_time = case(vec![requested(&request), yes("ada")]);
    assert_eq!(in_time.stand(&people, at(1)), agreed(&["ada"]));
    assert_eq!(in_time.stand(&people, at(2)), agreed(&["ada"]));
    let late = case(vec![requested(&request), answered(forged(&request, "mallory", |_| {})), yes("ada")]);
    assert_eq!(waiting(&late.stand(&people, at(1))), (0, 0, 1));
    assert_eq!(late.stand(&people, at(2)), Standing::Expired);
}

#[test]
fn what_was_redeemed_stays_as_it_was_whatever_is_said_afterwards() {
    let (people, request) = (people(), Gate::default().request());
    let yes = answered(people.says("ada", &request, Reply::Accept));
    let no = answered(people.says("ada", &request, reject()));
    let again = redeemed(&request);
    let notes = vec![requested(&request), yes.clone(), redeemed(&request), no, again];
    let case = docket(notes).case(&request.id()).unwrap();
    assert_eq!(case.stand(&people, at(DEADLINE + 1)), agreed(&["ada"]));
    assert_eq!(case.redemption().unwrap().at, at(2), "the first closed it");
    people.remove("ada");
    assert_eq!(case.stand(&people, at(100)), Standing::Lapsed, "a redemption alone is no agreement");
    let forged = docket(vec![requested(&request), redeemed(&request), yes]).case(&request.id()).unwrap();
    assert_eq!(forged.stand(&crate::scene::people(), at(100)), Standing::Lapsed);
}

#[test]
fn whoever_asked_about_any_plan_of_the_incident_is_its_requester() {
    let (people, request) = (people(), Gate::default().request());
    let by_ada = Request { requester: Some("ada".to_owned()), ..Gate { policy: "v0", ..Gate::default() }.request() };
    let yes = answered(people.says("ada", &request, Reply::Accept));
    let case = docket(vec![requested(&by_ada), requested(&request), yes]).case(&request.id()).unwrap();
    assert_eq!(waiting(&case.stand(&people, at(100))), (0, 0, 1));
}
