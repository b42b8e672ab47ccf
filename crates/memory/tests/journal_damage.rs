//! What a crash, a failing disk or a stranger may leave: every acknowledged record is recovered, or the refusal is clear, and
//! nothing is overwritten.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "helpers of tests fail like tests, and say what they skip"
)]

#[path = "common/story.rs"]
mod story;

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use selfheal_core::error::{Error, ErrorKind, Retry};
use selfheal_core::incident::IncidentId;
use selfheal_core::ports::{Journal, Query, Record};
use selfheal_memory::audit::verify;
use selfheal_memory::journal::SqliteJournal;

use story::{Story, copied, kill, open, try_open};

fn wal(path: &Path) -> PathBuf {
    PathBuf::from(format!("{}-wal", path.display()))
}

/// A journal whose process was killed, with the length that the write-ahead log had when each record was acknowledged.
async fn killed(path: &Path, records: usize) -> (Story, Vec<u64>) {
    let journal = open(path);
    let mut story = Story::new("inc-1");
    let mut acknowledged = Vec::new();
    for _ in 0..records {
        story.go_on(&journal).await.unwrap();
        acknowledged.push(fs::metadata(wal(path)).unwrap().len());
    }
    kill(journal);
    (story, acknowledged)
}

async fn recovered(path: &Path, story: &Story) -> Vec<Record> {
    let journal = open(path);
    let records = journal.read(story.id()).await.unwrap().records;
    assert_eq!(records, story.records[..records.len()], "what is recovered is not what was written");
    // And it can be gone on with.
    let mut next = Story::new("inc-next");
    next.go_on(&journal).await.unwrap();
    drop(journal);
    let rows = SqliteJournal::open_read_only(path).unwrap().audit_rows().unwrap();
    let log = verify(&rows, None, &[]).unwrap();
    assert_eq!((log.leaves, log.unsigned_tail), (records.len() as u64 + 1, 0));
    rows.cross_check(log.leaves).unwrap().unwrap();
    records
}

#[tokio::test]
async fn a_log_that_is_cut_anywhere_holds_every_record_acknowledged_before() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.db");
    let (story, acknowledged) = killed(&path, 4).await;
    let whole = fs::metadata(wal(&path)).unwrap().len();
    let edges = acknowledged.iter().flat_map(|end| [end - 1, *end, end + 1, end + 24]);
    let cuts: Vec<u64> = edges.chain((0..16).map(|part| whole * part / 16)).chain([1, 31, 32, 33]).collect();
    for cut in cuts.into_iter().filter(|cut| *cut <= whole) {
        // Bytes that never reached the disk may be missing, or be whatever lay there before.
        for lost in ["missing", "zeros"] {
            let copy = tempfile::tempdir().unwrap();
            let copy = copied(&path, copy.path());
            let log = fs::OpenOptions::new().write(true).open(wal(&copy)).unwrap();
            log.set_len(cut).unwrap();
            if lost == "zeros" {
                log.set_len(whole).unwrap();
            }
            let certain = acknowledged.iter().filter(|end| **end <= cut).count();
            let found = recovered(&copy, &story).await.len();
            assert!(found >= certain, "cut at {cut} of {whole}, rest {lost}: {found} records of {certain}");
        }
    }
}

#[tokio::test]
async fn a_flipped_bit_is_found_or_harmless() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.db");
    let (mut stories, journal) = (Vec::new(), open(&path));
    for number in 0..6 {
        let mut story = Story::new(&format!("inc-{number}"));
        story.go_on_times(&journal, 3).await;
        stories.push(story);
    }
    journal.compact(&stories[0].snapshot()).await.unwrap();
    let listed = journal.list(&Query::newest(99)).await.unwrap();
    let mut read = Vec::new();
    for story in &stories {
        read.push(journal.read(story.id()).await.unwrap());
    }
    drop(journal);
    let sound = fs::read(&path).unwrap();
    let copy = folder.path().join("copy.db");
    let (mut refused, mut harmless, mut verification) = (0, 0, 0);
    // A fixed sequence that goes over the file in large steps.
    for flip in (0..400u64).map(|number| number.wrapping_mul(0x9e37_79b9_7f4a_7c15) % (sound.len() as u64 * 8)) {
        let mut bytes = sound.clone();
        bytes[usize::try_from(flip / 8).unwrap()] ^= 1 << (flip % 8);
        fs::write(&copy, bytes).unwrap();
        match looked_at(&copy, &stories).await {
            Err(error) => {
                assert!(
                    matches!(error.kind(), ErrorKind::Invalid | ErrorKind::NotFound | ErrorKind::Forbidden),
                    "bit {flip}: {error}"
                );
                refused += 1;
            }
            Ok(seen) if seen == (listed.clone(), read.clone()) => harmless += 1,
            // An index that leads past an incident: only the whole look finds it.
            Ok(_) => {
                assert!(verified(&copy).is_err(), "bit {flip}: something else was read, and verification doesn't mind");
                verification += 1;
            }
        }
    }
    assert!(
        refused > 40 && harmless > 0,
        "{refused} refused, {verification} found by verification, {harmless} harmless"
    );
}

type Seen = (Vec<selfheal_core::ports::Standing>, Vec<selfheal_core::ports::History>);

async fn looked_at(path: &Path, stories: &[Story]) -> Result<Seen, Error> {
    let journal = SqliteJournal::open_read_only(path)?;
    let listed = journal.list(&Query::newest(99)).await?;
    let mut read = Vec::new();
    for story in stories {
        read.push(journal.read(story.id()).await?);
    }
    Ok((listed, read))
}

fn verified(path: &Path) -> Result<(), String> {
    let rows = SqliteJournal::open_read_only(path)
        .and_then(|journal| journal.audit_rows())
        .map_err(|error| error.to_string())?;
    let log = verify(&rows, None, &[]).map_err(|error| error.to_string())?;
    rows.cross_check(log.leaves).map_err(|error| error.to_string())?.map(drop).map_err(|found| format!("{found:?}"))
}

/// Makes the file of a case.
type Make = Box<dyn Fn()>;

#[tokio::test]
async fn what_is_no_journal_is_refused_and_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.db");
    let database = |sql: &str| {
        let path = path.clone();
        let sql = sql.to_owned();
        move || {
            let _ = fs::remove_file(&path);
            rusqlite::Connection::open(&path).unwrap().execute_batch(&sql).unwrap();
        }
    };
    let garbage = |bytes: Vec<u8>| {
        let path = path.clone();
        move || fs::write(&path, &bytes).unwrap()
    };
    let newer = {
        let path = path.clone();
        move || {
            let _ = fs::remove_file(&path);
            drop(open(&path));
            rusqlite::Connection::open(&path).unwrap().execute_batch("PRAGMA user_version = 99").unwrap();
        }
    };
    let added = |sql: &'static str| {
        let path = path.clone();
        move || {
            let _ = fs::remove_file(&path);
            drop(open(&path));
            rusqlite::Connection::open(&path).unwrap().execute_batch(sql).unwrap();
        }
    };
    let cases: [(&str, Make); 10] = [
        ("a stranger's database", Box::new(database("CREATE TABLE theirs (x); INSERT INTO theirs VALUES (1)"))),
        ("a stranger's version 1", Box::new(database("CREATE TABLE theirs (x); PRAGMA user_version = 1"))),
        ("text", Box::new(garbage(b"not a database at all, but some notes\n".repeat(40)))),
        ("a short text", Box::new(garbage(b"x".to_vec()))),
        ("half a header", Box::new(garbage(b"SQLite format 3\0".repeat(60)))),
        ("a newer version", Box::new(newer)),
        ("a trigger", Box::new(added("CREATE TRIGGER t AFTER INSERT ON records BEGIN DELETE FROM audit_head; END"))),
        ("a view", Box::new(added("CREATE VIEW v AS SELECT * FROM records"))),
        ("a table more", Box::new(added("CREATE TABLE more (x)"))),
        ("an index less", Box::new(added("DROP INDEX standings_free"))),
    ];
    for (what, make) in cases {
        make();
        let before = fs::read(&path).unwrap();
        let error = try_open(&path).err().unwrap_or_else(|| panic!("{what} was opened"));
        assert_eq!((error.kind(), error.retry()), (ErrorKind::Invalid, Retry::Permanent), "{what}: {error}");
        assert!(error.to_string().contains("journal.db"), "{what}: it doesn't say which file: {error}");
        let error = SqliteJournal::open_read_only(&path).err().unwrap_or_else(|| panic!("{what} was opened"));
        assert_eq!(error.kind(), ErrorKind::Invalid, "{what}: {error}");
        assert_eq!(fs::read(&path).unwrap(), before, "{what} was changed");
    }
}

/// Runs a command and says whether it worked.
fn done(program: &str, arguments: &[&str]) -> bool {
    Command::new(program).args(arguments).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}

struct Mounted(PathBuf);

impl Drop for Mounted {
    fn drop(&mut self) {
        done("umount", &[self.0.to_str().unwrap()]);
    }
}

#[tokio::test]
async fn a_full_disk_refuses_and_once_there_is_room_it_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let mount = folder.path().to_str().unwrap();
    if !done("mount", &["-t", "tmpfs", "-o", "size=1m", "tmpfs", mount]) {
        eprintln!("SKIPPED: a file system of 1 MiB can't be mounted here; a process's own limit is tested instead");
        return;
    }
    let _mounted = Mounted(folder.path().to_owned());
    let filler = folder.path().join("filler");
    fs::write(&filler, vec![1; 512 << 10]).unwrap();
    let path = folder.path().join("journal.db");
    let journal = open(&path);
    let mut story = Story::new("inc-1");
    let error = until_refused(&journal, &mut story).await;
    assert_eq!((error.kind(), error.retry()), (ErrorKind::Unavailable, Retry::Retryable), "{error}");
    assert_eq!(journal.read(story.id()).await.unwrap().records, story.records);
    fs::remove_file(&filler).unwrap();
    story.go_on_times(&journal, 3).await;
    drop(journal);
    assert_eq!(recovered(&path, &story).await.len(), story.records.len());
}

async fn until_refused(journal: &SqliteJournal, story: &mut Story) -> Error {
    for _ in 0..2000 {
        if let Err(error) = story.go_on(journal).await {
            return error;
        }
    }
    panic!("nothing was refused");
}

#[tokio::test]
async fn a_file_system_that_is_read_only_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.db");
    let journal = open(&path);
    let mut story = Story::new("inc-1");
    story.go_on_times(&journal, 3).await;
    drop(journal);
    let mount = folder.path().to_str().unwrap();
    if !done("mount", &["--bind", mount, mount]) {
        eprintln!("SKIPPED: nothing can be mounted here, so there is no read-only file system to test on");
        return;
    }
    let _mounted = Mounted(folder.path().to_owned());
    assert!(done("mount", &["-o", "remount,bind,ro", mount]));
    assert_eq!(try_open(&path).err().unwrap().kind(), ErrorKind::Forbidden);
    let journal = SqliteJournal::open_read_only(&path).unwrap();
    assert_eq!(journal.read(story.id()).await.unwrap().records, story.records);
    assert_eq!(story.go_on(&journal).await.unwrap_err().kind(), ErrorKind::Forbidden);
    verified(&path).unwrap();
}

/// What the child does, which is this test binary again: appends until it can't, and says each time that it could.
const CHILD: &str = "SELFHEAL_TEST_JOURNAL_CHILD";

#[tokio::test]
async fn child_that_appends() {
    let Some(path) = std::env::var_os(CHILD) else { return };
    let journal = open(Path::new(&path));
    let mut story = Story::new("inc-1");
    let mut out = std::io::stdout();
    loop {
        match story.go_on(&journal).await {
            Ok(()) => writeln!(out, "durable {}", story.records.len()).unwrap(),
            Err(error) => {
                writeln!(out, "refused {:?} {:?}", error.kind(), error.retry()).unwrap();
                assert_eq!(journal.read(story.id()).await.unwrap().records, story.records);
                return;
            }
        }
    }
}

fn child(path: &Path, limit: &str) -> Command {
    let mut child = Command::new("sh");
    let script = format!("{limit} exec \"$0\" --exact child_that_appends --nocapture --test-threads 1");
    child.args(["-c", &script]).arg(std::env::current_exe().unwrap()).env(CHILD, path);
    child.stdout(Stdio::piped()).stderr(Stdio::null());
    child
}

/// How many records the child said were durable, in a line that may have something of the test harness before it.
fn durable(line: &str) -> Option<usize> {
    line.rsplit_once("durable ").and_then(|(_, count)| count.trim().parse().ok())
}

async fn records(path: &Path) -> usize {
    let journal = open(path);
    let records = journal.read(&IncidentId::new("inc-1")).await.unwrap().records.len();
    drop(journal);
    verified(path).unwrap();
    records
}

#[tokio::test]
async fn a_process_that_may_write_no_more_loses_nothing_it_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.db");
    // 256 KiB a file; the signal that would end the process is ignored, so that it hears of it.
    let output = child(&path, "trap '' XFSZ; ulimit -f 512;").output().unwrap();
    let output = String::from_utf8_lossy(&output.stdout).into_owned();
    let acknowledged = output.lines().filter_map(durable).max().unwrap();
    assert!(output.contains("refused Unavailable Retryable"), "{output}");
    assert_eq!(records(&path).await, acknowledged);
}

#[tokio::test]
async fn a_killed_process_loses_nothing_it_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    for after in [1, 7, 40] {
        let path = folder.path().join(format!("journal-{after}.db"));
        let mut child = child(&path, "").spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut acknowledged = 0;
        while acknowledged < after {
            acknowledged = durable(&lines.next().unwrap().unwrap()).unwrap_or(acknowledged);
        }
        child.kill().unwrap();
        child.wait().unwrap();
        acknowledged = lines.map_while(Result::ok).filter_map(|line| durable(&line)).fold(acknowledged, usize::max);
        assert!(records(&path).await >= acknowledged);
    }
}
