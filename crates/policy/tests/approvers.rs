//! Approvers documents: who is enrolled, and what is refused with its place.
#![allow(clippy::unwrap_used, reason = "helpers of tests fail like tests")]

use selfheal_core::approval::{Answer, People, PeopleSource, Person, Proof, Reply, Request, SignedAnswer, Terms};
use selfheal_core::confidence::Confidence;
use selfheal_core::diagnosis::Source;
use selfheal_core::incident::IncidentId;
use selfheal_core::plan::{Plan, PlanHash};
use selfheal_core::resource::{Environment, ResourceRef};
use selfheal_core::time::Timestamp;
use selfheal_policy::approvers::{Approvers, ApproversFile, EnrolledKey};

const HEADER: &str = "schema: selfheal.dev/approvers/v1\n";

/// Not a signature scheme: the signature begins with the key and ends with the message's length.
fn fake(key: &[u8; 32], message: &[u8], signature: &[u8; 64]) -> bool {
    signature[..32] == key[..] && usize::from(signature[63]) == message.len() % 251
}

fn sign(key: [u8; 32], answer: Answer) -> SignedAnswer {
    let signature = |message: &[u8]| {
        let mut signature = [0; 64];
        signature[..32].copy_from_slice(&key);
        signature[63] = u8::try_from(message.len() % 251).unwrap();
        Ok::<_, std::convert::Infallible>(signature)
    };
    SignedAnswer::signed(answer, signature).unwrap()
}

fn answer(by: &str) -> Answer {
    let (source, confidence) = (Source::Nothing, Confidence::NONE);
    let plan = Plan { steps: Vec::new(), rationale: String::new(), source, confidence };
    let request = Request {
        incident: IncidentId::new("inc-1"),
        resource: ResourceRef::new("local", "pipeline", "p"),
        environment: Environment::Production,
        round: 1,
        plan_hash: PlanHash::of(&plan, &[]),
        policy_version: "v1".to_owned(),
        terms: Terms::default(),
        requester: None,
        healer: "healer".to_owned(),
        deadline: Timestamp::from_millis(1),
    };
    Answer::to(&request, by, Reply::Accept)
}

fn hex(byte: &str) -> String {
    format!("ed25519:{}", byte.repeat(32))
}

fn person(name: &str, key: &str, rest: &str) -> String {
    format!("  - name: {name}\n    key: {key}\n{rest}")
}

fn load(body: &str) -> Result<Approvers, String> {
    Approvers::from_text("team.yaml", &format!("{HEADER}{body}"), fake).map_err(|error| error.to_string())
}

#[test]
fn people_are_known_by_name_with_their_roles_and_key() {
    let base64 = EnrolledKey([2; 32]).to_string();
    let roles = "    roles: [sre, database]\n";
    let body = format!("people:\n{}{}", person("ada", &hex("01"), roles), person("bob", &base64, ""));
    let approvers = load(&body).unwrap();
    let ada = approvers.person("ada").unwrap();
    assert_eq!(ada.roles.iter().collect::<Vec<_>>(), ["database", "sre"]);
    assert_eq!(approvers.holder(&EnrolledKey([2; 32])), Some("bob"));
    assert_eq!(approvers.person("Ada"), None);
    assert!(!approvers.self_approval(&Environment::Dev));
}

#[test]
fn a_signature_counts_for_the_holder_of_the_key_alone() {
    let body = format!("people:\n{}{}", person("ada", &hex("01"), ""), person("bob", &hex("02"), ""));
    let approvers = load(&body).unwrap();
    assert!(approvers.verify(&sign([1; 32], answer("ada"))));
    assert!(!approvers.verify(&sign([2; 32], answer("ada"))));
    assert!(!approvers.verify(&sign([1; 32], answer("mallory"))));
    let garbage = SignedAnswer { answer: answer("ada"), proof: Proof::Signature("AAAA".to_owned()) };
    assert!(!approvers.verify(&garbage));
}

#[test]
fn the_hosts_word_counts_only_if_the_host_gives_it() {
    let approvers = load(&format!("people:\n{}", person("ada", &hex("01"), ""))).unwrap();
    let host = |by: &str| SignedAnswer { answer: answer(by), proof: Proof::Host };
    assert!(!approvers.verify(&host("ada")));
    let vouching = approvers.vouching(|answer| answer.by.starts_with('a') || answer.by == "mallory");
    assert!(vouching.verify(&host("ada")));
    assert!(!vouching.verify(&host("mallory")), "nobody vouches for who is not enrolled");
}

#[test]
fn an_enrolment_ends_with_its_last_day_or_at_its_moment() {
    let until = |until: &str| {
        let body = format!("people:\n{}", person("ada", &hex("01"), &format!("    until: {until}\n")));
        load(&body).map(|approvers| approvers.person("ada").and_then(|ada: Person| ada.until))
    };
    let ms = |ms| Ok(Some(Timestamp::from_millis(ms)));
    assert_eq!(until("1970-01-02"), ms(2 * 86_400_000));
    assert_eq!(until("1970-01-02T00:00:01Z"), ms(86_401_000));
    assert_eq!(until("1970-01-02T01:00:01+01:00"), ms(86_401_000));
    for no in ["soon", "1969-12-30", "2027-02-30", "2027-03-31T12:00:00"] {
        let problem = "expected a date such as 2027-03-31, or a time such as 2027-03-31T12:00:00Z, since 1970";
        assert_eq!(until(no), Err(format!("team.yaml:5:12: {problem}")), "{no}");
    }
}

#[test]
fn who_asked_may_agree_in_dev_and_nowhere_else() {
    for yes in ["[dev]", "true"] {
        let approvers = load(&format!("people: []\nself_approval: {yes}\n")).unwrap();
        assert!(approvers.self_approval(&Environment::Dev));
        assert!(!approvers.self_approval(&Environment::Staging) && !approvers.self_approval(&Environment::Production));
    }
    assert!(!load("people: []\nself_approval: []\n").unwrap().self_approval(&Environment::Dev));
    for no in ["[dev, production]", "[staging]"] {
        let refused = load(&format!("people: []\nself_approval: {no}\n")).unwrap_err();
        assert!(refused.starts_with("team.yaml:3:") && refused.ends_with("expected `dev` alone"), "{refused}");
    }
}

#[test]
fn what_is_wrong_is_refused_with_its_place_and_what_was_expected() {
    let ada = person("ada", &hex("01"), "");
    let cases = [
        (
            format!("people:\n{ada}{ada}"),
            "team.yaml:5:11: expected a name that can't be taken for another, found 'ada' beside 'ada'",
        ),
        (
            format!("people:\n{ada}{}", person("bob", &EnrolledKey([1; 32]).to_string(), "")),
            "team.yaml:6:10: expected a key of their own, found that of 'ada'",
        ),
        (
            format!("people:\n{}", person("ada", "ed25519:AAAA", "")),
            "team.yaml:4:10: expected `ed25519:` and a public key of 32 bytes in base64 or hexadecimal",
        ),
        (
            format!("people:\n{}", person("' ada'", &hex("01"), "")),
            "team.yaml:3:11: expected a name of letters, digits, ._@+'/:- and single blanks within, 1 to 128 bytes",
        ),
        (
            format!("people:\n{}", person("ada", &hex("01"), "    roles: ['']\n")),
            "team.yaml:5:13: expected a role of letters, digits, ._@+'/:- and single blanks within, 1 to 128 bytes",
        ),
    ];
    for (body, expected) in cases {
        assert_eq!(load(&body).unwrap_err(), expected);
    }
    let unknown = load(&format!("people:\n{}", person("ada", &hex("01"), "    role: sre\n"))).unwrap_err();
    assert!(unknown.starts_with("team.yaml:5:5: ") && unknown.contains("role"), "{unknown}");
    let schema = Approvers::from_text("x.yaml", "schema: v2\npeople: []\n", fake).unwrap_err().to_string();
    assert_eq!(schema, "x.yaml:1:9: expected schema 'selfheal.dev/approvers/v1', found 'v2'");
}

#[test]
fn a_name_that_can_be_taken_for_another_is_refused() {
    let enrol = |name: &str| {
        load(&format!("people:\n{}", person(&serde_json::to_string(name).unwrap(), &hex("01"), ""))).map(drop)
    };
    for name in ["ada", "Ada Lovelace", "ada@example.com", "o'brien", "Zoë", "李娜", "team/ada-2"] {
        assert_eq!(enrol(name), Ok(()), "{name}");
    }
    for name in ["a\u{200b}da", "ada\u{202e}", "ada\u{2060}", "Zoe\u{308}", "ada  l", "", " ", "a\tda", "ada\u{a0}l"] {
        let refused = enrol(name).unwrap_err();
        assert!(refused.starts_with("team.yaml:3:11: expected a name of letters"), "{name:?}: {refused}");
    }
    let both = format!("people:\n{}{}", person("ada", &hex("01"), ""), person("ADA", &hex("02"), ""));
    let refused = load(&both).unwrap_err();
    assert_eq!(refused, "team.yaml:5:11: expected a name that can't be taken for another, found 'ADA' beside 'ada'");
}

#[test]
fn a_key_under_which_nobody_can_sign_is_refused() {
    for weak in ["00".repeat(32), format!("01{}", "00".repeat(31))] {
        let refused = load(&format!("people:\n{}", person("ada", &format!("ed25519:{weak}"), ""))).unwrap_err();
        assert_eq!(refused, "team.yaml:4:10: expected a public key that somebody made, found a weak one");
    }
}

#[tokio::test]
async fn a_file_is_read_anew_each_time_and_a_broken_one_is_an_error() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("approvers.yaml");
    let source = ApproversFile::new(&path, fake);
    assert!(source.people().await.is_err(), "there is none yet");
    std::fs::write(&path, format!("{HEADER}people:\n{}", person("ada", &hex("01"), ""))).unwrap();
    assert!(source.people().await.unwrap().person("ada").is_some());
    std::fs::write(&path, format!("{HEADER}people: []\n")).unwrap();
    assert!(source.people().await.unwrap().person("ada").is_none());
    std::fs::write(&path, "people: everybody\n").unwrap();
    assert!(source.people().await.is_err());
}
