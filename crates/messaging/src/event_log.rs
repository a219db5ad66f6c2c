//! The event log of one service database: append, and read again.

use chrono::{DateTime, Utc};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::sql_types::{Array, BigInt, Jsonb, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use domain::{Envelope, EventData, EventId, Stream};
use storage::DbError;
use uuid::Uuid;

use crate::schema::ticket_events;

/// An event about to be appended.
#[derive(Debug, Clone)]
pub struct NewRow {
    /// The stream it belongs to; its version in there is `data.version`.
    pub stream: Stream,
    /// Its id, kept for ever.
    pub event_id: EventId,
    /// Its type.
    pub kind: &'static str,
    /// The trace of the change.
    pub traceparent: String,
    /// When the change was decided.
    pub occurred_at: DateTime<Utc>,
    /// What happened.
    pub data: EventData,
}

/// The statement that appends events; a part of the statement that writes the change.
#[derive(Debug)]
pub struct Append(Vec<Appended>);

#[derive(Debug)]
struct Appended {
    stream: String,
    version: i64,
    event_id: Uuid,
    kind: &'static str,
    data: serde_json::Value,
    traceparent: String,
    occurred_at: DateTime<Utc>,
}

impl Append {
    /// Appends these rows.
    pub fn new(rows: &[NewRow]) -> Result<Self, DbError> {
        let appended = rows.iter().map(|row| {
            Ok(Appended {
                stream: row.stream.as_str().to_owned(),
                version: row.data.version,
                event_id: row.event_id.0,
                kind: row.kind,
                data: serde_json::to_value(&row.data)
                    .map_err(|error| diesel::result::Error::SerializationError(Box::new(error)))?,
                traceparent: row.traceparent.clone(),
                occurred_at: row.occurred_at,
            })
        });
        appended.collect::<Result<_, diesel::result::Error>>().map(Self).map_err(Into::into)
    }
}

// Diesel's own insert of several rows is prepared anew each time; this text is the same for the same number of rows.
impl QueryFragment<Pg> for Append {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql(
            "INSERT INTO ticket_events (stream, version, event_id, kind, data, traceparent, occurred_at) VALUES ",
        );
        for (index, row) in self.0.iter().enumerate() {
            out.push_sql(if index == 0 { "(" } else { ", (" });
            out.push_bind_param::<Text, _>(&row.stream)?;
            out.push_sql(", ");
            out.push_bind_param::<BigInt, _>(&row.version)?;
            out.push_sql(", ");
            out.push_bind_param::<SqlUuid, _>(&row.event_id)?;
            out.push_sql(", ");
            out.push_bind_param::<Text, _>(row.kind)?;
            out.push_sql(", ");
            out.push_bind_param::<Jsonb, _>(&row.data)?;
            out.push_sql(", ");
            out.push_bind_param::<Text, _>(&row.traceparent)?;
            out.push_sql(", ");
            out.push_bind_param::<Timestamptz, _>(&row.occurred_at)?;
            out.push_sql(")");
        }
        #[cfg(feature = "bug-lost-update")]
        if storage::bugs::is_active("lost-update") {
            out.push_sql(" ON CONFLICT DO NOTHING");
        }
        Ok(())
    }
}

impl QueryId for Append {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

/// An event as the log keeps it.
#[derive(Debug, Clone, Queryable, QueryableByName, Selectable)]
#[diesel(table_name = ticket_events, check_for_backend(Pg))]
pub struct LoggedEvent {
    /// Partition key.
    pub stream: String,
    /// Position in the stream.
    pub version: i64,
    /// The event's id.
    pub event_id: Uuid,
    /// The event's type.
    pub kind: String,
    /// The envelope's `data`.
    pub data: serde_json::Value,
    /// The trace of the change.
    pub traceparent: String,
    /// When the change was decided.
    pub occurred_at: DateTime<Utc>,
}

impl LoggedEvent {
    /// The event as it travels. `service` is the owner's name.
    pub fn envelope(self, service: &str) -> Result<Envelope, serde_json::Error> {
        let data: EventData = serde_json::from_value(self.data)?;
        let about = (Stream::named(self.stream), self.occurred_at, self.traceparent);
        Ok(Envelope::wrap(EventId(self.event_id), service, &self.kind, about, data))
    }
}

/// Events that no broker has confirmed yet, oldest first.
pub async fn unpublished(conn: &mut AsyncPgConnection, limit: i64) -> QueryResult<Vec<LoggedEvent>> {
    #[cfg(feature = "bug-cursor")]
    if storage::bugs::is_active("cursor") {
        let text = "SELECT stream, version, event_id, kind, data, traceparent, occurred_at FROM ticket_events \
                    WHERE published_at IS NULL AND event_id > coalesce((SELECT event_id FROM ticket_events \
                    WHERE published_at IS NOT NULL ORDER BY event_id DESC LIMIT 1), \
                    '00000000-0000-0000-0000-000000000000') ORDER BY event_id LIMIT $1";
        return storage::sql(text).bind::<BigInt, _>(limit).load(conn).await;
    }
    ticket_events::table
        .filter(ticket_events::published_at.is_null())
        .order(ticket_events::event_id)
        .limit(limit)
        .select(LoggedEvent::as_select())
        .load(conn)
        .await
}

/// Marks events as published, by stream and version. Returns how many were not marked before.
///
/// It does not wait for the disk: a mark that a crash of PostgreSQL takes back makes the event go out twice, which readers
/// drop, and writers have the disk for themselves.
pub async fn mark_published(conn: &mut AsyncPgConnection, events: &[(String, i64)]) -> QueryResult<usize> {
    let (streams, versions): (Vec<&str>, Vec<i64>) =
        events.iter().map(|(stream, version)| (stream.as_str(), *version)).unzip();
    storage::sql(
        "UPDATE ticket_events SET published_at = clock_timestamp() FROM unnest($1, $2) AS done (stream, version), \
         (SELECT set_config('synchronous_commit', 'off', true)) AS relaxed \
         WHERE ticket_events.stream = done.stream AND ticket_events.version = done.version AND published_at IS NULL",
    )
    .bind::<Array<Text>, _>(streams)
    .bind::<Array<BigInt>, _>(versions)
    .execute(conn)
    .await
}

/// How many events wait, and the age in seconds of the oldest.
pub async fn backlog(conn: &mut AsyncPgConnection) -> QueryResult<(i64, f64)> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = BigInt)]
        waiting: i64,
        #[diesel(sql_type = diesel::sql_types::Double)]
        oldest: f64,
    }
    let row: Row = storage::sql(
        "SELECT count(*) AS waiting, \
         coalesce(extract(epoch FROM now() - min(occurred_at)), 0)::float8 AS oldest \
         FROM ticket_events WHERE published_at IS NULL",
    )
    .get_result(conn)
    .await?;
    Ok((row.waiting, row.oldest))
}

/// Events of one stream after a version, in order.
pub async fn read_stream(
    conn: &mut AsyncPgConnection,
    stream: &str,
    after: i64,
    limit: i64,
) -> QueryResult<Vec<LoggedEvent>> {
    ticket_events::table
        .filter(ticket_events::stream.eq(stream))
        .filter(ticket_events::version.gt(after))
        .order(ticket_events::version)
        .limit(limit)
        .select(LoggedEvent::as_select())
        .load(conn)
        .await
}

/// Every event of the service, stream by stream, after the place where the last page ended (empty and 0 at first).
/// One pass meets each event that was there when it began exactly once.
pub async fn read_all(
    conn: &mut AsyncPgConnection,
    (stream, version): (&str, i64),
    limit: i64,
) -> QueryResult<Vec<LoggedEvent>> {
    // A row comparison is a range of the primary key; `a > x OR (a = x AND b > y)` is not.
    storage::sql(
        "SELECT stream, version, event_id, kind, data, traceparent, occurred_at FROM ticket_events \
         WHERE (stream, version) > ($1, $2) ORDER BY stream, version LIMIT $3",
    )
    .bind::<Text, _>(stream)
    .bind::<BigInt, _>(version)
    .bind::<BigInt, _>(limit)
    .load(conn)
    .await
}
