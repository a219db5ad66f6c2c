//! Who relays: a row that expires, judged by the database's clock. A crashed holder is replaced after its time is up.

use diesel::QueryResult;
use diesel::sql_types::{Integer, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

/// How long a lease lasts without renewal: how long events wait after a relay crashed while another stands by.
const LEASE_MS: i32 = 3_000;

/// Takes or renews the lease. It is only written in its second half, so an idle relay reads more than it writes.
pub(super) async fn hold(conn: &mut AsyncPgConnection, holder: Uuid) -> QueryResult<bool> {
    #[derive(diesel::QueryableByName)]
    struct Row {
        #[diesel(sql_type = diesel::sql_types::Bool)]
        fresh: bool,
    }
    let mine: Vec<Row> = storage::sql(
        "SELECT expires_at > clock_timestamp() + make_interval(secs => $2 / 2000.0) AS fresh \
         FROM relay_lease WHERE holder = $1",
    )
    .bind::<SqlUuid, _>(holder)
    .bind::<Integer, _>(LEASE_MS)
    .load(conn)
    .await?;
    if mine.iter().any(|row| row.fresh) {
        return Ok(true);
    }
    let taken = storage::sql(
        "INSERT INTO relay_lease (holder, expires_at) \
         VALUES ($1, clock_timestamp() + make_interval(secs => $2 / 1000.0)) \
         ON CONFLICT (only_row) DO UPDATE SET holder = excluded.holder, expires_at = excluded.expires_at \
         WHERE relay_lease.holder = excluded.holder OR relay_lease.expires_at < clock_timestamp()",
    )
    .bind::<SqlUuid, _>(holder)
    .bind::<Integer, _>(LEASE_MS)
    .execute(conn)
    .await?;
    Ok(taken == 1)
}

/// Lets another relay take over at once.
pub(super) async fn give_back(conn: &mut AsyncPgConnection, holder: Uuid) -> QueryResult<usize> {
    storage::sql("DELETE FROM relay_lease WHERE holder = $1").bind::<SqlUuid, _>(holder).execute(conn).await
}
