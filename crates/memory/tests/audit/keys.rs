use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};

use selfheal_core::audit::{SignatureVerifier, Signer};
use selfheal_core::error::ErrorKind;
use selfheal_memory::audit::{PublicKey, SigningKey};

use crate::key;

#[test]
fn a_key_that_was_kept_is_private_and_signs_as_before() {
    let folder = tempfile::tempdir().unwrap();
    let (private, public) = (folder.path().join("key"), folder.path().join("key.pub"));
    let made = SigningKey::generate("example.org/healer").unwrap();
    made.create(&private).unwrap();
    made.public().create(&public).unwrap();
    assert_eq!(fs::metadata(&private).unwrap().mode() & 0o777, 0o600);
    let read = SigningKey::open(&private).unwrap();
    let signature = read.sign(b"message").unwrap();
    let verifier = PublicKey::open(&public).unwrap();
    assert!(verifier == made.public() && verifier.verify(b"message", &signature));
    assert!(!verifier.verify(b"another", &signature));
    let left: Vec<_> = fs::read_dir(folder.path()).unwrap().collect();
    assert_eq!(left.len(), 2, "nothing else stays behind");
}

#[test]
fn two_keys_are_never_the_same_and_neither_shows_its_secret() {
    let (one, other) = (SigningKey::generate("a").unwrap(), SigningKey::generate("a").unwrap());
    assert_ne!(one.public(), other.public());
    assert_eq!(format!("{one:?}"), "SigningKey(a, ..)");
}

#[test]
fn a_key_that_is_there_is_not_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key");
    key().create(&path).unwrap();
    let before = fs::read(&path).unwrap();
    let refused = SigningKey::generate("b").unwrap().create(&path).unwrap_err();
    assert_eq!((refused.kind(), fs::read(&path).unwrap()), (ErrorKind::Conflict, before));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn a_key_that_others_can_read_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key");
    key().create(&path).unwrap();
    for mode in [0o640, 0o604, 0o660, 0o601] {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        let refused = SigningKey::open(&path).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Forbidden);
        assert!(
            refused.to_string().contains(&format!("{mode:o}")) && refused.to_string().contains("expected 600"),
            "{refused}"
        );
    }
}

#[test]
fn what_is_no_key_is_refused_without_showing_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key");
    assert_eq!(SigningKey::open(&path).unwrap_err().kind(), ErrorKind::NotFound);
    key().create(&path).unwrap();
    let good = fs::read_to_string(&path).unwrap();
    let bad = [
        String::new(),
        "garbage\n".to_owned(),
        good.trim_end().to_owned(),
        format!("{good}{good}"),
        good.replace("PRIVATE+KEY+", ""),
        good.replace("example.org/log", "example.org/other"),
        good[..good.len() - 6].to_owned() + "\n",
        "x".repeat(5_000),
    ];
    for text in bad {
        fs::write(&path, &text).unwrap();
        let refused = SigningKey::open(&path).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Invalid, "{text}");
        assert!(refused.to_string().contains("path: ") && !refused.to_string().contains("AQEBAQ"), "{refused}");
    }
}

#[test]
fn a_public_key_is_text_of_which_every_character_counts() {
    let public = key().public();
    let text = public.to_string();
    assert_eq!(text.parse::<PublicKey>().unwrap(), public);
    for at in 0..text.len() {
        for bit in 0..7 {
            let mut bytes = text.clone().into_bytes();
            bytes[at] ^= 1 << bit;
            let changed = String::from_utf8(bytes).unwrap();
            assert!(changed.parse::<PublicKey>().is_err(), "{changed}");
        }
    }
    // The neutral element: anybody can sign for it.
    let weak = [[1].as_slice(), &[0; 31]].concat().try_into().unwrap();
    let id = selfheal_core::audit::KeyId::ed25519("weak", &weak);
    let line = format!("weak+{id}+AQEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
    assert!(line.parse::<PublicKey>().unwrap_err().to_string().contains("weak one"));
}
