//! kill -9 of whatever runs.

use std::time::Duration;

use anyhow::Result;
use rand::RngExt as _;

use crate::lab::{Lab, for_a_while};
use crate::stack::SERVICES;
use crate::workload::Line;

/// Clients at once: more only wait for two cores.
pub(super) const CLIENTS: u64 = 16;

pub(super) async fn calm(lab: &mut Lab) -> Result<Vec<String>> {
    let workload = lab.workload(CLIENTS, &Line::ALL);
    tokio::time::sleep(Duration::from_secs(20)).await;
    workload.finish().await;
    let unhappy: Vec<String> = lab
        .client
        .history
        .entries()
        .into_iter()
        .filter(|entry| entry.outcome != crate::history::Outcome::Acknowledged)
        .map(|entry| format!("{} is {:?} though nothing was wrong", entry.marker, entry.outcome))
        .collect();
    Ok(unhappy)
}

/// Kills one random replica of a random service.
async fn kill_one(lab: &mut Lab) -> Result<()> {
    let name = SERVICES[lab.random.random_range(0..SERVICES.len())];
    let number = lab.random.random_range(0..2_usize);
    let group = lab.stack.service(name)?;
    let number = number % group.replicas.len();
    group.replicas[number].kill_and_restart().await?;
    lab.tally.kills += 1;
    Ok(())
}

pub(super) async fn services(lab: &mut Lab) -> Result<Vec<String>> {
    let workload = lab.workload(CLIENTS, &Line::ALL);
    for_a_while(Duration::from_secs(45), Duration::from_millis(900), async || kill_one(lab).await).await?;
    workload.finish().await;
    Ok(Vec::new())
}

pub(super) async fn postgresql(lab: &mut Lab) -> Result<Vec<String>> {
    let workload = lab.workload(CLIENTS, &Line::ALL);
    for _ in 0..8 {
        tokio::time::sleep(Duration::from_millis(1_500)).await;
        lab.stack.postgres.kill_and_restart().await?;
        lab.tally.kills += 1;
    }
    workload.finish().await;
    Ok(Vec::new())
}

pub(super) async fn everything(lab: &mut Lab) -> Result<Vec<String>> {
    let workload = lab.workload(CLIENTS, &Line::ALL);
    for _ in 0..3 {
        for _ in 0..4 {
            kill_one(lab).await?;
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
        lab.stack.rabbit.kill().await?;
        lab.stack.postgres.kill_and_restart().await?;
        lab.tally.kills += 2;
        kill_one(lab).await?;
        lab.stack.rabbit.revive().await?;
    }
    workload.finish().await;
    Ok(Vec::new())
}
