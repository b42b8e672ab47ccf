//! SQL that loses data, found by a scanner that knows comments, strings and statements of the common dialects.

use super::assessment::DestructionKind::{self, AccessControl, CodeExecution, Database};
use super::findings::{Judgement, Loss};

/// One word, sign or string of a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Token {
    text: String,
    /// A string or a quoted name: never a word of the language.
    quoted: bool,
}

impl Token {
    fn is(&self, word: &str) -> bool {
        !self.quoted && self.text.eq_ignore_ascii_case(word)
    }
}

/// Judges a script of SQL statements; `None` if none of them loses data.
pub(super) fn judge(script: &str) -> Option<Judgement> {
    let losses: Vec<Loss> = statements(script).iter().filter_map(|statement| loss(statement)).collect();
    (!losses.is_empty()).then_some(Judgement::Destroys(losses))
}

/// A statement that stands where a shell command should; `None` if it isn't one that loses data.
pub(super) fn bare_statement(script: &str) -> Option<Judgement> {
    let first = script.split_whitespace().next()?;
    const WORDS: &[&str] = &[
        "DROP", "TRUNCATE", "DELETE", "UPDATE", "ALTER", "GRANT", "REVOKE", "REPLACE", "FLUSHALL", "FLUSHDB", "PURGE",
        "RESET", "SHUTDOWN", "MERGE",
    ];
    if !WORDS.iter().any(|word| word.eq_ignore_ascii_case(first)) {
        return None;
    }
    if matches!(first.to_ascii_uppercase().as_str(), "FLUSHALL" | "FLUSHDB") {
        return Some(Judgement::loss(Database, "deletes every key of the database"));
    }
    judge(script)
}

fn loss(tokens: &[Token]) -> Option<Loss> {
    let tokens = without_prefix(tokens);
    let word = |index: usize| {
        tokens.get(index).filter(|token| !token.quoted).map(|token| token.text.to_ascii_uppercase()).unwrap_or_default()
    };
    let has = |wanted: &str| tokens.iter().any(|token| token.is(wanted));
    let lost = |what: String| Some(Loss { kind: Database, what });
    match word(0).as_str() {
        "DROP" => dropped(tokens),
        "TRUNCATE" => truncated(tokens),
        "DELETE" if unlimited(tokens) => {
            lost(format!("deletes every row of {}", name_after(tokens, "FROM").or_else(|| name_at(tokens, 1))?))
        }
        "UPDATE" if unlimited(tokens) && has("SET") => lost(format!("overwrites every row of {}", name_at(tokens, 1)?)),
        "ALTER" => altered(tokens),
        "GRANT" => granted(tokens),
        "REVOKE" => Some(Loss { kind: AccessControl, what: format!("takes rights away: {}", text(tokens)) }),
        "REPLACE" | "MERGE" if has("DELETE") => lost("deletes rows that don't match".to_owned()),
        "PURGE" | "RESET"
            if matches!(word(1).as_str(), "BINARY" | "MASTER" | "SLAVE" | "REPLICA" | "RECYCLEBIN" | "TABLE") =>
        {
            lost(format!("deletes logs that a restore or a replica needs: {}", text(tokens)))
        }
        "SHUTDOWN" => lost("stops the database server".to_owned()),
        "SET" if has("GLOBAL") && (has("READ_ONLY") || has("SUPER_READ_ONLY") || has("OFFLINE_MODE")) => {
            lost("keeps everybody from writing".to_owned())
        }
        _ if has("XP_CMDSHELL") => {
            Some(Loss { kind: CodeExecution, what: "runs a command on the database server".to_owned() })
        }
        "COPY" if has("PROGRAM") => {
            Some(Loss { kind: CodeExecution, what: "runs a program on the database server".to_owned() })
        }
        "SELECT" | "PERFORM" | "CALL" => called(tokens),
        "CREATE" if has("SUPERUSER") => Some(Loss { kind: AccessControl, what: "makes a superuser".to_owned() }),
        "SET" if has("FOREIGN_KEY_CHECKS") || has("SQL_SAFE_UPDATES") => None,
        "KILL" if word(1) != "QUERY" => None,
        "DELETEALL" | "FLUSHALL" | "FLUSHDB" => lost("deletes every key".to_owned()),
        "WITH" => tokens
            .iter()
            .position(|token| token.is("DELETE") || token.is("UPDATE") || token.is("TRUNCATE"))
            .and_then(|at| loss(&tokens[at..])),
        _ if tokens.iter().any(|token| token.is("EXECUTE") || token.is("EXEC") || token.is("PREPARE")) => {
            executed(tokens)
        }
        "DO" | "BEGIN" | "IF" => tokens
            .iter()
            .skip(1)
            .position(|token| token.is("DROP") || token.is("TRUNCATE") || token.is("DELETE"))
            .and_then(|at| loss(&tokens[at + 1..])),
        _ => None,
    }
}

/// Statements that are given as strings and then run.
fn executed(tokens: &[Token]) -> Option<Loss> {
    let inner = tokens.iter().filter(|token| token.quoted).find_map(|token| {
        // One level: a string in the string is data.
        statements(&token.text).iter().find_map(|statement| {
            let runs_more =
                statement.iter().any(|token| token.is("EXECUTE") || token.is("EXEC") || token.is("PREPARE"));
            if runs_more { None } else { loss(statement) }
        })
    });
    inner.or_else(|| {
        let at =
            tokens.iter().skip(1).position(|token| token.is("DROP") || token.is("TRUNCATE") || token.is("DELETE"))?;
        let rest = &tokens[at + 1..];
        let runs_more = rest.iter().any(|token| token.is("EXECUTE") || token.is("EXEC") || token.is("PREPARE"));
        if runs_more { None } else { loss(rest) }
    })
}

/// A plan that is only explained isn't carried out, unless it is analysed.
fn without_prefix(tokens: &[Token]) -> &[Token] {
    let Some(first) = tokens.first() else { return tokens };
    if !first.is("EXPLAIN") {
        return tokens;
    }
    match tokens.iter().position(|token| token.is("ANALYZE") || token.is("ANALYSE")) {
        Some(at) => &tokens[at + 1..],
        None => &[],
    }
}

fn text(tokens: &[Token]) -> String {
    tokens.iter().take(12).map(|token| token.text.as_str()).collect::<Vec<_>>().join(" ")
}

fn dropped(tokens: &[Token]) -> Option<Loss> {
    const OBJECTS: &[&str] = &[
        "TABLE",
        "DATABASE",
        "SCHEMA",
        "VIEW",
        "MATERIALIZED",
        "INDEX",
        "USER",
        "ROLE",
        "KEYSPACE",
        "TYPE",
        "FUNCTION",
        "PROCEDURE",
        "TRIGGER",
        "SEQUENCE",
        "TABLESPACE",
        "EXTENSION",
        "OWNED",
        "COLUMN",
        "COLLECTION",
        "MEASUREMENT",
        "SERIES",
        "RETENTION",
        "PUBLICATION",
        "SUBSCRIPTION",
        "FOREIGN",
        "EVENT",
        "CONSTRAINT",
        "POLICY",
        "SERVER",
        "LOGIN",
        "BUCKET",
        "STREAM",
        "CONNECTOR",
        "DICTIONARY",
        "TEMPORARY",
        "WAREHOUSE",
        "STAGE",
        "PARTITION",
        "SHARD",
        "DOMAIN",
        "AGGREGATE",
        "RULE",
        "CAST",
        "GLOBAL",
        "OPERATOR",
        "LANGUAGE",
    ];
    let object = tokens.get(1).filter(|token| !token.quoted && OBJECTS.iter().any(|object| token.is(object)))?;
    let object = object.text.to_ascii_lowercase();
    let skipped =
        ["IF", "EXISTS", "VIEW", "TABLE", "CONCURRENTLY", "BY", "POLICY", "INDEX", "DATA", "WRAPPER", "CONTINUOUS"];
    let name = tokens.iter().skip(2).find(|token| token.quoted || !skipped.iter().any(|word| token.is(word)));
    let name = name.map_or("", |token| token.text.as_str());
    let kind: DestructionKind =
        if matches!(object.as_str(), "user" | "role" | "login" | "policy") { AccessControl } else { Database };
    Some(Loss { kind, what: format!("drops the {object} {name} and everything in it") })
}

fn truncated(tokens: &[Token]) -> Option<Loss> {
    let at = 1
        + usize::from(tokens.get(1).is_some_and(|token| token.is("TABLE")))
        + usize::from(tokens.get(1).is_some_and(|token| token.is("ONLY")));
    let name = tokens.get(at).filter(|token| is_name(token))?;
    Some(Loss { kind: Database, what: format!("deletes every row of {}", name.text) })
}

fn is_name(token: &Token) -> bool {
    token.quoted || token.text.starts_with(|c: char| c.is_alphabetic() || c == '_' || c == '$')
}

/// True without a condition, or with one that is always true.
fn unlimited(tokens: &[Token]) -> bool {
    if tokens.iter().any(|token| token.is("LIMIT")) {
        return false;
    }
    let Some(at) = tokens.iter().position(|token| token.is("WHERE")) else { return true };
    let condition: Vec<String> = tokens[at + 1..].iter().map(|token| token.text.to_ascii_uppercase()).collect();
    let condition: Vec<&str> =
        condition.iter().map(String::as_str).filter(|word| !matches!(*word, "(" | ")")).collect();
    match condition.as_slice() {
        ["TRUE"] | ["1"] | [] => true,
        [left, "=", right] => left == right,
        [.., "OR", left, "=", right] => left == right,
        [.., "OR", "TRUE" | "1"] => true,
        [_, "IS", "NOT", "NULL"] => false,
        ["NOT", "FALSE"] => true,
        _ => false,
    }
}

fn name_after(tokens: &[Token], word: &str) -> Option<String> {
    let at = tokens.iter().position(|token| token.is(word))?;
    name_at(tokens, at + 1)
}

fn name_at(tokens: &[Token], at: usize) -> Option<String> {
    tokens.get(at).filter(|token| is_name(token)).map(|token| token.text.clone())
}

fn altered(tokens: &[Token]) -> Option<Loss> {
    let has = |wanted: &str| tokens.iter().any(|token| token.is(wanted));
    let subject = name_at(tokens, 2).unwrap_or_default();
    if tokens.get(1).is_some_and(|token| token.is("USER") || token.is("ROLE") || token.is("LOGIN")) {
        return Some(Loss { kind: AccessControl, what: format!("changes the rights or the password of {subject}") });
    }
    if has("DROP") || has("TRUNCATE") || (has("DELETE") && !has("DEFAULT")) {
        return Some(Loss {
            kind: Database,
            what: format!("drops a part of {subject} with its data: {}", text(tokens)),
        });
    }
    let system = has("SYSTEM") && tokens.get(1).is_some_and(|token| token.is("SYSTEM"));
    let unguards = has("DISABLE") && (has("ROW") || has("TRIGGER"));
    (system || unguards)
        .then(|| Loss { kind: AccessControl, what: format!("changes what guards the database: {}", text(tokens)) })
}

/// Every right, everywhere or to everybody.
fn granted(tokens: &[Token]) -> Option<Loss> {
    let line = text(tokens).to_ascii_uppercase();
    let everywhere = line.contains("* . *") || line.contains("*.*");
    let wide = line.contains("SUPERUSER")
        || line.contains("TO PUBLIC")
        || line.contains("RDS_SUPERUSER")
        || line.contains("SYSADMIN")
        || line.contains("DBA")
        || line.contains("WITH GRANT OPTION")
        || line.contains("PG_");
    (everywhere || wide)
        .then(|| Loss { kind: AccessControl, what: format!("gives rights over everything: {}", text(tokens)) })
}

/// Functions that end sessions, read files, or delete.
fn called(tokens: &[Token]) -> Option<Loss> {
    const FUNCTIONS: &[(&str, &str)] = &[
        ("pg_terminate_backend", "ends sessions of the database"),
        ("pg_read_file", "reads a file of the database server"),
        ("pg_drop_replication_slot", "drops a replication slot, and what a replica still needs"),
        ("lo_unlink", "deletes a large object"),
        ("pg_reload_conf", "reloads the server's configuration"),
        ("xp_cmdshell", "runs a program on the database server"),
        ("load_file", "reads a file of the database server"),
        ("pg_wal_replay_pause", "stops a replica"),
        ("pg_promote", "makes a replica the primary"),
        ("drop_chunks", "deletes chunks of a table"),
        ("drop_hypertable", "drops a table"),
        ("dropGeometryTable", "drops a table"),
        ("rdsadmin", "changes the server"),
    ];
    let found = FUNCTIONS.iter().find(|(name, _)| tokens.iter().any(|token| token.is(name)))?;
    Some(Loss { kind: Database, what: found.1.to_owned() })
}

/// Statements as tokens, comments removed.
fn statements(script: &str) -> Vec<Vec<Token>> {
    const MOST: usize = 512;
    let mut all = vec![Vec::new()];
    let mut scanner = Scanner { rest: script };
    while let Some(token) = scanner.next() {
        if token.text == ";" && !token.quoted {
            all.push(Vec::new());
        } else if let Some(statement) = all.last_mut().filter(|statement| statement.len() < MOST) {
            statement.push(token);
        }
    }
    all.retain(|statement| !statement.is_empty());
    all
}

struct Scanner<'a> {
    rest: &'a str,
}

impl Scanner<'_> {
    fn next(&mut self) -> Option<Token> {
        loop {
            self.rest = self.rest.trim_start();
            let first = self.rest.chars().next()?;
            if self.rest.starts_with("--") || (first == '#' && !self.rest.starts_with("#>")) {
                self.skip_past('\n');
            } else if self.rest.starts_with("/*!") {
                // MySQL runs what a versioned comment holds.
                self.rest = self.rest[3..].trim_start_matches(|c: char| c.is_ascii_digit());
            } else if self.rest.starts_with("/*") {
                self.rest = self.rest.find("*/").map_or("", |at| &self.rest[at + 2..]);
            } else if self.rest.starts_with("*/") {
                self.rest = &self.rest[2..];
            } else {
                return Some(self.token(first));
            }
        }
    }

    fn skip_past(&mut self, end: char) {
        self.rest = self.rest.find(end).map_or("", |at| &self.rest[at..]);
    }

    fn token(&mut self, first: char) -> Token {
        match first {
            '\'' => self.quoted('\''),
            '"' | '`' => self.quoted(first),
            '[' => self.quoted(']'),
            _ if is_word(first) => {
                let end = self.rest.find(|c: char| !is_word(c)).unwrap_or(self.rest.len());
                let text = self.rest[..end].to_owned();
                self.rest = &self.rest[end..];
                Token { text, quoted: false }
            }
            _ => {
                self.rest = &self.rest[first.len_utf8()..];
                Token { text: first.to_string(), quoted: false }
            }
        }
    }

    /// A doubled quote stands for itself.
    fn quoted(&mut self, close: char) -> Token {
        let mut text = String::new();
        let mut chars = self.rest.char_indices().skip(1).peekable();
        let mut end = self.rest.len();
        while let Some((at, c)) = chars.next() {
            if c == '\\' && close == '\'' {
                text.extend(chars.next().map(|(_, escaped)| escaped));
            } else if c == close && chars.peek().is_some_and(|(_, next)| *next == close) {
                chars.next();
                text.push(c);
            } else if c == close {
                end = at + c.len_utf8();
                break;
            } else {
                text.push(c);
            }
        }
        self.rest = &self.rest[end..];
        Token { text, quoted: true }
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '.' | '$' | '@')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_that_lose_data() {
        for statement in [
            "DROP TABLE users",
            "drop   table if exists a.b cascade",
            "DELETE FROM users",
            "delete from users where 1=1",
            "UPDATE t SET a=1",
            "TRUNCATE orders",
            "SELECT 1; TRUNCATE TABLE orders",
            "/* x */ DROP DATABASE d",
            "/*!50000 DROP*/ TABLE t",
            "ALTER TABLE t DROP COLUMN c",
            "GRANT ALL ON *.* TO 'u'@'h'",
            "EXPLAIN ANALYZE DELETE FROM t",
            "DELETE FROM t WHERE id = 1 OR 1=1",
            "DROP\nTABLE t",
            "COPY t FROM PROGRAM 'id'",
        ] {
            assert!(judge(statement).is_some(), "{statement}");
        }
    }

    #[test]
    fn words_that_are_data() {
        for statement in [
            "SELECT * FROM drop_table_audit",
            "SELECT 'drop table x'",
            "-- DROP TABLE x\nSELECT 1",
            "DELETE FROM t WHERE id = 7",
            "UPDATE t SET a=1 WHERE b=2",
            "EXPLAIN DELETE FROM t",
            "INSERT INTO n VALUES ('it''s; DROP TABLE x')",
            "GRANT SELECT ON a.* TO 'u'",
            "truncate -s 0 x",
            "SHOW DATABASES",
        ] {
            assert_eq!(judge(statement), None, "{statement}");
        }
    }
}
