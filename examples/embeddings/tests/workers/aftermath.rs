//! What must be true once nothing is open any more, whatever happened to the workers.

use std::fs;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use selfheal_core::engine::{Event, Outcome};
use selfheal_core::ports::{Journal, Query, Record, Standing};
use selfheal_memory::audit::{Export, FileWitness, SigningKey, verify};
use selfheal_memory::postgres::PostgresJournal;
use serde::Deserialize;

use crate::site::Site;

/// How the incidents ended.
#[derive(Debug, Default)]
pub(crate) struct Aftermath {
    pub(crate) healed: usize,
    pub(crate) escalated: usize,
    /// When an incident was taken over, in milliseconds since the Unix epoch, ascending.
    taken_over: Vec<u64>,
}

/// A version of a thing.
#[derive(Debug, PartialEq, Deserialize)]
struct Version {
    mode: String,
    former: Option<String>,
}

impl Aftermath {
    /// Looks at store, log and things. Everything is closed, each effect happened at most once, the world is healed or as
    /// it was, and the log verifies.
    pub(crate) fn of(site: &Site) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(look(site))
    }

    /// How long it took from `since` until an incident was first taken over.
    pub(crate) fn first_takeover_after(&self, since: SystemTime) -> Option<Duration> {
        let since = since.duration_since(UNIX_EPOCH).unwrap().as_millis() as u64;
        let first = self.taken_over.iter().find(|at| **at >= since)?;
        Some(Duration::from_millis(first - since))
    }

    /// The same until the last one was.
    pub(crate) fn last_takeover_after(&self, since: SystemTime) -> Option<Duration> {
        let since = since.duration_since(UNIX_EPOCH).unwrap().as_millis() as u64;
        self.taken_over.last().filter(|at| **at >= since).map(|last| Duration::from_millis(last - since))
    }
}

async fn look(site: &Site) -> Aftermath {
    let journal = PostgresJournal::connect_read_only(&site.url, site.options()).await.unwrap();
    let mut aftermath = Aftermath::default();
    for standing in journal.list(&Query::newest(1_000)).await.unwrap() {
        let history = journal.read(&standing.incident).await.unwrap();
        judge(site, &standing, &history.records, &mut aftermath);
    }
    aftermath.taken_over.sort_unstable();
    audit(site, &journal).await;
    journal.close().await.unwrap();
    aftermath
}

fn judge(site: &Site, standing: &Standing, records: &[Record], aftermath: &mut Aftermath) {
    let name = &standing.resource.name;
    let said = || format!("{name}: {:?}\n{}", standing.outcome, site.told());
    let modes = modes(site, name);
    match standing.outcome.as_ref().unwrap_or_else(|| panic!("still open\n{}", said())) {
        Outcome::Healed => {
            assert_eq!(modes, ["degraded", "normal"], "{}", said());
            assert!(!name.starts_with("incurable"), "{}", said());
            aftermath.healed += 1;
        }
        Outcome::Escalated { .. } => {
            let untouched = modes == ["degraded"];
            assert!(untouched || modes == ["degraded", "normal", "degraded"], "{modes:?}\n{}", said());
            aftermath.escalated += 1;
        }
        _ => panic!("unexpected\n{}", said()),
    }
    let count = |wanted: fn(&Event) -> bool| records.iter().filter(|record| wanted(&record.event)).count();
    assert!(count(|event| matches!(event, Event::Applied)) <= 1, "applied twice\n{}", said());
    assert!(records.iter().map(|record| record.sequence).eq(0..records.len() as u64), "gaps\n{}", said());
    let done = |what: &str| site.ledger().iter().filter(|entry| *entry.thing == **name && entry.what == what).count();
    assert!(done("apply done") <= 1, "applied twice\n{}", said());
    let resumed = records.iter().filter(|record| matches!(record.event, Event::Resumed { .. }));
    aftermath.taken_over.extend(resumed.map(|record| record.at.as_millis()));
}

/// The modes that a thing was put into, one after the other.
fn modes(site: &Site, name: &str) -> Vec<String> {
    let mut versions: Vec<Version> = (1..)
        .map_while(|version| fs::read(site.path(&format!("things/{name}/{version}.json"))).ok())
        .map(|text| serde_json::from_slice(&text).unwrap())
        .collect();
    // A newer worker's token makes a version too. What is put twice into one mode differs by its former one.
    versions.dedup();
    versions.into_iter().map(|version| version.mode).collect()
}

/// The log is exported, and verified without the database: against its key, and what each worker's witness saw of it.
async fn audit(site: &Site, journal: &PostgresJournal) {
    let file = site.path("export.jsonl");
    fs::write(&file, journal.export(Vec::new()).await.unwrap()).unwrap();
    let key = SigningKey::open(&site.path("journal.key")).unwrap().public();
    let export = Export::open(&file).unwrap();
    let witnesses = site.witnesses();
    assert!(!witnesses.is_empty(), "nothing was witnessed");
    for witness in witnesses {
        let seen = FileWitness::new(&witness).all().unwrap();
        let verified = verify(&export, Some(&key), &seen);
        let verified = verified.unwrap_or_else(|error| panic!("{}: {error}\n{}", witness.display(), site.told()));
        assert_eq!(verified.unsigned_tail, 0, "who left last signed everything");
    }
}
