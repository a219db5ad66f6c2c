//! What providers are to be told. A delivery is claimed for a while, by the database's clock: if its courier is gone,
//! it is free again then. Of one ticket, only the oldest that waits is due.

use std::time::Duration;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Double, Integer, Json, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use domain::Subject;
use serde_json::Value;
use storage::DbError;
use uuid::Uuid;

/// A delivery whose time has come.
#[derive(Debug, Clone, QueryableByName)]
pub(crate) struct Due {
    #[diesel(sql_type = SqlUuid)]
    pub(crate) ticket_key: Uuid,
    #[diesel(sql_type = BigInt)]
    pub(crate) version: i64,
    #[diesel(sql_type = Text)]
    pub(crate) ticket_id: String,
    #[diesel(sql_type = Text)]
    pub(crate) line_status: String,
    #[diesel(sql_type = Json)]
    pub(crate) context: Value,
    #[diesel(sql_type = Integer)]
    pub(crate) attempts: i32,
}

/// Claims what is due for a provider, at most `limit`, for as long as `lease`.
pub(crate) async fn claim_due(
    conn: &mut AsyncPgConnection,
    provider: &Subject,
    limit: i64,
    lease: Duration,
) -> Result<Vec<Due>, DbError> {
    Ok(storage::sql(
        "UPDATE provider_deliveries AS claimed SET attempts = attempts + 1, \
         claimed_until = now() + make_interval(secs => $3) \
         FROM (SELECT ticket_key, version FROM provider_deliveries AS due WHERE provider = $1 AND parked_at IS NULL \
         AND due_at <= now() AND (claimed_until IS NULL OR claimed_until <= now()) AND NOT EXISTS \
         (SELECT 1 FROM provider_deliveries AS earlier WHERE earlier.ticket_key = due.ticket_key \
         AND earlier.version < due.version AND earlier.parked_at IS NULL) \
         ORDER BY due_at LIMIT $2 FOR UPDATE SKIP LOCKED) AS due \
         WHERE claimed.ticket_key = due.ticket_key AND claimed.version = due.version \
         RETURNING claimed.ticket_key, claimed.version, ticket_id, line_status, context, attempts",
    )
    .bind::<Text, _>(provider.as_str())
    .bind::<BigInt, _>(limit)
    .bind::<Double, _>(lease.as_secs_f64())
    .load(conn)
    .await?)
}

/// The provider has been told.
pub(crate) async fn settle(conn: &mut AsyncPgConnection, due: &Due) -> Result<(), DbError> {
    storage::sql("DELETE FROM provider_deliveries WHERE ticket_key = $1 AND version = $2")
        .bind::<SqlUuid, _>(due.ticket_key)
        .bind::<BigInt, _>(due.version)
        .execute(conn)
        .await?;
    Ok(())
}

/// The provider could not be told: again after `wait`, or never, if the delivery is older than `patience`. Says whether
/// it was given up.
pub(crate) async fn put_off(
    conn: &mut AsyncPgConnection,
    due: &Due,
    reason: &str,
    (wait, patience): (Duration, Duration),
) -> Result<bool, DbError> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Nullable<Timestamptz>)]
        parked_at: Option<chrono::DateTime<chrono::Utc>>,
    }
    let row: Option<Row> = storage::sql(
        "UPDATE provider_deliveries SET reason = $3, claimed_until = NULL, due_at = now() + make_interval(secs => $4), \
         parked_at = CASE WHEN created_at + make_interval(secs => $5) <= now() THEN now() END \
         WHERE ticket_key = $1 AND version = $2 RETURNING parked_at",
    )
    .bind::<SqlUuid, _>(due.ticket_key)
    .bind::<BigInt, _>(due.version)
    .bind::<Text, _>(reason)
    .bind::<Double, _>(wait.as_secs_f64())
    .bind::<Double, _>(patience.as_secs_f64())
    .get_result(conn)
    .await
    .optional()?;
    Ok(row.is_some_and(|row| row.parked_at.is_some()))
}

/// How many deliveries wait, how many were given up, and the age in seconds of the oldest that waits.
#[derive(Debug, Clone, QueryableByName)]
pub(crate) struct Backlog {
    #[diesel(sql_type = BigInt)]
    pub(crate) waiting: i64,
    #[diesel(sql_type = BigInt)]
    pub(crate) parked: i64,
    #[diesel(sql_type = Double)]
    pub(crate) oldest: f64,
}

/// Counts the deliveries of all providers.
pub(crate) async fn backlog(conn: &mut AsyncPgConnection) -> Result<Backlog, DbError> {
    Ok(storage::sql(
        "SELECT count(*) FILTER (WHERE parked_at IS NULL) AS waiting, count(parked_at) AS parked, \
         coalesce(extract(epoch FROM now() - min(created_at) FILTER (WHERE parked_at IS NULL)), 0)::float8 AS oldest \
         FROM provider_deliveries",
    )
    .get_result(conn)
    .await?)
}
