//! Database clients: the statements that they're handed.

use super::super::assessment::DestructionKind::{AccessControl, Database};
use super::super::findings::Judgement;
use super::super::run::Invocation;
use super::super::sql;
use super::Cli;
use super::table::only_shows;

/// Clients that take SQL, with the options that hold it and those that take another word.
struct Client {
    names: &'static [&'static str],
    sql: &'static [&'static str],
    valued: &'static [&'static str],
    /// Words that are no SQL (the database's name or file); `None`: words are never SQL.
    operands: Option<usize>,
}

const CLIENTS: &[Client] = &[
    Client {
        names: &["psql", "cockroach", "crdb", "edb-psql", "pgcli", "ysqlsh"],
        sql: &["-c", "--command", "-e", "--execute"],
        valued: &[
            "-h",
            "-U",
            "-d",
            "-p",
            "-f",
            "-v",
            "-o",
            "-F",
            "-P",
            "--host",
            "--dbname",
            "--username",
            "--url",
            "--file",
        ],
        operands: None,
    },
    Client {
        names: &["mysql", "mariadb", "mysqlsh", "mycli", "tidb", "usql"],
        sql: &["-e", "--execute", "--sql", "-c"],
        valued: &["-h", "-u", "-P", "-D", "-S", "--host", "--user", "--database"],
        operands: None,
    },
    Client {
        names: &["sqlite3", "sqlite", "litecli", "duckdb", "libsql", "sqlcipher", "turso"],
        sql: &["-cmd", "-c", "-s"],
        valued: &["-init", "-separator"],
        operands: Some(1),
    },
    Client { names: &["cqlsh"], sql: &["-e", "--execute"], valued: &["-u", "-p", "-k", "-f"], operands: None },
    Client {
        names: &["clickhouse-client", "clickhouse", "clickhouse-local"],
        sql: &["-q", "--query", "--queries-file"],
        valued: &["-h", "--host", "-u", "--user", "--password", "--port", "-d", "--database"],
        operands: None,
    },
    Client {
        names: &["sqlcmd", "bcp", "isql", "osql", "mssql-cli", "sqlplus", "sql"],
        sql: &["-Q", "-q", "-e"],
        valued: &["-S", "-U", "-P", "-d", "-i"],
        operands: Some(1),
    },
    Client {
        names: &[
            "trino",
            "presto",
            "presto-cli",
            "beeline",
            "hive",
            "impala-shell",
            "spark-sql",
            "snowsql",
            "snow",
            "bq",
            "vsql",
            "nzsql",
            "exaplus",
            "db2",
            "influx",
            "questdb",
            "ksql",
            "flink",
            "athena",
            "rqlite",
        ],
        sql: &["-e", "-q", "--query", "--execute", "-execute", "-f", "-c"],
        valued: &["-h", "-u", "-d", "--server", "--catalog", "--schema", "-p"],
        operands: Some(0),
    },
];

pub(super) fn judge(call: &Invocation<'_>) -> Option<Judgement> {
    match call.program {
        "bq" if call.args.iter().any(|arg| matches!(arg.text.as_str(), "--dry_run" | "--dry_run=true")) => {
            return Some(Judgement::unknown("it shows what it would do"));
        }
        "mongosh" | "mongo" | "mongocli" | "arangosh" => return Some(mongo(call)),
        "redis-cli" | "valkey-cli" | "keydb-cli" => return Some(redis(call)),
        "cypher-shell" => return Some(cypher(call)),
        "pg_restore" | "mongorestore" => return Some(restored(call)),
        "mysqladmin" | "mariadb-admin" => return mysqladmin(call),
        _ => {}
    }
    if let Some(judgement) = hosted(call) {
        return Some(judgement);
    }
    let client = CLIENTS.iter().find(|client| client.names.contains(&call.program))?;
    let statements = statements(call, client);
    let stated = statements.iter().find_map(|statement| sql::judge(statement).or_else(|| meta_command(statement)));
    stated.or_else(|| named_script(call))
}

/// Clouds that pass a statement on to a database of theirs.
fn hosted(call: &Invocation<'_>) -> Option<Judgement> {
    const PROGRAMS: &[&str] = &[
        "heroku", "wrangler", "turso", "supabase", "pscale", "fly", "flyctl", "railway", "neonctl", "aws", "gcloud",
        "az", "snow",
    ];
    if !PROGRAMS.contains(&call.program) {
        return None;
    }
    let statement = |arg: &super::super::text::Text| {
        let text = arg
            .text
            .split_once('=')
            .filter(|(name, _)| name.starts_with('-'))
            .map_or(arg.text.as_str(), |(_, value)| value);
        text.contains(' ').then(|| sql::judge(text)).flatten()
    };
    call.args.iter().find_map(statement)
}

/// What a file of statements does isn't known; one that is called after a loss says it, and so does a dump for MySQL,
/// which drops each table before it makes it.
fn named_script(call: &Invocation<'_>) -> Option<Judgement> {
    let input = call.stdin.filter(|input| !input.exact).map(|input| input.text.as_str());
    let read = input.and_then(|text| text.strip_prefix("$(<")).and_then(|text| text.split(')').next());
    let given = call.args.windows(2).find_map(|pair| {
        matches!(pair[0].text.as_str(), "-f" | "--file" | "-i" | ".read" | "-init").then(|| pair[1].text.as_str())
    });
    let file = read.or(given)?;
    let stem = super::super::run::base_name(file).split('.').next().unwrap_or_default();
    let is_loss = |word: &str| super::verbs::loss(word).is_some();
    let restores = matches!(call.program, "mysql" | "mariadb") && (stem.contains("dump") || stem.contains("backup"));
    (restores || stem.split(['-', '_']).any(is_loss))
        .then(|| Judgement::loss(Database, format!("runs the statements of {file}, which by its name lose data")))
}

/// Everything the client would run: its options, its words, its input.
fn statements(call: &Invocation<'_>, client: &Client) -> Vec<String> {
    let valued: Vec<&str> = client.sql.iter().chain(client.valued).copied().collect();
    let cli = Cli::read(call.args, &valued);
    let mut found: Vec<String> = cli.values(client.sql).map(ToOwned::to_owned).collect();
    // `psql -tAc SQL`: the last letter of a cluster takes the word after it.
    for pair in call.args.windows(2) {
        let cluster = pair[0].text.strip_prefix('-').filter(|letters| letters.len() > 1 && !letters.starts_with('-'));
        if cluster
            .is_some_and(|letters| client.sql.iter().any(|option| option.len() == 2 && letters.ends_with(&option[1..])))
        {
            found.push(pair[1].text.clone());
        }
    }
    if let Some(operands) = client.operands {
        found.extend(cli.words.iter().skip(operands).map(|word| word.text.clone()));
        if operands == 0 {
            found.push(cli.subject(0));
        }
    }
    found.extend(call.stdin.map(|stdin| stdin.text.clone()));
    found
}

/// `\! COMMAND` runs a shell, `.shell` too.
fn meta_command(statement: &str) -> Option<Judgement> {
    let statement = statement.trim();
    if let Some(object) = statement.strip_prefix(".drop ") {
        return Some(Judgement::loss(Database, format!("drops {object}")));
    }
    let shell =
        ["\\! ", "\\!", ".shell ", ".system ", "system "].iter().find_map(|prefix| statement.strip_prefix(prefix))?;
    let nested = super::super::assess(shell);
    let effect = nested.effects().first()?;
    Some(Judgement::loss(effect.kind, effect.what.clone()))
}

/// JavaScript of the Mongo shell: the methods that lose data, outside of string literals.
fn mongo(call: &Invocation<'_>) -> Judgement {
    let cli = Cli::read(
        call.args,
        &[
            "--eval",
            "--javascript.execute-string",
            "--host",
            "--port",
            "-u",
            "-p",
            "--username",
            "--password",
            "--authenticationDatabase",
        ],
    );
    let scripts = cli.values(&["--eval", "--javascript.execute-string"]).chain(call.known_input());
    for script in scripts {
        let bare: String = script.split_whitespace().collect();
        const METHODS: &[(&str, &str)] = &[
            ("dropDatabase(", "drops the database and every collection in it"),
            (".drop(", "drops a collection"),
            ("deleteMany({})", "deletes every document"),
            (".remove({})", "deletes every document"),
            ("deleteMany(", "deletes documents"),
            (".remove(", "deletes documents"),
            ("dropIndex", "drops an index"),
            ("shutdownServer(", "stops the database server"),
            ("dropUser(", "deletes a user"),
            ("dropRole(", "deletes a role"),
            ("dropAllUsers", "deletes every user"),
            ("rs.remove(", "removes a member of the replica set"),
            ("rs.reconfig(", "changes the replica set"),
            ("rs.stepDown(", "makes the primary step down"),
            ("updateMany({},", "overwrites every document"),
            ("removeShard(", "removes a shard"),
            ("dropSearchIndex", "drops an index"),
            ("dropAllRoles", "deletes every role"),
            ("[\"dropDatabase\"]", "drops the database"),
            ("{drop:", "drops a collection"),
            ("_dropDatabase(", "drops the database"),
            ("._drop(", "drops a collection"),
            ("{shutdown:", "stops the database server"),
            ("{dropDatabase:", "drops the database and every collection in it"),
            ("[\"drop\"]", "drops a collection"),
            ("grantRolesToUser", "gives rights"),
            ("findOneAndDelete", "deletes a document"),
        ];
        if let Some((_, what)) = METHODS.iter().find(|(method, _)| bare.contains(method)) {
            return Judgement::loss(Database, format!("{what}: {script}"));
        }
    }
    Judgement::unknown("it talks to a database")
}

/// A command of Redis, from the words or from the input.
fn redis(call: &Invocation<'_>) -> Judgement {
    let cli = Cli::read(
        call.args,
        &[
            "-h",
            "-p",
            "-a",
            "-n",
            "-u",
            "-r",
            "-i",
            "-s",
            "--user",
            "--pass",
            "-t",
            "--pattern",
            "-D",
            "-d",
            "--cert",
            "--key",
            "--cacert",
            "--tls",
            "--eval",
        ],
    );
    let from_words: Vec<&str> = cli.words.iter().map(|word| word.text.as_str()).collect();
    let mut lines = vec![from_words];
    if let Some(input) = call.known_input() {
        lines.extend(input.lines().map(|line| line.split_whitespace().collect()));
    }
    let script = cli.value(&["--eval"]).map(super::super::run::base_name).unwrap_or_default();
    if script.split(['-', '_', '.']).any(|word| super::verbs::loss(word).is_some()) {
        return Judgement::loss(Database, format!("runs the script {script}, which by its name loses data"));
    }
    if cli.has(&["--cluster"]) && matches!(cli.word(0), "del-node" | "reshard" | "fix" | "call") {
        return Judgement::loss(Database, format!("takes the cluster's data apart: {}", cli.subject(0)));
    }
    lines.iter().find_map(|line| redis_command(line)).unwrap_or_else(|| Judgement::unknown("it talks to a database"))
}

fn redis_command(words: &[&str]) -> Option<Judgement> {
    let word = |index: usize| words.get(index).map(|word| word.to_ascii_uppercase()).unwrap_or_default();
    let keys = words.iter().skip(1).copied().collect::<Vec<_>>().join(" ");
    let lost = |what: String| Some(Judgement::loss(Database, what));
    match (word(0).as_str(), word(1).as_str()) {
        ("FLUSHALL", _) => lost("deletes every key of every database".to_owned()),
        ("FLUSHDB", _) => lost("deletes every key of the database".to_owned()),
        // A few keys by name are what a cache is for.
        ("DEL" | "UNLINK", _) if words.len() <= 4 && !keys.contains(['*', '$']) => None,
        (
            "DEL" | "UNLINK" | "GETDEL" | "XTRIM" | "XDEL" | "HDEL" | "SPOP" | "LTRIM" | "EXPIRE" | "PEXPIRE"
            | "RENAME" | "MIGRATE",
            _,
        ) if !keys.is_empty() => lost(format!("deletes the keys {keys}")),
        ("SHUTDOWN", _) => lost("stops the database server".to_owned()),
        ("DEBUG", sub) if sub != "OBJECT" => lost("stops or crashes the database server".to_owned()),
        ("CONFIG", "SET" | "REWRITE" | "RESETSTAT") => {
            lost(format!("changes how the database server keeps its data: {keys}"))
        }
        ("SCRIPT" | "FUNCTION", "FLUSH" | "KILL" | "DELETE") => {
            lost(format!("deletes scripts of the database: {keys}"))
        }
        ("REPLICAOF" | "SLAVEOF", _) => lost(format!("replaces every key by those of {keys}")),
        ("CLUSTER", "RESET" | "FORGET" | "FLUSHSLOTS" | "DELSLOTS" | "FAILOVER" | "SETSLOT") => {
            lost(format!("takes the cluster apart: {keys}"))
        }
        ("ACL", "DELUSER" | "SETUSER") => {
            Some(Judgement::loss(AccessControl, format!("changes who may use the database: {keys}")))
        }
        ("CLIENT", "KILL" | "PAUSE") => lost(format!("cuts clients off: {keys}")),
        ("SWAPDB", _) => lost(format!("swaps two databases under their users: {keys}")),
        ("EVAL" | "EVALSHA", _)
            if ["flush", "'del'", "\"del\"", "unlink"].iter().any(|name| keys.to_ascii_lowercase().contains(name)) =>
        {
            lost(format!("deletes keys by a script: {keys}"))
        }
        _ => None,
    }
}

fn cypher(call: &Invocation<'_>) -> Judgement {
    let text = call
        .args
        .iter()
        .map(|arg| arg.text.as_str())
        .chain(call.known_input())
        .collect::<Vec<_>>()
        .join(" ")
        .to_ascii_uppercase();
    if text.contains("DELETE") || text.contains("DROP ") || text.contains("REMOVE ") {
        return Judgement::loss(Database, "deletes nodes and relations of the graph");
    }
    Judgement::unknown("it talks to a database")
}

/// A restore that clears first loses what was written since the dump.
fn restored(call: &Invocation<'_>) -> Judgement {
    let cli = Cli::read(call.args, &["-d", "--dbname", "-U", "-h", "-p", "--db", "--uri", "-j", "-f"]);
    let clears =
        cli.has(&["--clean", "-C", "--create", "--drop"]) || (call.program == "pg_restore" && cli.has(&["-c"]));
    if clears && !cli.has(&["-l", "--list", "--dryRun"]) {
        let target = cli.value(&["-d", "--dbname", "--db", "--uri"]).unwrap_or("the database");
        return Judgement::loss(Database, format!("drops what is in {target} before it restores {}", cli.subject(0)));
    }
    Judgement::unknown("it restores a dump")
}

fn mysqladmin(call: &Invocation<'_>) -> Option<Judgement> {
    let cli = Cli::read(call.args, &["-h", "-u", "-P", "-S", "--host", "--user"]);
    let at = cli.words.iter().position(|word| {
        matches!(
            word.text.as_str(),
            "drop"
                | "shutdown"
                | "flush-hosts"
                | "flush-logs"
                | "flush-privileges"
                | "flush-tables"
                | "refresh"
                | "reload"
                | "kill"
                | "password"
                | "stop-slave"
                | "stop-replica"
        )
    })?;
    let what = match cli.word(at) {
        "drop" => format!("drops the database {} and everything in it", cli.subject(at + 1)),
        "shutdown" => "stops the database server".to_owned(),
        other => format!("changes the running server: {other} {}", cli.subject(at + 1)),
    };
    (!only_shows(&cli)).then(|| Judgement::loss(Database, what))
}
