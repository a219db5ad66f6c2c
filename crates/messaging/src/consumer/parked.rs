//! Events that could not take effect yet. Their stream waits; a timer and operators try again.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Integer, Text};
use diesel_async::RunQueryDsl;
use domain::{Envelope, Stream};
use metrics::gauge;
use storage::{Db, DbError};

use crate::schema::parked_events;

/// First wait before a parked event is tried again; doubled each time.
const FIRST_WAIT_S: i32 = 1;
/// Longest wait.
const LONGEST_WAIT_S: i32 = 300;
/// Parked streams tried in one round: with owners that do not answer, other streams wait that many times 2 s.
const ROUND: i64 = 10;
/// Most characters kept of a reason.
const MAX_REASON_CHARS: usize = 1_000;

/// A parked event as operators see it.
#[derive(Debug, Clone, Queryable, serde::Serialize)]
pub struct Parked {
    /// Partition key.
    pub stream: String,
    /// Position in the stream.
    pub version: i64,
    /// Why it had no effect.
    pub reason: String,
    /// How often it was tried.
    pub attempts: i32,
}

/// Parks an event. Parked again it keeps its place and gets the new reason.
pub async fn park(db: &Db, event: &Envelope, reason: &str) -> Result<(), DbError> {
    let mut conn = db.conn().await?;
    let envelope = serde_json::to_vec(event)
        .map_err(|error| DbError::from(diesel::result::Error::SerializationError(Box::new(error))))?;
    storage::sql(
        "INSERT INTO parked_events (stream, version, envelope, reason, retry_at) \
         VALUES ($1, $2, $3, $4, now() + make_interval(secs => $5)) \
         ON CONFLICT (stream, version) DO UPDATE SET reason = excluded.reason",
    )
    .bind::<Text, _>(event.partitionkey.as_str())
    .bind::<BigInt, _>(event.data.version)
    .bind::<Binary, _>(envelope)
    .bind::<Text, _>(tellable(reason))
    .bind::<Integer, _>(FIRST_WAIT_S)
    .execute(&mut **conn)
    .await?;
    Ok(())
}

/// A reason that PostgreSQL can keep, whatever it quotes.
fn tellable(reason: &str) -> String {
    reason.chars().filter(|c| *c != '\0').take(MAX_REASON_CHARS).collect()
}

/// The first parked version of a stream.
pub async fn first_parked(db: &Db, stream: &Stream) -> Result<Option<i64>, DbError> {
    let mut conn = db.conn().await?;
    Ok(parked_events::table
        .filter(parked_events::stream.eq(stream.as_str()))
        .select(diesel::dsl::min(parked_events::version))
        .first(&mut **conn)
        .await?)
}

/// The first parked event of each stream whose time has come.
pub async fn due(db: &Db) -> Result<Vec<Envelope>, DbError> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Binary)]
        envelope: Vec<u8>,
    }
    let mut conn = db.conn().await?;
    let rows: Vec<Row> = storage::sql(
        "SELECT envelope FROM (SELECT DISTINCT ON (stream) envelope, retry_at FROM parked_events \
         ORDER BY stream, version) AS first WHERE retry_at <= now() ORDER BY retry_at LIMIT $1",
    )
    .bind::<BigInt, _>(ROUND)
    .load(&mut **conn)
    .await?;
    Ok(rows.into_iter().filter_map(|row| serde_json::from_slice(&row.envelope).ok()).collect())
}

/// Forgets the events of a stream that took effect since, and makes the next one due at once.
pub async fn release(db: &Db, stream: &Stream) -> Result<(), DbError> {
    let mut conn = db.conn().await?;
    storage::sql(
        "WITH gone AS (DELETE FROM parked_events USING applied_streams AS done WHERE parked_events.stream = $1 \
         AND done.stream = parked_events.stream AND parked_events.version <= done.version) \
         UPDATE parked_events SET retry_at = now() FROM applied_streams AS done WHERE parked_events.stream = $1 \
         AND done.stream = parked_events.stream AND parked_events.version > done.version",
    )
    .bind::<Text, _>(stream.as_str())
    .execute(&mut **conn)
    .await?;
    Ok(())
}

/// Records a failed attempt; the wait doubles.
pub async fn postpone(db: &Db, event: &Envelope, reason: &str) -> Result<(), DbError> {
    let mut conn = db.conn().await?;
    storage::sql(
        "UPDATE parked_events SET reason = $3, attempts = attempts + 1, \
         retry_at = now() + make_interval(secs => least($5, $4 * power(2, least(attempts, 16)))) \
         WHERE stream = $1 AND version = $2",
    )
    .bind::<Text, _>(event.partitionkey.as_str())
    .bind::<BigInt, _>(event.data.version)
    .bind::<Text, _>(tellable(reason))
    .bind::<Integer, _>(FIRST_WAIT_S)
    .bind::<Integer, _>(LONGEST_WAIT_S)
    .execute(&mut **conn)
    .await?;
    Ok(())
}

/// What is parked, for operators.
pub async fn list(db: &Db, limit: i64) -> Result<Vec<Parked>, DbError> {
    let mut conn = db.conn().await?;
    Ok(parked_events::table
        .select((parked_events::stream, parked_events::version, parked_events::reason, parked_events::attempts))
        .order((parked_events::stream, parked_events::version))
        .limit(limit)
        .load(&mut **conn)
        .await?)
}

/// Makes everything parked due at once. Returns how many events.
pub async fn replay(db: &Db) -> Result<usize, DbError> {
    let mut conn = db.conn().await?;
    Ok(storage::sql("UPDATE parked_events SET retry_at = now()").execute(&mut **conn).await?)
}

pub(super) async fn measure(db: &Db, consumer: &'static str) {
    let Ok(mut conn) = db.conn().await else { return };
    if let Ok(count) = parked_events::table.count().get_result::<i64>(&mut **conn).await {
        gauge!(telemetry::names::EVENTS_PARKED, "service" => db.service(), "consumer" => consumer).set(count as f64);
    }
}
