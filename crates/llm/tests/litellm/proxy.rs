//! A real server, the LiteLLM proxy, on a private loopback port and with a private folder. Its models' answers are mocks of its own.

use std::fs::{self, File};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Names the executable.
const PROGRAM: &str = "SELFHEAL_LITELLM";

/// How long it may take to start: it loads some hundred megabytes.
const PATIENCE: Duration = Duration::from_secs(60);

/// The key that it asks for.
pub(crate) const KEY: &str = "sk-loopback-0123456789";

/// Stops with it.
pub(crate) struct Proxy {
    process: Child,
    address: SocketAddr,
    folder: tempfile::TempDir,
}

impl Proxy {
    /// Starts it with these models, written as the list of its configuration; if it isn't installed, says so.
    pub(crate) fn start(models: &str) -> Option<Self> {
        let Some(program) = std::env::var_os(PROGRAM) else {
            eprintln!("SKIPPED: no real server is asked: LiteLLM is not installed; {PROGRAM} may name its executable");
            return None;
        };
        let folder = tempfile::tempdir().unwrap();
        let settings = format!(
            "model_list:\n{models}\ngeneral_settings: {{master_key: {KEY}}}\nlitellm_settings: {{num_retries: 0, telemetry: false}}\n\
             router_settings: {{num_retries: 0, disable_cooldowns: true}}\n"
        );
        fs::write(folder.path().join("config.yaml"), settings).unwrap();
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let mut command = Command::new(program);
        command.args(["--config", "config.yaml", "--host", "127.0.0.1", "--port", &address.port().to_string()]);
        command.env_clear().env("HOME", folder.path()).env("LITELLM_LOCAL_MODEL_COST_MAP", "True");
        command.envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
        let log = File::create(log(folder.path())).unwrap();
        command.current_dir(folder.path()).stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
        let process = command.spawn().unwrap();
        let mut proxy = Self { process, address, folder };
        proxy.wait_until_it_listens();
        Some(proxy)
    }

    /// Its base URL.
    pub(crate) fn url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// What it wrote so far.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(log(self.folder.path())).unwrap_or_default()
    }

    // It binds its port when it is ready.
    fn wait_until_it_listens(&mut self) {
        let started = Instant::now();
        while TcpStream::connect(self.address).is_err() {
            let ended = self.process.try_wait().unwrap();
            assert!(ended.is_none() && started.elapsed() < PATIENCE, "{ended:?}: it does not listen:\n{}", self.log());
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn log(folder: &Path) -> std::path::PathBuf {
    folder.join("log")
}
