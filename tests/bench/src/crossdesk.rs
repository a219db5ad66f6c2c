//! The thing that is measured, as its users have it: a program with a data folder. Whatever is started here is ended here,
//! by its process id, however the run ends.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use rustix::process::{Pid, Signal, kill_process};
use tokio::sync::oneshot;

/// The first start makes a database cluster; on a slow disk that takes a while.
const READY_WITHIN: Duration = Duration::from_secs(120);
/// A stop ends PostgreSQL, too, which writes a checkpoint first.
const STOPPED_WITHIN: Duration = Duration::from_secs(30);
/// How often a process is asked whether it has ended.
const STEP: Duration = Duration::from_millis(10);
/// What a start prints before its address.
const READY: &str = "crossdesk ready http://";
/// How much of the log an error shows.
const LOG_SHOWN: usize = 3_000;

/// A program and the data folder and port it runs with.
pub(crate) struct Installation {
    /// The `crossdesk` program.
    pub(crate) program: PathBuf,
    /// Holds the data and the log.
    pub(crate) folder: PathBuf,
    /// Port of the gateway.
    pub(crate) port: u16,
}

impl Installation {
    /// Starts it; the caller decides what to wait for.
    pub(crate) fn spawn(&self) -> anyhow::Result<Running> {
        let log = File::create(self.log()).context("can't write a log")?;
        let mut child = self
            .command(&["serve"])
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .with_context(|| format!("can't start {}", self.program.display()))?;
        let stdout = child.stdout.take();
        let (told, ready) = oneshot::channel();
        // The guard comes first: nothing below may leave the process behind.
        let running = Running { child, data: self.data(), ready: Some(ready) };
        let stdout = stdout.context("the program has no standard output")?;
        std::thread::Builder::new().name("stdout".to_owned()).spawn(move || drain(stdout, told))?;
        Ok(running)
    }

    /// Starts it and waits until it says that it serves.
    pub(crate) async fn start(&self) -> anyhow::Result<Running> {
        let mut running = self.spawn()?;
        let ready = running.ready.take().context("the program was waited for before")?;
        match tokio::time::timeout(READY_WITHIN, ready).await {
            Ok(Ok(address)) if address == self.address() => Ok(running),
            Ok(Ok(address)) => bail!("it serves at {address} and not at {}", self.address()),
            Ok(Err(_)) => bail!("it ended before it was ready; its log ends with\n{}", self.log_end()),
            Err(_) => bail!("it was not ready within {READY_WITHIN:?}; its log ends with\n{}", self.log_end()),
        }
    }

    /// What a command of the program prints, trimmed.
    pub(crate) async fn ask(&self, arguments: &[&str]) -> anyhow::Result<String> {
        let mut command = tokio::process::Command::from(self.command(arguments));
        let output = command.kill_on_drop(true).output().await?;
        let errors = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "`crossdesk {}` failed: {}", arguments.join(" "), errors.trim());
        let answer = String::from_utf8(output.stdout)?.trim().to_owned();
        ensure!(!answer.is_empty(), "`crossdesk {}` printed nothing", arguments.join(" "));
        Ok(answer)
    }

    /// Where the gateway listens.
    pub(crate) fn address(&self) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], self.port))
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        // The configuration of whoever runs the benchmark must not change what is measured.
        for key in std::env::vars_os().map(|(key, _)| key).filter(is_ours) {
            command.env_remove(key);
        }
        command
            .args(arguments)
            .current_dir(&self.folder)
            .env("CROSSDESK__HTTP__PORT", self.port.to_string())
            .env("CROSSDESK__DATA_DIR", self.data())
            .env("CROSSDESK__PROFILE", "local")
            .stdin(Stdio::null());
        command
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    fn log(&self) -> PathBuf {
        self.folder.join("crossdesk.log")
    }

    fn log_end(&self) -> String {
        let log = fs::read(self.log()).unwrap_or_default();
        String::from_utf8_lossy(&log[log.len().saturating_sub(LOG_SHOWN)..]).into_owned()
    }
}

fn is_ours(key: &OsString) -> bool {
    key.as_encoded_bytes().starts_with(b"CROSSDESK__")
}

/// Tells the address when it is printed, and keeps reading, so that the pipe never fills.
fn drain(stdout: ChildStdout, told: oneshot::Sender<SocketAddr>) {
    let mut told = Some(told);
    for line in BufReader::new(stdout).lines().map_while(Result::ok) {
        let address = line.strip_prefix(READY).and_then(|address| address.trim_end_matches('/').parse().ok());
        if let Some(address) = address
            && let Some(told) = told.take()
        {
            // Nobody may be waiting: a measured start polls instead.
            let _ = told.send(address);
        }
    }
}

/// A running Crossdesk; dropping it stops it.
pub(crate) struct Running {
    child: Child,
    data: PathBuf,
    ready: Option<oneshot::Receiver<SocketAddr>>,
}

impl Running {
    /// Process id of the one process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Fails if the process has ended.
    pub(crate) fn check(&mut self) -> anyhow::Result<()> {
        match self.child.try_wait()? {
            Some(status) => bail!("crossdesk ended with {status}"),
            None => Ok(()),
        }
    }

    /// Asks it to stop and waits until it has.
    pub(crate) fn stop(mut self) -> anyhow::Result<()> {
        let clean = self.end()?;
        ensure!(clean, "crossdesk did not stop cleanly");
        Ok(())
    }

    /// SIGTERM, then SIGKILL. Blocks: while it waits nothing else is to be done. True if it ended cleanly.
    fn end(&mut self) -> anyhow::Result<bool> {
        if let Some(status) = self.child.try_wait()? {
            return Ok(status.success());
        }
        kill_process(Pid::from_child(&self.child), Signal::TERM)?;
        let deadline = Instant::now() + STOPPED_WITHIN;
        while Instant::now() < deadline {
            if let Some(status) = self.child.try_wait()? {
                return Ok(status.success());
            }
            std::thread::park_timeout(STEP);
        }
        self.child.kill()?;
        self.child.wait()?;
        Ok(false)
    }

    /// A Crossdesk that did not stop cleanly may have left the PostgreSQL it started: the file `postmaster.pid` of its
    /// cluster says which. SIGINT is PostgreSQL's fast shutdown.
    fn end_postgres(&self) {
        let nested = fs::read_dir(&self.data).into_iter().flatten().flatten().map(|entry| entry.path());
        for folder in std::iter::once(self.data.clone()).chain(nested) {
            let Ok(text) = fs::read_to_string(folder.join("postmaster.pid")) else { continue };
            let first = text.lines().next().and_then(|line| line.trim().parse().ok()).and_then(Pid::from_raw);
            if let Some(id) = first
                && runs_in(id, &folder)
            {
                let _ = kill_process(id, Signal::INT);
            }
        }
    }
}

/// Process ids are used again: only a process that works in the cluster is its PostgreSQL.
fn runs_in(id: Pid, folder: &std::path::Path) -> bool {
    let works_in = fs::read_link(format!("/proc/{}/cwd", id.as_raw_nonzero()));
    works_in.is_ok_and(|works_in| folder.canonicalize().is_ok_and(|folder| folder == works_in))
}

impl Drop for Running {
    fn drop(&mut self) {
        if !self.end().unwrap_or(false) {
            self.end_postgres();
        }
    }
}

#[cfg(test)]
mod tests;
