//! Every column of every table, changed through SQL by somebody who knows the schema.

use std::collections::BTreeMap;

use rusqlite::Connection;
use rusqlite::types::Value;

use super::sample::{Sample, assert_told};

/// Who works on an incident, and until when: it changes without a record, so nothing vouches for it. An epoch that was
/// lowered lets no overtaken worker write: the records that it would repeat are there.
const LEASES: [(&str, &str); 3] = [("standings", "epoch"), ("standings", "worker"), ("standings", "lease_until_ms")];

struct Table {
    name: String,
    key: String,
    columns: Vec<String>,
    rows: Vec<i64>,
}

fn tables(database: &Connection) -> Vec<Table> {
    let names = "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name";
    let names = strings(database, names);
    assert!(names.len() >= 9, "{names:?}");
    names.into_iter().map(|name| table(database, name)).collect()
}

fn table(database: &Connection, name: String) -> Table {
    let columns = strings(database, &format!("SELECT name FROM pragma_table_info('{name}') ORDER BY cid"));
    let key = strings(database, &format!("SELECT name FROM pragma_table_info('{name}') WHERE pk = 1")).remove(0);
    let mut rows = database.prepare(&format!("SELECT {key} FROM {name} ORDER BY {key}")).unwrap();
    let rows: Vec<i64> = rows.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    assert!(!rows.is_empty(), "{name} has no rows: nothing would be tried there");
    Table { name, key, columns, rows }
}

fn strings(database: &Connection, query: &str) -> Vec<String> {
    let mut statement = database.prepare(query).unwrap();
    statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

/// Without what keeps an honest writer from mistakes: types, checks, uniqueness.
fn unguarded(store: &str) -> Connection {
    let path = format!("{store}/journal.db");
    let database = Connection::open(&path).unwrap();
    database
        .execute_batch(
            "PRAGMA writable_schema = ON;
             UPDATE sqlite_schema SET sql = replace(replace(sql, ') STRICT', ')'), 'NOT NULL', '') WHERE type = 'table';
             PRAGMA writable_schema = RESET;",
        )
        .unwrap();
    drop(database);
    let database = Connection::open(&path).unwrap();
    database.execute_batch("PRAGMA ignore_check_constraints = ON;").unwrap();
    database
}

impl Table {
    fn value(&self, database: &Connection, row: i64, column: &str) -> Value {
        let query = format!("SELECT {column} FROM {} WHERE {} = ?1", self.name, self.key);
        database.query_row(&query, [row], |row| row.get(0)).unwrap()
    }

    /// The first row, the last, and one between.
    fn some_rows(&self) -> Vec<i64> {
        let mut rows = vec![self.rows[0], self.rows[self.rows.len() / 2], self.rows[self.rows.len() - 1]];
        rows.dedup();
        rows
    }
}

/// Another value of the same type, one of another type, and none at all.
fn others(value: &Value) -> Vec<Value> {
    let flipped = |bytes: &[u8]| {
        let mut bytes = bytes.to_vec();
        let at = bytes.len() / 2;
        if let Some(byte) = bytes.get_mut(at) {
            *byte ^= 1;
        }
        bytes
    };
    match value {
        Value::Null => vec![Value::Integer(7), Value::Text("x".to_owned())],
        Value::Integer(number) => vec![
            Value::Integer(number + 1),
            Value::Integer(i64::MIN),
            Value::Integer(i64::MAX),
            Value::Text("x".to_owned()),
            Value::Null,
        ],
        Value::Real(_) => panic!("no column holds one"),
        Value::Text(text) => vec![
            Value::Text(String::from_utf8(flipped(text.as_bytes())).unwrap()),
            Value::Text(String::new()),
            Value::Text(format!("{text} ")),
            Value::Blob(text.clone().into_bytes()),
            Value::Integer(7),
            Value::Null,
        ],
        Value::Blob(bytes) => vec![
            Value::Blob(flipped(bytes)),
            Value::Blob(Vec::new()),
            Value::Blob([bytes, &[0][..]].concat()),
            Value::Text("x".to_owned()),
            Value::Integer(7),
            Value::Null,
        ],
    }
}

/// A change, by name; `false` if the database itself doesn't take it.
type Change<'a> = Box<dyn Fn(&Connection) -> bool + 'a>;

fn changes(tables: &[Table], database: &Connection) -> BTreeMap<String, Change<'static>> {
    let mut changes: BTreeMap<String, Change<'static>> = BTreeMap::new();
    for table in tables {
        let name = &table.name;
        for column in &table.columns {
            if LEASES.contains(&(name.as_str(), column.as_str())) {
                continue;
            }
            for row in table.some_rows() {
                for value in others(&table.value(database, row, column)) {
                    let what = format!("{name}.{column} of row {row} becomes {value:?}");
                    let update = format!("UPDATE {name} SET {column} = ?2 WHERE {} = ?1", table.key);
                    let change = move |database: &Connection| {
                        database.execute(&update, rusqlite::params![row, value]).is_ok_and(|changed| changed == 1)
                    };
                    changes.insert(what, Box::new(change));
                }
            }
        }
        for row in table.some_rows() {
            let delete = format!("DELETE FROM {name} WHERE {} = {row}", table.key);
            changes.insert(format!("{name}: row {row} is gone"), Box::new(move |database| batch(database, &delete)));
        }
        changes.extend(table.copied());
        changes.extend(table.swapped());
    }
    changes
}

fn batch(database: &Connection, statements: &str) -> bool {
    database.execute_batch(statements).is_ok()
}

impl Table {
    /// A row once more, under another key.
    fn copied(&self) -> Option<(String, Change<'static>)> {
        let (name, key) = (&self.name, &self.key);
        let columns: Vec<String> =
            self.columns.iter().map(|one| if one == key { format!("max({key}) + 1") } else { one.clone() }).collect();
        let insert = format!("INSERT OR ROLLBACK INTO {name} SELECT {} FROM {name}", columns.join(", "));
        Some((format!("{name}: a row twice"), Box::new(move |database| batch(database, &insert))))
    }

    /// The first two rows in each other's place.
    fn swapped(&self) -> Option<(String, Change<'static>)> {
        let [first, second, ..] = self.rows[..] else { return None };
        let (name, key) = (&self.name, &self.key);
        let swap = format!(
            "UPDATE {name} SET {key} = -1 WHERE {key} = {first}; UPDATE {name} SET {key} = {first} WHERE {key} = {second};
             UPDATE {name} SET {key} = {second} WHERE {key} = -1;"
        );
        Some((format!("{name}: two rows swapped"), Box::new(move |database| batch(database, &swap))))
    }
}

#[test]
fn no_column_of_any_table_can_be_changed_unseen() {
    let sample = Sample::new();
    let original = sample.copy("original");
    let changes = {
        let database = Connection::open(format!("{original}/journal.db")).unwrap();
        changes(&tables(&database), &database)
    };
    let (mut unseen, mut taken) = (Vec::new(), 0);
    for (what, change) in &changes {
        let copy = sample.copy("copy");
        if !change(&unguarded(&copy)) {
            continue;
        }
        taken += 1;
        let verified = sample.verify(&copy, &[]);
        match verified.status {
            Some(1) => assert_told(&verified, what),
            _ => unseen.push(format!("{what}: {verified}")),
        }
    }
    assert!(taken > 400, "the database itself refuses all but {taken} of {} changes", changes.len());
    assert!(unseen.is_empty(), "{} of {taken}:\n{}", unseen.len(), unseen.join("\n"));
}

#[test]
fn a_lease_is_nobodys_evidence() {
    let sample = Sample::new();
    for (table, column) in LEASES {
        let copy = sample.copy("copy");
        let database = Connection::open(format!("{copy}/journal.db")).unwrap();
        database.execute_batch(&format!("UPDATE {table} SET {column} = 7")).unwrap();
        drop(database);
        assert_eq!(sample.verify(&copy, &[]).status, Some(0), "{column}");
    }
}
