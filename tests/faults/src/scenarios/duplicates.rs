//! The same thing again: requests, events, and things that are no events at all.

use std::time::Duration;

use anyhow::{Context as _, Result};
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use lapin::options::{BasicPublishOptions, ConfirmSelectOptions};
use lapin::{BasicProperties, Channel, Connection, ConnectionProperties};
use rand::seq::SliceRandom as _;

use super::kills::CLIENTS;
use crate::checks;
use crate::lab::Lab;
use crate::workload::Line;

/// Messages sent and not confirmed yet.
const UNCONFIRMED: usize = 256;

/// Each write goes out five times at the same moment, with the same key.
pub(super) async fn storm(lab: &mut Lab) -> Result<Vec<String>> {
    let mut client = lab.client.clone();
    client.copies = 5;
    // The lines whose every write has a key. Elsewhere a repetition is another request.
    let workload = lab.workload_of(&client, CLIENTS / 2, &[Line::Mobility, Line::Mas, Line::Helpdesk, Line::Loan]);
    tokio::time::sleep(Duration::from_secs(20)).await;
    workload.finish().await;
    Ok(Vec::new())
}

/// Every event of the run, three times more, in any order.
pub(super) async fn redelivery(lab: &mut Lab) -> Result<Vec<String>> {
    publish_again(lab, 3).await?;
    Ok(Vec::new())
}

/// Publishes every event of every log again, so many times, shuffled.
pub(super) async fn publish_again(lab: &mut Lab, times: usize) -> Result<()> {
    let mut events = Vec::new();
    for (service, database) in checks::OWNERS {
        let client = checks::connect(&lab.stack.postgres, database).await?;
        let text = "SELECT event_id::text, kind, stream, version, traceparent, data::text, \
                    to_char(occurred_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') FROM ticket_events";
        for row in client.query(text, &[]).await? {
            let data: serde_json::Value = serde_json::from_str(row.get(5))?;
            let (kind, version): (String, i64) = (row.get(1), row.get(3));
            let line = data["line"].as_str().unwrap_or_default().to_owned();
            let envelope = serde_json::json!({
                "specversion": "1.0", "id": row.get::<_, String>(0), "source": format!("/crossdesk/{service}"),
                "type": kind, "subject": format!("{line}/{}", data["ticketId"].as_str().unwrap_or_default()),
                "time": row.get::<_, String>(6), "datacontenttype": "application/json",
                "dataschema": format!("urn:crossdesk:event:{kind}:1"), "partitionkey": row.get::<_, String>(2),
                "sequence": format!("{version:020}"), "traceparent": row.get::<_, String>(4), "data": data,
            });
            events.push((format!("{line}.{kind}"), envelope.to_string()));
        }
    }
    let channel = channel(lab).await?;
    for _ in 0..times {
        events.shuffle(&mut lab.random);
        let publishing = stream::iter(&events).map(|(key, body)| publish(&channel, key, body.as_bytes()));
        publishing.buffer_unordered(UNCONFIRMED).try_collect::<()>().await?;
    }
    Ok(())
}

/// A stream whose first event cannot be applied, and messages that are no events.
pub(super) async fn poison(lab: &mut Lab) -> Result<Vec<String>> {
    let channel = channel(lab).await?;
    let workload = lab.workload(CLIENTS / 2, &Line::ALL);
    for body in [&b"no json"[..], b"{}", b"\xff\x00", b"[1]"] {
        publish(&channel, "loan.ticket.opened", body).await?;
        lab.injected.dead_letters += 1;
    }
    for number in 0..5 {
        let key = format!("0199a4c8-3f5b-7d21-a6e0-4c9b8f1d{number:04}");
        // It claims to be the second event of a stream whose owner knows nothing of it.
        let envelope = serde_json::json!({
            "specversion": "1.0", "id": key, "source": "/crossdesk/loan-support", "type": "ticket.updated",
            "subject": format!("loan/{key}"), "time": "2026-01-01T00:00:00.000000Z",
            "datacontenttype": "application/json", "dataschema": "urn:crossdesk:event:ticket.updated:1",
            "partitionkey": key, "sequence": "00000000000000000002",
            "traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "data": {"line": "loan", "ticketKey": key, "ticketId": key, "version": 2,
                "actor": {"id": null, "role": "system"}, "status": "open", "lineStatus": "In Progress",
                "priority": "normal", "fields": ["x"]},
        });
        publish(&channel, "loan.ticket.updated", envelope.to_string().as_bytes()).await?;
        lab.injected.poisoned_streams.insert(key);
    }
    tokio::time::sleep(Duration::from_secs(5)).await;
    workload.finish().await;
    Ok(Vec::new())
}

pub(super) async fn channel(lab: &Lab) -> Result<Channel> {
    let connection = Connection::connect(&lab.stack.rabbit.url(), ConnectionProperties::default()).await?;
    let channel = connection.create_channel().await?;
    channel.confirm_select(ConfirmSelectOptions::default()).await?;
    // The connection lives as long as its channel is used; it ends with the lab.
    std::mem::forget(connection);
    Ok(channel)
}

async fn publish(channel: &Channel, key: &str, body: &[u8]) -> Result<()> {
    let properties = BasicProperties::default().with_delivery_mode(2);
    let confirm =
        channel.basic_publish("ticket.events".into(), key.into(), BasicPublishOptions::default(), body, properties);
    let _confirmation = confirm.await.context("publish")?.await.context("confirm")?;
    Ok(())
}
