//! Rows come in, and are taken to be delivered.

use std::time::Duration;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Double, Integer, Nullable, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use storage::DbError;

/// A command that came.
#[derive(Debug)]
pub(crate) struct NewRequest<'a> {
    pub(crate) transaction_id: i64,
    pub(crate) body: &'a [u8],
    pub(crate) traceparent: Option<&'a str>,
    pub(crate) give_up_after: Duration,
}

/// A request taken for one attempt.
#[derive(Debug, Clone, QueryableByName)]
pub(crate) struct Claimed {
    #[diesel(sql_type = BigInt)]
    pub(crate) transaction_id: i64,
    #[diesel(sql_type = Binary)]
    pub(crate) body: Vec<u8>,
    #[diesel(sql_type = Nullable<Text>)]
    pub(crate) traceparent: Option<String>,
    /// The number of this attempt; a later claim of the same request has a higher one.
    #[diesel(sql_type = Integer)]
    pub(crate) attempts: i32,
}

/// Keeps a command. False if it is here already, whatever became of it.
pub(crate) async fn insert(conn: &mut AsyncPgConnection, new: &NewRequest<'_>) -> Result<bool, DbError> {
    let rows = storage::sql(
        "INSERT INTO resume_requests (transaction_id, body, traceparent, give_up_at) \
         VALUES ($1, $2, $3, clock_timestamp() + make_interval(secs => $4)) ON CONFLICT DO NOTHING",
    )
    .bind::<BigInt, _>(new.transaction_id)
    .bind::<Binary, _>(new.body)
    .bind::<Nullable<Text>, _>(new.traceparent)
    .bind::<Double, _>(new.give_up_after.as_secs_f64())
    .execute(conn)
    .await?;
    Ok(rows == 1)
}

/// Takes at most `limit` requests that are due, oldest first, for as long as `lease`. Nobody else gets them meanwhile;
/// whoever takes them and dies leaves them to the next.
pub(crate) async fn claim(conn: &mut AsyncPgConnection, limit: i64, lease: Duration) -> Result<Vec<Claimed>, DbError> {
    Ok(storage::sql(
        "WITH due AS (SELECT transaction_id FROM resume_requests WHERE state = 'pending' \
         AND next_attempt_at <= clock_timestamp() AND (claimed_until IS NULL OR claimed_until <= clock_timestamp()) \
         ORDER BY next_attempt_at LIMIT $1 FOR UPDATE SKIP LOCKED) \
         UPDATE resume_requests AS request SET attempts = request.attempts + 1, \
         claimed_until = clock_timestamp() + make_interval(secs => $2) FROM due \
         WHERE request.transaction_id = due.transaction_id \
         RETURNING request.transaction_id, request.body, request.traceparent, request.attempts",
    )
    .bind::<BigInt, _>(limit)
    .bind::<Double, _>(lease.as_secs_f64())
    .load(conn)
    .await?)
}
