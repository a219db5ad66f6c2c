//! A request that must happen once however often it is sent (`Idempotency-Key`, contracts README 3.10).
//!
//! The key is claimed by inserting it in the transaction of the change. A second request with the same key waits on
//! that row, so there is no state "in progress" to clean up: the first one's transaction ends either with the stored
//! answer or without a trace.

use std::time::Duration;

use diesel::prelude::*;
use diesel::result::Error as Diesel;
use diesel_async::RunQueryDsl;

use crate::schema::idempotency_keys;
use crate::{DbError, Tx, is_lock_timeout};

/// How long a key is kept.
pub const KEEP: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// What makes a request the same request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// Line, route and caller.
    pub scope: String,
    /// The client's key.
    pub key: String,
    /// SHA-256 of method, path, content type and body.
    pub fingerprint: Vec<u8>,
}

/// The answer that is stored, and given again.
#[derive(Debug, Clone, PartialEq, Eq, Queryable)]
pub struct Answer {
    /// HTTP status.
    pub status: i16,
    /// `Location`, if the answer has one.
    pub location: Option<String>,
    /// The body.
    pub body: Vec<u8>,
}

/// What became of a claim.
#[derive(Debug, PartialEq, Eq)]
pub enum Claim {
    /// This request is the first: do the work, then [`store`].
    First,
    /// The work was done: give this answer.
    Done(Answer),
    /// The key belongs to another request.
    Reused,
    /// The first request still runs.
    InUse,
}

/// Claims the key for the unit of work.
pub async fn claim(tx: &mut Tx, key: &Key) -> Result<Claim, DbError> {
    let conn = tx.conn().await?;
    #[cfg(feature = "bug-check-then-act")]
    if crate::bugs::is_active("check-then-act") {
        return stored(conn, key).await.map(|found| if found == Claim::InUse { Claim::First } else { found });
    }
    let inserted = diesel::insert_into(idempotency_keys::table)
        .values((
            idempotency_keys::scope.eq(&key.scope),
            idempotency_keys::key.eq(&key.key),
            idempotency_keys::fingerprint.eq(&key.fingerprint),
        ))
        .on_conflict_do_nothing()
        .execute(conn)
        .await;
    match inserted {
        Ok(0) => stored(conn, key).await,
        Ok(_) => Ok(Claim::First),
        Err(error) if is_lock_timeout(&error) => Ok(Claim::InUse),
        Err(error) => Err(error.into()),
    }
}

async fn stored(conn: &mut diesel_async::AsyncPgConnection, key: &Key) -> Result<Claim, DbError> {
    type Row = (Vec<u8>, Option<i16>, Option<String>, Option<Vec<u8>>);
    let row = idempotency_keys::table
        .find((&key.scope, &key.key))
        .select((
            idempotency_keys::fingerprint,
            idempotency_keys::status,
            idempotency_keys::location,
            idempotency_keys::body,
        ))
        .first::<Row>(conn)
        .await
        .optional()?;
    Ok(match row {
        Some((fingerprint, ..)) if fingerprint != key.fingerprint => Claim::Reused,
        Some((_, Some(status), location, Some(body))) => Claim::Done(Answer { status, location, body }),
        // Gone between the two statements (its time was up), or without an answer: somebody is at it right now.
        _ => Claim::InUse,
    })
}

/// Stores the answer with the change.
pub async fn store(tx: &mut Tx, key: &Key, answer: &Answer) -> Result<(), DbError> {
    let conn = tx.conn().await?;
    #[cfg(feature = "bug-check-then-act")]
    if crate::bugs::is_active("check-then-act") {
        let (scope, name, print) = (idempotency_keys::scope, idempotency_keys::key, idempotency_keys::fingerprint);
        let row = (scope.eq(&key.scope), name.eq(&key.key), print.eq(&key.fingerprint));
        diesel::insert_into(idempotency_keys::table).values(row).on_conflict_do_nothing().execute(conn).await?;
    }
    let rows = diesel::update(idempotency_keys::table.find((&key.scope, &key.key)))
        .set((
            idempotency_keys::status.eq(answer.status),
            idempotency_keys::location.eq(&answer.location),
            idempotency_keys::body.eq(&answer.body),
        ))
        .execute(conn)
        .await?;
    if rows == 1 { Ok(()) } else { Err(DbError::Refused(Diesel::NotFound)) }
}

/// Forgets the keys whose time is up, at most 1,000 a call so that no lock is held long. Returns how many.
pub async fn forget_old(conn: &mut diesel_async::AsyncPgConnection) -> Result<usize, DbError> {
    let days = i32::try_from(KEEP.as_secs() / 86_400).unwrap_or(30);
    Ok(crate::sql(
        "DELETE FROM idempotency_keys WHERE ctid IN (SELECT ctid FROM idempotency_keys \
         WHERE created_at < now() - make_interval(days => $1) LIMIT 1000)",
    )
    .bind::<diesel::sql_types::Integer, _>(days)
    .execute(conn)
    .await?)
}
