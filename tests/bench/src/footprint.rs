//! What Crossdesk takes when it does nothing: memory, time to start, and whether it does nothing yet.

use std::fs;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};

use crate::crossdesk::{Installation, Running};
use crate::load::Client;
use crate::requests::get;

/// Idle time before memory is read.
pub(crate) const IDLE: Duration = Duration::from_secs(5);
/// Starts that are measured; the median counts.
const STARTS: usize = 5;
/// How often a starting gateway is asked.
const POLL: Duration = Duration::from_millis(2);
/// A start that takes longer has failed.
const START_WITHIN: Duration = Duration::from_secs(60);
/// Processor time is looked at over this long ...
const QUIET_WINDOW: Duration = Duration::from_millis(500);
/// ... and this much of it, in ticks of 10 ms (`USER_HZ`, 100 on every Linux we run on), is doing nothing.
const QUIET_TICKS: u64 = 3;
/// Work left over from a load takes no longer than this, else the next turn begins all the same.
const QUIET_WITHIN: Duration = Duration::from_secs(20);

/// Memory of a process in bytes.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Memory {
    /// All its resident pages.
    pub(crate) resident: u64,
    /// Pages that it shares with others count in part.
    pub(crate) proportional: u64,
}

/// Reads the memory of a process, without its children.
pub(crate) fn memory(id: u32) -> anyhow::Result<Memory> {
    let path = format!("/proc/{id}/smaps_rollup");
    let text = fs::read_to_string(&path).with_context(|| format!("can't read {path}"))?;
    memory_in(&text).with_context(|| format!("{path} has no sizes"))
}

fn memory_in(text: &str) -> Option<Memory> {
    let bytes = |label: &str| {
        let rest = text.lines().find_map(|line| line.strip_prefix(label))?;
        let kibibytes: u64 = rest.split_whitespace().next()?.parse().ok()?;
        Some(kibibytes * 1024)
    };
    Some(Memory { resident: bytes("Rss:")?, proportional: bytes("Pss:")? })
}

/// The median time from spawning the process to the first 200 of a list. Nothing of it may be running.
pub(crate) async fn start_time(installation: &Installation, token: &str) -> anyhow::Result<Duration> {
    let request = get("/support/tickets", token);
    let mut times = Vec::with_capacity(STARTS);
    for _ in 0..STARTS {
        let started = Instant::now();
        let mut running = installation.spawn()?;
        while let Err(error) = first_answer(installation, &request).await {
            running.check()?;
            ensure!(started.elapsed() < START_WITHIN, "no 200 within {START_WITHIN:?} of the start: {error}");
            tokio::time::sleep(POLL).await;
        }
        times.push(started.elapsed());
        running.stop()?;
    }
    times.sort_unstable();
    Ok(times[STARTS / 2])
}

async fn first_answer(installation: &Installation, request: &[u8]) -> anyhow::Result<()> {
    let answered = async {
        Client::connect(installation.address()).await?.exchange(request).await?;
        anyhow::Ok(())
    };
    tokio::time::timeout(START_WITHIN, answered).await?
}

/// Waits until the process has done what the last load left to it (events to publish and to apply), so that one turn does
/// not slow down the next.
pub(crate) async fn quiet(running: &Running) -> anyhow::Result<()> {
    let deadline = Instant::now() + QUIET_WITHIN;
    let mut before = ticks(running.id())?;
    while Instant::now() < deadline {
        tokio::time::sleep(QUIET_WINDOW).await;
        let now = ticks(running.id())?;
        if now - before <= QUIET_TICKS {
            return Ok(());
        }
        before = now;
    }
    eprintln!("crossdesk is still busy after {QUIET_WITHIN:?}");
    Ok(())
}

/// Processor time of a process so far.
fn ticks(id: u32) -> anyhow::Result<u64> {
    let path = format!("/proc/{id}/stat");
    let text = fs::read_to_string(&path).with_context(|| format!("can't read {path}"))?;
    ticks_in(&text).with_context(|| format!("{path} has no times"))
}

/// Fields 14 and 15, user and system time. The second is a name that may hold anything, so they are counted from its end.
fn ticks_in(text: &str) -> Option<u64> {
    let mut times = text.rsplit_once(')')?.1.split_whitespace().skip(11);
    Some(times.next()?.parse::<u64>().ok()? + times.next()?.parse::<u64>().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_read_in_bytes() {
        let text = "55d0-7ffe ---p 00000000 00:00 0 [rollup]\nRss:             2048 kB\nPss:             1024 kB\n\
            Pss_Dirty:        512 kB\n";
        assert_eq!(memory_in(text), Some(Memory { resident: 2_097_152, proportional: 1_048_576 }));
        assert_eq!(memory_in("Rss: 1 kB\n"), None);
    }

    #[test]
    fn processor_time_is_found_behind_any_name() {
        let text = "42 (a ) b) S 1 42 42 0 -1 4194560 100 0 0 0 70 8 9 9 20 0 1 0 5 6 7";
        assert_eq!(ticks_in(text), Some(78));
    }

    #[test]
    fn this_process_can_be_measured() {
        let own = std::process::id();
        let memory = memory(own).unwrap();
        assert!(memory.resident >= memory.proportional && memory.proportional > 0);
        ticks(own).unwrap();
    }
}
