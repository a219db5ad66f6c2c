//! Invariants 3 and 4: the versions of each stream are 1 to n, everything is published, every event took effect in the
//! desk once, and the desk's rows are what the logs say.

use std::collections::BTreeMap;

use anyhow::Result;
use serde_json::Value;
use tokio_postgres::Row;

use super::{DESK, Injected, OWNERS, Verdict, connect};
use crate::stack::Stack;

/// The last event of each stream, and whether its versions have no gap.
const STREAMS: &str = "SELECT DISTINCT ON (stream) stream, version, kind, data::text, \
    count(*) OVER (PARTITION BY stream) AS events, min(version) OVER (PARTITION BY stream) AS first \
    FROM ticket_events ORDER BY stream, version DESC";

/// The events that say what no later one repeats: how each ticket was opened, and who has it.
const ONCE_TOLD: &str = "SELECT DISTINCT ON (stream, kind) stream, kind, data::text FROM ticket_events \
    WHERE kind IN ('ticket.opened', 'ticket.assigned') ORDER BY stream, kind, version DESC";

/// A ticket, as its log tells it.
struct Told {
    version: i64,
    kind: String,
    /// Of the last event.
    data: Value,
    opened: Value,
    assigned: Value,
}

/// What the desk shows of a ticket.
#[derive(Debug, PartialEq, Eq)]
struct Shown {
    version: i64,
    line: Option<String>,
    status: Option<String>,
    line_status: Option<String>,
    priority: Option<String>,
    requester: Option<String>,
    category: Option<String>,
    assignee: Option<String>,
}

impl Told {
    /// What the desk should show.
    fn shown(&self) -> Shown {
        let text = |data: &Value, member: &str| data[member].as_str().map(str::to_owned);
        Shown {
            version: self.version,
            line: text(&self.opened, "line"),
            status: text(&self.data, "status"),
            line_status: text(&self.data, "lineStatus"),
            priority: text(&self.data, "priority"),
            requester: text(&self.opened, "requester"),
            category: text(&self.opened, "category"),
            assignee: text(&self.assigned, "assignee"),
        }
    }
}

impl Shown {
    const COLUMNS: &str = "SELECT ticket_key::text, version, line, status, line_status, priority, requester, category, assignee FROM tickets";

    fn read(row: &Row) -> Self {
        Self {
            version: row.get(1),
            line: row.get(2),
            status: row.get(3),
            line_status: row.get(4),
            priority: row.get(5),
            requester: row.get(6),
            category: row.get(7),
            assignee: row.get(8),
        }
    }
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
    let mut last: BTreeMap<String, Told> = BTreeMap::new();
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
            let (kind, data) = (row.get(2), serde_json::from_str(row.get(3))?);
            last.insert(stream, Told { version, kind, data, opened: Value::Null, assigned: Value::Null });
        }
        for row in client.query(ONCE_TOLD, &[]).await? {
            let Some(told) = last.get_mut(row.get::<_, &str>(0)) else { continue };
            let data = serde_json::from_str(row.get(2))?;
            let is_opening = row.get::<_, &str>(1) == "ticket.opened";
            *(if is_opening { &mut told.opened } else { &mut told.assigned }) = data;
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
    last: &BTreeMap<String, Told>,
    injected: &Injected,
    verdict: &mut Verdict,
) -> Result<()> {
    let desk = connect(&stack.postgres, DESK).await?;
    let rows = desk.query(Shown::COLUMNS, &[]).await?;
    let rows: BTreeMap<String, Shown> = rows.iter().map(|row| (row.get(0), Shown::read(row))).collect();
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
            (Some(found), false) => {
                let expected = last.shown();
                if expected != *found {
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told(assigned: Value) -> Told {
        Told {
            version: 3,
            kind: "ticket.updated".to_owned(),
            data: json!({"line": "loan", "status": "open", "lineStatus": "In Progress", "priority": "high"}),
            opened: json!({"line": "loan", "requester": "u-1", "category": "c-1", "assignee": "of another event"}),
            assigned,
        }
    }

    #[test]
    fn the_desk_shows_the_last_state_the_first_members_and_the_last_assignee() {
        let some = |text: &str| Some(text.to_owned());
        let shown = Shown {
            version: 3,
            line: some("loan"),
            status: some("open"),
            line_status: some("In Progress"),
            priority: some("high"),
            requester: some("u-1"),
            category: some("c-1"),
            assignee: some("agent_1"),
        };
        assert_eq!(told(json!({"assignee": "agent_1", "previous": null})).shown(), shown);
        // Never assigned, or nobody has it any more.
        for nobody in [Value::Null, json!({"assignee": null, "previous": "agent_1"})] {
            assert_eq!(told(nobody).shown(), Shown { assignee: None, ..told(json!({"assignee": "agent_1"})).shown() });
        }
    }
}
