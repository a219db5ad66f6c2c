//! RabbitMQ away, refusing, or without one of its queues.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};

use super::kills::CLIENTS;
use crate::history::Outcome;
use crate::lab::Lab;
use crate::workload::Line;

/// A broker that is down must not be noticed by any client.
pub(super) async fn kills(lab: &mut Lab) -> Result<Vec<String>> {
    let began = Instant::now();
    let workload = lab.workload(CLIENTS, &Line::ALL);
    for _ in 0..5 {
        tokio::time::sleep(Duration::from_secs(1)).await;
        lab.stack.rabbit.kill().await?;
        lab.tally.kills += 1;
        tokio::time::sleep(Duration::from_secs(2)).await;
        lab.stack.rabbit.revive().await?;
    }
    workload.finish().await;
    Ok(not_accepted_at_once(lab, began, "RabbitMQ was down"))
}

/// A broker that takes nothing, and one that lost a queue.
pub(super) async fn alarm_and_deletion(lab: &mut Lab) -> Result<Vec<String>> {
    let began = Instant::now();
    let workload = lab.workload(CLIENTS, &Line::ALL);
    lab.stack.rabbit.ctl(&["set_vm_memory_high_watermark", "absolute", "1"]).await?;
    tokio::time::sleep(Duration::from_secs(6)).await;
    lab.stack.rabbit.ctl(&["set_vm_memory_high_watermark", "absolute", "512MB"]).await?;
    tokio::time::sleep(Duration::from_secs(1)).await;
    // What was in the queue is lost to the broker, not to us: the gap is filled from the owners' logs.
    lab.stack.rabbit.ctl(&["delete_queue", "desk.ticket-events"]).await?;
    tokio::time::sleep(Duration::from_secs(3)).await;
    workload.finish().await;
    let seen = not_accepted_at_once(lab, began, "the broker was in trouble");
    close_gaps(lab).await?;
    Ok(seen)
}

/// One more event for each stream would show the desk its gap. The lab cannot wait for customers to write again, so it
/// does what the runbook says: it sends the events of the logs again, and throws away what found no queue.
async fn close_gaps(lab: &mut Lab) -> Result<()> {
    super::duplicates::publish_again(lab, 1).await.context("the events could not be published again")?;
    lab.stack.rabbit.ctl(&["purge_queue", "ticket.unrouted"]).await?;
    Ok(())
}

/// Writes since then that did not succeed at the first attempt.
pub(super) fn not_accepted_at_once(lab: &Lab, since: Instant, why: &str) -> Vec<String> {
    let entries = lab.client.history.entries().into_iter().filter(|entry| entry.began >= since);
    let unhappy = entries.filter(|entry| entry.outcome != Outcome::Acknowledged || entry.attempts > 1);
    unhappy.map(|entry| format!("{} took {} attempts while {why}", entry.marker, entry.attempts)).collect()
}
