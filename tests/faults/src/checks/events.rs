//! Invariants 3 and 4: the versions of each stream are 1 to n, everything is published, every event took effect in the
//! desk once, and the desk's rows are what the logs say.

use std::collections::BTreeMap;

use anyhow::Result;
use serde_json::Value;

use super::{DESK, Injected, OWNERS, Verdict, connect};
use crate::stack::Stack;

/// The last event of each stream, and whether its versions have no gap.
const STREAMS: &str = "SELECT DISTINCT ON (stream) stream, version, kind, data::text, \
    count(*) OVER (PARTITION BY stream) AS events, min(version) OVER (PARTITION BY stream) AS first \
    FROM ticket_events ORDER BY stream, version DESC";

struct Last {
    version: i64,
    kind: String,
    data: Value,
}

pub(super) async fn unrest(stack: &Stack, injected: &Injected) -> Result<Option<String>> {
    let mut owed: BTreeMap<String, i64> = BTreeMap::new();
    for (service, database) in OWNERS {
        let client = connect(&stack.postgres, database).await?;
        let row = client.query_one("SELECT count(*) FROM ticket_events WHERE published_at IS NULL", &[]).await?;
        let waiting: i64 = row.get(0);
        if waiting > 0 {
            return Ok(Some(format!("{service} has {waiting} unpublished events")));
        }
        for row in client.query("SELECT stream, max(version) FROM ticket_events GROUP BY stream", &[]).await? {
            owed.insert(row.get(0), row.get(1));
        }
    }
    let applied = applied(stack).await?;
    let behind = owed.iter().filter(|(stream, version)| {
        applied.get(*stream) != Some(version) && !injected.poisoned_streams.contains(*stream)
    });
    let behind = behind.count();
    Ok((behind > 0).then(|| format!("the desk has not applied {behind} of {} streams", owed.len())))
}

async fn applied(stack: &Stack) -> Result<BTreeMap<String, i64>> {
    let desk = connect(&stack.postgres, DESK).await?;
    let rows = desk.query("SELECT stream, version FROM applied_streams WHERE version > 0", &[]).await?;
    Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
}

pub(super) async fn check(stack: &Stack, injected: &Injected, verdict: &mut Verdict) -> Result<()> {
    let applied = applied(stack).await?;
    let mut last: BTreeMap<String, Last> = BTreeMap::new();
    for (service, database) in OWNERS {
        let client = connect(&stack.postgres, database).await?;
        for row in client.query(STREAMS, &[]).await? {
            let (stream, version, events, first): (String, i64, i64, i64) =
                (row.get(0), row.get(1), row.get(4), row.get(5));
            if first != 1 || events != version {
                verdict
                    .out_of_order
                    .push(format!("{service} {stream}: {events} events, versions {first} to {version}"));
            }
            verdict.compared += u64::try_from(events).unwrap_or(0);
            last.insert(stream, Last { version, kind: row.get(2), data: serde_json::from_str(row.get(3))? });
        }
    }
    for (stream, version) in &applied {
        match last.get(stream) {
            None => verdict.duplicated.push(format!("the desk applied {stream}, which no log has")),
            Some(last) if last.version < *version => {
                verdict.out_of_order.push(format!("the desk is at {version} of {stream}, the log at {}", last.version));
            }
            Some(_) => {}
        }
    }
    compare_desk(stack, &last, injected, verdict).await
}

/// Ticket by ticket: the desk's row says what the last event says.
async fn compare_desk(
    stack: &Stack,
    last: &BTreeMap<String, Last>,
    injected: &Injected,
    verdict: &mut Verdict,
) -> Result<()> {
    let desk = connect(&stack.postgres, DESK).await?;
    let rows = desk
        .query("SELECT ticket_key::text, version, status, line_status, priority, assignee FROM tickets", &[])
        .await?;
    let rows: BTreeMap<String, _> = rows.iter().map(|row| (row.get::<_, String>(0), row)).collect();
    verdict.compared += rows.len() as u64;
    for (stream, last) in last.iter().filter(|(stream, _)| !stream.contains('/')) {
        if injected.poisoned_streams.contains(stream) {
            continue;
        }
        let row = rows.get(stream);
        match (row, last.kind == "ticket.deleted") {
            (None, true) => {}
            (None, false) => verdict.lost.push(format!("the desk has no ticket {stream}")),
            (Some(_), true) => verdict.other.push(format!("the desk still has the deleted ticket {stream}")),
            (Some(row), false) => {
                let text = |member: &str| last.data[member].as_str().map(str::to_owned);
                let expected = (last.version, text("status"), text("lineStatus"), text("priority"));
                let found: (i64, Option<String>, Option<String>, Option<String>) =
                    (row.get(1), row.get(2), row.get(3), row.get(4));
                if expected != found {
                    verdict.other.push(format!("the desk has {found:?} of {stream}, its owner {expected:?}"));
                }
            }
        }
    }
    for key in rows.keys().filter(|key| !last.contains_key(*key)) {
        verdict.duplicated.push(format!("the desk has the ticket {key}, which no log has"));
    }
    let parked = desk.query("SELECT DISTINCT stream FROM parked_events", &[]).await?;
    for stream in parked.iter().map(|row| row.get::<_, String>(0)) {
        if !injected.poisoned_streams.contains(&stream) {
            verdict.other.push(format!("{stream} is parked, and nobody poisoned it"));
        }
    }
    Ok(())
}
