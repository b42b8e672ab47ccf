use super::*;

fn redact(text: &str) -> String {
    Redactor::default().redact(text).into_owned()
}

const GITHUB: &str = "ghp_KGpOyQNcdOyZbkBFTFoOxtzHq8STZHE6svi3";

#[test]
fn a_providers_token_goes_whatever_stands_around_it() {
    for text in ["{}", "a={} b", "\"{}\"", "https://x:{}@host/", "({})", "\\n{}\\n", "%3D{}"] {
        let redacted = redact(&text.replace("{}", GITHUB));
        assert!(!redacted.contains(&GITHUB[8..16]), "{redacted}");
    }
}

#[test]
fn a_long_token_goes_to_its_end() {
    let body: String =
        (0..5000_u32).map(|at| char::from(b'a' + (at.wrapping_mul(2_654_435_761) >> 27) as u8 % 26)).collect();
    assert_eq!(redact(&format!("hvs.{body} ok")), "<secret:vault-token> ok");
}

#[test]
fn a_secret_broken_by_colour_or_a_wrap_goes() {
    let (head, tail) = GITHUB.split_at(20);
    assert_eq!(redact(&format!("{head}\x1b[0m{tail} ok")), "<secret:github-token> ok");
    let token =
        "pypi-AgEIcHlwaS5vcmcT1nZa6UOddKn7tUiJ6sU\nCFD7uoKChkGMxqKHAVZ7PKgRKEsHyIweJOJX\npSyRofsO4xTd\nbuild done";
    assert_eq!(redact(token), "<secret:pypi-token>\nbuild done");
}

#[test]
fn assigned_values_go_and_their_names_stay() {
    for (text, redacted) in [
        ("DB_PASSWORD=hunter", "DB_PASSWORD=<secret:assigned>"),
        ("password: s3cr3t!x", "password: <secret:assigned>"),
        (r#"{"client_secret": "a8f5f167f44f4964e6c998"}"#, r#"{"client_secret": "<secret:assigned>"}"#),
        ("tool --token Zx81hhPq0aTT run", "tool --token <secret:assigned> run"),
        ("<password>Tr0ub4dor</password>", "<password><secret:assigned></password>"),
        ("Authorization: Basic dXNlcjpwYXNz0Q==", "Authorization: Basic <secret:authorization>"),
        ("curl -H 'Authorization: Bearer q1w2e3r4t5y6u7'", "curl -H 'Authorization: Bearer <secret:authorization>'"),
        ("GET /x?access_token=Zx81hhPq0aTT&page=2", "GET /x?access_token=<secret:assigned>&page=2"),
        ("postgres://app:bQJluaeb@db/shop", "<secret:connection-string>"),
    ] {
        assert_eq!(redact(text), redacted);
    }
}

#[test]
fn talk_about_secrets_stays() {
    for text in [
        "password: must be at least 12 characters",
        "SyntaxError: Unexpected token: punc (})",
        "error: secret \"db-credentials\" not found",
        "DB_PASSWORD=${DB_PASSWORD}",
        "API_TOKEN=***",
        "TOKEN_FILE=/run/secrets/token1",
        "-----BEGIN PUBLIC KEY-----",
        "commit da4b9237bacccdf19c0760cab7aec4a8359010b0",
        "\"integrity\": \"sha512-Tf9Oo0DwqCPxXT9PAati6uDl2lecy4Ufjbnf6ExYsrN7iZA6dA4e4XLaeTpuedVg5ff5vQWKEqKAQz7W+kZRCg==\"",
        "https://host.example/a@b",
        "OLDPWD=/home/user/build",
        "server-password: MAVEN_PASSWORD",
    ] {
        assert_eq!(redact(text), text);
    }
}

#[test]
fn a_private_key_goes_with_its_lines() {
    let key = "x\n-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEA\nq83Ku1\n-----END RSA PRIVATE KEY-----\ny";
    assert_eq!(redact(key), "x\n<secret:private-key>\ny");
    let cut = "-----BEGIN PRIVATE KEY-----\nMIIEowIBAAKCAQEAq83Ku1\nq83Ku1";
    assert_eq!(redact(cut), "<secret:private-key>");
}

#[test]
fn known_values_go_in_every_encoding() {
    let value = "p@ss/w\"rd+1234";
    let redactor = Redactor::builder().known("DB", value).build();
    for leaked in [
        value.to_owned(),
        "p@ss/w\\\"rd+1234".to_owned(),
        "p%40ss%2Fw%22rd%2B1234".to_owned(),
        "704073732f772272642b31323334".to_owned(),
        "cEBzcy93InJkKzEyMzQ=".to_owned(),
        "dXNlcjpwQHNzL3cicmQrMTIzNA==".to_owned(),
    ] {
        let redacted = redactor.redact(&leaked).into_owned();
        assert!(redacted.starts_with("<secret:db>"), "{leaked} -> {redacted}");
    }
}

#[test]
fn overlapping_known_values_leave_no_part() {
    let redactor = Redactor::builder().known("a", "abcdef").known("b", "defghi").build();
    assert_eq!(redactor.redact("xabcdefghix"), "x<secret:a>x");
}

#[test]
fn short_known_values_are_not_matched() {
    assert_eq!(Redactor::builder().known("a", "abc").build().redact("abc"), "abc");
}

#[test]
fn only_our_own_placeholders_are_left_alone() {
    let hostile = format!("<secret:{GITHUB}>");
    assert_eq!(redact(&hostile), "<secret:<secret:github-token>>");
    assert_eq!(redact("token=<secret:github-token>"), "token=<secret:github-token>");
}

#[test]
fn a_long_line_of_half_finished_secrets_is_survived() {
    for unit in ["a", "password=", "://", "eyJ", "-----BEGIN PRIVATE KEY-----", "\x1b]", "Q~", "AKIA"] {
        let text = unit.repeat((1 << 17) / unit.len());
        let _ = Redactor::builder().known("k", "aaaa").build().redact(&text);
    }
}
