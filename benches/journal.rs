//! What the durable journal costs, beside a plain append and sync on the same file system in the same run.
//!
//! `cargo bench -p selfheal-benches --bench journal [-- [--quick] [serial] [ledger] [in_flight] [parked] [verify]]`

#![allow(clippy::print_stdout, reason = "a bench prints its figures")]

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use selfheal_benches::Failed;
use selfheal_benches::story::Story;
use selfheal_benches::timing::{Sample, interleaved, timed};
use selfheal_core::audit::{Head, account_of};
use selfheal_core::engine::State;
use selfheal_core::incident::IncidentId;
use selfheal_core::ports::{Claim, Journal, Lease, Ledger, Note, Query, Record, Stream, Switched};
use selfheal_core::time::Timestamp;
use selfheal_memory::audit::{Salts, SigningKey, verify};
use selfheal_memory::journal::{JournalOptions, SqliteJournal};
use tokio::runtime::{Builder, Runtime};

/// Appends of one incident.
const RECORDS: usize = 10;

/// Incidents worked on at once.
const IN_FLIGHT: usize = 100;

fn main() -> Result<(), Failed> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let given = |part: &str| arguments.iter().any(|argument| argument == part);
    let quick = given("--quick");
    let all = !["serial", "ledger", "in_flight", "parked", "verify"].into_iter().any(given);
    let folder = tempfile::Builder::new().prefix("selfheal-bench").tempdir_in(target())?;
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let story = runtime.block_on(Story::of_a_healed_one(RECORDS))?;
    println!("an incident of {RECORDS} appends, {} bytes of records, 8 audit fields each\n", story.bytes());
    if all || given("serial") {
        serial(folder.path(), &runtime, &story, if quick { 10 } else { 60 })?;
    }
    if all || given("ledger") {
        ledger(folder.path(), &runtime, if quick { 10 } else { 60 })?;
    }
    if all || given("in_flight") {
        in_flight(folder.path(), &runtime, &story, if quick { 20 } else { 100 })?;
    }
    if all || given("verify") {
        verified(folder.path(), &runtime, &story, if quick { 1_000 } else { 100_000 })?;
    }
    if all || given("parked") {
        parked(folder.path(), &runtime, &story.parked(), if quick { 100_000 } else { 1_000_000 })?;
    }
    Ok(())
}

/// On the file system that is built on, not one in memory.
fn target() -> &'static Path {
    Path::new(env!("CARGO_TARGET_TMPDIR"))
}

fn open(path: &Path) -> Result<SqliteJournal, Failed> {
    Ok(SqliteJournal::open(path, JournalOptions::new(SigningKey::generate("bench")?))?)
}

fn claim() -> Claim {
    Claim { worker: "bench".into(), ttl: Duration::from_secs(30), holder_is_gone: false }
}

/// Incidents that are ready to be written, by name.
struct Incidents<'a> {
    story: &'a Story,
    next: u64,
}

type Told = (Lease, Vec<(Record, State)>);

impl Incidents<'_> {
    fn next(&mut self) -> Told {
        self.next += 1;
        // Spread as random names are.
        let id = IncidentId::from_random(self.next.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        (Lease::first(id.clone(), &claim()), self.story.of(&id, Timestamp::from_millis(self.next)))
    }

    fn take(&mut self, count: usize) -> Vec<Told> {
        (0..count).map(|_| self.next()).collect()
    }
}

async fn write(journal: &SqliteJournal, (lease, told): &Told) -> Result<(), selfheal_core::error::Error> {
    for (record, after) in told {
        Journal::append(journal, lease, record, after).await?;
    }
    Ok(())
}

const SERIAL: usize = 20;

fn serial(folder: &Path, runtime: &Runtime, story: &Story, rounds: usize) -> Result<(), Failed> {
    let journal = open(&folder.join("serial.db"))?;
    let mut plain = OpenOptions::new().create(true).append(true).open(folder.join("plain"))?;
    let mut incidents = Incidents { story, next: 0 };
    let spreads = {
        let floor: Sample<'_> = Box::new(|| plain_appends(&mut plain, SERIAL * RECORDS));
        let appends: Sample<'_> = Box::new(|| {
            let told = incidents.take(SERIAL);
            let (took, written) = timed(|| {
                runtime.block_on(async {
                    for one in &told {
                        write(&journal, one).await?;
                    }
                    Ok::<_, selfheal_core::error::Error>(())
                })
            });
            written?;
            Ok(took)
        });
        interleaved(rounds, &mut [floor, appends])?
    };
    let each = |spread: &selfheal_benches::timing::Spread, share| {
        spread.at(share).as_secs_f64() * 1e6 / (SERIAL * RECORDS) as f64
    };
    println!("one append after the other; {rounds} samples of {}", SERIAL * RECORDS);
    println!("{:34} {:>9} {:>9}", "µs per append", "median", "p90");
    for (name, spread) in ["4 KiB append + fdatasync", "journal append"].iter().zip(&spreads) {
        println!("{name:34} {:9.1} {:9.1}", each(spread, 0.5), each(spread, 0.9));
    }
    println!(
        "rate of the journal / plain rate: {:.2} (at least 0.8)\n",
        each(&spreads[0], 0.5) / each(&spreads[1], 0.5)
    );
    Ok(())
}

/// Entries of the ledger, one after the other: what budgets count, and what people say, which is signed at once.
fn ledger(folder: &Path, runtime: &Runtime, rounds: usize) -> Result<(), Failed> {
    let journal = open(&folder.join("ledger.db"))?;
    let mut plain = OpenOptions::new().create(true).append(true).open(folder.join("plain"))?;
    let switched = Switched { by: "ann".to_owned(), because: "a deploy".to_owned() };
    let paused = Note::Paused { environment: None, switched };
    let (runs, switches) = (Stream::runs("nightly"), Stream::switches());
    let spreads = {
        let floor: Sample<'_> = Box::new(|| plain_appends(&mut plain, NOTES));
        let counted: Sample<'_> = Box::new(|| notes(&journal, runtime, &runs, &Note::RunFailed));
        let signed: Sample<'_> = Box::new(|| notes(&journal, runtime, &switches, &paused));
        interleaved(rounds, &mut [floor, counted, signed])?
    };
    println!("one entry after the other; {rounds} samples of {NOTES}");
    println!("{:34} {:>9} {:>9}", "µs per entry", "median", "p90");
    for (name, spread) in ["4 KiB append + fdatasync", "what budgets count", "what people say"].iter().zip(&spreads) {
        let each = |share| spread.at(share).as_secs_f64() * 1e6 / NOTES as f64;
        println!("{name:34} {:9.1} {:9.1}", each(0.5), each(0.9));
    }
    println!();
    Ok(())
}

const NOTES: usize = 100;

fn notes(journal: &SqliteJournal, runtime: &Runtime, stream: &Stream, note: &Note) -> Result<Duration, Failed> {
    let first = runtime.block_on(Ledger::len(journal, stream))?;
    let (took, written) = timed(|| {
        runtime.block_on(async {
            for place in (first..).take(NOTES) {
                Ledger::append(journal, stream, place, Timestamp::from_millis(place), note).await?;
            }
            Ok::<_, selfheal_core::error::Error>(())
        })
    });
    written?;
    Ok(took)
}

fn plain_appends(file: &mut File, count: usize) -> Result<Duration, Failed> {
    let page = [7; 4096];
    let (took, done) = timed(|| {
        for _ in 0..count {
            file.write_all(&page)?;
            file.sync_data()?;
        }
        Ok::<_, std::io::Error>(())
    });
    done?;
    Ok(took)
}

fn in_flight(folder: &Path, runtime: &Runtime, story: &Story, each: usize) -> Result<(), Failed> {
    let journal = Arc::new(open(&folder.join("in_flight.db"))?);
    let mut incidents = Incidents { story, next: 0 };
    let told: Vec<_> = (0..IN_FLIGHT).map(|_| incidents.take(each)).collect();
    let saying = leaves_alone(&told)?;
    let before = cpu();
    let (took, written) =
        timed(|| runtime.block_on(async { all(told.into_iter().map(|told| worker(&journal, told)).collect()).await }));
    written?;
    let (cpu, written) = (cpu().saturating_sub(before), journal.written());
    let (count, appends) = (IN_FLIGHT * each, (IN_FLIGHT * each * RECORDS) as f64);
    println!("{IN_FLIGHT} incidents in flight, {count} in all");
    println!(
        "appends per sync:      {:8.1} (at least {})",
        written.writes as f64 / written.transactions as f64,
        IN_FLIGHT / 2
    );
    println!("appends per second:    {:8.0}", appends / took.as_secs_f64());
    let each = |all: Duration| all.as_secs_f64() * 1e6 / count as f64;
    println!("CPU µs per incident:   {:8.1} (at most 100)", each(cpu));
    println!("  of which its leaves: {:8.1} (said and hashed, not stored)\n", each(saying));
    Ok(())
}

fn worker(journal: &Arc<SqliteJournal>, told: Vec<Told>) -> Worker {
    let journal = Arc::clone(journal);
    tokio::spawn(async move {
        for one in &told {
            write(&journal, one).await?;
        }
        Ok(())
    })
}

/// What the leaves of the audit log cost by themselves, without being stored.
fn leaves_alone(told: &[Vec<Told>]) -> Result<Duration, Failed> {
    let (mut head, mut salts) = (Head::new(), Salts::default());
    let mut took = Duration::ZERO;
    for (record, after) in told.iter().flatten().flat_map(|(_, told)| told) {
        let json = serde_json::to_vec(record)?;
        let before = cpu();
        let fields = account_of(&json, record, after);
        let salt = salts.draw(fields.len())?;
        head.append(fields, salt)?;
        took += cpu().saturating_sub(before);
    }
    Ok(took)
}

/// Opening and verifying a store with many leaves.
fn verified(folder: &Path, runtime: &Runtime, story: &Story, count: usize) -> Result<(), Failed> {
    let (path, mut incidents) = (folder.join("verify.db"), Incidents { story, next: 0 });
    let key = SigningKey::generate("bench")?;
    let journal = Arc::new(SqliteJournal::open(&path, JournalOptions::new(key.clone()))?);
    let (writing, written) = timed(|| {
        for _ in 0..count.div_ceil(IN_FLIGHT * 10) {
            let told: Vec<_> = (0..IN_FLIGHT).map(|_| incidents.take(10)).collect();
            runtime.block_on(async { all(told.into_iter().map(|told| worker(&journal, told)).collect()).await })?;
        }
        Ok::<_, Failed>(())
    });
    written?;
    drop(journal);
    let (opening, opened) = timed(|| SqliteJournal::open(&path, JournalOptions::new(key)));
    drop(opened?);
    let rows = SqliteJournal::open_read_only(&path)?.audit_rows()?;
    let mut computing = Duration::ZERO;
    let spreads = {
        let log: Sample<'_> = Box::new(|| {
            let before = cpu();
            let (took, verified) = timed(|| verify(&rows, None, &[]));
            verified?;
            computing = cpu().saturating_sub(before);
            Ok(took)
        });
        let leaves = (count * RECORDS) as u64;
        let journal: Sample<'_> = Box::new(|| {
            let (took, checked) = timed(|| rows.cross_check(leaves));
            checked?.map_err(|found| format!("{found:?}"))?;
            Ok(took)
        });
        interleaved(3, &mut [log, journal])?
    };
    println!(
        "{} leaves, written in {:.1} s: {:.0} a second",
        count * RECORDS,
        writing.as_secs_f64(),
        (count * RECORDS) as f64 / writing.as_secs_f64()
    );
    println!("opened for writing in   {:6.2} ms (at most 5)", opening.as_secs_f64() * 1e3);
    println!(
        "audit log verified in   {:6.2} s (at most 2 for 1,000,000), computing {:.2} s",
        spreads[0].median().as_secs_f64(),
        computing.as_secs_f64()
    );
    println!("journal checked in      {:6.2} s\n", spreads[1].median().as_secs_f64());
    Ok(())
}

type Worker = tokio::task::JoinHandle<Result<(), selfheal_core::error::Error>>;

async fn all(workers: Vec<Worker>) -> Result<(), Failed> {
    for worker in workers {
        worker.await??;
    }
    Ok(())
}

/// What this process computed so far, kernel included.
fn cpu() -> Duration {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::new(u64::try_from(now.tv_sec).unwrap_or_default(), u32::try_from(now.tv_nsec).unwrap_or_default())
}

/// Incidents of the parked that a worker picks up and reads.
const RESUMED: usize = 10_000;

fn parked(folder: &Path, runtime: &Runtime, story: &Story, count: usize) -> Result<(), Failed> {
    let journal = Arc::new(open(&folder.join("parked.db"))?);
    let mut incidents = Incidents { story, next: 0 };
    let (took, parked) = timed(|| park(runtime, &journal, &mut incidents, count));
    parked?;
    println!("{count} parked incidents, parked in {:.1} s", took.as_secs_f64());
    let (listing, listed) = timed(|| runtime.block_on(list(&journal)));
    println!("listed {} in            {:6.2} s", listed?, listing.as_secs_f64());
    let (resuming, resumed) = timed(|| runtime.block_on(resume(&journal, RESUMED)));
    println!("picked up and read {} in {:6.2} s", resumed?, resuming.as_secs_f64());
    println!("both:                   {:6.2} s (at most 5)", (listing + resuming).as_secs_f64());
    Ok(())
}

fn park(
    runtime: &Runtime,
    journal: &Arc<SqliteJournal>,
    incidents: &mut Incidents<'_>,
    count: usize,
) -> Result<(), Failed> {
    for _ in 0..count.div_ceil(IN_FLIGHT * 10) {
        let told: Vec<_> = (0..IN_FLIGHT).map(|_| incidents.take(10)).collect();
        runtime.block_on(async {
            let leave = |told: Vec<Told>| {
                let journal = Arc::clone(journal);
                tokio::spawn(async move {
                    for one in &told {
                        write(&journal, one).await?;
                        journal.release(&one.0).await?;
                    }
                    Ok::<_, selfheal_core::error::Error>(())
                })
            };
            all(told.into_iter().map(leave).collect()).await
        })?;
    }
    Ok(())
}

async fn list(journal: &SqliteJournal) -> Result<usize, Failed> {
    let (mut query, mut listed) = (Query::open(10_000), 0);
    loop {
        let page = journal.list(&query).await?;
        listed += page.len();
        let Some(last) = page.last() else { return Ok(listed) };
        query.after = Some((last.opened_at, last.incident.clone()));
    }
}

async fn resume(journal: &SqliteJournal, most: usize) -> Result<usize, Failed> {
    let leases = journal.pick_up(&claim(), most).await?;
    for lease in &leases {
        Journal::read(journal, &lease.incident).await?;
    }
    Ok(leases.len())
}
