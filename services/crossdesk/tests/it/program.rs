//! Programs under test: started with settings, watched, and stopped by their own pid.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};

use rustix::process::{Pid, Signal, kill_process};

/// A program of this workspace, beside the one that Cargo names.
pub(crate) fn path_of(program: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_BIN_EXE_crossdesk")).with_file_name(program);
    assert!(path.exists(), "{program} is not built: run the tests of the whole workspace, as `make test` does");
    path
}

/// A command with no settings but these.
pub(crate) fn command(program: &str, settings: &[(&str, String)]) -> Command {
    let mut command = Command::new(path_of(program));
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("CROSSDESK__")) {
        command.env_remove(name);
    }
    command.envs(settings.iter().map(|(name, value)| (*name, value))).stdin(Stdio::null());
    command
}

/// `crossdesk serve`, with the origin it printed.
pub(crate) struct Served {
    pub(crate) url: String,
    child: Child,
}

impl Served {
    /// Starts it and waits for the line that says it serves.
    pub(crate) fn start(settings: &[(&str, String)]) -> Self {
        let mut child = command("crossdesk", settings).arg("serve").stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let line = lines.next().expect("it says that it serves").unwrap();
        let url = line.strip_prefix("crossdesk ready ").expect("the documented line").to_owned();
        Self { url, child }
    }

    /// Asks it to stop and gives how it ended.
    pub(crate) fn terminate(mut self) -> ExitStatus {
        signal(&self.child, Signal::TERM);
        self.child.wait().unwrap()
    }

    /// `kill -9`: its PostgreSQL stays behind.
    pub(crate) fn kill(mut self) {
        signal(&self.child, Signal::KILL);
        self.child.wait().unwrap();
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // An orderly stop, so that its PostgreSQL goes with it.
        if matches!(self.child.try_wait(), Ok(None)) {
            signal(&self.child, Signal::TERM);
            let _ = self.child.wait();
        }
    }
}

fn signal(child: &Child, signal: Signal) {
    let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw).unwrap();
    kill_process(pid, signal).unwrap();
}
