//! The processes of a service.

use std::net::TcpListener;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use anyhow::{Context as _, Result};
use rustix::process::{Pid, Signal, kill_process};
use tokio::process::{Child, Command};

use super::{Postgres, Rabbit, port};
use crate::proxy::Proxy;

/// How long an orderly stop may take: the promise of the chassis and a little.
const STOP_WITHIN: Duration = Duration::from_secs(25);
/// Where processes listen.
const PORTS: Range<u16> = 21_000..32_000;
/// How long a probe waits.
const PROBE: Duration = Duration::from_millis(500);

/// The replicas of a service and the load balancer before them.
pub struct ServiceGroup {
    /// Where callers come in.
    pub front: Proxy,
    /// The processes.
    pub replicas: Vec<Replica>,
}

impl ServiceGroup {
    pub(super) async fn prepare(name: &'static str, count: usize) -> Result<Self> {
        let replicas = (0..count).map(|number| Replica::new(name, number)).collect::<Result<Vec<_>>>()?;
        Ok(Self { front: Proxy::to(Vec::new()).await?, replicas })
    }

    /// Leads callers to all replicas.
    pub fn lead_to_all(&self) {
        self.front.lead_to(self.replicas.iter().map(|replica| port(replica.port)).collect());
    }

    /// Leads callers to all replicas but one, as a load balancer does whose probe failed.
    pub fn lead_past(&self, number: usize) {
        let others = self.replicas.iter().filter(|replica| replica.number != number);
        self.front.lead_to(others.map(|replica| port(replica.port)).collect());
    }
}

/// One process of a service.
pub struct Replica {
    name: &'static str,
    number: usize,
    port: u16,
    admin_port: u16,
    command: Option<(PathBuf, Vec<(String, String)>)>,
    log: PathBuf,
    /// By how many milliseconds its clock is ahead.
    clock: PathBuf,
    child: Option<Child>,
    /// Its way to PostgreSQL.
    pub database: Option<Proxy>,
    /// Its way to RabbitMQ.
    pub broker: Option<Proxy>,
}

impl Replica {
    fn new(name: &'static str, number: usize) -> Result<Self> {
        Ok(Self {
            name,
            number,
            port: free_port()?,
            admin_port: free_port()?,
            command: None,
            log: PathBuf::new(),
            clock: PathBuf::new(),
            child: None,
            database: None,
            broker: None,
        })
    }

    pub(super) async fn configure(
        &mut self,
        programs: &Path,
        database: Option<&str>,
        (postgres, rabbit): (&Postgres, &Rabbit),
        mut environment: Vec<(String, String)>,
    ) -> Result<()> {
        let set = |environment: &mut Vec<(String, String)>, name: &str, value: String| {
            environment.push((format!("CROSSDESK__{name}"), value));
        };
        set(&mut environment, "HTTP__PORT", self.port.to_string());
        set(&mut environment, "HTTP__ADMIN_PORT", self.admin_port.to_string());
        if let Some(database) = database {
            let proxy = Proxy::to(vec![postgres.target()]).await?;
            let url = format!("postgres://postgres@127.0.0.1:{}/{database}", proxy.port());
            set(&mut environment, "DATABASE__URL", url);
            self.database = Some(proxy);
            let proxy = Proxy::to(vec![rabbit.target()]).await?;
            set(&mut environment, "AMQP__URL", format!("amqp://guest:guest@127.0.0.1:{}/%2f", proxy.port()));
            self.broker = Some(proxy);
        }
        let data =
            environment.iter().find(|(name, _)| name == "CROSSDESK__DATA_DIR").map(|(_, dir)| PathBuf::from(dir));
        let logs = data.unwrap_or_default().join("logs");
        std::fs::create_dir_all(&logs)?;
        self.log = logs.join(format!("{}-{}.log", self.name, self.number));
        self.clock = logs.join(format!("{}-{}.clock", self.name, self.number));
        environment.push(("CLOCK_STEP_FILE".to_owned(), self.clock.display().to_string()));
        self.command = Some((programs.join(self.name), environment));
        Ok(())
    }

    /// Starts the process with its settings.
    pub fn start(&mut self) -> Result<()> {
        self.start_with(&[])
    }

    /// Starts it with more environment, such as `FAILPOINTS`.
    pub fn start_with(&mut self, more: &[(&str, &str)]) -> Result<()> {
        let (path, environment) = self.command.as_ref().context("not configured")?;
        let log = std::fs::File::options().create(true).append(true).open(&self.log)?;
        let mut command = Command::new(path);
        clear_settings(&mut command);
        command.arg("serve").envs(environment.iter().cloned()).envs(more.iter().copied());
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log).kill_on_drop(true);
        self.child = Some(command.spawn().with_context(|| path.display().to_string())?);
        Ok(())
    }

    /// Whether it says that it is ready.
    pub async fn is_ready(&self, http: &reqwest::Client) -> bool {
        let url = format!("http://127.0.0.1:{}/readyz", self.port);
        http.get(url).timeout(PROBE).send().await.is_ok_and(|answer| answer.status().is_success())
    }

    /// Sends a signal.
    pub fn signal(&self, signal: Signal) -> Result<()> {
        let pid = self.child.as_ref().and_then(Child::id).context("it does not run")?;
        let pid = i32::try_from(pid).ok().and_then(Pid::from_raw).context("a pid")?;
        Ok(kill_process(pid, signal)?)
    }

    /// Sets its clock, while it runs, so far ahead of the machine's.
    pub fn set_clock(&self, ahead_ms: i64) -> Result<()> {
        let new = self.clock.with_extension("new");
        std::fs::write(&new, ahead_ms.to_string())?;
        Ok(std::fs::rename(new, &self.clock)?)
    }

    /// `kill -9`, and a new start.
    pub async fn kill_and_restart(&mut self) -> Result<()> {
        self.kill().await;
        self.start()
    }

    /// `kill -9`.
    pub async fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill().await;
        }
    }

    /// SIGTERM.
    pub fn terminate(&mut self) {
        let _gone_already = self.signal(Signal::TERM);
    }

    /// Waits for the end; kills what does not end. Whether it ended by itself, with success.
    pub async fn wait_or_kill(&mut self) -> bool {
        let Some(mut child) = self.child.take() else { return true };
        match tokio::time::timeout(STOP_WITHIN, child.wait()).await {
            Ok(Ok(status)) => status.success(),
            _ => {
                let _ = child.kill().await;
                false
            }
        }
    }

    /// Whether it runs. One that ended by itself has a reason in its log.
    pub fn is_running(&mut self) -> bool {
        self.child.as_mut().is_some_and(|child| matches!(child.try_wait(), Ok(None)))
    }

    /// Service and number.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{}-{}", self.name, self.number)
    }

    /// Its process id.
    #[must_use]
    pub fn pid(&self) -> Option<u32> {
        self.child.as_ref().and_then(Child::id)
    }

    /// Its log.
    #[must_use]
    pub fn log(&self) -> &Path {
        &self.log
    }

    pub(super) fn proxies(&self) -> impl Iterator<Item = &Proxy> {
        self.database.iter().chain(&self.broker)
    }
}

/// A program of the workspace, without settings of the surroundings.
pub(super) fn program(programs: &Path, name: &str) -> Command {
    let mut command = Command::new(programs.join(name));
    clear_settings(&mut command);
    command.stdin(Stdio::null());
    command
}

fn clear_settings(command: &mut Command) {
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("CROSSDESK__")) {
        command.env_remove(name);
    }
    command.env_remove("FAILPOINTS");
}

/// A port below those that the kernel gives to connections: one of those may be taken by the time the process starts,
/// or while it is away.
fn free_port() -> Result<u16> {
    static NEXT: AtomicU16 = AtomicU16::new(PORTS.start);
    std::iter::repeat_with(|| NEXT.fetch_add(1, Ordering::Relaxed))
        .take_while(|port| PORTS.contains(port))
        .find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok())
        .context("no free port")
}
