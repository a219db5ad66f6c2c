//! A rolling upgrade from the release before, with that release's own programs: they serve, then the schema changes
//! under them, then replica after replica is replaced, and what was written before, meanwhile and afterwards is all there.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

use crate::lab::Lab;
use crate::report::{self, Outcome};
use crate::stack::{self, Release, SERVICES, Stack};
use crate::workload::Line;

/// The release before, whose programs and settings are described here.
#[cfg(test)]
const RELEASE: &str = "925074251115e4ece5671aae54b6e12a7faccdd6";
/// What the release before had. It stopped without draining, and knew nothing of what is only the new services'.
const BEFORE: [&str; 3] = ["loan-support", "desk", "gateway"];
const UNKNOWN_BEFORE: [&str; 7] = [
    "CROSSDESK__HTTP__DRAIN_MS",
    "CROSSDESK__FILES__STORE_URL",
    "CROSSDESK__MAS__SIMULATOR__DELAY_MS",
    "CROSSDESK__MAS__BRIDGE__TIMEOUT_MS",
    "CROSSDESK__MAS__BRIDGE__RETRY_CAP_MS",
    "CROSSDESK__MAS__BRIDGE__BREAKER_LONGEST_PAUSE_MS",
    "CROSSDESK__TOURS__ANONYMOUS_ACCESS",
];
const REPLICAS: usize = 2;
const CLIENTS: u64 = 8;
/// How long each state lasts under load.
const WHILE: Duration = Duration::from_secs(5);
/// How long the load balancer takes to lead past a replica.
const NOTICED: Duration = Duration::from_millis(700);

/// Plays the upgrade from the programs in a folder to our own. Says whether nothing was lost.
pub async fn upgrade(before: &Path, seed: u64) -> Result<bool> {
    let own = stack::programs()?;
    let release = Release { folder: before, services: &BEFORE, unknown: &UNKNOWN_BEFORE };
    let mut lab = Lab::around(Stack::start(release, REPLICAS, &[]).await?, seed)?;
    let outcome = play(&mut lab, Release::own(&own)).await;
    report::print_sums(&lab.client.history, lab.tally, seed);
    lab.stack.stop(matches!(outcome, Ok(true))).await?;
    outcome
}

async fn play(lab: &mut Lab, new: Release<'_>) -> Result<bool> {
    let began = Instant::now();
    let old_line = lab.workload(CLIENTS, &[Line::Loan]);
    tokio::time::sleep(WHILE).await;
    lab.stack.migrate(new).await?;
    let before = old_line.stories();
    tokio::time::sleep(WHILE).await;
    ensure!(old_line.stories() > before, "the programs of the release before stand still on the new schema");
    lab.stack.add(new, REPLICAS).await?;
    // New services first, then those that call them, the gateway last.
    let added = SERVICES.iter().filter(|name| !BEFORE.contains(name));
    for name in added {
        for number in 0..REPLICAS {
            lab.stack.configure(new, name, number, &[]).await?;
            lab.stack.service(name)?.replicas[number].start()?;
        }
    }
    lab.stack.ready().await?;
    for name in BEFORE {
        for number in 0..REPLICAS {
            replace(lab, new, name, number).await?;
        }
    }
    let every_line = lab.workload(CLIENTS, &Line::ALL);
    tokio::time::sleep(WHILE).await;
    old_line.finish().await;
    every_line.finish().await;
    let again = lab.client.history.entries().iter().filter(|entry| entry.attempts > 1).count();
    println!("{again} writes were tried more than once: the release before stops without draining");
    let verdict = lab.check().await?;
    let outcome = Outcome { name: "upgrade", verdict, seen: Vec::new(), took: began.elapsed() };
    outcome.print();
    Ok(outcome.is_good())
}

async fn replace(lab: &mut Lab, new: Release<'_>, name: &'static str, number: usize) -> Result<()> {
    let group = lab.stack.service(name)?;
    group.lead_past(number);
    tokio::time::sleep(NOTICED).await;
    group.replicas[number].terminate();
    group.replicas[number].wait_or_kill().await;
    lab.stack.configure(new, name, number, &[]).await?;
    lab.stack.service(name)?.replicas[number].start()?;
    lab.stack.ready().await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_release_that_is_built_is_the_one_described_here() {
        assert_eq!(include_str!("../../../deploy/check/previous-release").trim(), RELEASE);
    }
}
