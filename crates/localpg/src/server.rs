//! The server as our child process: started, watched until it takes connections, stopped.

use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::fs::OFlags;
use rustix::process::{Pid, Signal, kill_process};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use crate::LocalPgError;
use crate::error::refused;
use crate::initialise::end_of;
use crate::place::Place;
use crate::programs::Programs;

/// After a crash the server first replays its log, at most a gigabyte.
const READY_WITHIN: Duration = Duration::from_secs(120);

/// A start takes about 50 ms: polling shall not add much to it.
const POLL: Duration = Duration::from_millis(10);

/// The final checkpoint of a fast shutdown; after that, an immediate one.
const FAST_SHUTDOWN: Duration = Duration::from_secs(15);

/// The server kills its own children five seconds into an immediate shutdown.
const IMMEDIATE_SHUTDOWN: Duration = Duration::from_secs(10);

/// One old log of this size is kept, so that a log never fills the disk over the years.
const LOG_ROTATED_ABOVE: u64 = 10 * 1024 * 1024;

/// The end of the log that an error shows, in bytes.
const LOG_SHOWN: usize = 2000;

/// The line of `postmaster.pid` that tells the server's state.
const STATUS_LINE: usize = 7;

/// A running server.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    pid: Pid,
    log: PathBuf,
}

impl Server {
    /// Starts the server; it is not ready yet.
    pub(crate) fn spawn(place: &Place, programs: &Programs) -> Result<Self, LocalPgError> {
        let (data, log) = (place.data(), place.log());
        let output = open_log(&log)?;
        let errors = output.try_clone().map_err(refused("open", &log))?;
        let mut command = programs.command("postgres");
        place.account.run_as(&mut command);
        command.arg("-D").arg(&data).current_dir(&data).stdin(Stdio::null()).stdout(output).stderr(errors);
        // A Ctrl-C in the terminal goes to our whole process group; the server must outlive it until our orderly stop.
        command.process_group(0);
        let child = Command::from(command).spawn().map_err(refused("start", &programs.bin().join("postgres")))?;
        let pid = child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
        let pid = pid.ok_or_else(|| refused("start", &data)(std::io::ErrorKind::NotFound.into()))?;
        Ok(Self { child, pid, log })
    }

    pub(crate) fn pid(&self) -> u32 {
        self.pid.as_raw_nonzero().get().unsigned_abs()
    }

    /// Waits until the server takes connections.
    pub(crate) async fn ready(&mut self, data: &Path) -> Result<(), LocalPgError> {
        let pid_file = data.join("postmaster.pid");
        let deadline = Instant::now() + READY_WITHIN;
        while !self.says_ready(&pid_file) {
            if let Some(status) = self.child.try_wait().map_err(refused("watch", &pid_file))? {
                return Err(self.ended(status));
            }
            if Instant::now() > deadline {
                let log_end = self.log_end();
                return Err(LocalPgError::NotReady { seconds: READY_WITHIN.as_secs(), log: self.log.clone(), log_end });
            }
            tokio::time::sleep(POLL).await;
        }
        Ok(())
    }

    /// Waits until the server ends by itself, and says why it did.
    pub(crate) async fn failure(&mut self) -> LocalPgError {
        match self.child.wait().await {
            Ok(status) => self.ended(status),
            Err(error) => refused("watch", &self.log)(error),
        }
    }

    /// Closes connections, writes a checkpoint and ends; by force if that takes too long.
    pub(crate) async fn stop(&mut self) -> Result<ExitStatus, LocalPgError> {
        for (signal, limit) in
            [(Signal::INT, FAST_SHUTDOWN), (Signal::QUIT, IMMEDIATE_SHUTDOWN), (Signal::KILL, IMMEDIATE_SHUTDOWN)]
        {
            self.signal(signal);
            if let Ok(status) = timeout(limit, self.child.wait()).await {
                return status.map_err(refused("watch", &self.log));
            }
            tracing::warn!(?signal, "PostgreSQL did not stop in time");
        }
        Err(LocalPgError::LeftoverStays { pid: self.pid() })
    }

    /// Ends the server at once, without waiting; confirmed commits stay, the next start replays the log.
    /// Returns whether it had ended already.
    pub(crate) fn abandon(&mut self) -> bool {
        let runs = matches!(self.child.try_wait(), Ok(None));
        if runs {
            self.signal(Signal::QUIT);
        }
        !runs
    }

    /// Only called while the child is not reaped, so the number can't be a stranger's.
    fn signal(&self, signal: Signal) {
        if self.child.id().is_some() {
            // It may have ended by itself a moment ago; waiting for it will tell.
            let _ = kill_process(self.pid, signal);
        }
    }

    fn says_ready(&self, pid_file: &Path) -> bool {
        let Ok(text) = fs::read_to_string(pid_file) else { return false };
        let mut lines = text.lines();
        let ours = lines.next().and_then(|line| line.trim().parse().ok()) == Some(self.pid());
        ours && lines.nth(STATUS_LINE - 1).is_some_and(|status| status.trim() == "ready")
    }

    fn ended(&self, status: ExitStatus) -> LocalPgError {
        LocalPgError::Ended { status, log: self.log.clone(), log_end: self.log_end() }
    }

    fn log_end(&self) -> String {
        let bytes = fs::read(&self.log).unwrap_or_default();
        end_of(&String::from_utf8_lossy(&bytes), LOG_SHOWN)
    }
}

fn open_log(log: &Path) -> Result<File, LocalPgError> {
    if fs::metadata(log).is_ok_and(|found| found.len() > LOG_ROTATED_ABOVE) {
        fs::rename(log, log.with_extension("log.1")).map_err(refused("rotate", log))?;
    }
    // The folder may belong to the server's user, and root must not write through a link that this user made.
    let no_link = OFlags::NOFOLLOW.bits().cast_signed();
    OpenOptions::new()
        .custom_flags(no_link)
        .append(true)
        .create(true)
        .mode(0o600)
        .open(log)
        .map_err(refused("open", log))
}
