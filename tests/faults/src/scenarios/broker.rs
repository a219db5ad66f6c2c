//! RabbitMQ away, refusing, or without one of its queues.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use lapin::message::BasicGetMessage;
use lapin::options::BasicGetOptions;
use messaging::topology::{Exchange, Queue, UNROUTED_QUEUE};

use super::kills::CLIENTS;
use crate::checks;
use crate::history::Outcome;
use crate::lab::Lab;
use crate::workload::Line;

/// The queue that the broker loses.
const DELETED: Queue = Queue::DeskTicketEvents;

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
    lab.stack.rabbit.ctl(&["delete_queue", DELETED.name()]).await?;
    tokio::time::sleep(Duration::from_secs(3)).await;
    workload.finish().await;
    let mut seen = not_accepted_at_once(lab, began, "the broker was in trouble");
    seen.extend(close_gaps(lab).await?);
    Ok(seen)
}

/// One more event for each stream would show the desk its gap. The lab cannot wait for customers to write again, so it
/// does what the runbook says: it sends the events of the logs again, and takes away what found no queue. Gives what was
/// there and should not be.
async fn close_gaps(lab: &mut Lab) -> Result<Vec<String>> {
    super::duplicates::publish_again(lab, 1).await.context("the events could not be published again")?;
    let logged = logged(lab).await?;
    let channel = super::duplicates::channel(lab).await?;
    let mut seen = Vec::new();
    while let Some(message) = channel.basic_get(UNROUTED_QUEUE.into(), BasicGetOptions { no_ack: true }).await? {
        if !missed_its_queue(&message, &logged) {
            seen.push(format!("{UNROUTED_QUEUE} had a message to {} that is no event", message.delivery.routing_key));
        }
    }
    Ok(seen)
}

/// The last version of every stream of every log.
async fn logged(lab: &Lab) -> Result<BTreeMap<String, i64>> {
    let mut logged = BTreeMap::new();
    for (_, database) in checks::OWNERS {
        let client = checks::connect(&lab.stack.postgres, database).await?;
        let rows = client.query("SELECT stream, max(version) FROM ticket_events GROUP BY stream", &[]).await?;
        logged.extend(rows.iter().map(|row| (row.get::<_, String>(0), row.get::<_, i64>(1))));
    }
    Ok(logged)
}

/// Whether a message is an event of a log that only the deleted queue would have taken.
fn missed_its_queue(message: &BasicGetMessage, logged: &BTreeMap<String, i64>) -> bool {
    let key = message.delivery.routing_key.as_str();
    let mut takers = Queue::ALL.into_iter().filter(|queue| queue.takes(Exchange::TicketEvents, key));
    let envelope: serde_json::Value = serde_json::from_slice(&message.delivery.data).unwrap_or_default();
    let version = envelope["sequence"].as_str().and_then(|text| text.parse().ok());
    let last = envelope["partitionkey"].as_str().and_then(|stream| logged.get(stream));
    let is_logged = version.zip(last).is_some_and(|(version, last): (i64, _)| (1..=*last).contains(&version));
    takers.next() == Some(DELETED) && takers.next().is_none() && is_logged
}

/// Writes since then that did not succeed at the first attempt.
pub(super) fn not_accepted_at_once(lab: &Lab, since: Instant, why: &str) -> Vec<String> {
    let entries = lab.client.history.entries().into_iter().filter(|entry| entry.began >= since);
    let unhappy = entries.filter(|entry| entry.outcome != Outcome::Acknowledged || entry.attempts > 1);
    unhappy.map(|entry| format!("{} took {} attempts while {why}", entry.marker, entry.attempts)).collect()
}
