//! A Postgres server of the tests' own: a private directory, a unix socket in it, no port, `fsync` on.
//!
//! Needs the standard library only, so that tests of other packages can include this file by its path.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    dead_code,
    reason = "helpers of tests fail like tests; a skipped test says so; not every test that includes this kills servers"
)]

use std::fs;
use std::io::Write;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

/// The role that owns everything.
const USER: &str = "healer";

/// Who may connect. Without passwords: checking one costs more than a test.
const ACCESS: &str = "local template1 all scram-sha-256\nlocal all all trust\n";

/// Stops the server and removes its directory when the test process ends, however it ends: its end of the pipe closes.
const WATCHDOG: &str = r#"
read -r _
[ -s "$1/data/postmaster.pid" ] && kill -QUIT "$(head -n 1 "$1/data/postmaster.pid")"
for _ in 1 2 3 4 5 6 7 8 9 10; do [ -e "$1/data/postmaster.pid" ] || break; sleep 0.1; done
rm -rf "$1"
"#;

/// A running server; stopped and removed when dropped.
#[derive(Debug)]
pub(crate) struct Server {
    bin: PathBuf,
    dir: PathBuf,
    /// Who runs it: the server refuses root.
    account: Option<Account>,
    watchdog: Child,
}

#[derive(Debug, Clone, Copy)]
struct Account {
    uid: u32,
    gid: u32,
}

impl Server {
    /// The server that the tests of this process share; `None`, said aloud, where there is no Postgres.
    pub(crate) fn shared() -> Option<Arc<Self>> {
        static SHARED: Mutex<Weak<Server>> = Mutex::new(Weak::new());
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(running) = shared.upgrade() {
            return Some(running);
        }
        let started = Arc::new(Self::start()?);
        *shared = Arc::downgrade(&started);
        Some(started)
    }

    /// A server of one's own, which may be killed.
    pub(crate) fn start() -> Option<Self> {
        let Some(bin) = binaries() else {
            assert!(std::env::var("CI").as_deref() != Ok("true"), "no PostgreSQL: install the package `postgresql`");
            eprintln!("SKIPPED: no PostgreSQL (initdb is neither in PATH nor in /usr/lib/postgresql/*/bin)");
            return None;
        };
        let dir = private_directory();
        let account = unprivileged(&dir);
        let watchdog = watch(&dir);
        let server = Self { bin, dir, account, watchdog };
        server.initialise();
        server.restart();
        Some(server)
    }

    /// Where to connect; whoever reaches the socket may.
    pub(crate) fn url(&self) -> String {
        format!("postgres://{USER}@localhost/postgres?host={}", self.dir.display())
    }

    /// A database that asks for a password, which nobody has.
    pub(crate) fn guarded_url(&self) -> String {
        format!("postgres://{USER}:guessed@localhost/template1?host={}", self.dir.display())
    }

    /// The directory that holds its socket, `.s.PGSQL.5432`.
    pub(crate) fn socket_directory(&self) -> &Path {
        &self.dir
    }

    /// Ends every process of the server at once.
    pub(crate) fn kill(&self) {
        let main = fs::read_to_string(self.data().join("postmaster.pid")).expect("the server runs");
        let main = main.lines().next().expect("a process id").to_owned();
        // Stopped first, so that it neither starts nor tells another process meanwhile.
        signal("STOP", &[&main]);
        let children = fs::read_to_string(format!("/proc/{main}/task/{main}/children")).unwrap_or_default();
        let all: Vec<&str> = children.split_whitespace().chain([main.as_str()]).collect();
        signal("KILL", &all);
        while all.iter().any(|pid| runs(pid)) {
            std::thread::yield_now();
        }
        // Where nobody collects orphans a dead process keeps its number, and the next one would take it for alive.
        for lock in [self.data().join("postmaster.pid"), self.dir.join(".s.PGSQL.5432.lock")] {
            fs::remove_file(lock).expect("a lock of the dead server");
        }
    }

    /// Starts it (again) and waits until it has recovered.
    pub(crate) fn restart(&self) {
        let log = self.dir.join("log");
        let arguments = ["-D", text(&self.data()), "-l", text(&log), "-w", "-t", "60", "start"].map(str::to_owned);
        self.run("pg_ctl", &arguments);
    }

    fn data(&self) -> PathBuf {
        self.dir.join("data")
    }

    fn initialise(&self) {
        let arguments = [
            format!("--pgdata={}", text(&self.data())),
            format!("--username={USER}"),
            "--auth=trust".to_owned(),
            "--encoding=UTF8".to_owned(),
            "--locale=C".to_owned(),
            "--no-sync".to_owned(),
        ];
        self.run("initdb", &arguments);
        let settings = format!(
            "listen_addresses = ''\nunix_socket_directories = '{}'\nshared_buffers = 32MB\nmax_connections = 300\n",
            text(&self.dir)
        );
        let mut file = fs::OpenOptions::new().append(true).open(self.data().join("postgresql.conf")).expect("settings");
        file.write_all(settings.as_bytes()).expect("write the settings");
        fs::write(self.data().join("pg_hba.conf"), ACCESS).expect("say who may connect");
    }

    fn run(&self, program: &str, arguments: &[String]) {
        let mut command = Command::new(self.bin.join(program));
        // Nothing of the server may hold the test runner's pipes open.
        command.args(arguments).current_dir(&self.dir).stdin(Stdio::null()).stdout(Stdio::null());
        let complaints = fs::File::create(self.dir.join("complaints")).expect("a file for complaints");
        command.stderr(complaints);
        if let Some(account) = self.account {
            command.uid(account.uid).gid(account.gid);
        }
        let ended = command.status().unwrap_or_else(|error| panic!("{program} doesn't start: {error}"));
        let read = |name: &str| fs::read_to_string(self.dir.join(name)).unwrap_or_default();
        assert!(ended.success(), "{program} failed: {}\n{}", read("complaints"), read("log"));
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.watchdog.stdin.take());
        let _ = self.watchdog.wait();
    }
}

fn text(path: &Path) -> &str {
    path.to_str().expect("temporary paths are text")
}

/// The directory of `initdb`, with everything of the server beside it.
fn binaries() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut places: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    places.extend(versions.map(|version| version.path().join("bin")));
    let initdb = places.into_iter().find_map(|place| place.join("initdb").canonicalize().ok())?;
    initdb.parent().map(Path::to_owned)
}

fn private_directory() -> PathBuf {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let name = format!("selfheal-pg-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    let dir = std::env::temp_dir().join(name);
    fs::create_dir(&dir).unwrap_or_else(|error| panic!("{} can't be created: {error}", dir.display()));
    fs::set_permissions(&dir, fs::Permissions::from_mode(0o700)).expect("make it private");
    dir
}

/// For root an account that is not, which gets the directory.
fn unprivileged(dir: &Path) -> Option<Account> {
    if fs::metadata(dir).expect("it was just created").uid() != 0 {
        return None;
    }
    let accounts = fs::read_to_string("/etc/passwd").expect("the accounts of this machine");
    let named = |name: &str| {
        let mut fields = accounts.lines().map(|line| line.split(':')).find(|line| line.clone().next() == Some(name))?;
        Some(Account { uid: fields.nth(2)?.parse().ok()?, gid: fields.next()?.parse().ok()? })
    };
    let account = named("postgres").or_else(|| named("nobody")).expect("an account that is not root's");
    chown(dir, Some(account.uid), Some(account.gid)).expect("give the directory away");
    Some(account)
}

fn watch(dir: &Path) -> Child {
    let mut command = Command::new("sh");
    command.args(["-c", WATCHDOG, "watchdog", text(dir)]).stdin(Stdio::piped()).stdout(Stdio::null());
    // Of its own group: what interrupts the tests must not interrupt the cleaning up.
    command.stderr(Stdio::null()).process_group(0).spawn().expect("sh")
}

fn signal(name: &str, processes: &[&str]) {
    let sent = Command::new("kill").arg(format!("-{name}")).args(processes).stderr(Stdio::null()).status();
    sent.expect("kill");
}

fn runs(process: &str) -> bool {
    // A dead process that nobody has waited for yet has let go of everything.
    let state = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    state.rsplit(')').next().and_then(|rest| rest.split_whitespace().next()).is_some_and(|state| state != "Z")
}
