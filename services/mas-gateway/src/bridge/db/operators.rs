//! What operators see and do, and what is forgotten.

use std::time::Duration;

use auth::Caller;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Double, Integer, Nullable, Text, Timestamptz};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use storage::DbError;

/// How long a dead request keeps its body, and can be tried again: as long as a dead-letter queue (`events.md`, 7).
const KEEP_DEAD_DAYS: i32 = 30;

/// Which requests, and which page of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Filter {
    pub(crate) state: Option<&'static str>,
    pub(crate) after: i64,
    pub(crate) limit: i64,
}

/// A request as operators see it: nothing personal.
#[derive(Debug, Clone, QueryableByName)]
pub(crate) struct StoredRequest {
    #[diesel(sql_type = BigInt)]
    pub(crate) transaction_id: i64,
    #[diesel(sql_type = Text)]
    pub(crate) state: String,
    #[diesel(sql_type = Integer)]
    pub(crate) attempts: i32,
    #[diesel(sql_type = Timestamptz)]
    pub(crate) received_at: DateTime<Utc>,
    #[diesel(sql_type = Timestamptz)]
    pub(crate) next_attempt_at: DateTime<Utc>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub(crate) settled_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<Text>)]
    pub(crate) outcome: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    pub(crate) last_error: Option<String>,
}

/// How it went with a second chance.
#[derive(Debug, Clone)]
pub(crate) enum Retry {
    /// The request is pending again.
    Revived(StoredRequest),
    /// It is not dead.
    NotDead,
    /// It is dead for so long that its body is gone.
    Forgotten,
    /// There is none.
    Unknown,
}

/// What waits.
#[derive(Debug, Clone, Copy, QueryableByName)]
pub(crate) struct Backlog {
    #[diesel(sql_type = BigInt)]
    pub(crate) pending: i64,
    #[diesel(sql_type = Double)]
    pub(crate) oldest_seconds: f64,
    #[diesel(sql_type = BigInt)]
    pub(crate) dead: i64,
}

/// A page of requests, by transaction id.
pub(crate) async fn list(conn: &mut AsyncPgConnection, filter: &Filter) -> Result<Vec<StoredRequest>, DbError> {
    Ok(storage::sql(
        "SELECT transaction_id, state, attempts, received_at, next_attempt_at, settled_at, outcome, last_error \
         FROM resume_requests WHERE transaction_id > $1 AND ($2 IS NULL OR state = $2) \
         ORDER BY transaction_id LIMIT $3",
    )
    .bind::<BigInt, _>(filter.after)
    .bind::<Nullable<Text>, _>(filter.state)
    .bind::<BigInt, _>(filter.limit)
    .load(conn)
    .await?)
}

/// Gives a dead request a second life, as long as the first, and puts on record who did: one statement, so neither is
/// there without the other.
pub(crate) async fn revive(
    conn: &mut AsyncPgConnection,
    transaction_id: i64,
    give_up_after: Duration,
    by: &Caller,
) -> Result<Retry, DbError> {
    #[derive(QueryableByName)]
    struct Standing {
        #[diesel(sql_type = Bool)]
        is_dead: bool,
    }
    let revived = storage::sql(
        "WITH revived AS (UPDATE resume_requests SET state = 'pending', attempts = 0, \
         next_attempt_at = clock_timestamp(), give_up_at = clock_timestamp() + make_interval(secs => $2), \
         claimed_until = NULL, settled_at = NULL WHERE transaction_id = $1 AND state = 'dead' AND body IS NOT NULL \
         RETURNING transaction_id, state, attempts, received_at, next_attempt_at, settled_at, outcome, last_error), \
         noted AS (INSERT INTO operator_actions (actor_id, actor_role, action, transaction_id) \
         SELECT $3, $4, 'retry', transaction_id FROM revived) SELECT * FROM revived",
    )
    .bind::<BigInt, _>(transaction_id)
    .bind::<Double, _>(give_up_after.as_secs_f64())
    .bind::<Text, _>(by.subject().as_str())
    .bind::<Text, _>(by.role().as_str())
    .get_result(conn)
    .await
    .optional()?;
    if let Some(request) = revived {
        return Ok(Retry::Revived(request));
    }
    let standing: Option<Standing> =
        storage::sql("SELECT state = 'dead' AS is_dead FROM resume_requests WHERE transaction_id = $1")
            .bind::<BigInt, _>(transaction_id)
            .get_result(conn)
            .await
            .optional()?;
    Ok(match standing {
        None => Retry::Unknown,
        Some(Standing { is_dead: true }) => Retry::Forgotten,
        Some(Standing { is_dead: false }) => Retry::NotDead,
    })
}

/// Counts what waits.
pub(crate) async fn backlog(conn: &mut AsyncPgConnection) -> Result<Backlog, DbError> {
    Ok(storage::sql(
        "SELECT (SELECT count(*) FROM resume_requests WHERE state = 'pending') AS pending, \
         (SELECT coalesce(extract(epoch FROM clock_timestamp() - min(received_at)), 0)::double precision \
         FROM resume_requests WHERE state = 'pending') AS oldest_seconds, \
         (SELECT count(*) FROM resume_requests WHERE state = 'dead') AS dead",
    )
    .get_result(conn)
    .await?)
}

/// Deletes the personal data of requests that are dead for too long. Returns of how many.
pub(crate) async fn forget_bodies(conn: &mut AsyncPgConnection) -> Result<usize, DbError> {
    Ok(storage::sql(
        "UPDATE resume_requests SET body = NULL WHERE state = 'dead' AND body IS NOT NULL \
         AND settled_at < clock_timestamp() - make_interval(days => $1)",
    )
    .bind::<Integer, _>(KEEP_DEAD_DAYS)
    .execute(conn)
    .await?)
}
