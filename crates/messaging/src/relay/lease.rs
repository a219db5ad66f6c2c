//! Who relays: a row that expires, judged by the database's clock. A crashed holder is replaced after its time is up.

use diesel::sql_types::{Integer, Uuid as SqlUuid};
use diesel::{OptionalExtension as _, QueryResult};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

/// How long a lease lasts without renewal: how long events wait after a relay crashed while another stands by.
const LEASE_MS: i32 = 3_000;

/// Takes or renews the lease. It is only written when there is something to win: by its holder in its second half, by
/// others once it has expired.
pub(super) async fn hold(conn: &mut AsyncPgConnection, holder: Uuid) -> QueryResult<bool> {
    #[derive(diesel::QueryableByName)]
    struct Row {
        #[diesel(sql_type = diesel::sql_types::Bool)]
        mine: bool,
        #[diesel(sql_type = diesel::sql_types::Bool)]
        fresh: bool,
        #[diesel(sql_type = diesel::sql_types::Bool)]
        expired: bool,
    }
    #[cfg(feature = "bug-ignored-lease")]
    if storage::bugs::is_active("ignored-lease") {
        return Ok(true);
    }
    let found: Option<Row> = storage::sql(
        "SELECT holder = $1 AS mine, expires_at < clock_timestamp() AS expired, \
         expires_at > clock_timestamp() + make_interval(secs => $2 / 2000.0) AS fresh FROM relay_lease",
    )
    .bind::<SqlUuid, _>(holder)
    .bind::<Integer, _>(LEASE_MS)
    .get_result(conn)
    .await
    .optional()?;
    match found {
        Some(row) if row.mine && row.fresh => return Ok(true),
        Some(row) if !row.mine && !row.expired => return Ok(false),
        _ => {}
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
