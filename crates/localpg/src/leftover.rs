//! Stops the server of an earlier program that was killed without a chance to stop it.
//!
//! The process id in `postmaster.pid` proves nothing: it may meanwhile belong to a stranger. What proves something is
//! a program named `postgres` whose working folder is our data folder, and that is true for the server's own children
//! too, which may outlive it for a moment. The caller holds the folder's lock, so whatever is found is nobody's.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::LocalPgError;
use crate::error::refused;

/// A fast shutdown writes a checkpoint, at most some hundred megabytes.
const FAST_SHUTDOWN: Duration = Duration::from_secs(20);

/// An immediate shutdown writes nothing; the server itself kills its children after five seconds.
const IMMEDIATE_SHUTDOWN: Duration = Duration::from_secs(10);

/// What may run on a data folder.
const PROGRAMS: [&str; 2] = ["postgres", "initdb"];

const POLL: Duration = Duration::from_millis(10);

/// Kills an `initdb` that outlived its program: what it makes is thrown away.
pub(crate) async fn stop_unfinished(new: &Path) -> Result<(), LocalPgError> {
    for pid in servers_on(new) {
        signal(pid, Signal::KILL);
    }
    wait_until_gone(new, IMMEDIATE_SHUTDOWN).await;
    refuse_if_running(new)
}

/// Stops all that runs on `data`, and removes a process id file that would block the next start.
pub(crate) async fn stop(data: &Path) -> Result<(), LocalPgError> {
    let pid_file = data.join("postmaster.pid");
    let Ok(text) = fs::read_to_string(&pid_file) else { return Ok(()) };
    let named = text.lines().next().and_then(|line| line.trim().parse().ok()).and_then(Pid::from_raw);

    let running = servers_on(data);
    if !running.is_empty() {
        tracing::warn!(dir = %data.display(), "an earlier PostgreSQL still runs on this data; stopping it");
    }
    if let Some(main) = named.filter(|named| running.contains(named)) {
        signal(main, Signal::INT);
        wait_until_gone(data, FAST_SHUTDOWN).await;
    }
    for pid in servers_on(data) {
        signal(pid, Signal::QUIT);
    }
    wait_until_gone(data, IMMEDIATE_SHUTDOWN).await;
    refuse_if_running(data)?;
    // Nothing runs on this data. If the number now belongs to a stranger, the server would take it for a rival.
    if named.is_some_and(|pid| rustix::process::test_kill_process(pid).is_ok()) && pid_file.exists() {
        fs::remove_file(&pid_file).map_err(refused("remove the stale", &pid_file))?;
    }
    Ok(())
}

fn refuse_if_running(data: &Path) -> Result<(), LocalPgError> {
    match servers_on(data).first() {
        Some(pid) => Err(LocalPgError::LeftoverStays { pid: pid.as_raw_nonzero().get().unsigned_abs() }),
        None => Ok(()),
    }
}

fn signal(pid: Pid, signal: Signal) {
    // The process may have ended since we saw it, which is what we want.
    let _ = kill_process(pid, signal);
}

async fn wait_until_gone(data: &Path, limit: Duration) {
    let deadline = Instant::now() + limit;
    while !servers_on(data).is_empty() && Instant::now() < deadline {
        tokio::time::sleep(POLL).await;
    }
}

/// Every live `postgres` or `initdb` process whose working folder is `data`.
fn servers_on(data: &Path) -> Vec<Pid> {
    let Ok(wanted) = fs::metadata(data) else { return Vec::new() };
    let Ok(processes) = fs::read_dir("/proc") else { return Vec::new() };
    let is_ours = |process: &Path| {
        let at = fs::metadata(process.join("cwd")).ok().map(|cwd| (cwd.dev(), cwd.ino()));
        // The name of an upgraded, still running program ends in " (deleted)".
        let program = fs::read_link(process.join("exe")).ok();
        let program = program.as_deref().and_then(Path::file_name).and_then(|name| name.to_str());
        at == Some((wanted.dev(), wanted.ino()))
            && program.is_some_and(|name| PROGRAMS.iter().any(|ours| name.starts_with(ours)))
    };
    processes
        .flatten()
        .filter_map(|entry| {
            let pid = Pid::from_raw(entry.file_name().to_str()?.parse().ok()?)?;
            is_ours(&entry.path()).then_some(pid)
        })
        .collect()
}
