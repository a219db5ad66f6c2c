//! Appends the events that are not audited yet: one transaction, under the lock of the head.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Binary, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use storage::{Db, DbError};

use super::chain::{Entry, Hash, Logged};
use super::findings::Head;

#[derive(QueryableByName)]
struct HeadRow {
    #[diesel(sql_type = BigInt)]
    position: i64,
    #[diesel(sql_type = Binary)]
    hash: Vec<u8>,
}

/// Audits at most so many events. Returns the new head, or nothing if there was nothing to do or somebody else is at it.
pub async fn append(db: &Db, limit: i64) -> Result<Option<Head>, DbError> {
    // Without a transaction first: mostly nothing waits.
    if waiting(&mut *db.conn().await?, 1).await?.is_empty() {
        return Ok(None);
    }
    db.write(async |tx| {
        let conn = tx.conn().await?;
        let Some(head) = lock_head(conn).await? else { return Ok(None) };
        let events = in_order(waiting(conn, limit).await?);
        if events.is_empty() {
            return Ok(None);
        }
        let next = insert(conn, &head, &events).await?;
        mark(conn, &events).await?;
        move_head(conn, &next).await?;
        Ok(Some(next))
    })
    .await
}

/// The head, locked; nothing if another process has the lock.
async fn lock_head(conn: &mut AsyncPgConnection) -> Result<Option<Head>, DbError> {
    let row: Option<HeadRow> = storage::sql("SELECT position, hash FROM audit_head FOR UPDATE SKIP LOCKED")
        .get_result(conn)
        .await
        .optional()?;
    let head = row.map(|row| Hash::read(&row.hash).map(|hash| Head { position: row.position, hash }));
    head.map(|head| head.ok_or_else(|| DbError::Broken("the audit log's head is no hash".to_owned()))).transpose()
}

/// Events that wait, by stream and version: whatever the limit cuts off, no version comes before an older one.
async fn waiting(conn: &mut AsyncPgConnection, limit: i64) -> QueryResult<Vec<Logged>> {
    storage::sql(
        "SELECT stream, version, event_id, kind, occurred_at, data FROM ticket_events AS event \
         WHERE NOT audited AND (data #>> '{actor,role}') IN ('agent', 'admin') \
         AND NOT EXISTS (SELECT FROM audit_log WHERE stream = event.stream AND version = event.version) \
         ORDER BY stream, version LIMIT $1",
    )
    .bind::<BigInt, _>(limit)
    .load(conn)
    .await
}

/// By time, as a reader expects, but never against the versions of a stream: the clocks of two processes may differ.
fn in_order(events: Vec<Logged>) -> Vec<Entry> {
    let mut timed: Vec<(DateTime<Utc>, Entry)> = Vec::with_capacity(events.len());
    for event in events.into_iter().map(Entry::from) {
        let before = timed.last().filter(|(_, last)| last.stream == event.stream).map(|(time, _)| *time);
        timed.push((before.map_or(event.occurred_at, |before| before.max(event.occurred_at)), event));
    }
    timed.sort_by_key(|(time, _)| *time);
    timed.into_iter().map(|(_, event)| event).collect()
}

async fn insert(conn: &mut AsyncPgConnection, head: &Head, events: &[Entry]) -> QueryResult<Head> {
    let mut end = *head;
    let (mut positions, mut before, mut hashes) = (Vec::new(), Vec::new(), Vec::new());
    for event in events {
        before.push(end.hash);
        end = Head { position: end.position + 1, hash: event.hash(&end.hash) };
        positions.push(end.position);
        hashes.push(end.hash);
    }
    let column = |pick: fn(&Entry) -> &str| events.iter().map(pick).collect::<Vec<_>>();
    storage::sql(
        "INSERT INTO audit_log (position, stream, version, event_id, kind, actor_id, actor_role, occurred_at, \
         data_digest, previous_hash, hash) SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
    )
    .bind::<Array<BigInt>, _>(positions)
    .bind::<Array<Text>, _>(column(|event| &event.stream))
    .bind::<Array<BigInt>, _>(events.iter().map(|event| event.version).collect::<Vec<_>>())
    .bind::<Array<SqlUuid>, _>(events.iter().map(|event| event.event_id).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(column(|event| &event.kind))
    .bind::<Array<Nullable<Text>>, _>(events.iter().map(|event| event.actor_id.as_deref()).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(column(|event| &event.actor_role))
    .bind::<Array<Timestamptz>, _>(events.iter().map(|event| event.occurred_at).collect::<Vec<_>>())
    .bind::<Array<Binary>, _>(events.iter().map(|event| &event.data_digest[..]).collect::<Vec<_>>())
    .bind::<Array<Binary>, _>(before.iter().map(Hash::bytes).collect::<Vec<_>>())
    .bind::<Array<Binary>, _>(hashes.iter().map(Hash::bytes).collect::<Vec<_>>())
    .execute(conn)
    .await?;
    Ok(end)
}

async fn mark(conn: &mut AsyncPgConnection, events: &[Entry]) -> QueryResult<usize> {
    storage::sql(
        "UPDATE ticket_events SET audited = true FROM unnest($1, $2) AS done (stream, version) \
         WHERE ticket_events.stream = done.stream AND ticket_events.version = done.version",
    )
    .bind::<Array<Text>, _>(events.iter().map(|event| event.stream.as_str()).collect::<Vec<_>>())
    .bind::<Array<BigInt>, _>(events.iter().map(|event| event.version).collect::<Vec<_>>())
    .execute(conn)
    .await
}

async fn move_head(conn: &mut AsyncPgConnection, head: &Head) -> QueryResult<usize> {
    storage::sql("UPDATE audit_head SET position = $1, hash = $2")
        .bind::<BigInt, _>(head.position)
        .bind::<Binary, _>(head.hash.bytes())
        .execute(conn)
        .await
}
